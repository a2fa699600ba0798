"""Settings: everything that decides how parts are shown and sold."""

from __future__ import annotations

from boeing_data_hub.settings.compliance import Compliance
from boeing_data_hub.settings.drift import Drifting
from boeing_data_hub.settings.guards import Guarding
from boeing_data_hub.settings.shopify import Store
from boeing_data_hub.settings.stock import Stocking
from boeing_data_hub.settings.sync import Syncing
from boeing_data_hub.settings.trade import Trade
from boeing_data_hub.settings.vanished import Vanishing


class Selling(Store, Drifting, Vanishing, Guarding, Syncing, Compliance, Stocking, Trade):
    """The groups that pure rules are made of; the last class is listed first."""

    @property
    def has_store(self) -> bool:
        """True if a Shopify store is configured."""
        return bool(self.shopify_store_domain.strip())

    @property
    def screens_locations(self) -> bool:
        """True if screening checks stock locations: there is a store or a location map, and not all stock is sold.

        Without either, parts are staged as they are, so that a search shows something on the first day. Quotes offer
        stock at unmapped locations only where SHOPIFY_UNMAPPED_LOCATIONS says so, with or without a store.
        """
        has_use = self.has_store or bool(self.shopify_location_map)
        return has_use and self.shopify_unmapped_locations == "do_not_sell"
