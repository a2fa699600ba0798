"""The page of held changes: read, decide one, decide all that match after typing their number."""

from __future__ import annotations

import html
import re

import pytest
from tests.support.publishing import Part

pytestmark = pytest.mark.services


@pytest.fixture
def settings(store_settings):
    return store_settings


@pytest.fixture
def held(desk, published):
    sound = [Part(f"PAGE{n}=K3", "100.00", {"Dallas Central": 300}) for n in range(3)]
    published(*desk.stage(*sound))
    desk.stage(*(one.but(price="3.64") for one in sound[:2]), sound[2].but(stock={"Dallas Central": 90_000}))
    return published(*(one.sku for one in sound))


def test_held_changes_are_shown_and_decided_one_by_one_or_all_together(signed_in, held, desk):
    person = signed_in("read", "publish")
    assert "Held changes" in person.read("/console/attention")
    page = person.read("/console/reviews")
    assert page.count("Price fell sharply") >= 2
    assert "90,000" in page
    assert "No changes are waiting" in person.read("/console/reviews?cause=price_rose")
    first = desk.rows("SELECT id FROM hub.reviews WHERE sku = 'PAGE0=K3'")[0]["id"]
    assert "Refused" in person.follow(person.send("/console/reviews/decide", review=str(first), decision="refuse"))
    wrong = person.send("/console/reviews/decide", decision="approve", run=held, typed="3")
    assert wrong.status_code == 422
    run = person.send("/console/reviews/decide", decision="approve", run=held, typed="2").headers["location"]
    assert run.startswith("/console/runs/")
    desk.to_the_end(desk.batch(run.rsplit("/", 1)[1].partition("?")[0]))
    assert (desk.product("PAGE0=K3")["price"], desk.product("PAGE1=K3")["price"]) == ("100.00", "3.64")
    assert desk.product("PAGE2=K3")["quantities"]["Dallas"] == 90_000
    assert "No changes are waiting for review" in person.read("/console/reviews")
    assert "PAGE0=K3" in person.read("/console/reviews?state=refused")


def test_who_may_only_read_sees_no_buttons(signed_in, held):
    reader = signed_in("read")
    page = reader.read("/console/reviews")
    assert "PAGE0=K3" in page
    assert "Approve" not in page.replace("Approved", "")
    assert reader.send("/console/reviews/decide", review="1", decision="approve").status_code == 403


def test_each_held_value_shows_its_history(signed_in, held):
    person = signed_in("read")
    pictures = re.findall(
        r'<img src="(/console/part/[^"]+/chart/(price|stock)\.svg[^"]+)"', person.get("/console/reviews").text
    )
    assert sorted(kind for _, kind in pictures) == ["price", "price", "stock"]
    for address, _ in pictures:
        assert "</svg>" in person.get(html.unescape(address)).text
