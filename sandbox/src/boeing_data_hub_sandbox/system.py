"""The whole system of one machine, for `bdh up`, `bdh demo` and the tests: the hub's own, and what a laptop lacks.

Embedded services where none are configured, and stand-ins for Boeing and Shopify where they are wanted.
"""

from __future__ import annotations

from dataclasses import dataclass

from boeing_data_hub.cli.machine import system
from boeing_data_hub.cli.machine.ports import free_port
from boeing_data_hub.cli.machine.system import wait_for
from boeing_data_hub_sandbox.boeing.control_client import BoeingSandboxControl, environment
from boeing_data_hub_sandbox.services.postgres import Postgres, start_postgres
from boeing_data_hub_sandbox.services.redis import RedisServer, start_redis
from boeing_data_hub_sandbox.shopify.control_client import ShopifyControl
from boeing_data_hub_sandbox.shopify.control_client import environment as store_environment

LOCATIONS = (
    '{"Dallas Central": "Dallas", "Miami, FL": "Miami", "Chicago, IL": "Chicago", "New York, NY": "New York", '
    '"Los Angeles, CA": "Los Angeles", "Goodyear AZ": "Phoenix", "Anchorage, AK": "Seattle"}'
)
"""Boeing's locations that the Shopify sandbox has a location for: a store without any would sell nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemPlan(system.SystemPlan):
    """What to start beside the hub itself.

    Attributes:
        sandbox: extra arguments of a Boeing sandbox to start; None: none is started.
        shopify: the same for a Shopify sandbox.
        fast: embedded Postgres without fsync, for demo and tests.
    """

    sandbox: tuple[str, ...] | None = None
    shopify: tuple[str, ...] | None = None
    fast: bool = False


class System(system.System):
    """A running system with its embedded services and stand-ins; see `boeing_data_hub.cli.machine.system`.

    Attributes:
        postgres: the embedded Postgres, if there is one.
        redis: the embedded Valkey, if there is one.
        boeing: the Boeing sandbox's controls, if there is one.
        shopify: the Shopify sandbox's controls, if there is one.
    """

    def __init__(self, plan: SystemPlan) -> None:
        super().__init__(plan)
        self._wanted = plan
        self.postgres: Postgres | None = None
        self.redis: RedisServer | None = None
        self.boeing: BoeingSandboxControl | None = None
        self.shopify: ShopifyControl | None = None

    def start_services(self) -> None:
        """Start an embedded Postgres or Valkey for each that the environment does not name."""
        folder = self.plan.data_dir
        if not self.environment.get("DATABASE_URL"):
            self.postgres = self._stack.enter_context(start_postgres(folder / "postgres", fast=self._wanted.fast))
            self.environment["DATABASE_URL"] = self.postgres.url
        if not self.environment.get("REDIS_URL") and not self.environment.get("CELERY_BROKER_URL"):
            self.redis = self._stack.enter_context(start_redis(folder / "redis"))
            self.environment["REDIS_URL"] = self.redis.url

    def start_stand_ins(self) -> None:
        """Start the stand-ins that the plan asks for."""
        if self._wanted.sandbox is not None:
            self._start_boeing(self._wanted.sandbox)
        if self._wanted.shopify is not None:
            self._start_shopify(self._wanted.shopify)

    def _start_boeing(self, arguments: tuple[str, ...]) -> None:
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        # The pictures come from the sandbox, too: nothing outside is asked for one.
        images = ("--image-origin", url)
        program = "boeing_data_hub_sandbox.boeing"
        self.start_process("boeing-sandbox", program, "--port", str(port), *images, *arguments)
        self.environment |= {"HUB_IMAGE_ALLOW_HTTP_HOSTS": f"127.0.0.1:{port}", "HUB_IMAGE_FALLBACK_ORIGIN": ""}
        self.stand_ins |= environment(url)
        self.environment |= self.stand_ins
        self.boeing = BoeingSandboxControl(url)
        wait_for(url + "/control/stats", "The Boeing sandbox", self.logs / "boeing-sandbox.log")

    def _start_shopify(self, arguments: tuple[str, ...]) -> None:
        port = free_port()
        self.start_process("shopify-sandbox", "boeing_data_hub_sandbox.shopify", "--port", str(port), *arguments)
        url = f"http://127.0.0.1:{port}"
        self.stand_ins |= store_environment(url)
        self.stand_ins["SHOPIFY_LOCATION_MAP"] = self.environment.get("SHOPIFY_LOCATION_MAP") or LOCATIONS
        self.environment |= self.stand_ins
        self.shopify = self._stack.enter_context(ShopifyControl(url))
        wait_for(url + "/control/stats", "The Shopify sandbox", self.logs / "shopify-sandbox.log")


def for_up(plan: system.SystemPlan, *, stand_ins: bool) -> System:
    """The system that `bdh up` starts, with or without stand-ins; embedded services where none are configured."""
    return System(
        SystemPlan(
            data_dir=plan.data_dir,
            settings=plan.settings,
            host=plan.host,
            port=plan.port,
            workers=plan.workers,
            sandbox=("--limit", "0") if stand_ins else None,
            shopify=("--new-shop", "--keep", str(plan.data_dir / "sandbox-store.pickle")) if stand_ins else None,
        )
    )
