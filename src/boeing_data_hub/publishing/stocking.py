"""The calls that set stock. Each is kept before it is made, and named in the intents of its parts: made again under its
key, by whoever, it tells whether it was carried out, and is never carried out twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID, uuid4

from boeing_data_hub.errors import HubError
from boeing_data_hub.model.publications import Confirmed, StoreFacts
from boeing_data_hub.publishing import outcomes, restocking
from boeing_data_hub.publishing.forms import listing_of, stock_hash
from boeing_data_hub.publishing.jobs import Job, Later
from boeing_data_hub.publishing.outcomes import RetryRules
from boeing_data_hub.publishing.patience import AsksStore, patiently
from boeing_data_hub.publishing.restocking import StockRow
from boeing_data_hub.publishing.storefront import Storefront
from boeing_data_hub.shopify.failures import OutcomeUnknown, UserErrors
from boeing_data_hub.store import lost_calls
from boeing_data_hub.store.work import Database

_MERGES: Final = 4  # a part that is sold from faster than we can read and set is left to the next claim
_LOST: Final = Later(
    code="product_missing",
    sentence="The store has this product no more under the id we knew. It is looked for by its custom id.",
    lost=True,
)


class NoLongerOursError(Exception):
    """The lease may have run out: whoever has the parts now makes the calls."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """What stock is set for: jobs by SKU, the store's facts, and whether the parts are surely still ours."""

    jobs: Mapping[str, Job]
    facts: StoreFacts
    ours: Callable[[], bool]


class Stocking:
    """Sets stock.

    Args:
        database: keeps the calls.
        client: the one door to the store.
        storefront: reads levels where something was sold meanwhile.
        rules: how long a part is tried.
    """

    def __init__(self, database: Database, client: AsksStore, storefront: Storefront, rules: RetryRules) -> None:
        self._database = database
        self._client = client
        self._storefront = storefront
        self._rules = rules

    def run(
        self, claimed: Claimed, kept: Mapping[UUID, Sequence[StockRow]], fresh: Iterable[Sequence[StockRow]]
    ) -> HubError | None:
        """Make the calls that are kept already, then those that are not. Returns an error against everybody's calls.

        Raises:
            NoLongerOursError: some were not made.
        """
        for key, rows in (*kept.items(), *((None, rows) for rows in fresh)):
            wanted = [row for row in rows if is_open(claimed.jobs.get(row.sku))]
            if not wanted:
                continue
            stop = self._set(claimed, wanted, key if len(wanted) == len(rows) else None)
            if stop is not None:
                return stop
        return None

    def repeat(self, key: UUID, rows: Sequence[StockRow]) -> bool:
        """Make a kept call again, to learn whether it was carried out. False: it surely was not, and never will be.

        Raises:
            HubError: it is still not known.
        """
        try:
            self._call(key, rows)
        except UserErrors:
            return False
        return True

    def _call(self, key: UUID, rows: Sequence[StockRow]) -> None:
        try:
            patiently(self._client, "inventory_set", {"input": restocking.call_input(rows), "key": str(key)})
        except UserErrors as refused:
            if not refused.has("IDEMPOTENCY_CONCURRENT_REQUEST"):
                raise
            said = "The store is still busy with this very call. The call is made again."
            raise OutcomeUnknown(said, code="shopify_in_progress") from None

    def _keep(self, claimed: Claimed, rows: Sequence[StockRow]) -> UUID:
        key = uuid4()
        shown = [row.as_json() for row in rows]
        self._database.run(lambda work: lost_calls.keep_stock_call(work, claimed.facts.shop, key, shown), patience=20)
        return key

    def _set(self, claimed: Claimed, rows: Sequence[StockRow], key: UUID | None) -> HubError | None:
        """One call; a bad row refuses all of it, so the others are set without it, and it is looked at by itself."""
        _mind(claimed)
        key = key or self._keep(claimed, rows)
        try:
            self._call(key, rows)
        except UserErrors as refused:
            bad = restocking.guilty(refused, rows) or {row.sku for row in rows}
            good = [row for row in rows if row.sku not in bad]
            stop = self._set(claimed, good, None) if good else None
            return stop or self._each(claimed, [row for row in rows if row.sku in bad])
        except HubError as error:
            return self._failed(claimed, error, rows, keep=key)
        _stocked(rows, claimed.jobs)
        return None

    def _each(self, claimed: Claimed, rows: Sequence[StockRow]) -> HubError | None:
        for sku in dict.fromkeys(row.sku for row in rows):
            job, own = claimed.jobs.get(sku), [row for row in rows if row.sku == sku]
            stop = self._merge(claimed, own, job) if job is not None else None
            if stop is not None:
                return stop
        return None

    def _merge(self, claimed: Claimed, rows: Sequence[StockRow], job: Job) -> HubError | None:
        """Set a part's stock on top of what the store has now, however it came about."""
        undoing = job.item.undo_of is not None
        wanted: list[StockRow] = list(rows)
        for attempt in range(1, _MERGES + 1):
            _mind(claimed)
            key: UUID | None = None
            try:
                there = self._storefront.levels(wanted[0].item)
                if there is None:
                    job.outcome, job.confirmed = _LOST, None
                    return None
                told = [restocking.remark(row, there.get(row.location_id, 0)) for row in wanted]
                if undoing and any(told):
                    job.remarks.extend(one for one in told if one)
                    wanted = [row for row, sold in zip(wanted, told, strict=True) if not sold]
                    if not wanted:
                        job.owes.discard("stock")
                        return None
                fresh = [restocking.merged(row, there.get(row.location_id, 0)) for row in wanted]
                key = self._keep(claimed, fresh)
                self._call(key, fresh)
            except UserErrors as refused:
                if refused.has(restocking.STALE) and attempt < _MERGES:
                    continue
                return self._failed(claimed, refused, wanted, keep=None)
            except HubError as error:
                return self._failed(claimed, error, wanted, keep=key)
            if not undoing:
                job.remarks.extend(one for one in told if one)
            _stocked(fresh, claimed.jobs)
            return None
        return None

    def _failed(
        self, claimed: Claimed, error: HubError, rows: Sequence[StockRow], *, keep: UUID | None
    ) -> HubError | None:
        for sku in dict.fromkeys(row.sku for row in rows):
            job = claimed.jobs.get(sku)
            if job is None or job.outcome is not None:
                continue
            job.outcome = outcomes.failure(job, error, self._rules)
            if isinstance(job.outcome, Later) and job.outcome.lost:
                job.confirmed = None
            elif keep is not None and job.confirmed is not None and job.intent:
                # Whatever the last try met: an earlier one, unanswered, may have been carried out.
                job.confirmed = replace(job.confirmed, intent=replace(job.intent, stock_call=keep))
        return error if outcomes.stops_the_line(error) else None


def is_open(job: Job | None) -> bool:
    """Whether a job's product is written down, and nothing has come of the job yet."""
    return job is not None and job.outcome is None and job.confirmed is not None


def _mind(claimed: Claimed) -> None:
    if not claimed.ours():
        raise NoLongerOursError


def _stocked(rows: Sequence[StockRow], jobs: Mapping[str, Job]) -> None:
    """Write down that these pieces are set: what we set, and the figure of Boeing's it was set for."""
    for row in rows:
        job = jobs.get(row.sku)
        if job is not None and job.confirmed is not None:
            job.confirmed = with_stock(job.confirmed, row.boeing, row.set_by_name)
            job.owes.discard("stock")


def with_stock(confirmed: Confirmed, base: Mapping[str, int], stock: Mapping[str, int]) -> Confirmed:
    """The same with these pieces set: `base` as Boeing has them, `stock` as they were set in the store."""
    form: dict[str, Any] = {**confirmed.form, "stock": dict(sorted({**confirmed.form["stock"], **base}.items()))}
    return replace(confirmed, form=form, stock_hash=stock_hash(listing_of(form)), stock={**confirmed.stock, **stock})
