"""Pausing and resuming work by hand, for the API and the console."""

from __future__ import annotations

from datetime import datetime

from boeing_data_hub.app import Hub
from boeing_data_hub.clock import now
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.errors import BadInput
from boeing_data_hub.work import manual_pauses
from boeing_data_hub.work.manual_pauses import ManualPause, What


def pause(hub: Hub, what: What, *, until: datetime | None, reason: str, author: str, actor: str) -> ManualPause:
    """Pause, or change a pause. Raises BadInput if its end has passed."""
    if until is not None and until <= now():
        raise BadInput("A pause must end in the future. Nothing was changed.", code="pause_ended")

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
