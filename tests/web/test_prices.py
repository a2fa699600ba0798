"""Price lists over the API: drafts, previews, what is in force, and the way to the store by a plan."""

from __future__ import annotations

import csv
import json

import pytest
from tests.support.patience import until
from tests.support.publishing import Part

pytestmark = pytest.mark.services

HARDWARE = {"name": "Hardware", "prefixes": ["AN"], "markup": "2", "rounding": ".99"}
CHEAP = {"name": "Cheap", "parts": ["MS2=K3"], "markup": "0.5"}


@pytest.fixture
def settings(store_settings):
    return store_settings


@pytest.fixture
def admin(api):
    return api


@pytest.fixture
def staged(desk):
    """Three parts whose list prices are 100, 50 and 20."""
    desk.stage(
        Part("AN1=K3", "110.00", {"Dallas Central": 5}),
        Part("MS1=K3", "55.00", {"Dallas Central": 5}),
        Part("MS2=K3", "22.00", {"Dallas Central": 5}),
    )


def created(client, *rules, name="Spring"):
    answer = client.post("/api/prices/lists", json={"name": name, "rules": list(rules)})
    assert answer.status_code == 201, answer.text
    return answer.json()["version"]


def price(client, sku):
    found = client.get(f"/api/products/staging/{sku}").json()
    return found["price"], found["price_rule"]


def test_a_draft_changes_no_price_and_its_preview_says_what_would(admin, staged):
    version = created(admin, HARDWARE, CHEAP)
    assert price(admin, "AN1=K3") == ("110.00", None)
    found = admin.get(f"/api/prices/lists/{version}/preview").json()
    assert found["message"] == "2 prices change, median -54.6 %, 1 would be below cost."
    assert (found["parts"], found["up"], found["down"], found["in_store"]) == (3, 1, 1, 0)
    assert found["by_rule"] == {"1": 1, "2": 1, "last": 1}
    assert [(one["sku"], one["old"], one["new"], one["percent"], one["rule"]) for one in found["biggest"]] == [
        ("AN1=K3", "110.00", "200.99", "82.72", 1),
        ("MS2=K3", "22.00", "10.00", "-54.55", 2),
    ]
    assert sum(bar["parts"] for bar in found["histogram"]) == 2
    lines = [
        json.loads(one) for one in admin.get(f"/api/prices/lists/{version}/preview?progress=true").text.split()[:1]
    ]
    assert lines == [{"done": 3, "total": 3}]
    moves = admin.get(f"/api/prices/lists/{version}/moves").text.splitlines()
    assert list(csv.reader(moves[1:])) == [
        ["AN1=K3", "110.00", "200.99", "1.8272", "100.0000", "false", "1", "Hardware", "false"],
        ["MS2=K3", "22.00", "10.00", "0.4545", "20.0000", "true", "2", "Cheap", "false"],
    ]


def test_parts_with_a_manual_price_or_doubtful_data_are_not_moved_by_rules(admin, staged, desk):
    desk.stage(Part("AN2=K3", "110.00", columns={"status": "needs_review", "status_reason": "rows_disagree"}))
    admin.patch("/api/products/staging/AN1=K3", json={"price_override": "150"})
    version = created(admin, {"markup": "3"})
    found = admin.get(f"/api/prices/lists/{version}/preview").json()
    assert (found["parts"], found["changed"]) == (2, 2)


def test_activating_a_list_sets_every_price_and_plans_those_that_differ_in_the_store(admin, staged, published, desk):
    published("AN1=K3", "MS1=K3")
    version = created(admin, HARDWARE)
    assert admin.get(f"/api/prices/lists/{version}/preview").json()["in_store"] == 1
    done = admin.post(f"/api/prices/lists/{version}/activate").json()
    assert (done["version"], done["before"], done["plan_problem"]) == (version, None, None)
    assert price(admin, "AN1=K3") == ("200.99", 1)
    plan = admin.get(f"/api/plans/{done['plan_id']}").json()
    assert [one["sku"] for one in plan["update"]] == ["AN1=K3"]
    assert desk.product("AN1=K3")["price"] == "110.00"
    admin.post(f"/api/plans/{done['plan_id']}/approve")
    desk.to_the_end(desk.batch(done["plan_id"]))
    assert desk.product("AN1=K3")["price"] == "200.99"


def test_guards_hold_back_what_a_price_list_moves_too_far(admin, staged, published, desk):
    published("AN1=K3", "MS1=K3")
    done = admin.post(f"/api/prices/lists/{created(admin, {'markup': '9'})}/activate").json()
    assert admin.get(f"/api/plans/{done['plan_id']}").json()["update"] == []
    assert price(admin, "AN1=K3") == ("900.00", 1)
    assert [desk.product(sku)["price"] for sku in ("AN1=K3", "MS1=K3")] == ["110.00", "55.00"]


def test_going_back_is_one_step_and_a_list_that_was_active_is_never_edited(admin, staged):
    first, second = created(admin, HARDWARE), created(admin, CHEAP)
    for version in (first, second):
        assert admin.post(f"/api/prices/lists/{version}/activate", json={"plan": False}).status_code == 200
    assert price(admin, "AN1=K3") == ("110.00", None)
    assert admin.post("/api/prices/back", json={"plan": False}).json()["version"] == first
    assert price(admin, "AN1=K3") == ("200.99", 1)
    frozen = admin.put(f"/api/prices/lists/{first}", json={"rules": [CHEAP]})
    assert (frozen.status_code, frozen.json()["code"]) == (409, "price_list_frozen")
    assert admin.delete(f"/api/prices/lists/{second}").status_code == 409
    again = admin.post(f"/api/prices/lists/{first}/activate")
    assert (again.status_code, again.json()["code"]) == (409, "price_list_active")
    assert admin.post("/api/prices/lists/0/activate", json={"plan": False}).json()["version"] is None
    assert price(admin, "AN1=K3") == ("110.00", None)
    listed = admin.get("/api/prices/lists").json()
    assert listed["active_version"] is None
    assert [one["version"] for one in listed["activations"]] == [None, first, second, first]


def test_before_any_list_was_active_there_is_none_to_go_back_to(admin):
    answer = admin.post("/api/prices/back")
    assert (answer.status_code, answer.json()["code"]) == (409, "no_earlier_prices")


def test_every_process_uses_a_new_list_within_seconds(admin, staged, sandboxed, settings, hub, make_key):
    other = sandboxed(**settings)
    assert other.prices.version is None
    version = created(admin, HARDWARE)
    admin.post(f"/api/prices/lists/{version}/activate", json={"plan": False})
    until(lambda: other.prices.version == version, seconds=5)
    assert [rule.name for rule in other.prices.listed] == ["Hardware"]


def test_a_draft_is_edited_and_deleted(admin):
    version = created(admin, HARDWARE)
    text = '[[rule]]\nname = "Other"\nmargin = 20\n'
    edited = admin.put(f"/api/prices/lists/{version}", json={"name": "New", "text": text}).json()
    assert (edited["name"], [one["margin"] for one in edited["rules"]]) == ("New", ["20"])
    assert admin.delete(f"/api/prices/lists/{version}").status_code == 204
    assert admin.get(f"/api/prices/lists/{version}").status_code == 404
    actions = [
        row["action"]
        for row in admin.app.state.hub.database.run(
            lambda work: work.rows("SELECT action FROM hub.audit_log WHERE action LIKE 'prices.%%' ORDER BY id")
        )
    ]
    assert actions == ["prices.create", "prices.edit", "prices.delete"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"rules": [{"markup": "0"}]}, "Rule 1, markup: Give a number from 0.0001 to 100."),
        ({"text": "name,markup\nA,x", "format": "csv"}, "Rule 1, markup: Give a number"),
        ({}, "Send either rules or text."),
        ({"rules": [], "text": ""}, "Send either rules or text."),
    ],
)
def test_a_list_that_cannot_be_used_is_refused_with_rule_and_field(admin, body, said):
    answer = admin.post("/api/prices/lists", json=body)
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith(said)


def test_reading_needs_read_drafts_need_publish_and_activation_needs_admin(api, make_key):
    publisher, reader = ({"Authorization": f"Bearer {make_key(scope)}"} for scope in ("publish", "search"))
    body = {"rules": [HARDWARE]}
    version = api.post("/api/prices/lists", json=body, headers=publisher).json()["version"]
    for path in (f"lists/{version}/activate", "back"):
        assert api.post(f"/api/prices/{path}", headers=publisher).status_code == 403
    assert api.get(f"/api/prices/lists/{version}", headers=reader).status_code == 200
    assert api.post("/api/prices/lists", json=body, headers=reader).status_code == 403


@pytest.mark.parametrize(
    ("field", "sent", "kept"),
    [
        ("stock_from", 5, 5),
        ("stock_from", 5.0, 5),
        ("markup", 1.13, "1.13"),
        ("markup", "1.1300", "1.1300"),
        ("add", "-0.50", "-0.50"),
        ("margin", 99.99, "99.99"),
    ],
)
def test_a_number_is_read_as_it_is_described(admin, field, sent, kept):
    answer = admin.post("/api/prices/lists", json={"rules": [{field: sent}]})
    assert answer.json()["rules"][0][field] == kept


@pytest.mark.parametrize(
    ("field", "sent"),
    [
        *(("stock_from", sent) for sent in (5.5, "5", True, -1, 10**9 + 1, 1e300)),
        *(("markup", sent) for sent in ("", " 1.1", "1e0", "+1", "1_0", ".5", "1,5", "NaN", True, [])),
        ("margin", "20.005"),
        ("hazardous", "yes"),
        ("units", ["a\u200bb"]),
        ("name", "x" * 101),
    ],
)
def test_what_the_description_forbids_is_refused(admin, field, sent):
    assert admin.post("/api/prices/lists", json={"rules": [{field: sent}]}).status_code == 422
