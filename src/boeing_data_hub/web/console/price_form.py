"""The form of a price list: one group of fields for each rule, in the order in which rules are tried. Pure.

Buttons that add, move or remove a rule send the whole form, which comes back changed and unsaved: the page works
without JavaScript.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from boeing_data_hub.catalogue import price_files
from boeing_data_hub.catalogue.price_rules import PriceRule

MOST_ROWS: Final = 40
"""Rules that the form holds; a browser sends twenty fields for each. A longer list is edited as text."""

_MOST_LINES: Final = 1_000  # names in one field
_DO: Final = re.compile(r"(add|copy|remove|up|down)(?:-([0-9]{1,3}))?")

Texts = Mapping[str, str]
"""What stands in the fields of one rule, by field."""


@dataclass(frozen=True, slots=True)
class RuleField:
    """One field of a rule.

    Attributes:
        name: of the `PriceRule`'s field.
        kind: `line`: one value; `lines`: names, one on each line; `choice`: one of `choices` (value and label).
    """

    name: str
    label: str
    hint: str = ""
    kind: Literal["line", "lines", "choice"] = "line"
    choices: tuple[tuple[str, str], ...] = ()


CONDITIONS: Final = (
    RuleField("prefixes", "Part number begins with", "One on each line.", "lines"),
    RuleField("parts", "Part numbers", "One on each line, with or without suffix.", "lines"),
    RuleField("suppliers", "Suppliers or manufacturers", "One on each line, as Boeing writes them.", "lines"),
    RuleField("locations", "In stock at Boeing locations", "One on each line.", "lines"),
    RuleField("cost_from", "Cost from", "Boeing's net price, or its list price."),
    RuleField("cost_below", "Cost below"),
    RuleField("stock_from", "Stock from", "Pieces at Boeing."),
    RuleField("stock_below", "Stock below"),
    RuleField("weight_from", "Weight from", "In kilograms."),
    RuleField("weight_below", "Weight below"),
    RuleField("units", "Units of measure", "One on each line, such as EA.", "lines"),
    RuleField("hazards", "Hazard codes", "One on each line.", "lines"),
    RuleField(
        "hazardous", "Hazardous", "", "choice", (("", "Any"), ("yes", "With a hazard code"), ("no", "Without one"))
    ),
)
PRICE: Final = (
    RuleField(
        "basis",
        "Start from",
        "A part without this price is left to the next rule.",
        "choice",
        (
            ("list_then_net", "List price, or net price if there is none"),
            ("net_then_list", "Net price, or list price if there is none"),
            ("list", "List price only"),
            ("net", "Net price only"),
        ),
    ),
    RuleField("markup", "Markup", "Multiplies the price: 1.25 adds a quarter. Give a markup or a margin."),
    RuleField("margin", "Margin in percent", "Of our price."),
    RuleField("add", "Add", "A fixed amount; a negative one is taken off."),
    RuleField("floor", "Lowest price"),
    RuleField("ceiling", "Highest price"),
    RuleField("minimum_margin", "Minimum margin in percent", "Over the cost."),
    RuleField(
        "rounding",
        "Round up to",
        "",
        "choice",
        (("none", "The cent"), (".99", "The next .99"), (".95", "The next .95"), ("whole", "The next whole amount")),
    ),
)
FIELDS: Final = (RuleField("name", "Name of the rule"), *CONDITIONS, *PRICE)
_LISTS: Final = frozenset(one.name for one in FIELDS if one.kind == "lines")
EMPTY: Final[Texts] = {one.name: one.choices[0][0] if one.choices else "" for one in FIELDS}


def fits(rules: Sequence[PriceRule]) -> bool:
    """True if the form can hold these rules."""
    return len(rules) <= MOST_ROWS and all(
        len(value) <= _MOST_LINES for rule in rules for value in price_files.given(rule).values() if _is_list(value)
    )


def rows_of(rules: Sequence[PriceRule]) -> list[Texts]:
    """The fields' texts of these rules."""
    return [{**EMPTY, **{name: _text(value) for name, value in price_files.given(rule).items()}} for rule in rules]


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "\n".join(value) if _is_list(value) else str(value)


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def rows_in(sent: Mapping[str, Sequence[str]]) -> list[Texts]:
    """The rows of a form that was sent. Every rule sends every field, so that the values of a field are in the order
    of the rules.

    Args:
        sent: the values of each field, under its name.
    """
    rows = min(MOST_ROWS, max((len(sent.get(one.name, ())) for one in FIELDS), default=0))
    return [{one.name: _at(sent.get(one.name, ()), place, one) for one in FIELDS} for place in range(rows)]


def _at(values: Sequence[str], place: int, field: RuleField) -> str:
    return values[place] if place < len(values) else EMPTY[field.name]


def entries(rows: Sequence[Texts]) -> list[Mapping[str, object]]:
    """The rows as `price_files.rules_of` takes them: names of a list apart, blank lines left out."""
    return [
        {
            name: [line for line in map(str.strip, text.splitlines()) if line] or None if name in _LISTS else text
            for name, text in row.items()
        }
        for row in rows
    ]


def changed(rows: Sequence[Texts], do: str) -> list[Texts] | None:
    """The rows after a button was pressed: `add`, or `copy-2`, `remove-2`, `up-2`, `down-2` for the second rule; None
    if this is no such button.
    """
    found = _DO.fullmatch(do)
    if found is None:
        return None
    what, place = found[1], int(found[2] or 0) - 1
    after = list(rows)
    if what == "add":
        return [*after, EMPTY][:MOST_ROWS]
    if not 0 <= place < len(after):
        return after
    row = after.pop(place)
    if what == "copy":
        return [*after[:place], row, row, *after[place:]][:MOST_ROWS]
    if what in {"up", "down"}:
        after.insert(max(0, place + (1 if what == "down" else -1)), row)
    return after
