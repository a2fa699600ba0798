"""What the store has of ours, what is under way to it, and what a person is asked about, as frozen values from rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Self
from uuid import UUID

from boeing_data_hub.model.listings import Published


@dataclass(frozen=True, slots=True, kw_only=True)
class DueItem:
    """One item of a publish batch that may be worked on.

    Attributes:
        skus: the staged products the part number stands for; empty when nothing is staged under it.
        cancelled: its batch was cancelled while it was under way: it may only be brought to an end.
        planned: it may only be done as its plan shows.
        undo_of: the batch whose change of this SKU is to be taken back.
        trace: what its batch keeps of the trace it was made in.
    """

    batch_id: UUID
    position: int
    part_number: str
    skus: tuple[str, ...]
    attempts: int
    cancelled: bool = False
    planned: bool = False
    undo_of: UUID | None = None
    trace: str | None = None


@dataclass(slots=True)
class ItemMoves:
    """What became of items, to be written at once; each is (batch id, position, ...).

    Attributes:
        published: with what was done (`created`, `updated`, `unchanged`) and a remark, if there is one.
        failed: with the outcome (`blocked`, or None), code and sentence.
        again: with seconds to wait, failed tries to add, code and sentence.
        cancelled: items of cancelled batches that did not happen.
    """

    published: list[tuple[UUID, int, str, str | None]] = field(default_factory=list[tuple[UUID, int, str, str | None]])
    failed: list[tuple[UUID, int, str | None, str, str]] = field(
        default_factory=list[tuple[UUID, int, str | None, str, str]]
    )
    again: list[tuple[UUID, int, float, int, str | None, str | None]] = field(
        default_factory=list[tuple[UUID, int, float, int, str | None, str | None]]
    )
    cancelled: list[tuple[UUID, int]] = field(default_factory=list[tuple[UUID, int]])


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """What was about to be sent when we last heard: durable before the call, so that a crash is recognisable.

    Attributes:
        batch_id: for whom.
        action: `created` or `updated`.
        form: the listing in full, as `publishing.forms.form_of` writes it.
        stock: pieces by store location that go with it.
        stock_call: the key of the call that sets stock, if there is one.
        image: hash, address and flag of the picture sent, None where none was.
        left_out: what the listing goes without.
        kept: others' tags and metafields that are sent along.
    """

    batch_id: UUID
    action: Literal["created", "updated"]
    form: Mapping[str, Any]
    stock: Mapping[str, int]
    stock_call: UUID | None = None
    image: Mapping[str, Any] | None = None
    left_out: Sequence[Mapping[str, str]] = ()
    kept: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Self:
        """Build from the column `intent`."""
        key = given.get("stock_call")
        return cls(
            batch_id=UUID(given["batch_id"]),
            action=given["action"],
            form=given["form"],
            stock=given["stock"],
            stock_call=UUID(key) if key else None,
            image=given.get("image"),
            left_out=tuple(given.get("left_out") or ()),
            kept=given.get("kept") or {},
        )

    def as_json(self) -> dict[str, Any]:
        """What the column `intent` holds."""
        return {
            "batch_id": str(self.batch_id),
            "action": self.action,
            "form": dict(self.form),
            "stock": dict(self.stock),
            "stock_call": str(self.stock_call) if self.stock_call else None,
            "image": dict(self.image) if self.image else None,
            "left_out": [dict(one) for one in self.left_out],
            "kept": dict(self.kept),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreProduct:
    """One SKU in one store, as far as we know: a row of `products`.

    Attributes:
        state: `intended` (never confirmed), `live`, `archived` (by an undo), `missing` (gone, or given up).
        form: the listing as last published; None while nothing was confirmed.
        stock: pieces by store location as we last set them; what was sold since is not in it.
        kept: others' tags and metafields as seen when we last wrote those lists.
        left_out: what the store refused and the listing goes without.
        on_channel: offered on the sales channel.
        image_sha256: of the picture sent last; `image_code` says why it is the placeholder.
        intent: set while it is not known what became of a call.
    """

    sku: str
    custom_id: str
    state: str
    product_id: str | None = None
    variant_id: str | None = None
    inventory_item_id: str | None = None
    form: Mapping[str, Any] | None = None
    listing_hash: str | None = None
    stock_hash: str | None = None
    stock: Mapping[str, int] = field(default_factory=dict[str, int])
    kept: Mapping[str, Any] = field(default_factory=dict[str, Any])
    left_out: Sequence[Mapping[str, str]] = ()
    on_channel: bool = False
    image_sha256: str | None = None
    image_url: str | None = None
    image_code: str | None = None
    image_at: datetime | None = None
    intent: Intent | None = None
    batch_id: UUID | None = None

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        """Build from a row of `hub.products`."""
        fields = {name: row[name] for name in cls.__slots__}
        fields["intent"] = Intent.from_json(row["intent"]) if row["intent"] else None
        return cls(**fields)

    @property
    def published(self) -> Published | None:
        """What we last published, for the comparison; None where nothing is known to be there."""
        if self.form is None or self.product_id is None:
            return None
        return Published(
            form=self.form,
            listing_hash=self.listing_hash or "",
            stock_hash=self.stock_hash or "",
            product_id=self.product_id,
            variant_id=self.variant_id,
            inventory_item_id=self.inventory_item_id,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """What is known to be in the store now.

    Attributes:
        form: of the listing; its stock is the one that `stock` was set for.
        stock: pieces by store location as set.
        image: hash, address and flag of the picture sent; None leaves what was known.
        change: for the memory of undo: action, changes, form before; None when nothing was changed.
        store_updated_at: the store's own time of the last change, as it wrote it.
    """

    sku: str
    batch_id: UUID
    state: str
    product_id: str
    variant_id: str | None
    inventory_item_id: str | None
    form: Mapping[str, Any]
    listing_hash: str
    stock_hash: str
    stock: Mapping[str, int]
    kept: Mapping[str, Any]
    left_out: Sequence[Mapping[str, str]]
    on_channel: bool
    image: Mapping[str, Any] | None = None
    intent: Intent | None = None
    change: Mapping[str, Any] | None = None
    store_updated_at: str | None = None


@dataclass(frozen=True, slots=True)
class Sighting:
    """What the store was seen to have under a SKU.

    Attributes:
        ours: ids of the product that carries our custom id, None when there is none.
        others: products that do not, each with `product_id` and `title`.
    """

    ours: Mapping[str, Any] | None = None
    others: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkRun:
    """One bulk operation of the store: a file of upserts, run by the store at its own speed.

    Attributes:
        state: `prepared` → `starting` (asked for, no id yet) → `running` → `finished` (results to be read) → `ended`.
        lines: upserts in its file.
        path: of the uploaded file.
        url: of the results; `partial` when the store did not reach the end.
        object_count: lines done, as the store last said.
        cancelling: its batch was cancelled.
        attempts: failed steps in a row.
        age: seconds in this state, by the database's clock.
        waited: seconds since it was prepared.
    """

    id: UUID
    shop: str
    batch_id: UUID
    state: str
    lines: int
    operation_id: str | None
    path: str | None
    url: str | None
    partial: bool
    object_count: int
    cancelling: bool
    note: str | None
    attempts: int
    age: float
    waited: float

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        """Build from a row of `hub.bulk_runs`."""
        return cls(**{name: row[name] for name in cls.__slots__})


@dataclass(frozen=True, slots=True, kw_only=True)
class Orphan:
    """A product of ours that is to leave the store, until it is gone."""

    id: int
    sku: str
    product_id: str | None
    reason: str
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreFacts:
    """What must be known of the store before anything is sent there.

    Attributes:
        shop: its id; ids of one store mean nothing in another.
        currency: three letters, empty when it does not say.
        location_ids: active locations by name and by id; the empty name is the first of them.
        publication_id: of the sales channel, None when there is none to be found.
        publishes_itself: the channel takes new products without being asked.
        variants: how many the store has, None when unknown.
        is_plus: whether its plan has no daily limit on new variants.
    """

    shop: str
    name: str = ""
    currency: str = ""
    plan: str = ""
    is_plus: bool = False
    variants: int | None = None
    scopes: frozenset[str] = frozenset()
    location_ids: Mapping[str, str] = field(default_factory=dict[str, str])
    publication_id: str | None = None
    publishes_itself: bool = False
