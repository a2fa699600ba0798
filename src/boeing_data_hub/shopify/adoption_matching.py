"""Matches products of the store, whoever created them, to our parts: by SKU, cut SKU, barcode, spelling, title, handle.

The guide's system cut SKUs at `=` and set no custom ids. Only a product whose number is one part's, and that does not
look like another supplier's, is certain; a person decides about all others. Pure.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from boeing_data_hub.shopify.handles import handle_of
from boeing_data_hub.shopify.look_alikes import cause_of, folded, is_in_title, taken_apart

Rule = Literal["custom_id", "sku", "cut_sku", "barcode", "spelling", "title", "handle"]
Confidence = Literal["linked", "certain", "doubtful", "unmatched"]
Doubt = Literal[
    "several_parts", "duplicate", "linked", "better_match", "other_vendor", "other_sku", "several_variants",
    "weak_rule", "other_suffix", "other_custom_id", "no_part",
]  # fmt: skip
RULES: Final[tuple[Rule, ...]] = ("custom_id", "sku", "cut_sku", "barcode", "spelling", "title", "handle")
COPIES: Final[frozenset[Doubt]] = frozenset({"duplicate", "linked"})
"""Doubts of products that certainly are a part's, but are not the only one."""

_BESIDE_SKU: Final[frozenset[Rule]] = frozenset({"barcode", "title", "handle"})
_SHORTEST: Final = 3  # letters and digits of a number that can be certain
_MOST: Final = 10
_SHORTEST_LOOSE: Final = 5  # ... of one that is looked for in titles
_WORDS_OF_TITLE: Final = 40
_NUMBERED: Final = re.compile(r"-\d{1,2}$")  # how the store numbers a handle that is taken
_NOT_IN_HANDLE: Final = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class OurPart:
    """A staged part. `names`: its vendor, its manufacturer, and its name, which old systems wrote into the vendor."""

    sku: str
    names: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class SeenVariant:
    """A variant of a product in the store."""

    sku: str | None
    barcode: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenProduct:
    """A product as the store has it.

    Attributes:
        status: ACTIVE, DRAFT, ARCHIVED or UNLISTED.
        custom_id: ours; None if the hub does not manage it.
        pieces: in stock, at all locations together.
    """

    product_id: str
    title: str = ""
    handle: str = ""
    vendor: str = ""
    status: str = "ACTIVE"
    variants: Sequence[SeenVariant] = ()
    custom_id: str | None = None
    pieces: int = 0

    @property
    def sku(self) -> str | None:
        """Of its first variant."""
        return self.variants[0].sku if self.variants else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """How a product of the store matches our parts.

    Attributes:
        part: the SKU of the part; None if there is none, or several and none is likelier.
        candidates: SKUs of all parts that it may be, at most ten.
        rule: by which it was found.
        doubt: why it is not certain.
        keep: the one product of the part to adopt.
    """

    product: SeenProduct
    confidence: Confidence
    part: str | None = None
    candidates: tuple[str, ...] = ()
    rule: Rule | None = None
    doubt: Doubt | None = None
    keep: bool = False


@dataclass(frozen=True, slots=True)
class Parts:
    """Our parts, indexed by each way in which a product may name them.

    Args:
        parts: all of them.
        own_names: vendors of products that are ours, whatever the part: our vendor's name, and the store's.
    """

    parts: Mapping[str, OurPart]
    own_names: frozenset[str]
    exact: Mapping[str, tuple[str, ...]] = field(repr=False)
    base: Mapping[str, tuple[str, ...]] = field(repr=False)
    characters: Mapping[str, tuple[str, ...]] = field(repr=False)
    handles: Mapping[str, tuple[str, ...]] = field(repr=False)

    @classmethod
    def of(cls, parts: Iterable[OurPart], own_names: Collection[str]) -> Parts:
        """Index the parts."""
        every = {part.sku: part for part in parts}
        exact: defaultdict[str, list[str]] = defaultdict(list)
        base: defaultdict[str, list[str]] = defaultdict(list)
        characters: defaultdict[str, list[str]] = defaultdict(list)
        handles: defaultdict[str, list[str]] = defaultdict(list)
        for sku in sorted(every):
            number = _number(sku)
            cut = number.partition("=")[0].strip()
            exact[number].append(sku)
            base[cut].append(sku)
            characters[taken_apart(sku).characters].append(sku)
            for handle in {handle_of(sku), _slug(number), _slug(cut)}:
                handles[handle].append(sku)
        return cls(every, frozenset(map(_name, own_names)), *map(_frozen, (exact, base, characters, handles)))

    def is_own(self, vendor: str, sku: str) -> bool:
        """True if a product of this vendor may be ours, for this part: it has no vendor, or one that we write."""
        name = _name(vendor)
        return not name or name in self.own_names or name in map(_name, self.parts[sku].names)


def match_all(products: Iterable[SeenProduct], parts: Parts) -> tuple[Match, ...]:
    """Match every product of a store, in their order. At most one product of a part is to be kept."""
    found = [match_one(product, parts) for product in products]
    by_part: defaultdict[str, list[int]] = defaultdict(list)
    for index, one in enumerate(found):
        if one.part is not None:
            by_part[one.part].append(index)
    for indexes in by_part.values():
        for index, one in zip(indexes, _of_one_part([found[index] for index in indexes]), strict=True):
            found[index] = one
    return tuple(_suggested(found))


def match_one(product: SeenProduct, parts: Parts) -> Match:
    """Match a product by itself: whether others are for the same part is not considered."""
    if product.custom_id is not None:
        if product.custom_id in parts.parts:
            return Match(product=product, confidence="linked", part=product.custom_id, rule="custom_id",
                         candidates=(product.custom_id,))  # fmt: skip
        return Match(product=product, confidence="unmatched", doubt="other_custom_id")
    if any(_names_another_suffix(one.sku, parts) for one in product.variants):
        return Match(product=product, confidence="unmatched", doubt="other_suffix")
    for rule, skus in _by_rules(product, parts):
        if skus:
            doubt = _doubt(product, rule, skus, parts)
            part = skus[0] if len(skus) == 1 else None
            return Match(product=product, confidence="doubtful" if doubt else "certain", part=part,
                         candidates=skus[:_MOST], rule=rule, doubt=doubt)  # fmt: skip
    return Match(product=product, confidence="unmatched", doubt="no_part")


def _by_rules(product: SeenProduct, parts: Parts) -> Iterator[tuple[Rule, tuple[str, ...]]]:
    numbers = [_number(one.sku) for one in product.variants if one.sku and one.sku.strip()]
    yield "sku", _all(_named(each, parts) for each in numbers if each in parts.exact)
    yield "cut_sku", _all(_named(each, parts) for each in numbers)
    barcodes = [_number(one.barcode) for one in product.variants if one.barcode and one.barcode.strip()]
    yield "barcode", _all(_named(each, parts) for each in barcodes)
    yield "spelling", _all(_spelt(each, parts) for each in numbers)
    yield "title", _in_title(product.title, parts)
    yield "handle", parts.handles.get(product.handle) or parts.handles.get(_NUMBERED.sub("", product.handle), ())


def _named(number: str, parts: Parts) -> tuple[str, ...]:
    """The parts of a number. Without a suffix it may be a part's own, or the beginning of any that was cut."""
    return parts.exact.get(number, ()) if "=" in number else parts.base.get(number, ())


def _doubt(product: SeenProduct, rule: Rule, skus: Sequence[str], parts: Parts) -> Doubt | None:
    if len(skus) > 1:
        return "several_parts"
    sku = skus[0]
    if not parts.is_own(product.vendor, sku):
        return "other_vendor"
    if len(product.variants) > 1:
        return "several_variants"
    if rule in _BESIDE_SKU and (product.sku or "").strip():
        return "other_sku"
    barcodes = [_number(one.barcode) for one in product.variants if one.barcode]
    strong = rule in {"sku", "cut_sku"} or (rule == "barcode" and _number(sku) in barcodes)
    return None if strong and len(taken_apart(sku).characters) >= _SHORTEST else "weak_rule"


def _of_one_part(found: Sequence[Match]) -> list[Match]:
    """The products of one part, with the one to keep. Two that are both certain by themselves are duplicates."""
    linked = any(one.confidence == "linked" for one in found)
    certain = [one for one in found if one.confidence == "certain"]
    if not linked and len(found) == 1:
        return [replace(found[0], keep=True)]
    rivals = certain or [one for one in found if one.confidence == "doubtful"]
    best = None if linked else max(rivals, key=lambda one: worth(one.product))
    return [_beside(one, best, linked=linked, alone=len(certain) == 1) for one in found]


def _beside(one: Match, best: Match | None, *, linked: bool, alone: bool) -> Match:
    if one.confidence == "linked":
        return one
    if one.confidence == "certain":
        if linked:
            return replace(one, confidence="doubtful", doubt="linked", keep=False)
        one = replace(one, keep=one is best)
        return one if alone else replace(one, confidence="doubtful", doubt="duplicate")
    return replace(one, keep=True) if one is best else replace(one, doubt="better_match", keep=False)


def worth(product: SeenProduct) -> tuple[bool, bool, int]:
    """The order in which duplicates are kept: on sale, in stock, and the older, which has the lower number."""
    return product.status == "ACTIVE", product.pieces > 0, -number_of(product.product_id)


def number_of(product_id: str) -> int:
    """The number in a product's id: products created earlier have lower ones."""
    number = product_id.rpartition("/")[2]
    return int(number) if number.isascii() and number.isdigit() else 0


def _suggested(found: Sequence[Match]) -> Iterator[Match]:
    """Where a cut SKU fits several parts and all but one have a product of their own, the one left is suggested."""
    taken = {one.part for one in found if one.part is not None}
    open_for: defaultdict[str, int] = defaultdict(int)
    for one in found:
        for sku in _left(one, taken):
            open_for[sku] += 1
    for one in found:
        left = _left(one, taken)
        if len(left) == 1 and open_for[left[0]] == 1:
            yield replace(one, part=left[0], keep=True)
        else:
            yield one


def _left(one: Match, taken: Collection[str | None]) -> list[str]:
    several = one.doubt == "several_parts" and one.part is None
    return [sku for sku in one.candidates if sku not in taken] if several else []


def _names_another_suffix(sku: str | None, parts: Parts) -> bool:
    """True if a SKU has a suffix that none of our parts with this number has: it is another part's."""
    number = _number(sku or "")
    base, _, suffix = number.partition("=")
    skus = parts.base.get(base.strip(), ())
    return bool(suffix and skus) and number not in parts.exact and all("=" in each for each in skus)


def _spelt(number: str, parts: Parts) -> tuple[str, ...]:
    likely = parts.characters.get(taken_apart(number).characters, ())
    return tuple(sku for sku in likely if cause_of(sku, other=number) in {"cut_suffix", "hyphen", "blank"})


def _in_title(title: str, parts: Parts) -> tuple[str, ...]:
    words = folded(title).split()[:_WORDS_OF_TITLE]
    likely: set[str] = set()
    for start in range(len(words)):
        characters = ""
        for word in words[start : start + 4]:
            characters += "".join(each for each in word.partition("=")[0] if each.isalnum())
            if len(characters) >= _SHORTEST_LOOSE and any(each.isdigit() for each in characters):
                likely.update(parts.characters.get(characters, ()))
    return tuple(sku for sku in sorted(likely) if is_in_title(sku, title))


def _number(value: str) -> str:
    """A SKU or barcode in capitals, without blanks at its ends and around `=`, and with plain hyphens."""
    return "=".join(each.strip() for each in folded(value).split("="))


def _name(value: str) -> str:
    return folded(value).casefold()


def _slug(value: str) -> str:
    return _NOT_IN_HANDLE.sub("-", value.lower()).strip("-")


def _all(found: Iterable[Sequence[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(sku for each in found for sku in each))


def _frozen(index: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    return {key: tuple(dict.fromkeys(skus)) for key, skus in index.items() if key}
