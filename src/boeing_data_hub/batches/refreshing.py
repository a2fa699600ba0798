"""Refreshes saved lists: reads the source, saves what changed, and searches what the list says.

A list that is due is claimed under a lease in one transaction, read with no transaction open, and saved in another. A
worker that dies leaves a lease that expires; one that is too slow finds that its lease is gone, and saves nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import structlog

from boeing_data_hub.batches import saved_lists
from boeing_data_hub.batches.list_fetcher import ListFetcher
from boeing_data_hub.batches.lists.reading import settled
from boeing_data_hub.batches.lists.spreadsheet import read_upload_table
from boeing_data_hub.batches.lists.table import ListTable
from boeing_data_hub.batches.requests import Accepted, SearchRequest
from boeing_data_hub.batches.run import Intake
from boeing_data_hub.batches.saved_lists import Changes, ListForm, SavedList
from boeing_data_hub.db.unit_of_work import Database, Work
from boeing_data_hub.errors import BadInput, HubError, Retry, Unavailable
from boeing_data_hub.network.outgoing import Network
from boeing_data_hub.retry import RetryPolicy
from boeing_data_hub.settings import Settings
from boeing_data_hub.work.batch import Batch

log = structlog.get_logger(__name__)

Fetch = Callable[[str, str], bytes]
"""Reads an address; the second argument is the host key that it pins, if it is one of SFTP."""

LEASE_SECONDS: Final = 120.0  # longer than a fetch and a reading may take together
_RETRY: Final = RetryPolicy(attempts=6, first=300.0, longest=3600.0)
_LINES_AT_A_TIME: Final = 100_000


@dataclass(frozen=True, slots=True)
class Refreshed:
    """A refresh that succeeded: what changed (None: nothing), lines that were skipped, and the search it started."""

    changes: Changes | None
    skipped: int
    batch: Batch | None


class SavedLists:
    """What is done with saved lists.

    Args:
        database: Postgres.
        intake: accepts searches.
        fetch: reads an address, under guards; raises a HubError.
        check: raises BadInput for an address that may not be read.
        most: part numbers that a list may have.
        close: closes the connections of `fetch`.
    """

    def __init__(
        self,
        database: Database,
        intake: Intake,
        fetch: Fetch,
        check: Callable[[str, str], None],
        *,
        most: int,
        close: Callable[[], None] = lambda: None,
    ) -> None:
        self._database = database
        self._intake = intake
        self._fetch = fetch
        self.check: Final = check
        self._most = most
        self.close: Final = close

    @classmethod
    def of(cls, settings: Settings, database: Database, intake: Intake, network: Network) -> SavedLists:
        """By the settings."""
        fetcher = ListFetcher(
            settings.hub_list_hosts,
            settings.hub_list_allow_http_hosts,
            network,
            passwords=settings.hub_list_sftp_passwords,
            key_file=settings.hub_list_sftp_key_file,
        )
        most = settings.max_bulk_search_size
        return cls(database, intake, fetcher.fetch, fetcher.check, most=most, close=fetcher.close)

    def create(self, form: ListForm, *, actor: str) -> SavedList:
        """Save a new list; see `saved_lists.create`. Raises BadInput if its address may not be read."""
        list_id = uuid4()

        def step(work: Work) -> SavedList:
            saved_lists.create(work, list_id, form, actor=actor)
            return saved_lists.get(work, list_id)

        return self._checked(form, step)

    def change(self, list_id: UUID, form: ListForm, *, actor: str) -> SavedList:
        """Replace what a person said of a list; see `saved_lists.change`."""

        def step(work: Work) -> SavedList:
            saved_lists.change(work, list_id, form, actor=actor)
            return saved_lists.get(work, list_id)

        return self._checked(form, step)

    def _checked(self, form: ListForm, step: Callable[[Work], SavedList]) -> SavedList:
        if form.address:
            self.check(form.address, form.host_key)
        return self._database.run(step, patience=5)

    def take_file(self, list_id: UUID, content: bytes, filename: str) -> Refreshed:
        """Refresh a list from a file that a person uploaded.

        Raises:
            NotFound: no such list.
            BadInput: the list has an address; or the file cannot be read by the list's mapping.
        """
        known = self._database.run(lambda work: saved_lists.get(work, list_id))
        if known.source != "file":
            raise BadInput(f"“{known.name}” is read from its address. Nothing was changed.", code="other_source")
        table = self._read(known, content, filename)
        return self._save(known, table, lease=None)

    def search(self, list_id: UUID, *, only_new: bool, key: str | None, owner: str, urgent: bool = False) -> Accepted:
        """Search the part numbers of a list now: all, or those that its last change added.

        Raises:
            NotFound: no such list.
            BadInput: `empty_list`.
        """

        def step(work: Work) -> tuple[SavedList, SearchRequest]:
            known = saved_lists.get(work, list_id)
            return known, self._request(work, known, only_new=only_new, key=key, owner=owner, urgent=urgent)

        _, request = self._database.run(step)
        if not request.part_numbers:
            raise BadInput("The list has no such part numbers. Nothing was started.", code="empty_list")
        accepted = self._intake.search(request)
        self._database.run(lambda work: saved_lists.set_batch(work, list_id, accepted.batch.id))
        return accepted

    def turn(self, keep_going: Callable[[], bool]) -> int:
        """Refresh the list that has been due longest. Returns 1; 0: none was due."""
        if not keep_going():
            return 0
        lease = uuid4()
        list_id = self._database.run(lambda work: saved_lists.claim(work, lease, seconds=LEASE_SECONDS), patience=5)
        if list_id is None:
            return 0
        known = self._database.run(lambda work: saved_lists.get(work, list_id))
        try:
            name = PurePosixPath(urlsplit(known.address).path).name
            table = self._read(known, self._fetch(known.address, known.host_key), name)
            self._save(known, table, lease=lease)
        except HubError as error:
            self._put_off(known, lease, error)
        except Exception as error:
            self._put_off(known, lease, HubError("The list could not be read because of an error of the hub."))
            log.exception("a list could not be refreshed", list=known.name, error=type(error).__name__)
        return 1

    def _read(self, known: SavedList, content: bytes, filename: str) -> ListTable:
        table = read_upload_table(content, filename, max_parts=self._most, choice=known.mapping)
        settled(table.parts.reading)
        if not table.parts.part_numbers:
            raise BadInput("The source contains no part number, so the list keeps what it had.", code="empty_list")
        return table

    def _save(self, known: SavedList, table: ListTable, *, lease: UUID | None) -> Refreshed:
        parts = table.parts
        digest = hashlib.sha256(json.dumps([parts.part_numbers, table.columns, table.cells]).encode()).hexdigest()

        key = f"refresh {lease or uuid4()}"

        def step(work: Work) -> Refreshed | None:
            if lease is not None and not saved_lists.still_leased(work, known.id, lease):
                return None
            current = saved_lists.get(work, known.id, lock=True)
            changes = saved_lists.put_lines(
                work, current, parts.part_numbers, table.columns, table.cells, digest=digest
            )
            after = saved_lists.get(work, known.id)
            batch = self._search_after(work, after, changes, key)
            skipped = parts.rejected_count - parts.aside_count
            saved_lists.refreshed(work, after, skipped=skipped, batch=batch.id if batch else None)
            return Refreshed(changes, skipped, batch)

        done = self._database.run(step, patience=5)
        if done is None:
            return Refreshed(None, 0, None)  # another worker has read it since
        if done.batch is not None:
            self._intake.wake(done.batch)
        return done

    def _search_after(self, work: Work, known: SavedList, changes: Changes | None, key: str) -> Batch | None:
        if known.after_refresh == "nothing" or (known.after_refresh == "new" and changes is None):
            return None
        request = self._request(work, known, only_new=known.after_refresh == "new", key=key, owner=known.author)
        return self._intake.search_within(work, request) if request.part_numbers else None

    def _request(
        self, work: Work, known: SavedList, *, only_new: bool, key: str | None, owner: str, urgent: bool = False
    ) -> SearchRequest:
        found = saved_lists.lines(work, known.id, "added" if only_new else "current", limit=_LINES_AT_A_TIME)
        return SearchRequest(
            part_numbers=[line.part_number for line in found],
            owner=owner,
            idempotency_key=key,
            source=known.name,
            urgent=urgent,
            columns=known.columns,
            cells=[line.cells for line in found],
        )

    def _put_off(self, known: SavedList, lease: UUID, error: HubError) -> None:
        passing = isinstance(error, Retry | Unavailable)
        log.warning("a list could not be refreshed", list=known.name, code=error.code)

        def step(work: Work) -> None:
            if not saved_lists.still_leased(work, known.id, lease):
                return
            current = saved_lists.get(work, known.id)
            at = saved_lists.present(work)
            due_at = saved_lists.next_due(current, at)
            if passing and not _RETRY.gives_up(current.attempts + 1):
                again = at + timedelta(seconds=_RETRY.base_wait(current.attempts + 1))
                due_at = min(due_at, again) if due_at else again
            saved_lists.failed(work, known.id, code=error.code, error=error.message, due_at=due_at)

        self._database.run(step, patience=5)
