"""A whole hub on one machine, as `bdh up` runs it: the API, a worker per queue, the scheduler.

It needs Postgres and Redis. The sandbox, if it is installed, can start them, and sandboxes of Boeing and Shopify.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Self

from boeing_data_hub.cli.machine.ports import free_port
from boeing_data_hub.cli.machine.process_group import ProcessGroup
from boeing_data_hub.clock import monotonic
from boeing_data_hub.errors import Unavailable
from boeing_data_hub.health.doctor.asking import asked_for
from boeing_data_hub.network.outgoing import Network

_READY_WITHIN = 60.0  # seconds

QUEUES = ("extraction", "normalization", "publishing", "default")


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemPlan:
    """The processes to start.

    Attributes:
        data_dir: the folder of logs.
        settings: environment names and values in addition to this process's own.
        host: the API's address.
        port: the API's port; 0: a free one.
        inherits: True: it uses the settings of this process's environment and of a `.env` in its folder.
        workers: queue → how many worker processes.
    """

    data_dir: Path
    settings: Mapping[str, str] = field(default_factory=dict[str, str])
    host: str = "127.0.0.1"
    port: int = 0
    inherits: bool = True
    workers: Mapping[str, int] = field(default_factory=lambda: dict.fromkeys(QUEUES, 1))


class System:
    """A running system; a context manager. Must be started in the main thread, to which its children are tied.

    Attributes:
        plan: the processes it was started with.
        group: the processes.
        environment: their environment, DATABASE_URL and REDIS_URL included.
        stand_ins: the settings in it that point to sandboxes of outside APIs; empty if the real ones are called.
        url: the API's address.
        logs: the folder with a log per process.
    """

    def __init__(self, plan: SystemPlan) -> None:
        self.plan = plan
        self.group = ProcessGroup()
        around = dict(os.environ) if plan.inherits else _without_settings(os.environ)
        self.environment: dict[str, str] = {**around, **plan.settings, "PYTHONUNBUFFERED": "1"}
        self.stand_ins: dict[str, str] = {}
        self.logs = plan.data_dir / "logs"
        self.port = plan.port or free_port()
        self.url = f"http://{plan.host}:{self.port}"
        # Workers send the addresses of images to the store, so they must know the port of the API.
        self.environment["HUB_PUBLIC_URL"] = self.environment.get("HUB_PUBLIC_URL") or self.url
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def _start(self) -> None:
        from boeing_data_hub.db import schema  # noqa: PLC0415 - loads the migration tool: a quarter of every command

        self.start_services()
        schema.upgrade_if_needed(self.environment["DATABASE_URL"])
        self.logs.mkdir(parents=True, exist_ok=True)
        self._stack.callback(self.group.stop_all, 12.0)
        self.start_stand_ins()
        self.start_process("api", "boeing_data_hub.web", "--host", self.plan.host, "--port", str(self.port))
        workers = dict(self.plan.workers)
        if not self.environment.get("SHOPIFY_STORE_DOMAIN"):
            workers.pop("publishing", None)  # without a store it has no work
        for queue, count in workers.items():
            for number in range(1, count + 1):
                self.start_process(queue if count == 1 else f"{queue}-{number}", "boeing_data_hub.worker", queue)
        self.start_process("beat", "boeing_data_hub.worker", "beat")

    def start_services(self) -> None:
        """Start Postgres and Redis if the environment lacks them. Here it has both, so nothing is started."""

    def start_stand_ins(self) -> None:
        """Start sandboxes of outside APIs, and set the settings that point to them. Here there are none."""

    def start_process(
        self, name: str, module: str, *arguments: str, environment: Mapping[str, str] | None = None
    ) -> int:
        """Start a Python module as a process and keep it running; its process id."""
        return self.group.start(
            name,
            [sys.executable, "-m", module, *arguments],
            env={**self.environment, **(environment or {})},
            log_path=self.logs / f"{name}.log",
            cwd=None if self.plan.inherits else self.plan.data_dir,  # a folder without a `.env`
        )

    def wait_until_ready(self) -> None:
        """Wait until the API reports that it is ready.

        Raises:
            Unavailable: it did not within a minute. The message names the log to read.
        """
        wait_for(self.url + "/ready", "The hub", self.logs)


def _without_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """An environment without any of the hub's settings, in capitals or not."""
    from boeing_data_hub.settings import Settings  # noqa: PLC0415 - slow to load, and needed by the demo alone

    ours = {name.upper() for name in Settings.model_fields}
    return {name: value for name, value in environment.items() if name.upper() not in ours}


def wait_for(url: str, what: str, log: Path) -> None:
    """Wait until this address answers with 200.

    Raises:
        Unavailable: it did not within a minute (`not_ready`). The message names the service and its log.
    """
    network = Network()
    deadline = monotonic() + _READY_WITHIN
    while monotonic() < deadline:
        if asked_for(url, network, seconds=3).status == HTTPStatus.OK:
            return
        time.sleep(0.1)
    raise Unavailable(f"{what} was not ready within {_READY_WITHIN:.0f} s. See its log: {log}.", code="not_ready")
