from __future__ import annotations

from decimal import Decimal

import pytest

from boeing_data_hub.catalogue.flaws import Flaw, Problem
from boeing_data_hub.catalogue.screening import SENTENCES, Facts, Reason, StagingStatus, screen
from boeing_data_hub.catalogue.staged_part import NormalizationRules, StockLocation

RULES = NormalizationRules()
MAPPED = NormalizationRules(mapped_locations=frozenset({"Dallas Central", "Miami, FL"}))
DALLAS, GERMANY = StockLocation("Dallas Central", 5), StockLocation("Germany CSC", 17)


def facts(**changes):
    known = {
        "price": Decimal("10.00"),
        "currency": "USD",
        "quantity": 5,
        "stated": None,
        "quantity_known": True,
        "in_stock": True,
    }
    return Facts(**{**known, "locations": (DALLAS,), **changes})


def verdict(problems=(), rules=RULES, **changes):
    screened = screen(facts(**changes), problems, rules)
    return str(screened.status), screened.reason


def test_a_sound_part_is_fetched_without_a_reason():
    assert verdict() == ("fetched", None)
    assert screen(facts(), [], RULES).detail is None


@pytest.mark.parametrize(
    ("changes", "rules", "reason"),
    [
        ({"price": None}, RULES, "no_price"),
        ({"quantity": 0, "in_stock": False, "locations": ()}, RULES, "no_stock"),
        ({"currency": "EUR"}, RULES, "currency_differs"),
        ({"locations": (GERMANY,), "quantity": 17}, MAPPED, "only_unmapped_locations"),
    ],
)
def test_what_cannot_be_sold_is_blocked_with_its_reason(changes, rules, reason):
    assert verdict(rules=rules, **changes) == ("blocked", reason)


@pytest.mark.parametrize(
    ("problem", "reason"),
    [
        (Problem("listPrice", Flaw.UNREADABLE), "price_unreadable"),
        (Problem("netPrice", Flaw.NEGATIVE), "price_negative"),
        (Problem("listPrice", Flaw.DISAGREES), "rows_disagree"),
        (Problem("quantity", Flaw.UNREADABLE), "quantity_unreadable"),
        (Problem("locationAvailabilities", Flaw.NEGATIVE), "quantity_negative"),
        (Problem("aviallPartNumber", Flaw.UNREADABLE), "part_number_unreadable"),
    ],
)
def test_what_cannot_be_believed_needs_review(problem, reason):
    assert verdict([problem]) == ("needs_review", reason)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"currency": None}, "currency_missing"),
        ({"quantity": 0, "quantity_known": False, "in_stock": None}, "quantity_missing"),
        ({"quantity": 0, "quantity_known": False, "in_stock": True}, "quantity_missing"),
        ({"in_stock": False}, "stock_contradicts"),
        ({"stated": 1}, "stock_figures_differ"),
        ({"stated": 0}, "stock_figures_differ"),
    ],
)
def test_what_boeing_leaves_unclear_needs_review(changes, reason):
    assert verdict(**changes) == ("needs_review", reason)


def test_a_total_that_equals_the_sum_or_has_no_locations_raises_no_doubt():
    assert verdict(stated=5) == ("fetched", None)
    assert verdict(stated=7, quantity=7, locations=()) == ("fetched", None)


def test_with_an_empty_map_no_location_is_sold_from():
    assert verdict(rules=NormalizationRules(mapped_locations=frozenset())) == ("blocked", "only_unmapped_locations")
    assert verdict(rules=NormalizationRules(mapped_locations=frozenset()), locations=()) == ("fetched", None)


def test_out_of_stock_needs_no_quantity():
    assert verdict(quantity=0, quantity_known=False, in_stock=False, locations=()) == ("blocked", "no_stock")


def test_doubt_beats_a_block():
    assert verdict([Problem("listPrice", Flaw.NEGATIVE)], price=None, quantity=0) == ("needs_review", "price_negative")


def test_every_reason_that_applies_is_reported():
    told = screen(facts(price=None, quantity=0), [], RULES)
    assert told.reason == "no_price"
    assert told.detail == f"{SENTENCES[Reason.NO_PRICE]} {SENTENCES[Reason.NO_STOCK]}"


def test_a_problem_with_other_fields_is_reported_but_blocks_nothing():
    problems = [Problem("weight", Flaw.NEGATIVE), Problem("productImage", Flaw.UNREADABLE)]
    told = screen(facts(), problems, RULES)
    assert (told.status, told.reason) == (StagingStatus.FETCHED, None)
    assert told.detail is not None
    assert "weight, productImage" in told.detail
    assert "weight" in (screen(facts(price=None), problems, RULES).detail or "")


def test_without_a_map_locations_are_not_checked():
    assert verdict(locations=(GERMANY,)) == ("fetched", None)


def test_one_mapped_location_with_stock_is_enough():
    assert verdict(rules=MAPPED, locations=(GERMANY, DALLAS)) == ("fetched", None)


def test_an_empty_shelf_at_a_mapped_location_sells_nothing():
    empty = StockLocation("Miami, FL", 0)
    assert verdict(rules=MAPPED, locations=(GERMANY, empty)) == ("blocked", "only_unmapped_locations")


def test_where_all_shelves_are_empty_the_names_still_tell():
    assert verdict(rules=MAPPED, locations=(StockLocation("Miami, FL", 0),)) == ("fetched", None)
    assert verdict(rules=MAPPED, locations=(StockLocation("Germany CSC", 0),)) == ("blocked", "only_unmapped_locations")


def test_stock_without_any_location_is_not_called_unmapped():
    assert verdict(rules=MAPPED, locations=()) == ("fetched", None)


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_has_a_sentence_that_says_what_to_do(reason):
    assert SENTENCES[reason].endswith(".")
    assert any(
        word in SENTENCES[reason].lower() for word in ("search", "look", "compare", "ask", "add", "check", "find")
    )
    assert reason.status in {"blocked", "needs_review"}
