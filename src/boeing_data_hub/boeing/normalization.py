"""Runs the stage: claims raw answers, turns their line items into staged parts, and settles the items that wait."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import Final
from uuid import UUID, uuid4

import structlog

from boeing_data_hub import telemetry
from boeing_data_hub.boeing import fields, raw_answers
from boeing_data_hub.boeing.duplicates import merge_duplicates
from boeing_data_hub.boeing.exact_json import Json
from boeing_data_hub.boeing.line_item import normalize
from boeing_data_hub.boeing.raw_answers import DueAnswer
from boeing_data_hub.catalogue import staging
from boeing_data_hub.catalogue.staged_part import NormalizationRules, StagedPart
from boeing_data_hub.catalogue.staging import Staged
from boeing_data_hub.db.unit_of_work import Database, Work
from boeing_data_hub.values.states import Stage
from boeing_data_hub.work import batches, items, leases
from boeing_data_hub.work.leases import HeldLeases, LeaseLostError
from boeing_data_hub.work.verdicts import Settled, Unreadable

log = structlog.get_logger(__name__)

_ANSWERS_PER_CLAIM: Final = 30
_MOST_DEATHS: Final = 3
_BETTER: Final = ("fetched", "needs_review", "blocked")  # an item with several SKUs has the first of these statuses
_UNREADABLE: Final = "Boeing's response for this part can no longer be read. Search for it again."
_SET_ASIDE: Final = (
    "Boeing's response for this part stopped the worker three times and was set aside. Search for the part again."
)


@dataclass(slots=True)
class Normalized:
    """The result of a claim: parts to stage, and the outcome of every requested part."""

    parts: list[Staged] = field(default_factory=list[Staged])
    settled: list[Settled] = field(default_factory=list[Settled])
    failed: list[Unreadable] = field(default_factory=list[Unreadable])


class Normalization:
    """Normalizes answers until none waits. `watch` receives the parts to stage, in the transaction that stages them."""

    def __init__(
        self,
        *,
        database: Database,
        held: HeldLeases,
        owner: str,
        rules: Callable[[], NormalizationRules],
        lease_seconds: float,
        watch: Callable[[Work, Sequence[Staged]], None] | None = None,
    ) -> None:
        self._database = database
        self._held = held
        self._owner = owner
        self._rules = rules
        self._lease_seconds = lease_seconds
        self._watch = watch

    def work(self, keep_going: Callable[[], bool]) -> int:
        """Normalize raw answers until none is due or it is time to stop. Returns how many were normalized."""
        done = 0
        while keep_going():
            claimed = self._database.run(partial(self._claim, lease=uuid4()), patience=20)
            if claimed is None:
                break
            lease, answers = claimed
            batches_ = dict.fromkeys(batch for answer in answers for batch in answer.batches)
            traces = dict.fromkeys(trace for answer in answers for trace in answer.traces)
            rules = self._rules()
            with self._held.holding(lease), telemetry.working_for([*batches_], [*traces], answers=len(answers)):
                self._save(lease, [answer.id for answer in answers], normalize_answers(answers, rules), rules)
            done += len(answers)
        return done

    def _claim(self, work: Work, lease: UUID) -> tuple[UUID, list[DueAnswer]] | None:
        leases.one_claim_at_a_time(work, Stage.NORMALIZATION, lease)
        ids = raw_answers.due(work, wanted=_ANSWERS_PER_CLAIM)
        if not ids:
            return None
        leases.take(work, lease, stage=Stage.NORMALIZATION, owner=self._owner, seconds=self._lease_seconds, raw_ids=ids)
        return lease, raw_answers.load(work, ids)

    def _save(self, lease: UUID, ids: list[int], result: Normalized, rules: NormalizationRules) -> None:
        def step(work: Work) -> None:
            leases.release(work, lease)
            batches.hold_ledger(work)
            raw_answers.mark_normalized(work, ids)
            raw_answers.forget(work, result.failed)
            if self._watch is not None:
                self._watch(work, result.parts)
            staging.upsert(work, result.parts, rules.prices)
            batches.move_counts(work, items.settle_normalized(work, result.settled, result.failed))

        try:
            self._database.run(step, patience=60)
        except LeaseLostError:
            log.warning("a lease was lost during normalization; it is done again")


def normalize_answers(answers: Sequence[DueAnswer], rules: NormalizationRules) -> Normalized:
    """Turn raw answers into parts to stage, and the outcome of every requested part. Pure."""
    result = Normalized()
    for answer in answers:
        parts = _parts(answer, rules)
        result.parts.extend(Staged(part, answer.id, answer.fetched_at) for part in parts.values())
        for asked, skus in answer.matches.items():
            found = [parts[sku] for sku in skus if sku in parts]
            if found:
                best = min(found, key=lambda part: _BETTER.index(part.status))
                result.settled.append(Settled(answer.id, asked, best.status, best.status_reason))
            elif skus:
                result.failed.append(Unreadable(answer.id, asked, "normalization_failed", _UNREADABLE))
    return result


def _parts(answer: DueAnswer, rules: NormalizationRules) -> Mapping[str, StagedPart]:
    envelope: Json = json.loads(answer.payload, parse_float=Decimal)
    wanted = {sku for skus in answer.matches.values() for sku in skus}
    currency = envelope.get("currency")
    line_items: list[Json] = envelope.get("lineItems") or []
    asked_for = merge_duplicates([item for item in line_items if fields.sku(item) in wanted])
    parts = (normalize(item, currency if isinstance(currency, str) else None, rules) for item in asked_for)
    return {part.sku: part for part in parts}


def lost_lease(work: Work, raw_ids: list[int]) -> None:
    """Account for answers whose worker died; after three deaths an answer is set aside and its items fail."""
    dead = raw_answers.count_attempt(work, raw_ids, at_most=_MOST_DEATHS)
    if not dead:
        return
    failed = [
        Unreadable(raw_id, part, "poison", _SET_ASIDE)
        for raw_id in dead
        for part in items.waiting_for_raw(work, raw_id)
    ]
    batches.move_counts(work, items.settle_normalized(work, [], failed))
