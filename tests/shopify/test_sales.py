"""Sold pieces, from what is missing since the hub last knew the store. Random days in a store are the judge."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boeing_data_hub.shopify import sales

PLACES = ("Dallas", "Miami")
place = st.sampled_from(PLACES)
pieces = st.integers(1, 9)
DAYS = st.lists(
    st.one_of(
        st.tuples(st.just("sale"), place, pieces),
        st.tuples(st.just("restock"), place, pieces),
        st.tuples(st.just("read")),
        st.tuples(st.just("set"), place, st.integers(0, 40)),
    ),
    max_size=40,
)


@dataclass
class Day:
    """A store, the hub's row of a product in it, and the sales that can be known of."""

    there: dict = field(default_factory=lambda: dict.fromkeys(PLACES, 100))
    stock: dict = field(default_factory=lambda: dict.fromkeys(PLACES, 100))
    counted: dict = field(default_factory=dict)
    hub: int = 0
    knowable: int = 0
    unknown: dict = field(default_factory=lambda: dict.fromkeys(PLACES, 0))

    def know(self, *places):
        """The hub learns what is at these places: what is missing since the last time was sold."""
        self.knowable += sum(max(0, self.unknown[name]) for name in places)
        self.unknown |= dict.fromkeys(places, 0)

    def act(self, kind, where=None, count=0):
        if kind == "sale":
            self.there[where] -= count
            self.unknown[where] += count
        elif kind == "restock":
            self.there[where] += count
            self.unknown[where] -= count
        elif kind == "read":
            self.hub += sales.sold({**self.stock, **self.counted}, self.there)
            self.counted = sales.counted(self.stock, self.there)
            self.know(*PLACES)
        else:
            found = sales.by_name(self.stock, [where], self.there[where])
            self.hub += sales.sold({**self.stock, **self.counted}, found)
            self.counted = {name: left for name, left in self.counted.items() if name not in found}
            self.stock[where] = self.there[where] = count
            self.know(where)


@given(DAYS)
def test_each_sale_counts_once_whether_a_read_or_compare_and_set_shows_it(acts):
    day = Day()
    for one in acts:
        day.act(*one)
        assert day.counted == sales.counted(day.stock, {**day.stock, **day.counted})
    assert day.hub == day.knowable
    day.act("read")
    assert day.hub == day.knowable
    day.act("read")
    assert day.hub == day.knowable, "reading twice sells nothing"
    if not any(kind == "restock" for kind, *_ in acts):
        assert day.hub == sum(one[2] for one in acts if one[0] == "sale")


@given(st.dictionaries(st.sampled_from("abcd"), st.integers(0, 50), min_size=1), st.integers(-5, 200))
def test_pieces_of_a_location_with_several_names_add_up(known, total):
    assert sum(sales.by_name(known, sorted(known), total).values()) == total
    assert sales.sold(known, sales.by_name(known, sorted(known), total)) == max(0, sum(known.values()) - total)


@pytest.mark.parametrize(
    ("before", "there", "pieces"),
    [
        ({"a": 5}, {"a": 3}, 2),
        ({"a": 5}, {"a": 7}, 0),
        ({"a": 5, "b": 5}, {"a": 9, "b": 4}, 1),
        ({"a": 5}, {"b": 1}, 0),
    ],
)
def test_what_a_person_added_is_no_negative_sale(before, there, pieces):
    assert sales.sold(before, there) == pieces
