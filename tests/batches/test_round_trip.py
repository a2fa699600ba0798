"""Our downloads survive a spreadsheet: what it would change is written as text, and reads back as it was."""

from __future__ import annotations

import calendar
import csv
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boeing_data_hub.batches.lists.part_list import from_text
from boeing_data_hub.values.part_numbers import BadPartNumber, clean
from boeing_data_hub.web.exports import COLUMNS
from boeing_data_hub.web.sheets import Sheet, as_csv, text_cell

CHANGED = [
    "3-4", "1E5", "00123", "11-7", "MAR-4", "4MAR", "JUN05", "1/2", "3/4/26", "1.50", "12345678901234", "22E1", "08:15",
    "1-2-3", "10-60-11", "TRUE", "5.10", "1,234", "DEC-11", "SEP1", "2026-11-07", "50%",
]  # fmt: skip
KEPT = ["MS21042-4", "AN3-43A", "65204", "10-60754-1A", "M83248/1-241", "BACB30NN4K5", "WF338109=K3"]


def exported(*parts: str) -> str:
    rows = [(part, "not_found", "Boeing does not know it.", "Check it.") for part in parts]
    return "".join(as_csv(Sheet("failures", COLUMNS, (24, 24, 60, 60), rows)))


def after_a_spreadsheet(text: str) -> str:
    """What opening and saving does to cells that look like numbers or dates; text cells stay."""

    def changed(cell: str) -> str:
        if cell.isdigit():
            return str(int(cell))
        if re.fullmatch(r"\d+E\d+", cell):
            return f"{float(cell):.2E}"
        if found := re.fullmatch(r"(\d{1,2})-(\d{1,2})", cell):
            return f"{found[2]}-{calendar.month_abbr[int(found[1])]}"
        return cell

    out = io.StringIO()
    rows = csv.reader(io.StringIO(text.removeprefix("\ufeff")))
    csv.writer(out).writerows([changed(cell) for cell in row] for row in rows)
    return out.getvalue()


@pytest.mark.parametrize("part", CHANGED)
def test_what_a_spreadsheet_would_change_is_kept_as_text(part: str):
    assert text_cell(part) == f"'{part}"


@pytest.mark.parametrize("part", KEPT)
def test_what_a_spreadsheet_keeps_is_written_as_it_is(part: str):
    assert text_cell(part) == part


def test_a_download_of_failures_survives_opening_and_saving():
    parts = ["3-4", "1E5", "00123", "11-7", *KEPT]
    for text in (exported(*parts), after_a_spreadsheet(exported(*parts))):
        found = from_text(text, max_parts=100)
        assert (found.part_numbers, found.rejected) == (parts, [])


def test_a_download_that_a_spreadsheet_has_changed_is_flagged_with_the_zeros_it_may_have_lost():
    text = "part_number,error_code,error,what_to_do\n4-Mar,not_found,x,y\n1.00E+05,not_found,x,y\n123,not_found,x,y\n"
    found = from_text(text, max_parts=100)
    assert found.part_numbers == []
    assert [(one.line, one.code) for one in found.rejected] == [
        (2, "date_text"),
        (3, "shortened_number"),
        (4, "zeros_lost"),
    ]


@given(st.text(alphabet="0123456789-/.EMARJUN", min_size=1, max_size=12))
def test_an_exported_part_number_reads_back_as_itself_or_is_flagged_as_itself(part: str):
    try:
        number = clean(part)
    except BadPartNumber:
        return
    found = from_text(exported(number, "ZZ99-1"), max_parts=100)
    assert number in [*found.part_numbers, *found.flagged] or found.rejected
