"""Nothing accepted is lost and nothing is counted twice, whatever is killed in the middle."""

from __future__ import annotations

import os
import signal

import pytest
import redis as redis_client

pytestmark = [pytest.mark.services, pytest.mark.timeout(150)]

PARTS = [f"SV{n:05d}" for n in range(1500)]


def started(rig):
    """A search that is well under way: slow enough to be met in the middle."""
    rig.boeing.settings(latency_ms=40)
    batch_id = rig.search(PARTS)
    rig.wait(lambda: rig.status(batch_id)["extracted_count"] > 100, "the middle of the run")
    return batch_id


def asked_more_often_than(rig, most):
    stats = rig.boeing.stats()
    return stats["parts_asked_more_than_once"] > most


@pytest.mark.parametrize("victim", ["extraction", "normalization", "default", "beat"])
def test_kill_9_of_one_process_loses_nothing(make_rig, victim):
    rig = make_rig()
    rig.start_all()
    batch_id = started(rig)
    rig.kill(victim)
    assert rig.finish(batch_id)["status"] == "completed"
    # One worker held at most two claims of a quarter second each.
    assert not asked_more_often_than(rig, 0 if victim != "extraction" else 150)


def test_kill_9_of_the_api_loses_no_accepted_batch(make_rig):
    rig = make_rig()
    rig.start_all()
    batch_id = started(rig)
    rig.kill("api", start_again=False)
    rig.apis.pop().close()
    rig.start_api("api-2")
    assert rig.finish(batch_id)["status"] == "completed"
    assert not asked_more_often_than(rig, 0)


def test_a_redis_that_loses_everything_costs_time_only(make_rig, redis_url):
    rig = make_rig()
    rig.start_all()
    batch_id = started(rig)
    with redis_client.Redis.from_url(redis_url) as client:
        client.flushall()
    assert rig.finish(batch_id)["status"] == "completed"
    assert not asked_more_often_than(rig, 0)


def test_an_empty_redis_restarted_in_the_middle_costs_time_only(make_rig, redis):
    rig = make_rig()
    rig.start_all()
    batch_id = started(rig)
    redis.restart(empty=True)
    second = rig.search(["AFTER-REDIS"])
    assert rig.finish(batch_id)["status"] == "completed"
    assert rig.finish(second)["outcome"] in {"succeeded", "failed"}


def test_an_immediate_restart_of_postgres_loses_and_doubles_nothing(make_rig, postgres):
    rig = make_rig()
    rig.start_all()
    batch_id = started(rig)
    postgres.restart(immediate=True)
    assert rig.finish(batch_id)["status"] == "completed"
    assert not asked_more_often_than(rig, 300)


def test_everything_at_once(make_rig, postgres, redis):
    rig = make_rig()
    rig.start_all(extraction=2)
    batch_id = started(rig)
    rig.kill("extraction-0")
    rig.kill("normalization")
    redis.restart(empty=True)
    postgres.restart(immediate=True)
    rig.kill("beat")
    rig.kill("default")
    assert rig.finish(batch_id, seconds=90)["status"] == "completed"


def test_a_worker_that_was_frozen_comes_back_to_a_lost_lease_and_counts_nothing_twice(make_rig):
    rig = make_rig()
    rig.start_all(extraction=2)
    batch_id = started(rig)
    os.kill(rig.processes["extraction-0"].pid, signal.SIGSTOP)
    done = rig.finish(batch_id)
    os.kill(rig.processes["extraction-0"].pid, signal.SIGCONT)
    after = rig.search(["AFTER-THE-FREEZE"])
    rig.finish(after)
    rig.check_counts(batch_id)
    assert rig.status(batch_id)["normalized_count"] == done["normalized_count"]


def test_work_that_waited_while_no_worker_ran_is_done_when_one_comes(make_rig):
    rig = make_rig()
    rig.start_api()
    batch_id = rig.search(PARTS[:30])
    assert rig.status(batch_id)["waiting_for"]["reason"] == "no_worker"
    rig.start_worker("default")
    rig.start_worker("normalization")
    rig.start_worker("extraction")
    assert rig.finish(batch_id)["status"] == "completed"
