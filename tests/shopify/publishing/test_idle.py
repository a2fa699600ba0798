"""A worker with nothing to do gives its thread back at once, whatever has ended before or belongs to another store."""

from __future__ import annotations

from threading import Event

import pytest
from tests.support.patience import allow

from boeing_data_hub.shopify import due_work
from boeing_data_hub.values.states import Stage
from boeing_data_hub.work.time_slice import TimeSlice

pytestmark = pytest.mark.services

SNAPSHOT = (
    "INSERT INTO hub.store_snapshots (id, shop, actor, state, outcome, ended_at)"
    " SELECT gen_random_uuid(), {}, 'test', {}"
)
RUN = (
    "INSERT INTO hub.bulk_runs (id, shop, batch_id, lines, state) SELECT gen_random_uuid(), {}, id, 1, '{}'"
    " FROM hub.batches"
)
OURS = "(SELECT shop FROM hub.products LIMIT 1)"
OVER = {
    "nothing": None,
    "a snapshot that has ended": SNAPSHOT.format(OURS, "'ended', 'complete', now()"),
    "a snapshot of another store": SNAPSHOT.format("'gid://other'", "'running', NULL, NULL"),
    "a bulk operation that has ended": RUN.format(OURS, "ended"),
    "a bulk operation of another store": RUN.format("'gid://other'", "running"),
}


@pytest.mark.parametrize("statement", OVER.values(), ids=OVER)
def test_publishing_rests_only_for_work_that_will_come(desk, statement):
    desk.run(desk.stage(*desk.make_parts(1)))
    if statement is not None:
        desk.do(statement)
    assert desk.hub.database.run(due_work.seconds_to_next) is None
    time_slice = TimeSlice(Event(), allow(5))
    desk.hub.shop.publishing.work(time_slice)
    assert not time_slice.is_over


@pytest.mark.parametrize("stage", [Stage.EXTRACTION, Stage.NORMALIZATION, Stage.PUBLISHING])
def test_no_stage_of_an_empty_hub_keeps_its_thread(desk, stage):
    works = {
        Stage.EXTRACTION: desk.hub.extraction,
        Stage.NORMALIZATION: desk.hub.normalization,
        Stage.PUBLISHING: desk.hub.shop.publishing,
    }
    time_slice = TimeSlice(Event(), allow(5))
    assert works[stage].work(time_slice) == 0
    assert not time_slice.is_over
