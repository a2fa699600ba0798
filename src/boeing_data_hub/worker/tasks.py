"""The map of all background work. A task carries nothing: it looks at the rows, does what is due, and ends."""

from __future__ import annotations

from typing import Any

from boeing_data_hub import telemetry
from boeing_data_hub.model.states import Stage
from boeing_data_hub.queue import TASKS
from boeing_data_hub.worker.shifts import Crew


def register(app: Any, crew: Crew) -> None:
    """Give a worker its tasks."""

    @app.task(name=TASKS[Stage.EXTRACTION])
    def extract() -> None:  # pyright: ignore[reportUnusedFunction] - Celery finds it by name
        """Ask Boeing for the parts that wait."""
        with telemetry.task(Stage.EXTRACTION):
            crew.work(Stage.EXTRACTION)

    @app.task(name=TASKS[Stage.NORMALIZATION])
    def normalize() -> None:  # pyright: ignore[reportUnusedFunction] - same
        """Turn raw answers into staged products."""
        with telemetry.task(Stage.NORMALIZATION):
            crew.work(Stage.NORMALIZATION)

    @app.task(name=TASKS[Stage.PUBLISHING])
    def publish() -> None:  # pyright: ignore[reportUnusedFunction] - same
        """Bring staged parts into the store."""
        with telemetry.task(Stage.PUBLISHING):
            crew.work(Stage.PUBLISHING)

    @app.task(name=TASKS[Stage.DEFAULT])
    def sweep() -> None:  # pyright: ignore[reportUnusedFunction] - same
        """Free what stalled, hint at what is due, end what is finished; then do a little of what is to be done now and
        then.
        """
        with telemetry.task(Stage.DEFAULT):
            crew.hub.recovery.sweep()
            crew.tidy()
