"""Sold pieces count once, whoever sees them first: a webhook, a comparison, a publish, or compare-and-set."""

from __future__ import annotations

import random
from uuid import uuid4

import pytest
from tests.support.publishing import Part

from boeing_data_hub.shopify import webhook_rows
from boeing_data_hub.shopify.webhooks import Webhook

pytestmark = pytest.mark.services

SKU = "SEAL=K3"
PART = Part(SKU, stock={"Dallas Central": 50, "Miami, FL": 40})


@pytest.fixture
def published(desk):
    desk.run(desk.stage(PART))
    return PART


def told(desk):
    """The store says by a webhook that stock has changed, and a worker reads it."""
    item = desk.row(SKU)["inventory_item_id"]
    webhook = Webhook(str(uuid4()), "inventory_levels/update", inventory_item_id=item)
    desk.hub.database.run(lambda work: webhook_rows.add(work, [webhook]))
    desk.work(1)


def compare(desk):
    started = desk.hub.shop.decisions.compare(actor="test")
    while desk.hub.shop.decisions.snapshot(started.id).state != "ended":
        desk.do("UPDATE hub.store_snapshots SET not_before = now()")
        desk.work(0.3)


def restock(desk, pieces):
    """Boeing has other stock at both places, so the next publish sets it."""
    desk.stage(PART.but(stock={"Dallas Central": 50 + pieces, "Miami, FL": 40 + pieces}))
    return desk.run([SKU])


def test_a_sale_that_a_webhook_showed_is_not_counted_again_by_compare_and_set(desk, published):
    desk.store.sell(SKU, "Dallas", 3)
    told(desk)
    assert desk.sold() == {SKU: 3}
    told(desk)
    desk.run([SKU])
    compare(desk)
    assert desk.sold() == {SKU: 3}
    desk.store.sell(SKU, "Dallas", 2)
    restock(desk, 10)
    assert desk.sold() == {SKU: 5}
    assert desk.row(SKU)["counted"] == {}
    told(desk)
    assert desk.sold() == {SKU: 5}, "the hub's own write is no sale"
    desk.judge(sold={(SKU, "Dallas"): 5})


def test_what_a_person_adds_is_no_negative_sale_and_hides_none_that_follow(desk, published):
    desk.store.sell(SKU, "Dallas", 3)
    told(desk)
    desk.store.sell(SKU, "Dallas", -8)
    told(desk)
    desk.store.sell(SKU, "Dallas", 4)
    desk.store.sell(SKU, "Miami", 1)
    compare(desk)
    assert desk.sold() == {SKU: 8}
    desk.store.sell(SKU, "Dallas", 1)
    told(desk)
    assert (desk.sold(), desk.row(SKU)["counted"]) == ({SKU: 9}, {"Miami": 39}), "Dallas is as it was set"


def test_a_difference_in_stock_is_no_longer_reported_once_the_stock_was_set(desk, published):
    desk.store.sell(SKU, "Dallas", 3)
    told(desk)
    assert [each["field"] for each in desk.row(SKU)["differences"]] == ["stock.Dallas"]
    restock(desk, 10)
    assert desk.row(SKU)["differences"] is None


def test_where_every_difference_is_a_mistake_nothing_was_sold(make_desk):
    desk = make_desk(hub_drift_stock="correct")
    desk.run(desk.stage(PART))
    desk.store.sell(SKU, "Dallas", 3)
    told(desk)
    restock(desk, 10)
    assert desk.sold() == {}
    desk.judge()


def test_a_product_that_was_created_again_begins_anew(desk, published):
    desk.store.sell(SKU, "Dallas", 3)
    told(desk)
    desk.store.load({"delete": [{"sku": SKU}]})
    desk.run([SKU])
    told(desk)
    assert (desk.sold(), desk.row(SKU)["counted"]) == ({SKU: 3}, {})


@pytest.mark.parametrize("seed", range(3))
def test_on_random_days_every_sale_counts_once(desk, published, seed):
    dice = random.Random(seed)  # noqa: S311 - repeatable
    sold = {"Dallas": 0, "Miami": 0}
    added = 0
    done = []
    for _ in range(14):
        what = dice.choice(["sale", "sale", "sale", "told", "told", "publish", "compare", "restock"])
        done.append(what)
        if what == "sale":
            place, pieces = dice.choice(sorted(sold)), dice.randrange(1, 4)
            desk.store.sell(SKU, place, pieces)
            sold[place] += pieces
            done.append((place, pieces))
        elif what == "told":
            told(desk)
        elif what == "publish":
            desk.run([SKU])
        elif what == "compare":
            compare(desk)
        else:
            added += 5
            restock(desk, added)
    told(desk)
    assert desk.sold() == ({SKU: sum(sold.values())} if any(sold.values()) else {}), done
