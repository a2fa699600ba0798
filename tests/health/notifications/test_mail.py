"""E-mail through a real mail server, over TLS, and what a server may do wrong."""

from __future__ import annotations

import email
import email.policy
from dataclasses import replace

import pytest
from pydantic import SecretStr

from boeing_data_hub.errors import Retry
from boeing_data_hub.health.mail import Mail, MailServer, letter
from boeing_data_hub.health.notice import Document, Message
from boeing_data_hub.network.outgoing import Network
from boeing_data_hub.network.trust import Trust

EMPTY = Document(kind="digest", title="", console="", sections=())
MESSAGE = Message("digest:2026-11-25", "Grüße \u2014 2 failed", "text: <b> grüße\n", "<p>&lt;b&gt;</p>", {}, EMPTY)
PEOPLE = ("a@example.com", "b@example.com")


@pytest.fixture
def mail(certificate):
    def make(server, security="none", username="", password=""):
        place = MailServer("127.0.0.1", server.port, security, username, SecretStr(password))
        trusted = Network(trust=Trust(added=str(certificate)))
        return Mail(place, sender="hub@example.com", recipients=PEOPLE, network=trusted)

    return make


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_letter_travels_encrypted_and_signed_in(make_mail_server, mail, security):
    server = make_mail_server(security, password="secret")
    mail(server, security, "hub", "secret").send(MESSAGE)
    ((recipients, raw),) = server.letters
    assert (recipients, server.encrypted, server.signed_in) == (list(PEOPLE), [True], ["hub"])
    seen = email.message_from_bytes(raw, policy=email.policy.default)
    assert seen["Subject"] == MESSAGE.subject
    assert seen["Message-ID"] == "<digest.2026-11-25@example.com>"
    assert seen.get_body(("plain",)).get_content().strip() == MESSAGE.text.strip()
    assert "&lt;b&gt;" in seen.get_body(("html",)).get_content()


def test_a_server_that_offers_no_encryption_gets_nothing(make_mail_server, mail):
    server = make_mail_server("none")
    with pytest.raises(Retry):
        mail(server, "starttls").send(MESSAGE)
    assert server.letters == []


def test_a_server_with_another_host_s_certificate_gets_nothing(make_mail_server):
    server = make_mail_server("starttls")
    place = MailServer("127.0.0.1", server.port, "starttls", "", SecretStr(""))
    with pytest.raises(Retry):
        Mail(place, sender="hub@example.com", recipients=PEOPLE).send(MESSAGE)
    assert server.letters == []


def test_a_rejected_sign_in_is_reported_without_the_password(make_mail_server, mail):
    server = make_mail_server(password="right")
    with pytest.raises(Retry, match="HUB_SMTP_USERNAME") as caught:
        mail(server, username="hub", password="canary").send(MESSAGE)
    assert "canary" not in caught.value.message


@pytest.mark.parametrize("reply", [b"451 later", b"554 never"])
def test_a_letter_that_is_not_taken_is_tried_again(make_mail_server, mail, reply):
    server = make_mail_server(refuse=[reply])
    with pytest.raises(Retry):
        mail(server).send(MESSAGE)
    mail(server).send(MESSAGE)
    assert len(server.letters) == 1


def test_a_letter_that_was_taken_is_not_sent_again_whatever_the_server_says_at_last(make_mail_server, mail):
    server = make_mail_server(goodbye=b"421 too busy to say goodbye")
    mail(server).send(MESSAGE)
    assert len(server.letters) == 1


def test_a_server_that_rejects_all_recipients_is_reported(make_mail_server, mail):
    with pytest.raises(Retry, match="HUB_DIGEST_EMAIL_TO"):
        mail(make_mail_server(refuse_recipients=True)).send(MESSAGE)


def test_no_line_of_a_subject_becomes_a_header():
    seen = letter(replace(MESSAGE, subject="a\r\nBcc: x@y.z\u2028b"), sender="a@b.c", recipients=["d@e.f"])
    assert seen["Bcc"] is None
    assert seen["Subject"] == "a Bcc: x@y.z b"
