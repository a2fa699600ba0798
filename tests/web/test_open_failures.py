"""Open failures: a part appears when it fails, in whatever run, and disappears when it succeeds."""

from __future__ import annotations

import csv
import io

import pytest

from boeing_data_hub.work import open_failures
from boeing_data_hub.work.open_failures import FailureFilter

pytestmark = pytest.mark.services

FAILURES = "/api/failures"


@pytest.fixture
def listed(api):
    """The open failures by part number; parameters of the query as keyword arguments."""

    def get(**given):
        answer = api.get(FAILURES, params=given)
        assert answer.status_code == 200, answer.text
        return {one["part_number"]: one for one in answer.json()["failures"]}

    return get


@pytest.fixture
def unknown(boeing):
    """Boeing does not know these parts."""

    def make(*parts, really=True):
        for part in parts:
            boeing.set_part(part, unknown=really, listPrice=10.0, quantity=5)

    return make


def act(api, what, **body):
    answer = api.post(f"{FAILURES}/{what}", json=body)
    assert answer.status_code in {200, 202}, answer.text
    return answer.json()


def test_a_part_is_listed_while_its_latest_result_is_a_failure(api, finished, listed, unknown, stages):
    unknown("F-1=K3", "F-2=K3")
    unknown("OK-1=K3", really=False)
    run = finished("F-1=K3", "F-2=K3", "OK-1=K3")
    assert set(listed()) == {"F-1=K3", "F-2=K3"}
    one = listed()["F-1=K3"]
    assert (one["kind"], one["error_code"], one["batch_id"], one["is_waiting"]) == ("search", "not_found", run, False)
    assert one["list"] == "F-1=K3 and 2 more"
    again = finished("F-1=K3", force_refresh=True)
    assert (listed()["F-1=K3"]["batch_id"], listed()["F-1=K3"]["since"]) == (again, one["since"])
    assert len(listed()) == 2
    unknown("F-1=K3", really=False)
    finished("F-1=K3", force_refresh=True)
    assert set(listed()) == {"F-2=K3"}


def test_those_that_match_are_retried_in_one_run_once(api, finished, listed, unknown, stages):
    unknown("F-1=K3", "F-2=K3", "F-3=K3")
    finished("F-1=K3")
    second = finished("F-2=K3", "F-3=K3")
    unknown("F-2=K3", "F-3=K3", really=False)
    done = act(api, "retry", kind="search", batch_id=second)
    assert (done["parts"], done["remaining"]) == (2, 0)
    assert listed()["F-2=K3"]["is_waiting"]
    assert act(api, "retry", kind="search", code="not_found")["parts"] == 1  # the others wait already
    assert act(api, "retry", kind="search", all_open=True)["batch_id"] is None
    stages.settle()
    assert set(listed()) == {"F-1=K3"}
    assert act(api, "retry", kind="publish", all_open=True)["parts"] == 0


def test_ignored_failures_are_hidden_until_they_fail_for_another_cause(api, hub, finished, listed, unknown):
    unknown("F-1=K3", "F-2=K3")
    finished("F-1=K3", "F-2=K3")
    done = act(api, "ignore", kind="search", part_numbers=["f-1=k3"], reason="Discontinued")
    assert (done["parts"], done["remaining"]) == (1, 0)
    assert set(listed()) == {"F-2=K3"}
    hidden = listed(state="ignored")
    assert (hidden["F-1=K3"]["ignored_reason"], hidden["F-1=K3"]["is_ignored"]) == ("Discontinued", True)
    [line] = hub.database.run(
        lambda work: work.rows("SELECT target, details FROM hub.audit_log WHERE action = 'failure.ignore'")
    )
    assert (line["target"], line["details"]["reason"]) == ("F-1=K3", "Discontinued")
    finished("F-1=K3", force_refresh=True)
    assert set(listed()) == {"F-2=K3"}
    hub.database.run(
        lambda work: work.do(
            "UPDATE hub.batch_items SET state = 'pending' WHERE part_number = 'F-1=K3' AND state = 'failed'"
        )
    )
    hub.database.run(
        lambda work: work.do(
            "UPDATE hub.batch_items SET state = 'failed', error_code = 'boeing_timeout', updated_at = now()"
            " WHERE part_number = 'F-1=K3' AND state = 'pending'"
        )
    )
    assert listed()["F-1=K3"]["error_code"] == "boeing_timeout"
    act(api, "ignore", kind="search", code="boeing_timeout", reason="Again")
    assert act(api, "reopen", kind="search", all_open=True)["parts"] == 1
    assert set(listed()) == {"F-1=K3", "F-2=K3"}


def test_failures_are_filtered_counted_paged_and_exported(api, finished, listed, unknown):
    parts = [f"F-{number:02}=K3" for number in range(25)]
    unknown(*parts)
    run = finished(*parts)
    answer = api.get(FAILURES, params={"limit": 10}).json()
    assert [(one["code"], one["parts"]) for one in answer["causes"]] == [("not_found", 25)]
    assert [(one["batch_id"], one["parts"]) for one in answer["lists"]] == [(run, 25)]
    seen = [one["part_number"] for one in answer["failures"]]
    while answer["next_after"]:
        answer = api.get(FAILURES, params={"limit": 10, "after": answer["next_after"]}).json()
        seen += [one["part_number"] for one in answer["failures"]]
    assert sorted(seen) == parts
    assert listed(older_than_hours=1) == {}
    assert len(listed(newer_than_hours=1, kind="search", code="not_found", batch_id=run)) == 25
    assert listed(code="boeing_timeout") == {}
    rows = list(csv.DictReader(io.StringIO(api.get(FAILURES, params={"format": "csv"}).text.lstrip("\ufeff"))))
    assert sorted(row["part_number"] for row in rows) == parts
    assert api.get(FAILURES, params={"format": "xlsx"}).content[:2] == b"PK"
    for wrong in ("x", "1_x", "nan_1", "1e999_1", "1_0"):
        assert api.get(FAILURES, params={"after": wrong}).status_code == 422, wrong


def test_what_is_meant_must_be_named_and_needs_the_scope_of_its_kind(api, anonymous, make_key):
    for what, more in (("retry", {}), ("ignore", {"reason": "x"}), ("reopen", {})):
        answer = api.post(f"{FAILURES}/{what}", json={"kind": "search", **more})
        assert (answer.status_code, answer.json()["code"]) == (422, "no_filter")
        key = {"Authorization": f"Bearer {make_key('read', 'search')}"}
        body = {"kind": "publish", "all_open": True, **more}
        assert anonymous.post(f"{FAILURES}/{what}", json=body, headers=key).status_code == 403
    assert api.post(f"{FAILURES}/ignore", json={"kind": "search", "all_open": True}).status_code == 422
    answer = api.post(f"{FAILURES}/retry", json={"kind": "undo", "all_open": True})
    assert (answer.status_code, answer.json()["code"]) == (409, "undo_retried_in_its_run")


def test_runs_are_cancelled_by_filter(api, search, make_key, anonymous):
    search("A-1=K3")
    search("A-2=K3", "A-3=K3")
    assert api.post("/api/batches/cancel", json={"batch_type": "search"}).json()["code"] == "no_filter"
    none = api.post("/api/batches/cancel", json={"batch_type": "search", "older_than_hours": 1}).json()
    assert (none["batch_ids"], none["cancelled_count"]) == ([], 0)
    one = api.post("/api/batches/cancel", json={"batch_type": "search", "source": "A-1=K3"}).json()
    assert (len(one["batch_ids"]), one["cancelled_count"]) == (1, 1)
    key = {"Authorization": f"Bearer {make_key('read', 'publish')}"}
    body = {"batch_type": "search", "all_open": True}
    assert anonymous.post("/api/batches/cancel", json=body, headers=key).status_code == 403
    rest = api.post("/api/batches/cancel", json=body).json()
    assert (len(rest["batch_ids"]), rest["cancelled_count"]) == (1, 2)


class TestPublishing:
    @pytest.fixture
    def settings(self, store_settings):
        return store_settings

    def test_a_failed_publish_is_open_until_the_part_is_published(self, api, desk, part, published, listed):
        assert desk.batch(published("NOBODY=K3")).failed_count == 1
        assert listed()["NOBODY=K3"]["kind"] == "publish"
        desk.stage(part("NOBODY=K3"))
        done = act(api, "retry", kind="publish", code="not_staged")
        desk.to_the_end(desk.batch(done["batch_id"]))
        assert listed() == {}


def test_pages_and_counts_of_many_failures_stop_at_their_limits(hub):

    def step(work):
        work.do(
            "INSERT INTO hub.open_failures (part_number, kind, batch_id, error_code, since, failed_at)"
            " SELECT 'P' || n, 'search', gen_random_uuid(), 'code_' || n % 7, now() - n * interval '1 second', now()"
            " FROM generate_series(1, 30000) n"
        )
        work.do("ANALYZE hub.open_failures")
        page = open_failures.page(work, FailureFilter(), limit=50)
        middle = open_failures.page(work, FailureFilter(code="code_3"), limit=50, after=(page[-1].since, page[-1].id))
        causes = open_failures.causes(work)
        return (
            len(page),
            len(middle),
            [(one.code, one.parts) for one in causes],
            open_failures.count(work, FailureFilter()),
        )

    pages = hub.database.run(step)
    assert pages[:2] == (50, 50)
    assert len(pages[2]) == 7
    assert {parts for _, parts in pages[2]} == {1_000}
    assert pages[3] == 10_001
