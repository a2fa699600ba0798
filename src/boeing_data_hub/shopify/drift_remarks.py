"""Remarks for people about changes made in the store that the hub keeps. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from boeing_data_hub.shopify.observed import METAFIELDS, Difference


def remarks(found: Sequence[Difference], *, stock: bool) -> list[str]:
    """Remarks for people about differences that are left. `stock`: include stock, which no other remark mentions."""
    told: list[str] = []
    for each in found:
        if each.policy == "put_right":
            continue
        if each.field == "price":
            told.append(f"Someone changed its price in your store to {each.there}; that price was kept.")
        elif each.field == "title":
            told.append("Someone changed its title in your store; the title was kept.")
        elif each.field == "tags":
            told.append("Someone removed tags of the hub in your store; that was kept.")
        elif each.field.startswith(METAFIELDS):
            key = each.field.removeprefix(METAFIELDS)
            told.append(f"Someone changed its metafield {key} in your store; that was kept.")
        elif each.field == "status":
            told.append(status_left(each.there))
        elif stock and each.field.startswith("stock."):
            place = each.field.removeprefix("stock.") or "the default location"
            told.append(
                f"Your store has {each.there} at {place}; the last publish set {each.ours}. Sales or changes since "
                "then "
                "were kept."
            )
    return told


def status_left(status: object) -> str:
    """The remark for people about a status that is left."""
    return f"Someone set it to {str(status).lower()} in your store; the status was kept."
