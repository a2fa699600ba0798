"""What becomes of published parts that Boeing no longer sells: a step for each cause. Pure.

Nothing is remembered of it. The listing of such a part differs from that of others, and when the part returns, the
ordinary listing differs from the published one: so the hub undoes what it did itself, and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from boeing_data_hub.catalogue.listings import Listing
from boeing_data_hub.catalogue.vanished_policy import Vanished, VanishedPolicy
from boeing_data_hub.settings.vanished import Step

_STATUS: Final[Mapping[Step, str]] = {"unlist": "UNLISTED", "draft": "DRAFT", "archive": "ARCHIVED"}


@dataclass(frozen=True, slots=True)
class Gone:
    """A published part that has vanished.

    Attributes:
        cause: why.
        days: for how long; None if that is unknown.
    """

    cause: Vanished
    days: float | None


def step_of(gone: Gone, policy: VanishedPolicy) -> Step:
    """The step for a vanished part, by its cause and the time that it has been gone."""
    step = policy.steps[gone.cause]
    old = policy.archive_days > 0 and gone.days is not None and gone.days >= policy.archive_days
    return "archive" if old and step != "leave" else step


def taken_off(listing: Listing, gone: Gone, policy: VanishedPolicy, *, status: str) -> Listing:
    """The listing of a vanished part, whose step is not `leave`.

    Args:
        listing: the ordinary one, or the published one where none can be built.
        gone: why and for how long.
        policy: the steps.
        status: of ordinary listings.
    """
    tags = tuple(tag for tag in listing.tags if tag.casefold() != policy.tag.casefold())
    return replace(
        listing,
        status=_STATUS.get(step_of(gone, policy), status),
        tags=(*tags, policy.tag) if policy.tag else tags,
        stock=dict.fromkeys(listing.stock, 0),
    )


_WHY: Final[Mapping[Vanished, str]] = {
    Vanished.NOT_FOUND: "Boeing no longer knows this part",
    Vanished.NO_STOCK: "Boeing has no stock of this part",
    Vanished.NO_PRICE: "Boeing has no price for this part",
    Vanished.ONLY_UNMAPPED_LOCATIONS: "Boeing has this part only at locations you don't sell from",
}
_WHAT: Final[Mapping[Step, str]] = {
    "leave": "your store keeps what it has",
    "keep": "its stock is 0",
    "unlist": "its stock is 0 and it is unlisted",
    "draft": "its stock is 0 and it is a draft",
    "archive": "its stock is 0 and it is archived",
}


def sentence(gone: Gone, policy: VanishedPolicy) -> str:
    """For people: why the part is gone, and what becomes of it."""
    return f"{_WHY[gone.cause]}: {_WHAT[step_of(gone, policy)]}."
