"""/api/lists: a preview by a column mapping, and a search whose failures come back with the file's other columns."""

from __future__ import annotations

import csv
import io

import pytest

from boeing_data_hub.batches import retention

pytestmark = [
    pytest.mark.services,
    # Starlette leaves the file of a form that breaks off to the garbage collector.
    pytest.mark.filterwarnings("ignore:.*SpooledTemporaryFile:pytest.PytestUnraisableExceptionWarning"),
]

FILE = b"Our ref;P/N;Note\nR-1;WF338109;=1+1\nR-2;GONE-1;+cmd\nR-3;WF338109;\nR-4;???;\n"


@pytest.fixture
def send(api):
    def post(what, content=FILE, name="parts.csv", **fields):
        return api.post(f"/api/lists/{what}", files={"file": (name, content)}, data=fields)

    return post


def failures(api, batch_id, **params):
    text = api.get(f"/api/batches/{batch_id}/failures", params={"format": "csv", **params}).text
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


def test_a_preview_shows_rows_and_counts_and_saves_and_searches_nothing(send, hub):
    body = send("preview").json()
    assert (body["total"], body["duplicate_count"], body["rejected_count"]) == (2, 1, 1)
    assert body["letters"] == ["A", "B", "C"]
    assert [row["part_numbers"] for row in body["rows"]] == [[], ["WF338109"], ["GONE-1"], [], []]
    assert body["rows"][3]["note"] == "Duplicate of line 2."
    assert body["proposed"]["column"] == "B"
    assert body["proposed"]["reference"] == "A"
    assert body["proposed"]["delimiter"] == "semicolon"
    assert body["proposed"]["encoding"] == "utf-8"
    saved = hub.database.run(
        lambda work: work.value("SELECT (SELECT count(*) FROM hub.batches) + (SELECT count(*) FROM hub.search_drafts)")
    )
    assert saved == 0


def test_what_is_proposed_can_be_sent_back_and_changed(send):
    proposed = send("preview").json()["proposed"]
    again = send("preview", **{k: v for k, v in proposed.items() if v is not None}).json()
    assert again["total"] == 2
    changed = send("preview", column="1").json()
    assert changed["read"]["first"] == ["R-1", "R-2", "R-3", "R-4"]
    asked = send("preview", column="Nothing").json()
    assert "no column" in asked["read"]["question"]
    assert asked["total"] == 0


def test_a_mapping_out_of_bounds_is_refused(send):
    assert send("preview", header_row="-1").status_code == 422
    assert send("preview", delimiter="slash").status_code == 422
    assert send("preview", encoding="ebcdic").status_code == 422


def test_lists_need_the_scope_search(anonymous, make_key):
    for what in ("preview", "search"):
        path, files = f"/api/lists/{what}", {"file": ("parts.csv", FILE)}
        assert anonymous.post(path, files=files).status_code == 401
        key = {"Authorization": f"Bearer {make_key('read')}"}
        assert anonymous.post(path, files=files, headers=key).status_code == 403


def test_the_failures_of_a_file_come_back_with_its_other_columns_and_no_cell_is_a_formula(send, api, boeing, stages):
    boeing.set_part("GONE-1", unknown=True)
    assert send("search").status_code == 422  # a line is no part number
    answer = send("search", skip_rejected="true")
    assert answer.status_code == 202
    run = answer.json()["batch_id"]
    stages.settle()
    [row] = failures(api, run, other_columns="true")
    assert list(row) == ["Our ref", "Note", "part_number", "error_code", "error", "what_to_do"]
    assert (row["Our ref"], row["Note"], row["part_number"]) == ("R-2", "'+cmd", "GONE-1")
    assert list(failures(api, run)[0]) == ["part_number", "error_code", "error", "what_to_do"]
    retried = api.post(f"/api/batches/{run}/retry").json()["batch_id"]
    stages.settle()
    assert failures(api, retried, other_columns="true")[0]["Our ref"] == "R-2"
    assert api.get(f"/api/batches/{run}").json()["name"] == "parts.csv"


def test_a_run_without_a_file_has_no_other_columns(api, finished, boeing):
    boeing.set_part("GONE-1", unknown=True)
    [row] = failures(api, finished("GONE-1"), other_columns="true")
    assert list(row) == ["part_number", "error_code", "error", "what_to_do"]


def test_a_repeated_search_of_a_file_is_the_same_run(send, hub):
    first, second = (send("search", skip_rejected="true", idempotency_key="monday") for _ in range(2))
    assert (first.status_code, second.status_code) == (202, 200)
    assert first.json()["batch_id"] == second.json()["batch_id"]
    kept = hub.database.run(lambda work: work.value("SELECT count(*) FROM hub.batch_lines"))
    assert kept == 2


def test_the_other_columns_go_with_the_parts_when_their_retention_ends(send, hub, stages):
    send("search", skip_rejected="true")
    stages.settle()
    hub.database.run(lambda work: work.do("UPDATE hub.batches SET completed_at = now() - interval '9 days'"))
    hub.database.run(lambda work: retention.remove_items(work, 5, None))
    assert hub.database.run(lambda work: work.value("SELECT count(*) FROM hub.batch_lines")) == 0
