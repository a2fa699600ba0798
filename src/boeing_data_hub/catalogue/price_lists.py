"""Price lists: versions of the price rules. At most one is in force, and one that ever was is never edited."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec

from boeing_data_hub.catalogue.price_rules import PriceRule
from boeing_data_hub.db import audit
from boeing_data_hub.db.statements import beside
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.errors import Conflict, NotFound

_SQL: Final = beside(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceList:
    """One version, without its rules.

    Attributes:
        name: given by its author; may be empty.
        author: who wrote it, or edited it last.
        first_active_at: when it first came into force; None: a draft, which can still be edited.
    """

    version: int
    name: str
    author: str
    created_at: datetime
    updated_at: datetime
    rule_count: int
    first_active_at: datetime | None
    is_active: bool

    @property
    def is_draft(self) -> bool:
        """True while it can be edited."""
        return self.first_active_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Activation:
    """Who put which price list into force, and when; no version: the settings alone."""

    version: int | None
    name: str | None
    actor: str
    at: datetime


def listed(work: Work, *, limit: int, before: int | None = None) -> list[PriceList]:
    """Price lists, the newest first, before version `before`."""
    return msgspec.convert(work.rows(_SQL["listed"], {"before": before, "limit": limit}), list[PriceList])


def get(work: Work, version: int) -> PriceList:
    """A price list. Raises NotFound."""
    row = work.row(_SQL["get"], [version])
    if row is None:
        raise NotFound(
            f"There is no price list {version}. `bdh prices list` shows all of them.", code="price_list_not_found"
        )
    return msgspec.convert(row, PriceList)


def rules_of(work: Work, version: int) -> tuple[PriceRule, ...]:
    """The rules of a price list, in order; empty if there is no such list."""
    rows = work.rows(_SQL["rules"], [version])
    return tuple(msgspec.json.decode(row["definition"], type=PriceRule) for row in rows)


def in_force(work: Work) -> int | None:
    """The version in force; None: the settings alone."""
    return work.value(_SQL["in_force"])


def activations(work: Work, *, limit: int) -> list[Activation]:
    """What came into force when, the newest first."""
    return msgspec.convert(work.rows(_SQL["activations"], [limit]), list[Activation])


def create(work: Work, rules: Sequence[PriceRule], *, name: str, actor: str) -> int:
    """Save rules as a new draft. Returns its version."""
    version: int = work.value(_SQL["create"], [name, actor])
    _save(work, version, rules)
    audit.record(work, actor=actor, action="prices.create", target=str(version), details=_details(rules, name))
    return version


def edit(work: Work, version: int, rules: Sequence[PriceRule], *, name: str, actor: str) -> None:
    """Replace the rules of a draft.

    Raises:
        NotFound: there is no such list.
        Conflict: it was in force once.
    """
    _hold_draft(work, version)
    work.do(_SQL["rename"], [name, actor, version])
    work.do(_SQL["drop_rules"], [version])
    _save(work, version, rules)
    audit.record(work, actor=actor, action="prices.edit", target=str(version), details=_details(rules, name))


def remove(work: Work, version: int, *, actor: str) -> None:
    """Delete a draft. Raises NotFound and Conflict as `edit` does."""
    _hold_draft(work, version)
    work.do(_SQL["remove"], [version])
    audit.record(work, actor=actor, action="prices.delete", target=str(version))


def activate(work: Work, version: int | None, *, actor: str) -> int | None:
    """Put a price list into force; None: the settings alone. Returns the version that was in force before.

    Raises:
        NotFound: there is no such list.
        Conflict: it is in force already.
    """
    if version is not None and work.row(_SQL["hold"], [version]) is None:
        get(work, version)
    before = in_force(work)
    if before == version:
        raise Conflict(f"{said(version)} is already active. Nothing was changed.", code="price_list_active")
    work.do(_SQL["activate"], [version, actor])
    details = {"before": before, "now": version}
    audit.record(work, actor=actor, action="prices.activate", target=str(version or "settings"), details=details)
    return before


def earlier(work: Work) -> int | None:
    """The version that was in force before the current one; None: the settings alone.

    Raises:
        Conflict: no price list was ever in force.
    """
    last = activations(work, limit=2)
    if not last:
        raise Conflict(
            "No price list has been active before, so there is nothing to go back to.", code="no_earlier_prices"
        )
    return last[1].version if len(last) > 1 else None


def said(version: int | None) -> str:
    """A version in words."""
    return "The settings' price rule" if version is None else f"Price list {version}"


def _hold_draft(work: Work, version: int) -> None:
    work.row(_SQL["hold"], [version])
    if not get(work, version).is_draft:
        raise Conflict(
            f"Price list {version} has been active, so it can no longer be changed. Nothing was changed. Save your "
            "rules as a new list.",
            code="price_list_frozen",
        )


def _save(work: Work, version: int, rules: Sequence[PriceRule]) -> None:
    definitions = [msgspec.json.encode(rule, order="deterministic").decode() for rule in rules]
    work.do(_SQL["save_rules"], [version, definitions])


def _details(rules: Sequence[PriceRule], name: str) -> dict[str, object]:
    return {"name": name, "rules": len(rules)}
