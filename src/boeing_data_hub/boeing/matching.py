"""Matches the line items of an answer to the requested parts. Pure, and independent of the items' order.

The rules, from strict to lenient; the first that matches a part is used:

1. the same part number, ignoring case, spaces and typographic dashes;
2. the part number is the item's `productCode`;
3. asked without a suffix: every variant of that number (`X` -> `X=K3`, `X=9B`); asked with one: the bare number, if it
is the answer's only item of that number and matches no other part. `X=9B` never serves `X=K3`: it is another part;
4. ignoring hyphens, if neither the request nor the answer has a second such number. This is last because MS24665-132
   and MS24665132 may be different parts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self, cast

from boeing_data_hub.values.part_numbers import BadPartNumber, base_number, clean, suffix


@dataclass(frozen=True, slots=True)
class Matched:
    """An answer, matched to the requested parts.

    Attributes:
        skus: each part found, as requested, with its matching SKUs, sorted. One SKU may match several parts.
        missing: parts without a line item, in the order of the request.
        strangers: line items that are unrelated to any requested part, or have no usable part number.
        relatives: other variants of a requested number that match no part. They are ignored like strangers.
    """

    skus: dict[str, tuple[str, ...]]
    missing: tuple[str, ...]
    strangers: int = 0
    relatives: int = 0

    @property
    def several(self) -> tuple[str, ...]:
        """Parts with more than one SKU, which are reported."""
        return tuple(part for part, skus in self.skus.items() if len(skus) > 1)

    @property
    def suspicious(self) -> bool:
        """True if parts are missing and there are strangers: it may be the answer to another request."""
        return bool(self.missing) and self.strangers > 0


@dataclass(frozen=True, slots=True)
class _Number:
    """A part number in the forms used for comparison."""

    text: str
    key: str  # without spaces
    base: str  # of the key
    suffix: str
    loose: str  # the base without hyphens

    @classmethod
    def of(cls, value: object) -> Self | None:
        if not isinstance(value, str):
            return None
        try:
            text = clean(value)
        except BadPartNumber:
            return None
        key = text.replace(" ", "")
        base = base_number(key)
        return cls(text, key, base, suffix(key), base.replace("-", ""))


@dataclass(slots=True)
class _Answer:
    """The line items of an answer, by each form of their number. SKUs are cleaned part numbers."""

    numbers: dict[str, _Number] = field(default_factory=dict[str, _Number])
    codes: dict[str, set[_Number]] = field(default_factory=lambda: defaultdict[str, set[_Number]](set))
    by_key: dict[str, set[str]] = field(default_factory=lambda: defaultdict[str, set[str]](set))
    by_code: dict[str, set[str]] = field(default_factory=lambda: defaultdict[str, set[str]](set))
    by_base: dict[str, set[str]] = field(default_factory=lambda: defaultdict[str, set[str]](set))
    by_loose: dict[str, set[str]] = field(default_factory=lambda: defaultdict[str, set[str]](set))
    rows: list[str | None] = field(default_factory=list[str | None])

    def add(self, item: object) -> None:
        wire = cast("Mapping[str, Any]", item) if isinstance(item, Mapping) else None
        number = _Number.of(wire.get("aviallPartNumber")) if wire else None
        self.rows.append(number.text if number else None)
        if wire is None or number is None:
            return
        sku = number.text
        self.numbers[sku] = number
        self.by_key[number.key].add(sku)
        self.by_base[number.base].add(sku)
        self.by_loose[number.loose].add(sku)
        code = _Number.of(wire.get("productCode"))
        if code is not None:
            self.codes[sku].add(code)
            self.by_code[code.key].add(sku)

    def same_number(self, asked: _Number) -> set[str]:
        return {asked.text} if asked.text in self.numbers else self.by_key.get(asked.key, set())

    def same_code(self, asked: _Number) -> set[str]:
        named = self.by_code.get(asked.key, set())
        return {sku for sku in named if not _other_variant(asked, self.numbers[sku])}

    def variants(self, asked: _Number) -> set[str]:
        return set() if asked.suffix or not asked.base else self.by_base.get(asked.base, set())


def match(requested: Sequence[str], line_items: Sequence[Any]) -> Matched:
    """Match an answer. Never raises, whatever the line items are.

    Args:
        requested: the parts of one call, each once.
        line_items: `lineItems` as parsed; several of them may have the same SKU.
    """
    wanted = {part: _Number.of(part) for part in requested}
    answer = _Answer()
    for item in line_items:
        answer.add(item)
    found: dict[str, set[str]] = {}
    for part, asked in wanted.items():
        if asked is None:
            continue
        if skus := answer.same_number(asked) or answer.same_code(asked) or answer.variants(asked):
            found[part] = skus
    for lenient in (_bare_for_suffixed, _without_hyphens):
        open_parts = {part: asked for part, asked in wanted.items() if asked is not None and part not in found}
        if open_parts:
            everyone = [asked for asked in wanted.values() if asked is not None]
            found.update(lenient(open_parts, everyone, answer, _served(found)))
    strangers, relatives = _leftovers(answer, _served(found), [asked for asked in wanted.values() if asked is not None])
    return Matched(
        skus={part: tuple(sorted(found[part])) for part in wanted if part in found},
        missing=tuple(part for part in wanted if part not in found),
        strangers=strangers,
        relatives=relatives,
    )


def _bare_for_suffixed(
    open_parts: Mapping[str, _Number], _everyone: Sequence[_Number], answer: _Answer, served: set[str]
) -> dict[str, set[str]]:
    claims: dict[str, set[str]] = defaultdict(set)
    for asked in open_parts.values():
        claims[asked.base].add(asked.key)
    found: dict[str, set[str]] = {}
    for part, asked in open_parts.items():
        skus = answer.by_base.get(asked.base, set())
        if not asked.base or len(skus) != 1 or skus & served or len(claims[asked.base]) != 1:
            continue
        if not answer.numbers[next(iter(skus))].suffix:
            found[part] = skus
    return found


def _without_hyphens(
    open_parts: Mapping[str, _Number], everyone: Sequence[_Number], answer: _Answer, served: set[str]
) -> dict[str, set[str]]:
    claims: dict[str, set[str]] = defaultdict(set)
    for asked in everyone:
        claims[asked.loose].add(asked.key)
    found: dict[str, set[str]] = {}
    for part, asked in open_parts.items():
        skus = answer.by_loose.get(asked.loose, set())
        if not asked.loose or len(skus) != 1 or skus & served or len(claims[asked.loose]) != 1:
            continue
        if asked.suffix in {"", answer.numbers[next(iter(skus))].suffix}:
            found[part] = skus
    return found


def _other_variant(asked: _Number, item: _Number) -> bool:
    return bool(asked.suffix and item.suffix) and asked.base == item.base and asked.suffix != item.suffix


def _served(found: Mapping[str, Iterable[str]]) -> set[str]:
    return {sku for skus in found.values() for sku in skus}


def _leftovers(answer: _Answer, served: set[str], everyone: Sequence[_Number]) -> tuple[int, int]:
    """The number of line items that match no part: strangers and relatives."""
    bases = {asked.base for asked in everyone}
    strangers = relatives = 0
    for sku in answer.rows:
        if sku in served:
            continue
        if sku is not None and bases & {answer.numbers[sku].base, *(code.base for code in answer.codes.get(sku, ()))}:
            relatives += 1
        else:
            strangers += 1
    return strangers, relatives
