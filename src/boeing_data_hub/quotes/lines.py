"""Quotes one part from the store, or else from Boeing's answer, or says why it cannot. Pure.

A quote names exactly the requested part. `X` is not `X=K3`: another suffix means another manufacturer or certificate,
and a clerk who gets an arbitrary variant sells the wrong one. The note lists the variants;
a single variant may be offered under its own name (HUB_QUOTE_OFFER_VARIANT).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from boeing_data_hub.catalogue.listing_policy import ListingPolicy
from boeing_data_hub.catalogue.listings import Blocked
from boeing_data_hub.catalogue.sale import amount_of, sale_of
from boeing_data_hub.catalogue.staged_part import CataloguePart
from boeing_data_hub.catalogue.stock import MOST_PIECES, stock_of
from boeing_data_hub.quotes.quote import Known, LineAnswer, LineState, QuoteState, QuoteTerms, SettledItem
from boeing_data_hub.values.clean_text import line
from boeing_data_hub.values.counted import form

CURRENCY: Final = "USD"
"""Currency of the response's `price_usd`. Prices in another store currency are not quoted."""

_PENDING: Final = LineAnswer(state=LineState.PENDING, note="Waiting for Boeing. This line is completed automatically.")
# Boeing's statements about the part. Other failures do not say whether it can be quoted.
_REFUSED: Final = frozenset({"not_found", "boeing_rejected", "boeing_forbidden"})
_VARIANTS_NAMED: Final = 10
_LONGEST: Final = 50  # characters of a unit or a condition


def answer_of(
    known: Known,
    policy: ListingPolicy,
    terms: QuoteTerms,
    *,
    fresh_from: datetime,
    settled: SettledItem | None = None,
) -> LineAnswer:
    """The answer for one part. It is pending only while Boeing's answer is due.

    Args:
        known: what the database knows about it.
        policy: currency and location map.
        terms: the quote's.
        fresh_from: older answers from Boeing are requested again.
        settled: what became of it, when Boeing was asked for this quote.
    """
    barred = _barred(known, policy)
    if barred is not None:
        return barred
    offered = _from_store(known, policy, terms)
    if offered is not None:
        return offered
    if settled is not None:
        return _from_item(known, settled, policy, terms)
    return _from_fresh(known, policy, terms, fresh_from)


def only_variant(known: Known, settled: SettledItem | None) -> str | None:
    """The only variant of a number without a suffix; None if Boeing has none, or several.

    Args:
        known: what the database knows about the requested number.
        settled: what became of it, when Boeing was asked for this quote.
    """
    said = settled.skus if settled is not None else known.answered.skus if known.answered is not None else ()
    there = {*known.variants, *said} - {known.part_number}
    return said[0] if len(there) == 1 and len(said) == 1 and said[0] != known.part_number else None


def as_variant(refused: LineAnswer, offer: LineAnswer, *, asked: str, variant: str) -> LineAnswer:
    """Replace a no-quote by the offer of the only variant, if that can be offered."""
    if offer.state is not LineState.QUOTED:
        return refused
    note = f"Boeing has no part {asked}. This quote offers its only variant, {variant}."
    return replace(offer, offered=variant, note=f"{note} {offer.note}" if offer.note else note)


def for_line(answer: LineAnswer, quantity: int, *, lines: int) -> LineAnswer:
    """The same for a line with this quantity, if this many lines request the part."""
    said = [answer.note] if answer.note else []
    if answer.state is LineState.QUOTED and (answer.qty_available or 0) < quantity:
        said.append(f"{answer.qty_available:,} of {quantity:,} requested {form(quantity, 'piece')} available.")
    if answer.state is LineState.QUOTED and lines > 1:
        said.append(f"{lines} lines request this part; they share the same stock.")
    return replace(answer, note=" ".join(said) or None)


def state_of(lines: Sequence[LineState]) -> QuoteState:
    """The state of a quote with lines in these states."""
    found = set(lines)
    if LineState.PENDING in found:
        return QuoteState.PENDING
    if LineState.UNANSWERED in found:
        return QuoteState.UNANSWERED
    if found == {LineState.QUOTED}:
        return QuoteState.QUOTED
    return QuoteState.PARTLY_QUOTED if LineState.QUOTED in found else QuoteState.NO_QUOTE


def _barred(known: Known, policy: ListingPolicy) -> LineAnswer | None:
    """Why a part is never quoted, whatever its source; None if it may be."""
    if policy.currency.upper() != CURRENCY:
        return _none(known, "currency_differs", f"Quotes are in {CURRENCY}, but prices here are in {policy.currency}.")
    if known.excluded:
        return _none(known, "excluded", "This part is excluded from sale.")
    if known.price_override is not None and not amount_of(known.price_override):
        return _none(known, "price_override_unusable", "The manual price must be greater than 0.")
    return None


def _from_store(known: Known, policy: ListingPolicy, terms: QuoteTerms) -> LineAnswer | None:
    """The store's offer, at its current price unless a person has set another since; None: no offer.

    The stock is the newest from Boeing: as published, or as staged since. Without stock, the store has nothing to
    offer, and the newest answer decides.
    """
    offer, staged = known.in_store, known.staged
    if offer is None:
        return None
    price = amount_of(known.price_override if known.price_override is not None else offer.price)
    pieces, known_at = offer.pieces, offer.published_at
    if staged is not None and staged.fetched_at > offer.published_at:
        stock = stock_of(staged, policy)
        if stock is not None:
            pieces, known_at = sum(stock.values()), staged.fetched_at
    if not price or pieces <= 0:
        return None
    return LineAnswer(
        state=LineState.QUOTED,
        source="store",
        price=price,
        currency=CURRENCY,
        qty_available=min(pieces, MOST_PIECES),
        known_at=known_at,
        note=_also(known),
        **_described(staged, policy, terms),
    )


def _from_fresh(known: Known, policy: ListingPolicy, terms: QuoteTerms, fresh_from: datetime) -> LineAnswer:
    """Boeing's recent answer; pending if there is none yet or it is being normalized."""
    staged, said_since = known.staged, fresh_from
    if known.answered is not None and known.answered.fetched_at > fresh_from:
        skus, said_since = known.answered.skus, known.answered.fetched_at
        if not skus:
            return _none(known, "not_found", "Boeing doesn't recognize this part number.")
        if known.part_number not in skus:
            return _other_variants(known, skus)
    if staged is not None and staged.fetched_at >= said_since:
        return _from_staged(known, staged, policy, terms)
    return _PENDING


def _from_staged(known: Known, staged: CataloguePart, policy: ListingPolicy, terms: QuoteTerms) -> LineAnswer:
    sale = sale_of(staged, policy)
    if isinstance(sale, Blocked):
        return replace(_none(known, sale.code, sale.sentence), known_at=staged.fetched_at)
    return LineAnswer(
        state=LineState.QUOTED,
        source="boeing",
        price=sale.price,
        currency=CURRENCY,
        qty_available=min(sale.pieces, MOST_PIECES),
        known_at=staged.fetched_at,
        note=_also(known),
        **_described(staged, policy, terms),
    )


def _from_item(known: Known, item: SettledItem, policy: ListingPolicy, terms: QuoteTerms) -> LineAnswer:
    if item.state == "normalized" and known.part_number in item.skus and known.staged is not None:
        return _from_staged(known, known.staged, policy, terms)
    if item.state == "normalized" and known.part_number not in item.skus:
        return _other_variants(known, item.skus)
    if item.state == "failed":
        code = item.error_code or "unknown"
        said = item.error or "Boeing could not be reached."
        return _none(known, code, said) if code in _REFUSED else _unanswered(code, said)
    if item.state == "cancelled":
        return _unanswered("cancelled", "The search for this part was cancelled before Boeing responded.")
    return _unanswered("search_gone", "The search for this part no longer exists.")


def _described(staged: CataloguePart | None, policy: ListingPolicy, terms: QuoteTerms) -> dict[str, str]:
    unit, condition = "", ""
    if staged is not None:
        unit, condition = line(staged.base_uom), line(staged.override.condition or staged.condition)
    return {
        "uom": (unit or terms.uom)[:_LONGEST],
        "condition": (terms.condition or condition or policy.condition)[:_LONGEST],
    }


def _none(known: Known, code: str, sentence: str) -> LineAnswer:
    said = f"{sentence} {also}" if (also := _also(known)) else sentence
    return LineAnswer(state=LineState.NO_QUOTE, code=code, note=said)


def _other_variants(known: Known, skus: Sequence[str]) -> LineAnswer:
    others = {*known.variants, *skus} - {known.part_number}
    which = "" if len(others) == 1 else "one of these: "
    sentence = f"Did you mean {which}{_named(others)}? Request that part number."
    return LineAnswer(state=LineState.NO_QUOTE, code="other_variants", note=sentence)


def _unanswered(code: str, sentence: str) -> LineAnswer:
    return LineAnswer(state=LineState.UNANSWERED, code=code, note=f"{sentence} Retry the quote.")


def _also(known: Known) -> str | None:
    others = {sku for sku in known.variants if sku != known.part_number}
    return f"Other variants: {_named(others)}." if others else None


def _named(skus: set[str]) -> str:
    ordered = sorted(skus)
    more = f" and {len(ordered) - _VARIANTS_NAMED} more" if len(ordered) > _VARIANTS_NAMED else ""
    return ", ".join(ordered[:_VARIANTS_NAMED]) + more
