"""The one rule for a part number typed, pasted or uploaded by a person.

Every way in (JSON, pasted text, CSV, XLSX, command line) passes here, so that one part has one spelling everywhere.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import count
from typing import Final

MAX_LENGTH: Final = 50
"""Characters of a part number after cleaning. Real ones, suffix included, stay well below it."""

_MAX_TYPED: Final = 1_000
"""The longest text that is cleaned. Invisible characters are dropped, but a megabyte of them is not a part number."""

_MOST_QUOTES: Final = 10
"""Quotes around quotes that are taken off a text of more than `MAX_LENGTH`: programs nest two or three."""

# Nearly all input is this already: printable ASCII, single spaces inside only, no opening quote, no formula sign.
_PLAIN = re.compile(r"(?=.{1,50}\Z)[!#-&(-<>-~](?: ?[!-~])*")
_NOT_ALLOWED = re.compile(r"[^ -~]")
_SPACES = re.compile(r" {2,}")
# Beside a hyphen it changes nothing. Alone between letters and digits, whoever typed it may have seen a hyphen.
_SOFT: Final = "\xad"
_LONE_SOFT_HYPHEN = re.compile(r"[0-9A-Za-z]\xad+[0-9A-Za-z]")

_OUTER = " \t\n\r\x0b\x0c"
_REMOVABLE: Final = frozenset({"", *_OUTER, "'", '"', "="})
"""What a character folds to that may not count: blanks and quotes, of which outer ones go, and a formula's sign."""
_FOLDED: Final[dict[str, str]] = {
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d", "-"),
    **dict.fromkeys("\u2018\u2019\u201a\u201b\u2039\u203a", "'"),
    **dict.fromkeys("\u201c\u201d\u201e\u201f\u00ab\u00bb", '"'),
    # Invisible like the Cf characters, but filed by Unicode under marks.
    **dict.fromkeys(("\u034f", *map(chr, range(0xFE00, 0xFE10))), ""),
}


class BadPartNumber(ValueError):
    """The text cannot be a part number.

    Args:
        reason_code: the stable word for machines: empty, too_long, control_character, lone_surrogate, not_ascii,
            soft_hyphen.
        sentence: what is wrong and where, safe to show: it never repeats the text itself.
    """

    def __init__(self, reason_code: str, sentence: str) -> None:
        super().__init__(reason_code, sentence)
        self.reason_code: Final = reason_code
        self.sentence: Final = sentence

    def __str__(self) -> str:
        return self.sentence


def clean(text: str) -> str:
    """The part number meant by `text`: upper case, printable ASCII, at most `MAX_LENGTH` characters.

    Look-alikes are folded (full-width letters, typographic dashes and quotes, every kind of space), invisible
    characters and surrounding quotes are dropped, as are a spreadsheet's leading apostrophe and its `="..."` that keeps
    leading zeros. A closing quote stays unless it closes an opening one: `12"` is twelve inches.
    Cleaning a clean part number changes nothing.

    Raises:
        BadPartNumber: nothing is left, too much is left, or a character is none a part number can hold.
    """
    if _PLAIN.fullmatch(text):
        return text.upper()
    text = text.strip()
    if len(text) > _MAX_TYPED:
        raise _too_long(len(text))
    if _SOFT in text and (found := _LONE_SOFT_HYPHEN.search(text)):
        raise BadPartNumber(
            "soft_hyphen",
            f"Character {found.start() + 2} (U+00AD) is a soft hyphen, which some programs show and others hide. "
            "Type a hyphen there, or nothing.",
        )
    cleaned = _SPACES.sub(" ", _unquoted(_folded(text)))
    if not cleaned:
        raise BadPartNumber("empty", "The part number is empty.")
    if bad := _NOT_ALLOWED.search(cleaned):
        raise _bad_character(text, bad.group())
    if len(cleaned) > MAX_LENGTH:
        raise _too_long(len(cleaned))
    return cleaned.upper()


def base_number(part_number: str) -> str:
    """The part number without its variant suffix: `WF338109=K3` is a variant of `WF338109`."""
    return part_number.partition("=")[0]


def suffix(part_number: str) -> str:
    """The variant suffix without its `=`, e.g. `K3`; empty when there is none."""
    return part_number.partition("=")[2]


def _folded(text: str) -> str:
    """The text with each character folded; only its beginning once it can be no part number, whatever follows.

    So a long list of hopeless texts costs little.
    """
    if text.isascii():
        return text
    pieces: list[str] = []
    visible = 0
    for character in text:
        piece = _fold(character)
        pieces.append(piece)
        if not piece.isascii():
            break
        visible += piece not in _REMOVABLE
        if visible > MAX_LENGTH:
            break
    return "".join(pieces)


@lru_cache(maxsize=4096)
def _fold(character: str) -> str:
    """What one typed character stands for. Compatibility forms fold one by one: only marks would need neighbours."""
    if character in _FOLDED:
        return _FOLDED[character]
    return "".join(_FOLDED.get(part, _seen(part)) for part in unicodedata.normalize("NFKC", character))


def _seen(character: str) -> str:
    match unicodedata.category(character):
        case "Cf":
            return ""
        case "Zs" | "Zl" | "Zp":
            return " "
        case _:
            return character


def _unquoted(text: str) -> str:
    """The text without its outer quotes. Raises BadPartNumber if it is long and hardly anything but quotes."""
    text = text.strip(_OUTER)
    for layer in count():
        if layer > _MOST_QUOTES and len(text) > MAX_LENGTH:
            raise _too_long(len(text))
        if text.startswith('="') and text.endswith('"') and len(text) > 2:  # noqa: PLR2004 - the sign and its quotes
            text = text[2:-1]
        elif text.startswith(('"', "'")):
            opening, text = text[0], text[1:]
            text = text.rstrip(_OUTER).removesuffix(opening)
        else:
            break
        text = text.strip(_OUTER)
    return text


def _too_long(length: int) -> BadPartNumber:
    return BadPartNumber("too_long", f"The part number has {length:,} characters; at most {MAX_LENGTH} are possible.")


def _bad_character(text: str, folded: str) -> BadPartNumber:
    """Names the character as it was typed, and its place counted from 1 in the text without outer spaces."""
    position, typed = next((place, one) for place, one in enumerate(text, 1) if folded in _fold(one))
    name = f"U+{ord(typed):04X}"
    match unicodedata.category(folded):
        case "Cs":
            return BadPartNumber("lone_surrogate", f"Character {position} ({name}) is half of a broken character.")
        case "Cc":
            return BadPartNumber("control_character", f"Character {position} ({name}) is a control character.")
        case _:
            return BadPartNumber(
                "not_ascii",
                f"Character {position} ({name}) is not a letter, digit or sign of a part number. "
                "Type the part number with a plain keyboard.",
            )
