"""The parts of a plan as it shows them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from boeing_data_hub.catalogue.listings import Change

ACTIONS: Final = ("create", "update", "restock", "unchanged", "blocked", "conflict")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanItem:
    """What a plan does to one SKU.

    Attributes:
        position: of the part number in the list.
        part_number: as submitted.
        sku: empty if the part number has none.
        action: create, update, restock, unchanged, blocked or conflict.
        code: why it is blocked or a conflict.
        sentence: the same, or a remark, for people.
        changes: the fields that would change.
    """

    position: int
    part_number: str
    sku: str
    action: str
    code: str | None
    sentence: str | None
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRow:
    """A row of the table of plans: what `PlanItem` shows, and `digest`, the fingerprint of what would be sent."""

    position: int
    sku: str
    action: str
    code: str | None
    sentence: str | None
    changes: tuple[Change, ...]
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanReason:
    """Why parts of a plan are not published, with how many parts share the reason."""

    action: str
    code: str
    sentence: str
    parts: int


@dataclass(frozen=True, slots=True)
class Shown:
    """What a plan showed for a SKU: its action, and the fingerprint of everything that would be sent."""

    action: str
    digest: str
