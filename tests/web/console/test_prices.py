"""Price lists on the console: written, previewed, activated; and a part's page says which rule made its price."""

from __future__ import annotations

import pytest
from tests.support.patience import until
from tests.support.publishing import Part

pytestmark = pytest.mark.services

RULES = '[[rule]]\nname = "Hardware"\nprefixes = ["AN"]\nmarkup = 1.2\nrounding = ".99"\n'


@pytest.fixture
def settings(store_settings):
    return store_settings


@pytest.fixture
def staged(desk):
    columns = {"estimated_lead_time_days": 3}
    desk.stage(
        Part("AN1=K3", "110.00", {"Dallas Central": 5}, columns),
        Part("MS1=K3", "55.00", {"Dallas Central": 5}, columns),
    )


@pytest.fixture
def person(signed_in):
    return signed_in("admin")


def saved(person, text=RULES):
    answer = person.send("/console/prices", text=text, name="Spring", complete="yes")
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].partition("?")[0]


def test_a_list_is_written_previewed_and_put_into_force_by_a_plan(person, staged, published):
    published("AN1=K3", "MS1=K3")
    assert "No price lists yet" in person.read("/console/prices")
    address = saved(person)
    page = person.read(address)
    assert "Hardware" in page
    assert "Draft: not used yet" in page
    person.send(f"{address}/preview")
    until(lambda: "1 price changes, median +10.0 %, 0 would be below cost." in person.read(address), seconds=10)
    page = person.read(address)
    assert "120.99" in page
    picture = person.get(f"{address}/histogram.svg")
    assert picture.headers["content-type"] == "image/svg+xml"
    assert len(picture.content) < 100_000
    assert person.send(f"{address}/activate").status_code == 422
    plan = person.send(f"{address}/activate", sure="yes").headers["location"]
    assert plan.startswith("/console/plans/")
    assert "120.99" in person.read(plan)
    assert "Active" in person.read("/console/prices")


def test_a_parts_page_says_which_rule_made_its_price_and_how(person, staged):
    assert "The default rule" in person.read("/console/part/AN1=K3")
    person.send(f"{saved(person)}/activate", sure="yes")
    page = person.read("/console/part/AN1=K3")
    assert "Rule 1, \N{LEFT DOUBLE QUOTATION MARK}Hardware\N{RIGHT DOUBLE QUOTATION MARK}, of price list 1" in page
    assert "rounded to 120.99" in page
    assert "The default rule" in person.read("/console/part/MS1=K3")


def test_what_is_wrong_is_shown_beside_the_text_which_is_kept(person):
    wrong = RULES.replace("1.2", "-1")
    answer = person.send("/console/prices", text=wrong, name="Spring", complete="yes")
    assert answer.status_code == 422
    assert "Give a number from 0.0001 to 100." in answer.text
    assert "markup = -1" in answer.text
    assert 'value="Spring"' in answer.text


def test_going_back_is_one_step(person, staged):
    person.send(f"{saved(person)}/activate", sure="yes")
    assert "120.99" in person.read("/console/part/AN1=K3")
    assert person.send("/console/prices/back").status_code == 303
    assert "settings only" in person.read("/console/prices")
    assert "120.99" not in person.read("/console/part/AN1=K3")


def test_who_may_only_publish_writes_lists_but_puts_none_into_force(signed_in, staged):
    publisher = signed_in("publish")
    address = saved(publisher)
    assert publisher.send(f"{address}/activate", sure="yes").status_code == 403
    assert publisher.send("/console/prices/back").status_code == 403
    reader = signed_in("read")
    assert "Hardware" in reader.read(address)
    assert reader.send("/console/prices", text=RULES).status_code == 403
