"""A worker that asks Boeing is stopped between any two lines, and somebody else acts: every part has its answer."""

from __future__ import annotations

from contextlib import suppress
from threading import Event

import pytest
from tests.actors.conftest import Play
from tests.support.patience import Deadline

from boeing_data_hub.batches.run import SearchRequest
from boeing_data_hub.errors import Conflict
from boeing_data_hub.work.time_slice import TimeSlice

pytestmark = [pytest.mark.services, pytest.mark.timeout(3600)]

PARTS = ("P512777", "WF338109", "NAS1149D0332K")


def search(desk):
    return desk.hub.intake.search(SearchRequest(part_numbers=PARTS, owner="test", force_refresh=True)).batch


def searching(scene):
    scene.first.hub.boeing.ensure_tokens()
    scene.batches.append(search(scene.other))


def syncing(scene):
    """Three staged parts are a day old, and sync keeps them up to date with slots that nobody else wants."""
    scene.first.hub.boeing.ensure_tokens()
    scene.batches.append(search(scene.other))
    to_the_end(scene)
    scene.other.do("UPDATE hub.product_staging SET fetched_at = fetched_at - interval '1 day'")
    scene.other.do("UPDATE hub.sync_state SET reviewed_at = to_timestamp(0)")  # the next round is due
    assert scene.other.hub.sync.sweep()


def ask_and_read(desk, seconds=20.0):
    """The two stages, as a worker of both does them."""
    asked = desk.hub.extraction.work(TimeSlice(Event(), seconds))
    return asked + desk.hub.normalization.work(TimeSlice(Event(), seconds))


def work(scene):
    return ask_and_read(scene.first)


def sync_for_a_moment(scene):
    return ask_and_read(scene.first, 0.3)  # sync asks for as long as it is let


def to_the_end(scene):
    deadline = Deadline(30)
    scene.other.hub.recovery.sweep()
    while any(scene.other.batch(batch.id).outcome is None for batch in scene.batches):
        assert not deadline.passed, scene.state()
        scene.other.hub.recovery.sweep()
        scene.other.do("UPDATE hub.batch_items SET not_before = now() WHERE not_before > now()")
        ask_and_read(scene.other, 1.0)


def recover(scene):
    scene.frozen_for_long()
    to_the_end(scene)


def cancel(scene):
    with suppress(Conflict):  # it is over already
        scene.other.hub.intake.cancel(scene.batches[0].id, actor="person")


def cancel_and_recover(scene):
    cancel(scene)
    recover(scene)


def search_the_same(scene):
    scene.batches.append(search(scene.other))
    ask_and_read(scene.other, 1.0)


def ended(scene):
    """Every part has one answer or was cancelled; what was found is staged from an answer that is kept."""
    scene.frozen_for_long()
    to_the_end(scene)
    states = {"normalized", "failed", "cancelled"}
    for batch in scene.batches:
        now, items = scene.other.batch(batch.id), scene.other.items(batch).values()
        assert {item.state.value for item in items} <= states
        assert now.total_items == len(items) == now.settled_count
        counted = {"normalized": now.normalized_count, "failed": now.failed_count, "cancelled": now.cancelled_count}
        assert counted == {state: sum(item.state.value == state for item in items) for state in states}
        assert {item.error_code for item in items if item.state.value == "failed"} <= {"not_found"}
    unstaged = (
        "SELECT part_number FROM hub.batch_items i WHERE state = 'normalized' AND NOT EXISTS (SELECT FROM"
        " hub.product_staging s JOIN hub.boeing_raw_data r ON r.id = i.raw_id WHERE s.sku = ANY(i.skus))"
    )
    assert scene.other.rows(unstaged) == []
    assert scene.other.rows("SELECT 1 FROM hub.leases") == []


def found(scene):
    """None of them failed, and Boeing was asked little more often than it had to be."""
    ended(scene)
    assert {scene.other.batch(batch.id).outcome for batch in scene.batches} == {"succeeded"}
    asked = len(scene.boeing.ledger())
    assert asked <= 3, "each death and each further search may cost a call"


def kept_up_to_date(scene):
    """Every part was asked again, no lease is left, and a search beside it lost nothing."""
    ended(scene)
    deadline = Deadline(30)
    while scene.other.rows("SELECT 1 FROM hub.product_staging WHERE fetched_at < now() - interval '1 hour'"):
        assert not deadline.passed, scene.state()
        scene.other.do("UPDATE hub.sync_parts SET not_before = NULL")
        ask_and_read(scene.other, 1.0)
    assert {scene.other.batch(batch.id).outcome for batch in scene.batches} == {"succeeded"}
    assert scene.other.rows("SELECT 1 FROM hub.leases") == []
    assert scene.other.rows("SELECT sku FROM hub.sync_parts WHERE failures > 0") == []


SYNC = {
    "hub_sync": True,
    "hub_sync_parts": "staged",
    "hub_sync_longest_age": 0,
    "hub_sync_review_seconds": 1,
    "boeing_api_rate_limit": "5/s",
}
PLAYS = {
    "a search, and another worker": Play(searching, work, recover, found, meanwhile=found),
    "a search, and a cancel": Play(searching, work, cancel, ended),
    "a search, and a cancel, and death": Play(searching, work, cancel_and_recover, ended, meanwhile=ended),
    "a search, and the same search": Play(searching, work, search_the_same, found),
}


@pytest.mark.parametrize("play", PLAYS.values(), ids=PLAYS)
def test_at_every_point(meetings, play):
    meetings(play)


SYNC_PLAYS = {
    "sync, and another worker": Play(
        syncing, sync_for_a_moment, recover, kept_up_to_date, settings=SYNC, by_the_clock=True
    ),
    "sync, and a search for the same parts": Play(
        syncing, sync_for_a_moment, search_the_same, kept_up_to_date, settings=SYNC
    ),
}


@pytest.mark.actors
@pytest.mark.parametrize("play", SYNC_PLAYS.values(), ids=SYNC_PLAYS)
def test_sync_at_every_point(meetings, play):
    meetings(play)
