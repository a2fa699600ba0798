"""Retrying a run: every part that failed, once, however the run ended."""

from __future__ import annotations

from uuid import uuid4

import pytest
from tests.support.wake_ups import NoWakeUps

from boeing_data_hub.batches.run import Intake, PublishRequest
from boeing_data_hub.errors import Conflict
from boeing_data_hub.settings import Settings
from boeing_data_hub.work import batches, items, leases

pytestmark = pytest.mark.services


@pytest.fixture
def intake(database):
    return Intake(database=database, wake_ups=NoWakeUps(), settings=Settings(_env_file=None))


def fail(database, batch_id, part):
    def step(work):
        work.do(
            "UPDATE hub.batch_items SET state = 'failed', error_code = 'x', error = 'x.' WHERE batch_id = %s"
            " AND part_number = %s",
            [batch_id, part],
        )
        batches.move_counts(work, {batch_id: {"failed": 1}})

    database.run(step)


def test_a_cancelled_publish_run_is_retried_when_its_last_parts_have_ended(database, intake):
    batch = intake.publish(PublishRequest(part_numbers=["A", "B", "C"], owner="me")).batch
    database.run(lambda work: work.do("UPDATE hub.batch_items SET skus = ARRAY[part_number]"))
    fail(database, batch.id, "A")
    under_way = uuid4()
    database.run(
        lambda work: leases.take(work, under_way, stage="publishing", owner="me", seconds=60, part_numbers=["B"])
    )
    assert intake.cancel(batch.id, actor="me").outcome is None
    with pytest.raises(Conflict) as early:
        intake.retry_failed(batch.id, actor="me")
    assert early.value.code == "batch_running"
    fail(database, batch.id, "B")
    again = intake.retry_failed(batch.id, actor="me").batch
    assert again.id == intake.retry_failed(batch.id, actor="me").batch.id
    assert [item.part_number for item in database.run(lambda work: items.page(work, again.id, limit=9))] == ["A", "B"]
