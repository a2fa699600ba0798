"""Previewing price lists and putting them into force, for the API and the console."""

from __future__ import annotations

from collections.abc import Generator
from itertools import islice

from boeing_data_hub.app import Hub
from boeing_data_hub.catalogue import price_comparison, price_lists
from boeing_data_hub.catalogue.price_preview import PricePreview
from boeing_data_hub.catalogue.pricing import PriceRules
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.errors import Conflict
from boeing_data_hub.shopify import current_store
from boeing_data_hub.web import exports
from boeing_data_hub.web.places import PREVIEWS
from boeing_data_hub.web.sheets import Sheet


def preview(hub: Hub, version: int | None) -> Generator[int, None, PricePreview]:
    """What putting a price list into force would change: yields the parts compared so far, and returns the preview.

    Raises:
        NotFound: there is no such list.
        Unavailable: too many previews are being computed.
    """
    with PREVIEWS.one():
        new, old, shop = _both(hub, version)
        return (yield from price_comparison.preview(hub.database, new, old, shop=shop))


def previewed(hub: Hub, version: int | None) -> PricePreview:
    """The same, computed to its end."""
    computing = preview(hub, version)
    while True:
        try:
            next(computing)
        except StopIteration as end:
            return end.value


def moves(hub: Hub, version: int | None) -> Sheet:
    """Every price that would change, as a file. Raises NotFound."""
    new, old, shop = _both(hub, version)
    return exports.price_moves(price_comparison.moves(hub.database, new, old, shop=shop), new)


def _both(hub: Hub, version: int | None) -> tuple[PriceRules, PriceRules, str | None]:
    def step(work: Work) -> tuple[PriceRules, PriceRules, str | None]:
        in_force = hub.prices_in_force
        old = in_force.of_version(work, price_lists.in_force(work))
        return in_force.of_version(work, version), old, current_store.read(work)

    return hub.database.run(step, patience=5)


def activate(hub: Hub, version: int | None, *, actor: str) -> int | None:
    """Put a price list into force. Nothing is sent to the store. Returns the version that was in force before.

    Raises:
        NotFound: there is no such list.
        Conflict: it is in force already.
    """
    before = hub.database.run(lambda work: price_lists.activate(work, version, actor=actor), patience=5)
    hub.prices_in_force.look_again()
    return before


def back(hub: Hub, *, actor: str) -> int | None:
    """Put the version into force that was in force before the current one. Returns it.

    Raises:
        Conflict: there is none.
    """

    def step(work: Work) -> int | None:
        version = price_lists.earlier(work)
        price_lists.activate(work, version, actor=actor)
        return version

    version = hub.database.run(step, patience=5)
    hub.prices_in_force.look_again()
    return version


def differing(hub: Hub) -> list[str]:
    """Parts that are live in the store at another price than ours: at most one more than a plan can hold.

    Raises:
        Conflict: none are.
    """
    _ = hub.shop.access  # raises when no store is configured
    shop = hub.database.run(current_store.read)
    found = price_comparison.to_publish(hub.database, hub.prices, shop=shop)
    parts = list(islice(found, hub.settings.max_bulk_publish_size + 1))
    if not parts:
        raise Conflict(
            "Every product in the store already has your price. Nothing was changed.", code="no_price_differs"
        )
    return parts
