"""The composition root: builds the hub from the settings, each component on first use."""

from __future__ import annotations

import os
import socket
from functools import cached_property
from pathlib import Path
from uuid import uuid4

from boeing_data_hub import __version__, tracing
from boeing_data_hub.batches.recovery import Recovery
from boeing_data_hub.batches.refreshing import SavedLists
from boeing_data_hub.batches.run import Intake
from boeing_data_hub.boeing import raw_answers
from boeing_data_hub.boeing.client import BoeingClient
from boeing_data_hub.boeing.extraction import Extraction
from boeing_data_hub.boeing.normalization import Normalization
from boeing_data_hub.catalogue.prices_in_force import PricesInForce
from boeing_data_hub.catalogue.pricing import PriceRules
from boeing_data_hub.catalogue.rules_in_force import last_rule, normalization_rules
from boeing_data_hub.catalogue.staged_part import NormalizationRules
from boeing_data_hub.connections import (
    boeing_access,
    boeing_tokens_memory,
    identity_provider,
    network,
    store_access,
    store_tokens,
)
from boeing_data_hub.db.unit_of_work import Database
from boeing_data_hub.health import readiness
from boeing_data_hub.health.doctor import finding
from boeing_data_hub.health.doctor.checks import LOOKS_FOR, Doctor
from boeing_data_hub.health.figures import SystemFigures
from boeing_data_hub.health.live import Live
from boeing_data_hub.health.upkeep import Upkeep
from boeing_data_hub.images.library import ImageLibrary
from boeing_data_hub.network.outgoing import Network
from boeing_data_hub.quotes.orders import Orders
from boeing_data_hub.quotes.run import Quoting
from boeing_data_hub.settings import Settings
from boeing_data_hub.settings.reading import Reading
from boeing_data_hub.shopify.shop import Shop
from boeing_data_hub.sync.run import Sync
from boeing_data_hub.values.data_folder import data_folder
from boeing_data_hub.values.identity_provider import IdentityProvider
from boeing_data_hub.values.states import Stage
from boeing_data_hub.work.leases import HeldLeases
from boeing_data_hub.work.pacing import Pacing
from boeing_data_hub.work.rate_limit import RateLimit, parse_rate_limit
from boeing_data_hub.work.wake_ups import WakeUps


class Hub:
    """One process's hub.

    Args:
        settings: the environment.
        name: of this process, for pg_stat_activity, leases and logs.
    """

    def __init__(self, settings: Settings, *, name: str = "bdh") -> None:
        self.settings = settings
        self.name = name
        self.owner = f"{name}@{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:6]}"
        self.held = HeldLeases(settings.hub_lease_seconds)

    @cached_property
    def database(self) -> Database:
        """Postgres."""
        return Database(self.settings.postgres_url, size=self.settings.hub_database_pool, name=self.name)

    @cached_property
    def front_database(self) -> Database:
        """Connections for what must not wait behind other work: readiness, and the look-up of keys and sessions."""
        return Database(self.settings.postgres_url, size=2, name=f"{self.name}:front")

    @cached_property
    def wake_ups(self) -> WakeUps:
        """The broker."""
        return WakeUps(self.settings.broker_url)

    @cached_property
    def boeing_limit(self) -> RateLimit | None:
        """Boeing's rate limit; None: unlimited."""
        return parse_rate_limit(self.settings.boeing_api_rate_limit)

    @cached_property
    def pacing(self) -> Pacing:
        """Slots for Boeing calls, shared by all processes."""
        return Pacing(self.database, "boeing", self.boeing_limit)

    @cached_property
    def boeing(self) -> BoeingClient:
        """The Boeing client, with shared tokens."""
        return BoeingClient(boeing_access(self.settings), boeing_tokens_memory(self.settings, self.database))

    @cached_property
    def prices_in_force(self) -> PricesInForce:
        """The price list in force, and the settings' default rule."""
        return PricesInForce(lambda: self.database, last_rule(self.settings))

    @property
    def prices(self) -> PriceRules:
        """The price rules in force."""
        return self.prices_in_force.current()

    @property
    def normalization_rules(self) -> NormalizationRules:
        """The current normalization rules."""
        return normalization_rules(self.settings, self.prices)

    @cached_property
    def intake(self) -> Intake:
        """Stage 1."""
        return Intake(database=self.database, wake_ups=self.wake_ups, settings=self.settings)

    @cached_property
    def saved_lists(self) -> SavedLists:
        """Saved lists, and their refreshes."""
        return SavedLists.of(self.settings, self.database, self.intake, self.network)

    @cached_property
    def extraction(self) -> Extraction:
        """Stage 2."""
        return Extraction(
            database=self.database,
            boeing=self.boeing,
            pacing=self.pacing,
            wake_ups=self.wake_ups,
            held=self.held,
            owner=self.owner,
            settings=self.settings,
            idle=self.sync,
        )

    @cached_property
    def normalization(self) -> Normalization:
        """Stage 3."""
        return Normalization(
            database=self.database,
            held=self.held,
            owner=self.owner,
            rules=lambda: self.normalization_rules,
            lease_seconds=self.settings.hub_lease_seconds,
            watch=self.sync.watch if self.sync else None,
        )

    @cached_property
    def sync(self) -> Sync | None:
        """What keeps published parts right; None while it is off."""
        return Sync.of(self.settings, self.database, self.intake, self.boeing_limit)

    @cached_property
    def shop(self) -> Shop:
        """Everything about the store."""
        return Shop(
            self.settings,
            database=lambda: self.database,
            access=lambda: store_access(self.settings),
            tokens=lambda access: store_tokens(self.settings, access, self.database),
            images=self.images,
            held=self.held,
            owner=self.owner,
            prices=lambda: self.prices,
        )

    @cached_property
    def images(self) -> ImageLibrary:
        """Product images."""
        return ImageLibrary(self.settings, self.network, data_dir=self.data_dir)

    @cached_property
    def upkeep(self) -> Upkeep:
        """Housekeeping, the watch for stalled work, digests and notifications."""
        return Upkeep(
            self.settings,
            lambda: self.database,
            limit=self.boeing_limit,
            queues=self.queues,
            rules=lambda: self.normalization_rules,
            run_guards=lambda: self.shop.run_guards,
            refresh_lists=lambda: self.saved_lists,
        )

    @cached_property
    def quoting(self) -> Quoting:
        """Stage 6."""
        return Quoting(
            database=self.database,
            searches=self.intake,
            settings=self.settings,
            policy=lambda: self.shop.listing_policy,
        )

    @cached_property
    def orders(self) -> Orders:
        """Draft orders of quotes."""
        return Orders(self.database, self.settings)

    @cached_property
    def recovery(self) -> Recovery:
        """The sweep."""
        return Recovery(
            database=self.database,
            wake_ups=self.wake_ups,
            settings=self.settings,
            complete_quotes=self.quoting.sweep,
            sync=self.sync.sweep if self.sync else None,
        )

    @cached_property
    def live(self) -> Live:
        """The current activity, for the console and the API."""
        return Live(
            database=self.database,
            limit=self.boeing_limit,
            batch_size=self.settings.boeing_batch_size,
            worker_silent_after=self.settings.hub_worker_silent_after,
            stalled=self.upkeep.stalled,
            prefix=self.settings.prefix,
        )

    @cached_property
    def figures(self) -> SystemFigures:
        """Metrics of the whole system."""
        return SystemFigures(
            database=lambda: self.database,
            wake_ups=self.wake_ups,
            limit=self.boeing_limit,
            queues=self.queues,
            worker_silent_after=self.settings.hub_worker_silent_after,
        )

    @property
    def queues(self) -> tuple[str, ...]:
        """The queues that need a worker."""
        return readiness.needed_queues(publishing=bool(self.settings.shopify_store_domain))

    @cached_property
    def identity_provider(self) -> IdentityProvider | None:
        """Who signs people in besides API keys; None: no one."""
        return identity_provider(self.settings)

    @property
    def network(self) -> Network:
        """Proxies and trusted certificates."""
        return network(self.settings)

    def readiness(self) -> readiness.Readiness:
        """Check that everything the hub needs is available; see `health/readiness.py`."""
        silent = self.settings.hub_worker_silent_after
        return readiness.readiness(self.front_database, self.wake_ups, queues=self.queues, worker_silent_after=silent)

    def examine(
        self, *, reading: Reading | None = None, key: str = "", price: str | None = None, seconds: float = LOOKS_FOR
    ) -> list[finding.Finding]:
        """Run the doctor's checks, within about `seconds`; see `Doctor`."""
        doctor = Doctor(
            self.settings,
            self.shop.settings_policy,
            data_dir=self.data_dir,
            queues=self.queues,
            pacing=lambda: self.pacing,
            reading=reading,
            key=key,
        )
        return doctor.examine(price=price, seconds=seconds)

    def normalize_again(self) -> int:
        """Schedule all kept answers for normalization with the current rules. Returns how many."""
        due = self.database.run(raw_answers.normalize_again)
        self.wake_ups.send(Stage.NORMALIZATION, 1)
        return due

    @property
    def data_dir(self) -> Path:
        """The folder for local files: HUB_DATA_DIR, or else the user's default."""
        return data_folder(self.settings.hub_data_dir)

    def start_tracing(self) -> None:
        """Start tracing this process if an endpoint is set."""
        tracing.start(
            endpoint=self.settings.otel_exporter_otlp_endpoint,
            headers=self.settings.otlp_headers,
            process=self.name,
            version=__version__,
            network=self.network,
        )

    def close(self) -> None:
        """Close all connections."""
        opened = self.__dict__
        for part in (
            "figures", "saved_lists", "upkeep", "extraction", "shop", "images", "boeing", "wake_ups", "front_database",
            "database",
        ):  # fmt: skip
            if part in opened:
                opened[part].close()
