"""A staged part is saved in Postgres and read back unchanged: the fields of the record are the only column list."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from boeing_data_hub.catalogue import movements, overrides, staging
from boeing_data_hub.catalogue.pricing import GUIDE_RULES
from boeing_data_hub.catalogue.screening import SENTENCES
from boeing_data_hub.catalogue.staged_part import (
    NO_OVERRIDE,
    CataloguePart,
    NormalizationRules,
    StagedPart,
    StockLocation,
)
from boeing_data_hub.catalogue.staging import Staged

pytestmark = pytest.mark.services

AT = datetime(2026, 11, 25, 12, tzinfo=UTC)
BARE = StagedPart(
    **{
        **dict.fromkeys(each.name for each in fields(StagedPart)),
        "sku": "A=K3", "title": "A", "status": "blocked", "locations": (),
    }
)  # fmt: skip

LEFT_OUT = "Left out because Boeing's value is unreadable: weight."

_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
_BY_TYPE = {
    "str": _TEXT,
    "str | None": st.none() | _TEXT,
    "Decimal | None": st.none() | st.decimals("0.0001", "99999999", places=4),
    "int | None": st.none() | st.integers(0, 2**31 - 1),
    "bool | None": st.none() | st.booleans(),
}
_PLACES = st.dictionaries(_TEXT.filter(bool), st.integers(0, 2**31 - 1), max_size=4)
PARTS = st.fixed_dictionaries(
    {each.name: _BY_TYPE[str(each.type)] for each in fields(StagedPart) if str(each.type) in _BY_TYPE}
)


def kept(database, part, *, at=AT):
    database.run(lambda work: staging.upsert(work, [Staged(part, 7, at)], GUIDE_RULES))
    found = database.run(lambda work: staging.get(work, part.sku))
    assert found is not None
    return found


def as_it_was(part):
    return {each.name: getattr(part, each.name) for each in fields(StagedPart) if each.name != "locations"}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=PARTS, places=_PLACES, status=st.sampled_from(["fetched", "blocked", "needs_review"]))
def test_any_part_comes_back_as_it_went_in(database, values, places, status):
    shelves = tuple(StockLocation(name, pieces) for name, pieces in places.items())
    part = StagedPart(**{**values, "sku": "A=K3", "status": status}, locations=shelves)
    found = kept(database, part)
    assert as_it_was(found) == as_it_was(part)
    assert set(found.locations) == set(shelves)
    assert (found.raw_id, found.fetched_at, found.override) == (7, AT, NO_OVERRIDE)


def test_every_column_of_the_table_is_a_field_but_those_for_searches_and_for_old_readers(database):
    columns = database.run(
        lambda work: work.rows(
            "SELECT column_name FROM information_schema.columns"
            " WHERE table_schema = 'hub' AND table_name = 'product_staging'"
        )
    )
    assert {row["column_name"] for row in columns} - {"search_key", "price", "cost_per_item"} == {
        each.name for each in fields(CataloguePart)
    } - {"locations", "override", "absent_days", "price_days", "stock_days"}


def test_readers_of_the_release_before_find_the_price_where_they_look_for_it(database):
    kept(database, replace(BARE, list_price=Decimal("430.0100")))
    row = database.run(lambda work: work.row("SELECT price, cost_per_item FROM hub.product_staging"))
    assert row == {"price": Decimal("473.01"), "cost_per_item": Decimal("430.0100")}


def test_a_part_comes_with_what_a_person_has_set_of_it(database):
    kept(database, BARE)
    set_by_hand = {"price_override": Decimal("12.50"), "expiration_date": date(2027, 1, 31), "notes": "dented"}
    database.run(lambda work: overrides.save(work, "A=K3", set_by_hand, actor="me"))
    part = database.run(lambda work: staging.get(work, "A=K3"))
    found = database.run(lambda work: overrides.get(work, "A=K3"))
    assert part.override == found
    assert {name: getattr(found, name) for name in set_by_hand} == set_by_hand
    assert (found.excluded, found.updated_by, found.trace) == (False, "me", None)


def test_a_changed_rule_changes_the_status_of_what_is_staged(database):
    """One part is for sale by every rule, one by today's alone, one is in doubt whatever the rules are."""
    euros = replace(BARE, list_price=Decimal("1.00"), currency="EUR", inventory_quantity=3)
    dollars = replace(euros, currency="USD", status="fetched")
    for part in (
        replace(euros, sku="A", status_reason="currency_differs", status_detail="Not your currency."),
        replace(dollars, sku="B"),
        replace(dollars, sku="C"),
        replace(dollars, sku="D", status="needs_review", status_reason="price_negative", status_detail="Negative."),
        replace(dollars, sku="E", list_price=None, status_detail=LEFT_OUT),
    ):
        kept(database, part)
    database.run(lambda work: work.do("UPDATE hub.product_staging SET status = 'published' WHERE sku = 'C'"))

    def screened(rules):
        after = ""
        while after is not None:
            after = database.run(lambda work, after=after: staging.screen_again(work, rules, after=after, most=2))
        parts = database.run(lambda work: staging.page(work, limit=10))
        return {part.sku: (part.status, part.status_reason) for part in parts}, parts[-1].status_detail

    assert screened(NormalizationRules()) == (
        {
            "A": ("blocked", "currency_differs"),
            "B": ("fetched", None),
            "C": ("published", None),
            "D": ("needs_review", "price_negative"),
            "E": ("blocked", "no_price"),
        },
        f"{SENTENCES['no_price']} {LEFT_OUT}",
    )
    statuses, _ = screened(NormalizationRules(currency="EUR"))
    assert statuses == {
        "A": ("fetched", None),
        "B": ("blocked", "currency_differs"),
        "C": ("blocked", "currency_differs"),
        "D": ("needs_review", "price_negative"),
        "E": ("blocked", "currency_differs"),
    }


def test_an_older_answer_changes_nothing(database):
    newer = kept(database, replace(BARE, boeing_name="NEW"))
    assert kept(database, replace(BARE, boeing_name="OLD"), at=datetime(2026, 11, 24, tzinfo=UTC)) == newer


def test_prices_and_stock_that_differ_from_those_before_are_kept(database):
    here = (StockLocation("Dallas Central", 3),)
    part = replace(BARE, list_price=Decimal("10.00"), inventory_quantity=3, locations=here)
    answers = [
        part,
        replace(part, boeing_name="Same price, same stock"),
        replace(part, net_price=Decimal("8.00")),
        replace(part, net_price=Decimal("8.0000"), locations=(StockLocation("Miami, FL", 3),)),
        replace(BARE, inventory_quantity=0),
    ]
    for hours, one in enumerate(answers):
        kept(database, one, at=AT + timedelta(hours=hours))
    kept(database, replace(part, list_price=Decimal("99.00")), at=AT - timedelta(days=1))  # older: changes nothing
    kept(database, replace(BARE, inventory_quantity=1), at=AT + timedelta(hours=4))  # the same answer, read otherwise
    prices = database.run(lambda work: movements.prices(work, "A=K3", limit=10))
    assert [((one.fetched_at - AT).seconds // 3600, one.list_price, one.net_price) for one in prices] == [
        (4, None, None),
        (2, Decimal("10.0000"), Decimal("8.0000")),
        (0, Decimal("10.0000"), None),
    ]
    stocks = database.run(lambda work: movements.stocks(work, "A=K3", limit=10))
    assert [((one.fetched_at - AT).seconds // 3600, one.quantity, one.locations) for one in stocks] == [
        (4, 1, {}),
        (3, 3, {"Miami, FL": 3}),
        (0, 3, {"Dallas Central": 3}),
    ]
