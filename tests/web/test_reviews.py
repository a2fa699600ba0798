"""Held changes over the API: listed, approved and refused, one or all that match."""

from __future__ import annotations

from uuid import uuid4

import pytest

pytestmark = pytest.mark.services


@pytest.fixture
def settings(store_settings):
    return store_settings


@pytest.fixture
def held(api, desk, part, published):
    """Three prices and one stock that wait; the id of the run that was held back."""
    sound = [part(f"HELD{n}=K3", "100.00", {"Dallas Central": 300}) for n in range(4)]
    published(*desk.stage(*sound))
    desk.stage(*(one.but(price="3.64") for one in sound[:3]), sound[3].but(stock={"Dallas Central": 90_000}))
    return published(*(one.sku for one in sound))


def listed(api, **params):
    return api.get("/api/reviews", params=params).json()


def decide(api, **body):
    return api.post("/api/reviews/decisions", json=body)


def test_what_waits_is_listed_with_old_new_and_cause(api, held):
    found = listed(api)
    assert [(one["sku"], one["field"], one["cause"], one["old"], one["new"]) for one in found["reviews"][::-1]] == [
        ("HELD0=K3", "price", "price_fell", "100.00", "3.64"),
        ("HELD1=K3", "price", "price_fell", "100.00", "3.64"),
        ("HELD2=K3", "price", "price_fell", "100.00", "3.64"),
        ("HELD3=K3", "stock", "stock_jumped", "300", "90000"),
    ]
    assert found["causes"] == [
        {"cause": "price_fell", "field": "price", "reviews": 3},
        {"cause": "stock_jumped", "field": "stock", "reviews": 1},
    ]
    assert {one["batch_id"] for one in found["reviews"]} == {held}
    first = listed(api, limit=3)
    assert len(listed(api, limit=3, before=first["next_before"])["reviews"]) == 1
    assert len(listed(api, field="stock")["reviews"]) == len(listed(api, sku_prefix="held3")["reviews"]) == 1
    assert listed(api, batch_id=str(uuid4()))["reviews"] == []


def test_one_is_approved_others_by_filter_and_each_is_decided_once(api, held, desk):
    first = listed(api)["reviews"][-1]
    answer = decide(api, decision="approve", ids=[first["id"]]).json()
    assert (answer["decided"], answer["remaining"]) == (1, 0)
    desk.to_the_end(desk.batch(answer["batch_id"]))
    assert desk.product("HELD0=K3")["price"] == "3.64"
    assert decide(api, decision="approve", ids=[first["id"]]).json()["decided"] == 0
    refused = decide(api, decision="refuse", cause="price_fell").json()
    assert (refused["decided"], refused["batch_id"]) == (2, None)
    assert [one["state"] for one in listed(api, state="refused")["reviews"]] == ["refused", "refused"]
    anyway = decide(api, decision="approve", batch_id=held).json()
    desk.to_the_end(desk.batch(anyway["batch_id"]))
    assert desk.product("HELD3=K3")["quantities"]["Dallas"] == 90_000
    assert listed(api)["reviews"] == []
    actions = [row["action"] for row in desk.rows("SELECT action FROM hub.audit_log WHERE action LIKE 'review.%%'")]
    assert sorted(actions) == ["review.approve", "review.approve", "review.refuse"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"decision": "approve"}, "no_filter"),
        ({"decision": "approve", "ids": []}, None),
        ({"decision": "approve", "ids": [2**63]}, None),
        ({"decision": "maybe", "all_open": True}, None),
        ({"decision": "approve", "cause": "whim"}, None),
        ({"decision": "refuse", "sku_prefix": "a\x00b"}, None),
    ],
)
def test_a_decision_that_names_nothing_or_nonsense_changes_nothing(api, held, body, code):
    answer = decide(api, **body)
    assert answer.status_code == 422
    assert code is None or answer.json()["code"] == code
    assert len(listed(api)["reviews"]) == 4


def test_who_may_only_read_decides_nothing(anonymous, make_key, held):
    anonymous.headers["Authorization"] = f"Bearer {make_key('read')}"
    assert anonymous.get("/api/reviews").status_code == 200
    assert decide(anonymous, decision="refuse", all_open=True).status_code == 403


def test_the_overview_and_the_metrics_count_what_waits(api, held):
    assert "hub_reviews_open 4.0" in api.get("/metrics").text
