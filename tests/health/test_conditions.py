"""A condition is judged and worded once, and everything that shows it shows the same sentence."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

import boeing_data_hub
from boeing_data_hub.health import alarms, conditions, digest, overview
from boeing_data_hub.health.attention import Attention
from boeing_data_hub.health.batch_status import wait_of
from boeing_data_hub.health.calendar import Period
from boeing_data_hub.health.conditions import Kind
from boeing_data_hub.health.digest_facts import Facts
from boeing_data_hub.health.doctor import stalled_work, workers_check
from boeing_data_hub.health.live import Situation
from boeing_data_hub.health.lost_work import LateLeftovers, LostWork
from boeing_data_hub.health.pauses import pause_of
from boeing_data_hub.health.workers_seen import WorkersSeen
from boeing_data_hub.values.states import BatchStatus, BatchType
from boeing_data_hub.work.batch import Batch, BatchOptions
from boeing_data_hub.work.rates import UpstreamPace

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
PACKAGE = Path(boeing_data_hub.__file__).parent
KINDS = [kind for kind in vars(conditions).values() if isinstance(kind, Kind)]
CONSOLE = "https://hub.example.com/console"
DAY = Period(NOON.date(), NOON - timedelta(days=1), NOON)


def a_run(kind):
    return Batch(
        id=uuid4(), batch_type=kind, status=BatchStatus.PROCESSING, total_items=10, extracted_count=0,
        normalized_count=0, published_count=0, failed_count=0, not_for_sale_count=0,
            cancelled_count=0, reused_count=0, error_message=None,
        owner="t", idempotency_key=None, request_hash="", options=BatchOptions(), retry_of=None, rate=None,
        created_at=NOON, updated_at=NOON, started_at=NOON, completed_at=None, items_gone_at=None, changes_gone_at=None,
    )  # fmt: skip


def digest_text(waiting=Attention(), pauses=()):  # noqa: B008 - frozen
    facts = Facts(
        period=DAY, ended=[], worst=[], outcomes={}, changed={}, price_moves=0, moved=[], sold_out_count=0, sold_out=[],
        failures=[], answers=0, possible=None, waiting=waiting, pauses=pauses,
    )  # fmt: skip
    return digest.as_text(digest.document(facts, console=CONSOLE))


def situation(seen, shopify=None):
    return Situation(
        now=NOON, boeing=UpstreamPace(NOON), shopify=shopify or UpstreamPace(NOON), limit=None, batch_size=10,
        workers=WorkersSeen(seen, 20),
    )  # fmt: skip


def test_a_queue_without_a_worker_reads_the_same_everywhere():
    (missing,) = WorkersSeen({"sweep": 1}, 20).missing(["extraction"])
    waits = wait_of(a_run(BatchType.SEARCH), situation({}))
    assert (waits.reason, waits.message) == ("no_worker", missing.text)
    assert overview.worker_problems(WorkersSeen({}, 20), queues=["extraction"], redis_answers=True) == [missing]
    found = workers_check.judge_staff(
        [], seen=WorkersSeen({"sweep": 1}, 20), queues=["extraction"], version="1", local_images=False
    )
    assert missing.message in [each.message for each in found]
    assert missing.message in alarms.document(missing, console=CONSOLE).title


def test_a_pause_of_the_store_reads_the_same_everywhere():
    state = UpstreamPace(
        NOON, pause_reason="shopify_token", pause_note="Shopify rejected the token.", paused_since=NOON
    )
    pause = pause_of("shopify", state)
    publishing = a_run(BatchType.PUBLISH)
    assert wait_of(publishing, situation({"publishing": 1}, state)).message == pause.message
    (finding,) = stalled_work.judge_stalled_work(
        LostWork(leases=0, doubtful=(), leftovers=LateLeftovers(), still=(), bulk=(), unsent={}, pauses=(pause,))
    )
    assert (finding.code, finding.level, finding.message) == ("line_paused", "error", pause.message)
    assert pause.message in digest_text(pauses=[pause])
    assert pause.message in alarms.document(pause, console=CONSOLE).title


def test_what_waits_for_a_person_reads_the_same_in_the_digest_and_on_the_overview():
    waiting = Attention(conflicts=2, orphans=1, plans=1, adoption=3_124, in_doubt=1, reviews=3)
    text = digest_text(waiting)
    for one in waiting.conditions():
        assert one.message in text


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.code)
def test_no_other_module_words_a_condition(kind):
    words = max(kind.message.replace("{", "}").split("}"), key=len).strip()
    said = {str(path.relative_to(PACKAGE)) for path in PACKAGE.rglob("*.py") if words in path.read_text("utf-8")}
    assert len(words) < 25 or said <= {"health/conditions.py"}, words
