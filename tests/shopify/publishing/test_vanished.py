"""What becomes of published parts that Boeing no longer sells, and that it is undone when they return."""

from __future__ import annotations

import pytest
from tests.support.publishing import Part

from boeing_data_hub.batches.reviewing import Reviewing
from boeing_data_hub.shopify import reviews
from boeing_data_hub.shopify.reviews import ReviewFilter

pytestmark = pytest.mark.services

STATUS = {"keep": "ACTIVE", "unlist": "UNLISTED", "draft": "DRAFT", "archive": "ARCHIVED"}


def not_found(desk, *skus):
    """Boeing's newest answer does not know these parts."""
    for sku in skus:
        desk.do(
            "INSERT INTO hub.part_answers (part_number, raw_id, skus, fetched_at)"
            " SELECT sku, 1, '{}', fetched_at + interval '1 second' FROM hub.product_staging WHERE sku = %s",
            sku,
        )


def found_again(desk, *skus):
    desk.do("DELETE FROM hub.part_answers")
    desk.stage(*(desk.staged[sku] for sku in skus))


def shown(desk, sku):
    product = desk.product(sku)
    return product["status"], sum(product["quantities"].values())


def plan_of(desk, skus):
    return {part.sku: part.as_row() for part in desk.hub.shop.planning.plan(skus).parts}


def published(desk, *parts):
    skus = desk.stage(*parts)
    desk.run(skus)
    return skus


GONE = Part("GONE=K3", "10.00", {"Dallas Central": 5})


@pytest.mark.parametrize("step", ["keep", "unlist", "draft", "archive"])
@pytest.mark.parametrize("bulk_from", [100_000, 1], ids=["direct", "bulk"])
def test_a_part_that_boeing_no_longer_knows_is_taken_off_and_comes_back_when_it_returns(make_desk, step, bulk_from):
    desk = make_desk(hub_vanished_not_found=step, hub_vanished_tag="gone", hub_bulk_publish_from=bulk_from)
    (sku,) = published(desk, GONE)
    before = desk.product(sku)
    not_found(desk, sku)
    plan = plan_of(desk, [sku])[sku]
    assert "no longer knows" in plan.sentence
    changed = {change.field: change.new for change in plan.changes}
    assert changed.get("status", "ACTIVE") == STATUS[step]
    assert any(field.startswith("stock.") and new == 0 for field, new in changed.items())
    item = desk.item(desk.run([sku]), sku)
    assert (item.outcome, "no longer knows" in item.reason) == ("updated", True)
    assert shown(desk, sku) == (STATUS[step], 0)
    assert "gone" in desk.product(sku)["tags"]
    assert desk.product(sku)["price"] == before["price"]
    assert desk.item(desk.run([sku]), sku).outcome == "unchanged"
    found_again(desk, sku)
    assert desk.item(desk.run([sku]), sku).outcome == "updated"
    assert shown(desk, sku) == ("ACTIVE", 5)
    assert desk.product(sku)["tags"] == before["tags"]


@pytest.mark.parametrize(
    ("setting", "change"),
    [
        ("hub_vanished_no_stock", {"stock": {"Dallas Central": 0}}),
        ("hub_vanished_only_unmapped", {"stock": {"Germany CSC": 7}}),
        ("hub_vanished_no_price", {"list_price": None}),
    ],
)
def test_each_cause_has_its_own_step(make_desk, setting, change):
    desk = make_desk(**{setting: "unlist"})
    (sku,) = published(desk, GONE)
    desk.stage(GONE.but(**change))
    desk.run([sku])
    assert shown(desk, sku) == ("UNLISTED", 0)
    desk.stage(GONE)
    desk.run([sku])
    assert shown(desk, sku) == ("ACTIVE", 5)


def test_by_default_what_is_gone_stays_visible_without_stock_and_a_missing_price_changes_nothing(desk):
    unknown, sold_out, unpriced = published(
        desk, GONE, Part("OUT=K3", "10.00", {"Dallas Central": 5}), Part("FREE=K3", "10.00", {"Dallas Central": 5})
    )
    not_found(desk, unknown)
    desk.stage(desk.staged[sold_out].but(stock={"Dallas Central": 0}), desk.staged[unpriced].but(list_price=None))
    done = desk.run([unknown, sold_out, unpriced])
    assert [shown(desk, sku) for sku in (unknown, sold_out, unpriced)] == [("ACTIVE", 0), ("ACTIVE", 0), ("ACTIVE", 5)]
    counted = desk.batch(done.id)
    assert (counted.failed_count, counted.not_for_sale_count) == (0, 1)


def test_what_is_left_is_left(make_desk):
    desk = make_desk(hub_vanished_not_found="leave")
    (sku,) = published(desk, GONE)
    not_found(desk, sku)
    assert desk.item(desk.run([sku]), sku).outcome == "unchanged"
    assert shown(desk, sku) == ("ACTIVE", 5)


def test_a_part_that_is_gone_for_long_is_archived(make_desk):
    desk = make_desk(hub_vanished_not_found="unlist", hub_vanished_archive_days=30)
    (sku,) = published(desk, GONE)
    not_found(desk, sku)
    desk.run([sku])
    assert shown(desk, sku) == ("UNLISTED", 0)
    desk.do("UPDATE hub.product_staging SET fetched_at = now() - interval '31 days'")
    desk.do("UPDATE hub.part_answers SET fetched_at = now()")
    desk.run([sku])
    assert shown(desk, sku) == ("ARCHIVED", 0)
    found_again(desk, sku)
    desk.run([sku])
    assert shown(desk, sku) == ("ACTIVE", 5)


def test_the_status_that_a_person_set_stays_when_the_part_returns(make_desk):
    desk = make_desk(hub_vanished_not_found="unlist")
    (sku,) = published(desk, GONE)
    not_found(desk, sku)
    desk.run([sku])
    desk.store.load({"edit": [{"sku": sku, "set": {"status": "DRAFT"}}]})
    found_again(desk, sku)
    desk.run([sku])
    assert shown(desk, sku) == ("DRAFT", 5)
    desk.run([sku])
    assert shown(desk, sku) == ("DRAFT", 5)


def test_a_part_that_was_never_published_and_is_unknown_is_not_for_sale(desk):
    (sku,) = desk.stage(GONE)
    not_found(desk, sku)
    item = desk.item(desk.run([sku]), sku)
    assert (item.state, desk.store.product(sku)) == ("not_for_sale", None)


@pytest.mark.parametrize("step", ["keep", "unlist"])
def test_a_day_on_which_boeing_does_not_find_most_parts_takes_nothing_off(make_desk, step):
    desk = make_desk(hub_guards=True, hub_vanished_not_found=step)
    skus = published(desk, *(Part(f"DAY{n}=K3", f"{100 + n}.00", {"Dallas Central": 40}) for n in range(20)))
    not_found(desk, *skus[:12])
    seq = desk.seq()
    desk.run(skus)
    assert desk.since(seq) == []
    open_ = desk.hub.database.run(lambda work: reviews.listed(work, ReviewFilter(), state="open", limit=100))
    assert {one.sku for one in open_} == set(skus[:12])
    assert {one.cause for one in open_} == {"run_sold_out"}
    found_again(desk, *skus[:12])
    desk.hub.database.run(desk.hub.shop.run_guards.judge_again)
    assert not desk.hub.database.run(lambda work: reviews.listed(work, ReviewFilter(), state="open", limit=100))


def test_few_parts_that_are_gone_are_taken_off_and_a_person_may_approve_many(make_desk):
    desk = make_desk(hub_guards=True, hub_vanished_not_found="unlist")
    skus = published(desk, *(Part(f"DAY{n}=K3", f"{100 + n}.00", {"Dallas Central": 40}) for n in range(20)))
    not_found(desk, *skus[:2])
    desk.run(skus)
    assert {shown(desk, sku) for sku in skus[:2]} == {("UNLISTED", 0)}
    not_found(desk, *skus[2:])
    desk.run(skus)
    assert {shown(desk, sku) for sku in skus[2:]} == {("ACTIVE", 40)}
    reviewing = Reviewing(desk.hub.database, desk.hub.intake)
    done = reviewing.approve(ReviewFilter(), actor="test")
    desk.to_the_end(done.batch)
    assert {shown(desk, sku) for sku in skus} == {("UNLISTED", 0)}
