"""Our products in the store, calls in flight, and the store's facts, as frozen values from rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal, Self
from uuid import UUID

import msgspec

from boeing_data_hub.catalogue.listings import LeftOut, Published


@dataclass(frozen=True, slots=True, kw_only=True)
class DueItem:
    """One item of a publish batch that is due.

    Attributes:
        skus: the staged SKUs of the part number; empty if none is staged.
        attempts: failed tries.
        bulk_failures: bulk operations that did not publish it, since its last direct try.
        cancelled: its batch was cancelled while calls were in flight, so only their outcome is still determined.
        planned: it may only be published as its plan shows.
        undo_of: the batch whose change of this SKU is undone.
        trace: the trace context of its batch.
    """

    batch_id: UUID
    position: int
    part_number: str
    skus: tuple[str, ...]
    attempts: int
    bulk_failures: int = 0
    cancelled: bool = False
    planned: bool = False
    undo_of: UUID | None = None
    trace: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SentImage:
    """A picture as it was sent.

    Attributes:
        url: where the store fetches it.
        sha256: of its content.
        code: why it is the placeholder; None if it is the part's own.
    """

    url: str
    sha256: str
    code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductIds:
    """The store's ids of one of our products.

    Attributes:
        variant_id: None where an answer did not name it, as with the two below.
        updated_at: the store's own time of the last change, as it wrote it.
    """

    product_id: str
    variant_id: str | None = None
    inventory_item_id: str | None = None
    updated_at: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """What was about to be sent, saved before the call, so that a crash can be recognized.

    Attributes:
        batch_id: the batch it belongs to.
        action: `created` or `updated`.
        form: the whole listing, as `snapshot.form_of` writes it.
        stock: quantities by store location that are sent along.
        stock_call: the key of the inventory call, if there is one.
        image: the picture sent; None if none was.
        left_out: what the listing omits.
        kept: other people's tags and metafields that are sent along.
        seen: fields whose value in the store differed from the one we last set, with the store's values.
        remarks: for people, found before the call.
    """

    batch_id: UUID
    action: Literal["created", "updated"]
    form: Mapping[str, Any]
    stock: Mapping[str, int]
    stock_call: UUID | None = None
    image: SentImage | None = None
    left_out: Sequence[LeftOut] = ()
    kept: Mapping[str, Any] = field(default_factory=dict[str, Any])
    seen: Mapping[str, Any] = field(default_factory=dict[str, Any])
    remarks: Sequence[str] = ()

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
            image=msgspec.convert(given.get("image"), SentImage | None),
            left_out=msgspec.convert(given.get("left_out") or (), tuple[LeftOut, ...]),
            kept=given.get("kept") or {},
            seen=given.get("seen") or {},
            remarks=tuple(given.get("remarks") or ()),
        )

    def as_json(self) -> dict[str, Any]:
        """The value of the column `intent`."""
        return {
            "batch_id": str(self.batch_id),
            "action": self.action,
            "form": dict(self.form),
            "stock": dict(self.stock),
            "stock_call": str(self.stock_call) if self.stock_call else None,
            "image": msgspec.to_builtins(self.image),
            "left_out": msgspec.to_builtins(self.left_out),
            "kept": dict(self.kept),
            "seen": dict(self.seen),
            "remarks": list(self.remarks),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreProduct:
    """One SKU in one store, as far as it is known: a row of `products`.

    Attributes:
        state: `intended` (never confirmed), `live`, `archived` (by an undo), `missing` (deleted, or given up).
        form: the listing as last published; None while nothing is confirmed.
        stock: quantities by store location as we last set them, without later sales.
        kept: other people's tags and metafields when we last wrote those lists.
        left_out: what the store rejected and the listing omits.
        on_channel: offered on the sales channel.
        image_sha256: of the last picture sent; `image_code` says why it is the placeholder.
        image_age: seconds since it was sent, by the database's clock.
        image_media_id: of that picture in the store; None until a check of the store has shown it.
        media_state: of that picture: `due` (the store still processes it), `resend` (it failed, and is sent again),
            `failed` (it failed for good), `unknown` (the store took too long); None if it is ready.
        media_error: what the store said about it.
        intent: set while the outcome of a call is unknown.
        kept_sku: the SKU that an adopted product keeps in the store; None: the part's own.
        differences: what the last look at the store showed otherwise than we set it; None where nothing differed.
        looked_age: seconds since that look, by the database's clock; None if there was none since it was published.
        store_updated_at: the store's time of our last write, as its answer said.
        counted: pieces by store location as last seen there, where they differ from `stock`: sales up to them are
            counted.
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
    left_out: Sequence[LeftOut] = ()
    on_channel: bool = False
    image_sha256: str | None = None
    image_url: str | None = None
    image_code: str | None = None
    image_age: float | None = None
    image_media_id: str | None = None
    media_state: str | None = None
    media_error: str | None = None
    intent: Intent | None = None
    batch_id: UUID | None = None
    kept_sku: str | None = None
    differences: Sequence[Mapping[str, Any]] | None = None
    looked_age: float | None = None
    store_updated_at: datetime | None = None
    counted: Mapping[str, int] = field(default_factory=dict[str, int])

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        """Build from a row of `hub.products`."""
        fields = {name: row[name] for name in cls.__slots__}
        fields["left_out"] = msgspec.convert(row["left_out"] or (), tuple[LeftOut, ...])
        fields["intent"] = Intent.from_json(row["intent"]) if row["intent"] else None
        return cls(**fields)

    @property
    def intended(self) -> Self:
        """The row as it reads once its intent was carried out, but for the stock; the same without an intent."""
        intent = self.intent
        return self if intent is None else replace(self, form=intent.form, kept=intent.kept, left_out=intent.left_out)

    @property
    def published(self) -> Published | None:
        """What we last published, for the comparison; None if nothing is known to be in the store."""
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
    """What the store is known to have now.

    Attributes:
        form: of the listing, with the stock that `stock` was set for.
        stock: quantities by store location as set.
        found: pieces by store location that the store had before these were set, as compare-and-set has shown.
        image: the picture sent; None keeps what was known.
        change: for the history: action, changes, form before; None if nothing changed.
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
    left_out: Sequence[LeftOut]
    on_channel: bool
    image: SentImage | None = None
    intent: Intent | None = None
    change: Mapping[str, Any] | None = None
    store_updated_at: str | None = None
    found: Mapping[str, int] = field(default_factory=dict[str, int])


@dataclass(frozen=True, slots=True)
class Channel:
    """A sales channel of the store, where products can be offered.

    Attributes:
        id: of its publication.
        title: its name in the store, in the store's language.
        handle: its name for programs, the same in every language; empty if the store gives none.
        publishes_itself: it takes new products by itself.
    """

    id: str
    title: str
    handle: str = ""
    publishes_itself: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreFacts:
    """The facts about the store that publishing needs.

    Attributes:
        shop: its id; ids of one store mean nothing in another.
        currency: three letters; empty if the store does not say.
        location_ids: ids of active locations, by name and by id; the empty name is the first of them.
        publication_id: of the sales channel that the settings name; None if the store has no such channel.
        channel_note: why products are on no channel, for people; None if they are on one, or on none on purpose.
        publishes_itself: the channel takes new products by itself.
        variants: how many the store has; None if unknown.
        is_plus: its plan has no daily limit on new variants.
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
    channel_note: str | None = None
