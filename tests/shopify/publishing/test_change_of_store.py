"""After a change of store, every list, count and page is about the current one; the former one's rows stay, unseen."""

from __future__ import annotations

import pytest

from boeing_data_hub.errors import NotFound
from boeing_data_hub.health import stalls
from boeing_data_hub.shopify import (
    conflict_rows,
    current_store,
    due_work,
    leftover_products,
    media_check_rows,
    products,
    store_job_rows,
)
from boeing_data_hub.values.states import Stage

pytestmark = pytest.mark.services

FORMER = "gid://shopify/Shop/777"


@pytest.fixture
def moved(desk):
    """A hub that has published one part to another store than it is connected to now, and left work there."""
    part, other = desk.make_parts(2)
    batch = desk.run(desk.stage(part))
    desk.do(
        "INSERT INTO hub.orphans (shop, sku, product_id, reason, attempts) SELECT shop, sku, product_id, 'x', 9"
        " FROM hub.products"
    )
    desk.do(
        "INSERT INTO hub.conflicts (shop, sku, kind, product_id, sentence) SELECT shop, 'OTHER', 'sku_taken',"
        " product_id, 'x' FROM hub.products"
    )
    desk.do(
        "INSERT INTO hub.bulk_runs (id, shop, batch_id, lines, state) SELECT gen_random_uuid(), shop, %s, 1, 'running'"
        " FROM hub.products",
        batch.id,
    )
    desk.do(
        "INSERT INTO hub.store_jobs (id, shop, kind, request, total, actor)"
        " SELECT gen_random_uuid(), shop, 'check', '{}', 1, 'test' FROM hub.products"
    )
    desk.do(
        "UPDATE hub.products SET media_state = 'failed', differences = %s::jsonb",
        '[{"field": "price", "ours": 1, "there": 2, "policy": "put_right"}]',
    )
    for table in ("products", "orphans", "conflicts", "bulk_runs", "store_jobs", "current_store"):
        desk.do(f"UPDATE hub.{table} SET shop = %s", FORMER)  # noqa: S608 - names of this test
    desk.store.clear()
    desk.hub.shop.storefront.forget()
    assert desk.run(desk.stage(other)).outcome == "succeeded"
    desk.do("UPDATE hub.products SET media_state = NULL WHERE shop <> %s", FORMER)  # its picture is due to be checked
    return desk, part, other


@pytest.fixture
def ask(moved):
    return moved[0].hub.database.run


def test_the_store_that_is_published_to_is_the_current_one(moved, ask):
    assert ask(current_store.read) not in {None, FORMER}


def test_what_the_former_store_left_is_no_work_that_is_due(moved, ask):
    desk, _, _ = moved
    assert ask(due_work.parts_due) == 0
    assert not ask(store_job_rows.anything_due)
    assert ask(lambda work: stalls.look(work, {}))[Stage.PUBLISHING.value].due == 0
    assert desk.hub.recovery.sweep().publishings_due == 0
    assert desk.rows("SELECT state FROM hub.orphans") == [{"state": "due"}]


def test_lists_and_counts_are_about_the_current_store(moved, ask):
    _, part, other = moved
    assert ask(conflict_rows.count_open) == 0
    assert ask(conflict_rows.listed) == []
    assert ask(leftover_products.count_due) == 0
    assert ask(lambda work: leftover_products.count_stubborn(work, attempts=1)) == 0
    assert ask(leftover_products.listed) == []
    assert ask(media_check_rows.count_given_up) == 0
    assert ask(lambda work: media_check_rows.listed(work, limit=9)) == []
    assert ask(lambda work: store_job_rows.differing(work, limit=9)) == []
    assert ask(store_job_rows.count_differing) == {}
    assert ask(lambda work: store_job_rows.latest(work, "check")) == []
    assert ask(products.count) == 1
    assert [product.sku for product in ask(lambda work: products.page(work, limit=9))] == [other.sku]
    assert ask(lambda work: products.find(work, part.sku)) is None


def test_a_conflict_of_the_former_store_cannot_be_decided_in_the_current_one(moved):
    desk, _, _ = moved
    with pytest.raises(NotFound):
        desk.hub.shop.attention.decide("OTHER", "adopt", actor="test")
