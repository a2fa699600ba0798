"""A snapshot of the whole store: the query that takes it, and its result lines as typed values. Pure.

The store writes one line for each product, variant and inventory level, in any order. A line names its own parent, so
lines are stored as they come and put together by Postgres.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final, cast
from uuid import UUID

import msgspec

from boeing_data_hub.shopify.observed import Observed
from boeing_data_hub.shopify.shapes import part, rows, text

_PRODUCT: Final = "gid://shopify/Product/"
_VARIANT: Final = "gid://shopify/ProductVariant/"
_LEVEL: Final = "gid://shopify/InventoryLevel/"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSnapshot:
    """One snapshot, finished or not.

    Attributes:
        state: `prepared`, `starting` (asked for, no id yet), `running`, `finished` (results to be read),
            `comparing` (with what was published), `ended`.
        outcome: `complete`, `failed` or `cancelled`; None until it has ended. Only a complete one may be compared.
        operation_id: of the store's bulk operation.
        url: of its results.
        object_count: lines that the store has written so far.
        products, variants: how many it holds, once they are read.
        reached: the last SKU that was compared.
        compared: published products that were compared, of which `differing` differ.
        cancelling: True if a person cancelled it.
        note: what it waits for, or why it failed, for people.
        attempts: failed tries.
        taken_at: what changed in the store before this moment is in it; None until the store was asked.
        age: seconds in this state, by the database's clock.
    """

    id: UUID
    shop: str
    state: str
    outcome: str | None
    operation_id: str | None
    url: str | None
    object_count: int
    products: int
    variants: int
    reached: str
    compared: int
    differing: int
    cancelling: bool
    note: str | None
    attempts: int
    actor: str
    taken_at: datetime | None
    created_at: datetime
    ended_at: datetime | None
    age: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotVariant:
    """A variant in a snapshot.

    Attributes:
        price: in the store's currency; None if the store wrote none.
        tracked: True if the store counts its pieces.
        levels: available pieces by location id.
    """

    variant_id: str
    sku: str | None
    barcode: str | None
    price: Decimal | None
    inventory_item_id: str | None
    tracked: bool
    levels: Mapping[str, int] = field(default_factory=dict[str, int])


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotProduct:
    """A product in a snapshot, whoever created it.

    Attributes:
        status: ACTIVE, ARCHIVED, DRAFT or UNLISTED.
        custom_id: the hub's, by the metafield of the settings; None if it has none.
        metafields: values by `namespace.key`, of those that the snapshot asked for.
        updated_at: by the store's clock.
        variants: in the order of their ids.
    """

    product_id: str
    handle: str
    title: str
    status: str
    vendor: str
    tags: tuple[str, ...]
    custom_id: str | None
    metafields: Mapping[str, str]
    updated_at: datetime | None
    variants: tuple[SnapshotVariant, ...] = ()

    @property
    def observed(self) -> Observed:
        """As reading this one product would show it, without its pictures."""
        first = self.variants[0] if self.variants else None
        return Observed(
            product_id=self.product_id,
            title=self.title,
            status=self.status,
            custom_id=self.custom_id,
            variants=min(2, len(self.variants)),
            sku=first.sku if first else None,
            price=str(first.price) if first and first.price is not None else None,
            quantity=sum(first.levels.values()) if first else None,
            variant_id=first.variant_id if first else None,
            inventory_item_id=first.inventory_item_id if first else None,
            tags=self.tags,
            metafields=self.metafields,
        )


@dataclass(frozen=True, slots=True)
class ProductLine:
    """A product without its variants."""

    product: SnapshotProduct


@dataclass(frozen=True, slots=True)
class VariantLine:
    """A variant without its levels, and the product that it names as its parent."""

    product_id: str
    variant: SnapshotVariant


@dataclass(frozen=True, slots=True)
class LevelLine:
    """Available pieces of an inventory item at a location."""

    inventory_item_id: str
    location_id: str
    available: int


Line = ProductLine | VariantLine | LevelLine


@dataclass(frozen=True, slots=True)
class Asked:
    """What a snapshot asks for besides what every product has.

    Attributes:
        custom_id: namespace and key of the hub's custom id.
        metafields: namespace and key of each other metafield.
    """

    custom_id: tuple[str, str]
    metafields: tuple[tuple[str, str], ...] = ()

    def query(self, mark: str) -> str:
        """The query, with a name that tells this operation from others: the store shows it.

        Values are written into it, because a bulk query takes no variables. Three connections at three levels are
        within the store's limits of five connections and two nested levels.
        """
        named = [("customId", self.custom_id), *((f"m{n}", each) for n, each in enumerate(self.metafields))]
        wanted = " ".join(
            f"{alias}: metafield(namespace: {json.dumps(space)}, key: {json.dumps(key)}) {{ value }}"
            for alias, (space, key) in named
        )
        levels = 'edges { node { id item { id } location { id } quantities(names: ["available"]) { name quantity } } }'
        item = f"inventoryItem {{ id tracked inventoryLevels {{ {levels} }} }}"
        variants = f"variants {{ edges {{ node {{ id sku barcode price {item} }} }} }}"
        product = f"id handle title status vendor tags updatedAt {wanted} {variants}"
        return f"query {mark} {{ products {{ edges {{ node {{ {product} }} }} }} }}"

    def read(self, line: bytes) -> Line | None:
        """The value on a line; None for an object of another kind.

        Raises:
            ValueError: the line is not an object with an id, or lacks its parent, as a truncated one does.
        """
        node = msgspec.json.decode(line, type=dict[str, Any])
        own = text(node, "id")
        if own.startswith(_PRODUCT):
            return ProductLine(self._product(own, node))
        if own.startswith(_VARIANT):
            return VariantLine(_named(node, "__parentId"), _variant(own, node))
        if own.startswith(_LEVEL):
            return _level(node)
        if not own:
            raise ValueError("no id")
        return None

    def _product(self, own: str, node: Mapping[str, Any]) -> SnapshotProduct:
        values = {
            f"{space}.{key}": value
            for n, (space, key) in enumerate(self.metafields)
            if isinstance(value := part(node, f"m{n}").get("value"), str)
        }
        tags = node.get("tags")
        return SnapshotProduct(
            product_id=own,
            handle=text(node, "handle"),
            title=text(node, "title"),
            status=text(node, "status"),
            vendor=text(node, "vendor"),
            tags=tuple(str(each) for each in cast("Sequence[object]", tags)) if isinstance(tags, list) else (),
            custom_id=part(node, "customId").get("value"),
            metafields=values,
            updated_at=_moment(node.get("updatedAt")),
        )


def _variant(own: str, node: Mapping[str, Any]) -> SnapshotVariant:
    item = part(node, "inventoryItem")
    return SnapshotVariant(
        variant_id=own,
        sku=node.get("sku") or None,
        barcode=node.get("barcode") or None,
        price=_amount(node.get("price")),
        inventory_item_id=item.get("id"),
        tracked=item.get("tracked") is True,
    )


def _level(node: Mapping[str, Any]) -> LevelLine | None:
    """None where the store counts nothing as available."""
    found = [each.get("quantity") for each in rows(node, "quantities") if each.get("name") == "available"]
    if not found or not isinstance(found[0], int):
        return None
    return LevelLine(_named(part(node, "item"), "id"), _named(part(node, "location"), "id"), found[0])


def _named(node: Mapping[str, Any], name: str) -> str:
    if not (found := text(node, name)):
        raise ValueError(f"no {name}")
    return found


def _amount(value: object) -> Decimal | None:
    try:
        return Decimal(value) if isinstance(value, str) else None
    except InvalidOperation:
        return None


def _moment(value: object) -> datetime | None:
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def portions(asked: Asked, lines: Iterable[bytes], most: int) -> Iterable[list[Line]]:
    """The values on all lines, so many at a time.

    Raises:
        ValueError: a line cannot be read.
    """
    some: list[Line] = []
    for line in lines:
        if (value := asked.read(line)) is not None:
            some.append(value)
        if len(some) >= most:
            yield some
            some = []
    if some:
        yield some
