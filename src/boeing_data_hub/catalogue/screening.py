"""Decides if a normalized part may be published, and says what a person can do if not.

Doubt takes precedence: an implausible value makes a part `needs_review` even if another value would block it, because
the block may rest on the same bad data. Neither is ever published.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

from boeing_data_hub.catalogue.flaws import Flaw, Problem
from boeing_data_hub.catalogue.pricing import prices_of
from boeing_data_hub.catalogue.staged_part import NormalizationRules, StagedPart, StockLocation


class StagingStatus(StrEnum):
    """The status that normalization gives a product. The table has one more, `published`, which publishing sets."""

    FETCHED = "fetched"  #: can be published
    BLOCKED = "blocked"  #: valid, but not for sale as it is
    NEEDS_REVIEW = "needs_review"  #: implausible until a person has reviewed it


class Reason(StrEnum):
    """Why a product cannot be published. Of several reasons, the first in this order is shown."""

    PART_NUMBER_UNREADABLE = "part_number_unreadable"
    ROWS_DISAGREE = "rows_disagree"
    PRICE_UNREADABLE = "price_unreadable"
    PRICE_NEGATIVE = "price_negative"
    QUANTITY_UNREADABLE = "quantity_unreadable"
    QUANTITY_NEGATIVE = "quantity_negative"
    QUANTITY_MISSING = "quantity_missing"
    STOCK_CONTRADICTS = "stock_contradicts"
    STOCK_FIGURES_DIFFER = "stock_figures_differ"
    CURRENCY_MISSING = "currency_missing"
    CURRENCY_DIFFERS = "currency_differs"
    NO_PRICE = "no_price"
    NO_STOCK = "no_stock"
    ONLY_UNMAPPED_LOCATIONS = "only_unmapped_locations"

    @property
    def status(self) -> StagingStatus:
        """The status that the reason gives a product."""
        return StagingStatus.BLOCKED if self in _BLOCKING else StagingStatus.NEEDS_REVIEW


_BLOCKING = frozenset(
    {Reason.CURRENCY_DIFFERS, Reason.NO_PRICE, Reason.NO_STOCK, Reason.ONLY_UNMAPPED_LOCATIONS},
)
_ORDER = {reason: place for place, reason in enumerate(Reason)}

SENTENCES: Final[dict[str, str]] = {  # by the code, because reports contain only that
    Reason.PART_NUMBER_UNREADABLE: (
        "Boeing's part number is unreadable. Compare the response with Boeing's site, and report it to Boeing."
    ),
    Reason.ROWS_DISAGREE: (
        "Boeing returned several prices for this part. Ask Boeing which one is right, then search again."
    ),
    Reason.PRICE_UNREADABLE: (
        "Boeing's price is unreadable. Check the response, and search again once Boeing has corrected it."
    ),
    Reason.PRICE_NEGATIVE: (
        "Boeing's price is negative. Check the response, and search again once Boeing has corrected it."
    ),
    Reason.QUANTITY_UNREADABLE: ("Boeing's stock figure is unreadable. Check the response, and search again later."),
    Reason.QUANTITY_NEGATIVE: ("Boeing's stock figure is negative. Check the response, and search again later."),
    Reason.QUANTITY_MISSING: ("Boeing returned no stock figure. Check the response: a field may have been renamed."),
    Reason.STOCK_CONTRADICTS: (
        "Boeing says this part is out of stock but also lists pieces. Ask Boeing which is right, or search again later."
    ),
    Reason.STOCK_FIGURES_DIFFER: (
        "Boeing's total differs from the sum of its locations. Ask Boeing which is right, or search again later."
    ),
    Reason.CURRENCY_MISSING: (
        "Boeing's response has no valid currency, so its prices can't be used. Search for the part again."
    ),
    Reason.CURRENCY_DIFFERS: (
        "Boeing's prices aren't in your store's currency, and the hub doesn't convert. Check HUB_CURRENCY, or ask "
        "Boeing."
    ),
    Reason.NO_PRICE: "Boeing returned no price that PRICE_BASIS allows. Ask Boeing for a quote, or search again later.",
    Reason.NO_STOCK: "Out of stock at Boeing. Search again later; it can be published once Boeing has stock.",
    Reason.ONLY_UNMAPPED_LOCATIONS: (
        "All stock is at locations you don't sell from. Add one of them to SHOPIFY_LOCATION_MAP (or remove it from "
        "HUB_LOCATIONS_NOT_SOLD), or set SHOPIFY_UNMAPPED_LOCATIONS=sell_from_default; or leave the part out."
    ),
}

_LEFT_OUT: Final = "Left out because Boeing's value is unreadable:"

_BY_FLAW = {
    "listPrice": {Flaw.NEGATIVE: Reason.PRICE_NEGATIVE, Flaw.UNREADABLE: Reason.PRICE_UNREADABLE},
    "quantity": {Flaw.NEGATIVE: Reason.QUANTITY_NEGATIVE, Flaw.UNREADABLE: Reason.QUANTITY_UNREADABLE},
    "aviallPartNumber": {Flaw.UNREADABLE: Reason.PART_NUMBER_UNREADABLE},
}
_BY_FLAW["netPrice"] = _BY_FLAW["listPrice"]
_BY_FLAW["locationAvailabilities"] = _BY_FLAW["quantity"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The facts about a part that screening judges.

    Attributes:
        price: ours.
        currency: three letters, or None if the answer names none.
        quantity: pieces in total; the sum of the locations, if there are any.
        stated: Boeing's own total; None if it gives none.
        quantity_known: True if Boeing gave a quantity or at least one location.
        in_stock: as Boeing states it; None if it does not.
    """

    price: Decimal | None
    currency: str | None
    quantity: int
    stated: int | None
    quantity_known: bool
    in_stock: bool | None
    locations: Sequence[StockLocation]


@dataclass(frozen=True, slots=True)
class Screened:
    """The verdict: status, its first reason, and sentences that name all reasons."""

    status: StagingStatus
    reason: Reason | None = None
    detail: str | None = None

    def is_that_of(self, part: StagedPart) -> bool:
        """True if the part already has this verdict; `published` counts as `fetched`."""
        status = StagingStatus.FETCHED if part.status == "published" else part.status
        return (self.status, self.reason, self.detail) == (status, part.status_reason, part.status_detail)


def screen(facts: Facts, problems: Sequence[Problem], rules: NormalizationRules) -> Screened:
    """Judge a part. A problem with a field that affects neither price nor stock is mentioned but does not block it."""
    unread = [problem.field for problem in problems if problem.field not in _BY_FLAW]
    note = f"{_LEFT_OUT} {', '.join(unread)}." if unread else None
    return _verdict(set(_doubts(facts, problems)) or set(_blocks(facts, rules)), note)


def screen_staged(part: StagedPart, rules: NormalizationRules) -> Screened:
    """Screen a staged part by rules other than those it was normalized by.

    Args:
        part: its status is not `needs_review`: doubts about Boeing's data remain, whatever our rules are.
        rules: the current ones.
    """
    facts = Facts(
        price=prices_of(part, rules.prices).price,
        currency=part.currency,
        quantity=part.inventory_quantity or 0,
        stated=None,
        quantity_known=True,
        in_stock=None,
        locations=part.locations,
    )
    _, noted, fields = (part.status_detail or "").partition(_LEFT_OUT)
    return _verdict(set(_blocks(facts, rules)), f"{noted}{fields}" or None)


def _verdict(found: AbstractSet[Reason], note: str | None) -> Screened:
    if not found:
        return Screened(StagingStatus.FETCHED, None, note)
    reasons = sorted(found, key=_ORDER.__getitem__)
    sentences = [SENTENCES[reason] for reason in reasons]
    return Screened(reasons[0].status, reasons[0], " ".join([*sentences, note] if note else sentences))


def _doubts(facts: Facts, problems: Sequence[Problem]) -> Iterator[Reason]:
    for problem in problems:
        if problem.flaw is Flaw.DISAGREES:
            yield Reason.ROWS_DISAGREE
        elif problem.field in _BY_FLAW:
            yield _BY_FLAW[problem.field][problem.flaw]
    if not facts.quantity_known and facts.in_stock is not False:
        yield Reason.QUANTITY_MISSING
    if facts.quantity and facts.in_stock is False:
        yield Reason.STOCK_CONTRADICTS
    if facts.locations and facts.stated is not None and facts.stated != facts.quantity:
        yield Reason.STOCK_FIGURES_DIFFER
    if facts.currency is None:
        yield Reason.CURRENCY_MISSING


def _blocks(facts: Facts, rules: NormalizationRules) -> Iterator[Reason]:
    if facts.currency is not None and facts.currency != rules.currency:
        yield Reason.CURRENCY_DIFFERS
    if facts.price is None:
        yield Reason.NO_PRICE
    if not facts.quantity:
        yield Reason.NO_STOCK
    elif facts.locations:
        # A mapped location without stock sells nothing; if no location has stock, their names decide.
        stocked = [place for place in facts.locations if place.quantity] or facts.locations
        if not any(rules.sells_from(place.location) for place in stocked):
            yield Reason.ONLY_UNMAPPED_LOCATIONS
