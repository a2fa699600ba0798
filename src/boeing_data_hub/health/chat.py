"""Channels to chats: Slack's incoming webhooks, and Teams through a workflow of Power Automate.

Slack: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks. Teams: an Adaptive Card in a message,
https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/add-incoming-webhook.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from pydantic import SecretStr

from boeing_data_hub.health.digest import as_text
from boeing_data_hub.health.notice import Document, Line, Message
from boeing_data_hub.health.posting import Poster, Receivers

SLACK_HOSTS: Final = ("hooks.slack.com", "hooks.slack-gov.com")
TEAMS_HOSTS: Final = (
    "logic.azure.com",
    "api.powerplatform.com",
    "logic.azure.us",
    "api.gov.powerplatform.microsoft.us",
    "api.high.powerplatform.microsoft.us",
)

_LONGEST_TEXT: Final = 3_900  # characters; Slack splits or cuts a longer text
_LARGEST_CARD: Final = 20_000  # bytes of lines; Teams refuses a message above 28 kB
_CUT: Final = "More in the console."


class Slack:
    """A channel that posts plain text to a Slack incoming webhook.

    Args:
        url: the webhook, which is a secret.
        poster: posts.
        receivers: which hosts may be reached.
    """

    def __init__(self, url: SecretStr, poster: Poster, receivers: Receivers) -> None:
        self._url = url
        self._poster = poster
        self._receivers = receivers

    def send(self, message: Message) -> None:
        """See `Channel`. Raises Retry."""
        body = json.dumps(slack_message(message.document), ensure_ascii=False).encode()
        self._poster.post(self._url, body, {}, who="The Slack webhook", receivers=self._receivers)


class Teams:
    """A channel that posts an Adaptive Card to a Teams workflow. Arguments as for `Slack`."""

    def __init__(self, url: SecretStr, poster: Poster, receivers: Receivers) -> None:
        self._url = url
        self._poster = poster
        self._receivers = receivers

    def send(self, message: Message) -> None:
        """See `Channel`. Raises Retry."""
        body = json.dumps(teams_message(message.document), ensure_ascii=False).encode()
        self._poster.post(self._url, body, {}, who="The Teams workflow", receivers=self._receivers)


def slack_message(document: Document) -> dict[str, Any]:
    """The body for Slack. Its control characters are escaped, so that no text can mention people or hide links."""
    text = as_text(document).strip()
    if len(text) > _LONGEST_TEXT:
        text = f"{text[:_LONGEST_TEXT].rpartition(chr(10))[0]}\n{_CUT} {document.console}"
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return {"text": escaped, "mrkdwn": False, "unfurl_links": False, "unfurl_media": False}


def teams_message(document: Document) -> dict[str, Any]:
    """The body for Teams. Outside text is in text runs, which, unlike text blocks, know no markup."""
    return {
        "type": "message",
        "attachments": [
            {
                "contentType": "application/vnd.microsoft.card.adaptive",
                "contentUrl": None,
                "content": {
                    "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                    "type": "AdaptiveCard",
                    "version": "1.4",
                    "msteams": {"width": "Full"},
                    "body": list(_fitting(_blocks(document))),
                    "actions": [{"type": "Action.OpenUrl", "title": "Open the console", "url": document.console}],
                },
            }
        ],
    }


def _blocks(document: Document) -> Iterator[dict[str, Any]]:
    yield _rich(_run(document.title, weight="Bolder", size="Medium"))
    for section in document.sections:
        yield _rich(_run(section.title, weight="Bolder"), spacing="Medium")
        for line in section.lines:
            yield _rich(*_runs(line), spacing="Small")


def _runs(line: Line) -> Iterator[dict[str, Any]]:
    yield _run(line.text)
    if line.link:
        yield _run(" ")
        yield _run("Show", selectAction={"type": "Action.OpenUrl", "url": line.link})


def _run(text: str, **more: Any) -> dict[str, Any]:
    return {"type": "TextRun", "text": text, **more}


def _rich(*runs: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "RichTextBlock", "inlines": list(runs), **more}


def _fitting(blocks: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    used = 0
    for block in blocks:
        used += len(json.dumps(block, ensure_ascii=False).encode())
        if used > _LARGEST_CARD:
            yield _rich(_run(_CUT), spacing="Medium")
            return
        yield block
