"""How long tests wait: generous where machines are slow, and never so long that a hang costs more than minutes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.patience import GENEROUS, LONGEST, SLOWEST, Deadline, patient, until

SECONDS = st.floats(0.05, 600)
SLOWER = st.floats(1, SLOWEST)


@given(seconds=SECONDS, slower=SLOWER)
def test_a_wait_is_never_shorter_than_its_number_and_never_a_matter_of_more_than_minutes(seconds, slower):
    assert seconds <= patient(seconds, slower) <= max(seconds, LONGEST)


@given(seconds=SECONDS, more=st.floats(0, 60), slower=SLOWER)
def test_a_longer_number_waits_no_shorter(seconds, more, slower):
    assert patient(seconds, slower) <= patient(seconds + more, slower)


@given(seconds=st.floats(0.05, 15))
def test_a_short_wait_has_several_times_its_number(seconds):
    assert patient(seconds, 1) == GENEROUS * seconds


@pytest.mark.parametrize("seconds", [5, 15, 30, 60])
def test_a_machine_half_as_fast_and_busy_has_four_times_the_number_or_the_longest_wait(seconds):
    assert patient(seconds, 4) >= min(4 * seconds, LONGEST)


def test_what_is_true_is_not_waited_for_and_what_never_is_says_so(monkeypatch):
    monkeypatch.setenv("BDH_TEST_PATIENCE", "0.01")
    assert until(lambda: "found") == "found"
    with pytest.raises(AssertionError, match="the moon was not reached"):
        until(lambda: False, seconds=1, what="the moon")
    assert Deadline(0).passed
