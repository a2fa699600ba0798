"""The estimate of a search is held against a search by real workers: calls to the last one, time within its range."""

from __future__ import annotations

import pytest
from tests.support.patience import allow

from boeing_data_hub.batches import estimating
from boeing_data_hub.batches.estimating import WhatIf
from boeing_data_hub.clock import monotonic
from boeing_data_hub.settings import Settings
from boeing_data_hub.values.range import Range

pytestmark = [pytest.mark.services, pytest.mark.timeout(150)]

BUSY = allow(10.0)  # seconds that a machine under load may lose: what is judged is the limit's share


def test_calls_and_time_of_a_search_are_as_they_were_foretold(make_rig):
    rig = make_rig(BOEING_API_RATE_LIMIT="120/m", HUB_LEASE_SECONDS="30")
    rig.start_all(extraction=2)
    parts = [f"ES{n:05d}" for n in range(200)]
    settings = Settings(_env_file=None, **{name.lower(): value for name, value in rig.environment.items()})
    told = estimating.reckon(settings, 200, part_numbers=parts, what_if=WhatIf(), publish=False).search
    assert told.calls == Range(20, 20)
    began = monotonic()
    rig.finish(rig.search(parts))
    seconds = monotonic() - began
    assert rig.boeing.stats()["calls"] == 20
    assert 9 < told.seconds.low <= seconds + 0.5
    assert seconds <= told.seconds.high + BUSY, (seconds, told)

    # Asked again, the answers are fresh, and no call is foretold.
    again = estimating.reckon(settings, 200, part_numbers=parts, what_if=WhatIf(), publish=False).search
    assert (again.calls.high, again.seconds.high) == (0, 0)


def test_who_waits_already_is_reckoned_with(make_rig):
    rig = make_rig(BOEING_API_RATE_LIMIT="2/m")
    rig.start_all()
    rig.search([f"WA{n:05d}" for n in range(500)])
    settings = Settings(_env_file=None, **{name.lower(): value for name, value in rig.environment.items()})
    rig.wait(lambda: rig.boeing.stats()["calls"], "the first call")
    told = estimating.reckon(settings, 100, what_if=WhatIf(), publish=False).search
    assert any("waiting searches" in line for line in told.reckoned)
    assert any("until the next slot" in line for line in told.reckoned)
    assert told.seconds.high > 1.8 * told.seconds.low
