"""Posting to a real receiver: signed, bounded, never anywhere else than to the address that is set."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

import pytest
from pydantic import SecretStr
from tests.support.patience import allow

from boeing_data_hub.clock import monotonic
from boeing_data_hub.errors import Retry
from boeing_data_hub.health.notice import Document, Message
from boeing_data_hub.health.webhook import Webhook

EMPTY = Document(kind="digest", title="", console="", sections=())
MESSAGE = Message(
    "digest:2026-11-25", "Title", "text", "<p>html</p>", {"kind": "digest", "text": "grüße \u2028"}, EMPTY
)


@pytest.fixture
def make_webhook():
    made = []

    def make(url, secret="", **options):
        made.append(Webhook(SecretStr(url), SecretStr(secret), **options))
        return made[-1]

    yield make
    for one in made:
        one.close()


def test_a_message_arrives_whole_with_its_id(receiver, make_webhook):
    make_webhook(receiver.url).send(MESSAGE)
    ((headers, body),) = receiver.posts
    assert json.loads(body) == MESSAGE.payload
    assert headers["idempotency-key"] == headers["webhook-id"] == "digest:2026-11-25"
    assert headers["content-type"] == "application/json"
    assert "webhook-signature" not in headers


@pytest.mark.parametrize(
    ("secret", "key"),
    [("plain words", b"plain words"), ("whsec_" + base64.b64encode(b"raw\x00key").decode(), b"raw\x00key")],
)
def test_the_signature_is_that_of_standard_webhooks(receiver, make_webhook, secret, key):
    make_webhook(receiver.url, secret).send(MESSAGE)
    ((headers, body),) = receiver.posts
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    wanted = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{wanted}"


@pytest.mark.parametrize("status", [301, 307, 400, 401, 404, 500, 503])
def test_whatever_is_refused_is_tried_again(receiver, make_webhook, status):
    receiver.answers = [status]
    receiver.headers = {"Location": "http://127.0.0.1:1/elsewhere", "Content-Length": "0"}
    with pytest.raises(Retry, match=str(status)) as caught:
        make_webhook(receiver.url).send(MESSAGE)
    assert len(receiver.posts) == 1, "no redirect is followed"
    assert "canary" not in caught.value.message


def test_a_receiver_may_ask_for_patience(receiver, make_webhook):
    receiver.answers = [429]
    receiver.headers = {"Retry-After": "120", "Content-Length": "0"}
    with pytest.raises(Retry) as caught:
        make_webhook(receiver.url).send(MESSAGE)
    assert caught.value.retry_after == 120


def test_no_server_at_the_address_is_a_reason_to_retry(make_webhook):
    with pytest.raises(Retry, match="does not answer") as caught:
        make_webhook("http://127.0.0.1:1/canary").send(MESSAGE)
    assert "canary" not in str(caught.value)


def test_a_receiver_that_hangs_up_is_tried_again(receiver, make_webhook):
    receiver.answers = [0]
    with pytest.raises(Retry):
        make_webhook(receiver.url).send(MESSAGE)


def test_an_answer_that_drips_for_ever_ends_with_the_deadline(receiver, make_webhook):
    receiver.drips = True
    began = monotonic()
    with pytest.raises(Retry):
        make_webhook(receiver.url, seconds=0.5).send(MESSAGE)
    assert monotonic() - began < allow(4)
