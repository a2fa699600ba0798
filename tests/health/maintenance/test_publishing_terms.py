"""What the store's side still needs stays: an undo while allowed, a call whose answer may be lost, open orphans."""

from __future__ import annotations

from uuid import uuid4

import psycopg
import pytest

from boeing_data_hub.batches.requests import PublishRequest
from boeing_data_hub.errors import Conflict

pytestmark = pytest.mark.services


def test_a_publish_run_can_be_undone_until_its_retention_ends(desk, desk_world):
    done = desk.run(desk.stage(*desk.make_parts(2)))
    desk_world.time_passes(364)
    desk_world.keep_house()
    undo = desk_world.hub.intake.undo(done.id, actor="test").batch
    assert desk.to_the_end(undo).outcome == "succeeded"
    assert {desk.product(sku)["status"] for sku in desk.staged} == {"ARCHIVED"}


def test_after_its_term_an_undo_is_refused_with_the_reason(desk, desk_world):
    done = desk.run(desk.stage(*desk.make_parts(2)))
    desk_world.time_passes(366)
    assert desk_world.keep_house()["changes"] == 2
    for attempt in (
        lambda: desk_world.hub.intake.undo(done.id, actor="test"),
        lambda: desk_world.hub.intake.publish(PublishRequest(part_numbers=["X"], owner="t", undo_of=done.id)),
    ):
        with pytest.raises(Conflict, match="deleted on") as caught:
            attempt()
        assert caught.value.code == "undo_expired"
    desk.judge(desk.run(list(desk.staged)))


def test_an_undo_in_progress_keeps_the_data_it_needs(desk, desk_world):
    done = desk.run(desk.stage(*desk.make_parts(2)))
    undo = desk_world.hub.intake.undo(done.id, actor="test").batch
    desk_world.time_passes(4000)
    assert desk_world.keep_house()["changes"] == 0
    assert desk.to_the_end(undo).outcome == "succeeded"
    desk_world.time_passes(366)
    assert desk_world.keep_house()["changes"] == 4


def test_items_are_removed_and_the_undo_still_works(make_desk):
    desk = make_desk(hub_keep_items_days=1)
    done = desk.run(desk.stage(*desk.make_parts(2)))
    desk.do("UPDATE hub.batches SET completed_at = completed_at - interval '2 days'")
    assert desk.hub.upkeep.chores.whole_round()["items"] == 2
    assert desk.to_the_end(desk.hub.intake.undo(done.id, actor="test").batch).outcome == "succeeded"


def test_bulk_operations_go_but_for_those_the_pace_is_reckoned_from(make_desk):
    desk = make_desk(hub_bulk_publish_from=2, hub_keep_calls_days=30)
    desk.run(desk.stage(*desk.make_parts(60)))
    runs = desk.rows("SELECT * FROM hub.bulk_runs")
    assert runs
    desk.do("UPDATE hub.bulk_runs SET created_at = created_at - interval '31 days'")
    desk.do("UPDATE hub.stock_calls SET created_at = created_at - interval '31 days'")
    assert desk.hub.upkeep.chores.whole_round()["calls"] == 0
    desk.do("UPDATE hub.bulk_runs SET partial = true")
    foretold = desk.hub.upkeep.chores.count()["calls"]
    assert desk.hub.upkeep.chores.whole_round()["calls"] == foretold == sum(run["lines"] for run in runs)
    assert desk.rows("SELECT id FROM hub.bulk_runs") == []


def test_a_bulk_operation_whose_batch_is_open_or_a_line_of_which_is_open_stays(world):
    for batch, settled in ((uuid4(), False), (world.many_items(1, ended_days_ago=100), False), (uuid4(), True)):
        world.do(
            "WITH r AS (INSERT INTO hub.bulk_runs (id, shop, batch_id, state, lines) VALUES (gen_random_uuid(), 's',"
            " %s, 'ended', 1) RETURNING id) INSERT INTO hub.bulk_lines (run_id, number, sku, variables, settled)"
            " SELECT id, 0, 'AN3-1', '{}', %s FROM r",
            batch, settled,
        )  # fmt: skip
    world.time_passes(400)
    assert world.keep_house()["calls"] == 0
    assert world.one("SELECT count(*) FROM hub.bulk_runs") == 3


def test_a_stock_call_that_an_intent_names_stays(world):
    named, other = uuid4(), uuid4()
    for key in (named, other):
        world.do("INSERT INTO hub.stock_calls (key, shop, rows) VALUES (%s, 's', '[]')", key)
    world.do(
        "INSERT INTO hub.products (shop, sku, custom_id, search_key, handle, title, intent, intent_at)"
        " VALUES ('s', 'A', 'A', 'A', 'a', 'A', jsonb_build_object('stock_call', %s::text), now()),"
        "  ('s', 'B', 'B', 'B', 'b', 'B', '{}', now())",
        str(named),
    )
    world.time_passes(4000)
    assert world.keep_house()["calls"] == 1
    assert world.rows("SELECT key FROM hub.stock_calls") == [{"key": named}]
    assert world.one("SELECT count(*) FROM hub.products WHERE intent IS NOT NULL") == 2


def test_open_orphans_and_conflicts_have_no_term_and_settled_ones_have(world):
    world.do("INSERT INTO hub.orphans (shop, sku, reason, state) VALUES ('s','A','r','due'), ('s','B','r','gone')")
    world.do(
        "INSERT INTO hub.conflicts (shop, sku, kind, sentence, decision, decided_at)"
        " VALUES ('s','A','sku_taken','x',NULL,NULL), ('s','B','sku_taken','x','leave',now())"
    )
    world.time_passes(731)
    assert world.keep_house()["expired"] == 2
    assert world.rows("SELECT o.sku, c.sku AS other FROM hub.orphans o, hub.conflicts c") == [
        {"sku": "A", "other": "A"}
    ]


def test_a_plan_that_adopted_a_store_can_be_undone_until_its_retention_ends(world):
    for state in ("ended", "open"):
        world.do(
            "WITH j AS (INSERT INTO hub.store_jobs (id, shop, kind, state, actor) VALUES (gen_random_uuid(), 's',"
            " 'adopt', %s, 'x') RETURNING id), a AS (INSERT INTO hub.adoptions (id, shop, job_id, actor)"
            " SELECT gen_random_uuid(), 's', id, %s FROM j RETURNING id) INSERT INTO hub.adoption_rows (adoption_id,"
            " position, product_id, title, handle, vendor, status, variants, pieces, candidates, confidence, keep)"
            " SELECT id, 1, 'p', '', '', '', '', '[]', 0, '{}', 'certain', true FROM a",
            state, state,
        )  # fmt: skip
    world.time_passes(729)
    assert world.keep_house()["expired"] == 0
    world.do("UPDATE hub.store_jobs SET updated_at = now() - interval '731 days'")
    assert world.keep_house()["expired"] == 2
    assert world.rows("SELECT a.actor FROM hub.adoptions a JOIN hub.adoption_rows r ON r.adoption_id = a.id") == [
        {"actor": "open"}
    ]


def test_a_plan_that_was_never_approved_is_discarded_with_a_reason(make_desk):
    desk = make_desk(hub_keep_plans_days=90)
    plan = desk.publish(desk.stage(*desk.make_parts(2)), plan=True)
    desk.do("UPDATE hub.batches SET created_at = now() - interval '89 days'")
    assert desk.hub.upkeep.chores.whole_round()["plans"] == 0
    desk.do("UPDATE hub.batches SET created_at = now() - interval '91 days'")
    assert desk.hub.upkeep.chores.count()["plans"] == 1
    assert desk.hub.upkeep.chores.whole_round()["plans"] == 1
    after = desk.batch(plan.id)
    assert (after.outcome, after.cancelled_count) == ("cancelled", 2)
    assert "it was not approved within 90 days" in after.error_message
    assert desk.rows("SELECT actor, action FROM hub.audit_log ORDER BY id DESC LIMIT 1") == [
        {"actor": "housekeeping", "action": "plan.expire"}
    ]


def test_an_undo_that_is_accepted_at_the_moment_of_the_removal_keeps_what_it_needs(desk, desk_world, database_url):
    done = desk.run(desk.stage(*desk.make_parts(1)))
    desk_world.time_passes(400)
    with psycopg.connect(database_url) as accepting:  # an undo that has looked, and has not committed yet
        accepting.execute("SELECT * FROM hub.batches WHERE id = %s FOR SHARE", [done.id])
        assert desk_world.keep_house()["changes"] == 0
    assert desk_world.keep_house()["changes"] == 1
