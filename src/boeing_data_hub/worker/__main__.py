"""A worker or beat process: `python -m boeing_data_hub.worker extraction normalization --concurrency 2`, or `beat`."""

from __future__ import annotations

import argparse
import gc
import logging
import socket
import sys
from collections.abc import Callable
from typing import Any, cast

from celery import signals
from celery.apps.worker import Worker
from celery.beat import Scheduler

from boeing_data_hub import __version__, logs, telemetry, tracing
from boeing_data_hub.hub import Hub
from boeing_data_hub.model.states import Stage
from boeing_data_hub.queue import TASKS, Hints, celery_app
from boeing_data_hub.settings import Settings
from boeing_data_hub.vitals import Vitals
from boeing_data_hub.worker import tasks
from boeing_data_hub.worker.shifts import Crew

_Scheduler: Any = Scheduler  # Celery carries no types
_signals: Any = signals


def _ours_is_set_up(**_: Any) -> None:
    """Keep Celery from setting up its own logging."""


def run_worker(settings: Settings, queues: list[str], concurrency: int | None) -> int:
    """Work until told to stop. One process, threads inside: the work is waiting for others, not computing.

    Args:
        settings: the environment.
        queues: extraction, normalization, publishing, default; several share the process without starving each other.
        concurrency: threads per queue; None: the CELERY_*_CONCURRENCY settings.
    """
    name = "worker:" + "+".join(queues)
    logs.configure(level=settings.hub_log_level, style=settings.hub_log_format, process=name, secrets=settings.secrets)
    # Answers are trees of small dictionaries without cycles: looking for cycles in them was a tenth of the time.
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    vitals = Vitals(settings.hub_alive_file)
    hub = Hub(settings, name=name)
    telemetry.begin(process=name, version=__version__)
    hub.start_tracing()
    usual = {
        Stage.EXTRACTION: settings.celery_extraction_concurrency,
        Stage.NORMALIZATION: settings.celery_normalization_concurrency,
        Stage.PUBLISHING: settings.celery_shopify_concurrency,
        Stage.DEFAULT: settings.celery_default_concurrency,
    }
    places = {Stage(queue): concurrency or usual[Stage(queue)] for queue in queues}
    crew = Crew(hub, places, vitals)
    app = celery_app(settings.broker_url)
    tasks.register(app, crew)

    stop_serving: list[Callable[[], None]] = []
    if settings.hub_metrics_port:
        stop_serving.append(telemetry.serve(settings.hub_metrics_host, settings.hub_metrics_port))

    def ready(**_: Any) -> None:
        vitals.ready()
        crew.start_pulse(queues)
        # What fell due while no worker ran must not wait for the scheduler.
        app.send_task(TASKS[Stage.DEFAULT], expires=30)

    def stopping(**_: Any) -> None:
        vitals.stopping()
        crew.stop()

    _signals.worker_ready.connect(ready, weak=False)
    _signals.worker_shutting_down.connect(stopping, weak=False)
    _signals.setup_logging.connect(_ours_is_set_up, weak=False)
    worker = cast(
        "Any",
        Worker(
            app=app,
            hostname=f"{'-'.join(queues)}.{hub.owner.rsplit(':', 1)[-1]}@{socket.gethostname()}",
            queues=queues,
            pool="threads",
            # One more for housekeeping, which may wait for a mail server: sweeps must not.
            concurrency=sum(places.values()) + (Stage.DEFAULT in places),
            without_gossip=True,
            without_mingle=True,
            without_heartbeat=True,
            loglevel=logging.getLevelNamesMapping()[settings.hub_log_level],
            quiet=True,
        ),
    )
    try:
        worker.start()
    finally:
        crew.leave()
        for stop in stop_serving:
            stop()
        tracing.stop()
    return int(worker.exitcode or 0)


def run_beat(settings: Settings) -> int:
    """Send the sweep's hint every HUB_SWEEP_SECONDS. Two of them do no harm."""
    logs.configure(
        level=settings.hub_log_level, style=settings.hub_log_format, process="beat", secrets=settings.secrets
    )
    app = celery_app(settings.broker_url)
    app.conf.beat_schedule = {
        "sweep": {"task": TASKS[Stage.DEFAULT], "schedule": settings.hub_sweep_seconds},
    }
    app.conf.beat_max_loop_interval = max(0.2, settings.hub_sweep_seconds)
    _signals.setup_logging.connect(_ours_is_set_up, weak=False)
    hints = Hints(settings.broker_url, app)
    vitals = Vitals(settings.hub_alive_file)

    class HintingScheduler(_Scheduler):
        """Hints instead of sending: a queue nobody serves must not fill up with sweeps."""

        def apply_async(self, *_arguments: Any, **_options: Any) -> None:
            hints.send(Stage.DEFAULT)
            vitals.alive()

    vitals.ready()
    try:
        app.Beat(scheduler=HintingScheduler, quiet=True, loglevel=settings.hub_log_level).run()
    finally:
        vitals.stopping()
    return 0


def main(argv: list[str] | None = None) -> int:
    """Parse and run; see the module's docstring."""
    parser = argparse.ArgumentParser(prog="bdh worker", description=__doc__)
    parser.add_argument("queues", nargs="+", choices=[*(stage.value for stage in Stage), "beat"])
    parser.add_argument("--concurrency", type=int, default=None)
    chosen = parser.parse_args(argv)
    settings = Settings()
    if chosen.queues == ["beat"]:
        return run_beat(settings)
    return run_worker(settings, list(dict.fromkeys(chosen.queues)), chosen.concurrency)


if __name__ == "__main__":
    sys.exit(main())
