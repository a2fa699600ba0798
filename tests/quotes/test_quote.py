"""What a part is quoted for: from the store, else from a fresh answer, else Boeing is asked; and what never is."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boeing_data_hub.catalogue.listing_policy import ListingPolicy
from boeing_data_hub.catalogue.staged_part import CataloguePart, LastAnswer, Override, StagedRow, StockLocation
from boeing_data_hub.quotes.lines import answer_of, for_line, state_of
from boeing_data_hub.quotes.quote import Known, LineAnswer, LineState, QuoteState, QuoteTerms, SettledItem, StoreOffer

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
POLICY = ListingPolicy(location_map={"Dallas Central": "Dallas"}, default_location="Dallas")
TERMS = QuoteTerms()
PART = "WF338109=K3"


EMPTY = dict.fromkeys(each.name for each in fields(StagedRow))


def staged(**changes):
    by_hand = {name: changes.pop(name) for name in list(changes) if name in {"price_override", "excluded"}}
    known = {
        "sku": PART, "title": "WF338109", "list_price": Decimal("100.00"), "currency": "USD", "inventory_quantity": 7,
        "status": "fetched", "condition": "NE", "base_uom": "EA", "fetched_at": NOW, "raw_id": 1, "created_at": NOW,
        "updated_at": NOW, "locations": (StockLocation("Dallas Central", 7),),
    }  # fmt: skip
    return CataloguePart(**{**EMPTY, **known, **changes}, override=Override(**by_hand))


def offer(**changes):
    return replace(StoreOffer(price=Decimal("99.00"), pieces=5, published_at=NOW - HOUR), **changes)


def answer(known, *, settled=None, policy=POLICY, terms=TERMS):
    return answer_of(known, policy, terms, fresh_from=NOW - HOUR, settled=settled)


def test_the_store_goes_before_boeing():
    told = answer(Known(part_number=PART, in_store=offer(), staged=staged(fetched_at=NOW - 2 * HOUR)))
    assert (told.source, told.price, told.qty_available) == ("store", Decimal("99.00"), 5)


def test_a_store_without_pieces_offers_nothing_and_the_fresh_answer_decides():
    known = Known(part_number=PART, in_store=offer(pieces=0), staged=staged(fetched_at=NOW - 2 * HOUR))
    assert answer(known).state is LineState.PENDING
    assert answer(replace(known, staged=staged())).source == "store"


def test_an_hour_old_answer_is_requested_again():
    known = Known(part_number=PART, staged=staged(fetched_at=NOW - HOUR - timedelta(seconds=1)))
    assert answer(known).state is LineState.PENDING
    assert answer(replace(known, staged=staged())).state is LineState.QUOTED


def test_an_answer_that_is_not_normalized_yet_is_waited_for():
    known = Known(
        part_number=PART, answered=LastAnswer((PART,), NOW), staged=staged(fetched_at=NOW - timedelta(minutes=5))
    )
    assert answer(known).state is LineState.PENDING


@pytest.mark.parametrize("skus", [("WF338109=9B",), ("WF338109=9B", "WF338109=K3")])
def test_a_bare_number_is_never_answered_with_a_variant(skus):
    known = Known(part_number="WF338109", answered=LastAnswer(skus, NOW))
    for told in (answer(known), answer(known, settled=SettledItem(state="normalized", skus=skus))):
        assert (told.state, told.code, told.price) == (LineState.NO_QUOTE, "other_variants", None)
        assert all(sku in told.note for sku in skus)


def test_a_stale_row_is_not_quoted_when_boeing_answered_with_other_variants():
    known = Known(part_number=PART, staged=staged(fetched_at=NOW - 9 * HOUR))
    told = answer(known, settled=SettledItem(state="normalized", skus=("WF338109=9B",)))
    assert told.code == "other_variants"


@pytest.mark.parametrize(
    ("item", "state", "code"),
    [
        (SettledItem(state="failed", error_code="not_found", error="Unknown."), "no_quote", "not_found"),
        (SettledItem(state="failed", error_code="boeing_rejected", error="No."), "no_quote", "boeing_rejected"),
        (SettledItem(state="failed", error_code="boeing_forbidden", error="No."), "no_quote", "boeing_forbidden"),
        (SettledItem(state="failed", error_code="boeing_timeout", error="Slow."), "unanswered", "boeing_timeout"),
        (SettledItem(state="failed", error_code="poison", error="x"), "unanswered", "poison"),
        (SettledItem(state="failed"), "unanswered", "unknown"),
        (SettledItem(state="cancelled"), "unanswered", "cancelled"),
        (SettledItem(state=None), "unanswered", "search_gone"),
        (SettledItem(state="normalized", skus=(PART,)), "unanswered", "search_gone"),
    ],
)
def test_only_boeing_s_own_no_is_a_no_quote(item, state, code):
    told = answer(Known(part_number=PART), settled=item)
    assert (str(told.state), told.code) == (state, code)
    assert ("Retry the quote" in told.note) == (state == "unanswered")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"status": "blocked", "status_reason": "no_price", "list_price": None}, "no_price"),
        ({"list_price": Decimal(0)}, "no_price"),
        ({"list_price": Decimal(-1)}, "price_unreadable"),
        ({"inventory_quantity": 0, "locations": ()}, "no_stock"),
        ({"locations": (StockLocation("Germany CSC", 8),)}, "only_unmapped_locations"),
        ({"currency": "EUR"}, "currency_differs"),
        ({"currency": None}, "currency_missing"),
        ({"status": "needs_review", "status_reason": "rows_disagree"}, "needs_review"),
    ],
)
def test_what_may_not_be_sold_is_not_quoted(changes, code):
    told = answer(Known(part_number=PART, staged=staged(**changes)))
    assert (told.state, told.code, told.price) == (LineState.NO_QUOTE, code, None)
    assert told.note


def test_an_excluded_part_is_quoted_from_nowhere():
    known = Known(part_number=PART, in_store=offer(), staged=staged(), excluded=True)
    assert answer(known).code == "excluded"


def test_a_price_by_hand_goes_before_the_store_s_and_lifts_a_missing_one():
    by_hand = Decimal("12.345")
    assert answer(Known(part_number=PART, in_store=offer(), price_override=by_hand)).price == Decimal("12.35")
    row = staged(list_price=None, status="blocked", status_reason="no_price", price_override=by_hand)
    assert answer(Known(part_number=PART, staged=row, price_override=by_hand)).price == Decimal("12.35")
    for unusable in (Decimal(0), Decimal(-1)):
        told = answer(Known(part_number=PART, in_store=offer(), price_override=unusable))
        assert told.code == "price_override_unusable"


def test_a_hub_that_sells_in_another_currency_quotes_nothing_as_dollars():
    told = answer(Known(part_number=PART, in_store=offer()), policy=replace(POLICY, currency="EUR"))
    assert (told.state, told.code) == (LineState.NO_QUOTE, "currency_differs")


def test_the_condition_is_the_part_s_own_unless_the_terms_name_one():
    known = Known(part_number=PART, staged=staged(condition="OH", base_uom=None))
    assert (answer(known).condition, answer(known).uom) == ("OH", "EA")
    assert answer(known, terms=replace(TERMS, condition="AR", uom="PK")).condition == "AR"
    assert answer(Known(part_number=PART, in_store=offer())).condition == POLICY.condition


@given(
    price=st.one_of(st.none(), st.decimals("-10", "1e10", allow_nan=True)),
    override=st.one_of(st.none(), st.decimals("-10", "1e10", allow_nan=True)),
    pieces=st.one_of(st.none(), st.integers(-5, 10**12)),
    published=st.one_of(st.none(), st.tuples(st.one_of(st.none(), st.decimals("-1", "1e9")), st.integers(-5, 10**12))),
)
def test_whatever_the_rows_hold_a_quoted_price_is_above_0_in_whole_cents_and_pieces_are_there(
    price, override, pieces, published
):
    row = staged(list_price=price, price_override=override, inventory_quantity=pieces, locations=())
    in_store = None if published is None else offer(price=published[0], pieces=published[1])
    told = answer(Known(part_number=PART, staged=row, in_store=in_store, price_override=override))
    assert told.state in {LineState.QUOTED, LineState.NO_QUOTE}
    if told.state is LineState.QUOTED:
        assert told.price > 0
        assert told.price == told.price.quantize(Decimal("0.01"))
        assert 0 < told.qty_available <= 10**9
    else:
        assert told.price is None


def test_a_line_says_how_many_are_missing():
    quoted = LineAnswer(state=LineState.QUOTED, price=Decimal(1), source="store", qty_available=3)
    assert for_line(quoted, 3, lines=1).note is None
    assert for_line(quoted, 4, lines=1).note == "3 of 4 requested pieces available."
    assert "2 lines" in for_line(quoted, 1, lines=2).note
    assert for_line(LineAnswer(state=LineState.PENDING, note="Wait."), 9, lines=2).note == "Wait."


@pytest.mark.parametrize(
    ("lines", "state"),
    [
        (["quoted", "quoted"], "quoted"),
        (["quoted", "no_quote"], "partly_quoted"),
        (["no_quote"], "no_quote"),
        (["quoted", "unanswered", "no_quote"], "unanswered"),
        (["unanswered", "pending", "quoted"], "pending"),
    ],
)
def test_what_a_quote_comes_to(lines, state):
    assert state_of([LineState(one) for one in lines]) is QuoteState(state)


def test_terms_of_an_earlier_or_later_version_are_still_read():
    assert QuoteTerms.from_json({"condition": "OH", "something_new": "x"}) == QuoteTerms(condition="OH")
    assert QuoteTerms.from_json(TERMS.as_json()) == TERMS
