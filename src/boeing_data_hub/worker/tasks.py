"""All background tasks. A task has no arguments: it reads the database, does the due work and ends."""

from __future__ import annotations

from typing import Any

from boeing_data_hub import telemetry
from boeing_data_hub.errors import Unavailable
from boeing_data_hub.values.states import Stage
from boeing_data_hub.work.wake_ups import TASKS
from boeing_data_hub.worker.crew import Crew

_EXPECTED = (Unavailable,)  # logged in one line, because the next wake-up retries


def register(app: Any, crew: Crew) -> None:
    """Give a worker its tasks."""

    @app.task(name=TASKS[Stage.EXTRACTION], throws=_EXPECTED)
    def extract() -> None:  # pyright: ignore[reportUnusedFunction] - Celery finds it by name
        """Ask Boeing for the waiting parts."""
        with telemetry.task(Stage.EXTRACTION):
            crew.work(Stage.EXTRACTION)

    @app.task(name=TASKS[Stage.NORMALIZATION], throws=_EXPECTED)
    def normalize() -> None:  # pyright: ignore[reportUnusedFunction] - same
        """Turn raw answers into staged parts."""
        with telemetry.task(Stage.NORMALIZATION):
            crew.work(Stage.NORMALIZATION)

    @app.task(name=TASKS[Stage.PUBLISHING], throws=_EXPECTED)
    def publish() -> None:  # pyright: ignore[reportUnusedFunction] - same
        """Publish staged parts to the store."""
        with telemetry.task(Stage.PUBLISHING):
            crew.work(Stage.PUBLISHING)

    @app.task(name=TASKS[Stage.DEFAULT], throws=_EXPECTED)
    def sweep() -> None:  # pyright: ignore[reportUnusedFunction] - same
        """Free stalled work, send wake-ups for due work, close finished batches; then do some housekeeping."""
        with telemetry.task(Stage.DEFAULT):
            try:
                crew.hub.recovery.sweep()
            finally:  # digests and alarms must be sent even if the sweep fails
                crew.tidy()
