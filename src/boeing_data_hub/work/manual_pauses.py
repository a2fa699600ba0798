"""Pauses by hand: no calls to Boeing, no publishing, or no sync, until a person resumes it or a time has come.

They are apart from the automatic pauses of an upstream (`rates.py`): neither starts, ends or hides the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

import msgspec

from boeing_data_hub.db import audit
from boeing_data_hub.db.statements import beside
from boeing_data_hub.db.unit_of_work import Work

What = Literal["boeing", "publishing", "sync"]

OF_UPSTREAM: Final[dict[str, What]] = {"boeing": "boeing", "shopify": "publishing"}
"""What stops the calls to an upstream."""

_SQL: Final = beside(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ManualPause:
    """A pause in force.

    Attributes:
        author: the name of who paused.
        reason: for people; may be empty.
        until: when it ends by itself; None: only a person ends it.
    """

    what: What
    author: str
    reason: str
    since: datetime
    until: datetime | None

    @property
    def sentence(self) -> str:
        """For people, with times in UTC."""
        same_day = self.until is not None and self.until.date() == self.since.date()
        end = "" if self.until is None else f" until {self.until:{'%H:%M' if same_day else '%Y-%m-%d %H:%M'}} UTC"
        return f"Paused by {self.author}{end}{f': {self.reason}' if self.reason else ''}."


def in_force(work: Work) -> dict[What, ManualPause]:
    """The pauses in force, by what they pause."""
    found = msgspec.convert(work.rows(_SQL["in_force"]), list[ManualPause])
    return {pause.what: pause for pause in found}


def is_paused(work: Work, what: What) -> bool:
    """True if a person has paused it."""
    return work.value(_SQL["is_paused"], [what])


def pause(work: Work, what: What, *, until: datetime | None, reason: str, author: str, actor: str) -> None:
    """Pause, or change the end and the reason of a pause. Nothing under way is interrupted.

    Args:
        work: the transaction.
        what: what is paused.
        until: when it ends by itself; None: only a person ends it.
        reason: for people.
        author: the name that runs show.
        actor: for the audit log.
    """
    work.do(_SQL["pause"], [what, author, reason, until])
    details = {"until": until.isoformat() if until else None, "reason": reason}
    audit.record(work, actor=actor, action="work.pause", target=what, details=details)


def resume(work: Work, what: What, *, actor: str) -> bool:
    """End a pause by hand; automatic pauses stay. Returns False if there was none."""
    row = work.row(_SQL["resume"], [what])
    if row is None or not row["was_paused"]:
        return False
    audit.record(work, actor=actor, action="work.resume", target=what)
    return True
