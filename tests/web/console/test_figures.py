"""Figures as people read them, and texts in which nothing hides."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boeing_data_hub.catalogue.screening import StagingStatus
from boeing_data_hub.clock import now
from boeing_data_hub.values.states import BatchStatus, ItemState
from boeing_data_hub.web.console import figures, words
from boeing_data_hub.work.rate_limit import parse_rate_limit


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0.2, "less than 1 s"),
        (45, "45 s"),
        (180, "3 min"),
        (3600, "1 h"),
        (7800, "2 h 10 min"),
        (200_000, "2 d 7 h"),
        (None, "\u2013"),
    ],
)
def test_a_duration_has_its_two_largest_units(seconds, told):
    assert figures.duration(seconds) == told


def test_a_price_is_exact():
    assert figures.money(Decimal("430.0100"), "USD") == "430.01 USD"
    assert figures.money(Decimal("1234.5"), None) == "1,234.50"
    assert figures.money(Decimal("0.1234"), "EUR") == "0.1234 EUR"
    assert figures.money(Decimal(1000), "USD") == "1,000.00 USD"
    assert figures.money(None, "USD") == "\u2013"


def test_all_is_said_to_be_done_only_when_it_is():
    assert figures.percent(9_999, 10_000) == "99%"
    assert figures.percent(0, 0) == "0%"


def test_a_limit_in_words():
    told = [figures.limit(parse_rate_limit(text)) for text in ("20/m", "1/s", "100/h", "unlimited")]
    assert told == ["20 calls a minute", "1 call a second", "100 calls an hour", "unlimited"]


def test_a_moment_of_another_day_has_its_date():
    assert len(figures.clock(now())) == len("14:05:09")
    assert figures.clock(now() - timedelta(days=400)).count("-") == 2


@given(st.text())
def test_nothing_hides_in_a_text_that_is_shown(text):
    assert not any(character in figures.visible(text) for character in "\u202e\u200b\u2066\0\r\ufeff")


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        *(("item", state) for state in ItemState),
        *(("part", state) for state in StagingStatus),
        *(("run", state) for state in BatchStatus if state.is_final and state != "completed"),
        *(("run", state) for state in ("succeeded", "finished_with_failures", "running", "waiting", "pending")),
    ],
)
def test_every_state_has_its_word(kind, state):
    assert state in words.KINDS[kind]
