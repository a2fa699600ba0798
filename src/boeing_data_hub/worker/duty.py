"""What a worker process needs besides Celery: log, hub, heartbeat and metrics, however it was started."""

from __future__ import annotations

import gc
import os
import socket
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from celery import signals

from boeing_data_hub import __version__, logs, telemetry, tracing
from boeing_data_hub.app import Hub
from boeing_data_hub.liveness import Liveness
from boeing_data_hub.settings import Settings
from boeing_data_hub.values.states import Stage
from boeing_data_hub.work.wake_ups import TASKS
from boeing_data_hub.worker import tasks
from boeing_data_hub.worker.crew import Crew
from boeing_data_hub.worker.process_log import keep_our_log

_signals: Any = signals  # Celery carries no types


class Duty:
    """The hub's side of one worker process. One process, threads inside: the work is waiting for others.

    Args:
        app: the Celery application; tasks are registered with it.
        settings: the environment.
        queues: any of extraction, normalization, publishing and default; each gets threads of its own.
        concurrency: threads per queue; None: the CELERY_*_CONCURRENCY settings.
    """

    def __init__(self, app: Any, settings: Settings, queues: Sequence[str], concurrency: int | None) -> None:
        name = "worker:" + "+".join(queues)
        logs.configure(
            level=settings.hub_log_level, style=settings.hub_log_format, process=name, secrets=settings.secrets
        )
        keep_our_log()
        # Boeing's answers are large trees without cycles; garbage collection took a tenth of the time.
        gc.freeze()
        gc.set_threshold(50_000, 20, 100)
        self._app = app
        self._queues = list(queues)
        self._liveness = Liveness(settings.hub_alive_file)
        self._hub = Hub(settings, name=name)
        telemetry.begin(process=name, version=__version__)
        self._hub.start_tracing()
        places = _places(settings, queues, concurrency)
        self._crew = Crew(self._hub, places, self._liveness)
        tasks.register(app, self._crew)
        # One more thread for housekeeping, so that a slow mail server does not delay sweeps.
        self.threads = sum(places.values()) + (Stage.DEFAULT in places)
        self.node = f"{'-'.join(queues)}.{os.getpid()}{self._hub.owner[-3:]}@{socket.gethostname()}"
        self._stop_serving: list[Callable[[], None]] = []
        if settings.hub_metrics_port:
            self._stop_serving.append(telemetry.serve(settings.hub_metrics_host, settings.hub_metrics_port))
        _signals.worker_ready.connect(self._begin, weak=False)
        _signals.worker_shutting_down.connect(self._stopping, weak=False)

    def _begin(self, **_: Any) -> None:
        self._liveness.ready()
        self._crew.start_pulse(self._queues)
        # Work that fell due while no worker ran must not wait for the scheduler.
        self._app.send_task(TASKS[Stage.DEFAULT], expires=30)

    def _stopping(self, **_: Any) -> None:
        self._liveness.stopping()
        self._crew.stop()

    def end(self) -> None:
        """Remove this worker from the list and close everything."""
        self._crew.leave()
        for stop in self._stop_serving:
            stop()
        tracing.stop()


def _places(settings: Settings, queues: Sequence[str], concurrency: int | None) -> Mapping[Stage, int]:
    usual = {
        Stage.EXTRACTION: settings.celery_extraction_concurrency,
        Stage.NORMALIZATION: settings.celery_normalization_concurrency,
        Stage.PUBLISHING: settings.celery_shopify_concurrency,
        Stage.DEFAULT: settings.celery_default_concurrency,
    }
    return {Stage(queue): concurrency or usual[Stage(queue)] for queue in queues}
