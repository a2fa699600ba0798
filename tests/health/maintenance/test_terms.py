"""What is past its term goes; what is still needed stays, however old it is."""

from __future__ import annotations

import pytest

from boeing_data_hub.batches.requests import SearchRequest
from boeing_data_hub.boeing import raw_answers
from boeing_data_hub.db import audit, sessions
from boeing_data_hub.errors import Conflict
from boeing_data_hub.health.chores import removals

pytestmark = pytest.mark.services


def test_a_superseded_answer_goes_after_its_term_and_the_newest_stays_for_ever(world):
    world.searched("AN3-1", "AN3-2")
    world.searched("AN3-1", price="11.00")
    world.searched("AN3-2", price="12.00")
    assert world.keep_house()["answers"] == 0
    world.time_passes(364)
    assert world.keep_house()["answers"] == 0
    world.time_passes(2)
    assert world.keep_house()["answers"] == 1
    assert world.one("SELECT count(*) FROM hub.boeing_raw_data") == 2
    assert world.hub.normalize_again() == 2
    assert world.normalize() == 2
    assert [str(row["price"]) for row in world.rows("SELECT price FROM hub.product_staging ORDER BY sku")] == [
        "12.10",
        "13.20",
    ]


def test_an_answer_that_one_of_its_parts_still_needs_stays(world):
    world.searched("AN3-1", "AN3-2")
    world.searched("AN3-1")
    world.time_passes(4000)
    world.keep_house()
    assert world.one("SELECT count(*) FROM hub.boeing_raw_data") == 2


def test_an_answer_that_says_boeing_does_not_know_the_part_stays_while_it_is_the_newest(world):
    world.searched("AN3-1", unknown=["NO-SUCH"])
    world.searched("AN3-1")
    world.time_passes(4000)
    world.keep_house()
    assert world.hub.database.run(lambda work: raw_answers.about_part(work, "NO-SUCH")).id == 1
    world.search("NO-SUCH")
    world.boeing_answers(["NO-SUCH"])
    world.keep_house()
    assert world.rows("SELECT id FROM hub.boeing_raw_data ORDER BY id") == [{"id": 2}, {"id": 3}]


def test_an_answer_that_waits_for_normalization_stays_whatever_its_age(world):
    batch = world.search("AN3-1")
    world.boeing_answers(["AN3-1"])
    world.search("AN3-1")
    world.boeing_answers(["AN3-1"], price="20.00")
    world.time_passes(4000)
    world.keep_house()
    assert world.normalize() == 2
    assert world.batch(batch.id).outcome == "succeeded"


def test_an_answer_that_may_be_used_again_has_no_shorter_term(make_world):
    world = make_world(hub_keep_answers_days=1, hub_reuse_fresh_for=10 * 86_400)
    assert {chore.name: chore.days for chore in removals(world.hub.settings)}["answers"] == 11


def test_unreadable_answers_go_after_their_term(world):
    world.do("INSERT INTO hub.boeing_raw_data (search_query, raw_payload, state, fetched_at) VALUES ('X', '\"?\"',"
             " 'unusable', now())")  # fmt: skip
    world.time_passes(366)
    assert world.keep_house()["answers"] == 1


def test_a_key_gives_the_same_batch_for_its_term_and_something_new_after_it(world):
    first = world.searched("AN3-1", idempotency_key="nightly")
    world.time_passes(29)
    world.keep_house()
    repeated = world.hub.intake.search(
        SearchRequest(part_numbers=["AN3-1"], owner="test", force_refresh=True, idempotency_key="nightly")
    )
    assert (repeated.batch.id, repeated.is_new) == (first.id, False)
    world.time_passes(2)
    assert world.keep_house()["keys"] == 1
    new = world.hub.intake.search(SearchRequest(part_numbers=["AN3-2"], owner="test", idempotency_key="nightly"))
    assert new.is_new


def test_the_key_of_an_open_batch_is_kept_however_long_it_takes(world):
    batch = world.search("AN3-1", idempotency_key="slow")
    world.time_passes(4000)
    assert world.keep_house()["keys"] == 0
    assert world.batch(batch.id).idempotency_key == "slow"


def test_the_keys_by_which_retries_and_undos_are_one_batch_are_never_released(world):
    batch = world.searched("AN3-1", unknown=["NO-SUCH"])
    retry = world.hub.intake.retry_failed(batch.id, actor="test").batch
    world.boeing_answers(["NO-SUCH"])
    world.normalize()
    world.time_passes(100)
    world.keep_house()
    assert world.hub.intake.retry_failed(batch.id, actor="test").batch.id == retry.id


def test_items_go_after_their_term_and_the_batch_says_so(world):
    batch = world.searched("AN3-1", unknown=["NO-SUCH"])
    world.time_passes(731)
    assert world.keep_house()["items"] == 2
    after = world.batch(batch.id)
    assert (after.total_items, after.failed_count, after.outcome) == (2, 1, "finished_with_failures")
    assert after.items_gone_at is not None
    with pytest.raises(Conflict, match="deleted on"):
        world.hub.intake.retry_failed(batch.id, actor="test")
    assert world.one("SELECT count(*) FROM hub.batch_items") == 0


def test_items_of_an_open_batch_have_no_term(world):
    batch = world.search("AN3-1", "AN3-2")
    world.boeing_answers(["AN3-1"])
    world.normalize()
    world.time_passes(9000)
    world.keep_house()
    world.boeing_answers(["AN3-2"])
    world.normalize()
    assert world.batch(batch.id).outcome == "succeeded"


def test_zero_keeps_for_ever(make_world):
    world = make_world(
        **dict.fromkeys(
            ["hub_keep_keys_days", "hub_keep_answers_days", "hub_keep_items_days", "hub_keep_changes_days",
             "hub_keep_calls_days", "hub_keep_audit_days", "hub_keep_quotes_days",
             "hub_keep_history_days", "hub_keep_plans_days"], 0
        )
    )  # fmt: skip
    world.searched("AN3-1", idempotency_key="x")
    world.searched("AN3-1")
    world.time_passes(30_000)
    assert set(world.keep_house().values()) == {0}
    assert set(world.hub.upkeep.chores.count().values()) == {0}
    assert world.one("SELECT count(*) FROM hub.boeing_raw_data") == 2


def test_old_prices_and_stock_go_and_the_newest_of_each_part_stay(world):
    for price in ("10.00", "11.00", "12.00"):
        world.searched("AN3-1", "AN3-2", price=price)
    world.one("INSERT INTO hub.sold_pieces VALUES ('s', 'AN3-1', current_date - 1830, 4) RETURNING pieces")
    world.time_passes(1830)
    world.one("INSERT INTO hub.sold_pieces VALUES ('s', 'AN3-1', current_date, 3) RETURNING pieces")
    world.searched("AN3-2", price="13.00")
    assert world.keep_house()["history"] == 6
    assert world.rows("SELECT pieces FROM hub.sold_pieces") == [{"pieces": 3}]
    left = "SELECT sku, list_price::text AS price FROM hub.price_history ORDER BY sku, fetched_at"
    assert [(row["sku"], row["price"]) for row in world.rows(left)] == [("AN3-1", "12.0000"), ("AN3-2", "13.0000")]
    assert world.one("SELECT count(*) FROM hub.stock_history") == 2


def test_old_lines_of_the_audit_log_go_and_younger_ones_stay(world):
    for days in (1830, 1):
        world.hub.database.run(lambda work: audit.record(work, actor="a", action="b", target="c"))
        world.time_passes(days)
    assert world.keep_house()["audit"] == 1
    assert world.one("SELECT count(*) FROM hub.audit_log") == 1


def test_complete_quotes_go_with_their_lines_and_those_that_wait_stay(world):
    def quote(rfq, state):
        world.one(
            "WITH q AS (INSERT INTO hub.quotes (rfq_number, request_hash, state, terms, owner, completed_at) VALUES"
            " (%s, 'x', %s, '{}', 'o', CASE WHEN %s <> 'pending' THEN now() END) RETURNING id)"
            " INSERT INTO hub.quote_lines (quote_id, position, part_number, quantity) SELECT id, 1, 'A', 1 FROM q"
            " RETURNING quote_id",
            *(rfq, state, state),
        )

    quote("OLD", "no_quote")
    quote("WAITS", "pending")
    world.time_passes(1830)
    quote("YOUNG", "no_quote")
    assert world.keep_house()["quotes"] == 1
    left = world.rows("SELECT rfq_number FROM hub.quotes JOIN hub.quote_lines ON quote_id = id ORDER BY rfq_number")
    assert [row["rfq_number"] for row in left] == ["WAITS", "YOUNG"]


def test_sessions_links_drafts_and_sightings_that_are_over_go_and_others_stay(world):
    def step(work):
        sessions.begin(work, name="old", person="p")
        sessions.make_link(work, "key")
        work.do("INSERT INTO hub.store_sightings (shop, sku) VALUES ('s', 'OLD')")
        work.do("INSERT INTO hub.search_drafts VALUES (gen_random_uuid(), 'o', 's', '{}', '[]', '[]', 0, 0)")

    world.hub.database.run(step)
    assert world.keep_house()["expired"] == 0
    world.time_passes(2)
    world.hub.database.run(lambda work: work.do("INSERT INTO hub.store_sightings (shop, sku) VALUES ('s', 'NEW')"))
    assert world.keep_house()["expired"] == 4
    assert world.rows("SELECT sku FROM hub.store_sightings") == [{"sku": "NEW"}]


def test_what_would_go_is_what_goes(world):
    for price in ("10.00", "11.00", "12.00"):
        world.searched("AN3-1", unknown=["NO-SUCH"], price=price, idempotency_key=f"k{price}")
    world.hub.database.run(lambda work: work.do("INSERT INTO hub.store_sightings (shop, sku) VALUES ('s', 'OLD')"))
    world.time_passes(2000)
    foretold = world.hub.upkeep.chores.count()
    assert world.keep_house() == foretold
    assert foretold == {"keys": 3, "answers": 2, "items": 6, "changes": 0, "calls": 0, "audit": 3, "quotes": 0,
                        "history": 2, "plans": 0, "expired": 1}  # fmt: skip
    assert set(world.hub.upkeep.chores.count().values()) == {0}
