"""The composition root: settings in, a working hub out. The only reader of settings.

Parts are made when first asked for, so that a process carries only what it uses.
"""

from __future__ import annotations

import os
import random
import socket
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

from boeing_data_hub.boeing.access import BoeingAccess
from boeing_data_hub.boeing.client import BoeingClient
from boeing_data_hub.budget import SharedBudget
from boeing_data_hub.errors import BadInput
from boeing_data_hub.extraction.run import Extraction, ExtractionRules
from boeing_data_hub.intake.run import Intake, IntakeRules
from boeing_data_hub.media.fetch import ImageFetcher
from boeing_data_hub.media.gallery import Gallery
from boeing_data_hub.media.guards import FetchRules
from boeing_data_hub.media.store import ImageStore, LocalFolderStore
from boeing_data_hub.media.supabase import SupabaseStorage
from boeing_data_hub.model.listings import ListingPolicy
from boeing_data_hub.model.people import IdentityProvider
from boeing_data_hub.model.products import NormalizationRules
from boeing_data_hub.model.rates import RateLimit, parse_rate_limit
from boeing_data_hub.model.states import Stage
from boeing_data_hub.normalization.run import Normalization
from boeing_data_hub.pacing import Pacing
from boeing_data_hub.publishing.aftercare import Aftercare
from boeing_data_hub.publishing.attention import Attention
from boeing_data_hub.publishing.bulk import Bulk, BulkRules
from boeing_data_hub.publishing.compensation import Compensation
from boeing_data_hub.publishing.outcomes import RetryRules
from boeing_data_hub.publishing.pictures import Pictures
from boeing_data_hub.publishing.planning import Planning, PlanRules
from boeing_data_hub.publishing.preparing import Preparing
from boeing_data_hub.publishing.reading import Reading
from boeing_data_hub.publishing.run import CREATES, Publishing, PublishingRules
from boeing_data_hub.publishing.sending import Sender
from boeing_data_hub.publishing.stocking import Stocking
from boeing_data_hub.publishing.storefront import Storefront
from boeing_data_hub.queue import Hints
from boeing_data_hub.recovery import Recovery, SweepRules
from boeing_data_hub.reporting import checkup, store_checkup
from boeing_data_hub.reporting.live import Live
from boeing_data_hub.settings import Settings
from boeing_data_hub.shopify.access import ShopifyAccess
from boeing_data_hub.shopify.client import ShopifyClient
from boeing_data_hub.shopify.transfer import Transfer
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
        s = self.settings
        return BoeingClient(
            BoeingAccess(
                oauth_url=s.boeing_oauth_token_url,
                part_token_url=s.boeing_pna_oauth_url,
                price_url=s.boeing_pna_price_url,
                scope=s.boeing_scope,
                client_id=s.boeing_client_id,
                client_secret=s.boeing_client_secret,
                username=s.boeing_username,
                password=s.boeing_password,
                call_deadline=s.boeing_call_timeout,
            )
        )

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
    def shopify_access(self) -> ShopifyAccess:
        """Where the store is, and our token. Raises BadInput when it is not set."""
        s = self.settings
        if not s.shopify_store_domain.strip():
            raise BadInput(
                "SHOPIFY_STORE_DOMAIN is not set, so there is no store to publish to. Nothing was changed. Set it and "
                "SHOPIFY_ADMIN_API_TOKEN, or start everything with `bdh up --sandbox`.",
                code="no_store",
            )
        return ShopifyAccess(
            store=s.shopify_store_domain,
            token=s.shopify_admin_api_token,
            api_version=s.shopify_api_version,
            call_deadline=s.shopify_call_timeout,
        )

    @cached_property
    def shopify_budget(self) -> SharedBudget:
        """The store's cost budget, shared by all processes."""
        return SharedBudget(self.database, "shopify")

    @cached_property
    def shopify(self) -> ShopifyClient:
        """The store's client."""
        return ShopifyClient(self.shopify_access, self.shopify_budget)

    @cached_property
    def shopify_transfer(self) -> Transfer:
        """Files of bulk operations."""
        return Transfer(self.shopify_access)

    @cached_property
    def listing_policy(self) -> ListingPolicy:
        """How parts are shown and sold."""
        s = self.settings
        return ListingPolicy(
            vendor=s.hub_vendor,
            product_type=s.hub_product_type,
            category=s.hub_category,
            tags=s.hub_tags,
            origin_tag=s.hub_origin_tag,
            namespace=s.hub_metafield_namespace,
            custom_id_namespace=s.hub_custom_id_namespace,
            custom_id_key=s.hub_custom_id_key,
            condition=s.hub_condition,
            cert=s.hub_cert,
            trace_choices=s.hub_trace_choices,
            unit_choices=s.hub_unit_choices,
            location_map=s.shopify_location_map,
            default_location=s.shopify_default_location_name,
            inventory_location_codes=s.shopify_inventory_location_codes,
            send_lead_time=s.hub_send_lead_time,
            on_metafield_refusal=s.hub_metafield_refusal,
            status=s.hub_product_status,
            currency=s.hub_currency,
        )

    @cached_property
    def storefront(self) -> Storefront:
        """What is read of the store."""
        return Storefront(
            self.shopify,
            self.listing_policy,
            publication=self.settings.shopify_publication,
            address=self.shopify_access.origin,
        )

    @cached_property
    def publishing_retry(self) -> RetryRules:
        """How long a part is tried."""
        s = self.settings
        return RetryRules(
            s.hub_max_attempts,
            s.hub_publish_retry_seconds,
            jitter=lambda: random.uniform(0.5, 1.5),  # noqa: S311 - spreads retries; no secret
        )

    @cached_property
    def aftercare(self) -> Aftercare:
        """Channel and stock."""
        stocking = Stocking(self.database, self.shopify, self.storefront, self.publishing_retry)
        return Aftercare(self.shopify, stocking, self.publishing_retry)

    @cached_property
    def preparing(self) -> Preparing:
        """From SKUs to calls."""
        s = self.settings
        pictures = Pictures(
            database=self.database,
            gallery=self.gallery,
            retry_after=s.hub_image_retry_after,
            base_url=self.image_store.base_url,
            at_once=16,
        )
        return Preparing(
            database=self.database,
            storefront=self.storefront,
            aftercare=self.aftercare,
            pictures=pictures,
            policy=self.listing_policy,
            rules=self.publishing_retry,
            at_once=s.hub_publish_calls,
        )

    @cached_property
    def publishing(self) -> Publishing:
        """Stage 4."""
        s = self.settings
        bulk = Bulk(
            database=self.database,
            client=self.shopify,
            transfer=self.shopify_transfer,
            reading=Reading(
                database=self.database,
                aftercare=self.aftercare,
                rules=self.publishing_retry,
                leave_out=s.hub_metafield_refusal == "leave_out",
            ),
            held=self.held,
            owner=self.owner,
            rules=BulkRules(
                lines=s.hub_bulk_lines,
                lanes=s.hub_bulk_lanes,
                fewest=max(1, min(50, s.hub_bulk_publish_from // 4)),
                lease_seconds=s.hub_lease_seconds,
                stuck_seconds=s.hub_bulk_stuck_seconds,
            ),
        )
        compensation = Compensation(
            database=self.database,
            client=self.shopify,
            storefront=self.storefront,
            held=self.held,
            owner=self.owner,
            lease_seconds=s.hub_lease_seconds,
        )
        sender = Sender(
            self.shopify,
            self.publishing_retry,
            at_once=s.hub_publish_calls,
            leave_out=s.hub_metafield_refusal == "leave_out",
        )
        return Publishing(
            database=self.database,
            storefront=self.storefront,
            preparing=self.preparing,
            sender=sender,
            aftercare=self.aftercare,
            bulk=bulk,
            compensation=compensation,
            line=Pacing(self.database, "shopify", None, probe_seconds=10.0),
            creates=Pacing(self.database, CREATES, None, probe_seconds=3600.0),
            held=self.held,
            owner=self.owner,
            policy=self.listing_policy,
            rules=PublishingRules(bulk_from=s.hub_bulk_publish_from, lease_seconds=s.hub_lease_seconds),
        )

    @cached_property
    def planning(self) -> Planning:
        """Plans of publishings."""
        s = self.settings
        return Planning(
            database=self.database,
            storefront=self.storefront,
            preparing=self.preparing,
            budget=self.shopify_budget.look,
            policy=self.listing_policy,
            rules=PlanRules(
                bulk_from=s.hub_bulk_publish_from, bulk_lines=s.hub_bulk_lines, bulk_lanes=s.hub_bulk_lanes
            ),
        )

    @cached_property
    def attention(self) -> Attention:
        """What people decide about the store."""
        return Attention(database=self.database, client=self.shopify, policy=self.listing_policy)

    @property
    def media_folder(self) -> Path | None:
        """The folder of images that the API serves; None where Supabase keeps them."""
        return None if self.settings.supabase_url else self.data_dir / "media"

    @cached_property
    def image_store(self) -> ImageStore:
        """Where images are kept: Supabase Storage, else the local folder."""
        s = self.settings
        folder = self.media_folder
        if folder is None:
            return SupabaseStorage(s.supabase_url, s.supabase_service_role_key, s.supabase_storage_bucket)
        return LocalFolderStore(folder, f"{s.public_url}/media")

    @cached_property
    def gallery(self) -> Gallery:
        """Pictures for the shop."""
        s = self.settings
        fallback = s.hub_image_fallback_origin or None
        rules = FetchRules(
            domains=frozenset(s.hub_image_domains),
            hosts=frozenset({urlsplit(fallback).hostname or ""} if fallback else ()),  # naming it allows it
            allow_hosts=frozenset(s.hub_image_allow_hosts),
            allow_plain_http_to=frozenset(s.hub_image_allow_http_hosts),
            fallback_origin=fallback,
            seconds=s.hub_image_timeout,
            max_bytes=s.hub_image_max_bytes,
        )
        return Gallery(ImageFetcher(rules), self.image_store)

    @cached_property
    def recovery(self) -> Recovery:
        """The sweep."""
        s = self.settings
        return Recovery(
            database=self.database,
            hints=self.hints,
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
        )

    @property
    def queues(self) -> tuple[str, ...]:
        """The queues that must have a worker."""
        return checkup.needed_queues(publishing=bool(self.settings.shopify_store_domain))

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
        """Whether everything this hub needs is there; see `reporting/checkup.py`."""
        return checkup.readiness(
            self.database,
            self.hints,
            queues=self.queues,
            worker_silent_after=self.settings.hub_worker_silent_after,
        )

    def examine(self) -> list[checkup.Finding]:
        """Everything looked at, each with a remedy, for `bdh doctor`."""
        findings = checkup.examine(
            self.database,
            self.hints,
            ask_boeing=self.boeing.ensure_tokens,
            queues=self.queues,
            worker_silent_after=self.settings.hub_worker_silent_after,
            locations_mapped=bool(self.settings.shopify_location_map),
        )
        if not self.settings.shopify_store_domain:
            remedy = "Set SHOPIFY_STORE_DOMAIN and SHOPIFY_ADMIN_API_TOKEN."
            return [*findings, checkup.Finding("store", "warning", "No store is set, so nothing is published.", remedy)]
        return [
            *findings,
            *store_checkup.examine_store(
                self.database,
                self.storefront,
                self.listing_policy,
                public_url=self.settings.supabase_url or self.settings.public_url,
            ),
        ]

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

    def close(self) -> None:
        """Close what was opened."""
        opened = self.__dict__
        for part in (
            *("gallery", "image_store", "boeing", "shopify_transfer", "shopify", "shopify_budget", "hints", "database"),
        ):
            if part in opened:
                opened[part].close()
