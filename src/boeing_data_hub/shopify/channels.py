"""Chooses the sales channel for products: only one that the settings name. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from boeing_data_hub.shopify.publications import Channel

NONE_MEANT: Final = "none"
"""The setting that keeps products off all channels."""

_SHOWN: Final = 8
_PREFIX: Final = "gid://shopify/Publication/"


def is_none_meant(named: str) -> bool:
    """True if the setting keeps products off all channels."""
    return named.strip().casefold() == NONE_MEANT


def chosen(named: str, there: Sequence[Channel]) -> Channel | None:
    """The channel that the setting names, by id, name or handle; None if it matches none, or more than one.

    A name must match in full. The handle is the same in every language, so `Online Store` finds the online store of a
    German store, where it has another name.
    """
    fitting = _fitting(named, there)
    return fitting[0] if len(fitting) == 1 else None


def is_ambiguous(named: str, there: Sequence[Channel]) -> bool:
    """True if several channels match the setting."""
    return len(_fitting(named, there)) > 1


def note(named: str, there: Sequence[Channel]) -> str | None:
    """Why products are on no channel, with the available channels; None if they are on one, or on none on purpose."""
    if is_none_meant(named) or chosen(named, there) is not None:
        return None
    wanted = named.strip()
    if not wanted:
        why = "SHOPIFY_PUBLICATION is empty"
    elif is_ambiguous(named, there):
        why = f"several channels are named {wanted!r} (SHOPIFY_PUBLICATION)"
    else:
        why = f"your store has no channel named {wanted!r} (SHOPIFY_PUBLICATION)"
    return (
        f"Not on any sales channel: {why}. Available channels: {told(there) or 'none visible to the app'}. Set "
        "SHOPIFY_PUBLICATION to one of them and publish again, or to `none` to keep products off all channels."
    )


def unreadable(named: str) -> str:
    """Why products are on no channel if the app may not read the channels."""
    wanted = f" {named.strip()!r} cannot be found" if named.strip() else ""
    return (
        f"Not on any sales channel:{wanted or ' SHOPIFY_PUBLICATION is empty'}, and your store's channels "
        "cannot be read. Grant the app read_publications and write_publications, then publish again."
    )


def told(there: Sequence[Channel]) -> str:
    """Channels for people: each name, and the value for the setting."""
    shown = [f"{channel.title!r} ({channel.handle or channel.id})" for channel in there[:_SHOWN]]
    more = len(there) - len(shown)
    return ", ".join([*shown, *([f"and {more} more"] if more > 0 else [])])


def _fitting(named: str, there: Sequence[Channel]) -> list[Channel]:
    wanted = named.strip()
    if not wanted:
        return []
    by_id = [channel for channel in there if channel.id in {wanted, f"{_PREFIX}{wanted}"}]
    by_name = [channel for channel in there if _folded(channel.title) == _folded(wanted)]
    by_handle = [channel for channel in there if channel.handle and _handle(channel.handle) == _handle(wanted)]
    return by_id or by_name or by_handle


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def _handle(text: str) -> str:
    return re.sub(r"[\s_-]+", "_", text.strip().casefold())
