"""Takes snapshots of the whole store by one of its bulk operations, at the cost of a few calls whatever its size.

A snapshot is a row with a state, and each step advances it by one state. Any worker may take the next step, so a killed
worker does not hold it up. Only a snapshot that is proven complete counts: a product that is missing from half a
snapshot would look deleted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import structlog

from boeing_data_hub.catalogue.listing_policy import ListingPolicy
from boeing_data_hub.db.unit_of_work import Database
from boeing_data_hub.errors import HubError, Reject
from boeing_data_hub.retry import RetryPolicy
from boeing_data_hub.settings.shopify import Store
from boeing_data_hub.shopify import store_snapshot_rows as snapshot_rows
from boeing_data_hub.shopify.definitions import keys_of_facts
from boeing_data_hub.shopify.effects import EffectKind, Effects
from boeing_data_hub.shopify.failures import OutcomeUnknown, UserErrors
from boeing_data_hub.shopify.publications import StoreFacts
from boeing_data_hub.shopify.repeatable_calls import AsksStore
from boeing_data_hub.shopify.row_lease import Taken
from boeing_data_hub.shopify.shapes import part
from boeing_data_hub.shopify.store_comparison import Comparison
from boeing_data_hub.shopify.store_operations import LOST_START_WAIT, StoreOperations
from boeing_data_hub.shopify.store_snapshot import Asked, StoreSnapshot, portions
from boeing_data_hub.shopify.transfer import ResultsGone, Transfer

log = structlog.get_logger(__name__)

_AT_ONCE: Final = 2_000  # lines in a transaction; about a megabyte in memory
_LANE: Final = 15.0  # seconds until another app's bulk queries may have ended
_LONGEST_POLL: Final = 15.0
_RETRY: Final = RetryPolicy(attempts=6, first=5.0, longest=120.0)
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
        effects: the loop.
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
        effects: Effects,
        comparison: Comparison,
        policy: ListingPolicy,
        settings: Store,
    ) -> None:
        self._database = database
        self._client = client
        self._operations = StoreOperations(client)
        self._transfer = transfer
        self._effects = effects
        self._comparison = comparison
        self._asked = Asked(
            (policy.custom_id_namespace, policy.custom_id_key),
            tuple((policy.namespace, key) for key in keys_of_facts(policy)),
        )
        self._settings = settings
        self._kind: EffectKind[StoreSnapshot] = EffectKind(
            name="a snapshot of the store",
            next_due=lambda work, facts: snapshot_rows.next_due(work, facts.shop),
            held_as=lambda row: f"snapshot:{row.id}",
            carry_out=self._carry_out,
            retry=lambda _row: _RETRY,
            put_off=lambda work, _facts, row, later: snapshot_rows.put_off(
                work, row.id, wait=later.wait, attempts=later.attempts, note=later.note
            ),
            give_up=lambda taken, _facts, failed: self._end_failed(taken, failed.message),
        )

    def work(self, facts: StoreFacts) -> bool:
        """Take the next step of a snapshot that is due. Returns and raises as `Effects.take_one`."""
        return self._effects.take_one(self._kind, facts)

    def _carry_out(self, taken: Taken[StoreSnapshot], facts: StoreFacts) -> None:
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

    def _start(self, taken: Taken[StoreSnapshot]) -> None:
        # The state is saved before the call: the next worker checks if the store has started.
        _move(taken, "starting", wait=LOST_START_WAIT)
        now = taken.save(lambda work: snapshot_rows.get(work, taken.row.id)) or taken.row
        query = {"query": self._asked.query(_mark(now))}
        try:
            operation_id = self._operations.start("bulk_query_run", query, keep_going=taken.is_ours)
        except OutcomeUnknown:
            raise
        except HubError as refused:  # it has certainly not started
            _move(taken, "prepared")
            if isinstance(refused, UserErrors):
                said = "; ".join(each.message for each in refused.errors[:3])
                why = f"Shopify rejected the query of a snapshot: {said}"
                raise Reject(why, code="shopify_refused") from None
            raise
        if operation_id is None:
            _move(taken, "prepared", wait=_LANE, note=_TAKEN)
        else:
            _move(taken, "running", wait=0.5, operation_id=operation_id, note=None)

    def _find_start(self, taken: Taken[StoreSnapshot]) -> None:
        """Find an operation whose start had no answer, by the name in its text; if it is absent, it did not start."""
        if operation_id := self._operations.find(_mark(taken.row), query="operation_type:query"):
            _move(taken, "running", operation_id=operation_id, note=None)
        elif taken.row.age < _LOST_START_SECONDS:
            _move(taken, "starting", wait=LOST_START_WAIT)
        else:
            self._again(taken, "Shopify did not start the snapshot.")

    def _poll(self, taken: Taken[StoreSnapshot]) -> None:
        row, found = taken.row, self._operations.look(taken.row.operation_id)
        if found is None:
            self._again(taken, "Shopify lost the snapshot.")
        elif not found.has_ended:
            stuck = found.status == "CREATED" and row.age > self._settings.hub_bulk_stuck_seconds
            if (stuck or row.cancelling) and found.can_be_cancelled:
                self._operations.cancel(row.operation_id)
            wait = min(_LONGEST_POLL, max(0.5, row.age / 5))
            _move(taken, "running", wait=wait, object_count=found.count)
        elif row.cancelling:
            _move(taken, "ended", outcome="cancelled", note=_CANCELLED)
        elif not found.is_complete:
            self._again(taken, f"Shopify ended the snapshot as {found.ending}.")
        elif found.count and not found.url:
            self._again(taken, "Shopify lost the results of the snapshot.")
        else:
            _move(taken, "finished", url=found.url, object_count=found.count, note=None)

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
