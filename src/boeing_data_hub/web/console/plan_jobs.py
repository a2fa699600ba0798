"""Plans of long lists, created in this process while the page shows their progress.

A plan changes nothing in the store, so nothing is lost when the process ends: the draft is kept, and the plan can be
created again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from threading import Lock, Semaphore, Thread
from typing import Annotated, Final
from uuid import UUID

import structlog
from fastapi import Depends, Request

from boeing_data_hub.app import Hub
from boeing_data_hub.batches.requests import PublishRequest
from boeing_data_hub.clock import monotonic
from boeing_data_hub.errors import HubError
from boeing_data_hub.web import plans as plans_of

log = structlog.get_logger(__name__)

AT_ONCE: Final = 500
"""Parts; up to so many are planned within the request."""
_AT_A_TIME: Final = 2  # plans at a time; each makes many calls to the store
_REMEMBERED: Final = 200  # finished plans that are remembered


@dataclass(frozen=True, slots=True)
class Progress:
    """The progress of a plan.

    Attributes:
        total: parts to check.
        began_at: monotonic time of the request.
        done: parts that have been checked.
        error: why it failed, in a sentence; else None.
    """

    total: int
    began_at: float
    done: int = 0
    error: str | None = None

    @property
    def seconds_left(self) -> float | None:
        """An estimate from the pace so far; None before the first part."""
        if not self.done:
            return None
        return (monotonic() - self.began_at) * (self.total - self.done) / self.done


class PlanJobs:
    """Plans that this process is creating, by draft."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._lock = Lock()
        self._room = Semaphore(_AT_A_TIME)
        self._plans: dict[UUID, Progress] = {}

    def progress(self, draft: UUID) -> Progress | None:
        """The progress of a draft's plan; None if this process is not creating it."""
        with self._lock:
            return self._plans.get(draft)

    def begin(self, draft: UUID, asked: PublishRequest) -> None:
        """Start creating the plan of a draft, unless it is running already."""
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
            self._note(draft, error="The hub had an unexpected error, which is in its log. Nothing was changed.")
        else:
            with self._lock:
                del self._plans[draft]

    def _note(self, draft: UUID, *, done: int | None = None, error: str | None = None) -> None:
        with self._lock:
            before = self._plans[draft]
            self._plans[draft] = replace(before, done=before.done if done is None else done, error=error)


def the_plan_jobs(request: Request) -> PlanJobs:
    """The plans that this process is creating."""
    jobs: PlanJobs = request.app.state.plan_jobs
    return jobs


ThePlanJobs = Annotated[PlanJobs, Depends(the_plan_jobs)]
