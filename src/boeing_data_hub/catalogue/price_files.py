"""Price lists as TOML and as CSV, and what is wrong with one. Pure.

Both have one entry a rule, with the fields of `PriceRule`. In CSV, several names stand in one cell, separated by `|`.
"""

from __future__ import annotations

import csv
import io
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal, InvalidOperation
from typing import Any, Final, Literal, cast

from boeing_data_hub.catalogue.price_rules import PriceRule
from boeing_data_hub.errors import BadInput

FileKind = Literal["toml", "csv"]

FIELDS: Final = tuple(each.name for each in fields(PriceRule))
MOST_RULES: Final = 200
_MOST_NAMES: Final = 50_000  # in one field
LONGEST_NAME: Final = 100
NAME: Final = re.compile("^[^\\x00-\\x1f\\x7f-\\x9f\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u2064\\ufeff]*$")
"""The pattern of a name: no control characters, line separators or invisible characters, which never match a part."""
_DEFAULTS: Final = PriceRule(name="")
_BASES: Final = ("list_then_net", "net_then_list", "list", "net")
_ROUNDINGS: Final = {"none": "none", "whole": "whole", ".99": ".99", "0.99": ".99", ".95": ".95", "0.95": ".95"}
_YES_OR_NO: Final = {"true": "true", "yes": "true", "false": "false", "no": "false"}
LARGEST: Final = Decimal(1_000_000_000)


@dataclass(frozen=True, slots=True)
class RuleProblem:
    """What is wrong with a rule: its place from 1 (0: the list as a whole), the field, and a sentence."""

    rule: int
    field: str
    problem: str


class _WrongError(ValueError):
    """A value cannot be used; the message says why."""


def read(text: str, kind: FileKind) -> tuple[PriceRule, ...]:
    """The rules of a file, in order.

    Raises:
        BadInput: `bad_price_rules`; the details name every problem, with rule and field.
    """
    return rules_of(_from_toml(text) if kind == "toml" else _from_csv(text))


def rules_of(entries: Sequence[Mapping[str, object]]) -> tuple[PriceRule, ...]:
    """Rules from their fields; None or a blank text is a field that is not set. Raises BadInput as `read` does."""
    problems: list[RuleProblem] = []
    rules: list[PriceRule] = []
    for place, entry in enumerate(entries[: MOST_RULES + 1], 1):
        values = dict[str, Any]()
        for name, value in entry.items():
            if value is None or (isinstance(value, str) and not value.strip()):
                continue
            try:
                values[name] = _value(name, value)
            except _WrongError as wrong:
                problems.append(RuleProblem(place, name, str(wrong)))
        values.setdefault("name", f"Rule {place}")
        rule = PriceRule(**values)
        problems += [RuleProblem(place, name, said) for name, said in _contradictions(rule)]
        rules.append(rule)
    if len(rules) > MOST_RULES:
        problems.append(RuleProblem(0, "", f"A price list has at most {MOST_RULES} rules."))
    if problems:
        raise _bad(problems)
    return tuple(rules)


def _bad(problems: Sequence[RuleProblem]) -> BadInput:
    first = problems[0]
    where = f"Rule {first.rule}, {first.field}: " if first.rule else ""
    more = f" ({len(problems) - 1} more problems.)" if len(problems) > 1 else ""
    return BadInput(
        f"{where}{first.problem}{more} Nothing was saved.",
        code="bad_price_rules",
        details={"problems": [{"rule": one.rule, "field": one.field, "problem": one.problem} for one in problems]},
    )


def _from_toml(text: str) -> list[Mapping[str, object]]:
    try:
        document = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise _bad([RuleProblem(0, "", f"This is not valid TOML: {error}.")]) from None
    found: object = document.pop("rule", [])
    if document or not isinstance(found, list):
        raise _bad([RuleProblem(0, "", "A price list in TOML has [[rule]] tables, and nothing else.")])
    rules = cast("list[object]", found)
    if not all(isinstance(each, dict) for each in rules):
        raise _bad([RuleProblem(0, "", "Begin each rule with a line [[rule]].")])
    return cast("list[Mapping[str, object]]", rules)


def _from_csv(text: str) -> list[Mapping[str, object]]:
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    if not rows:
        return []
    head = [name.strip().lower() for name in rows[0]]
    if "name" not in head:
        raise _bad([RuleProblem(0, "", "The first line of a CSV price list names its columns, one of which is name.")])
    filled = [row for row in rows[1:] if any(cell.strip() for cell in row)]
    return [dict(zip(head, row, strict=False)) for row in filled]


def _value(name: str, value: object) -> object:
    reader = _READERS.get(name)
    if reader is None:
        raise _WrongError(f"There is no such field. The fields are {', '.join(FIELDS)}.")
    return reader(value)


def _text(value: object) -> str:
    text = str(value).strip()
    if len(text) > LONGEST_NAME or not NAME.fullmatch(text):
        raise _WrongError(f"Use at most {LONGEST_NAME} printable characters.")
    return text


def _number(least: Decimal, most: Decimal, places: int) -> Callable[[object], Decimal]:
    def read_number(value: object) -> Decimal:
        try:
            if isinstance(value, (bool, float)):
                raise _WrongError("Give a number such as 12.50.")
            number = Decimal(str(value).strip().rstrip("%").rstrip())
        except InvalidOperation:
            raise _WrongError("Give a number such as 12.50.") from None
        if not number.is_finite() or not least <= number <= most:
            raise _WrongError(f"Give a number from {least} to {most}.")
        if number != round(number, places):
            raise _WrongError(f"Give at most {places} decimal places.")
        return number

    return read_number


def _pieces(value: object) -> int:
    return int(_number(Decimal(0), LARGEST, 0)(value))


def _names(value: object) -> tuple[str, ...]:
    parts = cast("Sequence[object]", value) if isinstance(value, (list, tuple)) else str(value).split("|")
    names = tuple(dict.fromkeys(text for each in parts if (text := _text(each).upper())))
    if len(names) > _MOST_NAMES:
        raise _WrongError(f"Give at most {_MOST_NAMES:,} names.")
    return names


def _one_of(choices: Mapping[str, str]) -> Callable[[object], str]:
    def read_choice(value: object) -> str:
        found = choices.get(str(value).strip().lower())
        if found is None:
            raise _WrongError(f"Give one of {', '.join(dict.fromkeys(choices.values()))}.")
        return found

    return read_choice


def _yes_or_no(value: object) -> bool:
    return _one_of(_YES_OR_NO)(value) == "true"


def _set(value: object) -> frozenset[str]:
    return frozenset(_names(value))


_AMOUNT = _number(Decimal(0), LARGEST, 2)
_WEIGHT = _number(Decimal(0), LARGEST, 6)
_SHARE = _number(Decimal(0), Decimal("99.99"), 2)
_READERS: Final[Mapping[str, Callable[[object], object]]] = {
    "name": _text,
    "cost_from": _AMOUNT,
    "cost_below": _AMOUNT,
    "suppliers": _set,
    "prefixes": _names,
    "parts": _set,
    "stock_from": _pieces,
    "stock_below": _pieces,
    "locations": _set,
    "units": _set,
    "weight_from": _WEIGHT,
    "weight_below": _WEIGHT,
    "hazardous": _yes_or_no,
    "hazards": _set,
    "basis": _one_of(dict(zip(_BASES, _BASES, strict=True))),
    "markup": _number(Decimal("0.0001"), Decimal(100), 4),
    "margin": _SHARE,
    "add": _number(-LARGEST, LARGEST, 2),
    "floor": _AMOUNT,
    "ceiling": _AMOUNT,
    "minimum_margin": _SHARE,
    "rounding": _one_of(_ROUNDINGS),
}


def _contradictions(rule: PriceRule) -> Iterator[tuple[str, str]]:
    if rule.markup is not None and rule.margin is not None:
        yield "margin", "Give either a markup or a margin."
    for what, least, below in (
        ("cost", rule.cost_from, rule.cost_below),
        ("stock", rule.stock_from, rule.stock_below),
        ("weight", rule.weight_from, rule.weight_below),
    ):
        if least is not None and below is not None and least >= below:
            yield f"{what}_below", f"Must be more than {what}_from, or no part can match the rule."
    if rule.hazardous is False and rule.hazards:
        yield "hazards", "A rule for parts without a hazard code can't name hazard codes."
    if rule.floor is not None and rule.ceiling is not None and rule.floor > rule.ceiling:
        yield "ceiling", "Must not be below the floor."


def given(rule: PriceRule) -> dict[str, Any]:
    """The fields that a rule sets, in order: text, a number as text, a boolean, or a list of names in order."""
    values = ((name, getattr(rule, name)) for name in FIELDS)
    return {name: _plain(value) for name, value in values if name == "name" or value != getattr(_DEFAULTS, name)}


def _plain(value: Any) -> Any:
    if isinstance(value, frozenset):
        return sorted(cast("frozenset[str]", value))
    if isinstance(value, tuple):
        return list(cast("tuple[str, ...]", value))
    return f"{value:f}" if isinstance(value, Decimal) else value


def as_toml(rules: Sequence[PriceRule]) -> str:
    """The rules as TOML, which `read` reads back as they are."""
    return "\n".join("[[rule]]\n" + "".join(f"{n} = {_toml(v)}\n" for n, v in given(rule).items()) for rule in rules)


def _toml(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case list():
            return f"[{', '.join(_toml(each) for each in cast('list[str]', value))}]"
        case _:
            escaped = str(value).replace("\\", "\\\\").replace('"', '\\"')
            return f'"{escaped}"'


def as_csv(rules: Sequence[PriceRule]) -> str:
    """The rules as CSV, which `read` reads back as they are."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(FIELDS)
    for rule in rules:
        values = given(rule)
        writer.writerow([_cell(values.get(name, "")) for name in FIELDS])
    return out.getvalue()


def _cell(value: Any) -> Any:
    return "|".join(cast("list[str]", value)) if isinstance(value, list) else value
