"""What we export opens safely in a spreadsheet, and can be uploaded again."""

from __future__ import annotations

import csv
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boeing_data_hub.batches.lists import part_list
from boeing_data_hub.batches.lists.layout import OURS
from boeing_data_hub.web.sheets import Sheet, as_csv, safe_cell


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\rA", "\nA", " =1", "\uff1d1"])
def test_a_cell_a_spreadsheet_would_run_gets_an_apostrophe(cell):
    assert safe_cell(cell) == f"'{cell}"


@pytest.mark.parametrize(
    "cell", ["RFQ;=1+1", "RFQ; +1", "\n=1", "\r=1", 'RFQ";"@SUM(A1)', "a\r\n-1", ";;;=1", "a;\uff1d1"]
)
def test_no_cell_runs_where_a_spreadsheet_splits_at_semicolons(cell):
    line = "".join(as_csv(Sheet("quote", ("rfq_number", "note"), (1, 1), [("A", cell)]))).split("\r\n", 1)[1]
    pieces = [piece.lstrip(' "') for piece in re.split("[;\r\n]", line)]
    assert not any(piece.startswith(("=", "+", "-", "@", "\uff1d")) for piece in pieces), pieces


def test_every_cell_of_a_csv_is_quoted():
    text = "".join(as_csv(Sheet("quote", ("a", "b"), (1, 1), [("1", ""), ('x"y', "z")])))
    assert text == '\ufeff"a","b"\r\n"1",""\r\n"x""y","z"\r\n'


@pytest.mark.parametrize("heading", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\rA", "\nA", "a;=1", "\uff1d1"])
def test_a_heading_of_the_uploaded_file_runs_nowhere_either(heading):
    """Failures are exported beside the other columns of the file, whose headings somebody else wrote."""
    text = "".join(as_csv(Sheet("failures", (heading, "part_number"), (1, 1), [("x", "AN3-5")])))
    [first, *_] = list(csv.reader(io.StringIO(text.lstrip("\ufeff"))))
    assert first[0] == safe_cell(heading) != heading


@given(st.text(alphabet=';=+-@" \t\r\nA', max_size=40))
def test_whatever_a_cell_holds_it_runs_nowhere(text):
    assert not re.search(r"[;\r\n][ \"\t]*[=+@-]", safe_cell(text))


def test_a_part_number_is_left_as_it_is():
    assert safe_cell("WF338109=K3") == "WF338109=K3"


@given(st.text(max_size=50))
def test_no_cell_begins_like_a_formula(text):
    assert not safe_cell(text).lstrip(" ").startswith(("=", "+", "-", "@"))


def test_an_exported_part_number_reads_back_as_itself():
    out = io.StringIO()
    heading = [column.capitalize() for column in OURS]
    blank = [""] * (len(heading) - 1)
    csv.writer(out).writerows([heading, [safe_cell("-3/8-16"), *blank], [safe_cell("AN3-43A"), *blank]])
    rows = list(csv.reader(io.StringIO(out.getvalue())))
    assert part_list.from_rows(rows, max_parts=10).part_numbers == ["-3/8-16", "AN3-43A"]
