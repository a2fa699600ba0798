"""A person's request is stopped between any two lines, and somebody else's request or a worker comes in between."""

from __future__ import annotations

from threading import Event

import pytest
from tests.actors.conftest import Play
from tests.support.publishing import make_parts

from boeing_data_hub.batches.run import PublishRequest
from boeing_data_hub.catalogue import overrides
from boeing_data_hub.errors import BadInput, Conflict
from boeing_data_hub.quotes.quote import AskedLine, LineState, QuoteRequest
from boeing_data_hub.web import plans
from boeing_data_hub.work.time_slice import TimeSlice

pytestmark = [pytest.mark.services, pytest.mark.timeout(3600)]

NEW, KNOWN = make_parts(2)
SKUS = [NEW.sku, KNOWN.sku]
ASKED = PublishRequest(part_numbers=SKUS, owner="test", idempotency_key="monday")
QUOTE = QuoteRequest(
    rfq_number="RFQ-1",
    rfq_sub_url="https://buyer.example/rfq",
    buyer={},
    lines=[AskedLine(KNOWN.sku, 2), AskedLine("NOT-KNOWN", 1)],
    actor="person",
)
OTHERWISE = PublishRequest(part_numbers=[NEW.sku], owner="test", idempotency_key="monday")


def staged(scene):
    scene.other.run(scene.other.stage(KNOWN.but(price="5.00")))
    scene.warm()
    scene.other.stage(NEW, KNOWN)


def planned(scene):
    staged(scene)
    made = plans.make(scene.other.hub, PublishRequest(part_numbers=SKUS, owner="test", plan=True))[0]
    scene.batches.append(made.batch)


def running(scene):
    staged(scene)
    scene.batches.append(scene.other.publish(SKUS))


def failed(scene):
    """A run of which one part failed."""
    staged(scene)
    scene.store.fault("error_before", match={"operation": "productSet", "custom_id": NEW.sku})
    scene.notes["failed"] = scene.other.run(SKUS)
    assert scene.notes["failed"].failed_count == 1
    scene.store.clear_faults()


def publish(desk_of):
    return lambda scene: desk_of(scene).hub.intake.publish(ASKED).batch.id


def approve(desk_of):
    return lambda scene: plans.approve(desk_of(scene).hub, scene.batches[0].id, actor="person")


def first(scene):
    return scene.first


def other(scene):
    return scene.other


def cancel(desk_of):
    return lambda scene: desk_of(scene).hub.intake.cancel(scene.batches[0].id, actor="person")


def retry(desk_of):
    return lambda scene: desk_of(scene).hub.intake.retry_failed(scene.notes["failed"].id, actor="person")


def undo(desk_of):
    return lambda scene: desk_of(scene).hub.intake.undo(scene.notes["failed"].id, actor="person")


def sweep(desk_of):
    return lambda scene: desk_of(scene).hub.recovery.sweep()


def edit(desk_of, **fields):
    def act(scene):
        desk_of(scene).hub.database.run(lambda work: overrides.save(work, NEW.sku, fields, actor="person"))

    return act


def quote(desk_of):
    return lambda scene: desk_of(scene).hub.quoting.ask(QUOTE).quote.rfq_number


def answered(scene):
    """A quote waits for a part whose search has just ended."""
    staged(scene)
    scene.other.hub.quoting.ask(QUOTE)
    scene.other.hub.extraction.work(TimeSlice(Event(), 5.0))
    scene.other.hub.normalization.work(TimeSlice(Event(), 5.0))


def changed(scene):
    """Boeing has another price for a published part, and sync has noticed."""
    staged(scene)
    scene.other.run(SKUS)
    scene.other.hub.sync.sweep()
    scene.other.stage(KNOWN.but(price="13.00"))
    scene.other.do("UPDATE hub.sync_parts SET changed_at = now() WHERE sku = %s", KNOWN.sku)


def sync(desk_of):
    return lambda scene: desk_of(scene).hub.sync.sweep()


def published_once(scene):
    """The change was handed to one publishing, and is in the store."""
    runs = scene.other.rows("SELECT b.id FROM hub.batches b JOIN hub.batch_items i ON i.batch_id = b.id"
                            " WHERE b.owner = 'sync' AND i.part_number = %s", KNOWN.sku)  # fmt: skip
    assert len(runs) == 1
    assert scene.other.product(KNOWN.sku)["price"] == "13.00"


def complete(desk_of):
    return lambda scene: desk_of(scene).hub.quoting.sweep()


def work(scene):
    scene.quiet()


def silent(scene):
    """A worker has claimed parts and is silent; two sweeps find it."""
    running(scene)
    scene.other.do(
        "INSERT INTO hub.leases (id, stage, owner, part_numbers, raw_ids, expires_at)"
        " VALUES (gen_random_uuid(), 'publishing', 'gone', %s, '{}', now() - interval '1 second')",
        SKUS,
    )


def one_run(scene):
    """One batch was accepted, and it ended once."""
    rows = scene.other.rows("SELECT id, status FROM hub.batches WHERE idempotency_key = 'monday'")
    assert [row["status"] for row in rows] == ["completed"]


def one_of_the_two(scene):
    """One batch was accepted, for one of the two requests."""
    assert len(scene.other.rows("SELECT id FROM hub.batches WHERE idempotency_key = 'monday'")) == 1


def one_more_run(scene):
    rows = scene.other.rows("SELECT status FROM hub.batches WHERE id <> %s", scene.notes["failed"].id)
    assert sorted(row["status"] for row in rows) == ["completed", "completed"]  # one of them made KNOWN


def judged(scene):
    scene.other.judge(*scene.batches)


def ended(scene):
    """The run ended in one way, and was told to end once at most."""
    scene.other.judge(*scene.batches, only=[])
    actions = scene.other.rows("SELECT action FROM hub.audit_log WHERE target = %s", str(scene.batches[0].id))
    names = [row["action"] for row in actions]
    assert names.count("batch.cancel") <= 1
    assert names.count("plan.approve") <= 1
    (row,) = scene.other.rows("SELECT status FROM hub.batches WHERE id = %s", scene.batches[0].id)
    assert row["status"] in {"completed", "cancelled"}, row
    late = (
        "SELECT 1 FROM hub.batches b JOIN hub.audit_log a ON a.target = b.id::text AND a.action = 'batch.cancel'"
        " WHERE b.status = 'cancelled' AND a.at > (SELECT max(updated_at) FROM hub.batch_items WHERE batch_id = b.id)"
    )
    assert scene.other.rows(late) == [], "a run that was over is called cancelled"


def died_once(scene):
    """The death was counted once."""
    judged(scene)
    assert {row["deaths"] for row in scene.other.rows("SELECT deaths FROM hub.batch_items WHERE deaths > 0")} == {1}


def both_edits(scene):
    (row,) = scene.other.rows("SELECT * FROM hub.hand_data WHERE sku = %s", NEW.sku)
    assert (str(row["price_override"]), row["notes"]) == ("77.00", "call first")


def one_quote(scene):
    """One quote, one search for its unknown part, and one line of the audit log."""
    assert [row["rfq_number"] for row in scene.other.rows("SELECT rfq_number FROM hub.quotes")] == ["RFQ-1"]
    searches = scene.other.rows("SELECT total_items FROM hub.batches WHERE batch_type = 'search'")
    assert searches == [{"total_items": 1}]
    audited = scene.other.rows("SELECT 1 FROM hub.audit_log WHERE action = 'quote.ask'")
    assert len(audited) == 1


def answered_once(scene):
    """Every line has its answer."""
    one_quote(scene)
    scene.other.hub.quoting.sweep()
    lines = scene.other.hub.quoting.find("RFQ-1").lines
    assert [line.answer.state for line in lines] == [LineState.QUOTED, LineState.QUOTED]


REFUSED = (Conflict,)
FEW = {"hub_max_attempts": 1}
SYNC = {"hub_sync": True, "boeing_api_rate_limit": "20/s"}
AT_ONCE = {"hub_quote_answer_seconds": 0}
PLAYS = {
    "the same request twice": Play(staged, publish(first), publish(other), one_run),
    "a key for two requests": Play(
        staged,
        publish(first),
        lambda scene: scene.other.hub.intake.publish(OTHERWISE),
        one_of_the_two,
        may_raise=(BadInput,),
    ),
    "a request, and a sweep": Play(staged, publish(first), sweep(other), one_run),
    "an approval twice": Play(planned, approve(first), approve(other), ended),
    "an approval, and its discarding": Play(planned, approve(first), cancel(other), ended, may_raise=REFUSED),
    "a discarding, and the approval": Play(planned, cancel(first), approve(other), ended, may_raise=REFUSED),
    "a cancel, and a worker": Play(running, cancel(first), work, ended, may_raise=REFUSED),
    "a cancel twice": Play(running, cancel(first), cancel(other), ended),
    "a cancel, and a sweep": Play(silent, cancel(first), sweep(other), ended),
    "a sweep, and a cancel": Play(silent, sweep(first), cancel(other), ended),
    "two sweeps": Play(silent, sweep(first), sweep(other), died_once),
    "a sweep, and a worker": Play(silent, sweep(first), work, judged),
    "a retry twice": Play(failed, retry(first), retry(other), one_more_run, settings=FEW),
    "an undo twice": Play(failed, undo(first), undo(other), one_more_run, settings=FEW),
    "a quote twice": Play(staged, quote(first), quote(other), one_quote, settings=AT_ONCE),
    "a quote, and a sweep": Play(staged, quote(first), sweep(other), one_quote, settings=AT_ONCE),
    "a quote's answer twice": Play(answered, complete(first), complete(other), answered_once, settings=AT_ONCE),
    "a change that sync hands on twice": Play(changed, sync(first), sync(other), published_once, settings=SYNC),
    "a change that sync hands on, and a worker": Play(changed, sync(first), work, published_once, settings=SYNC),
    "two edits of a part": Play(
        staged, edit(first, price_override="77.00"), edit(other, notes="call first"), both_edits
    ),
}


@pytest.mark.parametrize("play", PLAYS.values(), ids=PLAYS)
def test_at_every_point(meetings, play):
    meetings(play)
