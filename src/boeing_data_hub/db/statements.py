"""SQL by name: `batches.sql` beside `batches.py` holds the statements that `batches.py` runs.

A file is a list of entries. `-- name: cancel` starts a statement; comment lines right below state its purpose.
`-- fragment: item` starts a fragment, such as a column list, that statements contain as `{item}`, or as
`{batches.item}` in another file of the folder. `{states.open}` and `{states.final}` are the states of items, and the
other fragments of `states` are lists of what batches count of them. Parameters are psycopg's: `%(limit)s`, `%s`, and
`%b` for lists that are sent in binary.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, LiteralString, cast

from boeing_data_hub.values.states import FINAL_STATES, ItemState

_ENTRY = re.compile(r"^-- (name|fragment): (\w+)[ \t]*$", re.MULTILINE)
_COUNTED: Final = (ItemState.EXTRACTED, *FINAL_STATES)
_STATES: Final = {
    "open": ", ".join(f"'{state}'" for state in ItemState if not state.is_final),
    "final": ", ".join(f"'{state}'" for state in FINAL_STATES),
    "settled_count": " + ".join(f"{state}_count" for state in FINAL_STATES),
    "counts": "jsonb_build_object(" + ", ".join(f"'{state}', {state}_count" for state in FINAL_STATES) + ")",
    "sums": ", ".join(f"coalesce(sum(items) FILTER (WHERE state = '{one}'), 0)::int AS {one}" for one in _COUNTED),
    "add_sums": ", ".join(f"{state}_count = b.{state}_count + m.{state}" for state in _COUNTED),
}
_HOLE = re.compile(r"\{((?:[a-z_]+\.)?[a-z_]+)\}")


@dataclass(frozen=True, slots=True)
class _Entries:
    statements: Mapping[str, str]
    fragments: Mapping[str, str]


class Statements(Mapping[str, LiteralString]):
    """The statements of one file, by name, with their fragments filled in. Raises KeyError for an unknown name.

    Args:
        path: the .sql file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        filled = {name: _fill(path, text) for name, text in _read(path).statements.items()}
        # The file is part of the program, like a module: nothing in it comes from outside.
        self._filled = cast("dict[str, LiteralString]", filled)

    def __getitem__(self, name: str) -> LiteralString:
        return self._filled[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._filled)

    def __len__(self) -> int:
        return len(self._filled)


@cache
def beside(module: str) -> Statements:
    """The statements in the .sql file beside a module, read once.

    Args:
        module: its `__file__`.

    Raises:
        ValueError: the file is invalid.
    """
    return Statements(Path(module).with_suffix(".sql"))


@cache
def _read(path: Path) -> _Entries:
    head, *entries = _ENTRY.split(path.read_text(encoding="utf-8"))
    if any(line and not line.startswith("--") for line in head.splitlines()):
        raise ValueError(f"{path.name} does not begin with an entry")
    found: dict[str, dict[str, str]] = {"name": {}, "fragment": {}}
    for kind, name, text in zip(entries[::3], entries[1::3], entries[2::3], strict=True):
        if name in found[kind]:
            raise ValueError(f"{path.name} has two entries {name}")
        lines = text.strip().splitlines()
        while lines and lines[0].startswith("--"):  # its purpose
            lines = lines[1:]
        found[kind][name] = "\n".join(lines).rstrip().rstrip(";")
    return _Entries(found["name"], found["fragment"])


def _fill(path: Path, text: str) -> str:
    def fragment(hole: re.Match[str]) -> str:
        module, _, name = hole[1].rpartition(".")
        if module == "states":
            return _STATES[name]
        file = path.with_name(f"{module}.sql") if module else path
        fragments = _read(file).fragments
        if name not in fragments:
            raise ValueError(f"{file.name} has no fragment {name}, which {path.name} holds")
        return _fill(file, fragments[name])

    return _HOLE.sub(fragment, text)
