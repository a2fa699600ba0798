"""Uploaded files: what honest ones hold, and how hostile ones end."""

from __future__ import annotations

import datetime as dt
import io
import time
import tracemalloc
import zipfile
from collections.abc import Callable, Iterable
from typing import Any

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st
from tests.support.patience import allow

from boeing_data_hub.batches.lists.cells import cell_text, plain_text
from boeing_data_hub.batches.lists.decoding import decode, kind_of
from boeing_data_hub.batches.lists.part_list import PartList, Unusable
from boeing_data_hub.batches.lists.spreadsheet import MAX_BYTES, read_upload
from boeing_data_hub.errors import BadInput, Refused, TooLarge

SHEET = "xl/worksheets/sheet1.xml"
NAMESPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def read(content: bytes, name: str = "list.xlsx", most: int = 50_000) -> PartList:
    return read_upload(content, name, max_parts=most)


def refusal(content: bytes, name: str = "list.xlsx") -> Refused:
    started = time.process_time()
    with pytest.raises((BadInput, TooLarge)) as refused:
        read(content, name)
    assert time.process_time() - started < allow(3)  # 2 s on an idle machine
    return refused.value


def workbook(fill: Callable[[Any, Any], None]) -> bytes:
    """An XLSX file; `fill` gets the workbook and its first sheet."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    fill(book, book.add_worksheet())
    book.close()
    return out.getvalue()


def sheet_of(rows: Iterable[Iterable[Any]]) -> bytes:
    def fill(_book: Any, sheet: Any) -> None:
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)

    return workbook(fill)


def repacked(content: bytes, changes: dict[str, bytes | None]) -> bytes:
    """The same archive with entries replaced, added, or (None) left out."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            if entry.filename not in changes:
                new.writestr(entry.filename, old.read(entry))
        for name, data in changes.items():
            if data is not None:
                new.writestr(name, data)
    return out.getvalue()


def zip_of(entries: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return out.getvalue()


def declared_as(content: bytes, name: str, size: int) -> bytes:
    """The archive with a false size in its directory."""
    place = content.rindex(name.encode()) - 46
    assert content[place : place + 4] == b"PK\x01\x02"
    return content[: place + 24] + size.to_bytes(4, "little") + content[place + 28 :]


PLAIN = sheet_of([["Part Number"], ["AN3"]])
PLAIN_RELATIONS = zipfile.ZipFile(io.BytesIO(PLAIN)).read("xl/_rels/workbook.xml.rels")


# --- CSV and text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "latin-1"])
def test_a_text_file_is_read_in_any_usual_encoding(encoding: str):
    text = "Teil;Part Number;Größe\r\nBolzen;an3-43a;groß\r\nMutter;AN4;klein\r\n"
    assert read(text.encode(encoding), "liste.csv").part_numbers == ["AN3-43A", "AN4"]


def test_utf_16_big_endian_with_its_mark_is_read():
    assert read("\ufeffpn\nAN3".encode("utf-16-be"), "a.txt").part_numbers == ["AN3"]


def test_a_csv_with_quoted_commas_and_semicolons_is_read():
    found = read(b'description,part number\r\n"BOLT, HEX; 5"" LONG",AN3\r\n"NUT, PLAIN","AN4"\r\n', "a.csv")
    assert found.part_numbers == ["AN3", "AN4"]


def test_a_csv_keeps_leading_zeros():
    assert read(b'part number\n00123\n="00456"\n\'00789\n', "a.csv").part_numbers == ["00123", "00456", "00789"]


def test_a_csv_with_an_unbalanced_quote_loses_no_row():
    assert read(b'note,pn\n"open,AN3\nx,AN4\n', "a.csv").part_numbers == ["AN3", "AN4"]


def test_formulas_in_a_csv_are_mere_text():
    found = read(b'pn\n=HYPERLINK("http://x")\n+1-2\n@SUM(A1)\n', "a.csv")
    assert found.part_numbers == ["@SUM(A1)"]
    assert [(r.line, r.code) for r in found.rejected] == [(2, "no_digit"), (3, "cut_number")]


def test_the_content_counts_not_the_name():
    assert read(b"pn\nAN3\n", "list.xlsx").part_numbers == ["AN3"]
    assert read(PLAIN, "list.csv").part_numbers == ["AN3"]
    assert read(PLAIN, "../../etc/passwd\x00").part_numbers == ["AN3"]


def test_an_undefined_byte_of_windows_latin_is_accepted():
    assert read(b"pn\nAN3\n\x81\xff\nAN4", "a.csv").part_numbers == ["AN3", "AN4"]


@pytest.mark.parametrize("content", [b"", b"  \r\n", b"\0\0\0"])
def test_an_empty_file_is_refused(content: bytes):
    assert refusal(content).code == "empty_file"


@pytest.mark.parametrize(
    "content",
    [
        b"%PDF-1.7 ...",
        b"\x89PNG\r\n\x1a\n....",
        b"\xff\xd8\xff\xe0JFIF",
        b"{\\rtf1 AN3}",
        b"\x1f\x8b\x08abc",
        b"AN3\0AN4\nAN5,AN6 and so on\n",
        bytes(range(256)) * 4,
        b"<html><table><tr><td>AN3</td></tr></table></html>",
        b"\xef\xbb\xbf  <?xml version='1.0'?><Workbook/>",
        "<!DOCTYPE html>".encode("utf-16"),
    ],
)
def test_a_file_that_is_no_list_is_refused(content: bytes):
    assert refusal(content, "list.csv").code == "not_a_spreadsheet"


def test_an_old_or_encrypted_workbook_is_refused_with_advice():
    refused = refusal(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 2000, "li\x1bst.xls")
    assert refused.code == "old_or_protected_workbook"
    assert "password" in refused.message
    assert ".xlsx or CSV" in refused.message
    assert refused.details == {"filename": "li\\x1bst.xls"}


def test_a_file_above_twenty_megabytes_is_refused():
    refused = refusal(b"A" * (MAX_BYTES + 1))
    assert (refused.status, refused.code) == (413, "file_too_large")


def test_too_many_part_numbers_in_a_file_are_refused_with_their_number():
    with pytest.raises(BadInput) as refused:
        read(b"A1\nA2\nA3", "a.txt", most=2)
    assert refused.value.code == "too_many_parts"
    assert refused.value.details == {"sent": 3, "limit": 2, "filename": "a.txt"}


def test_duplicates_and_rejections_come_with_their_lines():
    found = read("pn\nAN3\nÄ\x01\nan3\n".encode(), "a.csv")
    assert [(d.line, d.first_line) for d in found.duplicates] == [(4, 2)]
    assert [(r.line, r.code, r.text) for r in found.rejected] == [(3, "not_ascii", "Ä\\x01")]


@given(st.binary(max_size=400) | st.text(max_size=100).map(lambda text: text.encode("utf-16", "replace")))
def test_any_bytes_have_a_kind_and_a_text_or_are_refused(content: bytes):
    try:
        kind = kind_of(content)
    except BadInput:
        return
    assert kind in {"workbook", "text"}
    assert isinstance(decode(content)[0], str)


# --- XLSX, honest


def test_text_cells_are_taken_as_they_are():
    found = read(sheet_of([["Qty", "Part No."], [5, "00123"], [6, "an3\u201343a"], [7, "AN4"], [8, "AN4"]]))
    assert found.part_numbers == ["00123", "AN3-43A", "AN4"]
    assert [(d.line, d.first_line) for d in found.duplicates] == [(5, 4)]


def test_numbers_become_digits_without_point_or_exponent():
    found = read(sheet_of([["pn"], [727741], [12345678901], [1.5], [0.1 + 0.2], [-5], [0.0000001]]))
    assert found.part_numbers == ["727741", "12345678901", "1.5", "0.3"]
    # A cell shows the last as 1E-07.
    assert [(r.text, r.code) for r in found.rejected] == [("-5", "cut_number"), ("0.0000001", "formatted_number")]


def test_a_number_too_long_for_a_cell_is_rejected_with_advice():
    (rejection,) = read(sheet_of([["pn"], [1234567890123456]])).rejected
    assert (rejection.line, rejection.code) == (2, "number_too_long")
    assert "column as text" in rejection.reason


def test_leading_zeros_of_a_number_format_are_restored():
    def fill(book: Any, sheet: Any) -> None:
        zeros = book.add_format({"num_format": "00000"})
        sheet.write_row(2, 1, ["Qty", "pn"])
        sheet.write_number(3, 2, 123, zeros)
        sheet.write_number(4, 2, 1234567, zeros)
        sheet.write_number(5, 2, 77)
        sheet.write_number(6, 2, 5, book.add_format({"num_format": "000-0000"}))
        sheet.write_number(7, 2, 12345, book.add_format({"num_format": "#,##0.00"}))

    found = read(workbook(fill))
    assert found.part_numbers == ["00123", "1234567", "77"]
    assert [(r.line, r.code) for r in found.rejected] == [(7, "formatted_number"), (8, "formatted_number")]


def test_dates_times_yes_and_errors_in_the_part_column_are_rejected():
    def fill(book: Any, sheet: Any) -> None:
        sheet.write_column(0, 0, ["Part Number", "AN3"])
        sheet.write_datetime(2, 0, dt.datetime(2026, 3, 1), book.add_format({"num_format": "yyyy-mm-dd"}))  # noqa: DTZ001 - a sheet has no zones
        sheet.write_datetime(3, 0, dt.time(12, 30), book.add_format({"num_format": "hh:mm"}))
        sheet.write_boolean(4, 0, True)
        sheet.write_formula(5, 0, "=NA()", None, "#N/A")
        sheet.write_formula(6, 0, '="AN"&4', None, "AN4")
        sheet.write_string(9, 0, "AN5")

    found = read(workbook(fill))
    assert found.part_numbers == ["AN3", "AN4", "AN5"]
    assert [(r.line, r.code, r.text) for r in found.rejected] == [
        (3, "date_cell", "2026-03-01"),
        (4, "date_cell", "12:30:00"),
        (5, "true_false_cell", "TRUE"),
        (6, "error_cell", "#N/A"),
    ]


def test_the_first_visible_sheet_with_content_is_read():
    def fill(book: Any, sheet: Any) -> None:
        sheet.write(0, 0, "HIDDEN1")
        sheet.very_hidden()
        book.add_worksheet("empty")
        book.add_worksheet("Parts").write_column(0, 0, ["SKU", "AN3"])
        book.add_worksheet("more").write(0, 0, "AN9")
        book.get_worksheet_by_name("empty").activate()

    assert read(workbook(fill)).part_numbers == ["AN3"]


def test_empty_and_merely_formatted_rows_are_nothing():
    def fill(book: Any, sheet: Any) -> None:
        sheet.write_column(3, 2, ["pn", "AN3", "", "AN4"])
        sheet.write_blank(900_000, 50, None, book.add_format({"bold": True}))

    assert read(workbook(fill)) == PartList(["AN3", "AN4"], [], [], 0, 0)


def test_a_workbook_without_content_is_refused():
    assert refusal(sheet_of([])).code == "empty_file"


@pytest.mark.alone
def test_an_ordinary_list_of_fifty_thousand_rows_is_read_quickly():
    content = sheet_of([["pn", "d"], *([f"MS{number}-2", "BOLT"] for number in range(50_000))])
    started = time.process_time()
    assert len(read(content).part_numbers) == 50_000
    assert time.process_time() - started < allow(1.5)  # 0.6 s on an idle machine


# --- XLSX, hostile


def test_a_highly_compressed_sheet_is_refused():
    refused = refusal(repacked(PLAIN, {SHEET: b"<worksheet>" + b" " * 50_000_000}))
    assert refused.code == "unsafe_workbook"


def test_a_workbook_of_too_many_megabytes_is_refused():
    filler = {f"xl/media/{number}.bin": b"\0" * 990_000 for number in range(210)}
    assert refusal(repacked(PLAIN, filler)).code == "workbook_too_large"


def test_a_sheet_larger_than_it_says_is_refused():
    bomb = repacked(PLAIN, {SHEET: b"<worksheet>" + b" " * 50_000_000})
    assert refusal(declared_as(bomb, SHEET, 1000)).code == "unsafe_workbook"


def test_a_sheet_smaller_than_it_says_is_refused():
    assert refusal(declared_as(PLAIN, SHEET, 999_999)).code == "unsafe_workbook"


def test_too_many_entries_are_refused():
    assert refusal(repacked(PLAIN, {f"x{number}": b"" for number in range(2_001)})).code == "workbook_too_large"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
def test_an_entity_definition_is_refused(encoding: str):
    laughs = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><sst xmlns="x"><si><t>&b;</t></si></sst>'
    assert refusal(repacked(PLAIN, {"xl/sharedStrings.xml": laughs.encode(encoding)})).code == "unsafe_workbook"


def test_a_sheet_in_an_unchecked_path_is_rejected():
    elsewhere = PLAIN_RELATIONS.replace(b"worksheets/sheet1.xml", b"media/sheet1.xml")
    moved = {
        "xl/media/sheet1.xml": b'<!DOCTYPE x [<!ENTITY a "ha">]><worksheet/>',
        "xl/_rels/workbook.xml.rels": elsewhere,
    }
    assert refusal(repacked(PLAIN, moved)).code == "damaged_file"


def test_macros_are_refused_with_advice():
    refused = refusal(repacked(PLAIN, {"xl/vbaProject.bin": b"macro"}), "list.xlsm")
    assert refused.code == "macros_refused"
    assert ".xlsx or CSV" in refused.message


@pytest.mark.parametrize(
    ("entries", "word"),
    [
        ({"readme.txt": b"AN3"}, "zip archive"),
        ({"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w/>"}, "zip archive"),
        ({"[Content_Types].xml": b"<Types/>", "xl/workbook.bin": b"x"}, "xlsb"),
        ({"mimetype": b"application/vnd.oasis", "content.xml": b"<o/>"}, "OpenDocument"),
    ],
)
def test_a_zip_that_is_no_workbook_is_refused(entries: dict[str, bytes], word: str):
    refused = refusal(zip_of(entries))
    assert refused.code == "not_a_spreadsheet"
    assert word in refused.message


@pytest.mark.parametrize("name", ["../x.xml", "/etc/x.xml", "xl\\..\\x.xml", "C:x.xml"])
def test_names_that_lead_elsewhere_are_refused(name: str):
    assert refusal(repacked(PLAIN, {name: b"x"})).code == "unsafe_workbook"


def test_two_parts_of_one_name_are_refused():
    assert refusal(repacked(PLAIN, {"XL/Workbook.xml": b"x"})).code == "unsafe_workbook"


@pytest.mark.parametrize("cut", [4, 100, 1000, -10])
def test_a_cut_off_workbook_is_refused(cut: int):
    assert refusal(PLAIN[:cut]).code == "damaged_file"


@pytest.mark.parametrize("sheet", [b"", b"not xml", b"<worksheet><sheetData><row r='x'><c r='??' t='s'><v>9"])
def test_a_broken_sheet_is_refused(sheet: bytes):
    assert refusal(repacked(PLAIN, {SHEET: sheet})).code in {"damaged_file", "empty_file"}


def test_a_missing_sheet_is_refused():
    assert refusal(repacked(PLAIN, {SHEET: None})).code in {"damaged_file", "empty_file"}


def test_of_a_sheet_of_ten_thousand_columns_the_first_two_hundred_are_read():
    wide = [["pn", *(f"x{number}" for number in range(10_000))], ["AN3", *("A1" for _ in range(10_000))]]
    found = read(sheet_of(wide))
    assert found.part_numbers == ["AN3"]
    assert [one.code for one in found.reading.remarks] == ["far_columns"]


def test_a_sheet_of_too_many_rows_is_refused():
    refused = refusal(workbook(lambda _book, sheet: sheet.write_row(200_000, 0, ["AN3"])))
    assert refused.code == "workbook_too_large"
    assert "200,001" in refused.message


def test_two_cells_in_opposite_corners_are_refused_not_laid_out():
    cells = (
        f'<worksheet xmlns="{NAMESPACE}"><sheetData><row r="1"><c r="A1"><v>1</v></c></row>'
        '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData></worksheet>'
    )
    refused = refusal(repacked(PLAIN, {SHEET: cells.encode()}))
    assert (refused.code, refused.status) == ("workbook_too_large", 413)


def test_hostile_files_leave_the_memory_of_this_process_flat():
    content = b"\n".join(b"P%d" % number for number in range(1_000_000))
    tracemalloc.start()
    try:
        with pytest.raises(Refused):
            read(content, "a.csv")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 12_000_000  # the room for an answer; the rows themselves would take ten times as much


# --- cells


@given(st.integers(-(10**15) + 1, 10**15 - 1))
def test_every_number_a_cell_can_hold_exactly_keeps_its_digits(number: int):
    assert cell_text(float(number), "0") == str(number)


@given(st.floats() | st.integers() | st.booleans() | st.times() | st.dates() | st.timedeltas(), st.text(max_size=12))
def test_no_cell_breaks_the_reader(value: Any, number_format: str):
    seen = cell_text(value, number_format)
    assert isinstance(seen, str | Unusable)
    if isinstance(seen, str):
        assert "e" not in seen.lower()
    assert isinstance(plain_text(value), str)
