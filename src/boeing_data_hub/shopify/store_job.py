"""Jobs on many products that a person started: a decision on many conflicts, or an adoption."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

Decision = Literal["adopt", "leave", "publish_new"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConflictFilter:
    """Selects conflicts for a decision. Every field that is given must match.

    Attributes:
        kind: `sku_taken`, `handle_taken` or `look_alike`.
        cause: of a look-alike, e.g. `cut_suffix`.
        vendor: of the other product; case is ignored.
        sku_prefix: the beginning of the part's SKU; case is ignored.
        skus: exactly these parts.
    """

    kind: str | None = None
    cause: str | None = None
    vendor: str | None = None
    sku_prefix: str | None = None
    skus: tuple[str, ...] | None = None

    def as_json(self) -> dict[str, Any]:
        """The given fields, for the row and the audit log; a long list is reduced to its length."""
        told = {name: value for name in self.__slots__ if (value := getattr(self, name)) not in {None, ()}}
        return {**told, "skus": len(self.skus)} if self.skus else told


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreJob:
    """A job.

    Attributes:
        kind: `decide`, `plan_adoption`, `adopt` or `undo_adoption`; `check` of an earlier version.
        request: the filter or the products.
        state: `open`, `ended` or `cancelled`.
        total: number of products or conflicts.
        done: number that is finished.
        told: 0; checks of an earlier version counted differing products.
        failed: number of conflicts that the store rejected, for a decision; each has its reason.
        reached: the last SKU that is finished.
    """

    id: UUID
    shop: str
    kind: str
    request: Mapping[str, Any]
    state: str
    total: int
    done: int
    told: int
    failed: int
    reached: str
    note: str | None
    attempts: int
    actor: str
    created_at: datetime
    ended_at: datetime | None
