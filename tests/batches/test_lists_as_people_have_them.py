"""Lists as people have them: which sheet and column is read, what is left unread, what is never taken in silence."""

from __future__ import annotations

import csv
import datetime as dt
import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import openpyxl
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

import boeing_data_hub_sandbox as sandbox
from boeing_data_hub.batches.lists.mapping import ColumnMapping
from boeing_data_hub.batches.lists.part_list import PartList, from_list, from_text
from boeing_data_hub.batches.lists.reading import Reading, index_of, letter_of, settled
from boeing_data_hub.batches.lists.spreadsheet import read_upload
from boeing_data_hub.errors import BadInput

FILES = Path(__file__).parent / "lists"
MOST = 50_000
SIX = ["NAS6604-12", "MS21042-4", "AN960-10L", "BACB30NN4K5", "00417", "65204"]
_SAMPLE = (Path(sandbox.__file__).parent / "part-numbers.csv").read_text().splitlines()
KNOWN = [row["part_number"] for row in csv.DictReader(_SAMPLE)]


def read(content: bytes, **said: Any) -> PartList:
    return read_upload(content, "list", max_parts=MOST, choice=ColumnMapping(**said))


def file(name: str, **said: Any) -> PartList:
    return read((FILES / name).read_bytes(), **said)


def text(content: str, **said: Any) -> PartList:
    """What pasting gives; uploading has to give the same."""
    found = from_text(content, max_parts=MOST, choice=ColumnMapping(**said))
    assert read(content.encode(), **said) == found
    return found


def workbook(fill: Callable[[Any, Any], None], **options: Any) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, **options})
    fill(book, book.add_worksheet())
    book.close()
    return out.getvalue()


def opened(fill: Callable[[Any, Any], None]) -> bytes:
    book = openpyxl.Workbook()
    fill(book, book.active)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def table(*rows: list[Any]) -> bytes:
    return opened(lambda _book, sheet: [sheet.append(row) for row in rows])


def codes(found: PartList) -> dict[int, str]:
    return {one.line: one.code for one in found.rejected}


def remarks(found: PartList) -> dict[str, int]:
    return {one.code: one.count for one in found.reading.remarks}


# --- which column


@pytest.mark.parametrize(
    "counter", ["NO", "Lfd. Nr.", "Item No.", "Pos", "#", "Line", "N°", "Item", "序号", "Sıra", "№"]
)
@pytest.mark.parametrize(
    "heading",
    ["OEM P/N (new)", "Teile-Nr.", "Maker's Part No", "Référence", "Número de parte", "品番", "Whatever it is"],
)
def test_a_column_that_counts_is_never_the_one_of_the_part_numbers(counter: str, heading: str):
    rows = [[counter, heading, "Pcs"], *([n, part, 2] for n, part in enumerate(SIX, 1))]
    for found in (read(table(*rows)), text("\n".join(";".join(map(str, row)) for row in rows))):
        assert found.part_numbers == SIX
        assert (found.reading.column, found.reading.heading) == ("B", heading)


@pytest.mark.parametrize("pattern", ["{}", "{}0", "{:03}", "{}.", "{})", "{}.0", "1.{}"])
def test_a_list_that_only_counts_is_a_question_and_not_a_list(pattern: str):
    counted = "\n".join(pattern.format(n) for n in range(1, 7))
    for content in (counted, f"Part Number\n{counted}"):
        found = text(content)
        assert found.part_numbers == []
        assert "counts 1, 2, 3" in (found.reading.question or "")
        chosen = text(content, column="A")
        assert len(chosen.part_numbers) + chosen.rejected_count == 6


def test_part_numbers_in_a_row_do_not_count():
    assert text("65200\n65201\n65202\n65203").part_numbers == ["65200", "65201", "65202", "65203"]
    assert text("AN3-1\nAN3-2\nAN3-3").part_numbers == ["AN3-1", "AN3-2", "AN3-3"]


def test_without_headings_the_one_column_that_looks_like_part_numbers_is_read():
    found = text("1,NAS6604-12,4\n2,MS21042-4,4\n3,AN960-10L,4\n4,00417,4")
    assert found.part_numbers == ["NAS6604-12", "MS21042-4", "AN960-10L", "00417"]
    assert found.reading.column == "B"


def test_pasting_two_columns_gives_what_uploading_them_gives():
    assert text("NAS6604-12\t5\nMS21042-4\t10\nAN960-10L\t2").part_numbers == ["NAS6604-12", "MS21042-4", "AN960-10L"]


@pytest.mark.parametrize(
    "rows",
    [
        [["P/N", "P/N"], ["A1-1", "B1-1"], ["A2-2", "B2-2"]],
        [["Cust Ref", "What"], ["C-1", "NAS6604-12"], ["C-2", "MS21042-4"], ["C-3", "AN960-10L"]],
        [["Item No.", "First", "Second"], [1, "A1-1", "B1-1"], [2, "A2-2", "B2-2"], [3, "A3-3", "B3-3"]],
    ],
)
def test_where_two_columns_may_be_meant_nothing_is_read_until_a_person_has_chosen(rows: list[list[Any]]):
    found = read(table(*rows))
    assert found.part_numbers == []
    assert found.reading.asks == "column"
    with pytest.raises(BadInput) as asked:
        settled(found.reading)
    assert asked.value.code == "needs_choice"
    by_letter = {one.letter: one for one in found.reading.columns}
    last = max(by_letter)
    assert by_letter[last].first == tuple(str(row[-1]) for row in rows[1:])
    assert read(table(*rows), column=last).part_numbers == [row[-1] for row in rows[1:]]


def test_a_column_can_be_named_by_its_heading_or_its_letter_and_one_that_is_not_there_is_asked_for_again():
    content = table(["Part Number", "Alt. P/N"], ["A1-1", "B1-1"], ["A2-2", "B2-2"])
    assert read(content).part_numbers == ["A1-1", "A2-2"]
    for said in ("B", "b", "alt. p/n"):
        assert read(content, column=said).part_numbers == ["B1-1", "B2-2"]
    assert "no column “Q”" in (read(content, column="Q").reading.question or "")


def test_the_column_the_header_and_the_first_ten_numbers_are_shown():
    found = read(table(["Pos", "P/N"], *([n, f"AN{n}-10"] for n in range(1, 15))))
    assert found.reading.said()[:2] == [
        "Read from sheet “Sheet”, column B, headed “P/N” on line 1.",
        f"First part numbers: {', '.join(f'AN{n}-10' for n in range(1, 11))}.",
    ]
    assert msgspec.convert(found.reading.document(), Reading) == found.reading


# --- headings


def test_lines_above_the_headings_are_reported_however_many():
    rows = [[f"line {n} of a form"] for n in range(1, 40)]
    content = table(*rows, ["Pos", "P/N", "Qty"], *([n, part, 1] for n, part in enumerate(SIX, 1)))
    found = read(content)
    assert found.part_numbers == SIX
    assert set(codes(found).values()) == {"above_header"}
    assert found.refused_count == 0


def test_a_title_above_a_single_column_is_no_part_number():
    for found in (
        read(table(["Stock order"], [], ["Part No"], *([p] for p in SIX))),
        text("Stock order\n\nPart No\n" + "\n".join(SIX)),
    ):
        assert found.part_numbers == SIX
        assert codes(found) == {1: "above_header"}


def test_headings_over_two_rows_merged_titles_and_far_corners_are_read():
    two = table(["Part", "Part", "Order"], ["Number", "Name", "Qty"], *([p, "BOLT", 1] for p in SIX))
    assert read(two).part_numbers == SIX

    def merged(_book: Any, sheet: Any) -> None:
        sheet["C20"] = "Request 2026"
        sheet.merge_cells("C20:F20")
        for place, value in enumerate(["P/N", *SIX]):
            sheet.cell(22 + place, 30, value)

    found = read(opened(merged))
    assert found.part_numbers == SIX
    assert (found.reading.column, found.reading.heading_line) == ("AD", 22)


def test_repeated_headings_sums_and_page_lines_are_reported_and_no_reason_to_stop():
    found = text("P/N,Qty\nNAS6604-12,1\nPage 2,\nP/N,Qty\nMS21042-4,2\nSum: 2 lines,3\nTotal,\nSeite 2 von 3,\n,5")
    assert found.part_numbers == ["NAS6604-12", "MS21042-4"]
    assert codes(found) == {
        3: "sum_or_page_line", 4: "repeated_heading", 6: "sum_or_page_line", 7: "sum_or_page_line",
        8: "sum_or_page_line", 9: "empty",
    }  # fmt: skip
    assert found.refused_count == 0


# --- sheets


def sheets(**content: list[list[Any]]) -> bytes:
    def fill(book: Any, first: Any) -> None:
        for place, (name, rows) in enumerate(content.items()):
            sheet = first if place == 0 else book.create_sheet(name)
            sheet.title = name
            for row in rows:
                sheet.append(row)

    return opened(fill)


def test_the_sheet_with_the_header_is_read_and_the_others_are_listed():
    found = file("cover_sheet.xlsx")
    assert found.part_numbers == SIX
    assert remarks(found) == {"other_sheet": 3}


def test_a_second_sheet_of_parts_is_listed_with_its_rows_and_can_be_chosen():
    content = sheets(A=[["Part Number"], ["A1-1"]], B=[["Part Number"], ["B1-1"], ["B2-2"]])
    found = read(content)
    assert found.part_numbers == ["A1-1"]
    assert "Sheet “B” with 2 rows was not read." in found.reading.said()
    assert read(content, sheet="b").part_numbers == read(content, sheet="2").part_numbers == ["B1-1", "B2-2"]
    assert read(content, sheet="C").reading.asks == "sheet"


def test_two_sheets_without_headings_are_a_question():
    found = read(sheets(A=[["A1-1"], ["A2-2"]], B=[["B1-1"], ["B2-2"]]))
    assert (found.part_numbers, found.reading.asks) == ([], "sheet")
    assert [(one.name, one.rows) for one in found.reading.sheets] == [("A", 2), ("B", 2)]


def test_a_hidden_sheet_is_listed_never_read_and_can_be_chosen():
    for state in ("hidden", "veryHidden"):

        def fill(book: Any, sheet: Any, state: str = state) -> None:
            sheet.append(["Part Number"])
            sheet.append(["A1-1"])
            other = book.create_sheet("old")
            other.append(["Part Number"])
            other.append(["B1-1"])
            other.sheet_state = state

        found = read(opened(fill))
        assert found.part_numbers == ["A1-1"]
        assert any("hidden sheet “old”" in line for line in found.reading.said())
        assert read(opened(fill), sheet="old").part_numbers == ["B1-1"]


# --- what a person does not see


def test_filtered_rows_are_counted_left_unread_and_read_when_asked_for():
    found = file("filtered.xlsx")
    assert found.part_numbers == [f"AN{n}-10" for n in (10, 20, 30, 40, 50)]
    assert remarks(found) == {"hidden_rows": 45}
    assert len(file("filtered.xlsx", include_hidden=True).part_numbers) == 50


def test_struck_out_rows_are_counted_and_left_unread():
    found = file("struck_out.xlsx")
    assert found.part_numbers == ["NAS6604-12", "AN960-10L"]
    assert remarks(found) == {"struck_out": 1}
    assert "MS21042-4" in file("struck_out.xlsx", include_hidden=True).part_numbers


def test_rows_hidden_by_hand_or_by_no_height_are_hidden():
    def fill(_book: Any, sheet: Any) -> None:
        sheet.write_column(0, 0, ["P/N", *SIX])
        sheet.set_row(1, None, None, {"hidden": True})
        sheet.set_row(2, 0)

    assert read(workbook(fill)).part_numbers == SIX[2:]
    assert remarks(read(workbook(fill))) == {"hidden_rows": 2}


def test_a_hidden_column_gives_way_to_the_one_that_is_seen():
    found = file("hidden_column.xlsx")
    assert found.part_numbers == SIX
    assert remarks(found) == {"hidden_column": 1}


def test_a_formula_that_was_never_calculated_is_named():
    found = file("uncalculated.xlsx")
    assert found.part_numbers == ["NAS6604-12", "AN960-10L"]
    assert codes(found) == {3: "formula_not_calculated"}
    assert "save it" in found.rejected[0].reason


# --- numbers that are not what the person saw


def test_numbers_shown_otherwise_than_they_are_held_are_flagged_with_their_line():
    found = file("shown_otherwise.xlsx")
    assert found.part_numbers == ["MS21042-4"]
    assert codes(found) == dict.fromkeys(range(2, 9), "formatted_number")
    assert set(file("shown_otherwise.xlsx", accept_flagged=True).part_numbers) >= {"31000000", "4417", "MS21042-4"}


@pytest.mark.parametrize(
    ("value", "code", "seen"),
    [
        (123, "00000", "00123"), (1234567, "000-0000", None), (12345, "#,##0", None), (417, "#,##0", "417"),
        (12, "0.00", None), (12.5, "0.0", "12.5"), (12.5, "0", None), (5, '"P"0', None), (65204, "General", "65204"),
        (123456789012, "General", None), (123456789012, "0", "123456789012"), (45, '0" pcs"', None), (3, ";;;", "3"),
        (9, "[$EUR]0", None), (8, "0_)", "8"), (5, "[Red]00000", "00005"), (0.25, "# ?/?", None), (0.12, "0%", None),
        (7200, "0.0E+0", None), (1.5, "General", "1.5"), (65204, "@", "65204"),
    ],
)  # fmt: skip
def test_a_number_is_taken_as_the_cell_shows_it_or_flagged(value: float, code: str, seen: str | None):
    def fill(book: Any, sheet: Any) -> None:
        sheet.write(0, 0, "P/N")
        sheet.write_number(1, 0, value, book.add_format({"num_format": code}))

    found = read(workbook(fill))
    if code == ";;;":
        seen = None
    assert found.part_numbers == ([] if seen is None else [seen])
    assert codes(found) == ({2: "formatted_number"} if seen is None else {})


@pytest.mark.parametrize(
    "text_",
    ["5-Jun", "Jun-05", "11/7/2026", "2026-11-07", "07.11.2026", "08:15", "4-Mar", "05. Jun", "mars-26", "1-ene",
     "Mai 26",
     "2026-11-07 00:00:00", "11/7/26", "13.5.", "7-11-2026", "8:15 AM", "1-Dez-26", "März-05", "août-26", "DEC-11"],
)  # fmt: skip
def test_a_date_that_a_spreadsheet_made_is_flagged(text_: str):
    found = text(f"Part Number;Qty\n{text_};1\nMS21042-4;2")
    assert found.part_numbers == ["MS21042-4"]
    assert codes(found) == {2: "date_text"}


@pytest.mark.parametrize("text_", ["3,10E+07", "7E+03", "6.02E-07", "9.9E+101", "1.00E+05", "3.1E7", "1,23457E+11"])
def test_a_number_that_a_spreadsheet_shortened_is_flagged(text_: str):
    found = text(f"Part Number;Qty\n{text_};1\nMS21042-4;2")
    assert found.part_numbers == ["MS21042-4"]
    assert codes(found) == {2: "shortened_number"}


def test_placeholders_and_errors_of_formulas_in_any_language_are_reported():
    found = file("placeholders.csv")
    assert found.part_numbers == ["MS21042-4"]
    assert sorted(codes(found)) == list(range(3, 15))


@pytest.mark.parametrize(
    ("text_", "code"),
    [
        ("#N/A", "error_cell"), ("#ÜBERLAUF!", "error_cell"), ("#¡VALOR!", "error_cell"), ("#NOME?", "error_cell"),
        ("#ЗНАЧ!", "error_cell"), ("Err:502", "error_cell"), ("#####", "error_cell"), ("n.a.", "placeholder"),
        ("TBC", "placeholder"), ("--", "placeholder"), ("xxx", "placeholder"), ("000", "placeholder"),
        ("siehe Zeichnung", "placeholder"),
        ("BOLT", "no_digit"), ("please quote", "no_digit"), ("77.0", "formatted_number"),
        ("12,5 %", "formatted_number"),
    ],
)  # fmt: skip
def test_what_stands_for_no_part_number_is_reported(text_: str, code: str):
    found = text(f"Part Number\tQty\n{text_}\t1\nMS21042-4\t2")
    assert found.part_numbers == ["MS21042-4"]
    assert codes(found) == {2: code}


# --- blanks, hyphens, several numbers


def test_soft_hyphens_and_cut_numbers_are_named_with_their_place():
    found = file("soft_hyphen.csv")
    assert found.part_numbers == ["MS21042-4"]
    assert codes(found) == {2: "soft_hyphen", 4: "soft_hyphen", 5: "cut_number", 6: "cut_number"}
    assert "Character 8" in found.rejected[0].reason
    assert "NAS6604-12" in file("soft_hyphen.csv", accept_flagged=True).part_numbers


@pytest.mark.parametrize(
    "text_",
    ["NAS6604 - 12", "NAS6604- 12", "NAS6604 -12", "NAS6604\u00a0-\u00a012", "NAS6604 \u2013 12", "NAS6604\u2009-12"],
)
def test_a_blank_beside_a_hyphen_is_flagged_and_folded_when_confirmed(text_: str):
    found = from_text(f"P/N\n{text_}\nMS21042-4", max_parts=MOST)
    assert found.part_numbers == ["MS21042-4"]
    assert codes(found) == {2: "blank_inside"}
    confirmed = from_text(f"P/N\n{text_}\nMS21042-4", max_parts=MOST, choice=ColumnMapping(accept_flagged=True))
    assert confirmed.part_numbers == ["NAS6604-12", "MS21042-4"]


@pytest.mark.parametrize(
    "text_",
    [
        "NAS6604\u201312",
        "\uff2e\uff21\uff33\uff16\uff16\uff10\uff14\uff0d\uff11\uff12",
        "NAS\u200b6604-12",
        "\u00a0NAS6604-12\u00a0",
        "nas6604\u221212",
    ],
)
def test_look_alikes_are_folded_in_silence(text_: str):
    assert from_text(f"P/N\n{text_}\nMS21042-4", max_parts=MOST).part_numbers == ["NAS6604-12", "MS21042-4"]


def test_several_numbers_in_a_cell_are_explained():
    found = file("several_in_a_cell.xlsx")
    assert found.part_numbers == []
    assert sorted(codes(found)) == [2, 3, 4, 5, 6, 7]
    assert found.rejected[0].reason.startswith("Two numbers in one cell, with a line break")


@pytest.mark.parametrize(
    "cell",
    ["A1-2; A1-3", "A1-2|A1-3", "A1-2 & A1-3", "A1-2 AND A1-3", "A1-2 und A1-3", "A1-2 or A1-3", "AN3-5/AN3-6",
     "AN3-5+AN3-6",
     "AN3-5..AN3-9", "P/N: A1-2", "Part No. = A1-2", "A1-2 x 5", "A1-2 (2 pcs)", "5 EA A1-2", "A1-2 Menge 3",
     "A1-2    5   BOLT"],
)  # fmt: skip
def test_more_than_a_part_number_in_a_cell_is_flagged(cell: str):
    found = read(table(["Part Number", "Qty"], [cell, 1], ["MS21042-4", 2]))
    assert found.part_numbers == ["MS21042-4"]
    assert list(codes(found)) == [2]


def test_a_line_break_behind_the_only_number_of_a_cell_is_nothing():
    assert read(table(["Part Number"], ["A1-2\n"], ["\nA1-3"])).part_numbers == ["A1-2", "A1-3"]


@pytest.mark.parametrize("name", ["fixed_width.txt", "email.txt"])
def test_sentences_and_columns_set_with_blanks_are_flagged_before_a_call_is_spent(name: str):
    found = file(name)
    assert found.part_numbers == []
    assert found.refused_count >= 5
    assert text((FILES / name).read_text()) == found


# --- honest but odd files


@pytest.mark.parametrize("name", ["backslash_names.xlsx", "remark_far_right.xlsx", "tightly_packed_drawing.xlsx"])
def test_an_honest_workbook_is_read_however_odd(name: str):
    assert file(name).part_numbers == SIX


def rewritten(content: bytes, *changes: tuple[bytes, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            data = old.read(entry)
            for before, after in changes:
                data = data.replace(before, after)
            new.writestr(entry.filename, data)
    return out.getvalue()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("xl/workbook", "xl/workbook22"),
        ("xl/workbook", "xl/Workbook"),
        ("xl/sharedStrings", "xl/SharedStrings"),
        ("/", "\\"),
    ],
)
def test_parts_of_a_workbook_may_be_named_as_its_program_likes(before: str, after: str):
    out = io.BytesIO()
    plain = workbook(lambda _book, sheet: sheet.write_column(0, 0, ["Part Number", *SIX]))
    with zipfile.ZipFile(io.BytesIO(plain)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            name = entry.filename.replace(before, after)
            if before == "xl/workbook":
                name = name.replace("_rels/workbook", f"_rels/{after.removeprefix('xl/')}")
            new.writestr(name, old.read(entry))
    assert read(out.getvalue()).part_numbers == SIX


def test_strict_workbooks_those_of_1904_and_those_without_shared_texts_are_read():
    plain = workbook(lambda _book, sheet: sheet.write_column(0, 0, ["Part Number", *SIX]))
    strict = rewritten(
        plain,
        (b"http://schemas.openxmlformats.org/spreadsheetml/2006/main", b"http://purl.oclc.org/ooxml/spreadsheetml/main"),
        (b"http://schemas.openxmlformats.org/officeDocument/2006/relationships",
         b"http://purl.oclc.org/ooxml/officeDocument/relationships"),
    )  # fmt: skip
    assert read(strict).part_numbers == SIX
    assert read(table(["Part Number"], *([part] for part in SIX))).part_numbers == SIX  # openpyxl writes inline texts

    def dated(book: Any, sheet: Any) -> None:
        sheet.write_column(0, 0, ["Part Number", *SIX])
        sheet.write_datetime(7, 0, dt.datetime(2026, 3, 4), book.add_format({"num_format": "d-mmm"}))  # noqa: DTZ001

    found = read(workbook(dated, date_1904=True))
    assert (found.part_numbers, codes(found), found.rejected[0].text) == (SIX, {8: "date_cell"}, "2026-03-04")


def test_an_export_of_numbers_with_its_summary_and_its_table_s_name_is_read():
    found = read(
        sheets(
            Summary=[["This document was exported from Numbers."]],
            List=[["Table 1"], ["Part Number", "Qty"], *([part, 1] for part in SIX)],
        )
    )
    assert found.part_numbers == SIX
    assert remarks(found)["other_sheet"] == 1


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("hint", [True, False])
def test_every_kind_of_csv_is_read(encoding: str, delimiter: str, hint: bool):  # noqa: FBT001 - a case of a table
    rows = [["Pos", "Part Number", "Größe"], *([str(n), part, "groß"] for n, part in enumerate(SIX, 1))]
    content = "".join([f"sep={delimiter}\r\n" if hint else "", *(delimiter.join(row) + "\r\n" for row in rows)])
    assert read(content.encode(encoding)).part_numbers == SIX


@pytest.mark.parametrize(
    ("marker", "code", "word"),
    [("EncryptedPackage", "old_or_protected_workbook", "password"), ("Workbook", "old_or_protected_workbook", ".xls ")],
)
def test_protected_and_old_workbooks_are_distinguished(marker: str, code: str, word: str):
    content = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + marker.encode("utf-16-le") + b"\0" * 600
    with pytest.raises(BadInput) as refused:
        read(content)
    assert refused.value.code == code
    assert word in refused.value.message


# --- nothing real is lost


def test_every_known_part_number_goes_through_every_way_in():
    assert from_list(KNOWN, max_parts=MOST).part_numbers == KNOWN
    assert text("part_number\n" + "\n".join(KNOWN)).part_numbers == KNOWN
    assert text("\n".join(f"{part};5" for part in KNOWN)).part_numbers == KNOWN
    found = read(table(["Pos", "Part Number"], *([n, part] for n, part in enumerate(KNOWN, 1))))
    assert (found.part_numbers, found.rejected_count) == (KNOWN, 0)


REAL = st.one_of(
    st.from_regex(r"[A-Z]{2,4}[0-9]{2,5}-[0-9]{1,3}[A-Z]?", fullmatch=True),
    st.from_regex(r"[A-Z]{1,4}[0-9]{1,4}[A-Z]{1,2}[0-9]{1,3}(=[A-Z][0-9])?", fullmatch=True),
    st.from_regex(r"[0-9]{2}-[0-9]{4,5}-[0-9]{1,3}[A-Z]?", fullmatch=True),
    st.from_regex(r"[1-9][0-9]{4,8}", fullmatch=True),
    st.from_regex(r"0[0-9]{3,7}[1-9]", fullmatch=True),
    st.from_regex(r"M[0-9]{5}/[0-9]{1,2}-[0-9]{1,3}", fullmatch=True),
    st.sampled_from(["11-7", "1E5", "22E1", "MS21042-4", "AN3-43A=K3", "10-60754-1A", "3-4", "12E-3", "#10-32"]),
)


@given(st.lists(REAL, min_size=1, max_size=30, unique=True))
def test_numbers_like_real_ones_are_never_refused(parts: list[str]):
    for found in (
        from_list(parts, max_parts=MOST),
        from_text("part_number\n" + "\n".join([*parts, "ZZ99-1"]), max_parts=MOST),
        from_text(
            "Pos;P/N\n" + "\n".join(f"{n};{part}" for n, part in enumerate([*parts, "ZZ99-1"], 1)), max_parts=MOST
        ),
    ):
        assert found.rejected == []
        assert found.part_numbers[: len(parts)] == parts


@given(st.integers(0, 18_000))
def test_the_letters_of_a_column_lead_back_to_it(index: int):
    assert index_of(letter_of(index)) == index


def test_a_list_of_a_program_is_taken_as_given_but_for_what_cannot_be_meant():
    given_ = ["SKU", "AN3,AN4", "NAS 6604-12", "5-JUN", "1E5", "#BEZUG!", "3,10E+07"]
    found = from_list(given_, max_parts=MOST)
    assert found.part_numbers == given_[:5]
    assert codes(found) == {6: "error_cell", 7: "shortened_number"}


def test_what_is_flagged_can_be_confirmed_and_what_is_no_number_cannot():
    found = text("P/N;Qty\n5-JUN;1\nTBD;2\n#N/A;3\nMS21042-4;4", accept_flagged=True)
    assert found.part_numbers == ["5-JUN", "MS21042-4"]
    assert codes(found) == {3: "placeholder", 4: "error_cell"}


def test_an_empty_reading_is_a_plain_list():
    assert Reading().said() == ["Read as a plain list of part numbers."]
    settled(Reading())
