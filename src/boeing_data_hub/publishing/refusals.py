"""What the store's own refusals are about, told by code where it gives one, and else by its words. Pure."""

from __future__ import annotations

from typing import Final

from boeing_data_hub.errors import HubError, StopTheLine
from boeing_data_hub.shopify.failures import UserError, UserErrors

_GONE: Final = (
    "PRODUCT_DOES_NOT_EXIST",
    "PRODUCT_VARIANT_DOES_NOT_EXIST",  # a person has put another in its place
    "INVALID_INVENTORY_ITEM",
)
_NOT_UNIQUE: Final = frozenset({"CAPABILITY_VIOLATION", "DUPLICATED_VALUE", "DUPLICATED_METAFIELD_VALUE", "TAKEN"})


def is_gone(refused: UserErrors) -> bool:
    """Whether the store has no product, variant or item under the ids that were sent."""
    return any(map(refused.has, _GONE)) or any(
        each.message.startswith("Product does not exist") for each in refused.errors
    )


def location_refused(error: HubError | None) -> StopTheLine | None:
    """What stops the line where the store has a location no more that we know of: it refuses it to every part."""
    for each in error.errors if isinstance(error, UserErrors) else ():
        if "not stocked" in each.message:  # that is about one item, not about the location
            continue
        if each.code == "INVALID_LOCATION" or each.field.endswith("locationId"):
            return StopTheLine(
                f"The store takes no stock at one of its locations any more ({each.message}). Nothing has failed. Mend "
                "SHOPIFY_LOCATION_MAP, or activate the location in the store; work goes on by itself then.",
                code="location_unknown",
            )
    return None


def handle_taken(refused: UserErrors) -> UserError | None:
    """The refusal that says that another product has the handle."""
    for each in refused.errors:
        if each.code == "HANDLE_NOT_UNIQUE" or (each.field.endswith("handle") and "in use" in each.message):
            return each
    return None


def says_taken(refusal: UserError) -> bool:
    """Whether a value that the store holds unique is somebody's already."""
    return refusal.code in _NOT_UNIQUE or "taken" in refusal.message or "unique" in refusal.message


def only_metafields(error: HubError) -> bool:
    """Whether the store refuses nothing but values of metafields."""
    return isinstance(error, UserErrors) and all("metafields" in each.field.split(".") for each in error.errors)
