"""Pauses by hand over the API and the console, and what waiting runs say of them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from boeing_data_hub.clock import now
from boeing_data_hub.health.freezing import freeze
from boeing_data_hub.values.freezes import Freeze
from boeing_data_hub.work import manual_pauses

pytestmark = pytest.mark.services


@pytest.fixture
def admin(api):
    return api


def test_a_waiting_run_says_who_paused_until_when_and_why(admin, hub):
    end = now() + timedelta(days=2)
    made = admin.put("/api/pauses/boeing", json={"until": end.isoformat(), "reason": "stocktake"})
    assert made.status_code == 200, made.text
    run = admin.post("/api/bulk-search", json={"part_numbers": ["AN1"]}).json()["batch_id"]
    situation = hub.database.run(hub.live.situation)
    wait = situation.boeing_wait()
    assert wait.code == "paused_by_hand"
    assert wait.message == f"Boeing: Paused by test until {end:%Y-%m-%d %H:%M} UTC: stocktake. Nothing is lost."
    assert admin.get(f"/api/batches/{run}").json()["eta_seconds"] is None
    (listed,) = admin.get("/api/pauses").json()["pauses"]
    assert (listed["what"], listed["author"], listed["reason"]) == ("boeing", "test", "stocktake")
    assert admin.delete("/api/pauses/boeing").json()["resumed"] is True
    assert admin.delete("/api/pauses/boeing").json()["resumed"] is False
    actions = hub.database.run(
        lambda work: work.rows("SELECT action FROM hub.audit_log WHERE action LIKE 'work.%%' ORDER BY id")
    )
    assert [row["action"] for row in actions] == ["work.pause", "work.resume"]


def test_a_pause_in_the_past_or_of_something_else_is_refused(admin):
    assert admin.put("/api/pauses/boeing", json={"until": "2020-01-01T00:00:00Z"}).json()["code"] == "pause_ended"
    assert admin.put("/api/pauses/everything", json={}).status_code == 422
    assert admin.put("/api/pauses/boeing", json={"until": "2030-01-01T00:00:00"}).status_code == 422


@pytest.mark.parametrize("until", ["9999-12-31T23:59:59.999999-14:00", "9999-12-31T23:59:59Z", "2150-01-01T00:00:00Z"])
def test_a_pause_of_more_than_a_year_is_refused(admin, until):
    answer = admin.put("/api/pauses/boeing", json={"until": until})
    assert (answer.status_code, answer.json()["code"]) == (422, "pause_too_long")
    assert admin.get("/api/pauses").json() == {"pauses": []}


def test_only_an_administrator_pauses(api, make_key):
    publisher = {"Authorization": f"Bearer {make_key('publish')}"}
    assert api.put("/api/pauses/boeing", json={}, headers=publisher).status_code == 403
    assert api.delete("/api/pauses/boeing", headers=publisher).status_code == 403
    assert api.get("/api/pauses", headers=publisher).json() == {"pauses": []}


def test_the_calendar_pauses_until_its_end_and_a_person_may_end_that(hub):
    chore = freeze([Freeze(0, 0, "publishing")], now().tzinfo)  # all week
    first = hub.database.run(lambda work: chore.do(work, None))
    (held,) = hub.live.database.run(hub.live.situation).by_hand.values()
    assert (held.what, held.author, held.reason) == ("publishing", "the calendar", "HUB_FREEZE")
    assert held.until is not None

    hub.database.run(lambda work: manual_pauses.resume(work, "publishing", actor="key:1"))
    hub.database.run(lambda work: chore.do(work, first.cursor))
    assert hub.database.run(manual_pauses.in_force) == {}
