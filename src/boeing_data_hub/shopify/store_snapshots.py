"""Takes snapshots of the whole store by one of its bulk operations, at the cost of a few calls whatever its size.

A snapshot is a row with a state, and each step advances it by one state. Any worker may take the next step, so a killed
worker does not hold it up. Only a snapshot that is proven complete counts: a product that is missing from half a
snapshot would look deleted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import structlog

from boeing_data_hub.catalogue.listings import ListingPolicy
from boeing_data_hub.db.unit_of_work import Database
from boeing_data_hub.errors import HubError, PauseUpstream, RateLimited, Reject, Retry
from boeing_data_hub.retry import RetryPolicy
from boeing_data_hub.settings.shopify import Store
from boeing_data_hub.shopify import metafields
from boeing_data_hub.shopify import store_snapshot_rows as snapshot_rows
from boeing_data_hub.shopify.failures import OutcomeUnknown, UserErrors
from boeing_data_hub.shopify.outcomes import affects_every_call
from boeing_data_hub.shopify.publications import StoreFacts
from boeing_data_hub.shopify.repeatable_calls import AsksStore
from boeing_data_hub.shopify.row_lease import Taken, Taking
from boeing_data_hub.shopify.shapes import nodes, part
from boeing_data_hub.shopify.store_comparison import Comparison
from boeing_data_hub.shopify.store_snapshot import Asked, StoreSnapshot, portions
from boeing_data_hub.shopify.transfer import ResultsGone, Transfer

log = structlog.get_logger(__name__)

_AT_ONCE: Final = 2_000  # lines in a transaction; about a megabyte in memory
_LOOK: Final = 2.0  # seconds between two checks for a start whose answer was lost
_LANE: Final = 15.0  # seconds until another app's bulk queries may have ended
_LONGEST_POLL: Final = 15.0
_RETRY: Final = RetryPolicy(attempts=6, first=5.0, longest=120.0)
_ENDED: Final = frozenset({"COMPLETED", "FAILED", "CANCELED", "EXPIRED"})
_LOST_START_SECONDS: Final = 20.0  # a start that is not visible by then did not happen
_TAKEN: Final = "Shopify is busy with other bulk queries of this app; the snapshot waits for its turn."
_CANCELLED: Final = "Cancelled. The snapshot before is still used."
_ANOTHER: Final[Mapping[str, Any]] = {"operation_id": None, "url": None, "object_count": 0}


class Snapshots:
    """Takes the steps of snapshots.

    Args:
        database: the rows.
        client: calls the store.
        transfer: downloads results.
        taking: holds a snapshot.
        comparison: compares what was taken.
        policy: has the namespaces of custom ids and metafields.
        settings: HUB_BULK_STUCK_SECONDS.
    """

    def __init__(
        self,
        *,
        database: Database,
        client: AsksStore,
        transfer: Transfer,
        taking: Taking,
        comparison: Comparison,
        policy: ListingPolicy,
        settings: Store,
    ) -> None:
        self._database = database
        self._client = client
        self._transfer = transfer
        self._taking = taking
        self._comparison = comparison
        self._asked = Asked(
            (policy.custom_id_namespace, policy.custom_id_key),
            tuple((policy.namespace, key) for key in metafields.KEYS),
        )
        self._settings = settings

    def step(self, facts: StoreFacts) -> bool:
        """Take the next step of a snapshot that is due. False if none is.

        Raises:
            HubError: an error that affects every call.
            LeaseLostError: the step took too long, and another worker has the snapshot now.
        """
        with self._taking.next(
            lambda work: snapshot_rows.next_due(work, facts.shop), held_as=lambda one: f"snapshot:{one.id}"
        ) as taken:
            if taken is None:
                return False
            try:
                self._advance(taken, facts)
            except HubError as failed:
                self._failed(taken, failed)
        return True

    def _advance(self, taken: Taken[StoreSnapshot], facts: StoreFacts) -> None:
        match taken.row.state:
            case "prepared" if taken.row.cancelling:
                _move(taken, "ended", outcome="cancelled", note=_CANCELLED)
            case "prepared":
                self._start(taken)
            case "starting":
                self._find_start(taken)
            case "running":
                self._poll(taken)
            case "finished":
                self._read(taken, facts)
            case _:
                self._compare(taken, facts)

    def _failed(self, taken: Taken[StoreSnapshot], failed: HubError) -> None:
        """Try again later. What Shopify refuses for good fails after as many tries, because people can change it."""
        row = taken.row
        log.warning("a step of a store snapshot failed", snapshot=str(row.id), state=row.state, code=failed.code)
        stops = affects_every_call(failed)
        counted = not stops and not isinstance(failed, RateLimited)
        attempts = row.attempts + counted
        if counted and _RETRY.gives_up(attempts):
            self._end_failed(taken, failed.message)
        else:
            wait = _RETRY.wait(attempts) if counted else 1.0
            _move(taken, self._now(taken).state, wait=wait, attempts=attempts, note=failed.message[:500])
        if stops and isinstance(failed, Retry | PauseUpstream):
            raise failed

    def _now(self, taken: Taken[StoreSnapshot]) -> StoreSnapshot:
        """The row as it is now."""
        return taken.save(lambda work: snapshot_rows.get(work, taken.row.id)) or taken.row

    def _start(self, taken: Taken[StoreSnapshot]) -> None:
        # The state is saved before the call: the next worker checks if the store has started.
        _move(taken, "starting", wait=_LOOK)
        query = self._asked.query(_mark(self._now(taken)))
        try:
            answer = self._client.run("bulk_query_run", {"query": query}, keep_going=taken.is_ours)
        except OutcomeUnknown:
            raise
        except UserErrors as refused:
            busy = refused.has("OPERATION_IN_PROGRESS") or refused.has("LIMIT_REACHED")
            _move(taken, "prepared", wait=_LANE, note=_TAKEN if busy else None)
            if busy:
                return
            said = "; ".join(each.message for each in refused.errors[:3])
            raise Reject(f"Shopify rejected the query of a snapshot: {said}", code="shopify_refused") from None
        except HubError:  # it has certainly not started
            _move(taken, "prepared")
            raise
        operation = part(part(answer, "bulkOperationRunQuery"), "bulkOperation")
        if not operation.get("id"):
            raise OutcomeUnknown(
                "Shopify's response names no bulk query. The hub is looking for it.", code="shopify_malformed"
            )
        _move(taken, "running", wait=0.5, operation_id=operation["id"], note=None)

    def _find_start(self, taken: Taken[StoreSnapshot]) -> None:
        """Find an operation whose start had no answer, by the name in its text; if it is absent, it did not start."""
        found = self._client.run("bulk_running", {"query": "operation_type:query", "first": 50})
        for node in nodes(found, "bulkOperations"):
            if _mark(taken.row) in str(node.get("query") or ""):
                _move(taken, "running", operation_id=node["id"], note=None)
                return
        if taken.row.age < _LOST_START_SECONDS:
            _move(taken, "starting", wait=_LOOK)
        else:
            self._again(taken, "Shopify did not start the snapshot.")

    def _poll(self, taken: Taken[StoreSnapshot]) -> None:
        row = taken.row
        found = part(self._client.run("bulk_status", {"id": row.operation_id}), "bulkOperation")
        status, count = str(found.get("status") or "EXPIRED"), int(found.get("objectCount") or 0)
        if status not in _ENDED:
            stuck = status == "CREATED" and row.age > self._settings.hub_bulk_stuck_seconds
            if (stuck or row.cancelling) and status in {"CREATED", "RUNNING"}:
                self._cancel(row)
            _move(taken, "running", wait=min(_LONGEST_POLL, max(0.5, row.age / 5)), object_count=count)
        elif row.cancelling:
            _move(taken, "ended", outcome="cancelled", note=_CANCELLED)
        elif status != "COMPLETED":
            self._again(taken, f"Shopify ended the snapshot as {status} ({found.get('errorCode') or 'no code'}).")
        elif count and not found.get("url"):
            self._again(taken, "Shopify lost the results of the snapshot.")
        else:
            _move(taken, "finished", url=found.get("url"), object_count=count, note=None)

    def _cancel(self, row: StoreSnapshot) -> None:
        try:
            self._client.run("bulk_cancel", {"id": row.operation_id})
        except UserErrors as refused:
            log.info("a bulk query was not cancelled", snapshot=str(row.id), reason=refused.message)

    def _read(self, taken: Taken[StoreSnapshot], facts: StoreFacts) -> None:
        """Store all lines. A worker that is killed here is followed by one that reads the file again."""
        row = taken.row
        if row.cancelling:
            _move(taken, "ended", outcome="cancelled", note=_CANCELLED)
            return
        try:
            lines = self._transfer.lines(row.url) if row.url else ()
            for some in portions(self._asked, lines, _AT_ONCE):
                taken.save(lambda work, some=some: snapshot_rows.store(work, row.id, some))
        except ResultsGone:
            self._again(taken, "The results of the snapshot are no longer there.")
            return
        except ValueError:  # the file itself ends in the middle of a line
            self._again(taken, "The results of the snapshot are truncated.")
            return
        counted = taken.save(lambda work: snapshot_rows.counted(work, row.id))
        if why := self._not_believed(counted, facts):
            self._again(taken, why)
            return
        _move(taken, "comparing", note=None, attempts=0)
        log.info("a snapshot of the store was taken", products=counted.products, variants=counted.variants)

    def _compare(self, taken: Taken[StoreSnapshot], facts: StoreFacts) -> None:
        row = taken.row
        taken_at = row.taken_at or row.created_at
        if row.cancelling or not self._comparison.step(taken, facts, taken_at):
            _move(taken, "ended", outcome="complete", note=None)
            log.info("a snapshot of the store was compared", compared=row.compared, differing=row.differing)

    def _not_believed(self, counted: StoreSnapshot, facts: StoreFacts) -> str | None:
        """Why the snapshot is not believed to be whole; None if it is."""
        if self._database.run(lambda work: snapshot_rows.is_torn(work, counted.id), patience=60):
            return "The results of the snapshot lack products or variants."
        if counted.products == 0 and self._variants_now(facts):
            return "The snapshot is empty, but the store has products."
        return None

    def _variants_now(self, facts: StoreFacts) -> int:
        found = part(self._client.run("shop_facts", {}), "productVariantsCount").get("count")
        return found if isinstance(found, int) else facts.variants or 0

    def _again(self, taken: Taken[StoreSnapshot], why: str) -> None:
        """Ask for a new operation, unless that was tried often enough."""
        attempts = taken.row.attempts + 1
        if _RETRY.gives_up(attempts):
            self._end_failed(taken, why)
            return
        while taken.save(lambda work: snapshot_rows.forget(work, taken.row.id, most=_AT_ONCE)):
            pass
        note = f"{why} It is tried again."
        _move(taken, "prepared", wait=_RETRY.wait(attempts), attempts=attempts, note=note, **_ANOTHER)

    def _end_failed(self, taken: Taken[StoreSnapshot], why: str) -> None:
        log.error("a store snapshot is given up", snapshot=str(taken.row.id), why=why)
        _move(taken, "ended", outcome="failed", note=f"{why} The snapshot before is still used."[:500])


def _move(taken: Taken[StoreSnapshot], state: str, *, wait: float = 0.0, **changes: Any) -> None:
    taken.save(lambda work: snapshot_rows.move(work, taken.row.id, state, wait=wait, **changes))


def _mark(row: StoreSnapshot) -> str:
    """The name of the query, by which an operation is found whose start had no answer. Each try has another one."""
    asked = int(row.taken_at.timestamp() * 1000) if row.taken_at else 0
    return f"HubSnapshot{row.id.hex}T{asked}"
