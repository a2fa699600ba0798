"""Hold rules: classes of parts that are not offered as others are, such as export-controlled or hazardous ones. Pure.

The first rule of which all conditions hold decides. A class can be published as a draft or unlisted, or wait for a
person.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final, Literal

from boeing_data_hub.catalogue.staged_part import StagedPart
from boeing_data_hub.values.clean_text import line

Hold = Literal["draft", "unlist", "review"]

_STATUS: Final[dict[Hold, str]] = {"draft": "DRAFT", "unlist": "UNLISTED"}
_WHAT: Final[dict[Hold, str]] = {
    "draft": "It is published as a draft",
    "unlist": "It is published unlisted",
    "review": "It is not published",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldRule:
    """A class of parts, and what becomes of it. A condition that is None or empty is not one.

    Attributes:
        name: for people, e.g. "Export controlled".
        hold: draft, unlist, or review: not published, and left unchanged where it is live.
        eccn, hazards, faa: patterns such as `9A991*`, one of which the code must match. Case does not matter.
        hazardous: True: Boeing gives a hazard code; False: it gives none.
        pma: made under the FAA's Parts Manufacturer Approval, or not. An unknown one is neither.
        prefixes: the SKU begins with one of these.
        suppliers: patterns of the supplier's name.
    """

    name: str
    hold: Hold
    eccn: tuple[str, ...] = ()
    hazards: tuple[str, ...] = ()
    faa: tuple[str, ...] = ()
    hazardous: bool | None = None
    pma: bool | None = None
    prefixes: tuple[str, ...] = ()
    suppliers: tuple[str, ...] = ()

    def holds(self, part: StagedPart) -> bool:
        """True if the part is of this class. A part that lacks a value is of no class that asks for it."""
        return (
            _fits(part.eccn, self.eccn)
            and _fits(part.hazmat_code, self.hazards)
            and _fits(part.faa_approval_code, self.faa)
            and _fits(part.supplier_name, self.suppliers)
            and (self.hazardous is None or bool(line(part.hazmat_code)) == self.hazardous)
            and (self.pma is None or part.pma == self.pma)
            and (not self.prefixes or part.sku.upper().startswith(tuple(each.upper() for each in self.prefixes)))
        )

    @property
    def sentence(self) -> str:
        """What becomes of a part of this class, for people."""
        named = f"\N{LEFT DOUBLE QUOTATION MARK}{self.name}\N{RIGHT DOUBLE QUOTATION MARK}"
        return f"{_WHAT[self.hold]} because of the hold rule {named} (HUB_HOLD_RULES)."


def hold_of(part: StagedPart, rules: tuple[HoldRule, ...]) -> HoldRule | None:
    """The first rule that holds the part back; None: it is offered as others are."""
    return next((rule for rule in rules if rule.holds(part)), None)


def status_by(rule: HoldRule | None, usual: str) -> str:
    """The product's status by a rule. A hub that publishes only drafts publishes no other status."""
    return usual if rule is None or usual == "DRAFT" else _STATUS.get(rule.hold, usual)


def _fits(value: str | None, patterns: tuple[str, ...]) -> bool:
    text = line(value).upper()
    return not patterns or (bool(text) and any(fnmatchcase(text, pattern.upper()) for pattern in patterns))
