from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from boeing_data_hub.boeing.line_item import normalize
from boeing_data_hub.catalogue.staged_part import NormalizationRules, StagedPart, StockLocation
from boeing_data_hub.sync.learning import Known, Priors, lesson

FIRST = datetime(2026, 6, 1, tzinfo=UTC)
KNOWN = Known("A=K3", 1.0, 0.0, 0.0, FIRST, 0.0, 0.0, 0.0)


@pytest.fixture
def part() -> StagedPart:
    item = {"aviallPartNumber": "A=K3", "listPrice": "473.01", "netPrice": "419.1", "quantity": 5, "inStock": True}
    where = [{"location": "Dallas Central", "availQuantity": 3}, {"location": "Miami, FL", "availQuantity": 2}]
    return normalize(item | {"locationAvailabilities": where}, "USD", NormalizationRules())


def learned(before: StagedPart, after: StagedPart, days: float = 2.0):
    return lesson(KNOWN, before, after, fetched_at=FIRST + timedelta(days=days), priors=Priors())


def test_the_same_answer_counts_as_days_without_a_change(part):
    found = learned(part, part)
    assert not found.changed
    assert (found.price_changes, found.stock_changes, found.watched_days) == (0.0, 0.0, 2.0)
    assert found.learned_at == FIRST + timedelta(days=2)


def test_a_price_that_moved_is_no_change_of_stock(part):
    found = learned(part, replace(part, list_price=Decimal("480.00")))
    assert (found.price_moved, found.stock_moved) == (True, False)
    assert found.price_changes >= 1.0
    assert found.stock_changes == 0.0


def test_stock_that_moved_from_one_place_to_another_is_a_change(part):
    moved = (StockLocation(location="Dallas Central", quantity=2), StockLocation(location="Miami, FL", quantity=3))
    found = learned(part, replace(part, locations=moved))
    assert (found.price_moved, found.stock_moved) == (False, True)


def test_the_notation_of_a_number_is_not_a_change(part):
    same = replace(part, list_price=Decimal("473.0100"), locations=tuple(reversed(part.locations)))
    assert not learned(part, same).changed


def test_a_price_is_compared_as_it_is_kept(part):
    fine = replace(part, net_price=Decimal("419.10004"))
    assert not learned(part, fine).changed


def test_another_currency_or_no_price_at_all_is_a_change(part):
    assert learned(part, replace(part, currency="EUR")).price_moved
    assert learned(part, replace(part, list_price=None)).price_moved
