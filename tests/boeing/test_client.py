"""The client as its callers see it."""

from __future__ import annotations

import json
import logging
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from tests.support.patience import allow

from boeing_data_hub.boeing.client import TokenRefused
from boeing_data_hub.errors import HubError, PauseUpstream, RateLimited, Reject, Retry


def test_a_price_call_says_what_the_wire_format_wants(client, boeing):
    answer = client.ask(["WF338109=K3", "P1"])
    assert [item["aviallPartNumber"] for item in answer.line_items] == ["WF338109=K3", "P1"]
    assert answer.line_items[0]["listPrice"] == Decimal("120.4")
    assert answer.currency == "USD"
    call = boeing.calls[-1]
    assert json.loads(call.body) == {"showNoStock": True, "showLocation": True, "productCodes": ["WF338109=K3", "P1"]}
    assert call.headers["content-type"] == "application/json"
    assert call.headers["x-boeing-parts-authorization"] == "part-canary-1"


def test_calls_share_tokens_and_a_connection(client, boeing):
    for _ in range(4):
        client.ask(["P1"])
    assert boeing.paths() == ["/oauth", "/part-token"] + ["/price"] * 4
    assert len({call.connection for call in boeing.calls}) == 1


def test_tokens_can_be_fetched_without_asking_for_a_price(client, boeing):
    client.ensure_tokens()
    client.ensure_tokens()
    assert boeing.paths() == ["/oauth", "/part-token"]


def test_nothing_is_sent_for_no_parts(client, boeing):
    with pytest.raises(Reject):
        client.ask([])
    assert boeing.calls == []


def test_refused_tokens_are_new_when_the_caller_asks_again(client, boeing):
    client.ask(["P1"])
    boeing.revoke()
    with pytest.raises(TokenRefused) as caught:
        client.ask(["P1"])
    assert caught.value.code == "boeing_token_refused"
    assert boeing.paths()[-2:] == ["/oauth", "/part-token"]
    assert client.ask(["P1"]).line_items


def test_eight_threads_whose_tokens_ran_out_cause_one_login(client, boeing):
    client.ask(["P1"])
    boeing.revoke()
    start = threading.Barrier(8)

    def ask(_):
        start.wait(allow(10))
        refusals = 0
        while True:
            try:
                client.ask(["P1"])
            except TokenRefused:
                refusals += 1
            else:
                return refusals

    with ThreadPoolExecutor(8) as pool:
        refusals = list(pool.map(ask, range(8)))
    assert max(refusals) == 1
    assert boeing.count("/oauth") == boeing.count("/part-token") == 2


def test_tokens_refused_as_soon_as_they_are_fetched_stop_the_line(client, boeing, respond):
    boeing.script["/price"] = [respond(401), respond(401)]
    with pytest.raises(TokenRefused):
        client.ask(["P1"])
    with pytest.raises(PauseUpstream):
        client.ask(["P1"])
    logins = boeing.logins
    with pytest.raises(PauseUpstream):
        client.ask(["P1"])
    assert boeing.logins == logins, "and for a while nobody logs in in vain"


def test_a_refusal_whose_renewal_fails_is_that_failure(client, boeing, respond):
    boeing.script |= {"/price": [respond(401)], "/oauth": [None, respond(429, retry_after="5")]}
    with pytest.raises(RateLimited):
        client.ask(["P1"])


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (403, Reject, "boeing_forbidden"),
        (400, Reject, "boeing_rejected"),
        (429, RateLimited, "rate_limited"),
        (502, Retry, "boeing_502"),
        (503, Retry, "boeing_503"),
        (302, Retry, "boeing_malformed"),
    ],
)
def test_a_failed_call_is_one_call(client, boeing, respond, status, kind, code):
    boeing.script["/price"] = [respond(status, b'{"message": "Internal server error"}')]
    with pytest.raises(kind) as caught:
        client.ask(["P1"])
    assert caught.value.code == code
    assert boeing.count("/price") == 1


def test_not_found_is_an_empty_answer(client, boeing, respond):
    boeing.script["/price"] = [respond(404, b'{"message": "none"}')]
    assert client.ask(["P1"]).line_items == ()


def test_a_single_part_has_its_own_deadline(make_client, boeing):
    client = make_client(call_deadline=allow(8), call_deadline_one=0.3)
    client.ensure_tokens()
    boeing.script["/price"] = [lambda _: boeing.over.wait(allow(10)) and None]
    with pytest.raises(Retry) as caught:
        client.ask(["P1"])
    assert caught.value.code == "boeing_timeout"


def test_a_token_too_short_to_be_sure_of_does_not_spoil_answers(client, boeing, respond):
    boeing.script = {"/part-token": [respond(x_part_access_token="PartNumber")]}
    boeing.script["/price"] = [respond(body=b'{"currency": "USD", "lineItems": [{"aviallPartNumber": "P1"}]}')]
    assert client.ask(["P1"]).line_items == ({"aviallPartNumber": "P1"},)


def test_no_secret_leaves_by_any_way(make_client, make_access, boeing, respond, canaries, caplog):
    for name in ("", "httpx2", "httpcore2", "httpcore2.http11", "httpcore2.connection"):
        caplog.set_level(logging.DEBUG, logger=name)
    seen = [repr(make_access()), str(make_access())]

    def ask(client):
        try:
            seen.append(repr(client.ask(["P1"])) + client.ask(["P1"]).raw)
        except HubError as error:
            seen.append(repr(error) + repr(vars(error)) + "".join(traceback.format_exception(error)))
            seen.append(repr(error.__context__) + repr(error.__cause__))

    def echo(status, before=b"", after=b""):
        """An answer that quotes the very headers it was asked with."""

        def react(connection):
            headers = boeing.calls[-1].headers
            quoted = f'"{headers["authorization"]}", "{headers["x-boeing-parts-authorization"]}"'
            connection.sendall(respond(status, before + quoted.encode() + after, connection="close"))

        return react

    broken_header = b"HTTP/1.1 200 OK\r\nx-part-access-token: part-canary-\x01\r\nbroken\r\n\r\n"
    bad_logins = [
        ("/oauth", respond(401, b"canary-client-secret")),
        ("/oauth", respond(200, b"{bearer-canary")),
        ("/part-token", lambda connection: connection.sendall(broken_header)),
        ("/part-token", respond(403, b"canary-password")),
    ]
    for path, reaction in bad_logins:
        boeing.script = {path: [reaction]}
        ask(make_client())
        assert boeing.script[path] == [], "the reaction was met"

    envelope = b'{"currency": "USD", "lineItems": [], "you": ['
    boeing.script = {
        "/price": [
            *(echo(200, envelope, b"]}") for _ in range(2)),
            *(echo(status) for status in (403, 500, 400, 429, 404, 404)),
            echo(200, b"<html>"),
            echo(200, b"x" * 200_000),
            echo(401),
            echo(401),
        ]
    }
    client = make_client(max_body_bytes=100_000)
    for _ in range(10):
        ask(client)
    assert boeing.script["/price"] == [], "every reaction was met"
    seen.append(repr(client))

    logged = "\n".join(record.getMessage() + (record.exc_text or "") for record in caplog.records)
    assert "receive_response_headers.complete" in logged, "the library did log"
    assert "[removed]" in "".join(seen), "tokens were quoted"
    for canary in canaries:
        assert canary not in logged
        assert canary not in "\n".join(seen)
