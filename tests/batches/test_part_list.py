"""Lists as people hand them in: JSON, pasted text, tables."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.patience import allow

from boeing_data_hub.batches.lists import part_list
from boeing_data_hub.batches.lists.delimited import find_delimiter
from boeing_data_hub.batches.lists.headings import is_header
from boeing_data_hub.batches.lists.part_list import (
    Duplicate,
    PartList,
    from_list,
    from_request,
    from_rows,
    from_text,
    shown,
)
from boeing_data_hub.errors import BadInput, HubError
from boeing_data_hub.values.part_numbers import clean

MOST = 50_000
HOSTILE = st.text(
    alphabet=st.sampled_from("aA1-=,;|\t\r\n\x0b\x0c\x85\u2028\u2029\"' \ufeff\u00a0\u202e\ud800\x00é#E+.")
    | st.characters(),
    max_size=200,
)


def parts(text: str) -> list[str]:
    return from_text(text, max_parts=MOST).part_numbers


# --- JSON lists


def test_a_list_keeps_its_order_and_loses_its_duplicates():
    found = from_list(["b2", " A1 ", "B2", "a1", "C3"], max_parts=MOST)
    assert found.part_numbers == ["B2", "A1", "C3"]
    assert found.duplicates == [Duplicate(3, "B2", 1), Duplicate(4, "A1", 2)]
    assert (found.duplicate_count, found.rejected_count) == (2, 0)


def test_an_empty_list_is_an_empty_part_list():
    assert from_list([], max_parts=MOST) == PartList([], [], [], 0, 0)


@pytest.mark.parametrize("blank", ["", "  ", "\u200b", '""'])
def test_a_blank_entry_of_a_list_is_rejected(blank: str):
    found = from_list(["AN3", blank], max_parts=MOST)
    assert [(r.line, r.code) for r in found.rejected] == [(2, "empty")]


def test_a_list_knows_no_headings():
    assert from_list(["SKU", "AN3,AN4"], max_parts=MOST).part_numbers == ["SKU", "AN3,AN4"]


def test_what_is_no_part_number_is_rejected_with_its_line_and_reason():
    found = from_list(["AN3", "A" * 51, "AN\x003", "AN\ud8003", "ANÄ"], max_parts=MOST)
    assert [(r.line, r.code) for r in found.rejected] == [
        (2, "too_long"),
        (3, "control_character"),
        (4, "lone_surrogate"),
        (5, "not_ascii"),
    ]
    assert found.rejected[1].text == "AN\\x003"
    assert found.rejected[2].text == "AN\\ud8003"


def test_a_rejected_text_is_shown_short_and_without_control_characters():
    assert shown("A\x1b[2J\u202eB\n") == "A\\x1b[2J\\u202eB\\n"
    assert len(shown("\x00" * 500)) == 80
    assert len(shown("A" * 81)) == 80
    assert shown("A" * 80) == "A" * 80
    assert shown("Ä") == "Ä"


def test_fifty_thousand_and_one_part_numbers_are_too_many():
    with pytest.raises(BadInput) as refused:
        from_list([f"P{number}" for number in range(50_001)], max_parts=50_000)
    assert refused.value.code == "too_many_parts"
    assert refused.value.message == "You sent 50,001 part numbers; the limit is 50,000. Split the list."
    assert refused.value.details == {"sent": 50_001, "limit": 50_000}


def test_only_different_part_numbers_count_towards_the_limit():
    found = from_list(["AN3"] * 50_000, max_parts=1)
    assert found.part_numbers == ["AN3"]
    assert (found.duplicate_count, len(found.duplicates)) == (49_999, part_list.MAX_SAMPLES)


def test_rejections_are_counted_in_full_and_kept_as_samples():
    found = from_list(["Ä"] * 5_000, max_parts=1)
    assert (found.rejected_count, len(found.rejected)) == (5_000, part_list.MAX_SAMPLES)


def test_at_most_half_a_million_entries_are_read():
    with pytest.raises(BadInput, match="more than 500,000 entries"):
        from_list(["AN3"] * 500_001, max_parts=1)


# --- pasted text


@pytest.mark.parametrize(
    "separator", ["\n", "\r\n", "\r", "\x0b", "\x0c", "\u2028", "\u2029", "\x85", ",", ";", "\t", ", ", "\n\n"]
)
def test_pasted_text_is_split_at_every_usual_separator(separator: str):
    assert parts(separator.join(["an3", "AN4", "AN5"])) == ["AN3", "AN4", "AN5"]


def test_blank_pieces_of_pasted_text_are_nothing():
    found = from_text('\ufeff\n , ;;\t\n"",AN3,\n\u200b\n"\n', max_parts=MOST)
    assert found == PartList(["AN3"], [], [], 0, 0)


def test_an_empty_text_is_an_empty_part_list():
    assert from_text("", max_parts=MOST) == PartList([], [], [], 0, 0)


def test_lines_are_counted_as_a_person_sees_them():
    found = from_text("AN3\r\n\r\nAN4,Ä\ran3\n\u2028AN4", max_parts=MOST)
    assert [(r.line, r.text) for r in found.rejected] == [(3, "Ä")]
    assert found.duplicates == [Duplicate(4, "AN3", 1), Duplicate(6, "AN4", 3)]


def test_a_quoted_piece_may_hold_separators():
    found = from_text('AN3,"A1,B2";"A3;B4"\t"12""-HOSE"', max_parts=MOST)
    assert found.part_numbers == ["AN3", '12"-HOSE']
    assert [r.text for r in found.rejected] == ["A1,B2", "A3;B4"]


def test_a_lone_quote_swallows_nothing():
    assert parts('"AN3\nAN4\nAN5') == ["AN3", "AN4", "AN5"]
    assert parts('AN3,"AN4,AN5\nAN6"\nAN7') == ["AN3", "AN4", "AN5", 'AN6"', "AN7"]


def test_marks_and_look_alikes_of_office_programs_are_cleaned():
    assert parts('\ufeff\u201cAN3\u201343A\u201d\n\u00a0AN4\u00a0\n\'00123\n="00456"') == [
        "AN3-43A",
        "AN4",
        "00123",
        "00456",
    ]


@pytest.mark.parametrize(
    "heading",
    [
        "Part Number",
        "part_number",
        "PART NO.",
        "Part #",
        "pn",
        "P/N",
        "SKU",
        "aviallPartNumber",
        '"Product Code"',
        "Part Number(s):",
    ],
)
def test_a_heading_alone_on_the_first_line_is_left_out(heading: str):
    assert is_header(heading)
    assert parts(f"\n{heading}\nAN3\nAN4") == ["AN3", "AN4"]


def test_a_heading_further_down_is_reported():
    found = from_text("AN3\nSKU", max_parts=MOST)
    assert found.part_numbers == ["AN3"]
    assert [(r.line, r.code) for r in found.rejected] == [(2, "repeated_heading")]


def test_of_a_pasted_table_only_the_part_number_column_is_taken():
    text = 'Qty\tPart Number\tDescription\n5\tAN3\tBOLT, HEX; 5" LONG\n\n6\tan4\t"NUT\nPLAIN"\n7\t\tnothing\n8\tÄ\tx'
    found = from_text(text, max_parts=MOST)
    assert found.part_numbers == ["AN3", "AN4"]
    assert [(r.line, r.code) for r in found.rejected] == [(6, "empty"), (7, "not_ascii")]


def test_of_several_part_number_headings_the_full_number_wins():
    assert parts("Item,productCode,aviallPartNumber\n1,WF338109,WF338109=K3") == ["WF338109=K3"]


def test_an_ordinary_word_in_a_data_row_is_not_a_header():
    assert parts("AN3-43A,Part\nAN4-5,Part") == ["AN3-43A", "AN4-5"]


def test_a_labelled_list_on_one_line_loses_only_its_label():
    assert parts("SKU, AN3, AN4") == ["AN3", "AN4"]


def test_numbers_a_spreadsheet_has_mangled_are_rejected():
    found = from_text("1.23457E+11\n#N/A\n#REF!\n1E5", max_parts=MOST)
    assert [(r.line, r.code) for r in found.rejected] == [(1, "shortened_number"), (2, "error_cell"), (3, "error_cell")]
    assert found.part_numbers == ["1E5"]


# --- tables


def test_rows_are_read_in_the_column_headed_for_part_numbers():
    rows = [["", ""], ["Qty", "P/N"], ["1", "an3"], [], ["2", "AN4"], ["3", "AN3"]]
    found = from_rows(rows, max_parts=MOST)
    assert found.part_numbers == ["AN3", "AN4"]
    assert found.duplicates == [Duplicate(6, "AN3", 3)]


def test_rows_without_heading_are_read_in_the_first_column_with_content():
    assert from_rows([["", "AN3", "x"], ["", "AN4", "y"]], max_parts=MOST).part_numbers == ["AN3", "AN4"]


def test_title_rows_above_the_headings_are_reported_not_read():
    found = from_rows([["Request 17"], [""], ["No", "Part No."], ["1", "AN3"]], max_parts=MOST)
    assert found.part_numbers == ["AN3"]
    assert [(r.line, r.code, r.text) for r in found.rejected] == [(1, "above_header", "Request 17")]


def test_a_row_with_content_but_no_part_number_is_reported():
    found = from_rows([["pn", "qty"], ["AN3", "1"], ["", "Total: 1"], ["AN4"]], max_parts=MOST)
    assert found.part_numbers == ["AN3", "AN4"]
    assert [(r.line, r.code, r.text) for r in found.rejected] == [(3, "empty", "Total: 1")]


def test_a_part_number_cell_of_nothing_but_a_quote_is_a_reported_gap():
    found = from_rows([["\u00ab", "0"], ["AN3", "1"]], max_parts=MOST)
    assert [(r.line, r.code) for r in found.rejected] == [(1, "empty")]


def test_no_rows_are_an_empty_part_list():
    assert from_rows([], max_parts=MOST) == PartList([], [], [], 0, 0)
    assert from_rows([["", " "], []], max_parts=MOST) == PartList([], [], [], 0, 0)


# --- texts of files


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("AN3\nAN4\nAN5", None),
        ("AN3;5\nAN4;6,5", ";"),
        ("AN3|5\nAN4|6", "|"),
        ("AN3\tBOLT, HEX\nAN4\tNUT\nAN5\tPIN, COTTER, X", "\t"),
        ('AN3,"a;b;c",1\nAN4,"d;e;f",2', ","),
        ("Qty;Part Number\n5;AN3", ";"),
        ("Requested parts\nPart Number|Qty\nAN3|5", "|"),
        ("sep=|\nAN3|5", "|"),
        ("AN3-4,AN4-5,AN5-6\nMS29513-220,NAS1611-123\nAN8", None),
        ("AN3-43A,AN4-43A\nAN5-43A,AN6-43A", None),
        ("", None),
    ],
)
def test_the_delimiter_of_a_file_is_recognised(text: str, delimiter: str | None):
    assert find_delimiter(text) == delimiter


def test_a_wrapped_list_in_a_file_is_taken_whole():
    text = "AN3-43A,AN4-43A\nAN5-43A,AN6-43A"
    assert from_text(text, max_parts=MOST).part_numbers == ["AN3-43A", "AN4-43A", "AN5-43A", "AN6-43A"]


def test_a_quoted_cell_may_run_over_lines_without_shifting_the_count():
    text = 'sep=,\npart number,note\nAN3,"first\nsecond ""x""\nthird"\nÄ,1\n'
    found = from_text(text, max_parts=MOST)
    assert found.part_numbers == ["AN3"]
    assert [r.line for r in found.rejected] == [6]


def test_an_unbalanced_quote_in_a_file_costs_no_row():
    text = 'note,part number\n"5 inch,AN3\nx,AN4\n"y" z,AN5\n"w,AN6\nv",AN7\n'
    assert from_text(text, max_parts=MOST).part_numbers == ["AN3", "AN4", "AN5", "AN6", "AN7"]


# --- properties


@given(HOSTILE)
def test_no_text_breaks_the_reader_and_all_it_finds_is_clean(text: str):
    try:
        found = from_text(text, max_parts=20)
    except HubError:
        return
    assert all(clean(part) == part for part in found.part_numbers)
    assert len(set(found.part_numbers)) == len(found.part_numbers)
    assert all(len(r.text) <= 80 and r.text.isprintable() and r.reason for r in found.rejected)
    assert all(d.first_line <= d.line for d in found.duplicates)


@given(st.lists(st.text(alphabet="AB1-é\x00 ", min_size=1, max_size=60).filter(str.strip), max_size=30), st.data())
def test_every_piece_is_good_double_or_rejected(pieces: list[str], data: st.DataObject):
    separators = [data.draw(st.sampled_from([",", ";", "\n", "\r\n", "\t", ",,", " ; "])) for _ in pieces]
    text = "".join(piece + separator for piece, separator in zip(pieces, separators, strict=True))
    for found in (from_text(text, max_parts=MOST), from_list(pieces, max_parts=MOST)):
        if (
            found.reading.column is not None
        ):  # with separators that come evenly it is a table, of which a column is read
            continue
        assert len(found.part_numbers) + found.duplicate_count + found.rejected_count == len(pieces)


@given(st.lists(st.lists(HOSTILE, max_size=4), max_size=12))
def test_no_table_breaks_the_reader(rows: list[list[str]]):
    found = from_rows(rows, max_parts=MOST)
    if found.reading.question:
        return
    filled = [row for row in rows if re.search(r"[a-zA-Z0-9]", "".join(row))]
    assert len(found.part_numbers) + found.duplicate_count + found.rejected_count >= len(filled) - 1


# --- speed


@pytest.mark.alone
def test_fifty_thousand_part_numbers_are_read_in_a_moment():
    numbers = [f"ms20470ad{number}-10=k3" for number in range(50_000)]
    started = time.process_time()
    from_list(numbers, max_parts=MOST)
    from_text("\r\n".join(numbers), max_parts=MOST)
    assert time.process_time() - started < allow(0.4)  # 0.2 s on an idle core


@pytest.mark.parametrize(
    "hostile",
    [
        '"' * 2_000_000,
        '"x""' * 500_000,
        'part,x\n"' + '""' * 1_000_000,
        '"""a,' * 100_000,
        ("x,y\n" + '"a,"b\n' * 200_000),
    ],
)
@pytest.mark.alone
def test_quotes_upon_quotes_take_no_more_than_their_share_of_time(hostile: str):
    started = time.process_time()
    from_text(hostile, max_parts=MOST)
    assert time.process_time() - started < allow(5)


@pytest.mark.parametrize("line", ["A\n", "(\n", "\n ", "\t\n", '"\n', "\r", "A\r\n", "\u2010\n", "\u2028", "\x85"])
def test_a_pasted_text_with_very_many_lines_is_rejected_before_it_is_read(line):
    began = time.process_time()
    with pytest.raises(BadInput, match="Upload it as a file") as refused:
        from_request(line * 1_000_000, max_parts=50_000)
    assert refused.value.code == "too_many_parts"
    assert time.process_time() - began < 0.3


def test_a_pasted_list_of_every_allowed_part_twice_is_read():
    parts = [f"PART-{number}" for number in range(500)]
    for text in ("\n".join(parts * 2), "\r\n".join(parts * 2), "\n\n".join(parts)):
        assert len(from_request(text, max_parts=500).part_numbers) == 500
