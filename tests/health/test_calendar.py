"""When digests are due: once a day, also on the days on which clocks are set."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boeing_data_hub.health.calendar import Timetable

ZONES = st.sampled_from(
    ["America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kolkata", "Africa/Casablanca", "America/Havana",
     "Pacific/Chatham", "Asia/Gaza", "UTC"]
)  # fmt: skip
TIMES = st.builds(time, st.integers(0, 23), st.integers(0, 59))


def moments(start: datetime, step: timedelta, count: int):
    return (start + number * step for number in range(count))


@settings(deadline=None)
@given(zone=ZONES, at=TIMES, start=st.dates(date(2020, 1, 1), date(2030, 1, 1)), minutes=st.sampled_from([7, 30, 61]))
def test_a_clock_that_ticks_on_makes_one_digest_for_each_day_and_they_leave_no_gap(zone, at, start, minutes):
    timetable = Timetable(at, ZoneInfo(zone))
    begin = datetime.combine(start, time(0), UTC)
    told_to, made = None, []
    for now in moments(begin, timedelta(minutes=minutes), 4 * 24 * 60 // minutes):
        if (period := timetable.due(now, told_to=told_to)) is not None:
            made.append(period)
            told_to = period.until
            assert timetable.due(now, told_to=told_to) is None
    days = [period.day for period in made]
    assert days == sorted(set(days)), "no day twice"
    assert all(b - a == timedelta(days=1) for a, b in pairwise(days)), "no day left out"
    assert all(a.until == b.since for a, b in pairwise(made))
    assert all(timedelta(hours=22) <= p.until - p.since <= timedelta(hours=26) for p in made)


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 8), 23), (date(2026, 11, 1), 25), (date(2026, 6, 1), 24)])
def test_a_digest_covers_the_whole_day_on_which_the_clock_changes(day, hours):
    period = Timetable(time(6), ZoneInfo("America/New_York")).of_day(day)
    assert period.until - period.since == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("day", "due"),
    [
        (date(2026, 3, 8), datetime(2026, 3, 8, 7, 30, tzinfo=UTC)),  # 02:30 does not exist
        (date(2026, 11, 1), datetime(2026, 11, 1, 6, 30, tzinfo=UTC)),  # 02:30 is there once, 01:30 twice
    ],
)
def test_a_local_time_that_does_not_exist_still_has_its_moment(day, due):
    at = time(2, 30) if day.month == 3 else time(1, 30)
    expected = due if day.month == 3 else datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
    assert Timetable(at, ZoneInfo("America/New_York")).moment(day) == expected


def test_a_day_that_a_country_skipped_is_covered_by_the_next_digest():
    timetable = Timetable(time(6), ZoneInfo("Pacific/Apia"))  # 30 December 2011 was not
    told_to, days = timetable.moment(date(2011, 12, 29)), []
    for now in moments(datetime(2011, 12, 29, 17, tzinfo=UTC), timedelta(minutes=30), 100):
        if (period := timetable.due(now, told_to=told_to)) is not None:
            days.append(period.day.isoformat())
            told_to = period.until
    assert days == ["2011-12-31", "2012-01-01"]


def test_the_first_digest_tells_of_one_day():
    period = Timetable(time(6), UTC).due(datetime(2026, 11, 25, 7, tzinfo=UTC), told_to=None)
    assert period is not None
    assert (period.day, period.since) == (date(2026, 11, 25), datetime(2026, 11, 24, 6, tzinfo=UTC))
    assert period.notice_id == "digest:2026-11-25"


def test_after_an_outage_one_digest_tells_of_all_that_was_missed():
    timetable = Timetable(time(6), UTC)
    told_to = timetable.moment(date(2026, 11, 21))
    period = timetable.due(datetime(2026, 11, 25, 9, tzinfo=UTC), told_to=told_to)
    assert period is not None
    assert (period.day, period.since) == (date(2026, 11, 25), told_to)


def test_after_months_one_digest_tells_of_the_last_week():
    timetable = Timetable(time(6), UTC)
    period = timetable.due(datetime(2026, 11, 25, 9, tzinfo=UTC), told_to=datetime(2026, 1, 1, tzinfo=UTC))
    assert period is not None
    assert period.until - period.since == timedelta(days=7)


def test_another_time_of_day_is_no_reason_to_tell_a_day_twice():
    told_to = Timetable(time(6), UTC).moment(date(2026, 11, 25))
    now = datetime(2026, 11, 25, 12, tzinfo=UTC)
    assert Timetable(time(5), UTC).due(now, told_to=told_to) is None
    later = Timetable(time(9), UTC).due(now, told_to=told_to)
    assert later is not None
    assert later.since == told_to
