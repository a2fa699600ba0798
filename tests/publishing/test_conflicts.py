"""Products of other people in the store: never touched, and put before a person."""

from __future__ import annotations

import pytest

from boeing_data_hub.errors import Conflict
from boeing_data_hub.shopify.failures import OutcomeUnknown

pytestmark = pytest.mark.services

SKU = "WF338109=K3"


@pytest.fixture
def part(desk):
    return type(desk.make_parts(1)[0])(SKU)


def test_a_product_with_our_sku_that_is_not_ours_is_a_conflict_and_stays_as_it_is(desk, part):
    theirs = desk.store.seed_product(sku=SKU, title="Not yours", price="1.00", tags=["mine"])
    before = desk.product(SKU)
    skus = desk.stage(part, *desk.make_parts(3))
    done = desk.run(skus)
    item = desk.item(done, SKU)
    assert (item.state, item.outcome, item.error_code) == ("failed", "conflict", "sku_taken")
    assert "'Not yours'" in item.error
    assert desk.product(SKU) == before
    (row,) = desk.rows("SELECT sku, kind, product_id, title, batch_id FROM hub.conflicts WHERE decided_at IS NULL")
    assert row == {
        "sku": SKU, "kind": "sku_taken", "product_id": theirs["id"], "title": "Not yours", "batch_id": done.id
    }  # fmt: skip
    desk.judge(done, only=skus[1:])

    desk.store.delete_product(theirs["id"])
    desk.do("UPDATE hub.store_sightings SET seen_at = now() - interval '1 day'")
    desk.judge(desk.run([SKU]))
    assert desk.rows("SELECT sku FROM hub.conflicts") == []


def test_a_sku_that_is_only_spelt_alike_is_no_conflict(desk, part):
    desk.store.seed_product(sku="WF338109", title="Another", price="1.00")
    desk.store.seed_product(sku="WF338109=K31", title="Yet another", price="1.00")
    desk.judge(desk.run(desk.stage(part)))


def test_an_address_that_is_taken_is_a_conflict_that_names_it(desk, part):
    desk.run(desk.stage(part))
    handle = desk.product(SKU)["handle"]
    desk.store.delete_product(desk.product(SKU)["id"])
    desk.do("DELETE FROM hub.products")
    desk.do("DELETE FROM hub.store_sightings")
    theirs = desk.store.seed_product(sku="OTHER", title="Other", handle=handle, price="1.00")
    assert theirs["handle"] == handle
    done = desk.run([SKU])
    item = desk.item(done, SKU)
    assert (item.outcome, item.error_code) == ("conflict", "handle_taken")
    assert handle in item.error
    assert desk.rows("SELECT kind FROM hub.conflicts") == [{"kind": "handle_taken"}]
    assert desk.row(SKU) is None
    desk.store.edit_product(theirs["id"], handle="another-address")
    desk.judge(desk.run([SKU]))


def test_a_product_of_ours_with_a_double_made_by_hand_is_still_ours(desk, part):
    desk.run(desk.stage(part))
    desk.do("DELETE FROM hub.products")
    desk.do("DELETE FROM hub.store_sightings")
    desk.store.seed_product(sku=SKU, title="A copy made by hand", price="1.00")
    desk.stage(part.but(price="12.00"))
    done = desk.run([SKU])
    assert done.outcome == "succeeded", desk.items(done)
    ours = [each for each in desk.store.products() if each["customIds"]]
    assert [each["price"] for each in ours] == ["12.00"]


def test_an_adoption_whose_reply_is_lost_is_made_again(desk, part):
    desk.store.seed_product(sku=SKU, title="Not yours", price="1.00")
    desk.run(desk.stage(part))
    desk.store.fault("drop_after", times=1, match={"operation": "productUpdate"})
    assert desk.hub.shop.attention.decide(SKU, "adopt", actor="test").startswith("The product is ours")


def test_what_an_adoption_of_unknown_outcome_has_made_ours_is_not_left_as_somebody_elses(desk, part):
    desk.store.seed_product(sku=SKU, title="Not yours", price="1.00")
    desk.run(desk.stage(part))
    desk.store.fault("drop_after", times=3, match={"operation": "productUpdate"})
    with pytest.raises(OutcomeUnknown, match="not known"):
        desk.hub.shop.attention.decide(SKU, "adopt", actor="test")
    with pytest.raises(Conflict, match="carried out"):
        desk.hub.shop.attention.decide(SKU, "leave", actor="test")
    assert desk.hub.shop.attention.decide(SKU, "adopt", actor="test").startswith("The product is ours")
