"""Claims of the stage: the parts of a few calls, held under one lease until all results are saved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from boeing_data_hub.boeing import call_use, raw_answers
from boeing_data_hub.boeing.choosing import STANDARD_PART, Waiting, choose
from boeing_data_hub.boeing.idle import IdleWork
from boeing_data_hub.boeing.judging import REFUSALS, AskedPart
from boeing_data_hub.boeing.outcome import Call
from boeing_data_hub.clock import DatabaseClock, monotonic
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.settings import Settings
from boeing_data_hub.values.states import Stage
from boeing_data_hub.work import items, leases, witnesses
from boeing_data_hub.work import upstreams as line_store
from boeing_data_hub.work.pacing import Slots
from boeing_data_hub.work.rate_limit import RateLimit
from boeing_data_hub.work.refusals import REFUSED


@dataclass(slots=True)
class Claim:
    """Calls that this process makes under one lease.

    Attributes:
        lease: the id of the lease.
        calls: the calls to make, in order.
        line_unwell: True if calls failed, or were rejected, before this claim.
        refused: True if Boeing rejected everything before this claim.
        made: the calls made so far.
    """

    lease: UUID
    calls: list[Call]
    line_unwell: bool
    refused: bool = False
    made: list[Call] = field(default_factory=list[Call])

    @property
    def is_accepted_again(self) -> bool:
        """True if Boeing rejected everything when this was claimed, but no longer does."""
        return self.refused and any(call.answer is not None for call in self.made)


class Claims:
    """Claims what is due.

    Args:
        settings: BOEING_BATCH_SIZE, HUB_MAX_ATTEMPTS, HUB_LEASE_SECONDS and HUB_URGENT_SHARE.
        limit: Boeing's; None: unlimited.
        owner: this process.
        idle: work for slots that no batch needs.
    """

    def __init__(self, settings: Settings, *, limit: RateLimit | None, owner: str, idle: IdleWork | None) -> None:
        self._settings = settings
        self._urgent_allowed = call_use.urgent_allowed(limit, settings.hub_urgent_share)
        self._owner = owner
        self._idle = idle

    def anything_due(self, work: Work) -> bool:
        """True if parts of batches, or idle work, wait for a call."""
        return bool(items.anything_due(work)) or (self._idle is not None and self._idle.any_due(work))

    def take(self, work: Work, slots: Slots, lease: UUID) -> Claim | None:
        """Save a lease on the parts that are due for these slots. None if nothing is due, or Boeing is paused."""
        leases.one_claim_at_a_time(work, Stage.EXTRACTION, lease)
        line, at = line_store.look(work, "boeing")
        clock = DatabaseClock(at, monotonic())
        if line.is_paused(at) and not slots.probe:
            return None
        wanted = slots.calls * self._settings.boeing_batch_size
        found = items.due_parts(
            work,
            wanted=wanted,
            urgent_first=self._urgent_may_come_first(work, slots.calls),
            untried_first=slots.probe,
            refusals=REFUSALS,
            last_try=max(1, self._settings.hub_max_attempts - 1),
        )
        if not found and self._idle is not None:
            found = list(self._idle.claim(work))  # one call's parts, so that a batch waits for no more than that
        known = {d.part_number: d for d in found}
        waiting = [Waiting(d.part_number, d.call_group, d.refused_at, d.untried) for d in found]
        chosen = choose(waiting, line, size=self._settings.boeing_batch_size, calls=slots.calls, probe=slots.probe)
        if chosen.control:
            control = witnesses.find(work) or STANDARD_PART
            if witnesses.is_in_flight(work, control):
                return None  # another worker is asking for the same part
            packed: Sequence[Sequence[str]] = [[control]]
            known = {control: items.DuePart(control, 0, None, found[0].batches, found[0].traces)}
        else:
            packed = chosen.calls
        if not packed:
            return None
        call_use.count_urgent(work, sum(1 for parts in packed if any(known[part].urgent for part in parts)))
        ids = raw_answers.next_ids(work, len(packed))
        calls = [
            _call(i, [known[p] for p in parts], clock, control=chosen.control)
            for i, parts in zip(ids, packed, strict=True)
        ]
        claim = Claim(lease, calls, line_unwell=line.is_unwell, refused=line.pause_reason == REFUSED)
        leases.take(
            work,
            claim.lease,
            stage=Stage.EXTRACTION,
            owner=self._owner,
            seconds=self._settings.hub_lease_seconds,
            part_numbers=[p for parts in packed for p in parts],
        )
        return claim

    def _urgent_may_come_first(self, work: Work, calls: int) -> bool:
        allowed = self._urgent_allowed
        return allowed is None or call_use.urgent_this_hour(work) + calls <= allowed


def _call(raw_id: int, parts: Sequence[items.DuePart], clock: DatabaseClock, *, control: bool) -> Call:
    return Call(
        raw_id,
        tuple(AskedPart(part.part_number, part.attempts, part.call_group, part.refused_at) for part in parts),
        clock,
        tuple(dict.fromkeys(batch for part in parts for batch in part.batches)),
        tuple(dict.fromkeys(trace for part in parts for trace in part.traces)),
        control=control,
    )
