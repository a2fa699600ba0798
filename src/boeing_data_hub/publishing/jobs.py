"""One SKU on its way to the store: what is known of it, what is to be done, what came of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from boeing_data_hub.errors import HubError
from boeing_data_hub.model.listings import Change, Listing
from boeing_data_hub.model.pictures import Picture
from boeing_data_hub.model.publications import Confirmed, DueItem, Intent, ItemMoves, Sighting, StoreProduct

Action = Literal["created", "updated", "unchanged"]


@dataclass(frozen=True, slots=True)
class Hold:
    """Nothing is sent.

    Attributes:
        kind: `blocked` (not for sale as it stands), `conflict` (a person must decide), or `failed`.
        code: for machines.
        sentence: for people.
        conflict: what a person is to be shown, for the table of conflicts.
    """

    kind: Literal["blocked", "conflict", "failed"]
    code: str
    sentence: str
    conflict: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Leave:
    """The store has what is wanted. `channel` when it is still to be offered on the sales channel."""

    channel: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """Something is to be changed in the store.

    Attributes:
        action: `created`, or `updated` for a product that is there.
        listing: what is wanted.
        changes: the fields that differ; empty where the whole listing is sent.
        stock: pieces to be set, by store location; for a new product they go along with it.
        whole: the whole listing is sent, by custom id.
        needs_kept: others' tags and metafields must be read first, because these lists are replaced.
        image_wanted: the picture must be looked at, because its address is new or it was missing.
        channel: to be offered on the sales channel afterwards.
    """

    action: Literal["created", "updated"]
    listing: Listing
    changes: tuple[Change, ...] = ()
    stock: tuple[Change, ...] = ()
    whole: bool = False
    needs_kept: bool = False
    image_wanted: bool = False
    channel: bool = False


@dataclass(frozen=True, slots=True)
class Done:
    """The store has it. `remark` is for people: what was left out, what was sold in between."""

    action: Action
    remark: str | None = None


@dataclass(frozen=True, slots=True)
class NotDone:
    """It will not succeed by itself.

    Attributes:
        orphan: a product may have come into the store all the same, and is to go.
        unsure: the store may have changed it all the same, so that the intent must be kept.
    """

    kind: Literal["blocked", "conflict", "failed"]
    code: str
    sentence: str
    orphan: bool = False
    unsure: bool = False
    conflict: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Later:
    """It is tried again.

    Attributes:
        wait: seconds until then.
        counted: whether it counts as a failed try.
        code: why, for machines; None where there is nothing to tell.
        sentence: why, for people.
        unsure: whether the store may have done it, so that the intent must be kept.
        lost: the ids we knew are gone from the store.
        no_creating: the store makes no new products for a while.
        direct: by bulk operation it would only fail again.
    """

    wait: float = 0.0
    counted: bool = False
    code: str | None = None
    sentence: str | None = None
    unsure: bool = False
    lost: bool = False
    no_creating: bool = False
    direct: bool = False


@dataclass(frozen=True, slots=True)
class Dropped:
    """Its batch was cancelled before anything was sent."""


Verdict = Hold | Leave | Send
Outcome = Done | NotDone | Later | Dropped


@dataclass(slots=True)
class Job:
    """One SKU of a claim.

    Attributes:
        item: the item that brought it.
        staged: its staged row, None when there is none.
        product: what we know to be in the store.
        sighting: what the store showed under the SKU, where we know of no product.
        looked: whether the store was asked by custom id, with the answer in `found`.
        earlier: what this very batch has done about it in an earlier go, as far as it is known by now.
        whole: everything the store says of the product, read where others' lists must be kept.
        plan: action and digest that a plan has shown.
        undo: the change to be taken back.
        confirmed: what is to be written down as being in the store.
        late: the answer came when the lease may have been lost already.
        in_bulk: it goes with a bulk operation: its outcome is known when that is read.
        error: what went wrong with it last in this claim.
        owes: what is still to follow its upsert (`channel`, `stock`): it is not done before nothing is.
    """

    item: DueItem
    sku: str
    staged: Mapping[str, Any] | None = None
    product: StoreProduct | None = None
    sighting: Sighting | None = None
    looked: bool = False
    found: Mapping[str, Any] | None = None
    earlier: Action | None = None
    whole: Mapping[str, Any] | None = None
    plan: tuple[str, str] | None = None
    undo: Mapping[str, Any] | None = None
    verdict: Verdict | None = None
    image: Picture | None = None
    intent: Intent | None = None
    variables: dict[str, Any] | None = None
    confirmed: Confirmed | None = None
    outcome: Outcome | None = None
    late: bool = False
    in_bulk: bool = False
    error: HubError | None = None
    owes: set[str] = field(default_factory=set[str])
    remarks: list[str] = field(default_factory=list[str])

    @property
    def send(self) -> Send | None:
        """What is to be sent, if anything, and nothing has come of it yet."""
        return self.verdict if isinstance(self.verdict, Send) and self.outcome is None else None


def settled(items: Sequence[DueItem], jobs: Mapping[str, Job]) -> ItemMoves:
    """What the outcomes of SKUs mean for the items they belong to.

    An item with several SKUs is done when all of them are; one that is blocked does not fail the item while another
    was published.
    """
    moves = ItemMoves()
    for item in items:
        own = [jobs[sku] for sku in item.skus if sku in jobs]
        if any(job.in_bulk for job in own):
            continue
        outcomes = [job.outcome for job in own]
        key = (item.batch_id, item.position)
        done = [one for one in outcomes if isinstance(one, Done)]
        bad = [one for one in outcomes if isinstance(one, NotDone)]
        later = [one for one in outcomes if isinstance(one, Later)]
        dropped = any(isinstance(one, Dropped) for one in outcomes)
        failed = [one for one in bad if one.kind != "blocked"]
        if not own:
            moves.failed.append((*key, None, "not_staged", NOT_STAGED))
        elif later or any(one is None for one in outcomes):
            moves.again.append((*key, *_again(later)))
        elif failed or (bad and not done):
            worst = (failed or bad)[0]
            outcome = "blocked" if worst.kind == "blocked" else ("conflict" if worst.kind == "conflict" else None)
            moves.failed.append((*key, outcome, worst.code, worst.sentence))
        elif dropped and not done:
            moves.cancelled.append(key)
        else:
            remarks = [*(one.remark for one in done if one.remark), *(one.sentence for one in bad)]
            moves.published.append((*key, _best(done), " ".join(remarks)[:1000] or None))
    return moves


FALLS_BACK_AFTER = 2
"""Failed tries after which a part of a bulk batch goes the direct way; `store.publishing` has the same figure."""

NOT_STAGED = "Nothing is staged under this part number. Search for it first, then publish it."


def _again(later: Sequence[Later]) -> tuple[float, int, str | None, str | None]:
    if not later:
        return 0.0, 0, None, None
    longest = max(later, key=lambda one: one.wait)
    tries = FALLS_BACK_AFTER if any(one.direct for one in later) else int(any(one.counted for one in later))
    return longest.wait, tries, longest.code, longest.sentence


def _best(done: Sequence[Done]) -> str:
    actions = {one.action for one in done}
    return next((name for name in ("created", "updated") if name in actions), "unchanged")


def is_old(moment: datetime | None, now: datetime, *, seconds: float) -> bool:
    """Whether the moment is that long ago, or was never."""
    return moment is None or (now - moment).total_seconds() > seconds


def batch_ids(jobs: Sequence[Job]) -> list[UUID]:
    """The batches these jobs are for."""
    return list(dict.fromkeys(job.item.batch_id for job in jobs))


def picture_json(picture: Picture | None) -> dict[str, Any] | None:
    """What the row of a product remembers of its picture."""
    return None if picture is None else {"url": picture.url, "sha256": picture.sha256, "code": picture.code}
