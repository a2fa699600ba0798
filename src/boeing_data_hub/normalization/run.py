"""The stage at work: claim raw answers, turn their line items into staged products, settle the items that wait."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import structlog

from boeing_data_hub import telemetry
from boeing_data_hub.model.products import NormalizationRules, StagedProduct
from boeing_data_hub.model.states import Stage
from boeing_data_hub.normalization import fields
from boeing_data_hub.normalization.product import merge_duplicates, normalize
from boeing_data_hub.store import batches, items, leases, raw, staging
from boeing_data_hub.store.leases import HeldLeases, LeaseLostError
from boeing_data_hub.store.staging import Staged
from boeing_data_hub.store.work import Database, Work

log = structlog.get_logger(__name__)

_ANSWERS_PER_CLAIM = 30
_MOST_DEATHS = 3
_BETTER = ("fetched", "needs_review", "blocked")  # which outcome speaks for an item with several SKUs


@dataclass(slots=True)
class _Result:
    """What a claim of raw answers came to."""

    staged: list[Staged] = field(default_factory=list[Staged])
    settled: list[tuple[int, str, str, str | None]] = field(default_factory=list[tuple[int, str, str, str | None]])
    failed: list[tuple[int, str, str, str]] = field(default_factory=list[tuple[int, str, str, str]])


class Normalization:
    """Normalizes what Boeing answered, until nothing waits."""

    def __init__(
        self,
        *,
        database: Database,
        held: HeldLeases,
        owner: str,
        rules: NormalizationRules,
        lease_seconds: float,
    ) -> None:
        self._database = database
        self._held = held
        self._owner = owner
        self._rules = rules
        self._lease_seconds = lease_seconds

    def work(self, keep_going: Callable[[], bool]) -> int:
        """Normalize raw answers until none is due or it is time to end. Returns how many were."""
        done = 0
        while keep_going():
            claimed = self._database.run(self._claim, patience=20)
            if claimed is None:
                break
            lease, answers = claimed
            with self._held.holding(lease), telemetry.working_for(*_waiting_for(answers), answers=len(answers)):
                result = normalize_answers(answers, self._rules)
                self._save(lease, [answer["id"] for answer in answers], result)
            done += len(answers)
        return done

    def _claim(self, work: Work) -> tuple[UUID, list[dict[str, Any]]] | None:
        leases.one_claim_at_a_time(work, Stage.NORMALIZATION)
        ids = raw.due(work, wanted=_ANSWERS_PER_CLAIM)
        if not ids:
            return None
        lease = uuid4()
        leases.take(work, lease, stage=Stage.NORMALIZATION, owner=self._owner, seconds=self._lease_seconds, raw_ids=ids)
        return lease, raw.load(work, ids)

    def _save(self, lease: UUID, ids: list[int], result: _Result) -> None:
        def step(work: Work) -> None:
            leases.release(work, lease)
            batches.hold_ledger(work)
            raw.mark_normalized(work, ids)
            staging.upsert(work, result.staged)
            batches.move_counts(work, items.settle_normalized(work, result.settled, result.failed))

        try:
            self._database.run(step, patience=60)
        except LeaseLostError:
            log.warning("a lease was lost during normalization; it is done again")


def _waiting_for(answers: list[dict[str, Any]]) -> tuple[list[Any], list[str]]:
    batches_ = dict.fromkeys(batch for answer in answers for batch in answer["batches"] or ())
    return list(batches_), list(dict.fromkeys(trace for answer in answers for trace in answer["traces"] or ()))


def normalize_answers(answers: list[dict[str, Any]], rules: NormalizationRules) -> _Result:
    """Turn kept answers into staged products and the outcome of every part that was asked.

    Args:
        answers: rows with `id`, `payload` (JSON text), `matches` (part asked → SKUs) and `fetched_at`.
        rules: prices, policies and mapped locations in force.
    """
    result = _Result()
    for answer in answers:
        products = _products(answer, rules)
        for product in products.values():
            result.staged.append(Staged(product, answer["id"], answer["fetched_at"]))
        for part, skus in answer["matches"].items():
            if not skus:
                continue
            found = [products[sku] for sku in skus if sku in products]
            if found:
                best = min(found, key=lambda product: _BETTER.index(product.status))
                result.settled.append((answer["id"], part, str(best.status), best.status_reason))
            else:
                result.failed.append(
                    (
                        answer["id"],
                        part,
                        "normalization_failed",
                        "Boeing's answer for this part cannot be read any more. Search for it again.",
                    )
                )
    return result


def _products(answer: dict[str, Any], rules: NormalizationRules) -> dict[str, StagedProduct]:
    envelope: dict[str, Any] = json.loads(answer["payload"], parse_float=Decimal)
    wanted = {sku for skus in answer["matches"].values() for sku in skus}
    currency = envelope.get("currency")
    rows: list[dict[str, Any]] = envelope.get("lineItems") or []
    asked_for = [item for item in rows if fields.sku(item) in wanted]
    return {
        product.sku: product
        for product in (
            normalize(item, currency if isinstance(currency, str) else None, rules)
            for item in merge_duplicates(asked_for)
        )
    }


def lost_lease(work: Work, raw_ids: list[int]) -> None:
    """Account for answers whose worker died over them; after three deaths an answer is set aside and its items fail."""
    dead = raw.count_attempt(work, raw_ids, at_most=_MOST_DEATHS)
    if not dead:
        return
    sentence = (
        "Boeing's answer for this part stopped the worker three times and was set aside. Search for the part again."
    )
    failed = [(one, part, "poison", sentence) for one in dead for part in items.waiting_for_raw(work, one)]
    batches.move_counts(work, items.settle_normalized(work, [], failed))
