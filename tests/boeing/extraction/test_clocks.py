"""Answers are stamped by the database's clock, so that the newest wins although the clocks of hosts differ."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from boeing_data_hub.boeing.asking import Asking
from boeing_data_hub.boeing.judging import AskedPart
from boeing_data_hub.boeing.outcome import Call
from boeing_data_hub.boeing.wire import Answer
from boeing_data_hub.clock import DatabaseClock, monotonic

LONG_AGO = datetime(2001, 1, 1, tzinfo=UTC)


class Boeing:
    def ask(self, parts):
        return Answer(None, (), "{}", "{}")


def test_an_answer_is_stamped_by_the_clock_of_the_claim():
    call = Call(1, (AskedPart("P", 0, None),), DatabaseClock(LONG_AGO, monotonic() - 30.0))
    Asking(database=None, boeing=Boeing(), another_slot=lambda _: True).ask(call, lambda: True)
    assert call.answer is not None
    assert LONG_AGO + timedelta(seconds=30) <= call.at < LONG_AGO + timedelta(hours=1)
    assert LONG_AGO < call.refused.called_at < LONG_AGO + timedelta(hours=1)
