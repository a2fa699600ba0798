"""POST /api/uploads and /api/bulk-search: it says what was read, asks what is unclear, and takes what is right."""

from __future__ import annotations

from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.services,
    pytest.mark.filterwarnings("ignore:.*SpooledTemporaryFile:pytest.PytestUnraisableExceptionWarning"),
]

FILES = Path(__file__).parents[1] / "batches" / "lists"
TWO = b"Mine,Theirs\nA1-1,B1-1\nA2-2,B2-2\nA3-3,B3-3\n"


@pytest.fixture
def upload(api):
    def send(content, **fields):
        return api.post("/api/uploads", files={"file": ("list", content)}, data=fields)

    return send


def test_sheet_column_first_numbers_and_remarks_are_returned(upload):
    read = upload((FILES / "cover_sheet.xlsx").read_bytes()).json()["read"]
    assert (read["sheet"], read["column"], read["heading"]) == ("Positions", "B", "P/N")
    assert read["first"][:2] == ["NAS6604-12", "MS21042-4"]
    assert [(one["name"], one["rows"], one["read"]) for one in read["sheets"]] == [
        ("Letter", 3, False),
        ("Positions", 6, True),
    ]
    assert "Sheet “Letter” with 3 rows was not read." in read["said"]


def test_an_ambiguous_list_is_rejected_with_choices(upload):
    asked = upload(TWO)
    assert (asked.status_code, asked.json()["code"], asked.json()["asks"]) == (422, "needs_choice", "column")
    assert [(one["letter"], one["heading"], one["first"]) for one in asked.json()["read"]["columns"]] == [
        ("A", "Mine", ["A1-1", "A2-2", "A3-3"]),
        ("B", "Theirs", ["B1-1", "B2-2", "B3-3"]),
    ]
    for said in ("B", "Theirs"):
        assert upload(TWO, column=said).json()["part_numbers"] == ["B1-1", "B2-2", "B3-3"]


def test_flagged_numbers_name_what_they_stand_for_and_are_taken_when_confirmed(upload):
    content = b"P/N;Qty\nNAS6604 - 12;1\nTBD;2\nMS21042-4;3\nSum: 2 lines;3\n"
    body = upload(content).json()
    assert body["part_numbers"] == ["MS21042-4"]
    assert (body["rejected_count"], body["aside_count"], body["flagged_count"]) == (3, 1, 1)
    assert [one["part_number"] for one in body["rejected"]] == ["NAS6604-12", None, None]
    assert upload(content, accept_flagged="true").json()["part_numbers"] == ["NAS6604-12", "MS21042-4"]


def test_hidden_rows_are_read_when_asked_for(upload):
    content = (FILES / "filtered.xlsx").read_bytes()
    assert upload(content).json()["total"] == 5
    assert upload(content, include_hidden="true").json()["total"] == 50


def test_a_pasted_text_of_a_bulk_search_takes_the_same_numbers(api):
    text = "NAS6604-12\t5\nMS21042-4\t10\nAN960-10L\t2"
    assert api.post("/api/bulk-search", json={"part_numbers_text": text}).json()["total_items"] == 3
    asked = api.post("/api/bulk-search", json={"part_numbers_text": TWO.decode()})
    assert (asked.status_code, asked.json()["code"]) == (422, "needs_choice")
    told = api.post("/api/bulk-search", json={"part_numbers_text": TWO.decode(), "column": "B"})
    assert told.json()["total_items"] == 3


def test_lines_of_a_text_that_belong_to_no_part_do_not_stop_it_and_flagged_ones_do(api):
    aside = api.post("/api/bulk-search", json={"part_numbers_text": "Order 7\nP/N,Qty\nA1-1,1\nP/N,Qty\nTotal,1"})
    assert aside.json()["total_items"] == 1
    text = "P/N,Qty\nA1-1,1\n5-Jun,2"
    refused = api.post("/api/bulk-search", json={"part_numbers_text": text})
    assert refused.status_code == 422
    assert [one["line"] for one in refused.json()["rejected"]] == [3]
    assert "accept_flagged" in refused.json()["detail"]
    taken = api.post("/api/bulk-search", json={"part_numbers_text": text, "accept_flagged": True})
    assert taken.json()["total_items"] == 2


def test_a_json_list_is_taken_as_it_is_given(api):
    given = ["SKU", "NAS 6604-12", "5-JUN", "AN3,AN4", "1E5"]
    assert api.post("/api/bulk-search", json={"part_numbers": given}).json()["total_items"] == 5
    refused = api.post("/api/bulk-search", json={"part_numbers": ["AN3", "#BEZUG!"]})
    assert (refused.status_code, refused.json()["rejected"][0]["code"]) == (422, "error_cell")
