from __future__ import annotations

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from boeing_data_hub.boeing.duplicates import merge_duplicates
from boeing_data_hub.boeing.line_item import normalize
from boeing_data_hub.catalogue.staged_part import NormalizationRules

RULES = NormalizationRules()


def row(number="P1022=K3", *places, **changes):
    stock = [{"location": name, "availQuantity": pieces} for name, pieces in places]
    pieces = sum(pieces for _, pieces in places)
    made = {"aviallPartNumber": number, "listPrice": 10, "netPrice": 9, "quantity": pieces, "inStock": pieces > 0}
    return {**made, "locationAvailabilities": stock, **changes}


def merged(*rows):
    (item,) = merge_duplicates(rows)
    return normalize(item, "USD", RULES)


def stock(product):
    return {place.location: place.quantity for place in product.locations}


def test_different_parts_are_left_as_they_are():
    rows = [row("A=K3", ("Dallas", 1)), row("A=9B", ("Dallas", 2)), row("B=K3")]
    assert [id(item) for item in merge_duplicates(rows)] == [id(item) for item in rows]


def test_identical_rows_collapse():
    one = row("A=K3", ("Dallas", 3), ("Miami, FL", 4))
    product = merged(one, dict(one), dict(one))
    assert (stock(product), product.inventory_quantity) == ({"Dallas": 3, "Miami, FL": 4}, 7)
    assert product == normalize(one, "USD", RULES)


def test_one_part_in_several_spellings_is_one_part():
    assert merged(row("a=k3", ("Dallas", 1)), row(" A=K3 ", ("Dallas", 1))).sku == "A=K3"


def test_rows_for_different_locations_are_united_and_counted_together():
    product = merged(row("A=K3", ("Dallas", 10)), row("A=K3", ("Miami, FL", 5)))
    assert stock(product) == {"Dallas": 10, "Miami, FL": 5}
    assert (product.inventory_quantity, product.status) == (15, "fetched")


def test_rows_that_differ_about_one_location_do_not_add_up():
    product = merged(row("A=K3", ("Dallas", 10)), row("A=K3", ("Dallas", 4), ("Miami, FL", 1)))
    assert stock(product) == {"Dallas": 10, "Miami, FL": 1}
    assert product.inventory_quantity == 11


def test_rows_without_locations_keep_the_greatest_stated_quantity():
    assert merged(row("A=K3", quantity=4, inStock=True), row("A=K3", quantity=9)).inventory_quantity == 9


def test_an_empty_row_does_not_hide_the_stock_of_another():
    product = merged(row("A=K3"), row("A=K3", ("Dallas", 2)))
    assert (product.inventory_quantity, product.inventory_status, product.status) == (2, "in_stock", "fetched")


def test_the_same_price_written_differently_is_the_same():
    assert merged(row(listPrice="10.00"), row(listPrice=Decimal("10.0"))).list_price == Decimal("10.00")


def test_a_row_without_a_price_is_silent():
    assert merged(row(listPrice=0), row(listPrice=None), row(listPrice=10)).list_price == 10


def test_rows_with_different_prices_need_a_person():
    product = merged(row("A=K3", ("Dallas", 1)), row("A=K3", ("Dallas", 1), listPrice=12))
    assert (product.status, product.status_reason, product.list_price) == ("needs_review", "rows_disagree", None)


def test_a_bad_figure_in_any_row_is_seen():
    good = row("A=K3", ("Dallas", 1))
    assert merged(good, {**good, "netPrice": -1}).status_reason == "price_negative"
    assert merged(good, {**good, "quantity": "many"}).status_reason == "quantity_unreadable"
    assert merged(good, {**good, "locationAvailabilities": 5}).status_reason == "quantity_unreadable"


def test_everything_else_is_the_first_rows():
    assert merged(row(name="FIRST"), row(name="SECOND")).boeing_name == "FIRST"


def test_rows_without_a_usable_number_are_passed_on():
    rows = [{"aviallPartNumber": None}, {"aviallPartNumber": None}, {}, "junk", None, [1]]
    assert merge_duplicates(rows) == rows


ROW = st.builds(
    lambda places, price, quantity: row(
        "A=K3",
        listPrice=price,
        quantity=quantity,
        inStock=True,
        locationAvailabilities=[{"location": name, "availQuantity": pieces} for name, pieces in places],
    ),
    st.lists(
        st.tuples(st.sampled_from(["Dallas", "Miami, FL", "Germany CSC"]), st.sampled_from([0, 1, 2, -1, "x"])),
        max_size=3,
    ),
    st.sampled_from([0, 10, "10.00", 12, None, -1]),
    st.sampled_from([0, None, 3, "3", 4]),
)


@settings(deadline=None, max_examples=200)
@given(st.lists(ROW, min_size=2, max_size=5), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_decides_neither_price_nor_stock_nor_status(rows, random):
    shuffled = list(rows)
    random.shuffle(shuffled)
    one, other = merged(*rows), merged(*shuffled)
    assert (one.list_price, one.net_price) == (other.list_price, other.net_price)
    assert one.status == other.status
    if one.status != "needs_review":
        assert (stock(one), one.inventory_quantity) == (stock(other), other.inventory_quantity)
