from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boeing_data_hub.settings import Settings
from boeing_data_hub.sync.timetable import Hours, next_call_at, urgent_after

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("hours", "hour", "open_"),
    [
        ("", 3, True),
        ("20:00-06:00", 3, True),
        ("20:00-06:00", 6, False),
        ("20:00-06:00", 20, True),
        ("20:00-06:00", 12, False),
        ("08:00-18:00", 12, True),
        ("08:00-18:00", 18, False),
    ],
)
def test_hours_may_span_midnight(hours, hour, open_):
    assert Hours.of(hours, UTC).includes(NOON.replace(hour=hour)) is open_


def test_hours_are_those_of_the_operator_s_zone():
    night = Hours.of("20:00-06:00", ZoneInfo("America/New_York"))
    assert night.includes(NOON.replace(hour=2))  # 22:00 there
    assert not night.includes(NOON.replace(hour=12))


def test_hours_that_cannot_be_read_stop_the_process():
    with pytest.raises(ValueError, match="two times"):
        Settings(_env_file=None, hub_sync_hours="at night")


@given(st.floats(min_value=0.05, max_value=0.9), st.floats(min_value=0.5, max_value=30.0))
def test_a_share_of_the_slots_stays_free(share, spacing):
    due = now = NOON
    calls = 0
    while now < NOON + timedelta(seconds=400 * spacing):
        if due <= now:
            due, calls = next_call_at(due, now, spacing=spacing, free_share=share), calls + 1
        now += timedelta(seconds=spacing)
    assert calls <= 400 * (1 - share) + 5 / spacing + 2
    assert calls >= 400 * (1 - share) * 0.5 - 1


def test_without_a_free_share_every_slot_may_be_used():
    assert next_call_at(NOON, NOON, spacing=30.0, free_share=0.0) == NOON


@given(st.floats(min_value=1.0, max_value=1e7), st.integers(min_value=0, max_value=10**6))
def test_old_answers_are_asked_again_before_they_are_too_old(longest, parts):
    age = urgent_after(longest, parts=parts, per_call=10, spacing=30.0)
    assert longest / 2 <= age <= 0.9 * longest


def test_a_pass_over_all_parts_begins_in_time():
    longest, parts, spacing = 86_400.0, 500, 30.0
    age = urgent_after(longest, parts=parts, per_call=10, spacing=spacing)
    assert age + parts / 10 * spacing < longest
