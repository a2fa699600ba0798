"""The Celery application, with the hub's own worker and scheduler.

Each is imported when it starts: the scheduler needs 30 MB less without the worker's half of the hub.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

from celery import Celery

from boeing_data_hub.settings import Settings
from boeing_data_hub.work.wake_ups import celery_app

_Celery: Any = Celery  # Celery carries no types


class HubCelery(_Celery):
    """A Celery application whose `worker` and `beat` commands start the hub's."""

    settings: Settings

    @cached_property
    def Worker(self) -> Any:  # noqa: N802 - Celery's name
        """The hub's worker."""
        return self.subclass_with_self(f"{__package__}.foreman:HubWorker", settings=self.settings)

    @cached_property
    def Beat(self) -> Any:  # noqa: N802 - Celery's name
        """The hub's scheduler."""
        return self.subclass_with_self(f"{__package__}.scheduler:HubBeat", settings=self.settings)


def application(settings: Settings) -> Any:
    """Build the application. Raises BadInput if no broker is set."""
    made = celery_app(settings.broker_url, kind=HubCelery)
    made.settings = settings
    return made
