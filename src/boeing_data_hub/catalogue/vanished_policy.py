"""What happens to published parts that Boeing no longer sells, by cause."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from boeing_data_hub.settings.vanished import Step, Vanishing


class Vanished(StrEnum):
    """Why a published part cannot be sold."""

    NOT_FOUND = "not_found"
    NO_STOCK = "no_stock"
    NO_PRICE = "no_price"
    ONLY_UNMAPPED_LOCATIONS = "only_unmapped_locations"


def _default_steps() -> Mapping[Vanished, Step]:
    return MappingProxyType({Vanished.NOT_FOUND: "keep", Vanished.NO_STOCK: "keep", Vanished.NO_PRICE: "leave",
                             Vanished.ONLY_UNMAPPED_LOCATIONS: "keep"})  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class VanishedPolicy:
    """What happens to vanished parts (settings `HUB_VANISHED_*`).

    Attributes:
        steps: by cause.
        archive_days: days after which a vanished part is archived; 0: never.
        tag: that vanished parts get; empty: none.
    """

    steps: Mapping[Vanished, Step]
    archive_days: float = 0.0
    tag: str = ""


DEFAULT_VANISHED: Final = VanishedPolicy(steps=_default_steps())


def vanished_policy(settings: Vanishing) -> VanishedPolicy:
    """What happens to vanished parts."""
    steps: dict[Vanished, Step] = {
        Vanished.NOT_FOUND: settings.hub_vanished_not_found,
        Vanished.NO_STOCK: settings.hub_vanished_no_stock,
        Vanished.NO_PRICE: settings.hub_vanished_no_price,
        Vanished.ONLY_UNMAPPED_LOCATIONS: settings.hub_vanished_only_unmapped,
    }
    return VanishedPolicy(
        steps=steps, archive_days=settings.hub_vanished_archive_days, tag=settings.hub_vanished_tag.strip()
    )
