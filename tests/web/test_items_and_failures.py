"""Items page by page, failures by cause and as a file, and trying the failed ones again."""

from __future__ import annotations

import csv
import io

import pytest

from boeing_data_hub.web import sheets

pytestmark = pytest.mark.services


@pytest.fixture
def troubled(boeing, finished):
    """A finished batch: one part fetched, one refused, two unknown (one of them looks like a formula), one blocked."""
    boeing.set_part("GONE", unknown=True)
    boeing.fault("bad_request", parts=["REFUSED-1"])
    boeing.set_part("REFUSED-1", unknown=False)
    boeing.set_part("FREE-1", unknown=False, listPrice=0, netPrice=0)
    boeing.set_part("WF338109", quantity=7, listPrice=12.5, netPrice=12.5)
    return finished("WF338109", "GONE", "REFUSED-1", "-3/8-16", "FREE-1")


def test_items_come_in_order_and_in_pages(api, search):
    parts = [f"P{n}" for n in range(7)]
    batch_id = search(*parts)
    seen, after, pages = [], 0, 0
    while after is not None:
        body = api.get(f"/api/batches/{batch_id}/items?limit=3&after={after}").json()
        seen += [i["part_number"] for i in body["items"]]
        after, pages = body["next_after"], pages + 1
    assert seen == parts
    assert pages == 3
    assert api.get(f"/api/batches/{batch_id}/items?after=7").json() == {"items": [], "next_after": None}


def test_an_item_shows_its_outcome(api, troubled):
    found = {i["part_number"]: i for i in api.get(f"/api/batches/{troubled}/items").json()["items"]}
    assert found["WF338109"]["state"] == "normalized"
    assert found["WF338109"]["outcome"] == "fetched"
    assert found["WF338109"]["skus"]
    assert found["GONE"]["state"] == "failed"
    assert found["GONE"]["error_code"] == "not_found"
    assert found["REFUSED-1"]["error_code"] == "boeing_rejected"
    assert found["FREE-1"]["outcome"] == "blocked"
    assert found["FREE-1"]["reason"]


def test_items_are_filtered(api, troubled):
    def parts(query):
        answer = api.get(f"/api/batches/{troubled}/items?{query}")
        assert answer.status_code == 200, answer.text
        return [i["part_number"] for i in answer.json()["items"]]

    assert parts("state=failed") == ["GONE", "REFUSED-1", "-3/8-16"]
    assert parts("state=failed&after=2") == ["REFUSED-1", "-3/8-16"]
    assert parts("error_code=not_found") == ["GONE", "-3/8-16"]
    assert parts("outcome=blocked") == ["FREE-1"]
    assert parts("outcome=fetched") == ["WF338109"]
    assert parts("state=pending") == []
    assert parts("error_code=no-such-code") == []


def test_an_invalid_filter_is_rejected(api, search):
    batch_id = search("A")
    queries = "state=lost outcome=good limit=0 limit=1001 after=-1 error_code=a%00b"
    for query in [*queries.split(), f"error_code={'x' * 101}"]:
        answer = api.get(f"/api/batches/{batch_id}/items?{query}")
        assert answer.status_code == 422, query
        assert answer.headers["content-type"] == "application/problem+json"
    assert api.get(f"/api/batches/{batch_id}/failures?format=pdf").status_code == 422


def test_failures_are_grouped_by_cause_with_advice(api, troubled):
    body = api.get(f"/api/batches/{troubled}/failures").json()
    assert (body["batch_id"], body["failed"]) == (troubled, 3)
    unknown, refused = body["groups"]
    assert (unknown["code"], unknown["count"], unknown["sample"]) == ("not_found", 2, ["GONE", "-3/8-16"])
    assert (refused["code"], refused["count"], refused["sample"]) == ("boeing_rejected", 1, ["REFUSED-1"])
    for group in body["groups"]:
        assert group["kind"] == "failed"
        assert group["message"].endswith(".")
        assert group["what_to_do"].endswith(".")
        assert group["first_at"] <= group["last_at"]
        assert group["last_at"].endswith("Z")  # as everywhere
    [held] = body["not_publishable"]
    assert (held["kind"], held["count"], held["sample"]) == ("blocked", 1, ["FREE-1"])
    assert "Not offered for sale" in held["what_to_do"]


def test_a_group_shows_five_parts_at_most(api, boeing, finished):
    parts = [f"GONE-{n}" for n in range(12)]
    for part in parts:
        boeing.set_part(part, unknown=True)
    [group] = api.get(f"/api/batches/{finished(*parts)}/failures").json()["groups"]
    assert (group["count"], group["sample"]) == (12, parts[:5])


def test_without_failures_there_are_no_groups(api, finished):
    body = api.get(f"/api/batches/{finished('WF338109')}/failures").json()
    assert (body["failed"], body["groups"]) == (0, [])


def test_failures_as_csv_open_safely_in_a_spreadsheet(api, troubled):
    answer = api.get(f"/api/batches/{troubled}/failures?format=csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == f'attachment; filename="failures-{troubled}.csv"'
    assert answer.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))
    assert rows[0] == ["part_number", "error_code", "error", "what_to_do"]
    assert [row[0] for row in rows[1:]] == ["GONE", "REFUSED-1", "'-3/8-16"]
    assert {len(row) for row in rows} == {4}
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)
    same = api.get(f"/api/batches/{troubled}/failures", headers={"Accept": "text/csv"})
    assert same.content == answer.content


def test_failures_as_csv_can_be_uploaded_again(api, troubled):
    file = api.get(f"/api/batches/{troubled}/failures?format=csv").content
    body = api.post("/api/uploads", files={"file": ("failures.csv", file)}).json()
    assert body["part_numbers"] == ["GONE", "REFUSED-1", "-3/8-16"]
    assert body["rejected_count"] == 0


def test_failures_come_as_a_workbook_that_can_be_uploaded_again(api, troubled):
    answer = api.get(f"/api/batches/{troubled}/failures?format=xlsx")
    assert answer.headers["content-type"] == sheets.XLSX
    assert "attachment" in answer.headers["content-disposition"]
    listed = api.get(f"/api/batches/{troubled}/failures?format=csv").text.splitlines()[1:]
    read = api.post("/api/uploads", files={"file": ("failures.xlsx", answer.content)}).json()
    assert read["total"] == len(listed) > 0
    assert api.get("/api/batches/00000000-0000-0000-0000-000000000000/failures?format=xlsx").status_code == 404


def test_a_csv_without_failures_is_its_heading(api, finished):
    answer = api.get(f"/api/batches/{finished('WF338109')}/failures?format=csv")
    assert answer.text.strip("\ufeff\r\n") == '"part_number","error_code","error","what_to_do"'


def test_a_retry_is_a_new_batch_of_the_failed_parts(api, troubled, stages, boeing):
    answer = api.post(f"/api/batches/{troubled}/retry")
    assert answer.status_code == 202
    body = answer.json()
    assert (body["total_items"], body["retry_of"]) == (3, troubled)
    assert answer.headers["location"] == f"/api/batches/{body['batch_id']}"
    items = api.get(f"/api/batches/{body['batch_id']}/items").json()["items"]
    assert [i["part_number"] for i in items] == ["GONE", "REFUSED-1", "-3/8-16"]
    old, new = (api.get(f"/api/batches/{b}").json() for b in (troubled, body["batch_id"]))
    assert (old["retried_by"], old["failed_count"]) == (new["id"], 3)
    assert new["retry_of"] == troubled
    boeing.clear_faults()
    boeing.set_part("GONE", unknown=False)
    stages.settle()
    new = api.get(f"/api/batches/{new['id']}").json()
    assert (new["failed_count"], new["outcome"]) == (1, "finished_with_failures")


def test_a_retry_asks_boeing_again(api, boeing, finished, stages):
    boeing.set_part("GONE", unknown=True)
    batch_id = finished("GONE")
    calls = len(boeing.ledger())
    api.post(f"/api/batches/{batch_id}/retry")
    stages.settle()
    assert len(boeing.ledger()) == calls + 1


def test_a_retry_asked_twice_is_one_retry(api, make_key, troubled):
    first = api.post(f"/api/batches/{troubled}/retry")
    second = api.post(f"/api/batches/{troubled}/retry")
    by_another = api.post(f"/api/batches/{troubled}/retry", headers={"Authorization": f"Bearer {make_key('search')}"})
    assert [a.status_code for a in (first, second, by_another)] == [202, 200, 200]
    assert len({a.json()["batch_id"] for a in (first, second, by_another)}) == 1
    assert second.headers["idempotent-replayed"] == "true"
    assert api.get("/api/batches").json()["total"] == 2


def test_a_retry_can_itself_be_retried(api, boeing, finished, stages):
    boeing.set_part("GONE", unknown=True)
    first = finished("GONE")
    second = api.post(f"/api/batches/{first}/retry").json()["batch_id"]
    stages.settle()
    third = api.post(f"/api/batches/{second}/retry").json()
    assert third["retry_of"] == second
    assert third["batch_id"] not in {first, second}


def test_a_running_batch_cannot_be_retried(api, search):
    answer = api.post(f"/api/batches/{search('AN3-43A')}/retry")
    assert (answer.status_code, answer.json()["code"]) == (409, "batch_running")


def test_what_did_not_fail_cannot_be_retried(api, finished, search):
    cancelled = search("AN3-43A")
    api.delete(f"/api/batches/{cancelled}")
    for batch_id in (finished("WF338109"), cancelled):
        answer = api.post(f"/api/batches/{batch_id}/retry")
        assert (answer.status_code, answer.json()["code"]) == (409, "nothing_failed")
        assert answer.json()["detail"].endswith(".")
    assert api.get("/api/batches").json()["total"] == 2


def test_an_answer_that_could_not_be_normalized_is_not_used_again_by_the_search_its_advice_asks_for(
    api, search, stages, hub, boeing
):
    first = search("TORN-1")
    stages.extract()
    hub.database.run(lambda work: work.do("UPDATE hub.boeing_raw_data SET raw_payload = '{\"lineItems\": []}'"))
    stages.settle()
    [failed] = api.get(f"/api/batches/{first}").json()["failed_items"]
    assert failed["error_code"] == "normalization_failed"
    calls = len(boeing.ledger())
    again = search("TORN-1")
    stages.settle()
    assert len(boeing.ledger()) == calls + 1
    assert api.get(f"/api/batches/{again}").json()["normalized_count"] == 1
