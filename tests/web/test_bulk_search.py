"""POST /api/bulk-search: a clean list becomes one batch; anything else a clear refusal, and never half a batch."""

from __future__ import annotations

import json
import threading

import pytest

from boeing_data_hub.work import batches

pytestmark = pytest.mark.services


def count_batches(hub):
    return hub.database.run(lambda work: (batches.count(work), work.value("SELECT count(*) FROM hub.batch_items")))


def test_a_list_becomes_a_batch_with_the_guide_s_fields(api):
    answer = api.post("/api/bulk-search", json={"part_numbers": ["wf338109 ", "AN3-43A", "WF338109"]})
    assert answer.status_code == 202
    body = answer.json()
    assert body["total_items"] == 2
    assert body["status"] == "processing"
    assert body["idempotency_key"] is None
    assert body["duplicate_count"] == 1
    assert body["duplicates"] == [{"line": 3, "part_number": "WF338109", "first_line": 1}]
    assert answer.headers["location"] == f"/api/batches/{body['batch_id']}"


def test_text_pasted_from_a_spreadsheet_is_cleaned(api):
    text = '\ufeff\u00a0an3\u201343a\t"ms29513-220"\r\nNAS1611-123; MS20470AD6-10,an3-43A'
    batch_id = api.post("/api/bulk-search", json={"part_numbers_text": text}).json()["batch_id"]
    items = api.get(f"/api/batches/{batch_id}/items").json()["items"]
    assert [i["part_number"] for i in items] == ["AN3-43A", "MS29513-220", "NAS1611-123", "MS20470AD6-10"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"part_numbers": []},
        {"part_numbers_text": ""},
        {"part_numbers_text": " \n,;\t"},
        {"part_numbers": ["A"], "part_numbers_text": "B"},
        {"part_numbers_text": "A\ud800"},
        {"part_numbers": ["A" * 51]},
        {"part_numbers": ["A\u0000B"]},
        {"part_numbers": ["A\u0007B"]},
        {"part_numbers": ["\ud800"]},
        {"part_numbers": ["OK", ""]},
        {"part_numbers": [12345]},
        {"part_numbers": [None]},
        {"part_numbers": "AN3-43A"},
        {"part_numbers": {"a": 1}},
        {"part_numbers_text": ["A"]},
        {"part_numbers": ["A"], "priority": 1},
        {"part_numbers": ["A"], "force_refresh": "perhaps"},
        {"part_numbers": ["A"], "urgent": "perhaps"},
        ["A"],
        "A",
        None,
    ],
)
def test_an_unusable_list_is_rejected_and_nothing_is_created(api, hub, body):
    # As ASCII escapes, as most clients send it: half a surrogate pair is then legal JSON.
    headers = {"Content-Type": "application/json"}
    answer = api.post("/api/bulk-search", content=json.dumps(body), headers=headers)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]
    assert count_batches(hub) == (0, 0)


def test_a_refusal_names_the_line_and_the_reason(api):
    body = api.post("/api/bulk-search", json={"part_numbers": ["AN3-43A", "B" * 51, "C\u0001"]}).json()
    assert body["code"] == "bad_part_numbers"
    assert [r["line"] for r in body["rejected"]] == [2, 3]
    assert "50" in body["rejected"][0]["reason"]


def test_one_part_number_too_many_is_rejected_with_the_figures(api, hub):
    body = api.post("/api/bulk-search", json={"part_numbers": [f"P{n}" for n in range(50_001)]})
    assert body.status_code == 422
    assert "50,001" in body.json()["detail"]
    assert "50,000" in body.json()["detail"]
    assert count_batches(hub) == (0, 0)


def test_fifty_thousand_are_accepted(api, hub):
    answer = api.post("/api/bulk-search", json={"part_numbers": [f"P{n}" for n in range(50_000)]})
    assert answer.status_code == 202
    assert count_batches(hub) == (1, 50_000)


def test_a_body_that_is_too_large_is_rejected_by_its_declared_length(api):
    answer = api.post("/api/bulk-search", content=b"x", headers={"Content-Length": "200000000"})
    assert answer.status_code == 413
    assert answer.json()["code"] == "body_too_large"


def test_a_body_that_is_too_large_is_rejected_as_it_arrives(api):
    answer = api.post("/api/bulk-search", content=(b"x" * 1_000_000 for _ in range(12)))
    assert answer.status_code == 413


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b'{"part_numbers": ["A"]', b"[" * 100_000])
def test_a_body_that_is_not_json_is_rejected(api, body):
    answer = api.post("/api/bulk-search", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in {400, 422}
    assert answer.headers["content-type"] == "application/problem+json"


def test_the_same_key_and_request_give_the_same_batch(api, hub):
    request = {"part_numbers": ["A", "B"], "idempotency_key": "monday"}
    first = api.post("/api/bulk-search", json=request)
    second = api.post("/api/bulk-search", json={"part_numbers": [" a", "b "]}, headers={"Idempotency-Key": "monday"})
    assert (first.status_code, second.status_code) == (202, 200)
    assert first.json()["batch_id"] == second.json()["batch_id"]
    assert second.headers["idempotent-replayed"] == "true"
    assert count_batches(hub) == (1, 2)


def test_the_same_key_with_another_request_is_rejected(api):
    api.post("/api/bulk-search", json={"part_numbers": ["A"], "idempotency_key": "monday"})
    answer = api.post("/api/bulk-search", json={"part_numbers": ["B"], "idempotency_key": "monday"})
    assert answer.status_code == 422
    assert answer.json()["code"] == "idempotency_key_reused"


def test_keys_of_different_owners_do_not_meet(api, make_key):
    request = {"part_numbers": ["A"], "idempotency_key": "monday"}
    mine = api.post("/api/bulk-search", json=request).json()["batch_id"]
    theirs = api.post("/api/bulk-search", json=request, headers={"Authorization": f"Bearer {make_key('search')}"})
    assert theirs.status_code == 202
    assert theirs.json()["batch_id"] != mine


@pytest.mark.parametrize("key", ["", " ", "k" * 256, "sch\u00f6n"])
def test_a_key_that_cannot_be_used_is_rejected(api, hub, key):
    answer = api.post("/api/bulk-search", json={"part_numbers": ["A"], "idempotency_key": key})
    assert answer.status_code == 400
    assert count_batches(hub) == (0, 0)


def test_a_key_given_twice_and_different_is_rejected(api):
    answer = api.post(
        "/api/bulk-search",
        json={"part_numbers": ["A"], "idempotency_key": "one"},
        headers={"Idempotency-Key": "two"},
    )
    assert answer.status_code == 400


def test_sixty_four_identical_requests_at_once_make_one_batch(api, hub):
    barrier = threading.Barrier(64)
    answers = []

    def post():
        barrier.wait()
        answers.append(api.post("/api/bulk-search", json={"part_numbers": ["A", "B"], "idempotency_key": "k"}))

    threads = [threading.Thread(target=post) for _ in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted({a.status_code for a in answers}) == [200, 202]
    assert [a.status_code for a in answers].count(202) == 1
    assert len({a.json()["batch_id"] for a in answers}) == 1
    assert count_batches(hub) == (1, 2)


def test_a_broker_that_is_down_does_not_keep_a_request_from_being_accepted(api, redis):
    redis.stop()
    try:
        assert api.post("/api/bulk-search", json={"part_numbers": ["A"]}).status_code == 202
    finally:
        redis.restart(empty=True)
