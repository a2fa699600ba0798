"""What people change and delete in the store is noticed before a part is called unchanged."""

from __future__ import annotations

import pytest
from tests.support.patience import rounds

from boeing_data_hub.shopify import parts

pytestmark = pytest.mark.services


@pytest.fixture
def published(desk):
    """Five parts in the store."""
    skus = desk.stage(*desk.make_parts(5))
    desk.run(skus)
    return skus


def by_hand(desk, part, /, **changes):
    desk.store.load({"edit": [{"sku": part, "set": changes}]})


def plan_of(desk, skus):
    return {part.sku: part.as_row() for part in desk.hub.shop.planning.plan(skus).parts}


def differences(desk, sku):
    row = desk.row(sku)
    return {each["field"]: (each["ours"], each["there"], each["policy"]) for each in row["differences"] or ()}


def test_a_price_and_a_sku_changed_by_hand_are_corrected(desk, published):
    first, second, *rest = published
    by_hand(desk, first, price="1.00")
    by_hand(desk, second, sku="OURS-1")
    plan = plan_of(desk, published)
    assert [(c.field, c.old) for c in plan[first].changes] == [("price", "1.00")]
    assert [(c.field, c.old) for c in plan[second].changes] == [("sku", "OURS-1")]
    assert {plan[sku].action for sku in rest} == {"unchanged"}
    done = desk.run(published)
    assert {sku: item.outcome for sku, item in desk.items(done).items()} == {
        first: "updated", second: "updated", **dict.fromkeys(rest, "unchanged"),
    }  # fmt: skip
    desk.judge(done)
    assert differences(desk, first) == differences(desk, second) == {}


def test_a_title_changed_by_hand_is_kept_and_reported(desk, published):
    sku = published[0]
    by_hand(desk, sku, title="Sale!")
    item = desk.item(desk.run(published), sku)
    assert (item.outcome, "changed its title" in item.reason) == ("unchanged", True)
    assert desk.product(sku)["title"] == "Sale!"
    assert differences(desk, sku)["title"] == (desk.row(sku)["title"], "Sale!", "left")


@pytest.mark.parametrize("status", ["ARCHIVED", "DRAFT", "UNLISTED"])
def test_a_status_changed_by_hand_is_kept_and_reported(desk, published, status):
    sku = published[0]
    by_hand(desk, sku, status=status)
    assert status.lower() in plan_of(desk, published)[sku].sentence
    item = desk.item(desk.run(published), sku)
    assert item.outcome == "unchanged"
    assert status.lower() in item.reason
    assert desk.product(sku)["status"] == status
    assert differences(desk, sku) == {"status": ("ACTIVE", status, "left")}

    desk.stage(desk.staged[sku].but(price="77.00"))
    item = desk.item(desk.run(published), sku)
    assert (item.outcome, status.lower() in item.reason) == ("updated", True)
    assert (desk.product(sku)["status"], desk.product(sku)["price"]) == (status, "77.00")
    assert differences(desk, sku) == {"status": ("ACTIVE", status, "left")}

    by_hand(desk, sku, status="ACTIVE")
    assert desk.item(desk.run(published), sku).reason is None
    assert differences(desk, sku) == {}


def test_stock_changed_by_hand_is_kept_and_reported_by_location(desk, published):
    sku = published[0]
    before = desk.product(sku)["quantities"]
    by_hand(desk, sku, quantities=dict.fromkeys(before, 0))
    stocked = {place: pieces for place, pieces in before.items() if pieces}
    assert "were kept" in plan_of(desk, published)[sku].sentence
    item = desk.item(desk.run(published), sku)
    assert item.outcome == "unchanged"
    for place, pieces in stocked.items():
        assert f"Your store has 0 at {place}; the last publish set {pieces}." in item.reason
    assert differences(desk, sku) == {f"stock.{place}": (pieces, 0, "left") for place, pieces in stocked.items()}
    assert set(desk.product(sku)["quantities"].values()) == {0}


def test_stock_at_a_location_that_is_not_ours_is_no_difference(desk, published):
    sku = published[0]
    by_hand(desk, sku, quantities={"Seattle": 50})
    item = desk.item(desk.run(published), sku)
    assert (item.outcome, item.reason) == ("unchanged", None)
    assert differences(desk, sku) == {}


@pytest.mark.parametrize("bulk_from", [100_000, 3])
def test_a_product_deleted_by_hand_is_created_again(make_desk, bulk_from):
    desk = make_desk(hub_bulk_publish_from=bulk_from)
    skus = desk.stage(*desk.make_parts(6))
    desk.run(skus)
    gone = skus[:4]
    dead = {sku: desk.product(sku)["id"] for sku in gone}
    desk.store.load({"delete": [{"sku": sku} for sku in gone]})
    plan = plan_of(desk, skus)
    for sku in gone:
        assert plan[sku].action == "create"
        assert "deleted in your store" in plan[sku].sentence
        assert desk.row(sku)["product_id"] == dead[sku], "a plan changes nothing"
    done = desk.run(skus)
    for sku, item in desk.items(done).items():
        assert item.outcome == ("created" if sku in gone else "unchanged")
        assert (item.reason is not None and "deleted in your store" in item.reason) == (sku in gone)
    for sku in gone:
        assert desk.product(sku)["id"] != dead[sku]
    desk.judge(done)


@pytest.mark.parametrize("bulk_from", [100_000, 3])
def test_a_deleted_product_is_left_deleted_by_policy_and_never_called_published(make_desk, bulk_from):
    desk = make_desk(hub_drift_deleted="leave", hub_bulk_publish_from=bulk_from)
    skus = desk.stage(*desk.make_parts(4))
    desk.run(skus)
    gone = skus[0]
    desk.store.load({"delete": [{"sku": gone}]})
    assert plan_of(desk, skus)[gone].code == "deleted_in_store"
    for _ in range(2):
        item = desk.item(desk.run(skus), gone)
        assert (item.state, item.outcome, item.error_code) == ("not_for_sale", "blocked", "deleted_in_store")
        assert differences(desk, gone) == {"deleted": ("in the store", "deleted", "left")}
    assert desk.store.product(gone) is None


@pytest.mark.parametrize("bulk_from", [100_000, 1])
def test_each_kind_of_change_is_kept_or_corrected_by_policy(make_desk, bulk_from):
    desk = make_desk(
        hub_drift_price="keep", hub_drift_title="correct", hub_drift_status="correct", hub_drift_stock="correct",
        hub_bulk_publish_from=bulk_from,
    )  # fmt: skip
    skus = desk.stage(*desk.make_parts(4))
    desk.run(skus)
    before = {sku: desk.product(sku) for sku in skus}
    priced, titled, hidden, stocked = skus
    by_hand(desk, priced, price="1.00")
    by_hand(desk, titled, title="Sale!")
    by_hand(desk, hidden, status="UNLISTED")
    by_hand(desk, stocked, quantities=dict.fromkeys(before[stocked]["quantities"], 99))
    plan = plan_of(desk, skus)
    assert (plan[priced].action, "that price was kept" in plan[priced].sentence) == ("unchanged", True)
    assert [(c.field, c.old) for c in plan[titled].changes] == [("title", "Sale!")]
    assert [(c.field, c.old, c.new) for c in plan[hidden].changes] == [("status", "UNLISTED", "ACTIVE")]
    assert plan[stocked].action == "restock"
    assert {c.old for c in plan[stocked].changes} == {99}
    done = desk.run(skus)
    assert [desk.item(done, sku).outcome for sku in skus] == ["unchanged", "updated", "updated", "updated"]
    assert desk.product(priced)["price"] == "1.00"
    assert desk.product(titled)["title"] == before[titled]["title"]
    assert desk.product(hidden)["status"] == "ACTIVE"
    assert desk.product(stocked)["quantities"] == before[stocked]["quantities"]
    assert [desk.item(desk.run(skus), sku).outcome for sku in skus] == ["unchanged"] * 4


def test_a_part_that_the_store_does_not_show_is_not_called_unchanged(desk, published):
    desk.stage(desk.staged[published[0]].but(price="77.00"))
    for operation in ("products", "nodes"):
        desk.store.fault("undefined_field", match={"operation": operation}, times=20)
    done = desk.run(published)
    assert [desk.item(done, sku).state for sku in published] == ["published", *["failed"] * 4]
    assert desk.product(published[0])["price"] == "77.00"


def test_a_search_that_the_store_rejects_is_replaced_by_reading_by_id(desk, published):
    desk.store.fault("undefined_field", match={"operation": "products"}, times=20)
    by_hand(desk, published[0], price="1.00")
    done = desk.run(published)
    assert [desk.item(done, sku).outcome for sku in published] == ["updated", *["unchanged"] * 4]


def upkeep(desk):
    desk.do("UPDATE hub.chores SET due_at = now() WHERE name = 'store_comparison'")
    while desk.hub.upkeep.turn(lambda: True):
        pass
    for _ in rounds(20):
        desk.do("UPDATE hub.store_snapshots SET not_before = now()")
        desk.work(0.3)
        if not desk.rows("SELECT 1 FROM hub.store_snapshots WHERE state <> 'ended'"):
            break
    return [row["outcome"] for row in desk.rows("SELECT outcome FROM hub.store_snapshots ORDER BY created_at")]


def test_everything_published_is_compared_with_the_store_once_a_day(desk):
    assert upkeep(desk) == []  # nothing is published
    first, second = desk.stage(*desk.make_parts(2))
    desk.run([first, second])
    by_hand(desk, first, price="1.00")
    desk.store.load({"delete": [{"sku": second}]})
    assert upkeep(desk) == ["complete"]
    assert list(differences(desk, first)) == ["price"]
    assert list(differences(desk, second)) == ["deleted"]
    assert upkeep(desk) == ["complete"]
    desk.do("UPDATE hub.store_snapshots SET created_at = now() - interval '25 hours'")
    assert upkeep(desk) == ["complete", "complete"]


def test_nothing_is_compared_by_itself_where_that_is_switched_off(make_desk):
    desk = make_desk(hub_drift_snapshot_at="")
    desk.run(desk.stage(*desk.make_parts(1)))
    assert upkeep(desk) == []


def test_a_mark_removed_by_hand_is_set_again(desk, published):
    sku = published[0]
    by_hand(desk, sku, metafields={"boeing_data_hub.part_key": None})
    assert desk.item(desk.run(published), sku).outcome == "updated"
    desk.judge(only=published)


def test_a_manual_change_during_a_bulk_update_is_recorded(make_desk):
    desk = make_desk(hub_bulk_publish_from=3)
    skus = desk.stage(*desk.make_parts(6))
    desk.run(skus)
    for sku in skus:
        by_hand(desk, sku, price="0.01")
    done = desk.run(skus)
    changes = desk.rows("SELECT sku, changes FROM hub.publish_changes WHERE batch_id = %s", done.id)
    assert len(changes) == 6
    assert all([(c["field"], c["old"]) for c in row["changes"]] == [("price", "0.01")] for row in changes)
    desk.judge(done)


def test_a_look_costs_about_a_point_a_part(desk, monkeypatch):
    monkeypatch.setattr(parts, "_FEWEST", 100)  # else a slow machine takes fewer at a time, and each look has its price
    skus = desk.stage(*desk.make_parts(200))
    desk.run(skus)
    before = desk.store.stats()["pointsSpent"]
    calls = desk.calls_during(lambda: desk.run(skus), looks=True)
    assert calls == {"products": calls["products"]}
    spent = desk.store.stats()["pointsSpent"] - before
    assert spent <= 1.6 * len(skus) + 60, spent


def test_a_product_that_the_search_does_not_show_yet_is_asked_for_by_id(desk):
    skus = desk.stage(*desk.make_parts(3))
    desk.run(skus)
    desk.store.settings(search_lag=3600.0)
    by_hand(desk, skus[0], price="1.00")
    done = desk.run(skus)
    assert [desk.item(done, sku).outcome for sku in skus] == ["updated", "unchanged", "unchanged"]
    desk.judge(done)


def test_a_store_that_cannot_be_read_fails_no_part(desk, published):
    desk.store.fault("error_before", match={"operation": "products"}, times=2)
    desk.judge(desk.run(published))


@pytest.mark.parametrize("status", ["UNLISTED", "DRAFT", "ARCHIVED"])
def test_a_product_that_is_sent_whole_keeps_the_status_a_person_has_set(desk, published, status):
    sku = published[0]
    by_hand(desk, sku, status=status)
    desk.do("DELETE FROM hub.products WHERE sku = %s", sku)
    desk.do("DELETE FROM hub.store_sightings")
    item = desk.item(desk.run([sku]), sku)
    assert (item.outcome, desk.product(sku)["status"]) == ("updated", status)
    assert status.lower() in item.reason
    assert desk.item(desk.run([sku]), sku).outcome == "unchanged"


@pytest.mark.parametrize("bulk_from", [100_000, 1])
def test_list_entries_that_are_not_among_the_changes_stay_as_a_person_left_them(make_desk, bulk_from):
    desk = make_desk(hub_bulk_publish_from=bulk_from)
    skus = desk.stage(*desk.make_parts(3))
    desk.run(skus)
    sku = skus[1]
    before = desk.product(sku)
    [removed] = [tag for tag in before["tags"] if "origin" not in tag.lower()][:1]
    by_hand(
        desk,
        sku,
        metafields={"custom.condition": "OH", "custom.manufacturer": None, "theirs.note": "x"},
        tags=[*(tag for tag in before["tags"] if tag != removed), "sale"],
        option={"name": "Pack", "value": "Single"},
    )
    desk.stage(desk.staged[sku].but(boeing_name="RENAMED", country_of_origin="Japan", price="5.55"))
    planned = {each.field for each in plan_of(desk, [sku])[sku].changes}
    assert {"metafields.part_name", "tags", "price"} <= planned
    assert not {"metafields.condition", "metafields.manufacturer"} & planned
    desk.run([sku])
    after = desk.product(sku)
    assert after["metafields"] == {
        **{name: value for name, value in before["metafields"].items() if name != "custom.manufacturer"},
        "custom.condition": "OH",
        "theirs.note": "x",
        "custom.part_name": "RENAMED",
    }
    assert removed not in after["tags"]
    assert {"sale", "origin-japan"} <= {tag.lower() for tag in after["tags"]}
    assert (after["options"], after["price"]) == ([["Pack", "Single"]], "5.55")
