"""What each accident at the store becomes, and that our token shows nowhere."""

from __future__ import annotations

import json
import logging
import socket
import threading
import traceback
from contextlib import suppress
from decimal import Decimal

import pytest
from tests.support.patience import allow

from boeing_data_hub.clock import monotonic
from boeing_data_hub.errors import HubError, PauseUpstream, RateLimited, Reject, Retry
from boeing_data_hub.shopify import answers
from boeing_data_hub.shopify.exchange import NotSentError
from boeing_data_hub.shopify.failures import DailyLimit, OutcomeUnknown, UserErrors


def fails(client, name="shop_facts", variables=None, **more) -> HubError:
    with pytest.raises(HubError) as caught:
        client.run(name, variables or {}, **more)
    return caught.value


@pytest.mark.parametrize(
    ("kind", "more", "error", "code"),
    [
        ("error_before", {"status": 502}, OutcomeUnknown, "shopify_502"),
        ("error_after", {"status": 503}, OutcomeUnknown, "shopify_503"),
        ("drop_before", {}, OutcomeUnknown, "shopify_connection_lost"),
        ("drop_after", {}, OutcomeUnknown, "shopify_connection_lost"),
        ("truncated_reply", {}, OutcomeUnknown, "shopify_connection_lost"),
        ("slow_after", {"seconds": 5.0}, OutcomeUnknown, "shopify_timeout"),
        ("slow", {"seconds": 5.0}, OutcomeUnknown, "shopify_timeout"),
        ("internal_error", {}, OutcomeUnknown, "shopify_internal_error"),
        ("throttle", {}, RateLimited, "shopify_throttled"),
        ("http_429", {"seconds": 3.0}, RateLimited, "shopify_throttled"),
        ("unauthorized", {}, PauseUpstream, "shopify_credentials"),
        ("forbidden", {}, PauseUpstream, "shopify_credentials"),
        ("payment_required", {}, PauseUpstream, "shopify_store_closed"),
        ("locked", {}, PauseUpstream, "shopify_store_closed"),
        ("not_found", {}, PauseUpstream, "shopify_api_version"),
        ("rejected", {}, Retry, "shopify_430"),
    ],
)
def test_each_accident_of_a_mutation_has_its_class(store, make_client, defined, part, token, kind, more, error, code):
    client = make_client(store.url, call_deadline=0.5)
    store.fault(kind, times=1, match={"operation": "productSet"}, **more)
    failure = fails(client, "product_upsert_lean", part("A"))
    assert type(failure) is error
    assert failure.code == code
    assert token not in repr(failure) + failure.message
    client.run("product_upsert_lean", part("A"))
    assert store.store()["duplicateSkus"] == {}


@pytest.mark.parametrize("kind", ["error_before", "drop_after", "truncated_reply", "internal_error"])
def test_a_lost_answer_to_a_question_leaves_nothing_unknown(store, client, kind):
    store.fault(kind, times=1)
    failure = fails(client)
    assert type(failure) is Retry


def test_a_wrong_token_pauses_publishing_until_it_is_corrected(store, client, token):
    store.settings(tokens=["another"])
    assert fails(client).code == "shopify_credentials"
    store.settings(tokens=[token])
    assert client.run("shop_facts", {})["shop"]["currencyCode"] == "USD"


def test_a_store_that_is_not_there_was_not_asked(make_client, purse):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    failure = fails(make_client(f"http://127.0.0.1:{port}", purse), "product_delete", {"input": {"id": "x"}})
    assert isinstance(failure, NotSentError)
    assert failure.whole_line
    assert purse.learned == [(10, 0.0, None)]


def test_work_that_is_stopped_while_waiting_makes_no_call(store, client):
    before = store.stats()["requests"]
    assert isinstance(fails(client, keep_going=lambda: False), NotSentError)
    assert store.stats()["requests"] == before


def test_work_that_is_lost_while_its_points_are_awaited_makes_no_call_and_gives_them_back(store, client, purse):
    before = store.stats()["requests"]
    answers = iter([True, False])
    assert isinstance(fails(client, keep_going=lambda: next(answers)), NotSentError)
    assert store.stats()["requests"] == before
    assert [spent for _, spent, _ in purse.learned] == [0.0]


def test_a_throttle_says_how_long_to_wait_from_the_store_s_own_figures(store, client, purse):
    store.settings(restore_rate=2.0, bucket_size=40.0)
    store.drain(40)
    failure = fails(client, "product_delete", {"input": {"id": "gid://shopify/Product/1"}})
    assert failure.retry_after == pytest.approx(5.0, abs=0.6)
    points, spent, seen = purse.learned[-1]
    assert (points, spent) == (10, 0.0)
    assert (seen.maximum, seen.restore_rate) == (40.0, 2.0)
    assert purse.refusals == []


def test_a_throttle_as_429_is_the_same(store, client, purse):
    store.settings(throttle_status=429)
    store.fault("throttle", times=1)
    assert isinstance(fails(client), RateLimited)
    assert purse.learned[-1][2] is not None
    store.fault("http_429", times=1, seconds=3.0)
    assert fails(client).retry_after == 3.0
    assert purse.refusals == [3.0]


def test_user_errors_carry_the_store_s_own_words(client, defined, part):
    given = part("A")
    given["input"]["title"] = "x" * 300
    failure = fails(client, "product_upsert_lean", given)
    assert isinstance(failure, UserErrors)
    assert ("input.title", "is too long (maximum is 255 characters)") in [(e.field, e.message) for e in failure.errors]
    assert "is too long" in failure.message
    assert failure.data == {"productSet": {"product": None, "userErrors": failure.data["productSet"]["userErrors"]}}


def test_stock_sold_in_between_is_recognisable_by_its_code(store, client, defined, part):
    product = client.run("product_upsert_lean", part("A"))["productSet"]["product"]
    item = product["variants"]["nodes"][0]["inventoryItem"]["id"]
    place = next(each["id"] for each in store.store()["locations"] if each["name"] == "Atlanta")
    row = {"inventoryItemId": item, "locationId": place, "quantity": 1, "changeFromQuantity": 3}
    given = {"input": {"name": "available", "reason": "correction", "quantities": [row]}, "key": "k"}
    failure = fails(client, "inventory_set", given)
    assert isinstance(failure, UserErrors)
    assert failure.has("CHANGE_FROM_QUANTITY_STALE")
    store.fault("idempotency_in_flight", times=1)
    assert fails(client, "inventory_set", {**given, "key": "k2"}).code == "shopify_busy"


def test_a_missing_scope_stops_the_line_and_names_it(store, client, part):
    store.settings(scopes=["read_products"])
    failure = fails(client, "product_upsert_lean", part("A"))
    assert isinstance(failure, PauseUpstream)
    assert failure.code == "shopify_scope"
    assert "write_products" in failure.message


def test_a_missing_custom_id_definition_asks_for_the_set_up(client, part):
    failure = fails(client, "product_upsert_lean", part("A"))
    assert isinstance(failure, PauseUpstream)
    assert failure.code == "shopify_setup"


def test_the_daily_limit_on_variants_is_no_failure_of_the_part(store, client, defined, part):
    store.settings(plan="standard", daily_variant_cap=1, daily_variant_threshold=0)
    client.run("product_upsert_lean", part("A"))
    assert isinstance(fails(client, "product_upsert_lean", part("B")), DailyLimit)
    client.run("product_upsert_lean", part("A"))


def test_an_unknown_category_stops_the_line_for_every_part_has_it(client, defined, part):
    failure = fails(client, "product_upsert_lean", part("A", category="gid://shopify/TaxonomyCategory/none"))
    assert isinstance(failure, PauseUpstream)
    assert failure.code == "category_unknown"
    assert "HUB_CATEGORY" in failure.message


def test_a_variable_the_schema_refuses_is_a_mistake_of_ours(client, defined, part):
    failure = fails(client, "product_upsert_lean", part("A", colour="red"))
    assert isinstance(failure, Reject)
    assert "colour" in failure.message


def test_fractions_come_as_exact_decimals(client, defined, part):
    given = part("A")
    given["input"]["variants"][0]["inventoryItem"]["measurement"] = {"weight": {"value": 0.1, "unit": "POUNDS"}}
    client.run("product_upsert_lean", given)
    custom = {"customId": {"namespace": "parts", "key": "part_key", "value": "A"}}
    found = client.run("product_by_custom_id", {"identifier": custom})["productByIdentifier"]
    weight = found["variants"]["nodes"][0]["inventoryItem"]["measurement"]["weight"]["value"]
    assert weight == Decimal("0.1")


def test_an_expired_version_is_reported_once(store, make_client, caplog):
    client = make_client(store.url, api_version="2024-10")
    with caplog.at_level(logging.WARNING):
        client.run("shop_facts", {})
        client.run("shop_facts", {})
    assert len([record for record in caplog.records if "2024-10" in record.getMessage()]) == 1


def serve(listener: socket.socket, status: bytes, body: bytes) -> None:
    """A gateway that answers every call so, repeating what it was sent."""
    with suppress(OSError):
        while True:
            connection, _ = listener.accept()
            with connection, suppress(OSError):
                sent = connection.recv(65_536)
                whole = body + json.dumps(sent.decode("latin-1")).encode() if body == b"" else body
                connection.sendall(
                    b"HTTP/1.1 %b\r\nconnection: close\r\ncontent-length: %d\r\n\r\n%b" % (status, len(whole), whole)
                )


@pytest.mark.parametrize("status", [b"200 OK", b"400 Bad", b"401 No", b"302 Found", b"500 Oops", b"429 Slow"])
def test_a_gateway_that_repeats_our_token_does_not_bring_it_into_logs_or_errors(make_client, token, caplog, status):
    with socket.create_server(("127.0.0.1", 0)) as listener, caplog.at_level(logging.DEBUG):
        thread = threading.Thread(target=serve, args=(listener, status, b""), daemon=True)
        thread.start()
        client = make_client(f"http://127.0.0.1:{listener.getsockname()[1]}")
        failure = fails(client, "product_delete", {"input": {"id": "x"}})
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(allow(5))
    told = "".join(traceback.format_exception(failure)) + repr(vars(failure)) + repr(client.__dict__) + caplog.text
    assert "canary" not in told


def test_a_random_throttle_speaks_against_no_other_call(store, client):
    store.fault("throttle", times=1)
    failure = fails(client)
    assert (failure.whole_line, failure.retry_after) == (False, 1.0)


@pytest.mark.parametrize(
    "beginning",
    [b"HTTP/1.1 200 OK\r\nx-slow: ", b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n"],
    ids=["headers", "body"],
)
def test_an_answer_that_drips_in_ends_with_the_call_s_time(make_client, beginning):
    over = threading.Event()

    def drip(listener):
        connection, _ = listener.accept()
        with connection, suppress(OSError):
            connection.recv(65_536)
            connection.sendall(beginning)
            while not over.wait(0.05):
                connection.sendall(b" ")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=drip, args=(listener,), daemon=True)
        thread.start()
        client = make_client(f"http://127.0.0.1:{listener.getsockname()[1]}", call_deadline=0.3)
        started = monotonic()
        assert fails(client, "product_delete", {"input": {"id": "x"}}).code == "shopify_timeout"
        assert monotonic() - started < allow(2)
        over.set()
        thread.join(allow(5))


def test_an_endless_answer_is_not_read_to_its_end(store, make_client):
    failure = fails(make_client(store.url, max_body_bytes=50))
    assert failure.code == "shopify_malformed"
    assert "larger than 50 bytes" in failure.message


def test_a_closed_client_says_that_the_hub_is_stopping(store, make_client):
    client = make_client(store.url)
    client.close()
    assert isinstance(fails(client), NotSentError)


def test_a_line_of_a_bulk_result_is_judged_like_an_answer():
    assert (
        answers.judge({"data": {"productSet": {"product": {"id": "x"}, "userErrors": []}}}, changes=True).error is None
    )
    refusal = {"field": ["input", "title"], "code": "INVALID", "message": "no"}
    line = {"data": {"productSet": {"product": None, "userErrors": [refusal]}}, "__lineNumber": 3}
    assert isinstance(answers.judge(line, changes=True).error, UserErrors)
    denied = {"errors": [{"message": "limit", "extensions": {"code": "VARIANT_THROTTLE_EXCEEDED"}}]}
    assert isinstance(answers.judge(denied, changes=True).error, DailyLimit)


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"data": null}', b'{"data": []}', b"{}", b"\xff", b"[" * 50_000])
def test_an_answer_that_is_no_answer_leaves_the_outcome_unknown(make_client, body):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener, b"200 OK", body), daemon=True)
        thread.start()
        client = make_client(f"http://127.0.0.1:{listener.getsockname()[1]}")
        failure = fails(client, "product_delete", {"input": {"id": "x"}})
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(allow(5))
    assert type(failure) is OutcomeUnknown
    assert failure.code == "shopify_malformed"
