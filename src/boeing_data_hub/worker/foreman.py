"""Celery's worker, configured for the hub: `bdh worker` and `celery worker` behave alike.

Options of `celery worker` that would break the hub's assumptions are rejected, with the reason, before anything starts.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Final

import click
from celery.apps.worker import Worker
from celery.utils.nodenames import default_nodename
from click.core import ParameterSource

from boeing_data_hub.errors import BadInput, Refused
from boeing_data_hub.settings import Settings
from boeing_data_hub.values.states import Stage
from boeing_data_hub.work.wake_ups import require_usable
from boeing_data_hub.worker import remote
from boeing_data_hub.worker.duty import Duty
from boeing_data_hub.worker.process_log import with_level

_Worker: Any = Worker  # Celery carries no types
_default_nodename: Any = default_nodename
_THREADS: Final = "celery.concurrency.thread"
_NEEDS: Final = {
    "autoscale": "`--autoscale` is not possible: set the number of threads with --concurrency",
    "beat": "a worker cannot be the scheduler as well (`--beat`): start `celery -A boeing_data_hub.worker.app beat`, "
    "or `bdh beat`, beside it",
    "time_limit": "`--time-limit` has no effect on threads, and each call of the hub has a deadline of its own",
    "soft_time_limit": "`--soft-time-limit` has no effect on threads, whose calls have deadlines of their own",
    "max_tasks_per_child": "`--max-tasks-per-child` has no effect on threads",
    "max_memory_per_child": "`--max-memory-per-child` has no effect on threads: let systemd or the container limit it",
    "include": "`--include` would add tasks that are not the hub's",
    "logfile": "`--logfile` is not for the hub, which writes its log to stderr: redirect that",
}


class HubWorker(_Worker):
    """A worker with the hub's own pool, queues and heartbeat.

    Raises:
        SystemExit: an option or queue is invalid, or this Redis cannot be used. The reason was written to stderr.
    """

    settings: Settings  # set by the application

    def __init__(self, app: Any = None, hostname: str | None = None, **options: Any) -> None:
        try:
            queues = chosen_queues(options.pop("queues", None), options.pop("exclude_queues", None))
            check_options(options, prefork=_prefork_was_asked_for())
            require_usable(self.settings.broker_url)
        except Refused as refused:
            sys.stderr.write(f"{refused.message}\n")
            sys.exit(refused.exit_code)
        settings = with_level(self.settings, options.pop("loglevel", None))
        for name in _NEEDS:
            options.pop(name, None)
        concurrency = _number(options.pop("concurrency", None))
        app = app or self.app
        self.duty = Duty(app, settings, queues, concurrency)
        remote.refuse_what_would_harm(queues)
        super().__init__(  # pyright: ignore[reportUnknownMemberType] - Celery's class is untyped
            app=app,
            hostname=self.duty.node if hostname in {None, _default_nodename(None)} else hostname,
            **options
            | {
                "queues": queues,
                "pool_cls": "threads",
                "pool": "threads",
                "concurrency": self.duty.threads,
                "without_gossip": True,
                "without_mingle": True,
                "loglevel": logging.getLevelNamesMapping()[settings.hub_log_level],
                "quiet": True,
            },
        )

    def start(self) -> None:
        """Work until stopped."""
        try:
            super().start()  # pyright: ignore[reportUnknownMemberType] - same
        finally:
            self.duty.end()


def chosen_queues(wanted: str | Sequence[str] | None, left_out: str | Sequence[str] | None = None) -> list[str]:
    """The queues of a worker; by default all. Raises BadInput."""
    known = [stage.value for stage in Stage]
    queues, without = _listed(wanted), _listed(left_out)
    if wrong := [queue for queue in (*queues, *without) if queue not in known]:
        raise BadInput(
            f"There is no queue {', '.join(wrong)}. Nothing was started. Queues are {', '.join(known)}.",
            code="no_such_queue",
        )
    chosen = [queue for queue in dict.fromkeys(queues or known) if queue not in without]
    if not chosen:
        raise BadInput("No queue is left to work on. Nothing was started.", code="no_such_queue")
    return chosen


def check_options(options: Mapping[str, Any], *, prefork: bool = False) -> None:
    """Reject unsupported options. Raises BadInput.

    Args:
        options: of `celery worker`.
        prefork: True if `--pool prefork` was given explicitly, which `options` cannot show.
    """
    pool = "prefork" if prefork else options.get("pool_cls") or options.get("pool")
    named = pool if isinstance(pool, str) else getattr(pool, "__module__", "")
    if pool is not None and named not in {"threads", _THREADS}:
        raise BadInput(
            "The hub's workers are threads, which share connections and heartbeat: another pool (--pool) would lose "
            "both. Nothing was started. Omit --pool, or use --pool threads.",
            code="pool_not_possible",
        )
    if wrong := next((name for name in _NEEDS if options.get(name)), None):
        raise BadInput(f"Nothing was started: {_NEEDS[wrong]}.", code="option_not_possible")


def _prefork_was_asked_for() -> bool:
    context = click.get_current_context(silent=True)
    if context is None or context.get_parameter_source("pool") is not ParameterSource.COMMANDLINE:
        return False
    return any("prefork" in word for word in sys.argv)


def _listed(given: str | Sequence[str] | None) -> list[str]:
    names = given.split(",") if isinstance(given, str) else (given or [])
    return [name.strip() for name in names if name.strip()]


def _number(given: Any) -> int | None:
    """Threads per queue, if given as a number; None for `auto`."""
    return int(given) if str(given or "").isdigit() and int(given) else None
