"""What one part is quoted for, or why not: from the store, else from what Boeing answered, else none. Pure.

A quote names exactly the part that was asked for. `X` is no `X=K3`: another suffix is another maker or another paper,
and a clerk who is answered with "the first that came" sells the wrong one. What variants there are is said in the note.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from boeing_data_hub.model.listings import Blocked, ListingPolicy
from boeing_data_hub.model.quotes import Known, LineAnswer, LineState, QuoteState, QuoteTerms, SettledItem
from boeing_data_hub.model.sale import amount_of, sale_of
from boeing_data_hub.model.stock import MOST_PIECES, stock_of
from boeing_data_hub.model.wording import line

CURRENCY: Final = "USD"
"""What the answer's `price_usd` is in; prices of a store in another currency are not quoted."""

_PENDING: Final = LineAnswer(
    state=LineState.PENDING, note="Boeing has been asked. The line is completed by itself; fetch the quote again."
)
# What Boeing says of the part itself. Anything else that went wrong says nothing about whether it can be quoted.
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
    """What is answered for one part. Pending only while Boeing is still to say something.

    Args:
        known: what the rows know of it.
        policy: currency and map of locations, by which parts are sold.
        terms: of the quote.
        fresh_from: what Boeing said before this moment is asked anew.
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


def for_line(answer: LineAnswer, quantity: int, *, lines: int) -> LineAnswer:
    """The same for a line that asks for so many pieces, where so many lines ask for the part."""
    said = [answer.note] if answer.note else []
    if answer.state is LineState.QUOTED and (answer.qty_available or 0) < quantity:
        said.append(f"{answer.qty_available:,} of the {quantity:,} asked for are there.")
    if answer.state is LineState.QUOTED and lines > 1:
        said.append(f"{lines} lines ask for this part; each names the same pieces.")
    return replace(answer, note=" ".join(said) or None)


def state_of(lines: Sequence[LineState]) -> QuoteState:
    """What a quote with lines in these states comes to."""
    found = set(lines)
    if LineState.PENDING in found:
        return QuoteState.PENDING
    if LineState.UNANSWERED in found:
        return QuoteState.UNANSWERED
    if found == {LineState.QUOTED}:
        return QuoteState.QUOTED
    return QuoteState.PARTLY_QUOTED if LineState.QUOTED in found else QuoteState.NO_QUOTE


def _barred(known: Known, policy: ListingPolicy) -> LineAnswer | None:
    """What is never quoted, whoever has it."""
    if policy.currency.upper() != CURRENCY:
        return _none(known, "currency_differs", f"Quotes are in {CURRENCY}, and prices here in {policy.currency}.")
    if known.excluded:
        return _none(known, "excluded", "A person has excluded this part from sale.")
    if known.price_override is not None and not amount_of(known.price_override):
        return _none(known, "price_override_unusable", "The price set by hand is no amount above 0.")
    return None


def _from_store(known: Known, policy: ListingPolicy, terms: QuoteTerms) -> LineAnswer | None:
    """What the store offers: the price it shows, unless a person has set another since; None: it offers nothing.

    Pieces are Boeing's newest word: what was published, or what was staged since. Without any, the store has nothing to
    offer, and the newest answer decides.
    """
    offer, staged = known.in_store, known.staged
    if offer is None:
        return None
    price = amount_of(known.price_override if known.price_override is not None else offer.price)
    pieces, known_at = offer.pieces, offer.published_at
    if staged is not None and staged["fetched_at"] > offer.published_at:
        stock = stock_of(staged, policy)
        if stock is not None:
            pieces, known_at = sum(stock.values()), staged["fetched_at"]
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
        **_described(staged or {}, policy, terms),
    )


def _from_fresh(known: Known, policy: ListingPolicy, terms: QuoteTerms, fresh_from: datetime) -> LineAnswer:
    """What Boeing said lately; pending where it has not, or where its answer is just being normalized."""
    staged, said_since = known.staged, fresh_from
    if known.answered is not None and known.answered[1] > fresh_from:
        skus, said_since = known.answered
        if not skus:
            return _none(known, "not_found", "Boeing does not know this part number.")
        if known.part_number not in skus:
            return _other_variants(known, skus)
    if staged is not None and staged["fetched_at"] >= said_since:
        return _from_staged(known, staged, policy, terms)
    return _PENDING


def _from_staged(known: Known, staged: Mapping[str, Any], policy: ListingPolicy, terms: QuoteTerms) -> LineAnswer:
    sale = sale_of(staged, policy)
    if isinstance(sale, Blocked):
        return replace(_none(known, sale.code, sale.sentence), known_at=staged["fetched_at"])
    return LineAnswer(
        state=LineState.QUOTED,
        source="boeing",
        price=sale.price,
        currency=CURRENCY,
        qty_available=min(sale.pieces, MOST_PIECES),
        known_at=staged["fetched_at"],
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
        said = item.error or "Boeing could not be asked."
        return _none(known, code, said) if code in _REFUSED else _unanswered(code, said)
    if item.state == "cancelled":
        return _unanswered("cancelled", "A person cancelled the search for this part before Boeing had answered.")
    return _unanswered("search_gone", "The search for this part is not there any more.")


def _described(staged: Mapping[str, Any], policy: ListingPolicy, terms: QuoteTerms) -> dict[str, str]:
    return {
        "uom": (line(staged.get("base_uom")) or terms.uom)[:_LONGEST],
        "condition": (terms.condition or line(staged.get("condition")) or policy.condition)[:_LONGEST],
    }


def _none(known: Known, code: str, sentence: str) -> LineAnswer:
    said = f"{sentence} {also}" if (also := _also(known)) else sentence
    return LineAnswer(state=LineState.NO_QUOTE, code=code, note=said)


def _other_variants(known: Known, skus: Sequence[str]) -> LineAnswer:
    named = _named({*known.variants, *skus} - {known.part_number})
    sentence = f"Boeing has no part of exactly this number, but {named}. Ask for the one that is meant."
    return LineAnswer(state=LineState.NO_QUOTE, code="other_variants", note=sentence)


def _unanswered(code: str, sentence: str) -> LineAnswer:
    return LineAnswer(
        state=LineState.UNANSWERED, code=code, note=f"{sentence} Whether it can be quoted is not known: ask again."
    )


def _also(known: Known) -> str | None:
    others = {sku for sku in known.variants if sku != known.part_number}
    return f"There is also {_named(others)}." if others else None


def _named(skus: set[str]) -> str:
    ordered = sorted(skus)
    more = f" and {len(ordered) - _VARIANTS_NAMED} more" if len(ordered) > _VARIANTS_NAMED else ""
    return ", ".join(ordered[:_VARIANTS_NAMED]) + more
