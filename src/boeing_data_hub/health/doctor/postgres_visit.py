"""The doctor's checks of Postgres: the server, the tables, and the workers, work and keys recorded in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress

from boeing_data_hub import __version__
from boeing_data_hub.db import api_keys, probe, revision
from boeing_data_hub.db.probe import PostgresRefused
from boeing_data_hub.errors import BadInput
from boeing_data_hub.health import lost_work
from boeing_data_hub.health.doctor import (
    clocks,
    interfaces,
    postgres_check,
    postgres_refusals,
    stalled_work,
    workers_check,
)
from boeing_data_hub.health.doctor.finding import Finding, skipped
from boeing_data_hub.health.workers_seen import WorkersSeen
from boeing_data_hub.settings import Settings
from boeing_data_hub.work import workers


def visit_postgres(
    settings: Settings, *, queues: Sequence[str], key: str, judges_key: bool, call_seconds: float
) -> Iterator[Finding]:
    """All findings in Postgres, on a separate read-only connection.

    Args:
        settings: the environment; DATABASE_URL may be unset.
        queues: that must have a worker.
        key: the key that the command line sends; may be empty.
        judges_key: check that key.
        call_seconds: maximum duration of a statement.
    """
    secret = settings.database_url
    url = secret.get_secret_value() if secret else ""
    with suppress(BadInput):  # that it allows a connection in clear, the look says
        url = settings.postgres_url if url else ""
    if not url:
        yield postgres_check.UNSET.found("DATABASE_URL is not set, so there is no database.")
        return
    try:
        with probe.connected(url, seconds=call_seconds) as connection:
            yield from _tables(connection, url, settings, queues, key if judges_key else None, call_seconds)
    except PostgresRefused as refused:
        yield postgres_refusals.not_connected(refused.said, url)


def _tables(
    connection: probe.Connection,
    url: str,
    settings: Settings,
    queues: Sequence[str],
    key: str | None,
    call_seconds: float,
) -> Iterator[Finding]:
    silent_after = settings.hub_worker_silent_after
    facts = probe.look(connection, url=url, seconds=call_seconds)
    with probe.reading(connection) as work:
        found = revision.current(work) if facts.may_use_schema else None
        ready = found is not None and found >= revision.EXPECTED
        alive = workers.alive(work, silent_after=silent_after) if ready else []
        seen = WorkersSeen(workers.last_seen(work) if ready else {}, silent_after)
    # All workers and the API have a pool; the scheduler's sweep runs within a worker.
    processes = max(len({(each.host, each.pid) for each in alive}), len(queues)) + 1
    yield from postgres_check.judge_postgres(
        facts,
        url,
        revision=found,
        expected=revision.EXPECTED,
        pool=settings.hub_database_pool,
        processes=processes,
    )
    if off := clocks.judge_clock("Postgres", facts.ahead, uncertain=facts.uncertain):
        yield off
    if not ready:
        yield skipped("workers", "Skipped: the tables do not exist yet.")
        return
    yield from workers_check.judge_staff(
        alive, seen=seen, queues=queues, version=__version__, local_images=not settings.supabase_url
    )
    if not all(table.writable for table in facts.tables):
        return
    with probe.reading(connection) as work:
        lost = lost_work.look(work, after=max(60.0, 10 * settings.hub_sweep_seconds))
        known = api_keys.find(work, key) is not None if key else None
    yield from stalled_work.judge_stalled_work(lost)
    if key is not None:
        yield from interfaces.judge_key(given=bool(key), known=known)
