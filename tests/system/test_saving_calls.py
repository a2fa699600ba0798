"""A Boeing call is the scarce good: none is wasted, none is over the limit."""

from __future__ import annotations

import pytest

pytestmark = [pytest.mark.services, pytest.mark.timeout(150)]

# No worker is killed where calls are counted, and one that gets no processor for some seconds must not count as dead.
PATIENT = {"HUB_LEASE_SECONDS": "30"}


def test_no_sliding_window_holds_more_calls_than_the_limit_with_three_workers(make_rig):
    rig = make_rig(BOEING_API_RATE_LIMIT="20/s")
    rig.start_all(extraction=3)
    batch_id = rig.search([f"LM{n:05d}" for n in range(1000)])
    rig.finish(batch_id)
    stats = rig.boeing.stats(window=1)
    assert stats["max_in_window"] <= 20


def test_a_list_of_duplicates_cases_and_spaces_costs_the_least_number_of_calls(make_rig):
    rig = make_rig(**PATIENT)
    rig.start_all()
    clean = [f"LEAST-{n}" for n in range(25)]
    messy = [form for part in clean for form in (part, f" {part.lower()} ", part.replace("-", "\u2013"))]
    rig.finish(rig.search(messy))
    stats = rig.boeing.stats()
    assert stats["calls"] == 3
    assert stats["distinct_parts"] == 25


def test_two_overlapping_batches_ask_each_part_once(make_rig):
    rig = make_rig(**PATIENT)
    rig.boeing.settings(latency_ms=30)
    rig.start_all(extraction=2)
    first = rig.search([f"OV{n:05d}" for n in range(600)])
    second = rig.search([f"OV{n:05d}" for n in range(300, 900)])
    rig.finish(first)
    rig.finish(second)
    stats = rig.boeing.stats()
    assert stats["parts_asked_more_than_once"] == 0
    assert stats["distinct_parts"] == 900


def test_a_small_batch_does_not_wait_behind_a_large_one(make_rig):
    rig = make_rig(BOEING_API_RATE_LIMIT="4/s")
    rig.start_all()
    large = rig.search([f"LG{n:05d}" for n in range(20_000)])
    rig.wait(lambda: rig.status(large)["extracted_count"] > 10, "the large batch's start")
    before = rig.boeing.stats()["calls"]
    small = rig.search([f"SM{n:05d}" for n in range(10)])
    rig.finish(small)
    asked = [call["number"] for call in rig.boeing.ledger() if any(part.startswith("SM") for part in call["parts"])]
    assert len(asked) <= 2
    assert asked[-1] - before <= 6  # by Boeing's count, whenever we came to look
    rig.apis[0].delete(f"/api/batches/{large}")


def test_small_batches_share_calls(make_rig):
    rig = make_rig(**PATIENT)
    rig.start_api()
    ids = [rig.search([f"SH{n}-{m}" for m in range(3)]) for n in range(12)]
    for queue in ("extraction", "normalization", "default"):
        rig.start_worker(queue)
    for batch_id in ids:
        rig.finish(batch_id)
    assert rig.boeing.stats()["calls"] <= 5


def test_a_fresh_answer_is_used_again_and_a_forced_one_is_not(make_rig):
    rig = make_rig(**PATIENT)
    rig.start_all()
    parts = [f"FR{n}" for n in range(10)]
    rig.finish(rig.search(parts))
    again = rig.finish(rig.search(parts))
    assert rig.boeing.stats()["calls"] == 1
    assert again["reused_count"] == 10
    rig.finish(rig.search(parts, force_refresh=True))
    assert rig.boeing.stats()["calls"] == 2


def test_a_cancelled_batch_costs_no_further_call(make_rig):
    rig = make_rig(BOEING_API_RATE_LIMIT="10/s")
    rig.start_all()
    batch_id = rig.search([f"CN{n:05d}" for n in range(5000)])
    rig.wait(lambda: rig.status(batch_id)["normalized_count"] > 20, "the middle of the run")
    cancelled = rig.apis[0].delete(f"/api/batches/{batch_id}")
    assert cancelled.status_code == 200
    calls = rig.boeing.stats()["calls"]
    # A batch behind it proves that the line went on without the cancelled one.
    rig.finish(rig.search([f"AF{n}" for n in range(40)]))
    assert rig.boeing.stats()["calls"] - calls <= 4 + 2
    after = rig.finish(batch_id)
    assert after["status"] == "cancelled"
    assert after["normalized_count"] + after["failed_count"] + after["cancelled_count"] == 5000
    assert after["normalized_count"] > 0


def test_a_worker_asked_to_stop_finishes_its_current_call(make_rig):
    rig = make_rig()
    rig.start_all()
    rig.boeing.settings(latency_ms=7000)  # longer than a lease and a sweep
    batch_id = rig.search(["LASTCALL1"])
    held = "SELECT count(*) FROM hub.leases WHERE stage = 'extraction'"
    rig.wait(lambda: rig.database.run(lambda work: work.value(held)), "the call")
    rig.processes["extraction"].terminate()
    rig.start_worker("extraction", "extraction-2")
    assert rig.finish(batch_id)["outcome"] == "succeeded"
    assert rig.boeing.stats()["calls"] == 1
