"""The sweep: one row that cannot be dealt with does not keep the others from being freed."""

from __future__ import annotations

from uuid import uuid4

import pytest
import redis
from tests.support.poison import poison

from boeing_data_hub.batches.run import SearchRequest
from boeing_data_hub.values.states import Stage
from boeing_data_hub.work import items, leases

pytestmark = pytest.mark.services


@pytest.fixture
def hub(make_hub):
    return make_hub()


def expired_lease(hub, part):
    lease = uuid4()
    hub.database.run(
        lambda work: leases.take(work, lease, stage="extraction", owner="dead", seconds=-1, part_numbers=[part])
    )
    return lease


def test_a_lease_that_cannot_be_accounted_for_is_put_off_and_the_others_are_freed(hub):
    batch = hub.intake.search(SearchRequest(part_numbers=["BAD", "GOOD"], owner="me")).batch
    poison(hub.database, "batch_items", "part_number", "BAD")
    bad = expired_lease(hub, "BAD")
    expired_lease(hub, "GOOD")
    swept = hub.recovery.sweep()
    assert (swept.freed, swept.calls_due) == (1, 1)
    attempts = {
        item.part_number: item.attempts for item in hub.database.run(lambda w: items.page(w, batch.id, limit=9))
    }
    assert attempts == {"BAD": 0, "GOOD": 1}
    left = hub.database.run(lambda work: work.rows("SELECT id, expires_at > now() AS put_off FROM hub.leases"))
    assert left == [{"id": bad, "put_off": True}]
    assert hub.recovery.sweep().freed == 0


def test_work_whose_wake_up_was_lost_is_found_by_the_sweep(hub, redis_url):
    hub.intake.search(SearchRequest(part_numbers=["A", "B"], owner="me"))
    with redis.Redis.from_url(redis_url) as broker:
        broker.flushdb()  # the process died before it sent one, or the broker lost everything
    assert hub.wake_ups.waiting(Stage.EXTRACTION) == 0
    hub.recovery.sweep()
    assert hub.wake_ups.waiting(Stage.EXTRACTION) == 1


def test_a_long_list_puts_a_few_wake_ups_into_the_broker_and_nothing_else(hub, redis_url):
    numbers = [f"PN{number}" for number in range(500)]
    hub.intake.search(SearchRequest(part_numbers=numbers, owner="me"))
    assert hub.wake_ups.waiting(Stage.EXTRACTION) == 8
    with redis.Redis.from_url(redis_url) as broker:
        messages = broker.lrange("bdh:extraction", 0, -1)
    assert all(b"PN1" not in message and len(message) < 2_000 for message in messages)
