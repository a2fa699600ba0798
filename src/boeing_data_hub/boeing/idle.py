"""Work for rate-limit slots that no batch needs. Sync implements it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.work.due import DuePart
from boeing_data_hub.work.verdicts import RawAnswer, Verdicts


class IdleWork(Protocol):
    """Parts to ask for if no batch waits. Each method runs in the caller's transaction."""

    def any_due(self, work: Work) -> bool:
        """True if there is work for an idle slot now."""
        ...

    def claim(self, work: Work) -> Sequence[DuePart]:
        """The parts of one call, none of which is in another running call."""
        ...

    def answered(self, work: Work, answers: Sequence[RawAnswer], verdicts: Verdicts) -> None:
        """Receive the results of calls, including those of batches."""
        ...
