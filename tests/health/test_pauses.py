"""What people read of a pause, and what an ETA makes of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boeing_data_hub.health.alarms import urgent
from boeing_data_hub.health.live import Situation
from boeing_data_hub.health.pauses import pause_of
from boeing_data_hub.health.workers_seen import WorkersSeen
from boeing_data_hub.values.states import BatchStatus, BatchType
from boeing_data_hub.work import rates
from boeing_data_hub.work.batch import Batch, BatchOptions
from boeing_data_hub.work.rate_limit import RateLimit
from boeing_data_hub.work.rates import UpstreamPace

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
LIMIT = RateLimit(60, 60.0)


def situation(line, now=NOON, limit=LIMIT):
    return Situation(
        now=now,
        boeing=line,
        shopify=UpstreamPace(now),
        limit=limit,
        batch_size=10,
        workers=WorkersSeen({"extraction": 1}, 20),
    )


def batch(total, extracted=0, rate=None):
    return Batch(
        id=uuid4(), batch_type=BatchType.SEARCH, status=BatchStatus.PROCESSING, total_items=total,
        extracted_count=extracted, normalized_count=extracted, published_count=0, failed_count=0, not_for_sale_count=0,
        cancelled_count=0,
        reused_count=0, error_message=None, owner="t", idempotency_key=None, request_hash="", options=BatchOptions(),
        retry_of=None, rate=rate, created_at=NOON, updated_at=NOON, started_at=NOON, completed_at=None,
        items_gone_at=None, changes_gone_at=None,
    )  # fmt: skip


def test_a_quota_of_14_hours_says_when_it_is_back_in_words_and_in_the_eta():
    line = rates.slowed(
        UpstreamPace(NOON), NOON, called_at=NOON, retry_after=50_400, limit=LIMIT, words="Quota used up"
    )
    pause = situation(line).boeing_wait()
    assert pause.until == NOON + timedelta(hours=14)
    assert "resets at 2026-01-02 02:00 UTC" in pause.message
    assert "Quota used up" in pause.message
    eta = situation(line).eta_seconds(batch(200))
    assert 50_400 + 20 <= eta.low <= eta.high < 50_400 + 60
    assert list(urgent([pause], now=NOON, after=60)) == [pause]


@pytest.mark.parametrize("reason", ["refused", "credentials"])
def test_the_end_of_a_rejected_account_is_unknown(reason):
    line = UpstreamPace(NOON, paused_until=NOON + timedelta(minutes=5), pause_reason=reason, paused_since=NOON)
    assert situation(line).eta_seconds(batch(200)) is None


def test_a_run_names_the_access_token_that_it_waits_for():
    alive = WorkersSeen({"extraction": 1, "publishing": 1}, 20)
    waiting = replace(situation(UpstreamPace(NOON)), workers=alive, awaited_tokens=frozenset({"boeing"}))
    assert waiting.waiting_for(batch(200)).text == "Waiting for an access token from Boeing."
    publishing = replace(batch(200), batch_type=BatchType.PUBLISH)
    assert waiting.waiting_for(publishing) is None
    assert replace(waiting, awaited_tokens=frozenset({"shopify"})).waiting_for(publishing).code == "access_token"


def test_boeing_s_message_for_a_pause_is_shown():
    for reason in ("refused", "limit", "upstream"):
        line = UpstreamPace(NOON, paused_until=NOON, pause_reason=reason, paused_since=NOON, words="Contract ended")
        assert "Boeing said: \u201cContract ended\u201d." in pause_of("boeing", line).message


@given(
    total=st.integers(20, 60_000),
    done=st.integers(0, 60_000),
    rate=st.none() | st.floats(0.001, 1e6),
    wait=st.none() | st.floats(0, 1e6),
    calls=st.integers(1, 600),
)
def test_an_eta_is_never_less_than_the_calls_need(total, done, rate, wait, calls):
    limit = RateLimit(calls, 60.0)
    line = UpstreamPace(NOON)
    if wait is not None:
        line = rates.slowed(line, NOON, called_at=NOON, retry_after=wait, limit=limit)
    asked = min(done, total)
    eta = situation(line, limit=limit).eta_seconds(batch(total, asked, rate))
    if eta is None:
        return
    assert eta.low <= eta.high
    assert eta.low >= -(-(total - asked) // 10) * 60 / calls + (wait or 0) - 1
