"""Freeze windows: parsed as written, and their end follows the wall clock of the zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boeing_data_hub.values.freezes import Freeze, freezes_of

BERLIN = ZoneInfo("Europe/Berlin")


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "end"),
    [
        ("2026-12-04T14:59", None),  # Friday 15:59 in Berlin
        ("2026-12-04T15:00", "2026-12-07T05:00"),
        ("2026-12-06T12:00", "2026-12-07T05:00"),
        ("2026-12-07T04:59", "2026-12-07T05:00"),
        ("2026-12-07T05:00", None),
        ("2026-10-23T20:00", "2026-10-26T05:00"),  # the clock goes back on Sunday: still 06:00 in Berlin
    ],
)
def test_a_window_ends_when_the_clock_on_the_wall_says_so(moment, end):
    (window,) = freezes_of("Fri 16:00-Mon 06:00 publishing")
    assert window.until(at(moment), BERLIN) == (at(end) if end else None)


def test_several_windows_are_separated_by_semicolons():
    assert freezes_of(" mon 00:00 - mon 01:30 Sync ; Sun 23:00-Mon 00:00 boeing;") == (
        Freeze(0, 90, "sync"),
        Freeze(6 * 1440 + 23 * 60, 0, "boeing"),
    )
    assert freezes_of("") == ()


@pytest.mark.parametrize(
    "text", ["16:00-18:00 sync", "Fri 16:00-Mon 06:00", "Fri 24:00-Mon 06:00 sync", "Fri 1:00-2:00 x"]
)
def test_what_is_no_window_is_refused(text):
    with pytest.raises(ValueError, match="must"):
        freezes_of(text)


@given(
    st.integers(0, 10_079),
    st.integers(0, 10_079),
    st.datetimes(min_value=datetime(2026, 1, 1), max_value=datetime(2027, 1, 1)),  # noqa: DTZ001 - made aware below
)
def test_an_end_is_ahead_and_at_most_a_week(start, end, moment):
    now = moment.replace(tzinfo=UTC)
    ends = Freeze(start, end, "sync").until(now, UTC)
    assert ends is None or timedelta(0) < ends - now <= timedelta(days=7)
