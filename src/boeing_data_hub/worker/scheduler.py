"""The scheduler: wakes the sweep every HUB_SWEEP_SECONDS. Running two is harmless."""

from __future__ import annotations

import sys
from typing import Any

from celery import beat
from celery.apps.beat import Beat

from boeing_data_hub import logs
from boeing_data_hub.errors import Refused
from boeing_data_hub.liveness import Liveness
from boeing_data_hub.settings import Settings
from boeing_data_hub.values.states import Stage
from boeing_data_hub.work.wake_ups import TASKS, WakeUps, require_usable
from boeing_data_hub.worker.process_log import keep_our_log, with_level

_Beat: Any = Beat  # Celery carries no types
_Scheduler: Any = beat.Scheduler


class HubBeat(_Beat):
    """Celery's beat with the hub's schedule, whatever options were given."""

    settings: Settings  # set by the application

    def __init__(self, app: Any = None, **options: Any) -> None:
        settings = with_level(self.settings, options.pop("loglevel", None))
        try:
            require_usable(settings.broker_url)
        except Refused as refused:
            sys.stderr.write(f"{refused.message}\n")
            sys.exit(refused.exit_code)
        app = app or self.app
        logs.configure(
            level=settings.hub_log_level, style=settings.hub_log_format, process="beat", secrets=settings.secrets
        )
        keep_our_log()
        app.conf.beat_schedule = {
            "sweep": {"task": TASKS[Stage.DEFAULT], "schedule": settings.hub_sweep_seconds},
        }
        app.conf.beat_max_loop_interval = max(0.2, settings.hub_sweep_seconds)
        self._liveness = liveness = Liveness(settings.hub_alive_file)
        wake_ups = WakeUps(settings.broker_url, app)

        class WakeUpScheduler(_Scheduler):
            """Sends wake-ups instead of tasks, so that a queue without a worker does not fill up with sweeps."""

            def apply_async(self, *_arguments: Any, **_options: Any) -> None:
                wake_ups.send(Stage.DEFAULT)
                liveness.alive()

        for ours in ("scheduler", "scheduler_cls", "schedule", "quiet"):
            options.pop(ours, None)
        super().__init__(  # pyright: ignore[reportUnknownMemberType] - Celery's class is untyped
            app=app, scheduler=WakeUpScheduler, quiet=True, loglevel=settings.hub_log_level, **options
        )

    def run(self) -> None:
        """Run until stopped."""
        self._liveness.ready()
        try:
            super().run()  # pyright: ignore[reportUnknownMemberType] - same
        finally:
            self._liveness.stopping()
