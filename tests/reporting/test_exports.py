"""What we export opens safely in a spreadsheet, and can be uploaded again."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boeing_data_hub.intake import part_list
from boeing_data_hub.reporting.exports import safe_cell


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\uff1d1"])
def test_a_cell_a_spreadsheet_would_run_gets_an_apostrophe(cell):
    assert safe_cell(cell) == f"'{cell}"


def test_a_part_number_is_left_as_it_is():
    assert safe_cell("WF338109=K3") == "WF338109=K3"


@given(st.text(max_size=50))
def test_no_cell_begins_like_a_formula(text):
    assert not safe_cell(text).lstrip(" ").startswith(("=", "+", "-", "@"))


def test_an_exported_part_number_reads_back_as_itself():
    out = io.StringIO()
    csv.writer(out).writerows([["part_number"], [safe_cell("-3/8-16")], [safe_cell("AN3-43A")]])
    rows = list(csv.reader(io.StringIO(out.getvalue())))
    assert part_list.from_rows(rows, max_parts=10).part_numbers == ["-3/8-16", "AN3-43A"]
