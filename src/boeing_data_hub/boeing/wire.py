"""Boeing's words become values: an answer is read strictly or not at all. Pure; what is whose is found later."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, cast

from boeing_data_hub.boeing import exact_json
from boeing_data_hub.boeing.failures import KEPT_OF_FAILURE, TokenRefused, kept_text, malformed, sort_failure
from boeing_data_hub.errors import Retry

__all__ = ["Answer", "TokenRefused", "parse_answer", "read_reply", "sort_failure"]

_LINE_ITEMS = "lineItems"
_IDENTITY = "aviallPartNumber"  # what every line item is known by


@dataclass(frozen=True, slots=True)
class Answer:
    """What Boeing said to one price call.

    Attributes:
        currency: of the whole answer, trimmed; None when Boeing named none.
        line_items: as sent, fractions as Decimal; empty when Boeing knows none of the parts.
        raw: the answer's text as received.
        raw_json: the same, fit for a jsonb column.
    """

    currency: str | None
    line_items: tuple[dict[str, Any], ...]
    raw: str = field(repr=False)
    raw_json: str = field(repr=False)


def read_reply(status: int, headers: Mapping[str, str], body: bytes) -> Answer:
    """The answer in a price call's reply.

    A 404 is an answer without line items, unless a web page came with it: then the address is wrong rather than the
    part unknown, and thousands of parts would be written off as not found.

    Raises:
        HubError: what `parse_answer` and `sort_failure` say.
    """
    if status == HTTPStatus.OK:
        return parse_answer(body, headers.get("content-type"))
    if status == HTTPStatus.NOT_FOUND:
        if _is_markup(body, headers.get("content-type")):
            raise malformed(
                body,
                "Boeing's address for prices answers with a web page (status 404). Check BOEING_PNA_PRICE_URL.",
            )
        text = kept_text(body, KEPT_OF_FAILURE)
        return Answer(None, (), text, json.dumps({_LINE_ITEMS: [], "httpStatus": int(status), "body": text}))
    raise sort_failure(status, headers, body)


def parse_answer(body: bytes, content_type: str | None) -> Answer:
    """Read the body of a 200.

    `lineItems` that are null, empty, or left out of an envelope that has its currency mean that Boeing knows none of
    the parts. Anything else that is not a list of objects is no answer, and proves nothing about any part.

    Raises:
        Retry: `boeing_malformed`, or `boeing_schema_changed` when it looks like the same data under other names.
            Never `whole_line`: one odd part may be enough to spoil an answer, and splitting the call finds it.
    """
    if content_type and _is_other_type(content_type):
        raise malformed(body, "Boeing answered with something that is not JSON. The parts are asked again.")
    try:
        envelope, text, storable = exact_json.read(body)
    except exact_json.NotJsonError as error:
        raise malformed(body, f"Boeing's answer cannot be read: {error}. The parts are asked again.") from None
    if not isinstance(envelope, dict):
        raise malformed(body, "Boeing's answer is JSON, but not an object. The parts are asked again.")
    known = cast("dict[str, Any]", envelope)
    currency = known.get("currency")
    if not isinstance(currency, str | None):
        raise _changed(body, "`currency` is no text")
    items = _line_items(known, body)
    return Answer((currency.strip() or None) if currency else None, items, text, storable)


def _line_items(envelope: dict[str, Any], body: bytes) -> tuple[dict[str, Any], ...]:
    items = envelope.get(_LINE_ITEMS)
    if items is None:
        if _LINE_ITEMS not in envelope:
            _must_be_empty(envelope, body)
        return ()
    if not isinstance(items, list):
        raise malformed(body, "In Boeing's answer `lineItems` is not a list. The parts are asked again.")
    found = cast("list[Any]", items)
    if not all(type(item) is dict for item in found):
        raise malformed(body, "In Boeing's answer a line item is not an object. The parts are asked again.")
    if found and not any(_IDENTITY in item for item in found):
        raise _changed(body, f"no line item has `{_IDENTITY}`")
    return tuple(found)


def _must_be_empty(envelope: dict[str, Any], body: bytes) -> None:
    """Without `lineItems`: nothing known of the parts, the same data under another name, or an error in disguise?"""
    if any(_letters(name) == "lineitems" or _holds_items(value) for name, value in envelope.items()):
        raise _changed(body, f"there is no `{_LINE_ITEMS}`, but a list of another name")
    if "currency" not in envelope:
        raise malformed(body, f"Boeing's answer has no `{_LINE_ITEMS}`. The parts are asked again.")
    if any(isinstance(value, dict) and value != {} for value in envelope.values()):
        raise _changed(body, f"there is no `{_LINE_ITEMS}`, but other data")


def _holds_items(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_holds_items, cast("dict[str, Any]", value).values()))
    return isinstance(value, list) and any(isinstance(inner, dict) for inner in cast("list[Any]", value))


def _changed(body: bytes, what: str) -> Retry:
    return malformed(
        body,
        f"Boeing seems to have changed its format: {what}. Nothing of the answer was used; tell the hub's maintainers"
        " if this goes on.",
        code="boeing_schema_changed",
    )


def _letters(name: str) -> str:
    return "".join(filter(str.isalpha, name)).lower()


def _is_other_type(content_type: str) -> bool:
    # A gateway that says nothing, or "text" or "bytes", may still carry JSON; a page or a picture does not.
    kind = content_type.partition(";")[0].strip().lower()
    return not ("json" in kind or kind in ("", "text/plain", "application/octet-stream", "binary/octet-stream"))


def _is_markup(body: bytes, content_type: str | None) -> bool:
    return "html" in (content_type or "").lower() or body.lstrip().startswith(b"<")
