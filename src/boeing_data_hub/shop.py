"""The store's side of the house: its client, what publishing is made of, and where pictures are kept.

Parts are made when first asked for, as in `hub.py`, which hands over settings and database.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit

from boeing_data_hub.budget import SharedBudget
from boeing_data_hub.errors import BadInput
from boeing_data_hub.media.fetch import ImageFetcher
from boeing_data_hub.media.gallery import Gallery
from boeing_data_hub.media.guards import FetchRules
from boeing_data_hub.media.store import ImageStore, LocalFolderStore
from boeing_data_hub.media.supabase import SupabaseStorage
from boeing_data_hub.model.listings import ListingPolicy
from boeing_data_hub.outside import store_access
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
from boeing_data_hub.publishing.taking import Taking
from boeing_data_hub.settings import Settings
from boeing_data_hub.shopify.access import ShopifyAccess
from boeing_data_hub.shopify.client import ShopifyClient
from boeing_data_hub.shopify.transfer import Transfer
from boeing_data_hub.store.leases import HeldLeases
from boeing_data_hub.store.work import Database


class Shop:
    """One process's view of the store.

    Args:
        settings: the environment.
        database: gives Postgres; asked only by what needs it.
        held: this process's leases.
        owner: what this process is, for leases.
        data_dir: where local files live.
    """

    def __init__(
        self, settings: Settings, database: Callable[[], Database], *, held: HeldLeases, owner: str, data_dir: Path
    ) -> None:
        self._settings = settings
        self._give_database = database
        self._held = held
        self._owner = owner
        self._data_dir = data_dir

    @cached_property
    def _database(self) -> Database:
        return self._give_database()

    @cached_property
    def access(self) -> ShopifyAccess:
        """Where the store is, and our token. Raises BadInput when it is not set."""
        s = self._settings
        if not s.shopify_store_domain.strip():
            raise BadInput(
                "SHOPIFY_STORE_DOMAIN is not set, so there is no store to publish to. Nothing was changed. Set it and "
                "SHOPIFY_ADMIN_API_TOKEN, or start everything with `bdh up --sandbox`.",
                code="no_store",
            )
        return store_access(s)

    @cached_property
    def budget(self) -> SharedBudget:
        """The store's cost budget, shared by all processes."""
        return SharedBudget(self._database, "shopify")

    @cached_property
    def client(self) -> ShopifyClient:
        """The store's client."""
        return ShopifyClient(self.access, self.budget)

    @cached_property
    def transfer(self) -> Transfer:
        """Files of bulk operations."""
        return Transfer(self.access)

    @cached_property
    def listing_policy(self) -> ListingPolicy:
        """How parts are shown and sold."""
        s = self._settings
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
            self.client,
            self.listing_policy,
            publication=self._settings.shopify_publication,
            address=self.access.origin,
        )

    @cached_property
    def retry(self) -> RetryRules:
        """How long a part is tried."""
        s = self._settings
        return RetryRules(
            s.hub_max_attempts,
            s.hub_publish_retry_seconds,
            jitter=lambda: random.uniform(0.5, 1.5),  # noqa: S311 - spreads retries; no secret
        )

    @cached_property
    def aftercare(self) -> Aftercare:
        """Channel and stock."""
        stocking = Stocking(self._database, self.client, self.storefront, self.retry)
        return Aftercare(self.client, stocking, self.retry)

    @cached_property
    def preparing(self) -> Preparing:
        """From SKUs to calls."""
        s = self._settings
        pictures = Pictures(
            database=self._database,
            gallery=self.gallery,
            retry_after=s.hub_image_retry_after,
            base_url=self.image_store.base_url,
            at_once=16,
        )
        return Preparing(
            database=self._database,
            storefront=self.storefront,
            aftercare=self.aftercare,
            pictures=pictures,
            policy=self.listing_policy,
            rules=self.retry,
            at_once=s.hub_publish_calls,
        )

    @cached_property
    def publishing(self) -> Publishing:
        """Stage 4."""
        s = self._settings
        taking = Taking(self._database, self._held, owner=self._owner, seconds=s.hub_lease_seconds)
        bulk = Bulk(
            database=self._database,
            client=self.client,
            transfer=self.transfer,
            reading=Reading(
                database=self._database,
                aftercare=self.aftercare,
                rules=self.retry,
                leave_out=s.hub_metafield_refusal == "leave_out",
            ),
            taking=taking,
            rules=BulkRules(
                lines=s.hub_bulk_lines,
                lanes=s.hub_bulk_lanes,
                fewest=max(1, min(50, s.hub_bulk_publish_from // 4)),
                stuck_seconds=s.hub_bulk_stuck_seconds,
            ),
        )
        compensation = Compensation(
            database=self._database,
            client=self.client,
            storefront=self.storefront,
            taking=taking,
        )
        sender = Sender(
            self.client,
            self.retry,
            at_once=s.hub_publish_calls,
            leave_out=s.hub_metafield_refusal == "leave_out",
        )
        return Publishing(
            database=self._database,
            storefront=self.storefront,
            preparing=self.preparing,
            sender=sender,
            aftercare=self.aftercare,
            bulk=bulk,
            compensation=compensation,
            line=Pacing(self._database, "shopify", None, probe_seconds=10.0),
            creates=Pacing(self._database, CREATES, None, probe_seconds=3600.0),
            held=self._held,
            owner=self._owner,
            policy=self.listing_policy,
            rules=PublishingRules(bulk_from=s.hub_bulk_publish_from, lease_seconds=s.hub_lease_seconds),
        )

    @cached_property
    def planning(self) -> Planning:
        """Plans of publishings."""
        s = self._settings
        return Planning(
            database=self._database,
            storefront=self.storefront,
            preparing=self.preparing,
            budget=self.budget.look,
            policy=self.listing_policy,
            rules=PlanRules(
                bulk_from=s.hub_bulk_publish_from, bulk_lines=s.hub_bulk_lines, bulk_lanes=s.hub_bulk_lanes
            ),
        )

    @cached_property
    def attention(self) -> Attention:
        """What people decide about the store."""
        return Attention(
            database=self._database, client=self.client, storefront=self.storefront, policy=self.listing_policy
        )

    @property
    def media_folder(self) -> Path | None:
        """The folder of images that the API serves; None where Supabase keeps them."""
        return None if self._settings.supabase_url else self._data_dir / "media"

    @cached_property
    def image_store(self) -> ImageStore:
        """Where images are kept: Supabase Storage, else the local folder."""
        s = self._settings
        folder = self.media_folder
        if folder is None:
            return SupabaseStorage(s.supabase_url, s.supabase_service_role_key, s.supabase_storage_bucket)
        return LocalFolderStore(folder, f"{s.public_url}/media")

    @cached_property
    def gallery(self) -> Gallery:
        """Pictures for the shop."""
        s = self._settings
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

    def close(self) -> None:
        """Close what was opened."""
        opened = self.__dict__
        for part in ("gallery", "image_store", "transfer", "client", "budget"):
            if part in opened:
                opened[part].close()
