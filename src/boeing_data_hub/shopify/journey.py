"""A part's journey to the store: loaded, reconciled, decided, prepared, sent. Each step returns the next value. Pure.

A part is one SKU of a claim. One that has its outcome before the end takes the remaining steps unchanged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar

from boeing_data_hub.catalogue import guards
from boeing_data_hub.catalogue.guards import Cause, Concern
from boeing_data_hub.catalogue.listings import Change, Listing
from boeing_data_hub.catalogue.staged_part import CataloguePart
from boeing_data_hub.errors import HubError
from boeing_data_hub.images.product_image import Picture
from boeing_data_hub.shopify.observed import Difference, Observed
from boeing_data_hub.shopify.planned import Shown
from boeing_data_hub.shopify.publications import Confirmed, DueItem, Intent, ProductIds, StoreProduct
from boeing_data_hub.shopify.replaced_lists import ProductOption
from boeing_data_hub.shopify.store_contents import StoreContents

Action = Literal["created", "updated", "unchanged"]


@dataclass(frozen=True, slots=True)
class Hold:
    """Nothing is sent.

    Attributes:
        kind: `blocked` (not for sale as it is), `conflict` (a person must decide), or `failed`.
        code: for machines.
        sentence: for people.
        conflict: details for the table of conflicts.
        held: changes that wait for review.
    """

    kind: Literal["blocked", "conflict", "failed"]
    code: str
    sentence: str
    conflict: Mapping[str, Any] | None = None
    held: tuple[Concern, ...] = ()


@dataclass(frozen=True, slots=True)
class Leave:
    """The product is up to date, except for `held` changes, which wait for review.

    `channel`: it is still to be offered on the sales channel.
    """

    channel: bool = False
    held: tuple[Concern, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """Something changes in the store.

    Attributes:
        action: `created`, or `updated` for an existing product.
        listing: the wanted listing.
        changes: the fields that differ; empty if the whole listing is sent.
        stock: quantities to set, by store location; for a new product they are part of the upsert.
        whole: the whole listing is sent, by custom id.
        needs_kept: the product's lists must be read first, because they are replaced.
        image_wanted: the picture must be fetched, because its URL is new or it was missing.
        picture_failed: the store could not process the picture, so it is sent again.
        channel: the product is to be offered on the sales channel afterwards.
        held: changes that wait for review, and are not in the listing.
    """

    action: Literal["created", "updated"]
    listing: Listing
    changes: tuple[Change, ...] = ()
    stock: tuple[Change, ...] = ()
    whole: bool = False
    needs_kept: bool = False
    image_wanted: bool = False
    picture_failed: bool = False
    channel: bool = False
    held: tuple[Concern, ...] = ()


@dataclass(frozen=True, slots=True)
class Done:
    """The product is published. `remark` is for people: what was left out, what was sold meanwhile."""

    action: Action
    remark: str | None = None


@dataclass(frozen=True, slots=True)
class NotDone:
    """The part will not succeed by itself.

    Attributes:
        orphan: a product may have been created all the same, and must be removed.
        unsure: the store may have changed the product all the same, so the intent is kept.
    """

    kind: Literal["blocked", "conflict", "failed"]
    code: str
    sentence: str
    orphan: bool = False
    unsure: bool = False
    conflict: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Later:
    """The part is tried again.

    Attributes:
        wait: seconds until then.
        counted: it counts as a failed try.
        code: the reason, for machines; None if there is none to show.
        sentence: the reason, for people.
        unsure: the store may have carried out the call, so the intent is kept.
        lost: the known ids no longer exist in the store.
        no_creating: the store takes no new products for a while.
        missed: its bulk operation ended without carrying it out.
        direct: it would fail again by bulk operation.
    """

    wait: float = 0.0
    counted: bool = False
    code: str | None = None
    sentence: str | None = None
    unsure: bool = False
    lost: bool = False
    no_creating: bool = False
    missed: bool = False
    direct: bool = False


@dataclass(frozen=True, slots=True)
class Dropped:
    """Its batch was cancelled before anything was sent."""


Verdict = Hold | Leave | Send
Outcome = Done | NotDone | Later | Dropped


@dataclass(frozen=True, slots=True)
class UndoableChange:
    """What a batch changed in a product: its snapshots `before` (None: unknown, or created) and `after`."""

    sku: str
    action: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    product_id: str | None


@dataclass(frozen=True, slots=True)
class Loaded:
    """A part with what our rows say about it.

    Attributes:
        item: the item of the batch.
        staged: the staged part; None if there is none.
        product: what we know the store to have; reconciling corrects it.
        in_store: what the store has under the SKU, if we know of no product.
        accepted: look-alikes beside which a person decided to publish the part.
        answered: what people decided about held changes, by field.
        run_holds: what its run holds back as a whole.
        earlier: what this batch has done to the SKU in an earlier claim, as far as it is known.
        plan: what a plan showed of it.
        undo: the change to undo.
        remarks: for people.
        outcome: set once nothing more is done for the part in this claim.
        error: the last error in this claim.
    """

    item: DueItem
    sku: str
    staged: CataloguePart | None = None
    product: StoreProduct | None = None
    in_store: StoreContents | None = None
    accepted: frozenset[str] = frozenset()
    answered: Mapping[str, guards.Decided] = field(default_factory=dict[str, guards.Decided])
    run_holds: frozenset[Cause] = frozenset()
    earlier: Action | None = None
    plan: Shown | None = None
    undo: UndoableChange | None = None
    remarks: tuple[str, ...] = ()
    outcome: Outcome | None = None
    error: HubError | None = None


@dataclass(frozen=True, slots=True)
class Reconciled(Loaded):
    """A part with what the store was seen to have.

    Attributes:
        looked: the store was asked by custom id, with the answer in `found`.
        seen: what the store has of a known product; None if it was not read.
        differing: how that differs from what we last set.
        whole: everything the store says about the product, read if lists are replaced.
    """

    looked: bool = False
    found: ProductIds | None = None
    seen: Observed | None = None
    differing: tuple[Difference, ...] = ()
    whole: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Decided(Reconciled):
    """A part with the decision about it: None if it ended before one was taken."""

    verdict: Verdict | None = None

    @property
    def send(self) -> Send | None:
        """What is to be sent, as long as the part has no outcome."""
        return self.verdict if isinstance(self.verdict, Send) and self.outcome is None else None


@dataclass(frozen=True, slots=True)
class Prepared(Decided):
    """A part with its call, ready to be made.

    Attributes:
        options: of the product in the store, read if its variant is sent.
        image: the picture that is sent along.
        variables: of the upsert; None if there is none, because only stock changes.
        intent: what is saved before the first call.
    """

    options: tuple[ProductOption, ...] = (ProductOption(),)
    image: Picture | None = None
    variables: Mapping[str, Any] | None = None
    intent: Intent | None = None


@dataclass(frozen=True, slots=True)
class Sent(Prepared):
    """A part whose call was made, or that needed none.

    Attributes:
        confirmed: what is to be saved as being in the store.
        late: the answer came when the lease may have been lost already.
        owes: what is still to follow its upsert (`channel`, `stock`); until then it is not done.
    """

    confirmed: Confirmed | None = None
    late: bool = False
    owes: frozenset[str] = field(default_factory=frozenset[str])

    @property
    def is_open(self) -> bool:
        """True if the product is confirmed and the part has no outcome yet."""
        return self.outcome is None and self.confirmed is not None


P = TypeVar("P", bound=Loaded)
R = TypeVar("R", bound=Reconciled)
D = TypeVar("D", bound=Decided)


@dataclass(frozen=True, slots=True)
class Advanced(Generic[P]):
    """Parts after a step, by SKU. `stop`: an error that affects every call; the parts take no further step."""

    parts: Mapping[str, P]
    stop: HubError | None = None


def advanced(stage: type[P], part: Loaded, **changes: Any) -> P:
    """The part at a later stage, with the fields that this step adds or corrects."""
    values = {name: getattr(part, name) for name in part.__dataclass_fields__}
    return stage(**{**values, **changes})


def advanced_all(stage: type[P], parts: Mapping[str, Loaded]) -> dict[str, P]:
    """Parts at a later stage for which the steps to it did nothing."""
    return {sku: part if isinstance(part, stage) else advanced(stage, part) for sku, part in parts.items()}
