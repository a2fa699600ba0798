"""Slack and Teams get what their documentation asks for, and an entered address leads nowhere but to them."""

from __future__ import annotations

import json

import pytest
from pydantic import SecretStr

from boeing_data_hub.errors import BadInput, Retry
from boeing_data_hub.health.chat import SLACK_HOSTS, TEAMS_HOSTS, Slack, Teams, slack_message, teams_message
from boeing_data_hub.health.digest import message_of
from boeing_data_hub.health.notice import Document, Line, Section
from boeing_data_hub.health.posting import Poster, Receivers, checked

CONSOLE = "https://hub.example.com/console"


def document(*texts, link=None):
    return Document(
        kind="alarm",
        title="Boeing Data Hub: <!channel> & co",
        console=CONSOLE,
        sections=[Section("What to do", [Line(text, link) for text in texts])],
    )


@pytest.fixture
def poster():
    made = Poster()
    yield made
    made.close()


@pytest.fixture
def pair(receiver):
    return receiver.url.partition("://")[2].partition("/")[0]


@pytest.fixture
def slack(receiver, poster, pair):
    return Slack(SecretStr(receiver.url), poster, Receivers(SLACK_HOSTS, {pair}))


@pytest.fixture
def teams(receiver, poster, pair):
    return Teams(SecretStr(receiver.url), poster, Receivers(TEAMS_HOSTS, {pair}))


def test_slack_gets_plain_text_in_which_nobody_can_be_mentioned(slack, receiver):
    slack.send(message_of("alarm:1", document("Start *it*.", link=f"{CONSOLE}/runs")))
    ((headers, body),) = receiver.posts
    sent = json.loads(body)
    assert headers["content-type"] == "application/json"
    assert sent["text"].startswith("Boeing Data Hub: &lt;!channel&gt; &amp; co\n")
    assert f"- Start *it*. {CONSOLE}/runs" in sent["text"]
    assert (sent["mrkdwn"], sent["unfurl_links"]) == (False, False)


def test_a_long_text_for_slack_is_cut_between_lines_and_says_so():
    text = slack_message(document(*("x" * 200 for _ in range(100))))["text"]
    assert len(text) < 4_000
    assert text.endswith(f"\nMore in the console. {CONSOLE}")


def test_teams_gets_an_adaptive_card_in_a_message(teams, receiver):
    receiver.answers = [202]
    teams.send(message_of("alarm:1", document("Start [it](https://evil.example).", link=f"{CONSOLE}/runs")))
    ((_, body),) = receiver.posts
    sent = json.loads(body)
    (attachment,) = sent["attachments"]
    card = attachment["content"]
    assert (sent["type"], attachment["contentType"]) == ("message", "application/vnd.microsoft.card.adaptive")
    assert (card["type"], card["version"]) == ("AdaptiveCard", "1.4")
    assert card["actions"] == [{"type": "Action.OpenUrl", "title": "Open the console", "url": CONSOLE}]
    assert {block["type"] for block in card["body"]} == {"RichTextBlock"}, "text blocks would read markup"
    assert card["body"][2]["inlines"] == [
        {"type": "TextRun", "text": "Start [it](https://evil.example)."},
        {"type": "TextRun", "text": " "},
        {"type": "TextRun", "text": "Show", "selectAction": {"type": "Action.OpenUrl", "url": f"{CONSOLE}/runs"}},
    ]


def test_a_card_stays_below_the_size_that_teams_accepts():
    made = teams_message(document(*("\u00fc" * 300 for _ in range(200))))
    assert len(json.dumps(made, ensure_ascii=False).encode()) < 28_000
    assert made["attachments"][0]["content"]["body"][-1]["inlines"][0]["text"] == "More in the console."


@pytest.mark.parametrize("status", [404, 410])
def test_a_removed_webhook_is_recognized_and_the_error_says_what_to_do(slack, receiver, status):
    receiver.answers = [status]
    receiver.headers = {"Content-Length": "0"}
    with pytest.raises(Retry, match="create a new one") as caught:
        slack.send(message_of("alarm:1", document("x")))
    assert caught.value.code == "webhook_gone"
    assert "canary" not in caught.value.message


def test_a_chat_that_is_busy_says_how_long_to_wait(teams, receiver):
    receiver.answers = [429]
    receiver.headers = {"Retry-After": "30", "Content-Length": "0"}
    with pytest.raises(Retry) as caught:
        teams.send(message_of("alarm:1", document("x")))
    assert (caught.value.code, caught.value.retry_after) == ("webhook_refused", 30)


@pytest.mark.parametrize(
    "address",
    [
        "http://hooks.slack.com/services/T/B/x",
        "https://hooks.slack.com.evil.example/services",
        "https://evil.example/hooks.slack.com",
        "https://user:secret@hooks.slack.com/services",
        "https://evilhooks.slack.com.example/",
        "https://hooks.slack.com@evil.example/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "ftp://hooks.slack.com/",
        "hooks.slack.com/services",
        "https://hooks.slack.com /x",
        "",
    ],
)
def test_an_address_that_is_not_slacks_is_refused_without_being_quoted(address):
    with pytest.raises(BadInput) as caught:
        checked(address, Receivers(SLACK_HOSTS))
    assert caught.value.code == "bad_address"
    assert "evil" not in caught.value.message


@pytest.mark.parametrize(
    "address", ["https://localhost/x", "https://2130706433/", "https://0x7f.1/", "https://10.0.0.1/"]
)
def test_a_webhook_must_name_a_public_host(address):
    with pytest.raises(BadInput):
        checked(address, Receivers())


def test_the_addresses_of_the_documentation_are_accepted():
    checked("https://hooks.slack.com/services/T00000000/B00000000/XXXX", Receivers(SLACK_HOSTS))
    checked("https://prod-12.westeurope.logic.azure.com:443/workflows/abc?sig=x", Receivers(TEAMS_HOSTS))
    checked("https://default1.2.environment.api.powerplatform.com/powerautomate?sig=x", Receivers(TEAMS_HOSTS))
    checked("https://alerts.example.com:8443/hook", Receivers())


@pytest.mark.parametrize("found", [["10.0.0.1"], ["93.184.216.34", "127.0.0.1"], ["169.254.169.254"]])
def test_a_name_that_resolves_to_a_private_address_is_not_connected_to(found):
    poster = Poster(resolver=lambda _host, _port: found)
    with pytest.raises(Retry, match="HUB_NOTIFICATION_HOSTS") as caught:
        poster.post(SecretStr("https://alerts.example.com/hook"), b"{}", {}, receivers=Receivers())
    assert caught.value.code == "webhook_forbidden"
    poster.close()


def test_a_host_that_does_not_exist_is_a_reason_to_retry():
    poster = Poster(resolver=lambda _host, _port: [])
    with pytest.raises(Retry, match="does not exist"):
        poster.post(SecretStr("https://alerts.example.com/hook"), b"{}", {}, receivers=Receivers())
    poster.close()
