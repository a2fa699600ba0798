"""Real workers keep the house: killed in the middle, doubled, with a receiver that is down at first."""

from __future__ import annotations

import json

import pytest
from tests.support.receivers import receiver

from boeing_data_hub.clock import now

__all__ = ["receiver"]

pytestmark = [pytest.mark.services, pytest.mark.timeout(150)]

OLD_ITEMS = (
    "WITH b AS (INSERT INTO hub.batches (id, batch_type, status, total_items, normalized_count, extracted_count, owner,"
    " request_hash, completed_at) SELECT gen_random_uuid(), 'search', 'completed', 50000, 50000, 50000, 'x', 'x',"
    " now() - interval '3 years' FROM generate_series(1, 2) RETURNING id)"
    " INSERT INTO hub.batch_items (batch_id, position, part_number, state)"
    " SELECT b.id, n, 'P' || n, 'normalized' FROM b, generate_series(1, 50000) n"
)


def test_workers_that_are_killed_and_doubled_remove_all_of_it_once_and_tell_once(make_rig, receiver):
    rig = make_rig(HUB_DIGEST_WEBHOOK_URL=receiver.url, HUB_DIGEST_AT=f"{now():%H}:00")
    receiver.answers = [0]
    rig.database.run(lambda work: work.do(OLD_ITEMS))
    rig.start_worker("default", "default-1")
    rig.start_worker("default", "default-2")
    rig.start("beat", "boeing_data_hub.worker", "beat")

    def left() -> int:
        return rig.database.run(lambda work: work.value("SELECT count(*) FROM hub.batch_items"))

    rig.wait(lambda: left() < 90_000, "the middle of the removal")
    rig.kill("default-1")
    rig.kill("default-2")
    rig.wait(lambda: left() == 0, "the end of the removal", 60)

    def row():
        return rig.database.run(
            lambda work: work.row("SELECT last_round, done_at FROM hub.chores WHERE name = 'items'")
        )

    rig.wait(lambda: row()["done_at"], "the end of the round")
    assert row()["last_round"] == 100_000

    def tried() -> bool:
        # A worker that was killed with the notice in its hands keeps it for five minutes: here, for ten seconds.
        overdue = "UPDATE hub.notices SET taken_until = now() WHERE taken_until < now() + interval '290 seconds'"
        rig.database.run(lambda work: work.do(overdue))
        return bool(receiver.posts)

    rig.wait(tried, "the first try")
    rig.database.run(lambda work: work.do("UPDATE hub.notices SET not_before = now(), taken_until = NULL"))

    def sent():
        return rig.database.run(lambda work: work.value("SELECT sent_at FROM hub.notices"))

    rig.wait(sent, "the digest")
    assert receiver.ids == [f"digest:{now():%Y-%m-%d}"] * 2, "one try that was hung up on, and one that was taken"
    assert json.loads(receiver.posts[1][1])["kind"] == "digest"
