"""The composition root: settings in, a working hub out. The only reader of settings.

Parts are made when first asked for, so that a process carries only what it uses.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from uuid import uuid4

from boeing_data_hub import __version__, tracing
from boeing_data_hub.boeing.client import BoeingClient
from boeing_data_hub.doctor.rounds import Doctor
from boeing_data_hub.extraction.run import Extraction, ExtractionRules
from boeing_data_hub.household import Household
from boeing_data_hub.intake.run import Intake, IntakeRules
from boeing_data_hub.model.people import IdentityProvider
from boeing_data_hub.model.products import NormalizationRules
from boeing_data_hub.model.quotes import QuoteTerms
from boeing_data_hub.model.rates import RateLimit, parse_rate_limit
from boeing_data_hub.model.states import Stage
from boeing_data_hub.normalization.run import Normalization
from boeing_data_hub.outside import boeing_access
from boeing_data_hub.pacing import Pacing
from boeing_data_hub.queue import Hints
from boeing_data_hub.quoting.run import Quoting, QuotingRules
from boeing_data_hub.recovery import Recovery, SweepRules
from boeing_data_hub.reporting.checkup import finding, readiness
from boeing_data_hub.reporting.figures import SystemFigures
from boeing_data_hub.reporting.live import Live
from boeing_data_hub.settings import Settings
from boeing_data_hub.settings.reading import Reading
from boeing_data_hub.shop import Shop
from boeing_data_hub.store import raw
from boeing_data_hub.store.leases import HeldLeases
from boeing_data_hub.store.work import Database


class Hub:
    """One process's hub.

    Args:
        settings: the environment.
        name: what this process is, for pg_stat_activity, leases and logs.
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
    def hints(self) -> Hints:
        """The broker."""
        return Hints(self.settings.broker_url)

    @cached_property
    def boeing_limit(self) -> RateLimit | None:
        """How many Boeing calls are allowed; None: unlimited."""
        return parse_rate_limit(self.settings.boeing_api_rate_limit)

    @cached_property
    def pacing(self) -> Pacing:
        """Slots for Boeing calls, shared by all processes."""
        return Pacing(self.database, "boeing", self.boeing_limit)

    @cached_property
    def boeing(self) -> BoeingClient:
        """The Boeing client, with this process's tokens."""
        return BoeingClient(boeing_access(self.settings))

    @cached_property
    def normalization_rules(self) -> NormalizationRules:
        """The rules of trade in force."""
        s = self.settings
        return NormalizationRules(
            price_basis=s.price_basis,
            price_markup=s.price_markup,
            vendor=s.hub_vendor,
            condition=s.hub_condition,
            cert=s.hub_cert,
            estimated_lead_time_days=s.hub_lead_time_days,
            default_manufacturer=s.hub_manufacturer,
            currency=s.hub_currency,
            mapped_locations=frozenset(s.shopify_location_map) or None,
        )

    @cached_property
    def intake(self) -> Intake:
        """Stage 1."""
        s = self.settings
        return Intake(
            database=self.database,
            hints=self.hints,
            rules=IntakeRules(
                max_search=s.max_bulk_search_size,
                batch_size=s.boeing_batch_size,
                reuse_fresh_for=s.hub_reuse_fresh_for,
                max_publish=s.max_bulk_publish_size,
                bulk_from=s.hub_bulk_publish_from,
            ),
        )

    @cached_property
    def extraction(self) -> Extraction:
        """Stage 2."""
        s = self.settings
        return Extraction(
            database=self.database,
            boeing=self.boeing,
            pacing=self.pacing,
            hints=self.hints,
            held=self.held,
            owner=self.owner,
            rules=ExtractionRules(
                batch_size=s.boeing_batch_size,
                lease_seconds=s.hub_lease_seconds,
                max_attempts=s.hub_max_attempts,
                retry_seconds=s.hub_retry_seconds,
                confirm_missing=s.hub_confirm_missing,
            ),
        )

    @cached_property
    def normalization(self) -> Normalization:
        """Stage 3."""
        return Normalization(
            database=self.database,
            held=self.held,
            owner=self.owner,
            rules=self.normalization_rules,
            lease_seconds=self.settings.hub_lease_seconds,
        )

    @cached_property
    def shop(self) -> Shop:
        """The store's side of the house."""
        return Shop(self.settings, lambda: self.database, held=self.held, owner=self.owner, data_dir=self.data_dir)

    @cached_property
    def household(self) -> Household:
        """What is done now and then."""
        return Household(self.settings, lambda: self.database, limit=self.boeing_limit, queues=self.queues)

    @cached_property
    def quoting(self) -> Quoting:
        """Stage 6."""
        s = self.settings
        return Quoting(
            database=self.database,
            searches=self.intake,
            rules=QuotingRules(
                terms=QuoteTerms(
                    prepared_by=s.hub_quote_prepared_by or s.hub_vendor,
                    comments=s.hub_quote_comments,
                    condition=s.hub_quote_condition,
                    uom=s.hub_quote_uom,
                    price_type=s.hub_quote_price_type,
                    tag_date=s.hub_quote_tag_date,
                    lead_time=s.hub_quote_lead_time,
                    traceability_store=s.hub_quote_traceability_store,
                    traceability_boeing=s.hub_quote_traceability_boeing,
                ),
                policy=self.shop.listing_policy,
                max_parts=s.hub_quote_max_parts,
                answer_seconds=s.hub_quote_answer_seconds,
                fresh_for=s.hub_reuse_fresh_for,
                has_store=bool(s.shopify_store_domain.strip()),
            ),
        )

    @cached_property
    def recovery(self) -> Recovery:
        """The sweep."""
        s = self.settings
        return Recovery(
            database=self.database,
            hints=self.hints,
            complete_quotes=self.quoting.sweep,
            rules=SweepRules(batch_size=s.boeing_batch_size, max_attempts=s.hub_max_attempts),
        )

    @cached_property
    def live(self) -> Live:
        """What is going on, as people are told it."""
        return Live(
            database=self.database,
            limit=self.boeing_limit,
            batch_size=self.settings.boeing_batch_size,
            worker_silent_after=self.settings.hub_worker_silent_after,
            stuck=self.household.stuck,
        )

    @cached_property
    def figures(self) -> SystemFigures:
        """The figures of the whole system, for metrics."""
        return SystemFigures(
            database=lambda: self.database,
            hints=self.hints,
            limit=self.boeing_limit,
            queues=self.queues,
            worker_silent_after=self.settings.hub_worker_silent_after,
        )

    @property
    def queues(self) -> tuple[str, ...]:
        """The queues that must have a worker."""
        return readiness.needed_queues(publishing=bool(self.settings.shopify_store_domain))

    @property
    def locations(self) -> Mapping[str, str]:
        """Boeing's locations the store sells from, and what the store calls them."""
        return self.settings.shopify_location_map

    @cached_property
    def identity_provider(self) -> IdentityProvider | None:
        """Who vouches for people besides API keys; None: nobody."""
        s = self.settings
        if not s.hub_oidc_issuer:
            return None
        return IdentityProvider(
            issuer=s.hub_oidc_issuer,
            client_id=s.hub_oidc_client_id,
            client_secret=s.hub_oidc_client_secret.get_secret_value(),
            role_claim=s.hub_oidc_role_claim,
            roles=s.hub_oidc_roles,
        )

    def readiness(self) -> dict[str, bool]:
        """Whether everything this hub needs is there; see `reporting/checkup/readiness.py`."""
        return readiness.readiness(
            self.database,
            self.hints,
            queues=self.queues,
            worker_silent_after=self.settings.hub_worker_silent_after,
        )

    def examine(
        self, *, reading: Reading | None = None, key: str = "", price: str | None = None
    ) -> list[finding.Finding]:
        """Everything looked at, each with a remedy; see `Doctor`."""
        doctor = Doctor(
            self.settings,
            self.shop.listing_policy,
            data_dir=self.data_dir,
            queues=self.queues,
            pacing=lambda: self.pacing,
            reading=reading,
            key=key,
        )
        return doctor.examine(price=price)

    def normalize_again(self) -> int:
        """Make all kept answers due for normalization with the rules now in force. Returns how many."""
        due = self.database.run(raw.again)
        self.hints.send(Stage.NORMALIZATION, 1)
        return due

    @property
    def data_dir(self) -> Path:
        """Where local files live: HUB_DATA_DIR, else the usual place for the user."""
        if self.settings.hub_data_dir:
            return self.settings.hub_data_dir
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            return Path("/var/lib/boeing-data-hub")
        state = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
        return Path(state) / "boeing-data-hub"

    def start_tracing(self) -> None:
        """Begin to trace this process, if an address for traces is set."""
        tracing.start(
            endpoint=self.settings.otel_exporter_otlp_endpoint,
            headers=self.settings.otlp_headers,
            process=self.name,
            version=__version__,
        )

    def close(self) -> None:
        """Close what was opened."""
        opened = self.__dict__
        for part in ("figures", "household", "shop", "boeing", "hints", "database"):
            if part in opened:
                opened[part].close()
