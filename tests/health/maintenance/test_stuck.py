"""What does not get on is seen, by lack of progress and not by age; what waits for a reason is left alone."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from boeing_data_hub.health import overview
from boeing_data_hub.health.batch_status import status_of
from boeing_data_hub.work import leases, workers

pytestmark = pytest.mark.services


class Watched:
    """A world with a scheduler, and workers only by their pulse."""

    def __init__(self, world):
        self.world = world

    def alive(self, *queues):
        for queue in queues:
            self.world.hub.database.run(
                lambda work, q=queue: workers.pulse(work, f"w:{q}", queues=[q], host="h", pid=1, version="0")
            )

    def look(self):
        self.world.hub.recovery.sweep()
        self.world.do("UPDATE hub.chores SET due_at = now() WHERE name = 'watch'")
        while self.world.hub.upkeep.chores.turn(lambda: True):
            pass

    def minutes_pass(self, minutes):
        """Since the last look, as far as the notes of the watch go."""
        (row,) = self.world.rows("SELECT cursor FROM hub.chores WHERE name = 'watch'")
        for stage, seen in row["cursor"].items():
            self.world.do(
                "UPDATE hub.chores SET cursor = jsonb_set(cursor, %s, to_jsonb((%s::timestamptz - %s)::text))"
                " WHERE name = 'watch'",
                [stage, "since"], seen["since"], timedelta(minutes=minutes),
            )  # fmt: skip

    def stuck(self):
        return [(one.code, one.about) for one in self.world.hub.database.run(self.world.hub.upkeep.stalled)]

    def waits(self, batch):
        return self.world.hub.database.run(
            lambda work: status_of(self.world.batch(batch.id), self.world.hub.live.situation(work))
        ).waiting_for


@pytest.fixture
def watched(world):
    made = Watched(world)
    made.alive("extraction", "normalization")
    return made


def test_without_a_sweep_that_is_the_first_thing_said(watched, world):
    batch = world.search("AN3-1")
    assert watched.stuck() == [("no_sweep", "default")]
    assert watched.waits(batch) is None, "what is under way goes on without it"


def test_work_without_a_worker_is_reported_at_once(world):
    watched = Watched(world)
    world.search("AN3-1")
    watched.look()
    assert watched.stuck() == [("no_worker", "extraction")]


def test_unnormalized_answers_without_a_worker_show_in_their_batch(world):
    watched = Watched(world)
    watched.alive("extraction")
    batch = world.search("AN3-1")
    world.boeing_answers(["AN3-1"])
    watched.look()
    assert watched.waits(batch).reason == "no_worker"
    assert "bdh worker normalization" in watched.waits(batch).message


def test_workers_that_live_and_do_nothing_are_seen(watched, world):
    batch = world.search("AN3-1")
    watched.look()
    watched.minutes_pass(4)
    watched.look()
    assert watched.stuck() == []
    watched.minutes_pass(4)
    watched.look()
    assert watched.stuck() == [("no_progress", "extraction")]
    told = watched.waits(batch)
    assert told.reason == "stuck"
    assert "bdh worker extraction" in told.message

    def gather(work):
        situation = world.hub.live.situation(work)
        return overview.gather(work, situation, queues=world.hub.queues, redis_answers=True)

    problems = world.hub.database.run(gather).problems
    assert ("error", True) in [(one.level, "has made no progress" in one.message) for one in problems]


def test_any_claim_is_progress(watched, world):
    world.search("AN3-1", "AN3-2")
    watched.look()
    watched.minutes_pass(60)
    world.boeing_answers(["AN3-1"])
    world.normalize()
    watched.look()
    assert watched.stuck() == []


def test_a_lease_that_is_renewed_is_progress(watched, world):
    world.search("AN3-1")
    lease = uuid4()
    world.hub.database.run(
        lambda work: leases.take(work, lease, stage="extraction", owner="w", seconds=60, part_numbers=["OTHER"])
    )
    watched.look()
    watched.minutes_pass(60)
    world.hub.database.run(lambda work: leases.renew(work, [lease], seconds=90))
    watched.look()
    assert watched.stuck() == []


@pytest.mark.parametrize(
    "reason",
    [
        "UPDATE hub.pacing SET pause_reason = 'credentials', paused_until = now() + interval '1 minute'",
        "UPDATE hub.pacing SET next_slot = now() + interval '1 minute'",
        "UPDATE hub.batch_items SET not_before = now() + interval '1 minute'",
    ],
)
def test_what_waits_for_a_reason_is_not_stuck(watched, world, reason):
    world.search("AN3-1")
    world.do(reason)
    watched.look()
    watched.minutes_pass(600)
    watched.look()
    assert watched.stuck() == []


def test_an_idle_hub_is_not_stuck(watched, world):
    watched.look()
    watched.minutes_pass(600)
    watched.look()
    assert watched.stuck() == []
    world.search("AN3-1")
    watched.look()
    assert watched.stuck() == [], "it is due since just now"


def test_a_worker_that_holds_its_work_for_ever_is_seen(watched, world):
    world.hub.database.run(
        lambda work: leases.take(work, uuid4(), stage="extraction", owner="w", seconds=60, part_numbers=["A", "B"])
    )
    world.do("UPDATE hub.leases SET taken_at = now() - interval '1 hour'")
    watched.look()
    assert watched.stuck() == [("held_long", "extraction")]


def test_items_whose_answer_was_not_due_are_repaired(watched, world):
    batch = world.search("AN3-1")
    world.boeing_answers(["AN3-1"])
    world.do("UPDATE hub.boeing_raw_data SET state = 'normalized'")
    watched.look()
    assert world.normalize() == 1
    assert world.batch(batch.id).outcome == "succeeded"


def test_items_whose_answer_is_gone_fail_with_a_sentence_instead_of_waiting_for_ever(watched, world):
    batch = world.search("AN3-1")
    world.boeing_answers(["AN3-1"])
    world.do("DELETE FROM hub.boeing_raw_data")
    watched.look()
    assert world.batch(batch.id).outcome == "failed"
    (item,) = world.rows("SELECT error_code FROM hub.batch_items")
    assert item["error_code"] == "normalization_failed"


def test_parts_that_an_ended_bulk_operation_held_are_free_again(watched, world):
    world.do(
        "WITH r AS (INSERT INTO hub.bulk_runs (id, shop, batch_id, state, lines) VALUES (gen_random_uuid(), 's',"
        " gen_random_uuid(), 'ended', 1) RETURNING id) INSERT INTO hub.bulk_lines (run_id, number, sku, variables)"
        " SELECT id, 0, 'AN3-1', '{}' FROM r"
    )
    watched.look()
    assert world.one("SELECT settled FROM hub.bulk_lines")
