"""The quote webhook over HTTP: every kind of body, read or refused in a problem document, whatever the content type."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.services

WANTED = [("NAS6604-12", 5), ("MS21042-4", 10)]
FIELDS = {"rfq_number": "Q1", "requested_parts": "NAS6604-12,MS21042-4", "requested_qty": "5,10"}


@pytest.fixture
def settings():
    return {"hub_quote_answer_seconds": 0, "shopify_unmapped_locations": "sell_from_default"}


def lines(answer):
    assert answer.status_code == 200, answer.text
    return [(one["part_no"], one["requested_qty"]) for one in answer.json()["quote_details"]["items"]]


def test_json_and_forms_of_both_kinds_make_the_same_quote(api):
    first = api.post("/api/zap/webhook", json=FIELDS)
    assert lines(first) == WANTED
    others = [
        api.post("/api/zap/webhook", data=FIELDS),
        api.post("/api/zap/webhook", files={name: (None, value) for name, value in FIELDS.items()}),
        api.post("/api/zap/webhook", content=first.request.content),
        api.post("/api/zap/webhook", content=first.request.content, headers={"Content-Type": "text/plain"}),
        api.post("/api/zap/webhook", json={**FIELDS, "requested_parts": ["NAS6604-12", "MS21042-4"]}),
    ]
    for answer in others:
        assert lines(answer) == WANTED
        assert answer.headers["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({"json": [FIELDS]}, "not_flat"),
        ({"json": {"data": FIELDS}}, "not_flat"),
        ({"files": {"payload": (None, '{"rfq_number": "Q"}')}}, "not_flat"),
        ({"files": {"requested_parts": ("list.csv", b"A,B")}}, "file_sent"),
        ({"content": b""}, "empty_body"),
        ({"content": b"<a/>", "headers": {"Content-Type": "application/xml"}}, "bad_body"),
        ({"json": {**FIELDS, "requested_qty": "5 EA, 10 EA"}}, "bad_lines"),
    ],
)
def test_what_cannot_be_read_is_a_problem_document_with_a_sentence(api, hub, sent, code):
    answer = api.post("/api/zap/webhook", **sent)
    assert (answer.status_code, answer.json()["code"]) == (422, code), answer.text
    assert "Nothing was stored" in answer.json()["detail"]
    assert hub.database.run(lambda work: work.value("SELECT count(*) FROM hub.quotes")) == 0


def test_a_form_cut_off_is_rejected(api):
    cut = b'--x\r\nContent-Disposition: form-data; name="rfq_number"\r\n\r\nQ1'
    answer = api.post("/api/zap/webhook", content=cut, headers={"Content-Type": "multipart/form-data"})
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed_form")


def test_a_request_without_a_key_is_rejected_before_its_body_is_read(anonymous):
    assert anonymous.post("/api/zap/webhook", content=b"<").status_code == 401
