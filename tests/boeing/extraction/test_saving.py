"""What is lost when a save fails: the calls of that claim, and of no other."""

from __future__ import annotations

from threading import Event

import pytest
from psycopg.errors import RaiseException
from tests.support.patience import allow
from tests.support.poison import poison

from boeing_data_hub.work.time_slice import TimeSlice

pytestmark = pytest.mark.services


PARTS = [f"AN{n}-1A=K3" for n in range(6)]


def test_a_failed_save_loses_only_the_calls_of_its_claim(make_walk, boeing):
    for part in PARTS:
        boeing.set_part(part, unknown=False, listPrice=100, netPrice=90, quantity=5)
    walk = make_walk(boeing_batch_size=1)
    batch = walk.search(*PARTS)
    poison(walk.hub.database, "boeing_raw_data", "search_query", PARTS[0])
    with pytest.raises(RaiseException):
        walk.hub.extraction.work(TimeSlice(Event(), allow(20)))
    asked = boeing.stats()["calls"]
    kept = walk.hub.database.run(lambda work: work.value("SELECT count(*) FROM hub.boeing_raw_data"))
    assert kept == asked - 1 > 0
    assert sum(item.state == "extracted" for item in walk.items(batch).values()) == kept


def test_a_part_that_fails_several_times_keeps_the_sentence_of_its_last_try_alone(make_walk, boeing):
    boeing.fault("server_error", parts=[PARTS[0]], status=500)
    walk = make_walk(hub_max_attempts=3)
    item = walk.items(walk.to_the_end(walk.search(PARTS[0])))[PARTS[0]]
    assert (item.state, item.error_code) == ("failed", "boeing_500")
    assert item.error.count("did not respond correctly") == 1
