"""Requests for quotes: what is answered, by whom they may be asked, and what becomes of lines that had to wait."""

from __future__ import annotations

import csv
import io
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from starlette.testclient import TestClient
from tests.support.poison import poison

from boeing_data_hub.quotes.requests import read_request
from boeing_data_hub.web.app import create_app
from boeing_data_hub.work.time_slice import TimeSlice

pytestmark = pytest.mark.services

SECRET = "s3cret-of-the-webhook-0123456789"
BUYER = {
    "buyer_company_name": "Example Air",
    "buyer_name": "R. Buyer",
    "buyer_address": "1 Airport Road",
    "buyer_phone": "+1 555 0100",
    "buyer_email": "buyer@example.com",
    "deliver_to_address": "Hangar 7",
}


@pytest.fixture
def settings():
    return {
        "hub_quote_answer_seconds": 0,
        "shopify_unmapped_locations": "sell_from_default",
        "hub_quote_webhook_secret": SECRET,
    }


@pytest.fixture
def ask(api):
    """Asks for a quote of parts and quantities; the answer."""

    def send(number, parts, quantities=None, *, status=200, **more):
        quantities = quantities or ",".join("1" for _ in parts.split(","))
        body = {"rfq_number": number, "requested_parts": parts, "requested_qty": quantities, **more}
        answer = api.post("/api/zap/webhook", json=body)
        assert answer.status_code == status, answer.text
        return answer.json()

    return send


@pytest.fixture
def fetch(api):
    def get(number):
        answer = api.get(f"/api/quotes/{number}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    return get


@pytest.fixture
def found(boeing):
    """A part Boeing offers exactly as it is asked for; its number."""

    def make(part, **fields):
        usual = {"listPrice": 100.0, "netPrice": 90.0, "quantity": 7, "baseUOM": "EA"}
        return boeing.set_part(part, unknown=False, **{**usual, **fields})[0]["aviallPartNumber"]

    return make


def lines(quote):
    return {one["part_no"]: one for one in quote["quote_details"]["items"]}


def count(hub, table):
    return hub.database.run(lambda work: work.value(f"SELECT count(*) FROM hub.{table}"))  # noqa: S608 - a constant


def test_the_answer_has_the_names_of_the_rfq_form(ask, fetch, stages, found):
    found("A1=K3")
    ask("RFQ-1", "A1=K3", "2", rfq_sub_url="https://rfq.example.com/1", **BUYER)
    stages.settle()
    quote = fetch("RFQ-1")
    assert quote["rfq_details"] == {"rfq_number": "RFQ-1", "quote_submission_url": "https://rfq.example.com/1"}
    assert quote["buyer_details"] == BUYER
    assert quote["quote_details"] == {
        "quote_prepared_by": "BDI",
        "supplier_comments": None,
        "items": [
            {
                "part_no": "A1=K3",
                "condition": "NE",
                "requested_qty": 2,
                "no_quote": False,
                "qty_available": 7,
                "traceability": "VENDOR",
                "uom": "EA",
                "price_usd": "110.00",
                "price_type": "OUTRIGHT",
                "requested_part_no": "A1=K3",
                "tag_date": None,
                "lead_time": "ON REQUEST",
                "status": "quoted",
                "source": "boeing",
                "code": None,
                "note": None,
            }
        ],
    }
    assert quote["status"] == "quoted"
    assert quote["status_url"].endswith("/api/quotes/RFQ-1")


def test_a_quote_that_cannot_be_completed_does_not_keep_the_others_from_it(ask, hub, stages, found):
    for name in ("BAD", "GOOD"):
        found(f"{name}=K3")
        ask(f"RFQ-{name}", f"{name}=K3")
    stages.settle()
    poison(hub.database, "quotes", "rfq_number", "RFQ-BAD")
    assert hub.recovery.sweep() is not None
    states = hub.database.run(lambda work: work.rows("SELECT rfq_number, state FROM hub.quotes ORDER BY rfq_number"))
    assert [row["state"] for row in states] == ["pending", "quoted"]


def test_a_line_boeing_has_not_answered_says_so_and_is_completed_without_anyone_asking(ask, hub, stages, found):
    found("A1=K3")
    first = ask("RFQ-1", "A1=K3")
    [line] = first["quote_details"]["items"]
    assert first["status"] == line["status"] == "pending"
    assert line["no_quote"] is False
    assert line["price_usd"] is None
    assert "Waiting for Boeing" in line["note"]
    stages.settle()
    hub.recovery.sweep()
    state = hub.database.run(lambda work: work.value("SELECT state FROM hub.quotes"))
    assert state == "quoted"
    assert lines(ask("RFQ-1", "A1=K3"))["A1=K3"]["price_usd"] == "110.00"


def test_a_part_boeing_does_not_know_is_no_quote_and_costs_no_second_call(ask, fetch, stages, boeing):
    boeing.set_part("NOPE=K3", unknown=True)
    ask("RFQ-1", "NOPE=K3")
    stages.settle()
    line = lines(fetch("RFQ-1"))["NOPE=K3"]
    assert (line["no_quote"], line["code"], line["price_usd"], line["qty_available"]) == (True, "not_found", None, 0)
    calls = boeing.stats()["calls"]
    assert lines(ask("RFQ-2", "NOPE=K3"))["NOPE=K3"]["code"] == "not_found"
    stages.settle()
    assert boeing.stats()["calls"] == calls


def test_a_fresh_answer_of_any_request_is_quoted_at_once(ask, finished, found, hub):
    found("A1=K3")
    finished("A1=K3")
    quote = ask("RFQ-1", "A1=K3")
    assert quote["status"] == "quoted"
    assert count(hub, "batches") == 1


def test_a_stale_answer_is_asked_again(ask, fetch, finished, found, hub, stages):
    found("A1=K3")
    finished("A1=K3")
    hub.database.run(lambda work: work.do("UPDATE hub.product_staging SET fetched_at = now() - interval '2 hours'"))
    hub.database.run(lambda work: work.do("UPDATE hub.part_answers SET fetched_at = now() - interval '2 hours'"))
    found("A1=K3", listPrice=200.0)
    assert ask("RFQ-1", "A1=K3")["status"] == "pending"
    stages.settle()
    assert lines(fetch("RFQ-1"))["A1=K3"]["price_usd"] == "220.00"


def test_only_the_very_number_is_quoted_and_the_variants_are_named(ask, fetch, finished, stages, boeing, found):
    for sku in ("V999=9B", "V999=K3"):
        found(sku)
        finished(sku)
    boeing.set_part("V999", unknown=False)
    ask("RFQ-1", "V999,V999=K3")
    stages.settle()
    bare, exact = fetch("RFQ-1")["quote_details"]["items"]
    assert (bare["status"], bare["code"]) == ("no_quote", "other_variants")
    assert "V999=9B" in bare["note"]
    assert "V999=K3" in bare["note"]
    assert exact["price_usd"] == "110.00"
    assert "V999=9B" in exact["note"]


def test_lines_stand_as_they_were_asked_also_a_part_that_comes_twice(ask, fetch, stages, found):
    found("A1=K3")
    found("B2=K3", quantity=1)
    ask("RFQ-1", " b2=k3 , A1=K3,b2=K3,", "5,2,1,")
    stages.settle()
    items = fetch("RFQ-1")["quote_details"]["items"]
    assert [(one["part_no"], one["requested_qty"]) for one in items] == [("B2=K3", 5), ("A1=K3", 2), ("B2=K3", 1)]
    assert "1 of 5 requested pieces available" in items[0]["note"]
    assert "2 lines request this part" in items[2]["note"]


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"rfq_number": None}, 400, "rfq_number_missing"),
        ({"rfq_number": "  "}, 400, "rfq_number_missing"),
        ({"rfq_number": "a\nb"}, 422, "bad_rfq_number"),
        ({"rfq_number": "\u202egnp"}, 422, "bad_rfq_number"),
        ({"rfq_number": "x" * 101}, 422, "bad_rfq_number"),
        ({"rfq_number": ".."}, 422, "bad_rfq_number"),
        ({"rfq_number": ["a"]}, 422, "bad_input"),
        ({"requested_parts": ""}, 422, "no_parts"),
        ({"requested_parts": None}, 422, "no_parts"),
        ({"requested_qty": "1"}, 422, "unequal_counts"),
        ({"requested_qty": "1,1,000"}, 422, "unequal_counts"),
        ({"requested_qty": "1,0"}, 422, "bad_lines"),
        ({"requested_qty": "1,-2"}, 422, "bad_lines"),
        ({"requested_qty": "1,1.5"}, 422, "bad_lines"),
        ({"requested_qty": "1,"}, 422, "unequal_counts"),
        ({"requested_parts": "A,,B", "requested_qty": "1,2,3"}, 422, "bad_lines"),
        ({"requested_parts": "A\u20ac,B"}, 422, "bad_lines"),
        ({"requested_parts": ",".join("A" * 101), "requested_qty": ",".join("1" * 101)}, 422, "too_many_parts"),
        ({"requested_parts": "," * 1_000_000}, 422, "too_many_parts"),
        ({"buyer_name": "x" * 2001}, 422, "too_long"),
    ],
)
def test_an_invalid_request_is_reported_and_nothing_is_stored(api, hub, fields, status, code):
    body = {"rfq_number": "RFQ-1", "requested_parts": "A,B", "requested_qty": "1,2", **fields}
    answer = api.post("/api/zap/webhook", json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert [count(hub, table) for table in ("quotes", "quote_lines", "batches", "audit_log")] == [0, 0, 0, 0]


def test_all_invalid_lines_are_reported_at_once(ask):
    told = ask("RFQ-1", "A\u20ac,B,C", "1,x,0", status=422)
    assert [(one["line"], one["code"]) for one in told["rejected"]] == [
        (1, "not_ascii"), (2, "bad_quantity"), (3, "bad_quantity"),
    ]  # fmt: skip
    assert "2 more" in told["detail"]


def test_the_same_number_and_request_is_the_same_quote_and_another_request_is_rejected(api, ask, hub):
    body = {"rfq_number": "RFQ-1", "requested_parts": "A,B", "requested_qty": "1,2", "buyer_name": "R. Buyer"}
    first = api.post("/api/zap/webhook", json=body)
    again = api.post("/api/zap/webhook", json={**body, "requested_parts": "a, b", "something_new": "x"})
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert again.json()["id"] == first.json()["id"]
    for other in ({"requested_qty": "1,3"}, {"requested_parts": "A,C"}, {"buyer_name": "Somebody else"}):
        refused = api.post("/api/zap/webhook", json={**body, **other})
        assert (refused.status_code, refused.json()["code"]) == (409, "rfq_number_taken")
        assert "unchanged" in refused.json()["detail"]
    assert [count(hub, table) for table in ("quotes", "quote_lines", "batches")] == [1, 2, 1]


def test_many_at_once_are_one_quote_and_one_search(api, hub):
    body = {"rfq_number": "RFQ-1", "requested_parts": "A,B", "requested_qty": "1,2"}
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: api.post("/api/zap/webhook", json=body), range(16)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert sum("idempotent-replayed" not in answer.headers for answer in answers) == 1
    assert [count(hub, table) for table in ("quotes", "quote_lines", "batches")] == [1, 2, 1]


def test_of_two_different_requests_at_once_one_is_rejected(api, hub):
    bodies = [{"rfq_number": "RFQ-1", "requested_parts": part, "requested_qty": "1"} for part in "AB"]
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda body: api.post("/api/zap/webhook", json=body), bodies))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert count(hub, "quotes") == 1


def test_what_boeing_answers_in_time_is_in_the_first_answer(sandboxed, found, make_key, wait):

    hub = sandboxed(hub_quote_answer_seconds=20, shopify_unmapped_locations="sell_from_default")
    found("A1=K3")
    body = {"rfq_number": "RFQ-1", "requested_parts": "A1=K3", "requested_qty": "1"}
    with TestClient(create_app(hub)) as client, ThreadPoolExecutor(1) as pool:
        asked = pool.submit(client.post, "/api/zap/webhook", json=body, headers={"X-API-Key": make_key("search")})
        wait.until(lambda: hub.extraction.work(TimeSlice(Event(), 1)), what="something to ask Boeing for")
        wait.until(lambda: hub.normalization.work(TimeSlice(Event(), 1)), what="an answer")
        answer = asked.result()
    assert answer.json()["status"] == "quoted"


# --- Who may ask ---


def test_the_webhook_takes_its_secret_or_a_key_that_may_search(anonymous, make_key):
    body = {"rfq_number": "RFQ-1", "requested_parts": "A", "requested_qty": "1"}

    def post(**headers):
        return anonymous.post("/api/zap/webhook", json=body, headers=headers).status_code

    assert post() == 401
    assert post(**{"X-Webhook-Secret": SECRET}) == 200
    assert post(**{"X-Webhook-Secret": SECRET + "x"}) == 401
    assert post(**{"X-Webhook-Secret": ""}) == 401
    assert post(**{"X-Webhook-Secret": "wrong", "X-API-Key": make_key("admin")}) == 401
    assert post(**{"X-API-Key": make_key("search")}) == 200
    assert post(**{"X-API-Key": make_key("read")}) == 403
    assert post(**{"X-API-Key": make_key("publish")}) == 403
    assert post(Authorization=f"Bearer {SECRET}") == 401


def test_the_secret_fetches_its_quotes_and_opens_nothing_else(anonymous):
    headers = {"X-Webhook-Secret": SECRET}
    body = {"rfq_number": "RFQ 1/2", "requested_parts": "A", "requested_qty": "1"}
    made = anonymous.post("/api/zap/webhook", json=body, headers=headers).json()
    path = made["status_url"].partition(":8000")[2]
    assert path == "/api/quotes/RFQ%201%2F2"
    assert anonymous.get(path, headers=headers).json()["id"] == made["id"]
    assert anonymous.get(path).status_code == 401
    for method, elsewhere in (("GET", "/api/quotes"), ("POST", f"{path}/retry"), ("GET", "/api/batches")):
        assert anonymous.request(method, elsewhere, headers=headers).status_code == 401


def test_during_a_rotation_both_secrets_are_good(sandboxed):

    new = "n3w-secret-of-the-webhook-0123456789"
    hub = sandboxed(hub_quote_webhook_secret=new, hub_quote_webhook_secret_previous=SECRET, hub_quote_answer_seconds=0)
    body = {"rfq_number": "RFQ-1", "requested_parts": "A", "requested_qty": "1"}
    with TestClient(create_app(hub)) as client:
        for secret, status in ((new, 200), (SECRET, 200), ("another-secret-altogether-012345", 401)):
            answer = client.post("/api/zap/webhook", json=body, headers={"X-Webhook-Secret": secret})
            assert answer.status_code == status


@pytest.mark.parametrize("sent", ["", "\u00e9", "anything"])
def test_without_a_secret_in_the_settings_none_is_good(sandboxed, sent):

    with TestClient(create_app(sandboxed())) as client:
        answer = client.post("/api/zap/webhook", json={}, headers={"X-Webhook-Secret": sent.encode()})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"


# --- What goes wrong ---


def test_a_cancelled_search_leaves_its_lines_unanswered_and_they_can_be_asked_again(
    api, ask, fetch, stages, found, hub
):
    found("A1=K3")
    ask("RFQ-1", "A1=K3")
    [batch] = api.get("/api/batches").json()["batches"]
    api.delete(f"/api/batches/{batch['id']}")
    quote = fetch("RFQ-1")
    line = lines(quote)["A1=K3"]
    assert (quote["status"], line["status"], line["code"], line["no_quote"]) == (
        "unanswered", "unanswered", "cancelled", False,
    )  # fmt: skip
    again = api.post("/api/quotes/RFQ-1/retry")
    assert (again.status_code, again.json()["status"]) == (202, "pending")
    assert api.post("/api/quotes/RFQ-1/retry").json()["status"] == "pending"
    assert count(hub, "batches") == 2
    stages.settle()
    assert fetch("RFQ-1")["status"] == "quoted"
    assert api.post("/api/quotes/RFQ-1/retry").json()["code"] == "nothing_unanswered"


def test_a_quote_that_cannot_be_completed_does_not_stop_the_others(ask, hub, stages, found):
    found("A1=K3")
    found("B1=K3")
    for number, part in (("RFQ-1", "A1=K3"), ("RFQ-2", "B1=K3")):
        assert ask(number, part)["status"] == "pending"
    stages.settle()
    only_others = "ALTER TABLE hub.quotes ADD CONSTRAINT others CHECK (rfq_number <> 'RFQ-1') NOT VALID"
    hub.database.run(lambda work: work.do(only_others))
    try:
        hub.recovery.sweep()
    finally:
        hub.database.run(lambda work: work.do("ALTER TABLE hub.quotes DROP CONSTRAINT others"))
    rows = hub.database.run(lambda work: work.rows("SELECT rfq_number, state FROM hub.quotes ORDER BY rfq_number"))
    assert [row["state"] for row in rows] == ["pending", "quoted"]


def test_where_boeing_fails_the_line_says_why_and_is_no_no_quote(sandboxed, boeing, found):

    hub = sandboxed(hub_max_attempts=1, hub_quote_answer_seconds=0)
    found("A1=K3")
    boeing.fault("server_error", status=500, parts=["A1=K3"])
    form = {"rfq_number": "RFQ-1", "requested_parts": "A1=K3", "requested_qty": "1"}
    quote = hub.quoting.ask(read_request(form, most=5, actor="test")).quote
    assert quote.is_pending
    hub.extraction.work(TimeSlice(Event(), 5))
    hub.recovery.sweep()
    [line] = hub.quoting.find("RFQ-1").lines
    assert (str(line.answer.state), line.answer.code) == ("unanswered", "boeing_500")
    assert "Retry the quote" in line.answer.note


def test_a_part_that_is_blocked_or_excluded_says_why(api, ask, fetch, stages, found, finished):
    found("A1=K3", quantity=0)
    found("B2=K3", listPrice=0, netPrice=0)
    found("C3=K3")
    finished("C3=K3")
    api.patch("/api/products/staging/C3%3DK3", json={"excluded": True})
    ask("RFQ-1", "A1=K3,B2=K3,C3=K3")
    stages.settle()
    found_lines = lines(fetch("RFQ-1"))
    codes = {part: line["code"] for part, line in found_lines.items()}
    assert codes == {"A1=K3": "no_stock", "B2=K3": "no_price", "C3=K3": "excluded"}
    assert all(line["no_quote"] and line["price_usd"] is None for line in found_lines.values())
    assert fetch("RFQ-1")["status"] == "no_quote"


def test_a_manual_price_overrides_every_other(api, ask, finished, found):
    found("A1=K3")
    finished("A1=K3")
    api.patch("/api/products/staging/A1%3DK3", json={"price_override": "77.70", "condition": "OH"})
    line = lines(ask("RFQ-1", "A1=K3"))["A1=K3"]
    assert (line["price_usd"], line["condition"]) == ("77.70", "OH")


# --- Looking ---


def test_quotes_are_listed_newest_first_page_by_page_and_by_state(api, ask, stages, found):
    found("A1=K3")
    ask("RFQ-1", "A1=K3")
    stages.settle()
    for number in range(2, 6):
        ask(f"RFQ-{number}", "B2=K3")
    first = api.get("/api/quotes", params={"limit": 3}).json()
    assert [one["rfq_details"]["rfq_number"] for one in first["quotes"]] == ["RFQ-5", "RFQ-4", "RFQ-3"]
    rest = api.get("/api/quotes", params={"limit": 3, "before": first["next_before"]}).json()
    assert [one["rfq_details"]["rfq_number"] for one in rest["quotes"]] == ["RFQ-2", "RFQ-1"]
    assert rest["next_before"] is None
    api.get("/api/quotes/RFQ-1")
    quoted = api.get("/api/quotes", params={"state": "quoted"}).json()["quotes"]
    assert [one["rfq_details"]["rfq_number"] for one in quoted] == ["RFQ-1"]
    assert len(api.get("/api/quotes", params={"search": "RFQ-"}).json()["quotes"]) == 5
    assert api.get("/api/quotes", params={"search": "rfq"}).json()["quotes"] == []
    assert api.get("/api/quotes", params={"search": "\0"}).status_code == 422


def test_a_quote_number_that_was_never_requested_is_not_found(api):
    for path in ("/api/quotes/RFQ-9", "/api/quotes/%00", "/api/quotes/%ff"):
        answer = api.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "quote_not_found")
    assert api.post("/api/quotes/RFQ-9/retry").status_code == 404


def test_hostile_text_is_kept_as_text_and_no_cell_of_the_download_is_a_formula(api, ask, stages):
    body = {"buyer_name": "<script>alert(1)</script>\0", "rfq_sub_url": "javascript:1"}
    told = ask("=1+1", "@HYPERLINK(1),@X", "1,2", **body)
    assert told["buyer_details"]["buyer_name"] == "<script>alert(1)</script>\ufffd"
    assert told["rfq_details"]["quote_submission_url"] == "javascript:1"
    stages.settle()
    answer = api.get("/api/quotes/=1+1", params={"format": "csv"})
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert rows[0][:2] == ["rfq_number", "part_no"]
    assert [row[:2] for row in rows[1:]] == [["'=1+1", "'@HYPERLINK(1)"], ["'=1+1", "'@X"]]


def test_a_text_that_is_no_utf8_is_kept_as_far_as_it_is(api):
    body = '{"rfq_number": "RFQ-1", "requested_parts": "A", "requested_qty": 1, "buyer_name": "\\ud800x"}'
    answer = api.post("/api/zap/webhook", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 200, answer.text
    assert answer.json()["buyer_details"]["buyer_name"] == "?x"
    broken = body.replace("RFQ-1", "\\ud800")
    assert api.post("/api/zap/webhook", content=broken, headers={"Content-Type": "application/json"}).status_code == 422


def test_what_was_done_is_in_the_audit_log_and_no_secret_is(anonymous, hub, stages, found):
    found("A1=K3")
    body = {"rfq_number": "RFQ-1", "requested_parts": "A1=K3", "requested_qty": "1", **BUYER}
    anonymous.post("/api/zap/webhook", json=body, headers={"X-Webhook-Secret": SECRET})
    stages.settle()
    hub.recovery.sweep()
    rows = hub.database.run(
        lambda work: work.rows(
            "SELECT actor, action, details FROM hub.audit_log WHERE target = 'quote:RFQ-1' ORDER BY id"
        )
    )
    assert [(row["actor"], row["action"]) for row in rows] == [("webhook", "quote.ask"), ("hub", "quote.complete")]
    everything = hub.database.run(lambda work: work.rows("SELECT to_json(q)::text AS t FROM hub.quotes q"))
    assert SECRET not in str(rows) + str(everything)
    assert SECRET not in repr(hub.settings)
