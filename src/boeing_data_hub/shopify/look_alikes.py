"""Finds products that look like one of our parts but have another SKU, before the part is first published.

A person or another system may have cut the suffix, omitted a hyphen, replaced it with a blank, or written the number
only in the title or the barcode. A different dash number, letter or suffix means another part, which is never a
look-alike. Pure.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, pairwise
from typing import Any, Final, Literal

from boeing_data_hub.shopify.shapes import nodes, part, text

Cause = Literal["cut_suffix", "hyphen", "blank", "barcode", "title"]
CAUSES: Final[tuple[Cause, ...]] = ("cut_suffix", "hyphen", "blank", "barcode", "title")
WORDS: Final[Mapping[str, str]] = {
    "cut_suffix": "its SKU differs only in the suffix",
    "hyphen": "its SKU differs only in a hyphen",
    "blank": "its SKU differs only in spaces or the type of hyphen",
    "barcode": "its barcode is the part number",
    "title": "its title contains the part number",
}
_SHORTEST: Final = 5  # minimum letters and digits of a number that is searched for in titles and barcodes
_SHORTEST_SKU: Final = 3
_LONGEST_LOOSE: Final = 20  # maximum characters of a number without hyphens, for which one is tried at each place
_MOST_HYPHENS: Final = 3
_DASHES: Final = re.compile(r"[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]")
_INVISIBLE: Final = re.compile(r"[\u00ad\u200b-\u200f\u2060\ufeff]")
_BETWEEN: Final = r"[\s\-_./]{0,3}"


@dataclass(frozen=True, slots=True)
class Alike:
    """A product that is not ours, but looks like one of our parts."""

    product_id: str
    title: str
    sku: str | None
    vendor: str
    cause: Cause

    def as_json(self) -> dict[str, Any]:
        """As it is saved with what was seen."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class _Number:
    """A parsed part number: its letters and digits, and which of them follow a hyphen or blank."""

    characters: str
    breaks: frozenset[int]
    suffix: str


def alikes_in(sku: str, products: Iterable[Mapping[str, Any]]) -> tuple[Alike, ...]:
    """Those of these products (as the document `products_alike` reads them) that look like a part.

    Args:
        sku: of the part.
        products: ours have a `customId` and are not look-alikes.
    """
    return tuple(_alikes(sku, products))


def _alikes(sku: str, products: Iterable[Mapping[str, Any]]) -> Iterator[Alike]:
    for node in products:
        if part(node, "customId").get("value") is not None:
            continue
        variants = nodes(node, "variants")
        title, vendor = text(node, "title"), text(node, "vendor")
        found: list[tuple[Cause, str | None]] = [
            (cause, each.get("sku"))
            for each in variants
            if (cause := cause_of(sku, other=each.get("sku"), title=title, barcode=each.get("barcode"))) is not None
        ]
        if not variants and (cause := cause_of(sku, other=None, title=title)) is not None:
            found = [(cause, None)]
        if found:
            cause, other = min(found, key=lambda each: CAUSES.index(each[0]))
            yield Alike(str(node["id"]), title, other, vendor, cause)


def cause_of(sku: str, *, other: str | None, title: str = "", barcode: str | None = None) -> Cause | None:
    """Why a product looks like a part; None if it does not, or if it has exactly the part's SKU.

    Args:
        sku: of the part.
        other: SKU of the product.
        title: of the product.
        barcode: of the product.
    """
    ours = taken_apart(sku)
    if len(ours.characters) < _SHORTEST_SKU or (other or "").casefold() == sku.casefold():
        return None
    if other and (cause := _same_number(ours, sku, other)) is not None:
        return cause
    if len(ours.characters) < _SHORTEST or not any(each.isdigit() for each in ours.characters):
        return None
    if barcode and (_same_number(ours, sku, barcode) or folded(barcode) == folded(sku)):
        return "barcode"
    return "title" if is_in_title(sku, title) else None


def folded(value: str) -> str:
    """A number in capitals, with plain hyphens and single blanks."""
    plain = _INVISIBLE.sub("", _DASHES.sub("-", unicodedata.normalize("NFKC", value)))
    return " ".join(plain.upper().split())


@lru_cache(maxsize=4096)
def taken_apart(value: str) -> _Number:
    """Parse a part number into its characters, the places of its hyphens and blanks, and its suffix."""
    base, _, suffix = folded(value).partition("=")
    characters: list[str] = []
    breaks: set[int] = set()
    for each in base:
        if each.isalnum():
            characters.append(each)
        elif characters:
            breaks.add(len(characters))
    return _Number(
        "".join(characters), frozenset(breaks - {len(characters)}), "".join(each for each in suffix if each.isalnum())
    )


def _same_number(ours: _Number, sku: str, other: str) -> Cause | None:
    theirs = taken_apart(other)
    if ours.characters != theirs.characters or not _may_be_one(ours.breaks, theirs.breaks):
        return None
    if ours.suffix != theirs.suffix:
        return None if ours.suffix and theirs.suffix else "cut_suffix"
    if ours.breaks != theirs.breaks:
        return "hyphen"
    return "blank" if other.casefold() != sku.casefold() else None


def _may_be_one(ours: frozenset[int], theirs: frozenset[int]) -> bool:
    """True if one number only lacks hyphens of the other. 66-0412 and 660-412 are different numbers."""
    return ours <= theirs or theirs <= ours


def is_in_title(sku: str, title: str) -> bool:
    """True if a title contains the whole number: not within a longer one, and not with another suffix."""
    ours = taken_apart(sku)
    if not ours.characters:
        return False
    shown = folded(title)
    for match in _pattern(ours.characters).finditer(shown):
        before, after = shown[: match.start()], shown[match.end() :]
        if re.search(r"[^\W_]$|[^\W_][-=./]$", before) or re.match(r"[^\W_]|[-./][^\W_]| ?- ?\d| \d{1,3}(\W|$)", after):
            continue
        theirs = taken_apart(match.group())
        suffix = re.match(r"=([A-Z0-9]+)", after)
        if suffix and ours.suffix and suffix.group(1) != ours.suffix:
            continue
        if _may_be_one(ours.breaks, theirs.breaks):
            return True
    return False


@lru_cache(maxsize=4096)
def _pattern(characters: str) -> re.Pattern[str]:
    return re.compile(_BETWEEN.join(re.escape(each) for each in characters))


def search_terms(sku: str) -> list[tuple[str, str]]:
    """The search terms for a part, as pairs of field and value, the likeliest first."""
    ours = taken_apart(sku)
    if len(ours.characters) < _SHORTEST_SKU:
        return []
    base = folded(sku).partition("=")[0].strip()
    # The exact number is included, because surrounding blanks or another kind of hyphen make another SKU.
    found = [("sku", each) for each in dict.fromkeys((base, *_spellings(base, ours)))]
    if len(ours.characters) >= _SHORTEST and any(each.isdigit() for each in ours.characters):
        found += [("title", each) for each in dict.fromkeys((base, ours.characters))]
        found += [("barcode", each) for each in dict.fromkeys((folded(sku), base, ours.characters))]
    return found


def _spellings(base: str, ours: _Number) -> Iterator[str]:
    """The number with fewer hyphens, with blanks in their place, and, where it has none, with one at each place."""
    breaks = sorted(ours.breaks)
    yield folded(base)
    if len(breaks) <= _MOST_HYPHENS:
        for count in range(len(breaks)):
            for kept in combinations(breaks, count):
                yield _joined(ours.characters, kept, "-")
    yield _joined(ours.characters, breaks, "-")
    if breaks:
        yield _joined(ours.characters, breaks, " ")
    size = len(ours.characters)
    if size <= _LONGEST_LOOSE:
        for place in range(1, size):
            if place not in ours.breaks and (not breaks or _changes_kind(ours.characters, place)):
                yield _joined(ours.characters, sorted((*breaks, place)), "-")


def _changes_kind(characters: str, place: int) -> bool:
    return characters[place - 1].isdigit() != characters[place].isdigit()


def _joined(characters: str, breaks: Sequence[int], between: str) -> str:
    places = [0, *breaks, len(characters)]
    return between.join(characters[start:end] for start, end in pairwise(places))
