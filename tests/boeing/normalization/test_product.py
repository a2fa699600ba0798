from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boeing_data_hub.boeing.line_item import normalize
from boeing_data_hub.catalogue.pricing import GUIDE_RULES, PriceRules, Prices, prices_of
from boeing_data_hub.catalogue.screening import screen_staged
from boeing_data_hub.catalogue.staged_part import NormalizationRules, StockLocation

RULES = NormalizationRules()


def ours(product, rules=GUIDE_RULES):
    return prices_of(product, rules)


US_ONLY = NormalizationRules(mapped_locations=frozenset({"Dallas Central", "Miami, FL", "Goodyear AZ", "Chicago, IL"}))

TYPICAL = """{
  "aviallPartNumber": "P512777=K3", "name": "GASKET, O-RING", "description": "", "baseUOM": "EA",
  "countryOfOrigin": "United States", "dim": "2.5 x 4 x 2", "dimUOM": "IN", "weight": ".6", "weightUOM": "LB",
  "eccn": "9A991.d", "faaApprovalCode": "PMA", "hazmatCode": "ZND", "scheduleBCode": "8481809025", "inStock": true,
  "listPrice": 430.01, "netPrice": 430.01, "quantity": 557, "supplierName": "Monogram Systems",
  "locationAvailabilities": [
    {"location": "Dallas Central", "availQuantity": 463}, {"location": "Miami, FL", "availQuantity": 10},
    {"location": "Goodyear AZ", "availQuantity": 11}, {"location": "New York, NY", "availQuantity": 6},
    {"location": "Los Angeles, CA", "availQuantity": 14}, {"location": "Germany CSC", "availQuantity": 53}],
  "productImage": "https://www.aviall.com/content-images/P512777_280.JPG",
  "thumbnailImage": "https://www.aviall.com/content-images/P512777_280.JPG"}"""


def line_item(**changes):
    return {**json.loads(TYPICAL, parse_float=Decimal), **changes}


def at(*pairs):
    return [{"location": name, "availQuantity": pieces} for name, pieces in pairs]


# --- parts seen in production ---------------------------------------------------------------------------------------


def test_p512777_is_read_in_full():
    product = normalize(line_item(), "USD", US_ONLY)
    assert (product.sku, product.title) == ("P512777=K3", "P512777")
    assert ours(product) == Prices(Decimal("430.01"), Decimal("473.01"), cost=Decimal("430.01"))
    assert (product.list_price, product.net_price, product.currency) == (Decimal("430.01"), Decimal("430.01"), "USD")
    assert (product.inventory_quantity, product.inventory_status) == (557, "in_stock")
    assert product.location_summary == (
        "Dallas Central: 463; Miami, FL: 10; Goodyear AZ: 11; New York, NY: 6; Los Angeles, CA: 14; Germany CSC: 53"
    )
    assert product.locations[1] == StockLocation("Miami, FL", 10)
    assert (product.weight, product.weight_unit) == (Decimal("0.6"), "LB")
    assert (product.dim_length, product.dim_width, product.dim_height) == (Decimal("2.5"), Decimal(4), Decimal(2))
    assert (product.dim_uom, product.base_uom, product.country_of_origin) == ("IN", "EA", "United States")
    assert (product.hazmat_code, product.eccn, product.schedule_b_code) == ("ZND", "9A991.d", "8481809025")
    assert (product.faa_approval_code, product.pma) == ("PMA", True)
    assert (product.supplier_name, product.vendor) == ("Monogram Systems", "BDI")
    assert (product.boeing_name, product.boeing_description) == ("GASKET, O-RING", None)
    assert product.body_html == "<p>GASKET, O-RING</p>"
    assert product.boeing_image_url == "https://www.aviall.com/content-images/P512777_280.JPG"
    assert (product.condition, product.cert, product.estimated_lead_time_days) == ("NE", "FAA 8130-3", 3)
    assert (product.status, product.status_reason, product.status_detail) == ("fetched", None, None)


@pytest.mark.parametrize(("condition", "cert"), [("OH", "EASA Form 1"), ("", "")])
def test_condition_and_certificate_are_what_the_settings_say_and_nothing_else(condition, cert):
    product = normalize(line_item(), "USD", NormalizationRules(condition=condition, cert=cert))
    assert (product.condition, product.cert) == (condition, cert)


def test_4232_0226_1_has_no_list_price_and_is_priced_from_the_net_price():
    item = line_item(aviallPartNumber="4232-0226-1=9B", listPrice=0, netPrice=Decimal("442.61"), quantity=557)
    product = normalize(item, "USD", RULES)
    assert (product.list_price, product.net_price) == (None, Decimal("442.61"))
    assert ours(product) == Prices(Decimal("442.61"), Decimal("486.87"), cost=Decimal("442.61"))
    assert product.status == "fetched"


@pytest.mark.parametrize(("basis", "price"), [("list_then_net", "109.85"), ("net_then_list", "97.34")])
def test_p1022_is_out_of_stock_and_blocked_though_it_is_priced(basis, price):
    item = line_item(
        aviallPartNumber="P1022=K3",
        listPrice=Decimal("99.86"),
        netPrice=Decimal("88.49"),
        quantity=0,
        inStock=False,
        locationAvailabilities=None,
    )
    product = normalize(item, "USD", NormalizationRules(prices=PriceRules(basis)))
    assert (ours(product, PriceRules(basis)).price, product.inventory_quantity) == (Decimal(price), 0)
    assert (product.inventory_status, product.location_summary, product.locations) == ("out_of_stock", None, ())
    assert (product.status, product.status_reason) == ("blocked", "no_stock")


@pytest.mark.parametrize(("number", "pieces"), [("P510547=K3", 17), ("WF329398=K3", 8)])
def test_a_part_in_germany_only_is_blocked_where_germany_is_not_mapped(number, pieces):
    germany = at(("Germany CSC", pieces))
    item = line_item(
        aviallPartNumber=number, listPrice=Decimal("132.15"), quantity=pieces, locationAvailabilities=germany
    )
    blocked = normalize(item, "USD", US_ONLY)
    assert (blocked.status, blocked.status_reason) == ("blocked", "only_unmapped_locations")
    assert ours(blocked).price == Decimal("145.37")
    assert normalize(item, "USD", RULES).status == "fetched"


def test_sam222_18_has_one_piece():
    item = line_item(aviallPartNumber="SAM222-18=E9", quantity=1, locationAvailabilities=at(("Chicago, IL", 1)))
    product = normalize(item, "USD", US_ONLY)
    assert (product.title, product.inventory_quantity, product.status) == ("SAM222-18", 1, "fetched")


def test_a_price_is_rounded_where_binary_floats_leave_a_tail():
    product = normalize(line_item(listPrice=Decimal("505.585")), "USD", RULES)
    assert str(ours(product).price) == "556.14"


def test_all_numbers_may_come_as_text():
    item = line_item(listPrice="430.01", netPrice="430.01", quantity="557", inStock="true")
    item["locationAvailabilities"] = [
        {**place, "availQuantity": str(place["availQuantity"])} for place in item["locationAvailabilities"]
    ]
    assert normalize(item, "USD", US_ONLY) == normalize(line_item(), "USD", US_ONLY)


# --- rules ----------------------------------------------------------------------------------------------------------


def test_without_a_total_the_quantity_is_the_sum_of_the_locations():
    for absent in (0, None, ""):
        assert normalize(line_item(quantity=absent), "USD", RULES).inventory_quantity == 557


@pytest.mark.parametrize("stated", [0, 1, 57, 59])
def test_where_the_total_is_not_the_sum_of_the_locations_the_sum_is_shown_and_a_person_is_asked(stated):
    item = line_item(quantity=stated, locationAvailabilities=at(("Dallas Central", 30), ("Miami, FL", 28)))
    product = normalize(item, "USD", RULES)
    assert product.inventory_quantity == sum(place.quantity for place in product.locations) == 58
    assert (product.status, product.status_reason) == ("needs_review", "stock_figures_differ")


def test_the_description_is_escaped_and_comes_before_the_name():
    product = normalize(line_item(description='SEAL <b>3/8"</b> & O-RING'), "USD", RULES)
    assert product.body_html == '<p>SEAL &lt;b&gt;3/8"&lt;/b&gt; &amp; O-RING</p>'


def test_a_part_without_a_name_is_called_by_its_number():
    product = normalize(line_item(name=None), "USD", RULES)
    assert (product.boeing_name, product.body_html) == ("P512777=K3", "<p>P512777=K3</p>")


def test_a_part_without_a_supplier_is_made_by_the_default_manufacturer():
    assert normalize(line_item(supplierName=" "), "USD", RULES).supplier_name == "Boeing"


@pytest.mark.parametrize(("code", "pma"), [("PMA", True), ("pma ", True), ("TSO", False), ("", False), (None, False)])
def test_pma_is_read_from_the_approval_code(code, pma):
    assert normalize(line_item(faaApprovalCode=code), "USD", RULES).pma is pma


def test_the_title_is_cut_at_the_first_equals_sign():
    assert normalize(line_item(aviallPartNumber="A=B=C"), "USD", RULES).title == "A"
    assert normalize(line_item(aviallPartNumber="PLAIN"), "USD", RULES).title == "PLAIN"
    assert normalize(line_item(aviallPartNumber="=K3"), "USD", RULES).title == "=K3"


@pytest.mark.parametrize(
    ("currency", "status", "reason"),
    [
        ("USD", "fetched", None),
        (" usd ", "fetched", None),
        ("EUR", "blocked", "currency_differs"),
        (None, "needs_review", "currency_missing"),
        ("", "needs_review", "currency_missing"),
        ("$", "needs_review", "currency_missing"),
    ],
)
def test_only_a_price_in_the_stores_currency_is_publishable(currency, status, reason):
    product = normalize(line_item(), currency, RULES)
    assert (product.status, product.status_reason) == (status, reason)


@pytest.mark.parametrize(
    ("changes", "status", "reason"),
    [
        ({"listPrice": None, "netPrice": None}, "blocked", "no_price"),
        ({"listPrice": 0, "netPrice": 0}, "blocked", "no_price"),
        ({"listPrice": "", "netPrice": "0.00"}, "blocked", "no_price"),
        ({"listPrice": -1}, "needs_review", "price_negative"),
        ({"netPrice": "free"}, "needs_review", "price_unreadable"),
        ({"listPrice": Decimal("1e400")}, "needs_review", "price_unreadable"),
        ({"listPrice": float("nan")}, "needs_review", "price_unreadable"),
        ({"quantity": -5}, "needs_review", "quantity_negative"),
        ({"quantity": "lots"}, "needs_review", "quantity_unreadable"),
        ({"locationAvailabilities": "Dallas"}, "needs_review", "quantity_unreadable"),
        ({"inStock": False}, "needs_review", "stock_contradicts"),
        ({"aviallPartNumber": None}, "needs_review", "part_number_unreadable"),
    ],
)
def test_a_part_with_a_wrong_figure_is_never_publishable(changes, status, reason):
    product = normalize(line_item(**changes), "USD", RULES)
    assert (product.status, product.status_reason) == (status, reason)
    assert product.status_detail


def test_a_negative_list_price_does_not_fall_back_to_the_net_price():
    product = normalize(line_item(listPrice=-1), "USD", RULES)
    assert (ours(product), product.net_price) == (Prices(), Decimal("430.01"))


def test_renamed_fields_are_not_mistaken_for_an_empty_shelf():
    item = line_item()
    item["qty"], item["stock"] = item.pop("quantity"), item.pop("locationAvailabilities")
    assert normalize(item, "USD", RULES).status_reason == "quantity_missing"


def test_an_odd_weight_is_omitted_and_reported_but_blocks_nothing():
    product = normalize(line_item(weight="heavy", dim="2 x 4", productImage="ftp://x"), "USD", RULES)
    assert (product.status, product.weight, product.dim_length, product.boeing_image_url) == (
        "fetched",
        None,
        None,
        None,
    )
    assert product.status_detail
    assert all(field in product.status_detail for field in ("weight", "dim", "productImage"))


# --- any JSON -------------------------------------------------------------------------------------------------------

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=30)
SCALAR = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-3, 60),
    st.floats(),
    st.decimals(),
    st.sampled_from(
        [10**400, Decimal("1e400"), Decimal("-1e-400"), "1e9", " .6 ", "2.5 x 4 x 2", "https://h/x.jpg", "A=K3"]
    ),
    ANY_TEXT,
)
PLACE = st.fixed_dictionaries({}, optional={"location": SCALAR, "availQuantity": SCALAR})
JSON = st.recursive(SCALAR, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT, inner, max_size=4))
ITEM = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(json.loads(TYPICAL), JSON),
        "locationAvailabilities": st.lists(PLACE, max_size=5) | JSON,
    },
)
SOUND = st.builds(lambda changes: line_item(**changes), ITEM)
TEXTS = ("sku", "title", "body_html", "location_summary", "country_of_origin", "boeing_name", "boeing_description")


@settings(deadline=None, max_examples=300)
@given(item=ITEM | SOUND | JSON, currency=st.sampled_from(["USD", "EUR", None, "", "\ud800"]))
def test_any_json_makes_a_product_the_table_can_hold_and_only_sound_ones_are_publishable(item, currency):
    product = normalize(item, currency, US_ONLY)
    assert product.status in {"fetched", "blocked", "needs_review"}
    assert type(product.status) is str
    assert (product.status_reason is None) == (product.status == "fetched")
    assert 0 <= product.inventory_quantity < 2**31
    assert all(0 <= place.quantity < 2**31 and 0 < len(place.location) <= 200 for place in product.locations)
    assert len({place.location for place in product.locations}) == len(product.locations)
    price = ours(product).price
    assert price is None or 0 < price < 10**12
    for amount in (product.list_price, product.net_price, product.dim_length):
        assert amount is None or 0 < amount < 10**10
    assert product.weight is None or 0 < product.weight < 10**8
    for name in TEXTS:
        text = getattr(product, name) or ""
        assert "\x00" not in text
        text.encode("utf-8")
    if product.status == "fetched":
        assert product.sku
        assert price
        assert product.inventory_quantity
        assert product.currency == "USD"


RULE_SETS = st.sampled_from(
    [RULES, US_ONLY, NormalizationRules(currency="EUR"), NormalizationRules(prices=PriceRules("net", Decimal("1e-4")))]
)


@settings(deadline=None, max_examples=300)
@given(item=ITEM | SOUND, currency=st.sampled_from(["USD", "EUR", None]), then=RULE_SETS, today=RULE_SETS)
def test_a_staged_part_is_screened_by_other_rules_as_normalization_would(item, currency, then, today):
    staged = normalize(item, currency, then)
    if staged.status != "needs_review":
        assert screen_staged(staged, today).is_that_of(normalize(item, currency, today))


@settings(deadline=None, max_examples=200)
@given(
    listed=st.integers(1, 10**9),
    net=st.integers(0, 10**9),
    markup=st.decimals("0.01", "100", places=4),
)
def test_our_price_follows_from_what_is_kept_to_the_cent(listed, net, markup):
    item = line_item(listPrice=Decimal(listed).scaleb(-4), netPrice=f"{Decimal(net).scaleb(-2):f}")
    product = normalize(item, "USD", NormalizationRules(prices=PriceRules(markup=markup)))
    assert product.list_price is not None
    cents, rest = divmod(int(product.list_price * 10_000) * int(markup * 10_000), 10**6)
    expected = Decimal(cents + (rest * 2 >= 10**6)).scaleb(-2)
    assert ours(product, PriceRules(markup=markup)).price == (expected or None)
