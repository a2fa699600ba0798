"""One process's access to the store and its components, built from the settings on first use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property

from boeing_data_hub.catalogue.listing_policy import ListingPolicy, listing_policy
from boeing_data_hub.catalogue.pricing import PriceRules
from boeing_data_hub.db.unit_of_work import Database
from boeing_data_hub.images.library import ImageLibrary
from boeing_data_hub.retry import RetryPolicy
from boeing_data_hub.settings import Settings
from boeing_data_hub.shopify import current_store
from boeing_data_hub.shopify.access import NoStoreError, ShopifyAccess
from boeing_data_hub.shopify.adopting import Adopting
from boeing_data_hub.shopify.adoption_planning import AdoptionPlanning
from boeing_data_hub.shopify.adoptions import Adoptions
from boeing_data_hub.shopify.bulk import Bulk, BulkRules
from boeing_data_hub.shopify.bulk_decisions import DecidedTogether
from boeing_data_hub.shopify.bulk_ingest import Reading
from boeing_data_hub.shopify.client import ShopifyClient
from boeing_data_hub.shopify.conflicts import Attention
from boeing_data_hub.shopify.creation_limit import CreationLimit
from boeing_data_hub.shopify.draft_orders import LATE_SECONDS, DraftOrders
from boeing_data_hub.shopify.effects import Effects
from boeing_data_hub.shopify.finalization import Finalizer
from boeing_data_hub.shopify.inventory import InventoryCalls
from boeing_data_hub.shopify.leftovers import Leftovers
from boeing_data_hub.shopify.media_checks import MediaChecks
from boeing_data_hub.shopify.parts import Parts, Steps
from boeing_data_hub.shopify.pictures import Pictures
from boeing_data_hub.shopify.planning import Planning
from boeing_data_hub.shopify.preparing import Preparing
from boeing_data_hub.shopify.row_lease import Holder, Taking
from boeing_data_hub.shopify.run import Publishing, Turns
from boeing_data_hub.shopify.run_guards import RunGuards
from boeing_data_hub.shopify.sending import Sender
from boeing_data_hub.shopify.store_comparison import Comparison
from boeing_data_hub.shopify.store_jobs import StoreJobs
from boeing_data_hub.shopify.store_snapshots import Snapshots
from boeing_data_hub.shopify.storefront import Storefront
from boeing_data_hub.shopify.tokens import StoreTokens
from boeing_data_hub.shopify.transfer import Transfer
from boeing_data_hub.shopify.webhook_reads import WebhookReads
from boeing_data_hub.work.budget import SharedBudget
from boeing_data_hub.work.leases import HeldLeases
from boeing_data_hub.work.pacing import Pacing


class Shop:
    """One process's view of the store.

    Args:
        settings: the environment.
        database: returns the database; only called if a component needs it.
        access: returns the store's address and limits.
        tokens: returns the store's access tokens.
        images: product images.
        held: this process's leases.
        owner: the name of this process, for leases.
        prices: returns the price rules in force.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        database: Callable[[], Database],
        access: Callable[[], ShopifyAccess],
        tokens: Callable[[ShopifyAccess], StoreTokens],
        images: ImageLibrary,
        held: HeldLeases,
        owner: str,
        prices: Callable[[], PriceRules],
    ) -> None:
        self._settings = settings
        self._give_database = database
        self._give_access = access
        self._give_tokens = tokens
        self._images = images
        self._held = held
        self._owner = owner
        self._prices = prices

    @cached_property
    def _database(self) -> Database:
        return self._give_database()

    @cached_property
    def access(self) -> ShopifyAccess:
        """The store's address and limits. Raises NoStoreError if none is set."""
        if not self._settings.shopify_store_domain.strip():
            raise NoStoreError
        return self._give_access()

    @cached_property
    def budget(self) -> SharedBudget:
        """The store's cost budget, shared by all processes."""
        return SharedBudget(self._database, "shopify")

    @cached_property
    def client(self) -> ShopifyClient:
        """The store's client."""
        return ShopifyClient(self.access, self.budget, self._give_tokens(self.access))

    @cached_property
    def transfer(self) -> Transfer:
        """Files of bulk operations."""
        return Transfer(self.access)

    @property
    def listing_policy(self) -> ListingPolicy:
        """How parts are shown and sold, by the price rules in force."""
        return replace(self.settings_policy, prices=self._prices())

    @cached_property
    def settings_policy(self) -> ListingPolicy:
        """How parts are shown and sold by the settings alone: the last price rule only."""
        return listing_policy(self._settings)

    @cached_property
    def storefront(self) -> Storefront:
        """Reads the store."""
        return Storefront(
            self.client,
            self.settings_policy,
            publication=self._settings.shopify_publication,
            address=self.access.origin,
            note=lambda shop: self._database.run(lambda work: current_store.note(work, shop), patience=20),
        )

    @cached_property
    def retry(self) -> RetryPolicy:
        """How often a part is tried."""
        s = self._settings
        return RetryPolicy(
            attempts=s.hub_max_attempts, first=s.hub_publish_retry_seconds, longest=60.0, jitter=(0.5, 1.5)
        )

    @cached_property
    def finalizer(self) -> Finalizer:
        """Sets channel and stock."""
        inventory = InventoryCalls(self._database, self.client, self.storefront, self.retry)
        return Finalizer(self.client, inventory, self.retry)

    @cached_property
    def preparing(self) -> Preparing:
        """Prepares parts."""
        s = self._settings
        pictures = Pictures(
            database=self._database,
            gallery=self._images.gallery,
            retry_after=s.hub_image_retry_after,
            base_url=self._images.store.base_url,
            at_once=16,
        )
        return Preparing(
            database=self._database,
            storefront=self.storefront,
            finalizer=self.finalizer,
            pictures=pictures,
            policy=lambda: self.listing_policy,
            run_guards=self.run_guards,
            rules=self.retry,
            at_once=s.hub_publish_calls,
        )

    @cached_property
    def run_guards(self) -> RunGuards:
        """Guards of runs, and reviews whose parts have changed since."""
        return RunGuards(self._database, lambda: self.listing_policy, self._settings)

    @cached_property
    def _sender(self) -> Sender:
        s = self._settings
        return Sender(
            self.client,
            self.retry,
            at_once=s.hub_publish_calls,
            leave_out=self.settings_policy.on_metafield_refusal == "leave_out",
        )

    @cached_property
    def publishing(self) -> Publishing:
        """Stage 4."""
        s = self._settings
        holder = Holder(self._held, self._owner, s.hub_lease_seconds)
        effects = Effects(taking := Taking(self._database, holder))
        creation_limit = CreationLimit(self._database)
        bulk = Bulk(
            database=self._database,
            client=self.client,
            transfer=self.transfer,
            reading=Reading(
                database=self._database,
                finalizer=self.finalizer,
                rules=self.retry,
                leave_out=self.settings_policy.on_metafield_refusal == "leave_out",
            ),
            creation_limit=creation_limit,
            effects=effects,
            rules=BulkRules(
                lines=s.hub_bulk_lines,
                lanes=s.hub_bulk_lanes,
                fewest=max(1, min(50, s.hub_bulk_publish_from // 4)),
                stuck_seconds=s.hub_bulk_stuck_seconds,
                lost_start_seconds=s.shopify_call_timeout + 10.0,
            ),
        )
        turns = Turns(
            leftovers=Leftovers(
                database=self._database, client=self.client, storefront=self.storefront, effects=effects
            ),
            media_checks=MediaChecks(
                database=self._database,
                client=self.client,
                storefront=self.storefront,
                effects=effects,
                settings=s,
            ),
            bulk=bulk,
            snapshots=Snapshots(
                database=self._database,
                client=self.client,
                transfer=self.transfer,
                effects=effects,
                comparison=Comparison(self._database, self.storefront),
                policy=self.settings_policy,
                settings=s,
            ),
            webhooks=WebhookReads(
                database=self._database, observation=self.preparing.observation, storefront=self.storefront
            ),
            store_jobs=StoreJobs(
                database=self._database,
                attention=self.attention,
                adopting=Adopting(
                    database=self._database,
                    client=self.client,
                    storefront=self.storefront,
                    policy=self.settings_policy,
                    taking=taking,
                ),
                planning=AdoptionPlanning(self._database, self.settings_policy),
                effects=effects,
            ),
            draft_orders=DraftOrders(
                client=self.client, effects=effects, late_seconds=s.shopify_call_timeout + LATE_SECONDS
            ),
        )
        steps = Steps(self.preparing, self._sender, self.finalizer)
        parts = Parts(self._database, holder, steps, bulk, creation_limit, s.hub_bulk_publish_from)
        pacing = Pacing(self._database, "shopify", None, probe_seconds=10.0)
        return Publishing(self._database, self.storefront, pacing, parts, turns)

    @cached_property
    def planning(self) -> Planning:
        """Plans of publish runs."""
        return Planning(
            database=self._database,
            storefront=self.storefront,
            preparing=self.preparing,
            budget=self.budget.look,
            policy=self.settings_policy,
            settings=self._settings,
        )

    @cached_property
    def attention(self) -> Attention:
        """Decisions about conflicts and leftover products."""
        return Attention(
            database=self._database, client=self.client, storefront=self.storefront, policy=self.settings_policy
        )

    @cached_property
    def adoptions(self) -> Adoptions:
        """Plans that adopt an existing store."""
        return Adoptions(self._database)

    @cached_property
    def decisions(self) -> DecidedTogether:
        """Checks of the store, and decisions on many conflicts."""
        return DecidedTogether(self._database)

    def close(self) -> None:
        """Close all connections."""
        opened = self.__dict__
        for part in ("_sender", "preparing", "transfer", "client", "budget"):
            if part in opened:
                opened[part].close()
