"""The store's daily limit on new products: at the limit, only parts that need a new product wait, and one of them tries
again every hour.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from boeing_data_hub.clock import monotonic
from boeing_data_hub.db.unit_of_work import Database
from boeing_data_hub.errors import PauseUpstream
from boeing_data_hub.shopify import outcomes
from boeing_data_hub.shopify.journey import Decided, Later
from boeing_data_hub.work import upstreams
from boeing_data_hub.work.pacing import Pacing

CREATES: Final = "shopify-creates"
"""The upstream that is paused while the store takes no new products."""

_TRY_SECONDS: Final = 3600.0
_LOOK_AGAIN: Final = 5.0  # seconds until the parts that wait for the attempt are checked again


@dataclass(frozen=True, slots=True)
class Held:
    """Parts; those that must wait for the daily limit have their outcome. `tries`: one of them tries a creation."""

    parts: Mapping[str, Decided]
    tries: bool = False


class CreationLimit:
    """Knows, for all processes, whether the store takes new products.

    Args:
        database: stores the limit's state.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._pacing = Pacing(database, CREATES, None, probe_seconds=_TRY_SECONDS)

    def hold(self, parts: Mapping[str, Decided]) -> Held:
        """At the store's daily limit, parts that need a new product wait; once an hour one of them tries."""
        creating = [part for part in parts.values() if part.outcome is None and outcomes.is_creating(part)]
        if not creating:
            return Held(parts)
        line, at = self._database.run(lambda work: upstreams.look(work, CREATES), patience=20)
        if line.pause_reason is None:
            return Held(parts)
        wait = (line.paused_until - at).total_seconds() if line.paused_until is not None else 0.0
        slots = self._pacing.reserve(wanted=1, horizon=0.0) if wait <= 0 else None
        tries = slots is not None and slots.calls > 0
        waits = Later(wait=max(wait, _LOOK_AGAIN), code="shopify_daily_limit", sentence=line.pause_note)
        held = {part.sku: replace(part, outcome=waits) for part in (creating[1:] if tries else creating)}
        return Held({**parts, **held}, tries=tries)

    def note(self, told: Iterable[object], *, created: bool) -> None:
        """Record what was learned about the limit.

        Args:
            told: outcomes of parts, one of which may show that the store takes no new products.
            created: True if the attempt created its product.
        """
        for one in told:
            if isinstance(one, Later) and one.no_creating:
                self._pacing.failed(
                    PauseUpstream(one.sentence or "", code="shopify_daily_limit"), fresh=True, called_at=monotonic()
                )
                return
        if created:
            self._pacing.answered()
