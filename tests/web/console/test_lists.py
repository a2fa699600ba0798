"""The console's preview of a list: where it was read, what was skipped, and how a person chooses."""

from __future__ import annotations

import io
import re
from pathlib import Path

import openpyxl
import pytest

from boeing_data_hub_sandbox.sample_list import PATH as SAMPLE

pytestmark = [
    pytest.mark.services,
    # Starlette leaves the file of a form that breaks off to the garbage collector.
    pytest.mark.filterwarnings("ignore:.*SpooledTemporaryFile:pytest.PytestUnraisableExceptionWarning"),
]

FILES = Path(__file__).parents[2] / "batches" / "lists"


def table(*rows):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    other = book.create_sheet("More")
    other.append(["Part Number"])
    other.append(["MORE-1"])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.fixture
def upload(operator):
    def send(content, name="list.xlsx", way="search"):
        return operator.send(f"/console/{way}/upload", files={"file": (name, content)})

    return send


@pytest.fixture
def publisher(signed_in):
    return signed_in("search", "publish")


def searched(hub):
    rows = hub.database.run(lambda work: work.rows("SELECT part_number FROM hub.batch_items ORDER BY position"))
    return [row["part_number"] for row in rows]


def test_sheet_column_first_numbers_and_what_was_left_unread_are_shown(operator, upload, hub):
    told = operator.follow(upload(table(["Pos", "P/N"], *([n, f"AN{n}-10"] for n in range(1, 13)))))
    assert "Read from sheet “Sheet”, column B, headed “P/N” on line 1." in told
    assert re.search(r"First part numbers: AN1-10, AN2-10, .*AN10-10\. ", told)
    assert "The first 13 rows, and what is read of each" in told
    assert "13 AN12-10 12 AN12-10" in told
    assert "Sheet “More” with 1 row was not read." in told
    assert searched(hub) == []


def test_where_two_columns_may_be_meant_a_person_chooses_and_then_it_starts(operator, upload, hub):
    asked = upload(b"Mine,Theirs\nA1-1,B1-1\nA2-2,B2-2\nA3-3,B3-3\n", "list.csv")
    told = operator.follow(asked)
    assert "Several columns look like part numbers" in told
    assert not re.search(r"Search \d+ part", told)
    assert operator.send(f"{asked.headers['location']}/start").status_code == 422
    chosen = operator.send(f"{asked.headers['location']}/choose", column="B")
    assert "Part numbers 3" in operator.follow(chosen)
    assert 'value="B">Column B (current)' in operator.get(chosen.headers["location"]).text  # kept when it is sent again
    operator.send(f"{chosen.headers['location']}/start")
    assert searched(hub) == ["B1-1", "B2-2", "B3-3"]


def test_another_sheet_and_hidden_rows_can_be_chosen(operator, upload):
    asked = upload(table(["P/N"], ["A1-1"]))
    chosen = operator.send(f"{asked.headers['location']}/choose", sheet="More")
    assert "First part numbers: MORE-1." in operator.follow(chosen)
    filtered = upload((FILES / "filtered.xlsx").read_bytes())
    assert "45 rows are hidden by a filter" in operator.follow(filtered)
    everything = operator.send(f"{filtered.headers['location']}/choose", include_hidden="true")
    assert "Part numbers 50" in operator.follow(everything)


def test_flagged_numbers_are_searched_only_when_they_are_ticked(operator, hub):
    draft = operator.send("/console/search/paste", parts="P/N\n5-JUN\nNAS6604 - 12\nTBD\nMS21042-4").headers["location"]
    told = operator.read(draft)
    assert "Invalid 3" in told
    assert "Include all that look wrong (2)" in told
    operator.send(f"{draft}/start", accept="NAS6604-12")
    assert searched(hub) == ["MS21042-4", "NAS6604-12"]
    again = operator.send(f"{draft}/start", accept="NAS6604-12")
    assert "said=started-before" in again.headers["location"]


def test_a_number_that_was_not_flagged_cannot_be_slipped_in(operator, hub):
    draft = operator.send("/console/search/paste", parts="P/N\n5-JUN\nMS21042-4").headers["location"]
    operator.send(f"{draft}/start", accept="EVIL-1")
    assert searched(hub) == ["MS21042-4"]


def test_pasting_two_columns_gives_what_uploading_them_gives(operator, upload):
    content = "NAS6604-12\t5\nMS21042-4\t10\nAN960-10L\t2\n"
    for answer in (operator.send("/console/search/paste", parts=content), upload(content.encode(), "list.txt")):
        told = operator.follow(answer)
        assert "Part numbers 3" in told
        assert "Read from column A, without a header." in told


def test_a_list_without_valid_parts_can_be_viewed_but_not_another_person_s(operator, signed_in, upload):
    draft = upload((FILES / "email.txt").read_bytes(), "mail.txt").headers["location"]
    assert "Part numbers 0" in operator.read(draft)
    other = signed_in("search")
    assert other.get(draft).status_code == 404
    assert other.send(f"{draft}/choose", column="A").status_code == 404


def test_hostile_texts_in_headings_and_values_are_only_text(operator, harmless):
    rows = ['<script>alert(1)</script>\t"><img src=x>', "A1-1\u202e\t<b>1</b>", "A2-2\t{{7*7}}", "A3-3\t\u0001x"]
    draft = operator.send("/console/search/paste", parts="\n".join(rows)).headers["location"]
    page = operator.get(draft).text
    harmless(page)
    chosen = operator.send(f"{draft}/choose", column="\u0000\u202e", sheet="\u0000")
    assert chosen.status_code == 303
    harmless(operator.get(chosen.headers["location"]).text)


def test_the_sample_list_needs_no_choice(operator):
    told = operator.follow(operator.send("/console/search/sample"))
    assert "headed “part_number” on line 1" in told
    assert re.search(r"Invalid 0", told)
    assert SAMPLE.exists()


def test_a_list_to_publish_of_which_something_was_left_out_is_shown_first(publisher):
    content = table(["P/N", "Qty"], ["A1-1", 1])
    shown = publisher.send("/console/publish/upload", files={"file": ("list.xlsx", content)})
    told = publisher.follow(shown)
    assert "Sheet “More” with 1 row was not read." in told
    chosen = publisher.send(f"{shown.headers['location']}/choose", sheet="More")
    assert "First part numbers: MORE-1." in publisher.follow(chosen)
