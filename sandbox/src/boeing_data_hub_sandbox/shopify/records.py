"""What the store remembers. Attributes bear the schema's names in snake case, so most fields need no resolver."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any


def gid(kind: str, number: int | str) -> str:
    """Shopify's global id of a numbered thing."""
    return f"gid://shopify/{kind}/{number}"


def number_of(identifier: str) -> int:
    """The number inside a global id, 0 when there is none (it then sorts first and matches nothing)."""
    tail = identifier.rsplit("/", 1)[-1].split("?", 1)[0]
    return int(tail) if tail.isdigit() else 0


@dataclass(slots=True, eq=False)
class Location:
    """A place that holds stock."""

    id: str
    name: str
    is_active: bool
    created_at: str
    fulfills_online_orders: bool = True


@dataclass(slots=True, eq=False)
class Publication:
    """A sales channel's list of products."""

    id: str
    name: str
    auto_publish: bool = False
    handle: str = ""


@dataclass(slots=True, eq=False)
class Definition:
    """A metafield definition; `validations` maps the validation's name to its value as text."""

    id: str
    namespace: str
    key: str
    name: str
    description: str | None
    owner_type: str
    type: str
    validations: dict[str, str]
    unique: bool
    pinned_position: int | None = None

    @property
    def slot(self) -> tuple[str, str]:
        """Namespace and key."""
        return self.namespace, self.key


@dataclass(slots=True, eq=False)
class Metafield:
    """One value on one owner."""

    id: str
    namespace: str
    key: str
    type: str
    value: str
    owner: Any
    created_at: str
    updated_at: str

    @property
    def digest(self) -> str:
        """What a compare-and-set names the value by."""
        return f"{hash((self.type, self.value)) & 0xFFFFFFFFFFFFFFFF:016x}"


@dataclass(slots=True, eq=False)
class Media:
    """An image: ready some time after it was given, or failed, and never before the mutation has answered."""

    id: str
    alt: str | None
    source: str
    created_at: str
    updated_at: str
    status: str = "UPLOADED"
    failure: str | None = None
    mime_type: str | None = None
    size: int | None = None
    product: Product | None = None


@dataclass(slots=True, eq=False)
class Level:
    """Stock of one item at one location. `on_hand` is `available` plus what is committed to orders."""

    item: Item
    location: Location
    available: int
    created_at: str
    updated_at: str
    committed: int = 0
    is_active: bool = True

    @property
    def id(self) -> str:
        """The id Shopify forms from the location's number and the item's."""
        return gid("InventoryLevel", f"{number_of(self.location.id)}?inventory_item_id={number_of(self.item.id)}")


@dataclass(slots=True, eq=False)
class Item:
    """The thing in stock behind a variant."""

    id: str
    created_at: str
    updated_at: str
    variant: Variant = field(init=False, repr=False)
    tracked: bool = False
    requires_shipping: bool = True
    cost: Decimal | None = None
    country_code_of_origin: str | None = None
    province_code_of_origin: str | None = None
    harmonized_system_code: str | None = None
    weight: float = 0.0
    weight_unit: str = "KILOGRAMS"
    levels: dict[str, Level] = field(default_factory=dict[str, "Level"])

    @property
    def sku(self) -> str | None:
        """The variant's own."""
        return self.variant.sku


@dataclass(slots=True, eq=False)
class Variant:
    """One thing for sale. `options` is its signature: pairs of option name and value, in the order of the options."""

    id: str
    product: Product
    inventory_item: Item
    options: tuple[tuple[str, str], ...]
    created_at: str
    updated_at: str
    position: int = 1
    sku: str | None = None
    barcode: str | None = None
    price: Decimal = Decimal("0.00")
    compare_at_price: Decimal | None = None
    inventory_policy: str = "DENY"
    taxable: bool = True
    metafields: dict[tuple[str, str], Metafield] = field(default_factory=dict[tuple[str, str], Metafield])

    @property
    def title(self) -> str:
        """The values of its options, as the admin shows them."""
        return " / ".join(value for _, value in self.options)

    @property
    def quantity(self) -> int:
        """Units available at all locations together."""
        return sum(level.available for level in self.inventory_item.levels.values() if level.is_active)


@dataclass(slots=True, eq=False)
class Option:
    """One option of a product, with the values it offers: pairs of id and name."""

    id: str
    name: str
    position: int
    choices: list[tuple[str, str]]


@dataclass(slots=True, eq=False)
class Product:
    """A product and everything that hangs on it."""

    id: str
    title: str
    handle: str
    created_at: str
    updated_at: str
    born: float
    description_html: str = ""
    vendor: str = ""
    product_type: str = ""
    category: str | None = None
    tags: list[str] = field(default_factory=list[str])
    status: str = "ACTIVE"
    template_suffix: str | None = None
    seo: dict[str, Any] = field(default_factory=lambda: {"title": None, "description": None})
    options: list[Option] = field(default_factory=list[Option])
    variants: list[Variant] = field(default_factory=list[Variant])
    metafields: dict[tuple[str, str], Metafield] = field(default_factory=dict[tuple[str, str], Metafield])
    media: list[Media] = field(default_factory=list[Media])
    publications: dict[str, str] = field(default_factory=dict[str, str])
    # What `totalInventory` still says to the call that has just changed the stock, keyed by that call.
    total_before: tuple[object, int] | None = None

    @property
    def total(self) -> int:
        """Units available of all variants."""
        return sum(variant.quantity for variant in self.variants)


@dataclass(slots=True, eq=False)
class BulkOperation:
    """One bulk run, its lines and where its results can be had."""

    id: str
    type: str
    query: str
    created_at: str
    client_identifier: str | None = None
    status: str = "CREATED"
    error_code: str | None = None
    completed_at: str | None = None
    object_count: int = 0
    root_object_count: int = 0
    results: list[str] = field(default_factory=list[str])
    file: bytes | None = None
    expired: bool = False
    url: str | None = None
    partial_data_url: str | None = None

    @property
    def file_size(self) -> int | None:
        """Bytes of the result file, None before there is one."""
        return len(self.file) if self.file is not None and self.url else None

    @property
    def finished(self) -> bool:
        """True when nothing more will happen to it."""
        return self.status in {"COMPLETED", "CANCELED", "FAILED", "EXPIRED"}


@dataclass(slots=True, eq=False)
class ProductOperation:
    """An asynchronous `productSet` or `productDelete`."""

    id: str
    kind: str
    status: str = "CREATED"
    product: Product | None = None
    deleted_product_id: str | None = None
    user_errors: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])


@dataclass(slots=True, eq=False)
class Webhook:
    """A subscription; `failures` counts deliveries that were given up."""

    id: str
    topic: str
    uri: str
    format: str
    created_at: str
    updated_at: str
    filter: str | None = None
    name: str | None = None
    include_fields: list[str] = field(default_factory=list[str])
    metafield_namespaces: list[str] = field(default_factory=list[str])
    failures: int = 0
