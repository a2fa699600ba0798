"""Pausing and resuming work by hand, for the API and the console."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from boeing_data_hub.app import Hub
from boeing_data_hub.clock import now
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.errors import BadInput
from boeing_data_hub.work import manual_pauses
from boeing_data_hub.work.manual_pauses import ManualPause, What

LONGEST: Final = timedelta(days=366)
"""A later end is a slip of the keys; and beyond the year 9999, which another time zone can name, Python has no time."""


def pause(hub: Hub, what: What, *, until: datetime | None, reason: str, author: str, actor: str) -> ManualPause:
    """Pause, or change a pause. Raises BadInput if its end has passed, or is more than a year away."""
    if until is not None and until <= now():
        raise BadInput("A pause must end in the future. Nothing was changed.", code="pause_ended")
    if until is not None and until > now() + LONGEST:
        raise BadInput(
            "A pause ends within a year, or has no end: then someone resumes it. Nothing was changed.",
            code="pause_too_long",
        )

    def step(work: Work) -> ManualPause | None:
        manual_pauses.pause(work, what, until=until, reason=reason, author=author, actor=actor)
        return manual_pauses.in_force(work).get(what)

    made = hub.database.run(step, patience=5)
    if made is None:  # it ended meanwhile, by the database's clock
        raise BadInput("A pause must end in the future. Nothing is paused.", code="pause_ended")
    return made


def resume(hub: Hub, what: What, *, actor: str) -> bool:
    """End a pause by hand. Returns False if there was none."""
    return hub.database.run(lambda work: manual_pauses.resume(work, what, actor=actor), patience=5)
