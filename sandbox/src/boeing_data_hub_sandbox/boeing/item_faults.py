"""Faults that make a readable answer wrong: they change line items or the envelope before it becomes bytes."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from boeing_data_hub_sandbox.boeing.dice import Dice
from boeing_data_hub_sandbox.boeing.faults import Fault
from boeing_data_hub_sandbox.boeing.figures import line_item

NUMBER_MARK: Final = "\u0001number\u0001"
"""Stands in the items where a number is to be written that JSON cannot hold; replaced in the bytes."""


@dataclass(slots=True)
class Answer:
    """A price answer in the making.

    Attributes:
        lines: pairs of the part asked and a line item that answers it.
        currency: of the envelope.
        line_items: what takes the place of the items: "null", "absent" or "empty".
        leave_out: names of the envelope's fields to leave out.
        number: what is to be written for `NUMBER_MARK`.
        beside: further fields of the envelope.
    """

    lines: list[tuple[str, dict[str, Any]]]
    currency: Any
    line_items: str = ""
    leave_out: set[str] = field(default_factory=set[str])
    number: str = ""
    beside: dict[str, Any] = field(default_factory=dict[str, Any])

    def envelope(self) -> dict[str, Any]:
        """The JSON object to send."""
        items: list[dict[str, Any]] | None = [item for _, item in self.lines]
        if self.line_items:
            items = None if self.line_items == "null" else []
        whole = {"currency": self.currency, "lineItems": items, **self.beside}
        return {name: value for name, value in whole.items() if name not in self.leave_out}


def unasked(part: str) -> str:
    """A part number that nobody asked, one for each asked part."""
    return f"SBX-{Dice(part).throw('unasked', 10**9):09d}=K3"


def _missing_items(fault: Fault, answer: Answer) -> None:
    asked = list(dict.fromkeys(part for part, _ in answer.lines))
    missing = {part for part in asked if fault.touches(part)} if fault.parts else set(asked[: fault.options["count"]])
    answer.lines = [(part, item) for part, item in answer.lines if part not in missing]


def _extra_items(fault: Fault, answer: Answer) -> None:
    for count in range(fault.options["count"]):
        number = unasked(f"extra-{fault.number}-{count}")
        answer.lines.append((number, line_item(number, 0)))


def _duplicated_items(fault: Fault, answer: Answer) -> None:
    lines: list[tuple[str, dict[str, Any]]] = []
    for part, item in answer.lines:
        places: list[dict[str, Any]] = item.get("locationAvailabilities") or []
        if not fault.touches(part):
            lines.append((part, item))
        elif fault.options["how"] == "split" and len(places) > 1:
            lines += [
                (part, {**item, "quantity": place["availQuantity"], "locationAvailabilities": [place]})
                for place in places
            ]
        else:
            lines += [(part, item), (part, copy.deepcopy(item))]
    answer.lines = lines


_SPELLINGS: Final[Mapping[str, Callable[[str], str]]] = {
    "lower": str.lower,
    "space": lambda number: f" {number}  ",
    "inner_space": lambda number: number.replace("=", " = ") if "=" in number else f"{number[:2]} {number[2:]}",
    "no_hyphen": lambda number: number.replace("-", ""),
    "dash": lambda number: number.replace("-", "\u2013"),
}


def _other_spelling(fault: Fault, answer: Answer) -> None:
    spell = _SPELLINGS[fault.options["how"]]
    for part, item in answer.lines:
        if fault.touches(part):
            item["aviallPartNumber"] = spell(item["aviallPartNumber"])


def _other_parts(fault: Fault, answer: Answer) -> None:
    if fault.options["how"] == "other_parts":
        answer.lines = [
            (part, line_item(unasked(part), 0) if fault.touches(part) else item) for part, item in answer.lines
        ]


def _bad_price(fault: Fault, answer: Answer) -> None:
    _set(fault, answer, fault.options["fields"], fault.options["value"])


def _bad_number(fault: Fault, answer: Answer) -> None:
    answer.number = fault.options["value"]
    _set(fault, answer, [fault.options["field"]], NUMBER_MARK)


def _set(fault: Fault, answer: Answer, names: list[str], value: Any) -> None:
    for part, item in answer.lines:
        if fault.touches(part):
            item.update(dict.fromkeys(names, value))


def _other_currency(fault: Fault, answer: Answer) -> None:
    answer.currency = fault.options["value"]
    if answer.currency is None:
        answer.leave_out.add("currency")


def _beside(fault: Fault, answer: Answer) -> None:
    answer.beside.update(fault.options["fields"])


def _cut_short(fault: Fault, answer: Answer) -> None:
    if len(answer.lines) > fault.options["keep"]:
        answer.lines = answer.lines[: fault.options["keep"]]
        _beside(fault, answer)


def _no_line_items(fault: Fault, answer: Answer) -> None:
    answer.line_items = fault.options["how"]
    if answer.line_items == "absent":
        answer.leave_out.add("lineItems")


def _renamed_field(fault: Fault, answer: Answer) -> None:
    old, new = fault.options["field"], fault.options["to"]
    answer.lines = [
        (part, {new if name == old else name: value for name, value in item.items()} if fault.touches(part) else item)
        for part, item in answer.lines
    ]


ITEM_FAULTS: Final[Mapping[str, Callable[[Fault, Answer], None]]] = {
    "missing_items": _missing_items,
    "extra_items": _extra_items,
    "duplicated_items": _duplicated_items,
    "other_spelling": _other_spelling,
    "swapped": _other_parts,  # the answer of the call before is chosen before there are any items
    "bad_price": _bad_price,
    "bad_number": _bad_number,
    "other_currency": _other_currency,
    "beside": _beside,
    "cut_short": _cut_short,
    "no_line_items": _no_line_items,
    "renamed_field": _renamed_field,
}
