"""Boeing's messages for people: one line, bounded, without markup, control characters or secrets."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from html import unescape
from typing import Any, Final, cast

from boeing_data_hub.boeing.exact_json import Json

LONGEST: Final = 240
"""Maximum characters of a message."""

_LOOKED_AT: Final = 20_000  # characters of a body
_REMOVED: Final = "[removed]"
_SHORTEST_SECRET: Final = 3
# Texts that look like a token, a key or credentials: long words, and what follows a word that usually precedes a
# secret.
_LONG_RUN = re.compile(r"[A-Za-z0-9+/=_~.-]{28,}")
_AFTER_A_NAME = re.compile(
    r"(?i)\b(bearer|basic|authorization|password|passwd|pwd|secret|client[_-]?secret|api[_-]?key|access[_-]?token|token)"
    r"(\"?\s*[:=]\s*\"?|\s+)(?=\S*[0-9_.+/=-])(?:(?:bearer|basic)\s+)?[^\s\"',;]+"
)
_URL_USER = re.compile(r"(?i)\b([a-z][a-z0-9+.-]*://)[^/\s@]+@")
_HIDDEN_MARKUP = re.compile(r"(?is)<(script|style|head)\b.*?(?:</\1\s*>|\Z)")
_TITLE = re.compile(r"(?is)<title[^>]*>(.*?)</title")
_TAG = re.compile(r"(?s)<[^>]{0,2000}>")


def of_body(body: bytes, secrets: Iterable[bytes] = ()) -> str:
    """The message in a body: the texts of a JSON document, a page's title and text, or plain text.

    Args:
        body: as received.
        secrets: to be removed, in addition to everything that looks like one.

    Returns:
        At most `LONGEST` characters; empty if there is no readable text.
    """
    text = body[: 4 * _LOOKED_AT].decode("utf-8", "replace")[:_LOOKED_AT]
    try:
        value: Any = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if isinstance(value, dict | list):
        return of_values([value], secrets)
    return clean(_without_markup(text), secrets)


def of_values(values: Iterable[Any], secrets: Iterable[bytes] = ()) -> str:
    """The texts and numbers in JSON values, joined in order, each once."""
    found: dict[str, None] = {}
    size = 0
    for text in _texts(list(values)):
        if text not in found:
            found[text] = None
            size += len(text)
        if size > _LOOKED_AT:
            break
    return clean("; ".join(found), secrets)


def clean(text: str, secrets: Iterable[bytes] = ()) -> str:
    """A text as one bounded line without secrets, markup and invisible characters."""
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= _SHORTEST_SECRET:
            text = text.replace(secret.decode("utf-8", "replace"), _REMOVED)
    text = _URL_USER.sub(rf"\1{_REMOVED}@", text)
    text = _AFTER_A_NAME.sub(rf"\1\2{_REMOVED}", text)
    text = _LONG_RUN.sub(_REMOVED, text)
    seen = "".join(" " if unicodedata.category(char)[0] in "CZ" else char for char in text)
    line = " ".join(seen.replace("\ufffd", " ").split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}\u2026"


def _without_markup(text: str) -> str:
    if "<" not in text:
        return text
    title = _TITLE.search(text)
    shown = unescape(_TAG.sub(" ", _HIDDEN_MARKUP.sub(" ", text)))
    return f"{unescape(title[1])}: {shown}" if title else shown


def _texts(values: list[Any]) -> Iterator[str]:
    pending = list(reversed(values))
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            pending.extend(reversed(list(cast("Json", value).values())))
        elif isinstance(value, list):
            pending.extend(reversed(cast("list[Any]", value)))
        elif isinstance(value, str) and value.strip():
            yield " ".join(value.split())
        elif value is not None and not isinstance(value, bool | str):
            yield str(value)
