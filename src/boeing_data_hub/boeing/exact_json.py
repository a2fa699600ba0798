"""Parses an answer into exact values, and into text that Postgres accepts as jsonb. Pure; most answers are parsed once.

Values that JSON allows but jsonb rejects (NUL, half a surrogate pair, numbers beyond `numeric`) are replaced in the
text, so that the stored answer and the processed one are the same.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable
from decimal import Decimal
from json import JSONDecoder
from typing import Any, Final, NoReturn, cast

Json = dict[str, Any]
"""A JSON object of Boeing's."""

MAX_DEPTH: Final = 32
"""Deepest nesting accepted. Boeing's answers have four levels; Python's parsers overflow near a thousand."""

_PLAIN_NUMBER = 60  # characters; a longer one, or one with an exponent, is checked closely
_LONGEST_NUMBER = 1000  # characters, and the largest exponent: within jsonb's limits, and Python's for reading it back

_ESCAPES = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"  # a whole pair: kept
    r"|(?P<mend>\\u0000|\\u[dD][89a-fA-F][0-9a-fA-F]{2})"  # NUL, half a pair: replaced
    r"|\\."  # any other escape, so that the backslash of `\\u0000` is not taken for the start of one
)
_TOKENS = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|-?[0-9][0-9.eE+-]*')


class NotJsonError(ValueError):
    """The bytes are not JSON that we accept. The message never quotes them."""


class _OddNumberError(Exception):
    """A number that needs the slow path."""


def read(body: bytes) -> tuple[Any, str, str]:
    """Parse strictly: UTF-8, no NaN or Infinity, fractions as `Decimal`, bounded depth.

    Returns:
        The value; the text as received; the text for jsonb, which is the same unless something had to be replaced:
        characters become U+FFFD, and numbers too large or too precise for Postgres become strings.

    Raises:
        NotJsonError: for anything else.
    """
    try:
        text = body.removeprefix(codecs.BOM_UTF8).decode("utf-8")
    except UnicodeDecodeError:
        raise NotJsonError("not UTF-8") from None
    try:
        value, storable = _parse(text)
    except RecursionError:
        raise NotJsonError("nested too deeply") from None
    except ValueError:
        raise NotJsonError("not valid JSON") from None
    if _is_deep(value):
        raise NotJsonError("nested too deeply")
    return value, text, storable


def _parse(text: str) -> tuple[Any, str]:
    # Substring tests come first: for nearly every answer they are enough, and take a microsecond.
    if not ("\\u0000" in text or "\\ud" in text or "\\uD" in text):
        try:
            return _QUICK.decode(text), text
        except _OddNumberError:
            pass
    _GRAMMAR.decode(text)  # it must be JSON first: quoting a number could make an invalid text valid
    storable = _TOKENS.sub(_storable_token, _ESCAPES.sub(_storable_escape, text))
    return _EXACT.decode(storable), storable


def _is_deep(value: Any) -> bool:
    # Iterative, level by level: it sees every value of every answer, so it must be fast, and must not recurse.
    level: list[Any] = [[value]]
    for _ in range(MAX_DEPTH + 1):
        below: list[Any] = []
        for outer in level:
            members: Iterable[Any] = cast("Json", outer).values() if type(outer) is dict else outer
            below.extend([inner for inner in members if type(inner) is dict or type(inner) is list])
        if not below:
            return False
        level = below
    return True


def _storable_escape(match: re.Match[str]) -> str:
    return "\\ufffd" if match["mend"] else match[0]


def _storable_token(match: re.Match[str]) -> str:
    token = match[0]
    if token[0] == '"':
        return token
    exponent = token.lower().partition("e")[2]
    if len(token) <= _LONGEST_NUMBER and (not exponent or abs(int(exponent)) <= _LONGEST_NUMBER):
        return token
    return f'"{token}"'


def _quick_number(literal: str) -> Decimal:
    if len(literal) > _PLAIN_NUMBER or "e" in literal or "E" in literal:
        raise _OddNumberError
    return Decimal(literal)


def _no_constant(_name: str) -> NoReturn:
    raise NotJsonError("NaN and Infinity are no JSON")


_QUICK = JSONDecoder(parse_float=_quick_number, parse_constant=_no_constant)
_GRAMMAR = JSONDecoder(parse_float=str, parse_constant=_no_constant)
_EXACT = JSONDecoder(parse_float=Decimal, parse_constant=_no_constant)
