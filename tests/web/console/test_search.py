"""A list is shown before anything starts, and starts once."""

from __future__ import annotations

import io
import re

import pytest
import xlsxwriter

from boeing_data_hub.web.console.search import cost
from boeing_data_hub_sandbox.sample_list import PATH as SAMPLE

pytestmark = [
    pytest.mark.services,
    # Starlette leaves the file of a form that breaks off to the garbage collector.
    pytest.mark.filterwarnings("ignore:.*SpooledTemporaryFile:pytest.PytestUnraisableExceptionWarning"),
]


def batches(hub):
    return hub.database.run(lambda work: work.rows("SELECT * FROM hub.batches ORDER BY created_at"))


def workbook(cells):
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    book.add_worksheet().write_column(0, 0, cells)
    book.close()
    return out.getvalue()


def test_a_pasted_list_is_shown_with_valid_duplicate_and_invalid_lines(operator, hub):
    told = operator.follow(operator.send("/console/search/paste", parts="AN3-43A\nbad\u20acpart\nan3-43a\nMS29513-220"))
    assert "Part numbers 2" in told
    assert "Duplicates 1" in told
    assert "Invalid 1" in told
    assert re.search(r"2 bad\u20acpart Character 4 \(U\+20AC\)", told)
    assert re.search(r"3 AN3-43A 1$", told)
    assert batches(hub) == []


def test_a_workbook_is_read_and_a_name_that_is_a_path_is_only_a_name(operator):
    content = workbook(["Part Number", "AN3-43A", "WF338109"])
    answer = operator.send("/console/search/upload", files={"file": ("../../etc/list.xlsx", content)})
    told = operator.follow(answer)
    assert "list.xlsx" in told
    assert "etc" not in told
    assert "Part numbers 2" in told


@pytest.mark.parametrize(("content", "status"), [(b"", 422), (b"PK\x03\x04 nonsense", 422), (b"\x00" * 100, 422)])
def test_a_file_that_cannot_be_read_is_rejected_in_a_sentence(operator, content, status):
    answer = operator.send("/console/search/upload", files={"file": ("list.xlsx", content)})
    assert answer.status_code == status
    assert "<h1>" in answer.text


def test_a_list_without_a_part_number_is_rejected(operator):
    assert operator.send("/console/search/paste", parts=" \n \n").status_code == 422


def test_the_preview_shows_the_cost_of_both_ways(operator, hub, stages):
    first = operator.send("/console/search/paste", parts="\n".join(f"C{n}" for n in range(20)))
    operator.send(f"{first.headers['location']}/start")
    stages.settle()
    again = operator.send("/console/search/paste", parts="\n".join(f"C{n}" for n in range(30)))
    told = operator.read(again.headers["location"])
    assert "Already up to date 20" in told
    assert "Only outdated parts 1 Boeing call," in told
    assert "All parts 3 Boeing calls," in told


def test_the_time_is_a_range_at_the_limit_in_force(sandboxed):
    alone = cost(sandboxed(boeing_api_rate_limit="20/m"), 1000, 0)
    assert alone.calls == 100
    assert 300 < alone.low < 310 < alone.high < 345
    behind_others = cost(sandboxed(boeing_api_rate_limit="20/m"), 1000, 5000)
    assert behind_others.high > alone.high * 1.9  # taking turns, it may last twice as long, and no longer
    assert cost(sandboxed(boeing_api_rate_limit="unlimited"), 1000, 0).unlimited


def test_it_starts_once_however_often_it_is_sent(operator, hub):
    draft = operator.send("/console/search/paste", parts="AN3-43A").headers["location"]
    first = operator.send(f"{draft}/start")
    second = operator.send(f"{draft}/start")
    run = re.match(r"/console/runs/[0-9a-f-]+", first.headers["location"]).group()
    assert second.headers["location"] == f"{run}?said=started-before"
    assert len(batches(hub)) == 1
    assert "was already started" in operator.follow(second)


def test_an_urgent_search_says_so_on_its_page(operator, hub):
    draft = operator.send("/console/search/paste", parts="AN3-43A").headers["location"]
    started = operator.send(f"{draft}/start", urgent="true")
    assert batches(hub)[0]["options"] == {"source": "AN3-43A", "urgent": True}
    assert "urgent: takes the next Boeing calls" in operator.follow(started)


def test_it_asks_for_everything_again_on_request(operator, hub):
    draft = operator.send("/console/search/paste", parts="AN3-43A").headers["location"]
    operator.send(f"{draft}/start", ask="all")
    assert batches(hub)[0]["options"] == {"force_refresh": True, "source": "AN3-43A"}


def test_a_draft_is_its_owner_s_alone(operator, signed_in):
    draft = operator.send("/console/search/paste", parts="AN3-43A").headers["location"]
    assert signed_in("search").get(draft).status_code == 404
    assert signed_in("search").send(f"{draft}/start").status_code == 404


def test_the_sample_list_is_shown_first_like_any_other(operator, hub):
    told = operator.follow(operator.send("/console/search/sample"))
    assert f"Part numbers {len(SAMPLE.read_text().splitlines()) - 1:,}" in told
    assert batches(hub) == []


def test_fifty_thousand_pasted_parts_are_taken_and_one_more_is_not(operator):
    parts = [f"BIG-{n:06d}" for n in range(50_000)]
    assert operator.send("/console/search/paste", parts="\r\n".join(parts)).status_code == 303
    answer = operator.send("/console/search/paste", parts="\r\n".join([*parts, "ONE-MORE-1"]))
    assert answer.status_code == 422
    assert "50,001" in answer.text


def test_the_first_page_of_an_empty_hub_leads_to_a_list(operator):
    assert "Try the sample list" in operator.read("/console")
