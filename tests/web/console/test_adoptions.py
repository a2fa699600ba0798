"""The pages that link existing products: a plan is read, chosen from, approved by typing its number, and undone."""

from __future__ import annotations

import re

import pytest
from tests.support.patience import rounds
from tests.support.publishing import Part

pytestmark = pytest.mark.services


@pytest.fixture
def settings(store_settings):
    return store_settings


@pytest.fixture
def filled(desk, store):
    made = store.load({"products": [
        {"sku": "WF1000", "title": "<script>alert(1)</script>", "vendor": "BDI"},
        {"sku": "WF2000", "vendor": "BDI"}, {"sku": "WF2000", "vendor": "BDI"},
        {"sku": "WF3000", "vendor": "BDI"},
    ]})  # fmt: skip
    desk.stage(*(Part(f"WF{number}000=K3") for number in (1, 2, 3)), Part("WF3000=E5"))
    desk.hub.shop.storefront.facts()
    return [one["id"] for one in made["products"]]


def at_rest(desk):
    for _ in rounds(20):
        desk.do("UPDATE hub.store_snapshots SET not_before = now()")
        desk.do("UPDATE hub.store_jobs SET not_before = now()")
        desk.work(0.3)
        if not desk.rows("SELECT 1 FROM hub.store_jobs WHERE state = 'open'"):
            return
    raise AssertionError(desk.rows("SELECT * FROM hub.store_jobs"))


def test_a_store_is_linked_page_by_page(signed_in, desk, store, filled):
    person = signed_in("read", "publish")
    assert "link existing products" in person.read("/console/attention")
    assert "No plans yet" in person.read("/console/adoptions")
    address = person.send("/console/adoptions").headers["location"].partition("?")[0]
    assert "Your store is being read" in person.read(address)
    at_rest(desk)
    page = person.read(address)
    assert "Waiting for approval" in page
    assert "It waits for your decision" in person.read("/console/attention"), "as publish plans do"
    assert "1 waiting" in person.read("/console/attention")
    assert "A plan to link 4 products in your store" in person.read("/console")
    assert "Several of your parts have this number." in page
    assert "WF3000=E5" in page
    chosen = person.send(f"{address}/choose", choice="adopt", confidence="doubtful", rule="cut_sku", doubt="duplicate")
    assert "Saved" in person.follow(chosen)
    person.send(f"{address}/choose", choice="archive", confidence="doubtful", rule="cut_sku", doubt="duplicate")
    person.send(f"{address}/product", product=filled[3], choice="adopt", part="WF3000=K3")
    assert "Type 4 to confirm" in person.read(address)
    assert person.send(f"{address}/approve", typed="3").status_code == 409
    assert person.send(f"{address}/approve", typed="four").status_code == 422
    assert "being linked" in person.follow(person.send(f"{address}/approve", typed="4"))
    assert "It waits for your decision" not in person.read("/console/attention")
    assert "A plan to link" not in person.read("/console")
    at_rest(desk)
    assert re.search(r"Changed ?: 4", person.read(address))
    assert {each for one in store.products() for each in one["customIds"].values()} == {
        "WF1000=K3", "WF2000=K3", "WF3000=K3"
    }  # fmt: skip
    assert person.get(f"{address}/plan.csv").status_code == 200
    assert person.get(f"{address}/plan.xlsx").content[:2] == b"PK"
    person.send(f"{address}/undo")
    at_rest(desk)
    assert re.search(r"Undone ?: 4", person.read(address))
    assert "Undone" in person.read("/console/adoptions")


def test_who_may_only_read_sees_the_plan_and_no_buttons(signed_in, desk, filled):
    address = signed_in("read", "publish").send("/console/adoptions").headers["location"].partition("?")[0]
    at_rest(desk)
    reader = signed_in("read")
    page = reader.read(f"{address}?confidence=doubtful")
    assert "WF2000" in page
    assert "to confirm" not in page
    assert reader.send(f"{address}/approve", typed="1").status_code == 403
    assert reader.send("/console/adoptions").status_code == 403
    assert reader.get("/console/adoptions/00000000-0000-0000-0000-000000000000").status_code == 404
