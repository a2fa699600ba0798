"""Previews of price lists, computed in this process while the page shows their progress.

A preview changes nothing and is computed again when it is asked for again, so nothing is lost when the process ends.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from threading import Lock, Thread
from typing import Annotated, Final

import structlog
from fastapi import Depends, Request

from boeing_data_hub.app import Hub
from boeing_data_hub.catalogue import staging
from boeing_data_hub.catalogue.price_preview import PricePreview
from boeing_data_hub.errors import HubError
from boeing_data_hub.web import prices

log = structlog.get_logger(__name__)

_REMEMBERED: Final = 20


@dataclass(frozen=True, slots=True)
class PreviewJob:
    """A preview, or how far it is.

    Attributes:
        total: parts to compare, estimated.
        done: parts compared.
        error: why it failed, in a sentence.
        found: the preview, once it is done.
    """

    total: int = 0
    done: int = 0
    error: str | None = None
    found: PricePreview | None = None

    @property
    def is_running(self) -> bool:
        """True while it is being computed."""
        return self.error is None and self.found is None


class PreviewJobs:
    """The newest previews of this process, by version; 0: the settings alone."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._lock = Lock()
        self._jobs: dict[int, PreviewJob] = {}

    def of(self, version: int) -> PreviewJob | None:
        """The preview of a version; None if this process has not computed one."""
        with self._lock:
            return self._jobs.get(version)

    def begin(self, version: int) -> None:
        """Compute the preview of a version, unless that is under way."""
        with self._lock:
            known = self._jobs.get(version)
            if known is not None and known.is_running:
                return
            ended = [one for one, job in self._jobs.items() if not job.is_running]
            for one in ended[:-_REMEMBERED]:
                del self._jobs[one]
            self._jobs[version] = PreviewJob()
        Thread(target=self._compute, args=(version,), name="prices", daemon=True).start()

    def forget(self) -> None:
        """Forget finished previews, which compare with a list that is no longer in force."""
        with self._lock:
            self._jobs = {version: job for version, job in self._jobs.items() if job.is_running}

    def _compute(self, version: int) -> None:
        try:
            job = PreviewJob(total=self._hub.database.run(staging.about_how_many))
            computing = prices.preview(self._hub, version or None)
            while True:
                try:
                    job = replace(job, done=next(computing))
                except StopIteration as end:
                    job = replace(job, found=end.value)
                    return
                finally:
                    self._note(version, job)
        except HubError as error:
            self._note(version, PreviewJob(error=error.message))
        except Exception:
            log.exception("a price list could not be previewed", version=version)
            said = "The hub had an unexpected error, which is in its log. Nothing was changed."
            self._note(version, PreviewJob(error=said))

    def _note(self, version: int, job: PreviewJob) -> None:
        with self._lock:
            self._jobs[version] = job


def the_preview_jobs(request: Request) -> PreviewJobs:
    """The previews of this process."""
    jobs: PreviewJobs = request.app.state.preview_jobs
    return jobs


ThePreviewJobs = Annotated[PreviewJobs, Depends(the_preview_jobs)]
