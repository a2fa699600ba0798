"""What is done now and then: when each chore is due next, and where a round that was begun stands.

A portion of a chore and the note of how far it got are one transaction, so a round that is killed goes on exactly where
it was, whoever goes on with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from psycopg.types.json import Jsonb

from boeing_data_hub.store.work import Work


def due(work: Work, names: Sequence[str]) -> list[str]:
    """Those of these chores that are due, the longest due first. One that was never heard of is due at once."""
    rows = work.rows("SELECT name, due_at <= now() AS is_due FROM hub.chores ORDER BY due_at, name")
    known = {row["name"] for row in rows}
    if new := [name for name in names if name not in known]:
        work.do("INSERT INTO hub.chores (name) SELECT unnest(%s::text[]) ON CONFLICT DO NOTHING", [new])
    return [*new, *(row["name"] for row in rows if row["is_due"] and row["name"] in names)]


def is_due(work: Work, name: str) -> bool:
    """Whether a chore is to be done now, be somebody at it or not."""
    return bool(work.value("SELECT due_at <= now() FROM hub.chores WHERE name = %s", [name]))


def hold(work: Work, name: str) -> Mapping[str, Any] | None:
    """The chore, held until the commit; None when it is not due, or somebody else is at it."""
    return work.row(
        "SELECT name, cursor, removed, failures FROM hub.chores WHERE name = %s AND due_at <= now()"
        " FOR UPDATE SKIP LOCKED",
        [name],
    )


def go_on(work: Work, name: str, *, removed: int, cursor: Any) -> None:
    """A portion is done, and the round goes on from `cursor`."""
    work.do(
        "UPDATE hub.chores SET began_at = coalesce(began_at, now()), removed = removed + %s, cursor = %s,"
        " failures = 0, note = NULL, updated_at = now() WHERE name = %s",
        [removed, None if cursor is None else Jsonb(cursor), name],
    )


def end(work: Work, name: str, *, removed: int, wait: float, cursor: Any = None) -> None:
    """The round is done; the next is due in `wait` seconds from its beginning, but not before now. `cursor` is kept
    for it.
    """
    work.do(
        "UPDATE hub.chores SET last_round = removed + %s, removed = 0, cursor = %s, done_at = now(),"
        " due_at = greatest(now(), coalesce(began_at, now()) + %s * interval '1 second'), began_at = NULL,"
        " failures = 0, note = NULL, updated_at = now() WHERE name = %s",
        [removed, None if cursor is None else Jsonb(cursor), wait, name],
    )


def failed(work: Work, name: str, *, note: str, longest: float) -> None:
    """A portion failed; it is tried again after a minute, two, four ... up to `longest` seconds."""
    work.do(
        "UPDATE hub.chores SET failures = failures + 1, note = %s, updated_at = now(),"
        " due_at = now() + least(60 * 2 ^ least(failures, 10), %s) * interval '1 second' WHERE name = %s",
        [note[:500], longest, name],
    )


def make_due(work: Work, names: Sequence[str]) -> None:
    """Let these be done now."""
    work.do(
        "INSERT INTO hub.chores (name) SELECT unnest(%s::text[])"
        " ON CONFLICT (name) DO UPDATE SET due_at = least(hub.chores.due_at, now()), updated_at = now()",
        [sorted(names)],
    )


def cursor(work: Work, name: str) -> Any:
    """What a chore keeps from one round to the next, or where its round stands; None: nothing."""
    return work.value("SELECT cursor FROM hub.chores WHERE name = %s", [name])


def listed(work: Work) -> dict[str, dict[str, Any]]:
    """Every chore's row, by name."""
    rows = work.rows(
        "SELECT name, due_at, began_at, done_at, removed, last_round, failures, cursor, note, updated_at,"
        " due_at <= now() AS is_due FROM hub.chores ORDER BY name"
    )
    return {row["name"]: row for row in rows}
