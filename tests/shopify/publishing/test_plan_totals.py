"""The totals of a plan, and its largest changes."""

from __future__ import annotations

import json
from decimal import Decimal

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from boeing_data_hub.catalogue.listings import Change
from boeing_data_hub.shopify.decisions import planned_changes
from boeing_data_hub.shopify.journey import Hold, Leave, Send
from boeing_data_hub.shopify.plan_totals import totals_of


def moved(rows, old, new):
    return Send(action="updated", listing=rows.listing(), changes=(Change("price", old, new),))


def test_new_products_are_summed_with_their_worth_and_margin(rows):
    new = Send(action="created", listing=rows.listing(), whole=True)
    free = Send(action="created", listing=rows.listing(net_price=None, list_price=None, price_override=Decimal(20)))
    found = totals_of(
        [("A", new), ("B", free), ("C", Leave()), ("D", Hold("blocked", "no_price", "None."))], currency="USD"
    )
    pieces = sum(new.listing.stock.values())
    assert (found.new_products, found.new_pieces) == (2, 2 * pieces)
    assert found.new_value == pieces * (new.listing.price + Decimal(20))
    assert found.new_cost == pieces * new.listing.cost
    assert found.new_margin == Decimal("9.1")
    assert (found.prices_up, found.prices_down, found.median_percent, found.largest) == (0, 0, None, ())


def test_price_moves_that_stand_out_come_first(rows):
    moves = [("A", "100.00", "102.00"), ("B", "473.01", "3.64"), ("C", "10.00", "15.00"), ("D", None, "5.00")]
    found = totals_of([(sku, moved(rows, old, new)) for sku, old, new in moves], currency="USD")
    assert (found.prices_up, found.prices_down, found.median_percent) == (2, 1, Decimal("2.0"))
    assert [(move.sku, move.percent) for move in found.largest] == [
        ("B", Decimal("-99.2")),
        ("C", Decimal("50.0")),
        ("A", Decimal("2.0")),
    ]
    assert json.loads(msgspec.json.encode(found))["largest"][0] == {
        "sku": "B", "old": "473.01", "new": "3.64", "percent": "-99.2"
    }  # fmt: skip


@given(st.lists(st.tuples(st.decimals("0.01", 10**6, places=2), st.decimals("0.01", 10**6, places=2)), max_size=30))
def test_any_prices_have_totals(rows, prices):
    found = totals_of(
        [(f"S{place}", moved(rows, str(a), str(b))) for place, (a, b) in enumerate(prices)], currency="USD"
    )
    assert found.prices_up + found.prices_down <= len(prices)
    sizes = [abs(move.percent) for move in found.largest]
    assert sizes == sorted(sizes, reverse=True)


def test_a_new_product_shows_title_price_cost_and_stock_in_its_plan(rows):
    shown = {each.field: each.new for each in planned_changes(Send(action="created", listing=rows.listing()))}
    assert {"title", "price", "cost"} <= shown.keys()
    assert sum(pieces for name, pieces in shown.items() if name.startswith("stock.")) == sum(
        rows.listing().stock.values()
    )
