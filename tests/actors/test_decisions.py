"""A draft order, or a decision about a held change, is stopped between any two lines, and somebody else acts."""

from __future__ import annotations

import pytest
from tests.actors.conftest import Play
from tests.support.publishing import make_parts

from boeing_data_hub.batches.reviewing import Reviewing
from boeing_data_hub.quotes.orders import OrderRequest
from boeing_data_hub.quotes.quote import AskedLine, QuoteRequest
from boeing_data_hub.shopify.reviews import ReviewFilter

pytestmark = [pytest.mark.services, pytest.mark.actors, pytest.mark.timeout(3600)]

[MADE] = make_parts(1)
PART = MADE.but(price="100.00")
CHEAP, NEWER = PART.but(price="3.64"), PART.but(price="110.00")
QUOTE = QuoteRequest(
    rfq_number="RFQ-9",
    rfq_sub_url="https://buyer.example/rfq",
    buyer={"buyer_email": "ann@example.com"},
    lines=[AskedLine(PART.sku, 2)],
    actor="person",
)
ORDERS = {"hub_quotes_to_orders": True, "hub_quote_answer_seconds": 0}
GUARDS = {"hub_guards": True}
SCOPES = ["write_products", "write_inventory", "read_locations", "write_publications", "write_draft_orders"]


# --- What is there ----------------------------------------------------------------------------------------------------


def quoted(scene):
    """A published part, and a quote for two of it."""
    scene.store.settings(scopes=SCOPES)
    scene.other.run(scene.other.stage(PART))
    scene.warm()
    scene.notes["quote"] = scene.other.hub.quoting.ask(QUOTE).quote
    assert not scene.notes["quote"].is_pending


def ordered(scene):
    quoted(scene)
    order(scene, scene.other)


def held(scene):
    """Boeing's price of a published part has fallen so much that it waits for a person."""
    scene.other.run(scene.other.stage(PART))
    scene.warm()
    scene.other.stage(CHEAP)
    scene.other.run([PART.sku])
    assert scene.other.product(PART.sku)["price"] == PART.price


# --- What people and programs do --------------------------------------------------------------------------------------


def order(scene, desk):
    desk.hub.orders.create(scene.notes["quote"], OrderRequest(), actor="person")


def work(scene):
    return scene.first.work(20.0)


def recover(scene):
    scene.recover()


def order_first(scene):
    order(scene, scene.first)


def order_too(scene):
    order(scene, scene.other)


def decide(scene, desk, decision):
    done = getattr(Reviewing(desk.hub.database, desk.hub.intake), decision)(ReviewFilter(), actor=desk.hub.name)
    scene.notes.setdefault("decided", []).append((decision, done.decided))


def approve(scene):
    decide(scene, scene.first, "approve")


def approve_too(scene):
    decide(scene, scene.other, "approve")


def refuse_it(scene):
    decide(scene, scene.other, "refuse")


def publish_newer_answers(scene):
    scene.batches.append(scene.other.publish(scene.other.stage(NEWER)))
    scene.other.hub.database.run(scene.other.hub.shop.run_guards.judge_again)


# --- What must be true ------------------------------------------------------------------------------------------------


def ordered_once(scene):
    """However long the first was silent, the store has one draft order, and the quote knows it."""
    scene.other.do("UPDATE hub.draft_orders SET not_before = now(), sent_at = sent_at - interval '2 minutes'")
    scene.quiet()
    (row,) = scene.other.rows("SELECT state, name, draft_order_id FROM hub.draft_orders")
    made = scene.store.ledger(operation="draftOrderCreate")
    assert len(made) == 1, made
    assert (row["state"], row["name"]) == ("created", "#D1"), row
    assert scene.other.rows("SELECT owner FROM hub.leases") == []


def decided_once(scene):
    """One decision was counted, and the store has what it says."""
    (row,) = scene.other.rows("SELECT state FROM hub.reviews")
    decided = [decision for decision, count in scene.notes["decided"] if count]
    assert {"approve": "approved", "refuse": "refused"}[decided[0]] == row["state"], (row, scene.notes)
    assert len(decided) == 1, scene.notes
    expected = CHEAP.price if row["state"] == "approved" else PART.price
    assert scene.other.product(PART.sku)["price"] == expected


def newer_price(scene):
    """Whatever was approved, it was another price: the newest one is in the store."""
    scene.other.judge(*scene.batches)
    assert scene.other.product(PART.sku)["price"] == NEWER.price
    assert scene.other.rows("SELECT 1 FROM hub.reviews WHERE state = 'open'") == []


PLAYS = {
    "a draft order, and another worker": Play(ordered, work, recover, ordered_once, settings=ORDERS),
    "a draft order, and its order again": Play(ordered, work, order_too, ordered_once, settings=ORDERS),
    "an order, and the same order": Play(quoted, order_first, order_too, ordered_once, settings=ORDERS),
    "an approval, and another": Play(held, approve, approve_too, decided_once, settings=GUARDS),
    "an approval, and a refusal": Play(held, approve, refuse_it, decided_once, settings=GUARDS),
    "an approval, and newer answers": Play(held, approve, publish_newer_answers, newer_price, settings=GUARDS),
}


@pytest.mark.parametrize("play", PLAYS.values(), ids=PLAYS)
def test_at_every_point(meetings, play):
    meetings(play)
