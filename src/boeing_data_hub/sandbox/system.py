"""The whole system of one machine, for `bdh up`, `bdh demo` and the tests; all of it ends with them.

Embedded services where none are configured, a Boeing sandbox where one is wanted, the API, a worker per queue, the
scheduler.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx2

from boeing_data_hub.clock import monotonic
from boeing_data_hub.errors import Unavailable
from boeing_data_hub.sandbox.boeing.control_client import BoeingSandboxControl, environment
from boeing_data_hub.sandbox.services.keeper import Keeper
from boeing_data_hub.sandbox.services.ports import free_port
from boeing_data_hub.sandbox.services.postgres import Postgres, start_postgres
from boeing_data_hub.sandbox.services.redis import RedisServer, start_redis
from boeing_data_hub.sandbox.shopify.control_client import ShopifyControl
from boeing_data_hub.sandbox.shopify.control_client import environment as store_environment

_READY_WITHIN = 60.0  # seconds
QUEUES = ("extraction", "normalization", "publishing", "default")


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemPlan:
    """What to start.

    Attributes:
        data_dir: where embedded services and logs live.
        settings: environment names and values on top of this process's own.
        host: the API's address.
        port: the API's port; 0: a free one.
        sandbox: extra arguments of a Boeing sandbox to start; None: none is started.
        shopify: the same for a Shopify sandbox.
        fast: embedded Postgres without fsync, for demo and tests.
        workers: queue → how many worker processes.
    """

    data_dir: Path
    settings: Mapping[str, str] = field(default_factory=dict[str, str])
    host: str = "127.0.0.1"
    port: int = 0
    sandbox: tuple[str, ...] | None = None
    shopify: tuple[str, ...] | None = None
    fast: bool = False
    workers: Mapping[str, int] = field(default_factory=lambda: dict.fromkeys(QUEUES, 1))


class System:
    """A running system; a context manager. Must be started in the main thread, to which its children are tied.

    Attributes:
        keeper: the processes.
        environment: what they are told, DATABASE_URL and REDIS_URL included.
        url: the API's address.
        boeing: the Boeing sandbox's controls, if there is one.
        shopify: the Shopify sandbox's controls, if there is one.
    """

    def __init__(self, plan: SystemPlan) -> None:
        self.plan = plan
        self.keeper = Keeper()
        self.environment: dict[str, str] = {**os.environ, **plan.settings, "PYTHONUNBUFFERED": "1"}
        self.postgres: Postgres | None = None
        self.redis: RedisServer | None = None
        self.boeing: BoeingSandboxControl | None = None
        self.shopify: ShopifyControl | None = None
        self.logs = plan.data_dir / "logs"
        self.port = plan.port or free_port()
        self.url = f"http://{plan.host}:{self.port}"
        # Workers tell the store where our images are, and must know which port the API has got.
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
        from boeing_data_hub.store import schema  # noqa: PLC0415 - loads the migration tool: a quarter of every command

        self._start_services()
        schema.upgrade_if_needed(self.environment["DATABASE_URL"])
        self.logs.mkdir(parents=True, exist_ok=True)
        self._stack.callback(self.keeper.stop_all, 12.0)
        if self.plan.sandbox is not None:
            self._start_boeing(self.plan.sandbox)
        if self.plan.shopify is not None:
            self._start_shopify(self.plan.shopify)
        self.start_process("api", "web", "--host", self.plan.host, "--port", str(self.port))
        workers = dict(self.plan.workers)
        if not self.environment.get("SHOPIFY_STORE_DOMAIN"):
            workers.pop("publishing", None)  # without a store there is nothing it could do
        for queue, count in workers.items():
            for number in range(1, count + 1):
                self.start_process(queue if count == 1 else f"{queue}-{number}", "worker", queue)
        self.start_process("beat", "worker", "beat")

    def _start_services(self) -> None:
        folder = self.plan.data_dir
        if not self.environment.get("DATABASE_URL"):
            self.postgres = self._stack.enter_context(start_postgres(folder / "postgres", fast=self.plan.fast))
            self.environment["DATABASE_URL"] = self.postgres.url
        if not self.environment.get("REDIS_URL") and not self.environment.get("CELERY_BROKER_URL"):
            self.redis = self._stack.enter_context(start_redis(folder / "redis"))
            self.environment["REDIS_URL"] = self.redis.url

    def _start_boeing(self, arguments: tuple[str, ...]) -> None:
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        # The pictures come from the sandbox, too: nothing outside is asked for one.
        images = ("--image-origin", url)
        self.start_process("boeing-sandbox", "sandbox.boeing", "--port", str(port), *images, *arguments)
        self.environment |= {"HUB_IMAGE_ALLOW_HTTP_HOSTS": f"127.0.0.1:{port}", "HUB_IMAGE_FALLBACK_ORIGIN": ""}
        self.environment.update(environment(url))
        self.boeing = BoeingSandboxControl(url)
        _wait_for(url + "/control/stats", "The Boeing sandbox", self.logs / "boeing-sandbox.log")

    def _start_shopify(self, arguments: tuple[str, ...]) -> None:
        port = free_port()
        self.start_process("shopify-sandbox", "sandbox.shopify", "--port", str(port), *arguments)
        url = f"http://127.0.0.1:{port}"
        self.environment.update(store_environment(url))
        self.shopify = self._stack.enter_context(ShopifyControl(url))
        _wait_for(url + "/control/stats", "The Shopify sandbox", self.logs / "shopify-sandbox.log")

    def start_process(
        self, name: str, module: str, *arguments: str, environment: Mapping[str, str] | None = None
    ) -> int:
        """Start one of our own processes and keep it running; its process id."""
        return self.keeper.start(
            name,
            [sys.executable, "-m", f"boeing_data_hub.{module}", *arguments],
            env={**self.environment, **(environment or {})},
            log_path=self.logs / f"{name}.log",
        )

    def wait_until_ready(self) -> None:
        """Wait until the API says that everything is there.

        Raises:
            Unavailable: it did not within a minute; the message names the log to read.
        """
        _wait_for(self.url + "/ready", "The hub", self.logs)


def _wait_for(url: str, what: str, log: Path) -> None:
    deadline = monotonic() + _READY_WITHIN
    while monotonic() < deadline:
        try:
            if httpx2.get(url, timeout=3, trust_env=False).status_code == 200:  # noqa: PLR2004 - HTTP's own number
                return
        except httpx2.TransportError:
            pass
        time.sleep(0.1)
    raise Unavailable(f"{what} did not get ready within {_READY_WITHIN:.0f} s. Its log is at {log}.", code="not_ready")
