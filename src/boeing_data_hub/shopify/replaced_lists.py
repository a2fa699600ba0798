"""Tags, metafields and options: the store replaces each of these lists as a whole, so what is sent repeats the entries
that are not to change. Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from boeing_data_hub.catalogue.listings import Listing, Metafield
from boeing_data_hub.shopify.shapes import Input


@dataclass(frozen=True, slots=True)
class ProductOption:
    """An option of a product with a single variant: its name, its values, and the value of that variant."""

    name: str = "Title"
    values: tuple[str, ...] = ("Default Title",)
    chosen: str = "Default Title"


@dataclass(frozen=True, slots=True)
class CurrentLists:
    """The lists that the store has on a product now.

    Attributes:
        metafields: all of them, ours included; None where they were not read.
        tags: all of them, ours included; None where they were not read.
        options: of the product; they are sent with its variant.
    """

    metafields: Sequence[Metafield] | None = None
    tags: Sequence[str] | None = None
    options: Sequence[ProductOption] = (ProductOption(),)


UNREAD: Final = CurrentLists()
"""For a product that is new, or whose lists are not sent."""


def options_input(options: Sequence[ProductOption]) -> list[Input]:
    """`productOptions` of the input."""
    return [
        {"name": each.name, "position": position, "values": [{"name": value} for value in each.values]}
        for position, each in enumerate(options, 1)
    ]


def all_metafields(listing: Listing, there: Sequence[Metafield] = ()) -> list[Input]:
    """All of ours with our values, and those that others added."""
    ours = (_identity(listing), *listing.metafields)
    named = {(each.namespace, each.key) for each in ours}
    return _as_input([*ours, *(each for each in there if (each.namespace, each.key) not in named)])


def changed_metafields(
    listing: Listing, there: Sequence[Metafield], written: Iterable[Mapping[str, Any]], changed: Collection[str]
) -> list[Input]:
    """The custom id, the entries among the changes with our values, and every other entry as the store has it."""
    identity = _identity(listing)
    ours = {(space, key) for form in written for space, key, *_ in form.get("metafields") or ()}
    ours |= {(each.namespace, each.key) for each in listing.metafields}
    replaced = {slot for slot in ours if f"metafields.{slot[1]}" in changed}
    own = [identity, *(each for each in listing.metafields if (each.namespace, each.key) in replaced)]
    replaced.add((identity.namespace, identity.key))
    return _as_input([*own, *(each for each in there if (each.namespace, each.key) not in replaced)])


def _identity(listing: Listing) -> Metafield:
    return Metafield(listing.custom_id_namespace, listing.custom_id_key, "id", listing.custom_id)


def _as_input(metafields: Iterable[Metafield]) -> list[Input]:
    return [
        {"namespace": each.namespace, "key": each.key, "type": each.type, "value": each.value} for each in metafields
    ]


def all_tags(listing: Listing, there: Sequence[str] = ()) -> list[str]:
    """All of ours, and those that others added."""
    ours = {tag.lower() for tag in listing.tags}
    return [*listing.tags, *(tag for tag in there if tag.lower() not in ours)]


def changed_tags(listing: Listing, there: Sequence[str], written: Iterable[Mapping[str, Any]]) -> list[str]:
    """The store's tags, with those added that are newly wanted and those removed that are no longer wanted."""
    before = [{str(tag).lower() for tag in form.get("tags") or ()} for form in written]
    wanted = {tag.lower() for tag in listing.tags}
    no_longer = set[str]().union(*before) - wanted
    added = [tag for tag in listing.tags if not all(tag.lower() in each for each in before)]
    new = {tag.lower() for tag in added}
    return [*added, *(tag for tag in there if tag.lower() not in no_longer | new)]
