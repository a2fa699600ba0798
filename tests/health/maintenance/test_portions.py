"""Much data is removed in small portions: nothing waits for it, any worker continues it, and two at once do it once."""

from __future__ import annotations

from itertools import pairwise
from threading import Event, Thread

import psycopg
import pytest

from boeing_data_hub.batches import retention

pytestmark = pytest.mark.services


def forever() -> bool:
    return True


def test_fifty_thousand_items_are_removed_in_portions_with_separate_commits(world):
    world.many_items(50_000, ended_days_ago=800)
    young = world.many_items(100, ended_days_ago=700)
    left = [50_100]
    while world.hub.upkeep.chores.turn(forever):
        left.append(world.one("SELECT count(*) FROM hub.batch_items"))
    steps = [before - after for before, after in pairwise(left)]
    assert max(steps) <= 4 * retention.ROWS, "a turn is a few portions"
    assert left[-1] == 100
    assert world.one("SELECT count(*) FROM hub.batch_items WHERE batch_id = %s", young) == 100
    row = next(one.state for one in world.hub.upkeep.chores.status() if one.chore.name == "items")
    assert (row.last_round, row.removed, row.began_at) == (50_000, 0, None)


def test_an_interrupted_round_continues_where_it_stopped(world, make_world):
    world.many_items(12_000, ended_days_ago=800)
    for _ in range(20):
        portions = iter([True, False])
        world.hub.upkeep.chores.turn(lambda once=portions: next(once, False))
        if 0 < world.one("SELECT count(*) FROM hub.batch_items") < 12_000:
            break
    assert 0 < world.one("SELECT count(*) FROM hub.batch_items") < 12_000
    other = make_world()
    while other.hub.upkeep.chores.turn(forever):
        pass
    assert world.one("SELECT count(*) FROM hub.batch_items") == 0
    assert world.one("SELECT last_round FROM hub.chores WHERE name = 'items'") == 12_000


def test_two_at_once_remove_everything_once(world, make_world):
    world.many_items(30_000, ended_days_ago=800)
    other = make_world()
    found = []
    threads = [Thread(target=lambda w=w: found.append(w.keep_house()["items"])) for w in (world, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [30_000, 30_000], "both are told what the round came to"
    assert world.one("SELECT count(*) FROM hub.batch_items") == 0


def test_a_worker_that_finds_a_chore_locked_does_not_wait(world, database_url):
    world.many_items(10, ended_days_ago=800)
    world.hub.upkeep.chores.turn(lambda: False)
    with psycopg.connect(database_url) as holder:
        holder.execute("SELECT * FROM hub.chores FOR UPDATE")
        assert world.hub.upkeep.chores.turn(forever) == 0
    while world.hub.upkeep.chores.turn(forever):
        pass
    assert world.one("SELECT count(*) FROM hub.batch_items") == 0


def test_a_locked_row_is_left_for_the_next_round(world, database_url):
    world.searched("AN3-1")
    world.searched("AN3-1")
    world.time_passes(400)
    with psycopg.connect(database_url) as holder:
        holder.execute("SELECT * FROM hub.boeing_raw_data FOR UPDATE")
        assert world.keep_house()["answers"] == 0
    assert world.keep_house()["answers"] == 1


def test_a_chore_is_done_once_a_day_and_its_row_says_when(world):
    while world.hub.upkeep.chores.turn(forever):
        pass
    (row,) = world.rows("SELECT *, due_at - done_at AS pause FROM hub.chores WHERE name = 'audit'")
    assert 86_000 < row["pause"].total_seconds() <= 86_400
    assert world.hub.upkeep.chores.turn(forever) == 0
    world.do("UPDATE hub.chores SET due_at = now()")
    assert world.hub.upkeep.chores.turn(forever) > 0


def test_a_failing_chore_is_reported_and_does_not_block_the_others(world):
    world.many_items(10, ended_days_ago=800)
    world.do("ALTER TABLE hub.audit_log RENAME TO hidden")
    while world.hub.upkeep.chores.turn(forever):
        pass
    status = {one.chore.name: one.state for one in world.hub.upkeep.chores.status()}
    assert "hub.audit_log" in str(status["audit"].note)
    assert status["audit"].failures == 1
    assert status["items"].last_round == 10
    world.do("ALTER TABLE hub.hidden RENAME TO audit_log")
    world.do("UPDATE hub.chores SET due_at = now() WHERE name = 'audit'")
    world.hub.upkeep.chores.turn(forever)
    assert world.one("SELECT note FROM hub.chores WHERE name = 'audit'") is None


def test_a_search_continues_while_much_is_removed(world, make_world):
    world.many_items(50_000, ended_days_ago=800)
    done = Event()
    cleaner = make_world()

    def clean():
        while not done.is_set() and cleaner.hub.upkeep.chores.turn(forever):
            pass

    thread = Thread(target=clean)
    thread.start()
    try:
        for number in range(20):
            assert world.searched(f"AN3-{number}").outcome == "succeeded"
    finally:
        done.set()
        thread.join()


def test_what_many_batches_changed_goes_to_the_last_row_however_its_skus_are_spelt(world):
    batches = [world.many_items(5, ended_days_ago=800, batch_type="publish") for _ in range(3)]
    for batch, count in zip(batches, (2_500, 1, 700), strict=True):
        world.do(
            "INSERT INTO hub.publish_changes (batch_id, sku, shop, action, after, product_id)"
            " SELECT %s, CASE n %% 4 WHEN 0 THEN 'a-' WHEN 1 THEN 'A_' WHEN 2 THEN '\u00e4' ELSE 'Z=' END || n, 's',"
            " 'created', '{}', 'p' FROM generate_series(1, %s) n",
            batch, count,
        )  # fmt: skip
    assert world.hub.upkeep.chores.count()["changes"] == 3_201
    assert world.keep_house()["changes"] == 3_201
    assert world.one("SELECT count(*) FROM hub.publish_changes") == 0
