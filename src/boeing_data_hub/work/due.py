"""Selects the parts to ask for next: from all waiting batches in turn, and each part number only once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from boeing_data_hub.db.statements import beside
from boeing_data_hub.db.unit_of_work import Work

_SQL: Final = beside(__file__)


@dataclass(frozen=True, slots=True)
class DuePart:
    """A part that waits for a Boeing call.

    Attributes:
        attempts: its failed calls.
        call_group: the split call it belongs to, if any.
        batches: those that wait for it; `traces`: their trace contexts.
        refused_at: when Boeing last rejected it.
        untried: True if no call for it has failed.
        urgent: True if an urgent search waits for it, and such searches come first now.
    """

    part_number: str
    attempts: int
    call_group: int | None
    batches: Sequence[UUID] = ()
    traces: Sequence[str] = ()
    refused_at: datetime | None = None
    untried: bool = True
    urgent: bool = False


def due_parts(
    work: Work,
    *,
    wanted: int,
    urgent_first: bool = True,
    untried_first: bool = False,
    refusals: Sequence[str] = (),
    last_try: int | None = None,
) -> list[DuePart]:
    """Up to `wanted` parts to ask for next, from all waiting batches in turn, so that no batch waits behind another.

    Parts in a running call are left out: its answer will serve every batch. Parts of a split call come
    with the rest of their call.

    Args:
        work: the transaction.
        wanted: how many parts.
        urgent_first: parts of urgent searches first; False: these take turns like all others.
        untried_first: parts without failed calls first, then those whose last call was longest ago.
        refusals: codes with which Boeing rejects a part.
        last_try: failed calls after which the next failure is the part's last; None: not needed.
    """
    query = _SQL["due_untried_first" if untried_first else "due"]
    open_batches = work.value(_SQL["count_open_searches"])
    if not open_batches:
        return []
    share = -(-wanted // int(open_batches))
    while True:
        found = work.records(
            DuePart,
            query,
            {
                "share": share,
                "wanted": wanted,
                "urgent_first": urgent_first,
                "refusals": list(refusals),
                "last_try": last_try,
            },
        )
        # A batch with less than its share leaves room, so offer the others a larger share.
        if len(found) >= wanted or share >= wanted:
            break
        share = min(share * 4, wanted)
    chosen = {part.part_number: part for part in found}
    groups = sorted({part.call_group for part in chosen.values() if part.call_group is not None})
    if groups:
        companions = work.records(
            DuePart, _SQL["rest_of_calls"], {"groups": groups, "refusals": list(refusals), "last_try": last_try}
        )
        for part in companions:
            chosen.setdefault(part.part_number, part)
    return list(chosen.values())
