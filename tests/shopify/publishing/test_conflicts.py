"""Products of other people in the store: never touched, and put before a person."""

from __future__ import annotations

import httpx2
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
    # The number without its suffix is not among them: that is a look-alike, and a person decides.
    for other in ("WF338109=K31", "WF338109=K", "WF3381091=K3", "WF338109-1=K3", "WF338109=9B", "AWF338109=K3"):
        desk.store.seed_product(sku=other, title="Another", price="1.00")
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


def test_our_product_stays_ours_when_someone_creates_a_duplicate(desk, part):
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
    assert desk.hub.shop.attention.decide(SKU, "adopt", actor="test").startswith("Product linked")


def test_what_an_adoption_of_unknown_outcome_has_made_ours_is_not_left_as_somebody_elses(desk, part):
    desk.store.seed_product(sku=SKU, title="Not yours", price="1.00")
    desk.run(desk.stage(part))
    desk.store.fault("drop_after", times=3, match={"operation": "productUpdate"})
    with pytest.raises(OutcomeUnknown, match="may or may not"):
        desk.hub.shop.attention.decide(SKU, "adopt", actor="test")
    with pytest.raises(Conflict, match="succeeded"):
        desk.hub.shop.attention.decide(SKU, "leave", actor="test")
    assert desk.hub.shop.attention.decide(SKU, "adopt", actor="test").startswith("Product linked")


SET = """mutation S($identifier: ProductSetIdentifiers!, $input: ProductSetInput!) {
  productSet(identifier: $identifier, input: $input, synchronous: true) {
    product { variants(first: 9) { nodes { id } } } userErrors { message } } }"""
VARIANTS = "query($id: ID!) { product(id: $id) { variants(first: 9) { nodes { id sku price } } } }"


class Somebody:
    """Works in the store by its API, as another app does."""

    def __init__(self, desk):
        self._url = f"{desk.store.url}/admin/api/2026-10/graphql.json"

    def _ask(self, query, **variables):
        return httpx2.post(
            self._url,
            json={"query": query, "variables": variables},
            headers={"X-Shopify-Access-Token": "sandbox-token"},
            trust_env=False,
        ).json()["data"]

    def variants(self, product_id):
        return self._ask(VARIANTS, id=product_id)["product"]["variants"]["nodes"]

    def give_options(self, product_id, *names, first=None):
        made = [
            {"optionValues": [{"optionName": "Pack", "name": name}], "sku": f"{SKU}-{name}", "price": "5.00"}
            for name in names
        ]
        made[0] |= {"sku": SKU, **({"id": first} if first else {})}
        options = [{"name": "Pack", "values": [{"name": name} for name in names]}]
        told = self._ask(SET, identifier={"id": product_id}, input={"productOptions": options, "variants": made})
        assert told["productSet"]["userErrors"] == []


@pytest.fixture
def somebody(desk):
    return Somebody(desk)


@pytest.mark.parametrize("bulk_from", [500, 2])
def test_variants_that_somebody_added_to_a_product_of_ours_survive_an_update(make_desk, bulk_from):
    desk = make_desk(hub_bulk_publish_from=bulk_from)
    ours, *others = [type(desk.make_parts(1)[0])(SKU), *desk.make_parts(3)]
    skus = desk.stage(ours, *others)
    desk.run(skus)
    row = desk.row(SKU)
    somebody = Somebody(desk)
    somebody.give_options(row["product_id"], "Single", "Box", first=row["variant_id"])
    before = somebody.variants(row["product_id"])
    desk.stage(*(part.but(price="12.00") for part in (ours, *others)))
    done = desk.run(skus)
    item = desk.item(done, SKU)
    assert (item.state, item.error_code) == ("failed", "several_variants")
    assert somebody.variants(row["product_id"]) == before
    desk.judge(done, only=skus[1:])


def test_what_leaves_variants_alone_is_sent_to_a_product_of_several(desk, part, somebody):
    desk.run(desk.stage(part))
    row = desk.row(SKU)
    somebody.give_options(row["product_id"], "Single", "Box", first=row["variant_id"])
    before = somebody.variants(row["product_id"])
    desk.do("UPDATE hub.product_staging SET boeing_name = 'ANOTHER NAME' WHERE sku = %s", SKU)
    assert desk.item(desk.run([SKU]), SKU).outcome == "updated"
    assert somebody.variants(row["product_id"]) == before


def test_publishing_works_in_a_store_that_does_not_count_variants(desk, part):
    desk.run(desk.stage(part))
    desk.store.fault("undefined_field", match={"operation": "nodes"})
    desk.stage(part.but(price="12.00"))
    done = desk.run([SKU])
    assert desk.item(done, SKU).outcome == "updated"
    desk.judge(done)


def test_a_product_of_several_variants_that_is_taken_over_loses_none(desk, part, somebody):
    theirs = desk.store.seed_product(sku=SKU, title="Not yours", price="1.00")["id"]
    somebody.give_options(theirs, "Single", "Box", first=somebody.variants(theirs)[0]["id"])
    before = somebody.variants(theirs)
    desk.run(desk.stage(part))
    desk.hub.shop.attention.decide(SKU, "adopt", actor="me")
    done = desk.run([SKU])
    assert desk.item(done, SKU).error_code == "several_variants"
    assert somebody.variants(theirs) == before
    assert desk.product(SKU)["title"] == "Not yours"


def test_where_somebody_has_put_another_variant_in_place_of_ours_the_product_is_found_and_brought_up_to_date(
    desk, part, somebody
):
    desk.run(desk.stage(part))
    row = desk.row(SKU)
    somebody.give_options(row["product_id"], "Single")
    assert [each["id"] for each in somebody.variants(row["product_id"])] != [row["variant_id"]]
    desk.stage(part.but(price="12.00"))
    done = desk.run([SKU])
    assert desk.item(done, SKU).outcome == "updated"
    assert [each["price"] for each in somebody.variants(row["product_id"])] == ["12.00"]
    desk.judge(done)
