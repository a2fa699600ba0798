"""Classifies the store's user errors, by code where there is one, else by message. Pure."""

from __future__ import annotations

from typing import Final

from boeing_data_hub.errors import HubError, PauseUpstream
from boeing_data_hub.shopify.failures import UserError, UserErrors

_GONE: Final = (
    "PRODUCT_DOES_NOT_EXIST",
    "PRODUCT_VARIANT_DOES_NOT_EXIST",  # a person replaced it
    "INVALID_INVENTORY_ITEM",
)
_NOT_UNIQUE: Final = frozenset({"CAPABILITY_VIOLATION", "DUPLICATED_VALUE", "DUPLICATED_METAFIELD_VALUE", "TAKEN"})


def is_gone(refused: UserErrors) -> bool:
    """True if the product, variant or inventory item of the call no longer exists."""
    return any(map(refused.has, _GONE)) or any(
        each.message.startswith("Product does not exist") for each in refused.errors
    )


def concerns_every_part(error: HubError | None) -> PauseUpstream | None:
    """The pause for user errors about a location, the sales channel or the category, which would reject every part;
    None if they are about one part.
    """
    for each in error.errors if isinstance(error, UserErrors) else ():
        name = each.field.rpartition(".")[2]
        if "not stocked" in each.message:  # the error is about one item, not about the location
            continue
        if each.code == "INVALID_LOCATION" or name == "locationId":
            return PauseUpstream(
                f"One of your store's locations no longer accepts stock ({each.message}). Nothing has failed. Correct "
                "SHOPIFY_LOCATION_MAP, or activate the location in your store; publishing then continues.",
                code="location_unknown",
            )
        if each.code == "PUBLICATION_NOT_FOUND" or name == "publicationId":
            return PauseUpstream(
                f"The sales channel in SHOPIFY_PUBLICATION no longer accepts products ({each.message}). Nothing has "
                "failed. The hub looks for the channel again; if it was removed, choose another one.",
                code="channel_unknown",
            )
        if name == "category":
            return PauseUpstream(
                f"Shopify does not recognize the product category ({each.message}). Nothing has failed. Correct "
                "HUB_CATEGORY; publishing then continues.",
                code="category_unknown",
            )
    return None


def handle_taken(refused: UserErrors) -> UserError | None:
    """The user error that says that another product has the handle."""
    for each in refused.errors:
        if each.code == "HANDLE_NOT_UNIQUE" or (each.field.endswith("handle") and "in use" in each.message):
            return each
    return None


def says_taken(refusal: UserError) -> bool:
    """True if a unique value belongs to another object already."""
    return refusal.code in _NOT_UNIQUE or "taken" in refusal.message or "unique" in refusal.message


def only_metafields(error: HubError) -> bool:
    """True if every user error is about a metafield value."""
    return isinstance(error, UserErrors) and all("metafields" in each.field.split(".") for each in error.errors)
