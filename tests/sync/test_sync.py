"""Sync against a real Postgres: what it asks for, what it learns, and what it has published."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from boeing_data_hub.boeing.line_item import normalize
from boeing_data_hub.catalogue import staging
from boeing_data_hub.catalogue.pricing import GUIDE_RULES
from boeing_data_hub.catalogue.staged_part import NormalizationRules
from boeing_data_hub.catalogue.staging import Staged
from boeing_data_hub.shopify import current_store
from boeing_data_hub.sync import freshness, rows
from boeing_data_hub.values.states import Stage
from boeing_data_hub.work import leases
from boeing_data_hub.work.verdicts import Failure, Found, Postponed, RawAnswer, Verdicts

pytestmark = pytest.mark.services


def product(sku: str, *, price: str = "100", quantity: int = 5):
    where = [{"location": "Dallas Central", "availQuantity": quantity}]
    item = {"aviallPartNumber": sku, "listPrice": price, "quantity": quantity, "inStock": quantity > 0}
    return normalize(item | {"locationAvailabilities": where}, "USD", NormalizationRules())


class Desk:
    """A hub with sync on, and hands that put parts, answers and products into its tables."""

    def __init__(self, hub) -> None:
        self.hub = hub
        self.sync = hub.sync
        self.run = hub.database.run
        self.now = self.run(lambda work: work.value("SELECT now()"))
        self.run(lambda work: current_store.note(work, "shop"))

    def stage(self, *skus: str, age: float = 1.0, live: bool = True, **more) -> None:
        """Parts answered so many days ago."""
        at = self.now - timedelta(days=age)
        staged = [Staged(product(sku, **more), 1, at) for sku in skus]

        def step(work):
            staging.upsert(work, staged, GUIDE_RULES)
            if live:
                work.do(
                    "INSERT INTO hub.products (shop, sku, custom_id, search_key, handle, title, state, product_id)"
                    " SELECT 'shop', s, s, s, s, s, 'live', s FROM unnest(%s::text[]) s ON CONFLICT DO NOTHING",
                    [list(skus)],
                )

        self.run(step)

    def answer(self, *products, age: float = 0.0) -> None:
        """What normalization does with an answer."""
        staged = [Staged(one, 2, self.now - timedelta(days=age)) for one in products]

        def step(work):
            self.sync.watch(work, staged)
            staging.upsert(work, staged, GUIDE_RULES)

        self.run(step)

    def claim(self) -> list[str]:
        return [part.part_number for part in self.run(self.sync.claim)]

    def ask(self, query, *values):
        return self.run(lambda work: work.rows(query, list(values)))


@pytest.fixture
def desk(make_hub):
    def made(**settings):
        return Desk(make_hub(hub_sync=True, boeing_api_rate_limit="2/m", hub_sync_longest_age=0, **settings))

    return made


def test_sync_is_off_unless_it_is_switched_on(make_hub):
    assert make_hub().sync is None


def test_it_asks_for_ten_live_parts_at_a_time(desk):
    desk = desk()
    desk.stage(*(f"P{n:02}" for n in range(25)))
    desk.stage("STAGED", live=False)
    assert desk.sync.sweep()
    assert desk.ask("SELECT count(*) AS parts FROM hub.sync_parts") == [{"parts": 25}]
    assert len(set(desk.claim())) == 10


def test_staged_parts_are_kept_right_where_the_setting_says_so(desk):
    desk = desk(hub_sync_parts="staged")
    desk.stage("STAGED", live=False)
    desk.sync.sweep()
    assert desk.claim() == ["STAGED"]
    desk.answer(product("STAGED", price="120"))
    assert desk.ask("SELECT sku FROM hub.sync_parts WHERE changed_at IS NOT NULL") == []  # there is nothing to publish


def test_without_parts_without_a_limit_and_out_of_hours_nothing_is_asked(desk, make_hub):
    assert not desk().sync.sweep()
    unlimited = Desk(make_hub(hub_sync=True, boeing_api_rate_limit="unlimited"))
    unlimited.stage("P1")
    assert not unlimited.sync.sweep()
    assert unlimited.claim() == []
    clock = unlimited.now
    closed = f"{clock + timedelta(hours=2):%H:%M}-{clock + timedelta(hours=3):%H:%M}"
    night = Desk(make_hub(hub_sync=True, boeing_api_rate_limit="2/m", hub_sync_hours=closed))
    assert not night.sync.sweep()
    assert night.claim() == []


def test_what_others_ask_for_just_now_is_left_out(desk):
    desk = desk()
    desk.stage(*(f"P{n:02}" for n in range(12)))
    desk.sync.sweep()
    first = desk.claim()
    desk.run(lambda work: leases.take(work, uuid4(), stage=Stage.EXTRACTION, owner="x", seconds=60, part_numbers=first))
    assert not set(desk.claim()) & set(first)


def test_old_expensive_and_often_sold_parts_come_first(desk):
    desk = desk(boeing_batch_size=3)
    desk.stage(*(f"P{n:02}" for n in range(20)))
    desk.stage("OLD", age=20.0)
    desk.stage("DEAR", price="40000")
    desk.stage("SOLD")
    sold = "INSERT INTO hub.sold_pieces SELECT shop, sku, current_date - 9, 90 FROM hub.products WHERE sku = 'SOLD'"
    desk.ask(f"{sold} RETURNING sku")
    desk.sync.sweep()
    assert set(desk.claim()) == {"OLD", "DEAR", "SOLD"}
    assert desk.ask("SELECT sku, sold FROM hub.sync_parts WHERE sold > 0") == [{"sku": "SOLD", "sold": 1.0}]


def test_an_answer_older_than_the_longest_age_comes_before_any_value(make_hub):
    desk = Desk(
        make_hub(hub_sync=True, boeing_api_rate_limit="20/s", hub_sync_longest_age=86_400 * 3, boeing_batch_size=1)
    )
    desk.stage("DEAR", price="900000", age=2.0)
    desk.stage("CHEAP", price="0.01", quantity=0, age=4.0)
    desk.sync.sweep()
    assert desk.claim() == ["CHEAP"]


def test_an_answer_makes_a_part_young_and_a_failure_makes_it_wait(desk):
    desk = desk(boeing_batch_size=4)
    desk.stage(*"ABCD")
    desk.sync.sweep()
    assert sorted(desk.claim()) == list("ABCD")
    answer = RawAnswer(7, "A", "{}", {"A": ["A"]}, desk.now)
    verdicts = Verdicts(
        found={"A": Found(7, ("A",))},
        failed={"B": Failure("x", "x")},
        again={"C": Postponed(1, 1, None, Failure("x", "x"))},
    )
    verdicts.again["D"] = Postponed(0.0, 0, None, Failure("boeing_rate_limited", "x"))  # Boeing's fault, not the part's
    desk.run(lambda work: desk.sync.answered(work, [answer], verdicts))
    assert desk.claim()[0] == "D"
    assert not set(desk.claim()) & set("BC")
    desk.ask("UPDATE hub.sync_parts SET not_before = now() WHERE failures > 0 RETURNING sku")
    assert len(desk.claim()) == 2  # of four that fit: those that failed stay among themselves
    desk.ask("UPDATE hub.sync_parts SET failures = 2 WHERE failures > 0 RETURNING sku")
    assert len(desk.claim()) == 1


def test_what_changed_is_published_once(desk):
    desk = desk(shopify_store_domain="https://shop.example")
    desk.stage("SAME", "DEARER", "SOLD")
    desk.sync.sweep()
    answers = [product("SAME"), product("DEARER", price="120"), product("SOLD", quantity=1)]
    desk.answer(*answers)
    desk.answer(*answers)  # the same answer twice, after a worker died
    desk.sync.sweep()
    desk.sync.sweep()
    published = desk.ask(
        "SELECT i.part_number, b.owner FROM hub.batch_items i JOIN hub.batches b ON b.id = i.batch_id"
        " WHERE b.batch_type = 'publish' ORDER BY 1"
    )
    assert published == [{"part_number": sku, "owner": rows.OWNER} for sku in ("DEARER", "SOLD")]


def test_a_change_during_a_publish_run_waits_for_the_next(desk):
    desk = desk(shopify_store_domain="https://shop.example")
    desk.stage("A")
    desk.sync.sweep()
    desk.answer(product("A", price="120"), age=0.5)
    desk.sync.sweep()
    desk.answer(product("A", price="130"))
    desk.sync.sweep()
    assert len(desk.ask("SELECT id FROM hub.batches")) == 1
    desk.ask("UPDATE hub.batches SET completed_at = now(), status = 'completed' RETURNING id")
    desk.sync.sweep()
    assert len(desk.ask("SELECT id FROM hub.batches")) == 2


def test_changes_raise_the_rate_and_calm_lowers_it(desk):
    desk = desk()
    desk.stage("CALM", "WILD", age=3.0)
    desk.sync.sweep()
    desk.answer(product("CALM"), product("WILD", quantity=9))
    classes = {one["sku"]: one["part_class"] for one in desk.ask("SELECT sku, part_class FROM hub.sync_parts")}
    assert classes["WILD"] > classes["CALM"]


def test_a_part_that_left_the_store_is_forgotten_and_a_new_one_is_found(desk):
    desk = desk(hub_sync_review_seconds=1)
    desk.stage("GONE", "STAYS")
    desk.sync.sweep()
    desk.ask("UPDATE hub.products SET state = 'archived' WHERE sku = 'GONE' RETURNING sku")
    desk.ask("UPDATE hub.sync_state SET reviewed_at = to_timestamp(0) RETURNING reached")
    desk.stage("NEW")
    desk.sync.sweep()
    assert desk.ask("SELECT sku FROM hub.sync_parts ORDER BY sku") == [{"sku": "NEW"}, {"sku": "STAYS"}]


def test_a_share_of_the_calls_stays_free(desk):
    desk = desk(hub_sync_free_share=0.5)
    desk.stage(*"ABC")
    desk.sync.sweep()
    assert desk.claim()
    assert desk.claim() == []
    assert not desk.run(desk.sync.any_due)


def test_the_share_that_is_likely_right_falls_with_age_and_with_changes(desk):
    desk = desk()

    def likely_right():
        desk.ask("DELETE FROM hub.freshness RETURNING at")
        desk.run(lambda work: freshness.measure(work, None))
        return desk.run(lambda work: freshness.look(work, desk.hub.boeing_limit)).estimate

    assert likely_right() is None  # there are no parts
    desk.stage("P1", "P2", age=0.0)
    young = likely_right()
    assert (young.parts, young.likely_right) == (2, pytest.approx(1.0, abs=0.01))
    desk.stage("P3", age=30.0)
    older = likely_right()
    prior = desk.run(rows.state).priors
    alone = (prior.price.days / (prior.price.days + 30)) ** prior.price.changes
    alone *= (prior.stock.days / (prior.stock.days + 30)) ** prior.stock.changes
    assert older.likely_right == pytest.approx((2 * young.likely_right + alone) / 3, abs=0.01)
    desk.sync.sweep()
    desk.ask("UPDATE hub.sync_parts SET stock_changes = 30, watched_days = 30 WHERE sku = 'P3' RETURNING sku")
    assert likely_right().likely_right < older.likely_right


def test_a_part_that_boeing_stops_or_starts_to_know_is_published_once_for_each(desk):
    desk = desk(shopify_store_domain="https://shop.example")
    desk.stage("A", "B")
    desk.sync.sweep()

    def answered(number, **matches):
        answer = RawAnswer(number, "A,B", "{}", matches, desk.now + timedelta(seconds=number))
        desk.run(lambda work: desk.sync.answered(work, [answer], Verdicts()))
        desk.sync.sweep()
        desk.ask("UPDATE hub.batches SET completed_at = now(), status = 'completed' RETURNING id")
        return [row["part_number"] for row in desk.ask("SELECT part_number FROM hub.batch_items ORDER BY part_number")]

    assert answered(1, A=["A"], B=["B"]) == []
    assert answered(2, A=[], B=["B"]) == ["A"]
    assert answered(3, A=[], B=["B"]) == ["A"]
    assert answered(4, A=["A"], B=["B"]) == ["A", "A"]


def test_a_part_that_the_hub_archived_stays_in_care_and_one_that_an_undo_archived_does_not(desk):
    desk = desk(hub_sync_review_seconds=1)
    desk.stage("HUB", "UNDO")
    undo = desk.ask(
        "INSERT INTO hub.batches (id, batch_type, status, total_items, owner, request_hash, options)"
        " VALUES (gen_random_uuid(), 'publish',"
        " 'completed', 1, 'x', 'x', '{\"undo_of\": \"00000000-0000-0000-0000-000000000001\"}') RETURNING id"
    )[0]["id"]
    desk.ask(
        "UPDATE hub.products SET state = 'archived', form = '{\"status\": \"ARCHIVED\"}',"
        " batch_id = CASE WHEN sku = 'UNDO' THEN %s::uuid END RETURNING sku",
        undo,
    )
    desk.sync.sweep()
    assert desk.ask("SELECT sku FROM hub.sync_parts ORDER BY sku") == [{"sku": "HUB"}]


def test_parts_that_are_gone_for_long_are_published_once_a_day_to_be_archived(desk):
    desk = desk(hub_sync_review_seconds=1, hub_vanished_archive_days=30, shopify_store_domain="https://shop.example")
    desk.stage("OLD", "NEW", age=40)
    desk.ask('UPDATE hub.products SET form = \'{"status": "UNLISTED"}\' RETURNING sku')
    desk.sync.sweep()
    desk.ask("UPDATE hub.sync_parts SET absent = sku = 'OLD' RETURNING sku")
    for seen, parts in ((None, ["OLD"]), ("1 hour", ["OLD"]), ("21 hours", ["OLD", "OLD"])):
        if seen:
            desk.ask("UPDATE hub.products SET looked_at = now() - %s::interval RETURNING sku", seen)
        desk.ask("UPDATE hub.sync_state SET reviewed_at = to_timestamp(0) RETURNING reached")
        desk.sync.sweep()
        desk.ask("UPDATE hub.batches SET completed_at = now(), status = 'completed' RETURNING id")
        found = desk.ask("SELECT part_number FROM hub.batch_items ORDER BY part_number")
        assert [row["part_number"] for row in found] == parts, seen
