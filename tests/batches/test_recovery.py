"""The sweep: one row that cannot be dealt with does not keep the others from being freed."""

from __future__ import annotations

from uuid import uuid4

import pytest
from tests.support.poison import poison

from boeing_data_hub.batches.run import SearchRequest
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
