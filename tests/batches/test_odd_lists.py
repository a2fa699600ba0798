"""Lists of other layouts, languages and programs than those that were reported: nothing wrong is taken in silence."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter

import boeing_data_hub_sandbox
from boeing_data_hub.batches.lists.mapping import ColumnMapping
from boeing_data_hub.batches.lists.part_list import from_rows, from_text
from boeing_data_hub.batches.lists.spreadsheet import read_upload
from boeing_data_hub.batches.lists.workbook import read_workbook

PARTS = ["NAS6604-12", "MS21042-4", "AN960-10L"]
SAMPLE = Path(boeing_data_hub_sandbox.__file__).parent / "part-numbers.csv"


def read(text, **choice):
    return from_text(text, max_parts=5000, choice=ColumnMapping(**choice))


def workbook(*rows, at=(0, 0), hidden=()):
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet = book.add_worksheet("S")
    for place, row in enumerate(rows):
        for column, value in enumerate(row):
            if value is not None:
                sheet.write(at[0] + place, at[1] + column, value)
    for column in hidden:
        sheet.set_column(column, column, None, None, {"hidden": True})
    book.close()
    return read_workbook(out.getvalue(), max_parts=5000)


def of_cell(text):
    """What becomes of one cell below a heading: the part numbers, or code and what a person may confirm."""
    found = from_rows([["Part Number"], [text]], max_parts=9)
    assert len(found.rejected) + len(found.part_numbers) == 1
    return [(one.code, one.part_number) for one in found.rejected] or found.part_numbers


@pytest.mark.parametrize(
    ("text", "code"),
    [
        *[(text, "formatted_number") for text in ("65.204", "1.234.567", "1,234", "1'234", "1.234,50", "12 %")],
        *[(text, "date_text") for text in ("MAR-04-26", "1900-01-00", "5/4", "1/2", "07-11-26", "31-12-26", "3月5日")],
        *[(text, "date_text") for text in ("2026年3月5日", "5-июн", "12-Μαρ", "04-Mär", "1-févr.", "26-Jun-05")],
        *[(text, "error_cell") for text in ("#N/B", "#GETTING_DATA", "#N/DISP", "#¿NOMBRE?", "#SAKNAS!", "#値!")],
        *[(text, "error_cell") for text in ("#ССЫЛКА!", "#Н/Д", "#ÜBERLAUF!", "Fehler:502", "#####")],
        *[(text, "not_a_part") for text in ("j.doe2@example.com", "https://example.com/x1", "PO#4711", "Tel: 040 12")],
        *[(text, "sum_or_page_line") for text in ("---", ":--:", "======", "+----+", "Total: 12", "Seite 3")],
        *[(text, "several_numbers") for text in ("AN3-5/6/7", "AN3-(5-9)", "AN3-5~9", "AN3-5+AN3-6", "AN3-5 AN3-6")],
        *[(text, "several_numbers") for text in ("NAS6604-12+MS21042-4", "NAS6604-12/MS21042-4", "NAS6604-12；AN3-5")],
        *[(text, "quantity_in_cell") for text in ("NAS6604-12*5", "NAS6604-12:5", "NAS6604-12^5", "NAS6604-12 @ 5")],
        *[(text, "quantity_in_cell") for text in ("5x NAS6604-12", "NAS6604-12 x5")],
        *[(text, "date_text") for text in ("11/2026", "11.2026", "2026-11")],
        *[(text, "stray_sign") for text in ("<p>NAS6604-12</p>", "NAS6604-12<br>MS21042-4")],
        *[(text, "cut_number") for text in ("-6", "=K3", "+5", "AN960-", "-13,")],
    ],
)
def test_what_is_no_part_number_is_reported_with_its_code(text, code):
    assert [one[0] for one in of_cell(text)] == [code]


@pytest.mark.parametrize(
    "text",
    [
        "(NAS6604-12)", "[NAS6604-12]", "<NAS6604-12>", "`NAS6604-12`", "*NAS6604-12*", "NAS6604-12.", "NAS6604-12!",
        "NAS6604-12?", "NAS6604-12;", "- NAS6604-12", "-NAS6604-12", "\u2013 NAS6604-12", "* NAS6604-12",
        "> NAS6604-12",
        "1. NAS6604-12", "2) NAS6604-12", "(3) NAS6604-12", "[4] NAS6604-12", "=NAS6604-12", "+NAS6604-12",
        '["NAS6604-12"', '"NAS6604-12"]', "('NAS6604-12'",
    ],
)  # fmt: skip
def test_signs_around_a_number_are_flagged_and_the_bare_number_is_offered(text):
    assert of_cell(text) == [("stray_sign", "NAS6604-12")]


@pytest.mark.parametrize(
    "number",
    [
        "1E5", "22E1", "3E10-4", "E1234", "11-7", "60-12-15", "3/4-16", "M83248/1-241", "D38999/26WB35SN", "AN3-43A=K3",
        "MS20470(AD)6", '12"', "00417", "65204", "7701234", "5962-8751404XA", "2-1437", "NAS1149F0332P+", "10-60000-1",
        "BACB30NN4K5", "MAY-5", "AN-PC-12", "M83519/2-8EA", "A-19EA-31", "NAS6604_12", "88.5",
    ],
)  # fmt: skip
def test_unusual_but_possible_numbers_are_kept(number):
    assert of_cell(number) == [number]


def test_no_number_of_the_sample_list_is_lost_in_any_form():
    numbers = [row["part_number"] for row in csv.DictReader(SAMPLE.read_text(encoding="utf-8").splitlines())]
    wanted = list(dict.fromkeys(numbers))
    forms = [
        "\n".join(numbers),
        ", ".join(numbers),
        str(numbers),
        "Pos;Part No.;Qty\n" + "\n".join(f"{place};{number};{place % 7}" for place, number in enumerate(numbers, 1)),
        "\n".join(f"{number}\t{place % 50}" for place, number in enumerate(numbers)),
        "\n".join(f'{place % 50},"{number}"' for place, number in enumerate(numbers)),
    ]
    for text in forms:
        found = read(text)
        assert (found.part_numbers, found.refused_count) == (wanted, 0)
    assert not [number for number in wanted if of_cell(number) != [number]]


def test_headings_over_two_lines_of_a_cell_head_a_csv():
    found = read('"Part\nNumber","Long\ntext"\n"NAS6604-12","a\nb"\n"MS21042-4","x"\n')
    assert found.part_numbers == PARTS[:2]
    assert not found.rejected
    assert found.reading.said()[0] == "Read from column A, headed “Part Number” on line 1."


@pytest.mark.parametrize("line", ["|:--|:--:|--:|", "|---|---|---|", "| --- | --- | --- |", "|:-:|--|--|"])
def test_a_table_of_markdown_is_read_below_its_headings(line):
    found = read(f"| # | Part | Qty |\n{line}\n| 1 | NAS6604-12 | 5 |\n| 2 | MS21042-4 | 10 |\n")
    assert found.part_numbers == PARTS[:2]
    assert found.reading.heading == "Part"


@pytest.mark.parametrize(
    "text",
    [
        '["NAS6604-12", "MS21042-4", "AN960-10L"]',
        "['NAS6604-12', 'MS21042-4',\n 'AN960-10L']",
        "('NAS6604-12','MS21042-4','AN960-10L');",
        '\n{"NAS6604-12", "MS21042-4", "AN960-10L"}\n',
    ],
)
def test_a_list_as_a_program_writes_it_is_read_without_its_brackets(text):
    found = read(text)
    assert (found.part_numbers, found.refused_count) == (PARTS, 0)


def test_a_number_in_brackets_beside_others_is_no_list_of_a_program():
    found = read("(NAS6604-12)\n(MS21042-4)")
    assert [one.part_number for one in found.rejected] == PARTS[:2]


@pytest.mark.parametrize("text", ["NAS6604-12, 5", "Hello\nNAS6604-12\t5\nThanks", "NAS6604-12,5,MS21042-4,10"])
def test_a_short_number_behind_a_part_number_is_not_searched_as_a_part(text):
    found = read(text)
    assert not [number for number in found.part_numbers if number.isdigit()]
    assert "5" in [one.text for one in found.rejected if one.code == "quantity_in_cell"]


def test_a_table_far_to_the_right_is_read():
    found = workbook(["Pos", "P/N"], [1, PARTS[0]], [2, PARTS[1]], at=(3, 250))
    assert (found.part_numbers, found.reading.column) == (PARTS[:2], "IR")


def test_a_hidden_column_is_not_replaced_by_the_description_next_to_it():
    found = workbook(["P/N", "Text"], [PARTS[0], "BOLT 4-28"], [PARTS[1], "NUT M4"], hidden=[0])
    assert not found.part_numbers
    assert found.reading.asks == "column"
    assert "hidden" in (found.reading.question or "")


@pytest.mark.parametrize(
    "rows", [[["Part Number", *PARTS], ["Qty", 1, 2, 3]], [["ACME"], ["P/N", PARTS[0]], ["Qty", 5]]]
)
def test_numbers_beside_their_heading_are_named(rows):
    found = workbook(*rows)
    assert not found.part_numbers
    assert PARTS[0] in (found.reading.question or "")


@pytest.mark.parametrize(("held", "is_shown"), [(0.00001, False), (1.23456789012, False), (1.5, True), (0.125, True)])
def test_a_cell_without_a_format_rounds_long_decimals(held, is_shown):
    found = workbook(["P/N"], [held], [PARTS[0]])
    assert (len(found.part_numbers) == 2) is is_shown


def test_a_file_of_only_a_byte_order_mark_is_empty():
    with pytest.raises(Exception, match="empty"):
        read_upload(b"\xef\xbb\xbf", "x.csv", max_parts=9)


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("NAS 6604-12", "Did you mean NAS6604-12?"),
        ("NAS6604-12 5", "or a quantity next to it"),
        ("NAS6604-12 BOLT", "other words next to the part number"),
        ("BOLT NAS6604-12", "other words next to the part number"),
        ("Please deliver by 2026-12-01", "other words next to the part number"),
    ],
)
def test_the_advice_for_blanks_never_joins_a_quantity_or_a_word_to_the_number(text, advice):
    (flagged,) = from_rows([["Part Number"], [text]], max_parts=9).rejected
    assert advice in flagged.reason


def test_headings_are_shown_on_one_line():
    book = openpyxl.Workbook()
    for row in (["Part\nNumber", "Qty"], [PARTS[0], 1], [PARTS[1], 2]):
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    assert not re.search(r"\\n|\n", read_workbook(out.getvalue(), max_parts=9).reading.heading or "")


@pytest.mark.parametrize("count", [[1, 2, 4, 5, 6, 8, 9], [3, 4, 7, 8], ["A1", "A2", "A3"], ["1a", "1b", "2a"]])
def test_a_count_with_gaps_or_letters_is_no_part_number_column(count):
    rows = [["Item No", "Part"], *([number, f"NAS6604-{place}"] for place, number in enumerate(count))]
    assert workbook(*rows).part_numbers == [f"NAS6604-{place}" for place in range(len(count))]
    if str(count[0])[0].isdigit():
        assert read("\n".join(map(str, count))).reading.asks == "column"


@pytest.mark.parametrize(
    "numbers", [["65200", "65201", "65203"], ["A1", "C12", "A3"], ["417", "12", "733"], ["A1", "A2", "A3"]]
)
def test_numbers_that_do_not_count_from_the_start_are_part_numbers(numbers):
    assert read("\n".join(numbers)).part_numbers == numbers


def test_a_download_of_ours_brings_back_what_was_searched_however_odd():
    odd = ["'-6", "'=K3", "(AN3)", '"=""5/4"""', '"=""00417"""', "NAS6604-12."]
    found = read("part_number,error_code,error\n" + "".join(f"{number},not_found,x\n" for number in odd))
    assert found.part_numbers == ["-6", "=K3", "(AN3)", "5/4", "00417", "NAS6604-12."]
    assert not found.rejected
