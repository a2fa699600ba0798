"""The `query` argument: terms joined by AND, OR, NOT and brackets. Unknown fields match everything, and warn."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

_TOKEN = re.compile(r"""\s*(?:([()])|(-?)(?:([\w.]+):(>=|<=|>|<)?)?(?:"([^"]*)"|'([^']*)'|([^\s()]+)))""")
_WORDED = {"title", "product_title"}  # searched word by word; a quoted phrase is words that follow each other
_MOMENTS = {"created_at", "updated_at", "published_at", "completed_at"}

Test = Callable[[Any], bool]
# How to read a field: every text a record has for it.
Readers = dict[str, Callable[[Any], Iterable[str]]]


@dataclass(slots=True)
class Search:
    """A parsed query. `exact` lists the (field, value) pairs it asks for, when it is only an OR of such terms."""

    test: Test
    warnings: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    exact: list[tuple[str, str]] | None = None


@dataclass(slots=True)
class _Part:
    test: Test
    exact: list[tuple[str, str]] | None


class _Parser:
    def __init__(self, text: str, readers: Readers, free: Iterable[str]) -> None:
        self._tokens = [match for match in _TOKEN.finditer(text) if match[0].strip()]
        self._place = 0
        self._readers = readers
        self._free = tuple(free)
        self.warnings: list[dict[str, str]] = []

    def _next(self) -> re.Match[str] | None:
        return self._tokens[self._place] if self._place < len(self._tokens) else None

    def either(self) -> _Part:
        parts = [self._both()]
        while (token := self._next()) is not None and token[7] == "OR" and not token[3]:
            self._place += 1
            parts.append(self._both())
        if len(parts) == 1:
            return parts[0]
        exact: list[tuple[str, str]] | None = []
        for part in parts:
            exact = None if exact is None or part.exact is None else exact + part.exact
        return _Part(lambda record: any(part.test(record) for part in parts), exact)

    def _both(self) -> _Part:
        parts: list[_Part] = []
        while (token := self._next()) is not None and token[1] != ")" and not (token[7] == "OR" and not token[3]):
            if token[7] == "AND" and not token[3]:
                self._place += 1
                continue
            parts.append(self._one(token))
        if len(parts) == 1:
            return parts[0]
        exact = next((part.exact for part in parts if part.exact is not None), None)
        return _Part(lambda record: all(part.test(record) for part in parts), exact)

    def _one(self, token: re.Match[str]) -> _Part:
        self._place += 1
        if token[1] == "(":
            inner = self.either()
            if (closing := self._next()) is not None and closing[1] == ")":
                self._place += 1
            return inner
        if token[7] == "NOT" and not token[3]:
            following = self._next()
            inner = self._one(following) if following is not None else _Part(lambda _: True, None)
            return _Part(lambda record: not inner.test(record), None)
        value = next((each for each in (token[5], token[6], token[7]) if each is not None), "")
        part = self._term(token[3], token[4], value)
        return _Part(lambda record: not part.test(record), None) if token[2] else part

    def _term(  # noqa: PLR0911 - one return for each kind of term
        self, name: str | None, operator: str | None, value: str
    ) -> _Part:
        wanted = value.casefold()
        if name is None:
            return _Part(lambda record: self._mentions(record, wanted.rstrip("*")), None)
        read = self._readers.get(name)
        if read is None and name.startswith("metafields.") and "metafield" in self._readers:
            slot = name.removeprefix("metafields.")
            inner = self._readers["metafield"]
            return _Part(lambda record: f"{slot}:{value}" in inner(record), None)
        if read is None:
            self.warnings.append(
                {"field": name, "message": "Invalid search field for this query.", "code": "invalid_field"}
            )
            return _Part(lambda _: True, None)
        if operator or name in _MOMENTS:
            return _Part(lambda record: any(_compare(each, operator, value) for each in read(record)), None)
        if name in _WORDED and not wanted.endswith("*"):
            phrase = words_of(wanted)
            return _Part(lambda record: any(_has(words_of(each), phrase) for each in read(record)), [(name, value)])
        wanted = wanted.strip()
        if wanted.endswith("*"):
            return _Part(lambda record: any(each.casefold().startswith(wanted[:-1]) for each in read(record)), None)
        return _Part(lambda record: any(each.strip().casefold() == wanted for each in read(record)), [(name, value)])

    def _mentions(self, record: Any, word: str) -> bool:
        for name in self._free:
            for text in self._readers[name](record):
                low = text.casefold()
                if low.startswith(word) or any(part.startswith(word) for part in re.split(r"[\s\-_/,.]+", low)):
                    return True
        return False


@lru_cache(maxsize=200_000)
def words_of(text: str) -> tuple[str, ...]:
    """The words of a text, as a search knows them: letters and digits, whatever stands between."""
    return tuple(word for word in re.split(r"[\W_]+", text.casefold()) if word)


def _has(words: tuple[str, ...], phrase: tuple[str, ...]) -> bool:
    size = len(phrase)
    return size > 0 and any(words[at : at + size] == phrase for at in range(len(words) - size + 1))


def _compare(have: str, operator: str | None, wanted: str) -> bool:
    if operator == ">":
        return have > wanted
    if operator == ">=":
        return have >= wanted
    if operator == "<":
        return have < wanted
    if operator == "<=":
        return have <= wanted
    return have.startswith(wanted)


def parsed(text: str, readers: Readers, free: Iterable[str]) -> Search:
    """The query as a test over records; free words are looked for in the fields named `free`."""
    parser = _Parser(text, readers, free)
    part = parser.either()
    return Search(part.test, parser.warnings, part.exact)
