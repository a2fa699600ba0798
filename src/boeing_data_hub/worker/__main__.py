"""A worker or beat process: `python -m boeing_data_hub.worker extraction normalization --concurrency 2`, or `beat`."""

from __future__ import annotations

import argparse
import sys

from boeing_data_hub.errors import Refused
from boeing_data_hub.secrecy import keep_from_other_processes
from boeing_data_hub.settings import Settings
from boeing_data_hub.values.states import Stage
from boeing_data_hub.worker.application import application


def run_worker(settings: Settings, queues: list[str], concurrency: int | None) -> int:
    """Work until stopped.

    Args:
        settings: the environment.
        queues: any of extraction, normalization, publishing and default; each gets threads of its own.
        concurrency: threads per queue; None: the CELERY_*_CONCURRENCY settings.
    """
    worker = application(settings).Worker(queues=queues, concurrency=concurrency)
    worker.start()
    return int(worker.exitcode or 0)


def run_beat(settings: Settings) -> int:
    """Send the sweep's wake-up every HUB_SWEEP_SECONDS. Running two is harmless."""
    application(settings).Beat().run()
    return 0


def main(argv: list[str] | None = None) -> int:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(prog="bdh worker", description=__doc__)
    parser.add_argument("queues", nargs="+", choices=[*(stage.value for stage in Stage), "beat"])
    parser.add_argument("--concurrency", type=int, default=None)
    chosen = parser.parse_args(argv)
    keep_from_other_processes()
    try:
        settings = Settings()
        if chosen.queues == ["beat"]:
            return run_beat(settings)
        return run_worker(settings, list(dict.fromkeys(chosen.queues)), chosen.concurrency)
    except Refused as refused:
        sys.stderr.write(f"{refused.message}\n")
        return refused.exit_code


if __name__ == "__main__":
    sys.exit(main())
