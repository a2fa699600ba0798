"""Price lists are written rule by rule, in a form that works without JavaScript."""

from __future__ import annotations

import html
import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boeing_data_hub.catalogue import price_files
from boeing_data_hub.catalogue.price_rules import PriceRule
from boeing_data_hub.web.console import price_form
from boeing_data_hub.web.console.price_form import EMPTY, FIELDS, MOST_ROWS

services = pytest.mark.services

_amounts = st.decimals(0, 1000, places=2)
_names = st.text("ABCDEF0123456789-=/", min_size=1, max_size=12)
_rules = st.builds(
    PriceRule,
    name=st.text("abc XYZ", max_size=20).map(lambda text: text.strip() or "Rule"),
    prefixes=st.lists(_names, unique=True, max_size=4).map(tuple),
    parts=st.frozensets(_names, max_size=4),
    suppliers=st.frozensets(st.just("BOEING DISTRIBUTION, INC.") | _names, max_size=3),
    locations=st.frozensets(_names, max_size=2),
    cost_from=st.none() | _amounts,
    stock_from=st.none() | st.integers(0, 1000),
    hazardous=st.none() | st.booleans(),
    basis=st.sampled_from(["list_then_net", "net_then_list", "list", "net"]),
    markup=st.none() | st.decimals("0.5", 3, places=4),
    add=st.decimals(-10, 10, places=2),
    rounding=st.sampled_from(["none", ".99", ".95", "whole"]),
)


def sent(rows):
    """The form as a browser sends it: the values of each field in the order of the rules."""
    return {one.name: [row[one.name].replace("\n", "\r\n") for row in rows] for one in FIELDS}


@given(st.lists(_rules, max_size=4))
def test_rules_that_are_shown_in_the_form_and_sent_again_are_the_same(rules):
    rows = price_form.rows_of(rules)
    assert price_files.rules_of(price_form.entries(price_form.rows_in(sent(rows)))) == tuple(rules)


def test_the_form_has_a_field_for_everything_that_a_rule_can_say():
    assert {one.name for one in FIELDS} == set(price_files.FIELDS)


@pytest.mark.parametrize(
    ("do", "names"),
    [
        ("add", ["a", "b", "c", ""]),
        ("up-3", ["a", "c", "b"]),
        ("up-1", ["a", "b", "c"]),
        ("down-1", ["b", "a", "c"]),
        ("down-3", ["a", "b", "c"]),
        ("copy-2", ["a", "b", "b", "c"]),
        ("remove-2", ["a", "c"]),
        ("remove-9", ["a", "b", "c"]),
        ("remove-0", ["a", "b", "c"]),
        ("up", ["a", "b", "c"]),
    ],
)
def test_a_button_changes_the_order_of_the_rules_and_nothing_else(do, names):
    rows = [{**EMPTY, "name": name, "markup": f"1.{place}"} for place, name in enumerate("abc")]
    after = price_form.changed(rows, do)
    assert [row["name"] for row in after] == names
    assert all(row in rows or row == EMPTY for row in after)


def test_no_button_makes_the_form_longer_than_a_browser_may_send():
    rows = [EMPTY] * MOST_ROWS
    assert len(price_form.changed(rows, "add")) == MOST_ROWS
    assert len(price_form.changed(rows, "copy-1")) == MOST_ROWS
    assert not price_form.fits([PriceRule(name="x")] * (MOST_ROWS + 1))
    assert price_form.changed(rows, "save") is None
    assert price_form.changed(rows, "up-1; DROP TABLE") is None


@pytest.fixture
def person(signed_in):
    return signed_in("admin")


def fields(page):
    """What stands in the page's fields, ready to be sent again."""
    found = {"complete": ["yes"]}
    for name, value in re.findall(r'<input id="[^"]+" name="(\w+)" value="([^"]*)"', page):
        found.setdefault(name, []).append(html.unescape(value))
    for name, value in re.findall(r'<textarea id="[^"]+" name="(\w+)"[^>]*>\n(.*?)</textarea>', page, re.DOTALL):
        found.setdefault(name, []).append(html.unescape(value))
    for name, options in re.findall(r'<select id="[^"]+" name="(\w+)"[^>]*>(.*?)</select>', page):
        chosen = re.search(r'value="([^"]*)" selected', options) or re.search(r'value="([^"]*)"', options)
        found.setdefault(name, []).append(chosen[1])
    return found


@services
def test_a_list_is_written_rule_by_rule_and_opened_again_as_it_was_saved(person):
    page = person.get("/console/prices/new").text
    assert "Rule 1" in page
    form = fields(page)
    form.update(list_name="Spring", name=["Hardware"], prefixes=["AN\r\nMS"], markup=["1.35"], rounding=[".99"])
    two = person.send("/console/prices/rows", **form, do="add").text
    assert "Rule 2" in two
    form = fields(two)
    assert form["prefixes"][0].split() == ["AN", "MS"]
    form["name"][1], form["margin"][1], form["hazardous"][1] = "Hazardous", "30", "yes"
    saved = person.send("/console/prices/rows", **form, do="save").headers["location"].partition("?")[0]
    again = fields(person.get(f"{saved}/edit").text)
    assert again["name"] == ["Hardware", "Hazardous"]
    assert again["margin"] == ["", "30"]
    assert again["list_name"] == ["Spring"]
    moved = fields(person.send(f"{saved}/rows", **again, do="up-2").text)
    assert moved["name"] == ["Hazardous", "Hardware"]
    assert person.send(f"{saved}/rows", **moved, do="save").status_code == 303
    assert fields(person.get(f"{saved}/edit").text)["name"] == ["Hazardous", "Hardware"]
    assert 'prefixes = ["AN", "MS"]' in html.unescape(person.get(f"{saved}/edit?as=text").text)


@services
def test_what_is_wrong_is_shown_beside_its_field_and_everything_typed_is_kept(person):
    form = fields(person.get("/console/prices/new").text)
    form.update(list_name="Draft", name=["<b>Mine"], markup=["a lot"], cost_from=["10"], cost_below=["5"])
    answer = person.send("/console/prices/rows", **form, do="save")
    assert answer.status_code == 422
    assert "The list was not saved" in answer.text
    assert re.search(r'id="markup-1-wrong"[^>]*>Give a number such as 12.50', answer.text)
    assert 'aria-invalid="true"' in answer.text
    kept = fields(answer.text)
    assert (kept["name"], kept["markup"], kept["cost_below"]) == (["<b>Mine"], ["a lot"], ["5"])
    assert "<b>Mine" not in answer.text
    assert person.read("/console/prices").count("Draft") == 0


@services
def test_a_list_too_long_for_the_form_is_edited_as_text(person):
    text = "".join(f'[[rule]]\nname = "R{n}"\nmarkup = 1.{n:02}\n' for n in range(1, MOST_ROWS + 2))
    saved = person.send("/console/prices", text=text, name="Long", complete="yes").headers["location"].partition("?")[0]
    assert "[[rule]]" in person.read(f"{saved}/edit")
    assert Decimal("1.41") == price_files.read(text, "toml")[40].markup


@services
@pytest.mark.parametrize("way", ["edit", "rows"])
def test_a_form_that_was_cut_off_keeps_the_rules_of_the_draft(person, hub, way):
    form = fields(person.get("/console/prices/new").text)
    form.update(list_name="Spring", name=["Hardware"], markup=["1.35"])
    saved = person.send("/console/prices/rows", **form, do="save").headers["location"].partition("?")[0]
    before = hub.database.run(lambda work: work.rows("SELECT * FROM hub.price_rules"))
    assert before
    cut = person.send(f"{saved}/{way}", name="Cut", do="save")
    assert cut.status_code == 422
    assert "Nothing was saved" in cut.text
    assert hub.database.run(lambda work: work.rows("SELECT * FROM hub.price_rules")) == before
