"""One rate limit for all processes: what one of them reserves, the others leave free."""

from __future__ import annotations

from itertools import pairwise

import pytest

from boeing_data_hub.db.unit_of_work import Database
from boeing_data_hub.work.pacing import Pacing
from boeing_data_hub.work.rate_limit import parse_rate_limit

pytestmark = pytest.mark.services


def test_two_processes_reserve_slots_of_one_limit(database, database_url):
    limit = parse_rate_limit("60/m")
    assert limit is not None
    other = Database(database_url, size=2, name="other")
    try:
        processes = [Pacing(each, "boeing", limit) for each in (database, other)]
        slots = [processes[turn % 2].reserve(wanted=1, horizon=60.0) for turn in range(6)]
    finally:
        other.close()
    starts = [each.first_at for each in slots]
    assert [each.calls for each in slots] == [1] * 6
    assert all(later - earlier > 0.9 * limit.spacing for earlier, later in pairwise(starts))
