"""Splits text into cells: pasted lists, pasted tables, CSV. Pure.

It does not use the csv module, which trusts quotes: one stray inch mark at the start of a cell swallows all following
rows. Here a quote counts only if it is closed before the next separator, at most a few lines later.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from typing import Final

from boeing_data_hub.batches.lists.headings import header_column, is_header
from boeing_data_hub.batches.lists.profiles import is_blank

LIST_SEPARATORS: Final = ",;\t"
_TABLE_DELIMITERS: Final = ("\t", ";", ",", "|")

_BREAKS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
# Possessive: text between quotes matches in one way only, so hostile text cannot cause backtracking.
_INSIDE: Final = r'[^"]*+(?:""[^"]*+)*+'
_WORD = re.compile(r"\w")
_OPEN = re.compile(rf' *"{_INSIDE}\Z')
_QUOTED = re.compile(rf'"{_INSIDE}"')
_SEP_LINE = re.compile(r'\ufeff?"?sep=([,;\t|])"?', re.IGNORECASE)
_PART_LIKE = re.compile(
    r"(?=[^\d]*\d)(?![\d.,]+\Z)(?!\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}\Z)[\w=./#+\u2010-\u2015\u2212-]{2,}"
)

_MOST_LINES_OF_A_CELL: Final = 10
_SAMPLE_LINES: Final = 250
_LINES_WITH_HEADING: Final = 200
_SAMPLE_LINE_LENGTH: Final = 10_000
_ENOUGH: Final = 0.5
_NEARLY_ALL: Final = 0.9


def physical_lines(text: str) -> Iterator[str]:
    """The lines of a text, split at LF, CRLF, CR, vertical tab, form feed, NEL, U+2028 and U+2029."""
    text = _BREAKS.sub("\n", text)
    start = 0
    while (end := text.find("\n", start)) >= 0:
        yield text[start:end]
        start = end + 1
    yield text[start:]


def split_line(line: str, separators: str) -> list[str]:
    """The cells of a line. A quoted cell may contain separators; an unclosed quote is an ordinary character."""
    return _split(line, separators)[0]


def table_rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """(Number of its first line, cells) for every row. A quoted cell may span a few lines.

    Lines that are complete rows are never joined: their quotes are inch marks. A first line such as `sep=;`, meant for
    spreadsheet programs, is omitted.
    """
    lines = physical_lines(text)
    ahead: deque[str] = deque()
    number = width = 0
    while (line := ahead.popleft() if ahead else next(lines, None)) is not None:
        number += 1
        if number == 1 and _SEP_LINE.fullmatch(line):
            continue
        first = number
        cells, is_open = _split(line, delimiter)
        further = _lines_to_closing_quote(line, ahead, lines) if is_open else 0
        if further and not all(len(split_line(row, delimiter)) == width for row in (line, *islice(ahead, further))):
            joined, still_open = _split("\n".join([line, *islice(ahead, further)]), delimiter)
            if not still_open:
                cells = joined
                number += further
                for _ in range(further):
                    ahead.popleft()
        width = width or len(cells)
        yield first, cells


def find_delimiter(text: str) -> str | None:
    """The delimiter of a table; None if the text is a list of part numbers and not a table.

    A known header decides. Otherwise it is the separator that occurs equally often in most of the first lines, unless
    nearly all cells look like part numbers and are not separated by tabs: then the lines are a wrapped list.
    """
    lines = physical_lines(text[: _SAMPLE_LINES * _SAMPLE_LINE_LENGTH])
    sample = [
        line[:_SAMPLE_LINE_LENGTH] for line in islice((line for line in lines if _WORD.search(line)), _SAMPLE_LINES)
    ]
    if sample and (hint := _SEP_LINE.fullmatch(sample[0])):
        return hint[1]
    if len(sample) < 2:  # noqa: PLR2004 - one line is a list
        return None
    alone = map(heading_delimiter, sample[:_LINES_WITH_HEADING])
    if named := _heading_over_lines(text, sample) or next(filter(None, alone), None):
        return named
    bare = [_QUOTED.sub("", line) for line in sample]
    best, best_score = None, (_ENOUGH, 0)
    for delimiter in _TABLE_DELIMITERS:
        times, lines_with = Counter(line.count(delimiter) for line in bare).most_common(1)[0]
        score = (lines_with / len(bare), times)
        if times and score > best_score:
            best, best_score = delimiter, score
    if best is None or (best == "\t" and best_score[0] == 1):
        return best  # the same number of tabs in each line: copied from a spreadsheet
    separators = LIST_SEPARATORS if best in LIST_SEPARATORS else best
    cells = [cell.strip() for line in sample for cell in split_line(line, separators) if not is_blank(cell)]
    part_like = sum(_PART_LIKE.fullmatch(cell) is not None for cell in cells)
    several = len(cells) > len(sample)
    return None if several and part_like >= _NEARLY_ALL * len(cells) else best


def _heading_over_lines(text: str, sample: list[str]) -> str | None:
    """The delimiter of a table whose quoted part number header spans several lines."""
    if not any(line.count('"') % 2 for line in sample):
        return None
    start = text[: _SAMPLE_LINES * _SAMPLE_LINE_LENGTH]
    for delimiter in _TABLE_DELIMITERS:
        rows = islice(table_rows(start, delimiter), _LINES_WITH_HEADING)
        if any("\n" in cell and is_header(cell) for _, cells in rows for cell in cells):
            return delimiter
    return None


def heading_delimiter(line: str) -> str | None:
    """The delimiter that splits this line into headers, one of them for part numbers; None if none does."""
    for delimiter in _TABLE_DELIMITERS:
        if delimiter in line:
            cells = split_line(line, delimiter)
            if sum(not is_blank(cell) for cell in cells) > 1 and header_column(cells) is not None:
                return delimiter
    return None


def _lines_to_closing_quote(line: str, ahead: deque[str], lines: Iterator[str]) -> int:
    """How many more lines close the quotes; they are put into `ahead`. 0: nothing closes them."""
    odd = line.count('"') % 2
    for taken in range(1, _MOST_LINES_OF_A_CELL):
        if len(ahead) < taken:
            following = next(lines, None)
            if following is None:
                return 0
            ahead.append(following)
        odd ^= ahead[taken - 1].count('"') % 2
        if not odd:
            return taken
    return 0


@lru_cache
def _patterns(separators: str) -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    escaped = re.escape(separators)
    quoted = re.compile(rf' *"({_INSIDE})" *(?=[{escaped}]|\Z)')
    return quoted, re.compile(rf"[^{escaped}]*"), re.compile(rf"[{escaped}]")


def _split(line: str, separators: str) -> tuple[list[str], bool]:
    """The cells, and True if the text opens a quote that it does not close, or closes only after a line end."""
    quoted, plain, separator = _patterns(separators)
    if '"' not in line:
        return separator.split(line), False
    cells: list[str] = []
    is_open = False
    place = 0
    while True:
        found = quoted.match(line, place)
        if found:
            cells.append(found[1].replace('""', '"'))
        elif found := plain.match(line, place):  # always matches, possibly the empty string
            is_open = is_open or "\n" in found[0] or _OPEN.match(line, place) is not None
            cells.append(found[0])
        if found is None or found.end() >= len(line):
            return cells, is_open
        place = found.end() + 1
