"""No pattern that judges what people send takes time out of proportion to its length."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import time
from collections.abc import Callable, Iterator

import pytest

from boeing_data_hub import quotes, values
from boeing_data_hub.batches import lists

LONG = 10_000  # characters, ten times as many as an entry of a list may have
SECONDS = 0.2
PIECES = [
    " ", "\t", "\n", "\r", "a", "A", "1", "0", "-", "/", "(", "<", '"', "'", "\\", ",", ";", "=", "|", "+", "~", ":",
    ".", "#", "_", "[", "1/1", "A-", "A1-", "<title", "://", '\\"', "\u00a0", "1,", "1.", '"a"', "A=", "A ", "1 ~ 1",
    "E+1", "key=", "A1 ", "--", ":-", "OR ", " and ", "@", "a@", "a@b.", "WWW.", "P/N ", "HTTP:",
    "#1 ", "<P", "X", "1 - ", " / ",
]  # fmt: skip


WAYS: dict[str, Callable[[re.Pattern[str], str], object]] = {
    "fullmatch": lambda pattern, text: pattern.fullmatch(text),
    "match": lambda pattern, text: pattern.match(text),
    "search": lambda pattern, text: pattern.search(text),
    "split": lambda pattern, text: pattern.split(text),
    "sub": lambda pattern, text: pattern.sub("", text),
    "findall": lambda pattern, text: pattern.findall(text),
    "finditer": lambda pattern, text: list(pattern.finditer(text)),
}


def patterns() -> Iterator[tuple[str, re.Pattern[str], str]]:
    """Every compiled pattern for text in these packages, in each way that its module uses it."""
    for package in (lists, quotes, values):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if module.name.endswith("spreadsheet_child"):
                continue  # a program of its own, with limits of its own
            loaded = importlib.import_module(module.name)
            source = inspect.getsource(loaded)
            for name, value in vars(loaded).items():
                if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
                    ways = set(re.findall(rf"\b{name}\.(\w+)\(", source))
                    yield from ((f"{module.name}.{name}", value, way) for way in sorted(ways & WAYS.keys()))


@pytest.mark.parametrize(
    ("name", "pattern", "way"), list(patterns()), ids=lambda one: one if isinstance(one, str) else ""
)
def test_a_long_entry_is_judged_quickly(name, pattern, way):
    for piece in PIECES:
        for before, after in (("", "!"), ("A1", ""), ("(1", ")"), ('"', "")):
            text = before + piece * (LONG // len(piece)) + after
            began = time.process_time()
            WAYS[way](pattern, text)
            took = time.process_time() - began
            assert took < SECONDS, (piece, before, after)
