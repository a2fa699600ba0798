"""/api/batches: a batch's status is true at every moment, bounded in size, and the same for every key."""

from __future__ import annotations

from uuid import uuid4

import pytest

pytestmark = pytest.mark.services

GUIDE_FIELDS = {
    "id",
    "batch_type",
    "status",
    "total_items",
    "extracted_count",
    "normalized_count",
    "published_count",
    "failed_count",
    "progress_percent",
    "failed_items",
    "error_message",
    "idempotency_key",
    "created_at",
    "updated_at",
    "completed_at",
}


@pytest.fixture
def status(api):
    """The status of a batch, after its counts have been seen to add up."""

    def look(batch_id):
        answer = api.get(f"/api/batches/{batch_id}")
        assert answer.status_code == 200, answer.text
        adds_up(answer.json())
        return answer.json()

    return look


def adds_up(told):
    settled = told["normalized_count"] + told["published_count"] + told["failed_count"] + told["cancelled_count"]
    assert settled + told["pending_count"] == told["total_items"]
    assert told["normalized_count"] <= told["extracted_count"] <= told["total_items"]
    assert told["progress_percent"] == settled * 10000 // told["total_items"] / 100
    assert (told["outcome"] is not None) == (told["pending_count"] == 0)
    assert (told["completed_at"] is not None) == (told["pending_count"] == 0)


def test_an_invalid_page_is_rejected(api):
    queries = "limit=0 limit=101 limit=-1 limit=x offset=-1 offset=1000001 status=done batch_type=sync"
    for query in queries.split():
        answer = api.get(f"/api/batches?{query}")
        assert answer.status_code == 422, query
        assert query.partition("=")[0] in answer.json()["detail"]


def test_batches_come_newest_first_and_in_pages(api, search):
    ids = [search(f"P{n}") for n in range(5)]
    whole = api.get("/api/batches").json()
    assert [b["id"] for b in whole["batches"]] == ids[::-1]
    assert whole["total"] == 5
    page = api.get("/api/batches?limit=2&offset=2").json()
    assert [b["id"] for b in page["batches"]] == [ids[2], ids[1]]
    assert page["total"] == 5
    behind = api.get("/api/batches?offset=5").json()
    assert behind == {"batches": [], "total": 5}


def test_batches_are_filtered_by_status_and_type(api, search, finished):
    done = finished("WF338109")
    running = search("AN3-43A")
    cancelled = search("MS29513-220")
    api.delete(f"/api/batches/{cancelled}")
    for name, expected in {"completed": done, "processing": running, "cancelled": cancelled}.items():
        found = api.get(f"/api/batches?status={name}").json()
        assert [b["id"] for b in found["batches"]] == [expected]
        assert found["total"] == 1
    assert api.get("/api/batches?status=failed").json() == {"batches": [], "total": 0}
    assert api.get("/api/batches?batch_type=search").json()["total"] == 3
    assert api.get("/api/batches?batch_type=publish").json()["total"] == 0


def test_counts_add_up_in_the_list(api, search, finished, boeing):
    boeing.set_part("GONE", unknown=True)
    finished("WF338109", "GONE")
    search("AN3-43A")
    for told in api.get("/api/batches").json()["batches"]:
        adds_up(told)


def test_a_status_has_every_field_of_the_guide(status, search):
    batch_id = search("AN3-43A", "WF338109", idempotency_key="monday")
    told = status(batch_id)
    assert told.keys() >= GUIDE_FIELDS
    assert told["id"] == batch_id
    assert told["batch_type"] == "search"
    assert told["status"] == "processing"
    assert told["total_items"] == 2
    assert told["idempotency_key"] == "monday"
    assert told["progress_percent"] == 0
    assert told["failed_items"] is None
    assert told["error_message"] is None
    assert told["completed_at"] is None
    assert told["created_at"].endswith(("Z", "+00:00"))


def test_an_unknown_batch_is_not_found(api):
    for batch_id in ("00000000-0000-0000-0000-000000000000", "nonsense", "1", "%00", "a" * 5000):
        for method in ("GET", "DELETE"):
            answer = api.request(method, f"/api/batches/{batch_id}")
            assert answer.status_code == 404
            assert answer.json()["code"] == "batch_not_found"
        for tail in ("items", "failures", "failures?format=csv", "events"):
            answer = api.get(f"/api/batches/{batch_id}/{tail}")
            assert answer.status_code == 404, tail
            assert answer.headers["content-type"] == "application/problem+json"
        assert api.post(f"/api/batches/{batch_id}/retry").status_code == 404


def test_a_batch_is_followed_through_every_stage(status, search, stages):
    batch_id = search(*(f"AN3-{n}A" for n in range(10, 22)))
    stages.extract()
    told = status(batch_id)
    missing = told["failed_count"]
    assert told["extracted_count"] == 12
    assert told["normalized_count"] == 0
    assert told["message"] == f"Running: {missing} of 12 parts done, {missing} failed."
    stages.normalize()
    told = status(batch_id)
    assert told["status"] == "completed"
    assert told["progress_percent"] == 100
    assert told["waiting_for"] is None


def test_all_found_is_a_success(status, finished):
    told = status(finished("WF338109", "P1022=K3"))
    assert (told["status"], told["outcome"]) == ("completed", "succeeded")
    assert told["message"] == "Finished: all 2 parts succeeded."
    assert told["failures_url"] is None
    assert told["failed_items"] is None


def test_some_failed_is_never_called_a_success(status, finished, boeing):
    boeing.set_part("GONE", unknown=True)
    told = status(finished("WF338109", "GONE"))
    assert (told["status"], told["outcome"]) == ("completed", "finished_with_failures")
    assert told["message"].startswith("Finished with failures: 1 of 2 parts succeeded, 1 failed.")
    assert told["failures_url"] == f"/api/batches/{told['id']}/failures"
    [failed] = told["failed_items"]
    assert failed["part_number"] == "GONE"
    assert failed["error_code"] == "not_found"
    assert failed["error"]
    assert failed["timestamp"]
    assert told["failed_items_truncated"] is False


def test_all_failed_is_a_failure_and_says_so(status, finished, boeing):
    for part in ("GONE", "AWAY"):
        boeing.set_part(part, unknown=True)
    told = status(finished("GONE", "AWAY"))
    assert (told["status"], told["outcome"]) == ("failed", "failed")
    assert told["message"].startswith("Failed: all 2 parts failed.")
    assert told["error_message"]


def test_cancelling_keeps_what_was_done(api, status, search, stages, hub):
    batch_id = search("WF338109", "AN3-43A", "MS29513-220")
    hub.database.run(
        lambda work: work.do(
            "UPDATE hub.batch_items SET not_before = now() + interval '1 hour' WHERE part_number <> 'WF338109'"
        )
    )
    stages.extract()
    stages.normalize()
    answer = api.delete(f"/api/batches/{batch_id}")
    assert answer.status_code == 200
    body = answer.json()
    assert (body["batch_id"], body["status"], body["cancelled_count"]) == (batch_id, "cancelled", 2)
    assert "1 parts were already done and stay as they are; 2 were not" in body["message"]
    told = status(batch_id)
    assert (told["status"], told["outcome"]) == ("cancelled", "cancelled")
    assert (told["normalized_count"], told["cancelled_count"]) == (1, 2)
    assert told["message"] == "Cancelled: 1 of 3 parts were done and are kept, 2 were cancelled."
    assert told["error_message"]


def test_cancelling_twice_is_the_same_as_once(api, search):
    batch_id = search("AN3-43A")
    first, second = (api.delete(f"/api/batches/{batch_id}") for _ in range(2))
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json() == second.json()


def test_a_cancelled_batch_costs_no_boeing_call(api, search, stages, boeing):
    api.delete(f"/api/batches/{search('AN3-43A')}")
    assert stages.extract() == 0
    assert boeing.ledger() == []


def test_a_finished_batch_cannot_be_cancelled(api, finished, status, boeing):
    boeing.set_part("GONE", unknown=True)
    for part in ("WF338109", "GONE"):
        batch_id = finished(part)
        before = status(batch_id)
        answer = api.delete(f"/api/batches/{batch_id}")
        assert answer.status_code == 409
        assert answer.json()["code"] == "batch_finished"
        assert "already finished" in answer.json()["detail"]
        assert status(batch_id) == before


def test_a_status_does_not_grow_with_the_failures(api, hub, status):
    def insert(work, count):
        batch_id = uuid4()
        work.do(
            "INSERT INTO hub.batches (id, batch_type, status, total_items, extracted_count, failed_count, owner,"
            " request_hash, completed_at) VALUES (%s, 'search', 'failed', %s, %s, %s, 'key:x', 'x', now())",
            [batch_id, count, count, count],
        )
        work.do(
            "INSERT INTO hub.batch_items (batch_id, position, part_number, state, error_code, error)"
            " SELECT %s, n, 'P' || n, 'failed', 'not_found', repeat('why ', 20) FROM generate_series(1, %s) n",
            [batch_id, count],
        )
        return batch_id

    few, many = (hub.database.run(lambda work, n=n: insert(work, n)) for n in (6, 5000))
    sizes = [len(api.get(f"/api/batches/{batch_id}").content) for batch_id in (few, many)]
    assert sizes[1] - sizes[0] < 50  # longer figures, nothing else
    told = status(many)
    assert [f["part_number"] for f in told["failed_items"]] == ["P1", "P2", "P3", "P4", "P5"]
    assert told["failed_items_truncated"] is True
    listed = api.get("/api/batches").content
    assert len(listed) < 4000


def test_without_an_extraction_worker_the_status_says_how_to_start_one(status, search):
    told = status(search("AN3-43A"))["waiting_for"]
    assert told["reason"] == "no_worker"
    assert told["until"] is None
    assert "bdh worker extraction" in told["message"]


def test_with_a_worker_and_a_free_slot_a_batch_waits_for_nothing(status, search, stages):
    stages.pulse("extraction")
    assert status(search("AN3-43A"))["waiting_for"] is None


class TestUnderALimit:
    @pytest.fixture
    def settings(self):
        return {"boeing_api_rate_limit": "1/m"}

    def test_a_batch_that_waits_for_the_limit_says_until_when(self, hub, status, search, stages):
        stages.pulse("extraction")
        hub.pacing.reserve(wanted=1, horizon=2)  # as another worker would
        told = status(search("AN3-43A"))["waiting_for"]
        assert told["reason"] == "boeing_limit"
        assert told["until"][11:19] in told["message"]
        assert "UTC" in told["message"]


def test_a_batch_that_waits_for_credentials_says_what_to_correct(status, search, stages, boeing):
    stages.pulse("extraction")
    boeing.fault("oauth_refused")
    batch_id = search("AN3-43A")
    stages.extract(0.2)
    told = status(batch_id)
    assert told["status"] == "processing"
    assert told["failed_count"] == 0
    assert told["waiting_for"]["reason"] == "credentials"
    assert "BOEING_" in told["waiting_for"]["message"]
    assert told["waiting_for"]["until"]


def test_a_batch_that_waits_for_boeing_to_recover_says_so(status, search, stages, boeing):
    stages.pulse("extraction")
    boeing.fault("down", how="503")
    batch_id = search("AN3-43A")
    stages.extract(0.2)
    told = status(batch_id)
    assert told["failed_count"] == 0
    assert told["waiting_for"]["reason"] == "upstream"
    assert "Nothing is lost" in told["waiting_for"]["message"]
