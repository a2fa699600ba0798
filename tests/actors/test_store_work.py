"""A worker that compares or adopts the store is stopped between any two lines, and somebody else acts."""

from __future__ import annotations

from contextlib import suppress

import pytest
from tests.actors.conftest import Play
from tests.support.publishing import make_parts

from boeing_data_hub.errors import Conflict
from boeing_data_hub.shopify import adoption_rows
from boeing_data_hub.shopify.store_job import ConflictFilter

pytestmark = [pytest.mark.services, pytest.mark.actors, pytest.mark.timeout(3600)]

KEPT, EDITED = make_parts(2)
SKUS = [KEPT.sku, EDITED.sku]
NEWER = EDITED.but(price="13.00", stock={"Miami, FL": 5})


# --- What is there ----------------------------------------------------------------------------------------------------


def differing(scene):
    """Two parts are published, and a person has changed the price of one."""
    scene.other.run(scene.other.stage(KEPT, EDITED))
    scene.warm()
    scene.store.edit_product(scene.store.product(EDITED.sku)["id"], price="1.23")


def compared(scene):
    differing(scene)
    scene.other.hub.shop.decisions.compare(actor="person")


def contested(scene):
    """A product of somebody else has a part's SKU, and a person decides that it is the part's."""
    scene.notes["theirs"] = scene.store.seed_product(sku=KEPT.sku, title="By hand", vendor="BDI")["id"]
    scene.other.run(scene.other.stage(KEPT, EDITED))
    scene.warm()
    scene.other.hub.shop.decisions.start(ConflictFilter(), "adopt", actor="person", expected=1)


def adopting(scene):
    """A store that another system filled is being adopted: two products without our mark."""
    for part in (KEPT, EDITED):
        scene.store.seed_product(sku=part.sku, title=part.sku, vendor="BDI")
    scene.other.stage(KEPT, EDITED)
    scene.warm()
    scene.other.hub.shop.storefront.facts()
    adoptions = scene.other.hub.shop.adoptions
    plan = adoptions.start(actor="person")
    scene.quiet()
    chosen = scene.other.hub.database.run(
        lambda work: adoption_rows.count(work, plan.id, states=["planned", "sending"])
    )
    adoptions.approve(plan.id, expected=chosen, complete_skus=False, actor="person")
    scene.notes["plan"] = plan.id


def adopted(scene):
    """The same, adopted, and a person takes it back."""
    adopting(scene)
    scene.quiet()
    scene.other.hub.shop.adoptions.undo(scene.notes["plan"], actor="person")


# --- What people and programs do --------------------------------------------------------------------------------------


def work(scene):
    return scene.first.work(20.0)


def recover(scene):
    scene.recover()


def publish_newer_answers(scene):
    scene.batches.append(scene.other.publish(scene.other.stage(NEWER)))
    scene.other.work(0.5)
    scene.notes["published"] = True


def publish(scene):
    scene.batches.append(scene.other.publish(SKUS))
    scene.other.work(0.5)


def delete_it_in_the_store(scene):
    if (there := scene.store.product(EDITED.sku)) is not None:
        scene.store.delete_product(there["id"])
    scene.notes["deleted"] = True


def cancel_the_comparison(scene):
    (row,) = scene.other.rows("SELECT id FROM hub.store_snapshots")
    with suppress(Conflict):  # it is over already
        scene.other.hub.shop.decisions.cancel_snapshot(row["id"], actor="person")


def cancel_the_adoption(scene):
    with suppress(Conflict):  # it is over already
        scene.other.hub.shop.adoptions.cancel(scene.notes["plan"], actor="person")


# --- What must be true ------------------------------------------------------------------------------------------------


def differences(scene):
    rows = scene.other.rows("SELECT sku, differences FROM hub.products WHERE differences IS NOT NULL")
    return {row["sku"]: {each["field"] for each in row["differences"]} for row in rows}


def reported(scene):
    """Once all is quiet: what differs is said of the one that differs, and of no other."""
    told = differences(scene)
    if scene.notes.get("deleted"):  # it was compared before or after the deletion
        assert told.get(EDITED.sku, set()) <= {"price", "deleted"}, told
        assert KEPT.sku not in told
    elif scene.notes.get("published"):  # the publishing has seen to it, and what was seen before is no longer said
        scene.quiet()
        assert scene.other.product(EDITED.sku)["price"] == "13.00"
        assert told == {}, told
    else:
        assert told == {EDITED.sku: {"price"}}, told
    assert scene.other.rows("SELECT owner FROM hub.leases") == []


def compared_once(scene):
    reported(scene)
    (row,) = scene.other.rows("SELECT * FROM hub.store_snapshots")
    assert (row["state"], row["outcome"]) == ("ended", "complete"), row
    assert row["products"] == 2 - bool(scene.notes.get("deleted")) or scene.notes.get("deleted"), row


def compared_or_not(scene):
    """A comparison that was cancelled says nothing, and one that had ended before the cancel is complete."""
    (row,) = scene.other.rows("SELECT * FROM hub.store_snapshots")
    assert row["state"] == "ended"
    assert row["outcome"] in {"complete", "cancelled"}, row
    assert differences(scene) in ({}, {EDITED.sku: {"price"}})
    assert scene.other.rows("SELECT owner FROM hub.leases") == []


def taken_over(scene):
    """The other's product is the part's, and there is no second one."""
    (row,) = scene.other.rows("SELECT * FROM hub.store_jobs")
    assert (row["state"], row["done"], row["failed"]) == ("ended", 1, 0), row
    scene.batches.append(scene.other.run(SKUS))
    scene.other.judge(*scene.batches)
    assert scene.other.row(KEPT.sku)["product_id"] == scene.notes["theirs"]


def linked_once(scene):
    """Every product has our mark, set once, and publishing makes no second one."""
    marks = scene.store.ledger(operation="metafieldsSet")
    assert len({entry["id"] for entry in marks}) == len(marks) == 2, marks
    scene.batches.append(scene.other.run(SKUS))
    scene.other.judge(*scene.batches)
    assert len(scene.store.products()) == 2


def linked_or_not(scene):
    """Stopped in between: what was not adopted is a conflict, and nothing is there twice."""
    scene.batches.append(scene.other.run(SKUS))
    assert len(scene.store.products()) == 2
    assert scene.store.store()["duplicateSkus"] == {}


def unlinked(scene):
    """Nothing has our mark, unless it was published meanwhile: then it is the part's, and stays so."""
    ours = {each["sku"] for each in scene.store.products() if each["customIds"]}
    if not scene.batches:
        assert ours == set()
    assert len(scene.store.products()) == 2
    known = {row["sku"] for row in scene.other.rows("SELECT sku FROM hub.products WHERE state = 'live'")}
    assert known == ours


PLAYS = {
    "a comparison, and another worker": Play(compared, work, recover, compared_once, meanwhile=compared_once),
    "a comparison, and newer answers": Play(compared, work, publish_newer_answers, compared_once),
    "a comparison, and a deletion in the store": Play(compared, work, delete_it_in_the_store, compared_once),
    "a comparison, and its cancel": Play(compared, work, cancel_the_comparison, compared_or_not),
    "a decision, and another worker": Play(contested, work, recover, taken_over),
    "a decision, and a publishing": Play(contested, work, publish, taken_over),
    "an adoption, and another worker": Play(adopting, work, recover, linked_once),
    "an adoption, and a publishing": Play(adopting, work, publish, linked_once),
    "an adoption, and its cancel": Play(adopting, work, cancel_the_adoption, linked_or_not),
    "an adoption's undo, and another worker": Play(adopted, work, recover, unlinked, meanwhile=unlinked),
    "an adoption's undo, and a publishing": Play(adopted, work, publish, unlinked),
}


@pytest.mark.parametrize("play", PLAYS.values(), ids=PLAYS)
def test_at_every_point(meetings, play):
    meetings(play)
