"""Decides whether a normalized part may be published, and says what a person can do when it may not.

Doubt beats a verdict: a value that cannot be believed asks for a person (`needs_review`), even where another one would
block the part, because the block may rest on the same bad data. Neither is ever published.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

from boeing_data_hub.model.products import NormalizationRules, StockLocation
from boeing_data_hub.normalization.fields import Flaw, Problem


class StagingStatus(StrEnum):
    """What normalization says of a product. The table knows one more, `published`, which only the store gives."""

    FETCHED = "fetched"  #: can be published
    BLOCKED = "blocked"  #: read well, and not for sale as it stands
    NEEDS_REVIEW = "needs_review"  #: cannot be believed until a person has looked


class Reason(StrEnum):
    """Why a product cannot be published, in the order in which one of several speaks for it."""

    PART_NUMBER_UNREADABLE = "part_number_unreadable"
    ROWS_DISAGREE = "rows_disagree"
    PRICE_UNREADABLE = "price_unreadable"
    PRICE_NEGATIVE = "price_negative"
    QUANTITY_UNREADABLE = "quantity_unreadable"
    QUANTITY_NEGATIVE = "quantity_negative"
    QUANTITY_MISSING = "quantity_missing"
    STOCK_CONTRADICTS = "stock_contradicts"
    CURRENCY_MISSING = "currency_missing"
    CURRENCY_DIFFERS = "currency_differs"
    NO_PRICE = "no_price"
    NO_STOCK = "no_stock"
    ONLY_UNMAPPED_LOCATIONS = "only_unmapped_locations"

    @property
    def status(self) -> StagingStatus:
        """What the reason makes of a product."""
        return StagingStatus.BLOCKED if self in _BLOCKING else StagingStatus.NEEDS_REVIEW


_BLOCKING = frozenset(
    {Reason.CURRENCY_DIFFERS, Reason.NO_PRICE, Reason.NO_STOCK, Reason.ONLY_UNMAPPED_LOCATIONS},
)
_ORDER = {reason: place for place, reason in enumerate(Reason)}

SENTENCES: Final[dict[str, str]] = {  # by the word, for reports know a reason only by that
    Reason.PART_NUMBER_UNREADABLE: (
        "Boeing's part number for this row cannot be read. Compare the raw answer with Boeing's site, and tell Boeing."
    ),
    Reason.ROWS_DISAGREE: (
        "Boeing gave several rows for this part, with different prices. Find out which one holds, then search again."
    ),
    Reason.PRICE_UNREADABLE: (
        "A price from Boeing is no believable number. Look at the raw answer; search again once Boeing has mended it."
    ),
    Reason.PRICE_NEGATIVE: (
        "A price from Boeing is below zero. Look at the raw answer; search again once Boeing has mended it."
    ),
    Reason.QUANTITY_UNREADABLE: (
        "A stock figure from Boeing is no believable number of pieces. Look at the raw answer, and search again later."
    ),
    Reason.QUANTITY_NEGATIVE: (
        "A stock figure from Boeing is below zero. Look at the raw answer, and search again later."
    ),
    Reason.QUANTITY_MISSING: (
        "Boeing gave neither a quantity nor stock by location. Look at the raw answer: a field may have been renamed."
    ),
    Reason.STOCK_CONTRADICTS: (
        "Boeing calls this part out of stock, yet counts pieces of it. Ask Boeing which holds, or search again later."
    ),
    Reason.CURRENCY_MISSING: (
        "Boeing's answer names no usable currency, so its prices mean nothing. Search for the part again."
    ),
    Reason.CURRENCY_DIFFERS: (
        "Boeing's prices are not in the store's currency, and none is converted. Check HUB_CURRENCY, or ask Boeing."
    ),
    Reason.NO_PRICE: "Boeing gave no price that PRICE_BASIS allows. Ask Boeing for a quote, or search again later.",
    Reason.NO_STOCK: "Boeing has none in stock. Search again later; with stock it can be published.",
    Reason.ONLY_UNMAPPED_LOCATIONS: (
        "All stock lies where the store does not sell from. Add one of its locations to SHOPIFY_LOCATION_MAP and "
        "normalize again, or leave the part out."
    ),
}

_BY_FLAW = {
    "listPrice": {Flaw.NEGATIVE: Reason.PRICE_NEGATIVE, Flaw.UNREADABLE: Reason.PRICE_UNREADABLE},
    "quantity": {Flaw.NEGATIVE: Reason.QUANTITY_NEGATIVE, Flaw.UNREADABLE: Reason.QUANTITY_UNREADABLE},
    "aviallPartNumber": {Flaw.UNREADABLE: Reason.PART_NUMBER_UNREADABLE},
}
_BY_FLAW["netPrice"] = _BY_FLAW["listPrice"]
_BY_FLAW["locationAvailabilities"] = _BY_FLAW["quantity"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of a part when it is judged.

    Attributes:
        price: ours.
        currency: three letters, or None when the answer names none.
        quantity: pieces in all.
        quantity_known: Boeing gave a quantity or at least one location.
        in_stock: Boeing's own word; None when it does not say.
    """

    price: Decimal | None
    currency: str | None
    quantity: int
    quantity_known: bool
    in_stock: bool | None
    locations: Sequence[StockLocation]


@dataclass(frozen=True, slots=True)
class Screened:
    """The verdict: status, its reason's word, and sentences for a person. All reasons that hold are told."""

    status: StagingStatus
    reason: Reason | None = None
    detail: str | None = None


def screen(facts: Facts, problems: Sequence[Problem], rules: NormalizationRules) -> Screened:
    """Judge a part. A problem with a field that neither price nor stock hangs on is told, but holds nothing up."""
    found = {*_doubts(facts, problems), *_blocks(facts, rules)}
    notes = [problem.field for problem in problems if problem.field not in _BY_FLAW]
    if not found:
        return Screened(StagingStatus.FETCHED, None, _left_out(notes))
    reasons = sorted(found, key=_ORDER.__getitem__)
    first = reasons[0]
    told = [SENTENCES[reason] for reason in reasons if reason.status is first.status]
    if notes:
        told.append(_left_out(notes) or "")
    return Screened(first.status, first, " ".join(told))


def _left_out(fields: Sequence[str]) -> str | None:
    return f"Left out, because Boeing's value cannot be read: {', '.join(fields)}." if fields else None


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
    if facts.currency is None:
        yield Reason.CURRENCY_MISSING


def _blocks(facts: Facts, rules: NormalizationRules) -> Iterator[Reason]:
    if facts.currency is not None and facts.currency != rules.currency:
        yield Reason.CURRENCY_DIFFERS
    if facts.price is None:
        yield Reason.NO_PRICE
    if not facts.quantity:
        yield Reason.NO_STOCK
    elif rules.mapped_locations is not None and facts.locations:
        # An empty shelf at a mapped location sells nothing; where all shelves are empty, the names still tell.
        stocked = [place for place in facts.locations if place.quantity] or facts.locations
        if not any(place.location in rules.mapped_locations for place in stocked):
            yield Reason.ONLY_UNMAPPED_LOCATIONS
