"""One comparison of the whole store shows what people changed in it, and what the next publish will do about it."""

from __future__ import annotations

import pytest

from boeing_data_hub.shopify import store_snapshot_rows as snapshot_rows

pytestmark = pytest.mark.services


def compared(desk, *, rounds=60):
    """Compare the store; the snapshot in the end."""
    started = desk.hub.shop.decisions.compare(actor="test")
    for _ in range(rounds):
        desk.do("UPDATE hub.store_snapshots SET not_before = now()")
        desk.work(0.3)
        found = desk.hub.shop.decisions.snapshot(started.id)
        if found.state == "ended":
            return found
    raise AssertionError(desk.rows("SELECT * FROM hub.store_snapshots"))


def by_hand(desk, part, /, **changes):
    desk.store.load({"edit": [{"sku": part, "set": changes}]})


def differences(desk, sku):
    row = desk.row(sku)
    return {each["field"]: (each["ours"], each["there"], each["policy"]) for each in row["differences"] or ()}


def published(desk, count):
    skus = desk.stage(*desk.make_parts(count))
    desk.run(skus)
    return skus


def test_every_kind_of_change_by_hand_is_reported_with_both_values_and_the_policy(desk):
    skus = published(desk, 10)
    gone, archived, unlisted, priced, stocked, named, tagged, worded, emptied, same = skus
    before = {sku: desk.product(sku) for sku in skus}
    desk.store.load({"delete": [{"sku": gone}]})
    by_hand(desk, archived, status="ARCHIVED")
    by_hand(desk, unlisted, status="UNLISTED")
    by_hand(desk, priced, price="1.00")
    place, pieces = next(iter(before[stocked]["quantities"].items()))
    by_hand(desk, stocked, quantities={place: pieces + 5})
    by_hand(desk, named, title="Sale!")
    by_hand(desk, tagged, tags=["theirs"])
    by_hand(desk, worded, metafields={"custom.manufacturer": "Somebody"})
    by_hand(desk, emptied, metafields={"custom.part_number": None})
    snapshot = compared(desk)
    assert (snapshot.outcome, snapshot.compared, snapshot.differing) == ("complete", 10, 9)
    assert differences(desk, gone) == {"deleted": ("in the store", "deleted", "put_right")}
    assert differences(desk, archived) == {"status": ("ACTIVE", "ARCHIVED", "left")}
    assert differences(desk, unlisted) == {"status": ("ACTIVE", "UNLISTED", "left")}
    assert differences(desk, priced) == {"price": (str(before[priced]["price"]), "1.00", "put_right")}
    assert differences(desk, stocked) == {f"stock.{place}": (pieces, pieces + 5, "left")}
    assert differences(desk, named) == {"title": (before[named]["title"], "Sale!", "left")}
    assert differences(desk, tagged)["tags"][1:] == (["theirs"], "left")
    assert differences(desk, worded)["metafields.manufacturer"][1:] == ("Somebody", "left")
    assert differences(desk, emptied)["metafields.part_number"][1:] == (None, "left")
    assert desk.row(same)["differences"] is None
    assert desk.row(same)["looked_at"] == snapshot.taken_at
    assert desk.row(gone)["state"] == "missing"


def test_tags_that_others_add_are_no_difference(desk):
    (sku,) = published(desk, 1)
    by_hand(desk, sku, tags=[*(tag.upper() for tag in desk.product(sku)["tags"]), "theirs"])
    compared(desk)
    assert differences(desk, sku) == {}


def test_an_emptied_store_is_reported_and_filled_again(desk):
    skus = published(desk, 3)
    desk.store.load({"delete": [{"sku": sku} for sku in skus]})
    assert compared(desk).differing == 3
    done = desk.run(skus)
    assert {desk.item(done, sku).outcome for sku in skus} == {"created"}
    desk.judge(done)


def test_a_product_that_the_snapshot_lacks_but_the_store_has_is_not_deleted(desk):
    (sku,) = published(desk, 1)
    desk.hub.shop.decisions.compare(actor="test")
    desk.store.seed_product(sku="OTHER")
    while not desk.rows("SELECT 1 FROM hub.store_snapshots WHERE state = 'comparing'"):
        desk.do("UPDATE hub.store_snapshots SET not_before = now()")
        desk.hub.shop.publishing.work(Once())
    desk.do("DELETE FROM hub.store_snapshot_products WHERE custom_id IS NOT NULL")
    desk.work()
    assert (desk.row(sku)["state"], desk.row(sku)["differences"]) == ("live", None)


class Once:
    """Lets a loop go round once."""

    def __init__(self):
        self.left = 1

    def __call__(self):
        self.left -= 1
        return self.left >= 0

    def wait(self, _seconds):
        return self.left > 0


def test_what_the_hub_changed_since_the_snapshot_was_taken_is_not_compared_with_it(desk):
    first, second = published(desk, 2)
    desk.hub.shop.decisions.compare(actor="test")
    while not desk.rows("SELECT 1 FROM hub.store_snapshots WHERE state = 'comparing'"):
        desk.do("UPDATE hub.store_snapshots SET not_before = now()")
        desk.hub.shop.publishing.work(Once())
    desk.do("UPDATE hub.store_snapshot_variants SET price = 1")  # as both had been when the snapshot was taken
    desk.do("UPDATE hub.products SET published_at = now() WHERE sku = %s", first)
    desk.work()
    assert desk.row(first)["differences"] is None
    assert list(differences(desk, second)) == ["price"]


@pytest.mark.parametrize("bulk_from", [100_000, 1], ids=["direct", "bulk"])
def test_tags_and_metafields_are_corrected_where_the_policy_says_so_and_the_plan_shows_it(make_desk, bulk_from):
    desk = make_desk(hub_drift_tags="correct", hub_drift_metafields="correct", hub_bulk_publish_from=bulk_from)
    tagged, worded = published(desk, 2)
    before = {sku: desk.product(sku) for sku in (tagged, worded)}
    by_hand(desk, tagged, tags=["theirs"])
    by_hand(desk, worded, metafields={"custom.part_number": None, "custom.manufacturer": "Somebody"})
    compared(desk)
    plan = {part.sku: part.as_row() for part in desk.hub.shop.planning.plan([tagged, worded]).parts}
    assert [(c.field, c.old) for c in plan[tagged].changes] == [("tags", [])]
    assert {c.field: c.old for c in plan[worded].changes} == {
        "metafields.part_number": None, "metafields.manufacturer": "Somebody",
    }  # fmt: skip
    done = desk.run([tagged, worded])
    assert {desk.item(done, sku).outcome for sku in (tagged, worded)} == {"updated"}
    assert set(desk.product(tagged)["tags"]) == {"theirs", *before[tagged]["tags"]}
    assert desk.product(worded)["metafields"] == before[worded]["metafields"]
    assert (desk.row(tagged)["differences"], desk.row(worded)["differences"]) == (None, None)
    assert compared(desk).differing == 0


def test_a_metafield_that_is_kept_is_mentioned(desk):
    (sku,) = published(desk, 1)
    by_hand(desk, sku, metafields={"custom.manufacturer": "Somebody"})
    compared(desk)
    item = desk.item(desk.run([sku]), sku)
    assert (item.outcome, "metafield manufacturer" in item.reason) == ("unchanged", True)
    assert list(differences(desk, sku)) == ["metafields.manufacturer"]


def test_what_was_seen_within_the_setting_s_time_is_called_unchanged_without_a_read(make_desk):
    desk = make_desk(hub_drift_seen_hours=1)
    same, other = published(desk, 2)
    desk.do("UPDATE hub.products SET media_state = NULL")
    by_hand(desk, other, price="1.00")
    compared(desk)
    calls = desk.calls_during(lambda: desk.run([same]), looks=True)
    assert "products" not in calls
    assert desk.item(desk.run([same]), same).outcome == "unchanged"
    assert desk.item(desk.run([other]), other).outcome == "updated"
    desk.do(
        "UPDATE hub.products SET looked_at = now() - interval '61 minutes', published_at = now() - interval '1 day'"
    )
    assert desk.calls_during(lambda: desk.run([same]), looks=True)["products"] == 1


def test_a_comparison_that_a_worker_left_half_done_goes_on_where_it_stopped(desk):
    skus = sorted(published(desk, 3))
    for sku in skus:
        by_hand(desk, sku, price="1.00")
    desk.hub.shop.decisions.compare(actor="test")
    while not desk.rows("SELECT 1 FROM hub.store_snapshots WHERE state = 'comparing'"):
        desk.do("UPDATE hub.store_snapshots SET not_before = now()")
        desk.hub.shop.publishing.work(Once())
    desk.do("UPDATE hub.store_snapshots SET reached = %s, compared = 1, differing = 1", skus[0])
    desk.work()
    snapshot = desk.hub.database.run(snapshot_rows.complete)
    assert (snapshot.compared, snapshot.differing) == (3, 3)
    assert [bool(differences(desk, sku)) for sku in skus] == [False, True, True]
