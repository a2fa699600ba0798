"""A publishing worker is stopped between any two lines, and another actor runs: store and rows agree in the end."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from uuid import uuid4

import pytest
from tests.actors.conftest import Play
from tests.support.publishing import make_parts

from boeing_data_hub.catalogue import overrides
from boeing_data_hub.errors import Conflict
from boeing_data_hub.shopify import webhook_rows
from boeing_data_hub.shopify.webhooks import Webhook

pytestmark = [pytest.mark.services, pytest.mark.timeout(3600)]

NEW, KNOWN = make_parts(2)
SKUS = [NEW.sku, KNOWN.sku]
NEWER = (
    NEW.but(price="12.00", stock={"Dallas Central": 3}),
    KNOWN.but(price="13.00", stock={"Miami, FL": 5}),
)


# --- What is there ----------------------------------------------------------------------------------------------------


def due(scene):
    """A part that is new to the store, and one whose price and stock change, are to be published."""
    scene.other.run(scene.other.stage(KNOWN.but(price="5.00", stock={"Dallas Central": 1})))
    scene.warm()
    scene.batches.append(scene.other.publish(scene.other.stage(NEW, KNOWN)))


def leftover(scene):
    """The product of a part that is to be published is also to be deleted, as a leftover."""
    due(scene)
    scene.other.do(
        "INSERT INTO hub.orphans (shop, sku, product_id, reason) SELECT shop, sku, product_id, 'test' FROM hub.products"
    )


def created(scene):
    """Both parts are in the store, and a person takes that back."""
    scene.other.run(scene.other.stage(KNOWN.but(price="5.00", stock={"Dallas Central": 1})))
    scene.warm()
    scene.notes["done"] = scene.other.run(scene.other.stage(NEW, KNOWN))
    scene.batches.append(scene.other.undo(scene.notes["done"]))


# --- What people and programs do --------------------------------------------------------------------------------------


def work(scene):
    """What the first does in all of these plays."""
    return scene.first.work(20.0)


def recover(scene):
    scene.recover()


def cancel(scene):
    with suppress(Conflict):  # it is over already
        scene.other.hub.intake.cancel(scene.batches[0].id, actor="person")


def cancel_and_recover(scene):
    cancel(scene)
    scene.recover()


def undo_at_once(scene):
    """Another worker ends the run, and a person takes it back."""
    scene.recover()
    scene.notes["undone"] = True
    scene.batches.append(scene.other.undo(scene.batches[0]))
    scene.quiet()


def publish_newer_answers(scene):
    """Boeing has answered again, and somebody publishes what is new."""
    scene.batches.append(scene.other.publish(scene.other.stage(*NEWER)))
    scene.recover()


def publish_the_same(scene):
    """Somebody publishes the same parts, while the first is alive."""
    scene.batches.append(scene.other.publish(SKUS))
    scene.other.work(0.5)


def publish_an_override(scene):
    """A person sets a price, and publishes it."""
    scene.other.hub.database.run(
        lambda work: overrides.save(work, NEW.sku, {"price_override": "77.00"}, actor="person")
    )
    scene.other.staged[NEW.sku] = replace(NEW, price="77.00")
    publish_the_same(scene)


def change_the_price_in_the_store(scene):
    there = scene.store.product(KNOWN.sku)
    if there is not None:
        scene.store.edit_product(there["id"], price="1.23")
    scene.notes["again"] = True


def delete_it_in_the_store(scene):
    for sku in SKUS:
        if (there := scene.store.product(sku)) is not None:
            scene.store.delete_product(there["id"])
    scene.notes["again"] = True


def say_it_changed(scene):
    """The store says by webhook that the product was changed, and another worker looks."""
    there = scene.store.product(KNOWN.sku)
    if there is None:
        return
    webhook = Webhook(str(uuid4()), "products/update", product_id=there["id"])
    scene.other.hub.database.run(lambda work: webhook_rows.add(work, [webhook]))
    scene.other.work(0.5)


# --- What must be true ------------------------------------------------------------------------------------------------


def agreed(scene):
    """Nothing is doubled, lost or left; every run has ended; rows and store say the same; what was published is there
    as it was staged.
    """
    ended = scene.other.rows(
        "SELECT skus FROM hub.batch_items WHERE state = 'published' AND batch_id = ANY(%s)",
        [batch.id for batch in scene.batches],
    )
    done = {sku for row in ended for sku in row["skus"]}
    undone = "done" in scene.notes or "undone" in scene.notes
    scene.other.judge(*scene.batches, only=[] if undone else sorted(done))
    sets = [
        (entry["idempotencyKey"], entry["sku"], entry["location"])
        for entry in scene.store.ledger(operation="inventorySetQuantities")
        if entry["effect"] == "set"
    ]
    assert len(sets) == len(set(sets)), "an inventory call was carried out twice"


def settled(scene):
    """The same, once what is in doubt was published again: whether a cancelled update was sent, only a later publish of
    the part can say for certain.
    """
    scene.settle()
    agreed(scene)


def published(scene):
    """All of it was published, each part created once."""
    if scene.notes.get("again"):
        scene.batches.append(scene.other.run(SKUS))
    scene.other.judge(*scene.batches)
    assert {item.state.value for item in scene.other.items(scene.batches[0]).values()} == {"published"}


def archived(scene):
    """What was created is archived, and what was changed is as it was, unless it was in doubt and published again."""
    agreed(scene)
    if "doubted" not in scene.notes:
        assert scene.other.product(NEW.sku)["status"] == "ARCHIVED"
        assert scene.other.product(KNOWN.sku)["price"] == "5.00"


BULK = {"hub_bulk_publish_from": 2, "shopify_call_timeout": 10}
PLAYS = {
    "a new and a changed part, and another worker": Play(due, work, recover, published, meanwhile=published),
    "a new and a changed part, and a cancel": Play(due, work, cancel, agreed),
    "a new and a changed part, and a cancel, and death": Play(due, work, cancel_and_recover, agreed, meanwhile=settled),
    "a new and a changed part, and an undo": Play(due, work, undo_at_once, agreed, meanwhile=archived),
    "a new and a changed part, and newer answers": Play(due, work, publish_newer_answers, published),
    "a new and a changed part, and the same parts": Play(due, work, publish_the_same, published),
    "a new and a changed part, and a price by hand": Play(due, work, publish_an_override, published),
    "a new and a changed part, and an edit in the store": Play(due, work, change_the_price_in_the_store, published),
    "a new and a changed part, and a deletion in the store": Play(due, work, delete_it_in_the_store, published),
    "a new and a changed part, and a webhook": Play(due, work, say_it_changed, published),
    "a leftover product, and another worker": Play(leftover, work, recover, published, meanwhile=published),
    "a leftover product, and newer answers": Play(leftover, work, publish_newer_answers, published),
    "an undo, and another worker": Play(created, work, recover, archived, meanwhile=archived),
    "an undo, and a cancel": Play(created, work, cancel, agreed),
    "an undo, and newer answers": Play(created, work, publish_newer_answers, agreed),
    "bulk, and another worker": Play(due, work, recover, published, meanwhile=published, settings=BULK),
    "bulk, and a cancel": Play(due, work, cancel, agreed, settings=BULK),
    "bulk, and a cancel, and death": Play(due, work, cancel_and_recover, agreed, meanwhile=settled, settings=BULK),
    "bulk, and newer answers": Play(due, work, publish_newer_answers, published, settings=BULK),
    "bulk, and a deletion in the store": Play(due, work, delete_it_in_the_store, published, settings=BULK),
}


@pytest.mark.actors
@pytest.mark.parametrize("play", PLAYS.values(), ids=PLAYS)
def test_at_every_point(meetings, play):
    meetings(play)


DECISIVE = (
    *("after COMMIT of Parts._claim.step", "after COMMIT of Parts._carry_out()", "before COMMIT of Parts.publish"),
    *("call ProductUpsertLean", "reply to ProductUpsertLean", "reply to PublicationAdd", "reply to ProductDelete"),
    *("reply to HubRun", "reply to BulkRun", "call InventorySet", "reply to InventorySet"),
)
SHORT = (
    "a new and a changed part, and another worker",
    "a new and a changed part, and a cancel, and death",
    "a leftover product, and newer answers",
    "an undo, and another worker",
    "bulk, and another worker",
)


@pytest.mark.parametrize("name", SHORT)
def test_at_the_decisive_points(meetings, name):
    meetings(PLAYS[name], lambda point: point.startswith(DECISIVE) and not point.endswith("()()"))
