"""Adopting a store by the API: a plan, its products and its file, choices, approval, and undoing it."""

from __future__ import annotations

import csv
import io
from uuid import uuid4

import pytest
from tests.support.patience import rounds
from tests.support.publishing import Part

pytestmark = pytest.mark.services

PATH = "/api/store/adoptions"


@pytest.fixture
def settings(store_settings):
    return store_settings


@pytest.fixture
def plan(api, desk, store):
    """The plan of a store with a cut, a doubled, an ambiguous and a foreign product."""
    store.load({"products": [
        {"sku": "WF1000", "title": "=HYPERLINK(1)", "vendor": "BDI"},
        {"sku": "WF2000", "vendor": "BDI"}, {"sku": "WF2000=K3", "vendor": ""},
        {"sku": "WF3000", "vendor": "BDI"},
        {"sku": "SAT-1", "title": "Fits WF4000", "vendor": "Satair"},
        {"sku": "TOOL", "title": "Wrench"},
    ]})  # fmt: skip
    desk.stage(*(Part(f"WF{number}000=K3") for number in (1, 2, 3, 4)), Part("WF3000=E5"))
    desk.hub.shop.storefront.facts()
    return settled(api, desk, api.post(PATH))


def settled(api, desk, answer):
    assert answer.status_code == 202, answer.text
    for _ in rounds(30):
        desk.do("UPDATE hub.store_snapshots SET not_before = now()")
        desk.do("UPDATE hub.store_jobs SET not_before = now()")
        desk.work(0.3)
        found = api.get(f"{PATH}/{answer.json()['id']}").json()
        if found["state"] not in {"planning", "adopting", "undoing"}:
            return found
    raise AssertionError(found)


def test_a_plan_shows_its_groups_with_examples_and_its_products(api, plan):
    assert (plan["state"], plan["products"], plan["parts"], plan["chosen"]) == ("waiting", 6, 5, 1)
    groups = {(one["confidence"], one["rule"], one["doubt"]): one for one in plan["groups"]}
    assert set(groups) == {
        ("certain", "cut_sku", None), ("doubtful", "cut_sku", "duplicate"), ("doubtful", "sku", "duplicate"),
        ("doubtful", "cut_sku", "several_parts"), ("doubtful", "title", "other_vendor"), ("unmatched", None, "no_part"),
    }  # fmt: skip
    certain = groups["certain", "cut_sku", None]
    assert (certain["offered"], certain["adopt"], certain["examples"][0]["part"]) == (1, 1, "WF1000=K3")
    assert "without the suffix" in certain["reason"]
    told = api.get(f"{PATH}/{plan['id']}/products", params={"doubt": "duplicate"}).json()["products"]
    assert [(one["part"], one["keep"]) for one in told] == [("WF2000=K3", True), ("WF2000=K3", False)]
    first = api.get(f"{PATH}/{plan['id']}/products", params={"limit": 4}).json()
    rest = api.get(f"{PATH}/{plan['id']}/products", params={"limit": 4, "after": first["next_after"]}).json()
    assert len({one["product_id"] for one in (*first["products"], *rest["products"])}) == 6
    assert rest["next_after"] is None
    assert [one["id"] for one in api.get(PATH).json()["adoptions"]] == [plan["id"]]


def test_the_file_has_every_product_and_no_formula(api, plan):
    answer = api.get(f"{PATH}/{plan['id']}/export")
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert len(rows) == 6
    first = next(row for row in rows if row["part_number"] == "WF1000=K3")
    assert (first["confidence"], first["rule"], first["choice"]) == ("certain", "cut_sku", "adopt")
    assert first["title"] == "'=HYPERLINK(1)"
    assert api.get(f"{PATH}/{plan['id']}/export", params={"format": "xlsx"}).content[:2] == b"PK"


def test_choices_approval_and_undo(api, desk, store, plan):
    path = f"{PATH}/{plan['id']}"

    def choose(**body):
        return api.post(f"{path}/choices", json=body)

    assert choose(choice="adopt", doubt="duplicate").json()["products"] == 1
    assert choose(choice="archive").json()["products"] == 1
    ambiguous = next(one for one in store.products() if one["sku"] == "WF3000")["id"]
    refused = choose(choice="adopt", product_id=ambiguous)
    assert (refused.status_code, refused.json()["code"]) == (422, "not_a_candidate")
    taken = choose(choice="adopt", product_id=ambiguous, part="WF3000=E5").json()
    assert (taken["product"]["part"], taken["product"]["choice"]) == ("WF3000=E5", "adopt")
    wrong = api.post(f"{path}/approve", json={"expected": 1})
    assert (wrong.status_code, wrong.json()["code"]) == (409, "adoption_changed")
    done = settled(api, desk, api.post(f"{path}/approve", json={"expected": 4}))
    assert (done["state"], done["states"], done["chosen"]) == ("adopted", {"done": 4}, 0)
    assert choose(choice="leave").json()["code"] == "adoption_state"
    assert api.delete(path).json()["code"] == "job_ended"
    ours = {one["sku"]: list(one["customIds"].values()) for one in store.products() if one["customIds"]}
    assert ours == {"WF1000": ["WF1000=K3"], "WF2000": ["WF2000=K3"], "WF3000": ["WF3000=E5"]}
    undone = settled(api, desk, api.post(f"{path}/undo"))
    assert (undone["state"], undone["states"]) == ("undone", {"undone": 4})
    assert not any(one["customIds"] for one in store.products())
    assert api.post(f"{path}/undo").json()["code"] == "nothing_to_undo"


def test_what_is_not_there_is_said_and_who_may_only_read_starts_nothing(api, make_key, plan):
    for method, path in (("GET", ""), ("GET", "/products"), ("GET", "/export"), ("DELETE", ""), ("POST", "/undo")):
        assert api.request(method, f"{PATH}/{uuid4()}{path}").json()["code"] == "adoption_not_found"
    api.headers["Authorization"] = f"Bearer {make_key('read')}"
    assert api.get(f"{PATH}/{plan['id']}").status_code == 200
    assert api.post(PATH).status_code == 403
    assert api.post(f"{PATH}/{plan['id']}/approve", json={"expected": 1}).status_code == 403


def test_without_a_store_no_plan_is_made(api):
    answer = api.post(PATH)
    assert (answer.status_code, answer.json()["code"]) == (409, "no_store")
