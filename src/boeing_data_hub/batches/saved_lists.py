"""Saved lists: part numbers with a name, where they come from, when they are read again, and what changed last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from psycopg.types.json import Jsonb

from boeing_data_hub.batches.lists.mapping import ColumnMapping
from boeing_data_hub.batches.lists.schedule import Schedule
from boeing_data_hub.db import audit
from boeing_data_hub.db.statements import beside
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.errors import BadInput, Conflict, NotFound

_SQL: Final = beside(__file__)

Source = Literal["file", "url"]
AfterRefresh = Literal["nothing", "new", "all"]
Which = Literal["current", "added", "removed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListForm:
    """What a person says of a saved list.

    Attributes:
        name: unique.
        mapping: how its source is read.
        address: of a list whose source is a URL.
        host_key: fingerprint of the server's key that an SFTP address pins.
        schedule: see `Schedule`; only with an address.
        after_refresh: what is searched after a refresh: nothing, new part numbers, or all.
    """

    name: str
    mapping: ColumnMapping = field(default_factory=ColumnMapping)
    address: str = ""
    host_key: str = ""
    schedule: str = ""
    after_refresh: AfterRefresh = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedList:
    """A saved list. See `ListForm` for what a person said.

    Attributes:
        source: a file that people upload, or a URL, by https or SFTP.
        version: how often its lines have changed; 0: never read.
        columns: headers of the other columns.
        line_count: part numbers now.
        added_count: part numbers that the last change added.
        removed_count: part numbers that it removed.
        skipped_count: lines that the last refresh skipped as flagged or invalid.
        refreshed_at: the last refresh that succeeded.
        last_batch: the last search of it.
        due_at: when it is read next; None: by hand only.
        attempts: refreshes that failed since one succeeded.
        error: why the last refresh failed; None if it did not.
        failing_since: when it began to fail.
    """

    id: UUID
    name: str
    author: str
    created_at: datetime
    mapping: ColumnMapping
    source: Source
    address: str
    host_key: str
    schedule: str
    after_refresh: AfterRefresh
    version: int
    columns: list[str]
    line_count: int
    added_count: int
    removed_count: int
    skipped_count: int
    refreshed_at: datetime | None
    last_batch: UUID | None
    due_at: datetime | None
    attempts: int
    error_code: str | None
    error: str | None
    failing_since: datetime | None


@dataclass(frozen=True, slots=True)
class ListLine:
    """A part number of a list, with its cells in the other columns, and how the last change concerned it."""

    part_number: str
    position: int
    cells: list[str]
    is_added: bool
    is_removed: bool


@dataclass(frozen=True, slots=True)
class FailingList:
    """A list that could not be refreshed, and why."""

    name: str
    error: str


@dataclass(frozen=True, slots=True)
class Changes:
    """How many part numbers a list has, and how many its last change added and removed."""

    lines: int
    added: int
    removed: int


def create(work: Work, list_id: UUID, form: ListForm, *, actor: str) -> None:
    """Save a new list, without lines. One with an address is due at once.

    Raises:
        Conflict: `list_name_taken`.
        BadInput: `bad_schedule`; `no_address`: a schedule without one.
    """
    _check(form)
    values: dict[str, Any] = {
        "id": list_id,
        "author": actor,
        "source": "url" if form.address else "file",
        **asdict(form),
        "mapping": Jsonb(asdict(form.mapping)),
    }
    if not work.do(_SQL["add"], values):
        raise _taken(form.name)
    audit.record(work, actor=actor, action="list.create", target=form.name)


def change(work: Work, list_id: UUID, form: ListForm, *, actor: str) -> None:
    """Replace what a person said of a list. Its source stays a file, or a URL.

    Raises:
        NotFound: no such list.
        Conflict: `list_name_taken`.
        BadInput: as `create`; `other_source`.
    """
    _check(form)
    known = get(work, list_id, lock=True)
    if (known.source == "url") != bool(form.address):
        raise BadInput(
            "A list stays with its kind of source. Create another list for a file or an address. Nothing was changed.",
            code="other_source",
        )
    if work.value(_SQL["has_name"], [form.name]) not in {None, list_id}:
        raise _taken(form.name)
    reads_otherwise = (form.address, form.host_key, form.mapping) != (known.address, known.host_key, known.mapping)
    at = present(work)
    due_at = known.due_at
    if form.address and reads_otherwise:
        due_at = at
    elif form.schedule != known.schedule:
        due_at = Schedule.parse(form.schedule).next_after(at)
    values = {"id": list_id, **asdict(form), "mapping": Jsonb(asdict(form.mapping)), "due_at": due_at}
    work.do(_SQL["change"], values)
    audit.record(work, actor=actor, action="list.edit", target=form.name)


def _check(form: ListForm) -> None:
    Schedule.parse(form.schedule)
    if form.schedule and not form.address:
        raise BadInput("Only a list with an address can have a schedule. Nothing was changed.", code="no_address")


def remove(work: Work, list_id: UUID, *, actor: str) -> None:
    """Delete a list with its lines. Its runs stay. Raises NotFound."""
    known = get(work, list_id, lock=True)
    work.do(_SQL["remove"], [list_id])
    audit.record(work, actor=actor, action="list.delete", target=known.name)


def everyone(work: Work) -> list[SavedList]:
    """All lists, by name."""
    return work.records(SavedList, _SQL["all"])


def get(work: Work, list_id: UUID, *, lock: bool = False) -> SavedList:
    """A list, locked until the commit if wanted. Raises NotFound."""
    found = work.record(SavedList, _SQL["get_locked" if lock else "get"], [list_id])
    if found is None:
        raise NotFound(f"No list {list_id}. `bdh lists list` shows all lists.", code="list_not_found")
    return found


def lines(work: Work, list_id: UUID, which: Which = "current", *, limit: int, after: int = 0) -> list[ListLine]:
    """Lines of a list, by their place in the file: what it has now, or what its last change added or removed."""
    return work.records(ListLine, _SQL["lines"], {"list": list_id, "which": which, "limit": limit, "after": after})


def make_due(work: Work, list_id: UUID) -> None:
    """Have a list with an address read soon. Raises NotFound; BadInput: `no_address`."""
    known = get(work, list_id)
    if not work.do(_SQL["make_due"], [list_id]):
        raise BadInput(f"“{known.name}” has no address: upload its file instead.", code="no_address")


def claim(work: Work, lease: UUID, *, seconds: float) -> UUID | None:
    """Lease the list that has been due longest; None: none is due."""
    return work.value(_SQL["claim"], {"lease": lease, "seconds": seconds})


def still_leased(work: Work, list_id: UUID, lease: UUID) -> bool:
    """True if the lease is still ours; then the list is locked until the commit."""
    return work.row(_SQL["still_leased"], [list_id, lease]) is not None


def present(work: Work) -> datetime:
    """The database's time."""
    return work.value(_SQL["present"])


def put_lines(
    work: Work,
    known: SavedList,
    numbers: Sequence[str],
    columns: Sequence[str],
    cells: Sequence[Sequence[str]],
    *,
    digest: str,
) -> Changes | None:
    """Replace the lines of a locked list. Returns what changed; None: nothing, and the version stays."""
    if known.version and work.value(_SQL["digest"], [known.id]) == digest:
        return None
    values: dict[str, Any] = {"list": known.id, "version": known.version + 1, "numbers": list(numbers)}
    work.do(_SQL["forget_removed"], values)
    work.do(_SQL["remove_lines"], values)
    work.do(_SQL["put_lines"], {**values, "cells": Jsonb([list(line) for line in cells])})
    changes = work.record(Changes, _SQL["count_changes"], values)
    assert changes is not None  # noqa: S101 - an aggregate always has one row
    values = {"id": known.id, "version": known.version + 1, "columns": list(columns), "digest": digest}
    work.do(_SQL["set_version"], {**values, **asdict(changes)})
    return changes


def next_due(known: SavedList, moment: datetime) -> datetime | None:
    """When a list is due by its schedule, after a moment; None: by hand only."""
    return Schedule.parse(known.schedule).next_after(moment)


def refreshed(work: Work, known: SavedList, *, skipped: int, batch: UUID | None) -> None:
    """Record a refresh that succeeded, and when the next one is due."""
    due_at = next_due(known, present(work))
    work.do(_SQL["refreshed"], {"id": known.id, "due_at": due_at, "skipped": skipped, "batch": batch})


def failed(work: Work, list_id: UUID, *, code: str, error: str, due_at: datetime | None) -> None:
    """Record a refresh that failed, and when it is tried again."""
    work.do(_SQL["failed"], {"id": list_id, "code": code, "error": error[:1000], "due_at": due_at})


def set_batch(work: Work, list_id: UUID, batch_id: UUID) -> None:
    """Record the last search of a list."""
    work.do(_SQL["set_batch"], [batch_id, list_id])


def failing(work: Work) -> list[FailingList]:
    """Lists that could not be refreshed, the longest failing first; at most 100."""
    return work.records(FailingList, _SQL["failing"])


def _taken(name: str) -> Conflict:
    return Conflict(f"There is a list “{name}” already. Nothing was changed.", code="list_name_taken")
