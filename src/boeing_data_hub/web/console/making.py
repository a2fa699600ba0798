"""Plans of long lists, made in this process while a person watches how far they are.

A plan changes nothing, so nothing is lost when the process ends: the list is kept, and the plan is made anew.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from threading import Lock, Semaphore, Thread
from typing import Annotated, Final
from uuid import UUID

import structlog
from fastapi import Depends, Request

from boeing_data_hub.clock import monotonic
from boeing_data_hub.errors import HubError
from boeing_data_hub.hub import Hub
from boeing_data_hub.intake.requests import PublishRequest
from boeing_data_hub.web import plans as plans_of

log = structlog.get_logger(__name__)

AT_ONCE: Final = 500
"""Parts; up to so many are planned within the request."""
_AT_A_TIME: Final = 2  # plans; each asks the store for much
_REMEMBERED: Final = 200  # plans that ended


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a plan is.

    Attributes:
        total: parts to look at.
        began_at: monotonic moment at which it was asked for.
        done: parts that have been looked at.
        error: why it could not be made, in a sentence; None while it is under way.
    """

    total: int
    began_at: float
    done: int = 0
    error: str | None = None

    @property
    def seconds_left(self) -> float | None:
        """By the pace so far; None when there is none yet."""
        if not self.done:
            return None
        return (monotonic() - self.began_at) * (self.total - self.done) / self.done


class Making:
    """The plans under way in this process, by the draft they are of."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._lock = Lock()
        self._room = Semaphore(_AT_A_TIME)
        self._plans: dict[UUID, Progress] = {}

    def progress(self, draft: UUID) -> Progress | None:
        """How far it is; None when it is not being made here."""
        with self._lock:
            return self._plans.get(draft)

    def begin(self, draft: UUID, asked: PublishRequest) -> None:
        """Make the plan of a draft, unless that is under way."""
        with self._lock:
            known = self._plans.get(draft)
            if known is not None and known.error is None:
                return
            ended = [one for one, progress in self._plans.items() if progress.error is not None]
            for one in ended[:-_REMEMBERED]:
                del self._plans[one]
            self._plans[draft] = Progress(len(asked.part_numbers), monotonic())
        Thread(target=self._make, args=(draft, asked), name="plan", daemon=True).start()

    def _make(self, draft: UUID, asked: PublishRequest) -> None:
        try:
            with self._room:
                plans_of.make(self._hub, asked, told=lambda done: self._note(draft, done=done))
        except HubError as error:
            self._note(draft, error=error.message)
        except Exception:
            log.exception("a plan could not be made", draft=str(draft))
            self._note(draft, error="Something went wrong inside the hub; its log says what. Nothing was changed.")
        else:
            with self._lock:
                del self._plans[draft]

    def _note(self, draft: UUID, *, done: int | None = None, error: str | None = None) -> None:
        with self._lock:
            before = self._plans[draft]
            self._plans[draft] = replace(before, done=before.done if done is None else done, error=error)


def the_making(request: Request) -> Making:
    """The plans under way in this process."""
    making: Making = request.app.state.making
    return making


TheMaking = Annotated[Making, Depends(the_making)]
