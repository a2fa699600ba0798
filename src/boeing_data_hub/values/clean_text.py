"""Text from a staged row in the form the store takes it: trimmed, without characters that nobody sees."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from html import escape
from typing import Final

MANY_LINES: Final = "multi_line_text_field"
_LONGEST: Final = 20_000  # characters looked at; every field of the store holds less


def line(value: object) -> str:
    """The value as one trimmed line; empty when it is no text."""
    if not isinstance(value, str):
        return ""
    return " ".join(_seen(value).split())


def lines(value: object) -> str:
    """The value with its line breaks, each line without outer spaces; empty when it is no text."""
    if not isinstance(value, str):
        return ""
    return "\n".join(" ".join(one.split()) for one in _seen(value).splitlines()).strip()


def paragraphs(entries: Iterable[tuple[str, str]]) -> str:
    """One escaped HTML paragraph for each label with a value."""
    return "".join(f"<p>{escape(label)} {escape(value, quote=False)}</p>" for label, value in entries if value)


def _seen(value: str) -> str:
    value = value[:_LONGEST]
    if value.isprintable():
        return value
    # Halves of broken characters have no UTF-8; control and format characters show nothing.
    return "".join(c for c in value if c.isspace() or unicodedata.category(c) not in {"Cc", "Cf", "Cs"})
