"""Several open runs are chosen by a filter, counted, and cancelled after their number was typed."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.services


@pytest.fixture
def start(api):
    def make(*parts, **more):
        return api.post("/api/bulk-search", json={"part_numbers": list(parts), **more}).json()["batch_id"]

    return make


def open_ones(api):
    found = api.get("/api/batches", params={"limit": 50}).json()["batches"]
    return {one["id"] for one in found if one["status"] == "processing"}


def test_runs_of_a_list_are_shown_counted_and_cancelled(operator, start, api):
    start("A-1", name="Spring.csv")
    start("A-2", name="Spring.csv")
    other = start("A-3", name="Autumn.csv")
    told = operator.read("/console/runs/cancel?source=Spring.csv")
    assert "Type 2 to confirm" in told
    assert "Cancel 2 runs" in told
    told = operator.follow(operator.send("/console/runs/cancel", source="Spring.csv", typed="2"))
    assert "Runs cancelled. Parts already done are kept." in told
    assert open_ones(api) == {other}


def test_nothing_is_cancelled_without_the_right_number(operator, start, api):
    started = {start("A-1"), start("A-2")}
    for typed, status in (("", 422), ("all", 422), ("1", 409), ("3", 409)):
        answer = operator.send("/console/runs/cancel", typed=typed)
        assert answer.status_code == status, typed
        assert "Nothing was cancelled" in answer.text
    assert open_ones(api) == started


def test_runs_of_which_a_part_is_done_are_spared_where_only_queued_ones_are_meant(
    operator, start, api, finished, hub, boeing
):
    finished("A-1=K3")
    started = start("A-1=K3", "A-2=K3")  # the first has a fresh answer
    queued = start("A-3=K3")
    assert "Type 2 to confirm" in operator.read("/console/runs/cancel")
    assert "Type 1 to confirm" in operator.read("/console/runs/cancel?queued=true")
    operator.send("/console/runs/cancel", queued="true", typed="1")
    assert open_ones(api) == {started}
    done = api.post("/api/batches/cancel", json={"batch_type": "search", "queued": True}).json()
    assert queued not in done["batch_ids"]
    assert done["batch_ids"] == []


def test_publish_runs_need_the_scope_to_publish(operator, viewer):
    assert operator.send("/console/runs/cancel", kind="publish", typed="0").status_code == 403
    assert "Cancel several runs" not in viewer.read("/console/runs")


def test_a_plan_waits_for_approval_and_is_not_running(admin, start, hub):
    plan = start("PLAN-1")
    hub.database.run(lambda work: work.do("UPDATE hub.batches SET status = 'pending' WHERE id = %s", [plan]))
    assert "PLAN-1" in admin.read("/console/runs?outcome=waiting")
    assert "PLAN-1" not in admin.read("/console/runs?outcome=running")
