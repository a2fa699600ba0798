"""Finds the column of part numbers in a table. Pure; used for pasted tables, CSV and XLSX.

A known header decides, if the cells below it agree. Without one, the cells decide if only one column looks like part
numbers. Otherwise a person must choose, because a wrong column costs a Boeing call for every ten cells.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from boeing_data_hub.batches.lists.headings import FIRST_WEAK, header_column, rank
from boeing_data_hub.batches.lists.layout import OURS, Layout, is_ours, place_named, with_others
from boeing_data_hub.batches.lists.mapping import ColumnMapping
from boeing_data_hub.batches.lists.profiles import ENOUGH, Profile, is_blank, is_mixed, is_plain, is_series, profile_of
from boeing_data_hub.batches.lists.reading import ColumnSeen, letter_of, shown
from boeing_data_hub.batches.lists.suspicion import is_ruled

ROWS_TO_JUDGE_BY: Final = 400
_ROWS_BEFORE_HEADING: Final = 200
_MOST_COLUMNS: Final = 200
_DIGIT = re.compile(r"\d")

_CLEAR: Final = 0.6


def find_layout(
    rows: Iterable[tuple[int, Sequence[str]]],
    *,
    mapping: ColumnMapping | None = None,
    hidden: frozenset[int] = frozenset(),
    first: int = 0,
) -> Layout:
    """The layout of a table, from its first rows.

    Args:
        rows: (line number, cells) of the first rows.
        mapping: what a person chose.
        hidden: columns hidden in the sheet.
        first: the sheet's column of the first cell.
    """
    mapping = mapping or ColumnMapping()
    found = _found(rows, mapping, hidden, first)
    return found if found.question else with_others(found, mapping, first)


def _found(
    rows: Iterable[tuple[int, Sequence[str]]], mapping: ColumnMapping, hidden: frozenset[int], first: int
) -> Layout:
    filled = [(line, cells) for line, cells in rows if not all(is_blank(one) or is_ruled(one) for one in cells)]
    wanted = mapping.column
    if mapping.header_row is None:
        heading = _heading(filled, hidden)
        place = heading[0] + 1 if heading else _unknown_heading(filled)
        if heading and not wanted and is_ours(filled[heading[0]][1]):
            wanted = OURS[0]
    else:
        place = next((at + 1 for at, (line, _) in enumerate(filled) if line == mapping.header_row), 0)
        column = header_column(filled[place - 1][1], without=hidden) if place else None
        heading = None if column is None else (place - 1, column)
    names = filled[place - 1][1] if place else ()
    width = min(max((len(cells) for _, cells in filled), default=0), _MOST_COLUMNS)
    below = [(line, cells) for line, cells in filled[place:] if line >= (mapping.first_row or 0)]
    profiles = {
        column: profile
        for column in range(width)
        if (profile := profile_of([cells[column] for _, cells in below if column < len(cells)])).filled
        or (column < len(names) and not is_blank(names[column]))
    }
    view = _View(filled, place, names, profiles, hidden, first)
    if mapping.header_row and not place:
        return view.layout(0, question=f"Line {mapping.header_row:,}, chosen as the header, is empty or too far down.")
    if wanted:
        return _named(view, wanted)
    return _chosen(view, heading[1] if heading else None)


@dataclass(frozen=True, slots=True)
class _View:
    filled: list[tuple[int, Sequence[str]]]
    place: int
    names: Sequence[str]
    profiles: dict[int, Profile]
    hidden: frozenset[int]
    first: int

    def name(self, column: int) -> str:
        return self.names[column].strip() if column < len(self.names) else ""

    def layout(self, column: int, *, grade: int = 0, question: str | None = None) -> Layout:
        others = tuple(
            ColumnSeen(letter_of(self.first + one), shown(self.name(one)), profile.values, self._note(one, profile))
            for one, profile in self.profiles.items()
            if one != column or question
        )
        line = self.filled[self.place - 1][0] if self.place else None
        name = None if question else self.name(column) or None
        return Layout(column, line, name, question, grade, others, tuple(self.names[:_MOST_COLUMNS]))

    def _note(self, column: int, profile: Profile) -> str:
        if column in self.hidden:
            return "hidden"
        return "line numbers" if profile.counts else "amounts" if profile.amounts else ""


def _named(view: _View, wanted: str) -> Layout:
    place = place_named(wanted, {one: view.name(one) for one in view.profiles}, view.first)
    if place is None:
        return view.layout(0, question=f"This list has no column “{shown(wanted[:40])}” with content.")
    return view.layout(place, grade=2)


def _chosen(view: _View, headed: int | None) -> Layout:
    seen = {one: profile for one, profile in view.profiles.items() if one not in view.hidden}
    candidates = [one for one, profile in seen.items() if profile.is_candidate]
    if headed is not None:
        return _checked(view, headed, candidates)
    return _unheaded(view, seen, candidates)


def _unheaded(view: _View, seen: dict[int, Profile], candidates: list[int]) -> Layout:
    """The column, by its cells alone."""
    unseen = [one for one in view.hidden if (known := rank(view.name(one))) is not None and known < FIRST_WEAK]
    if unseen:
        name = shown(view.name(unseen[0])[:40])
        return view.layout(0, question=f"The column “{name}” is hidden, and no other column has a part number header.")
    mixed = [one for one in candidates if seen[one].mixed >= ENOUGH]
    if len(mixed) == 1 or (not mixed and len(candidates) == 1):
        return view.layout((mixed or candidates)[0], grade=1)
    if len(mixed) > 1 or len(candidates) > 1:
        return view.layout(0, question="Several columns look like part numbers, but no header says which one to use.")
    if len(seen) <= 1:
        counts = any(profile.counts for profile in seen.values())
        only = "The only column counts 1, 2, 3, so it may not contain part numbers." if counts else None
        return view.layout(next(iter(seen), 0), question=only)
    by_digits = [one for one, profile in seen.items() if profile.like >= ENOUGH and not profile.counts]
    question = None if len(by_digits) == 1 else "No column has a part number header or looks like part numbers."
    return view.layout(0 if question else by_digits[0], question=question)


def _checked(view: _View, headed: int, candidates: list[int]) -> Layout:
    """The column with a part number header, unless its cells contradict it."""
    profile = view.profiles.get(headed)
    others = [one for one in candidates if one != headed]
    if profile is not None and (profile.counts or (others and is_series(profile.values))):
        if len(others) == 1 and view.profiles[others[0]].mixed >= _CLEAR:
            return view.layout(others[0], grade=1)
        return view.layout(headed, question=f"The column “{shown(view.name(headed)[:40])}” counts 1, 2, 3.")
    name = shown(view.name(headed)[:40])
    poor = profile is None or (profile.like < ENOUGH and profile.filled > 1)
    better = [one for one in others if view.profiles[one].like >= _CLEAR and view.profiles[one].mixed >= ENOUGH]
    if (profile is None or profile.like < ENOUGH) and not better and (beside := _beside(view, headed)):
        question = f"{beside} is next to “{name}”, not below it. Put each part number on its own line below the header."
    elif poor and better:
        question = f"Column “{name}” has few part numbers, and another column looks like part numbers."
    else:
        question = _undecided(view, headed, others)
    return view.layout(headed, question=question, grade=0 if question else 2)


def _undecided(view: _View, headed: int, others: list[int]) -> str | None:
    """The question to ask if other columns have an equally good header, and different cells."""
    profile = view.profiles.get(headed)
    twins = [one for one in others if _weight(view.name(one)) == _weight(view.name(headed))]
    if any(view.profiles[one].values != (profile.values if profile else ()) for one in twins):
        name = shown(view.name(headed)[:40])
        return f"Several columns look like part numbers, and the header “{name}” does not say which one to use."
    return None


def _beside(view: _View, headed: int) -> str | None:
    """A part number in the header's row, for lists that run to the right."""
    values = [cell for cell in view.names[headed + 1 : headed + 4] if not is_blank(cell)]
    return shown(values[0][:40]) if values and all(is_mixed(one) and is_plain(one) for one in values) else None


def _weight(name: str) -> int | None:
    """True if headers of the same rank leave it unclear which column is meant."""
    found = rank(name)
    return None if found is None or found >= FIRST_WEAK else found


def _heading(filled: list[tuple[int, Sequence[str]]], hidden: frozenset[int]) -> tuple[int, int] | None:
    """The row and column of the header; never below rows that already contain part numbers."""
    above: list[Sequence[str]] = []
    for place, (_, cells) in enumerate(filled[:_ROWS_BEFORE_HEADING]):
        column = header_column(cells, without=hidden)
        if column is None and above:
            column = _over_two_rows(above[-1], cells, hidden)
        if column is not None and _is_heading_row(place, column, cells, above):
            below = filled[place + 1][1] if place + 1 < len(filled) else ()
            lower = _over_two_rows(cells, below, hidden) if (rank(cells[column]) or 0) >= FIRST_WEAK else None
            return (place, column) if lower is None else (place + 1, lower)
        above.append(cells)
    return None


def _over_two_rows(upper: Sequence[str], lower: Sequence[str], hidden: frozenset[int]) -> int | None:
    """The column of a header that spans two rows: `Part` above `Number`."""
    if any(map(_DIGIT.search, (*upper[:_MOST_COLUMNS], *lower[:_MOST_COLUMNS]))):
        return None
    both = [f"{over} {under}" if over and under else "" for over, under in zip(upper, lower, strict=False)]
    return header_column(both, without=hidden)


def _is_heading_row(place: int, column: int, cells: Sequence[str], above: list[Sequence[str]]) -> bool:
    if place == 0:
        return True
    company = sum(not is_blank(cell) for cell in cells) > 1
    if (rank(cells[column]) or 0) >= FIRST_WEAK and not company:
        return False
    over = [row[column] for row in above if column < len(row) and not is_blank(row[column])]
    return not over or sum(map(is_plain, over)) < ENOUGH * len(over)


def _unknown_heading(filled: list[tuple[int, Sequence[str]]]) -> int:
    """1 if the first row looks like unknown headers, else 0."""
    if len(filled) < 2:  # noqa: PLR2004 - headings stand above something
        return 0
    for place, (_, cells) in enumerate(filled[:20]):
        words = [cell for cell in cells if not is_blank(cell)]
        if any(map(_DIGIT.search, words)):
            return 0
        if len(words) > 1 and any(map(_DIGIT.search, filled[place + 1][1] if place + 1 < len(filled) else ())):
            return place + 1
    return 0
