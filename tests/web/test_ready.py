"""GET /ready: yes when everything is there, else no, and which thing is missing."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.services

QUEUES = ("extraction", "normalization", "default")


def test_with_a_worker_for_every_queue_the_hub_is_ready(anonymous, stages):
    for queue in QUEUES:
        assert anonymous.get("/ready").status_code == 503
        stages.pulse(queue)
    answer = anonymous.get("/ready")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ready",
        "checks": {"postgres": True, "migrations": True, "redis": True, "workers": True},
    }


def test_workers_that_fell_silent_do_not_count(anonymous, stages, hub):
    stages.pulse(*QUEUES)
    assert anonymous.get("/ready").status_code == 200
    hub.database.run(lambda work: work.do("UPDATE hub.workers SET seen_at = now() - interval '1 hour'"))
    assert anonymous.get("/ready").json()["checks"]["workers"] is False


def test_a_broker_that_is_down_is_named(anonymous, stages, redis, wait):
    stages.pulse(*QUEUES)
    redis.stop()
    try:
        answer = anonymous.get("/ready")
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "5"
        assert answer.json() == {
            "status": "not ready",
            "checks": {"postgres": True, "migrations": True, "redis": False, "workers": True},
            "reasons": {"redis": "redis_unreachable"},
        }
    finally:
        redis.restart(empty=True)
    stages.pulse(*QUEUES)
    wait.until(lambda: anonymous.get("/ready").status_code == 200, seconds=10, what="readiness")


def test_a_database_without_our_tables_is_named(anonymous, stages, hub):
    stages.pulse(*QUEUES)
    hub.database.run(lambda work: work.do("ALTER SCHEMA hub RENAME TO elsewhere"))
    try:
        answer = anonymous.get("/ready")
    finally:
        hub.database.run(lambda work: work.do("ALTER SCHEMA elsewhere RENAME TO hub"))
    assert answer.status_code == 503
    assert answer.json()["checks"] == {"postgres": True, "migrations": False, "redis": True, "workers": False}


def test_without_a_key_readiness_has_a_code_and_no_text(anonymous, redis):
    redis.stop()
    try:
        text = anonymous.get("/ready").text
    finally:
        redis.restart(empty=True)
    assert "127.0.0.1" not in text
    assert "rror" not in text
