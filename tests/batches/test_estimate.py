"""The reckoning of an estimate, and the guide's appendix C done right."""

from __future__ import annotations

import pytest

from boeing_data_hub.batches.estimate import span
from boeing_data_hub.batches.estimating import WhatIf, reckon
from boeing_data_hub.boeing.forecast import search_cost
from boeing_data_hub.errors import BadInput
from boeing_data_hub.settings import Settings
from boeing_data_hub.values.range import Range
from boeing_data_hub.work.rate_limit import parse_rate_limit


def told(parts=20_000, *, settings=None, **what_if):
    return reckon(Settings(_env_file=None, **(settings or {})), parts, what_if=WhatIf(offline=True, **what_if))


def test_the_guide_s_example_takes_what_the_guide_says_for_the_search_and_a_tenth_for_the_publishing():
    found = told()
    assert found.search.calls == Range(2000, 2000)
    assert 100 * 60 <= found.search.seconds.low <= 103 * 60
    assert 63 * 60 < found.publish.one_by_one_seconds < 67 * 60  # the guide: 667 minutes
    assert found.publish.way == "bulk"
    assert found.publish.seconds.high < 90 * 60


@pytest.mark.parametrize(
    ("limit", "hours"), [("20/m", 1.7), ("2/m", 17.1), ("120/m", 0.28), ("5/s", 0.133), ("100/h", 20.5)]
)
def test_a_limit_is_kept_by_spacing(limit, hours):
    assert told(at_limit=limit).search.seconds.low / 3600 == pytest.approx(hours, rel=0.03)


def test_larger_calls_are_fewer():
    assert told(batch_size=20).search.calls.low == 1000


def test_without_a_limit_only_the_calls_are_foretold():
    found = told(at_limit="unlimited")
    assert found.search.calls.low == 2000
    assert found.search.seconds.low == 0
    assert any("unlimited" in line for line in found.assumptions)


def test_confirming_what_is_missing_may_cost_a_call_for_each():
    assert told(100, settings={"hub_confirm_missing": True}).search.calls == Range(10, 110)


@pytest.mark.parametrize(("plan", "rate"), [("basic", 100), ("Advanced", 200), ("plus", 1000), ("enterprise", 2000)])
def test_a_plan_is_a_rate(plan, rate):
    assert told(plan=plan).publish.restore_rate == rate


def test_an_unknown_plan_is_rejected_with_the_known_ones():
    with pytest.raises(BadInput, match="advanced"):
        told(plan="golden")


def test_the_daily_limit_counts_days_where_it_bites():
    found = told(plan="basic", variants=45_000).publish
    assert found.daily_limit.days == 15
    assert found.seconds.high >= 15 * 86_400
    assert told(plan="plus", variants=45_000).publish.daily_limit is None
    assert any("50,000 variants" in line for line in told(plan="basic").assumptions)


def test_what_the_store_has_may_cost_nothing():
    found = told(100, known=100).publish
    assert found.points.low == 0
    assert found.points.high >= 1500


def test_few_parts_go_one_by_one_and_the_reckoning_is_shown():
    found = told(100).publish
    assert found.way == "direct"
    assert any("100 new ones x" in line for line in found.reckoned)
    assert any("2,000 in the bucket" in line for line in found.reckoned)


def test_more_than_one_request_can_hold_is_reported():
    assert any("in 3 searches" in line for line in told(120_000).search.reckoned)
    assert any("in 12 publish runs" in line for line in told(120_000).publish.reckoned)


def test_others_take_turns_and_the_next_slot_may_be_away():
    limit = parse_rate_limit("20/m")
    alone, beside = (search_cost(1000, batch_size=10, limit=limit, ahead=n, first_wait=2.0) for n in (0, 50_000))
    assert alone.calls == beside.calls == (100, 100)
    assert (alone.ahead, beside.ahead) == (0, 100)
    assert beside.seconds[1] > 1.9 * alone.seconds[1] - 20
    assert alone.seconds[0] == pytest.approx(2.0 + 99 * alone.spacing)


def test_durations_are_worded_for_people():
    assert [span(90), span(6150), span(61_500)] == ["90 s", "102 min", "17.1 h"]
