"""A column mapping: what the hub proposes for suppliers' files as they come, and what a person may change."""

from __future__ import annotations

import io
from string import ascii_uppercase, digits
from typing import Any

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from boeing_data_hub.batches.lists.mapping import ColumnMapping
from boeing_data_hub.batches.lists.part_list import from_text
from boeing_data_hub.batches.lists.spreadsheet import read_upload, read_upload_table

PARTS = ["NAS6604-12", "MS21042-4", "AN960-10L"]


def proposed(text: str, encoding: str = "utf-8") -> tuple[list[str], ColumnMapping]:
    found = read_upload(text.encode(encoding), "list.csv", max_parts=100)
    return found.part_numbers, found.reading.proposed(ColumnMapping())


def workbook(*rows: list[Any], merged: str = "") -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet = book.add_worksheet("Parts")
    zeros = book.add_format({"num_format": "00000"})
    for place, row in enumerate(rows):
        for column, value in enumerate(row):
            if value is not None:
                sheet.write(place, column, value, *([zeros] if isinstance(value, int) and column == 0 else []))
    if merged:
        sheet.merge_range(merged, rows[0][0])
    book.close()
    return out.getvalue()


TABLE = "Qty{0}Part Number{0}Our ref.{0}Description\n3{0}NAS6604-12{0}A-1{0}Bolt\n4{0}MS21042-4{0}A-2{0}Nut\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "windows-1252"])
@pytest.mark.parametrize(("sign", "name"), [(",", "comma"), (";", "semicolon"), ("\t", "tab"), ("|", "pipe")])
def test_delimiter_encoding_and_columns_are_proposed(sign: str, name: str, encoding: str):
    numbers, mapping = proposed(TABLE.format(sign).replace("Nut", "Nut, groß"), encoding)
    assert numbers == PARTS[:2]
    assert (mapping.column, mapping.quantity, mapping.reference, mapping.header_row) == ("B", "A", "C", 1)
    assert mapping.delimiter == name
    assert mapping.encoding == {"utf-8-sig": "utf-8", "utf-16": "utf-16-le"}.get(encoding, encoding)


@pytest.mark.parametrize(
    "heading", ["P/N", "PN", "Part No.", "Part #", "Material No.", "Mfr Part Number", "Teile-Nr.", "品番", "Référence"]
)
def test_part_number_headings_of_suppliers_are_known(heading: str):
    _, mapping = proposed(f"Text;{heading};Menge\nBolzen;NAS6604-12;3\nMutter;MS21042-4;4\n")
    assert (mapping.column, mapping.quantity) == ("B", "C")


def test_an_ordinary_word_is_a_heading_beside_others():
    _, mapping = proposed("Material;Plant;Order Qty\nNAS6604-12;Miami;3\nMS21042-4;Dallas;4\n")
    assert (mapping.column, mapping.quantity) == ("A", "C")


def test_titles_above_the_header_are_passed_over():
    numbers, mapping = proposed(
        "ACME Supply GmbH;;\nStock list of May;;\n;;\nDescription;Part No.;Qty\nBolt;NAS6604-12;3\nNut;MS21042-4;9\n"
    )
    assert numbers == PARTS[:2]
    assert (mapping.header_row, mapping.column) == (4, "B")


def test_a_merged_title_above_the_header_of_a_workbook_is_passed_over():
    content = workbook(["Stock of May", None], ["Part Number", "Qty"], ["NAS6604-12", 3], merged="A1:B1")
    found = read_upload(content, "list.xlsx", max_parts=100)
    mapping = found.reading.proposed(ColumnMapping())
    assert found.part_numbers == PARTS[:1]
    assert (mapping.sheet, mapping.header_row, mapping.column, mapping.quantity) == ("Parts", 2, "A", "B")


def test_numeric_part_numbers_of_excel_keep_their_zeros_and_shortened_ones_are_never_read_as_they_are():
    content = workbook(["Part Number", "Qty"], [123, 1], ["00124", 2], ["1.0E+05", 3])
    found = read_upload(content, "list.xlsx", max_parts=100)
    assert found.part_numbers == ["00123", "00124"]
    assert [(one.line, one.code) for one in found.rejected] == [(4, "shortened_number")]
    assert [row.note != "" for row in found.reading.rows] == [False, False, False, True]


def test_the_preview_shows_the_first_rows_and_what_was_read_of_each():
    found = read_upload(b"Part Number;Qty\nAN3-4;1\nAN3-4;2\n???;3\nAN3-5;4\n", "list.csv", max_parts=100)
    shown = found.reading.rows
    assert [row.line for row in shown] == [1, 2, 3, 4, 5]
    assert [row.part_numbers for row in shown] == [(), ("AN3-4",), (), (), ("AN3-5",)]
    assert shown[2].note == "Duplicate of line 2."
    assert shown[3].note
    assert found.reading.letters == ("A", "B")


@pytest.mark.parametrize("column", ["B", "2", "Supplier code", "supplier CODE"])
def test_a_person_may_choose_the_column_by_letter_number_or_heading(column: str):
    text = "P/N;Supplier code\nNAS6604-12;X-100\nMS21042-4;X-200\n"
    found = from_text(text, max_parts=9, choice=ColumnMapping(column=column))
    assert found.part_numbers == ["X-100", "X-200"]


def test_a_person_may_say_where_the_header_and_the_first_part_are():
    text = "P/N;n\nOLD-100;1\nHead;b\nNEW-100;2\nskip-1;3\nNEW-200;4\n"
    mapping = ColumnMapping(header_row=3, first_row=6, column="Head")
    assert from_text(text, max_parts=9, choice=mapping).part_numbers == ["NEW-200"]
    assert from_text("P1-1;x\nP1-2;x\n", max_parts=9, choice=ColumnMapping(header_row=0, column="A")).part_numbers == [
        "P1-1",
        "P1-2",
    ]


def test_a_mapping_that_does_not_fit_is_a_question_not_a_guess():
    text = "P/N;Qty\nNAS6604-12;3\nMS21042-4;4\n"
    for mapping in (
        ColumnMapping(column="Z"),
        ColumnMapping(quantity="Z"),
        ColumnMapping(reference="Our ref."),
        ColumnMapping(header_row=40),
    ):
        found = from_text(text, max_parts=9, choice=mapping)
        assert found.reading.question, mapping
        assert found.part_numbers == []


def test_delimiter_and_encoding_can_be_overridden():
    found = read_upload("P/N|Größe\nA1-1|ß\nA1-2|ü\n".encode("windows-1252"), "x", max_parts=9)
    assert (found.reading.delimiter, found.reading.encoding) == ("pipe", "windows-1252")
    chosen = ColumnMapping(delimiter="semicolon", encoding="utf-8", column="A")
    assert read_upload(b"P/N;q\nA1-1;1\nA1-2;2\n", "x", max_parts=9, choice=chosen).part_numbers == ["A1-1", "A1-2"]


def test_the_other_columns_are_those_of_a_part_s_first_line():
    text = b"Our ref;P/N;Qty\nR1;AN3-4;1\nR2;AN3-5;2\nR3;AN3-4;3\nR4;;9\n"
    table = read_upload_table(text, "x", max_parts=9)
    assert table.columns == ["Our ref", "Qty"]
    assert table.cells == [["R1", "1"], ["R2", "2"]]
    assert (table.reference, table.quantity) == (0, 1)
    assert table.of(["AN3-5", "AN3-9"]) == [["R2", "2"], ["", ""]]


def test_a_workbook_s_other_columns_are_read_too():
    table = read_upload_table(workbook(["P/N", None, "Site"], ["NAS6604-12", None, "Miami"]), "x", max_parts=9)
    assert (table.columns, table.cells) == (["Site"], [["Miami"]])


def test_a_failure_file_of_ours_is_read_by_its_own_column_and_its_columns_do_not_pile_up():
    text = b"Boeing P/N,Site,part_number,error_code,error,what_to_do\nX1-1,Miami,AN3-4,not_found,No.,Check.\n"
    table = read_upload_table(text, "x", max_parts=9)
    assert table.parts.part_numbers == ["AN3-4"]
    assert table.columns == ["Boeing P/N", "Site"]


_NUMBERS = st.builds(
    "{}{}-{}".format,
    st.text(ascii_uppercase, min_size=2, max_size=3),
    st.text(digits, min_size=2, max_size=4),
    st.text(digits, min_size=1, max_size=3),
)


@given(st.lists(_NUMBERS, min_size=1, max_size=30), st.sampled_from(["", "comma", "semicolon", "tab", "pipe"]))
def test_reading_one_column_by_a_mapping_is_plain_reading(numbers: list[str], delimiter: Any):
    plain = from_text("\n".join(numbers), max_parts=100, choice=ColumnMapping(accept_flagged=True))
    mapping = ColumnMapping(column="A", header_row=0, delimiter=delimiter, accept_flagged=True)
    mapped = from_text("\n".join(numbers), max_parts=100, choice=mapping)
    assert mapped.part_numbers == plain.part_numbers
    assert mapped.first_lines == plain.first_lines
    assert mapped.duplicate_count == plain.duplicate_count
