"""Parses Boeing's answers, strictly. Pure; `matching.py` assigns line items to parts."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, cast

from boeing_data_hub.boeing import exact_json, words
from boeing_data_hub.boeing.exact_json import Json
from boeing_data_hub.boeing.failures import (
    KEPT_OF_ANSWER,
    KEPT_OF_FAILURE,
    TokenRefused,
    kept_text,
    malformed,
    sort_failure,
)
from boeing_data_hub.boeing.remarks import Remark, remark, spoils
from boeing_data_hub.errors import Complaint, Retry

__all__ = ["Answer", "TokenRefused", "parse_answer", "read_reply", "sort_failure"]

_LINE_ITEMS = "lineItems"
_IDENTITY = "aviallPartNumber"  # the fields that identify a line item
_OWN = frozenset({_LINE_ITEMS, "currency"})


@dataclass(frozen=True, slots=True)
class Answer:
    """Boeing's answer to one price call.

    Attributes:
        currency: of the whole answer, trimmed; None if Boeing names none.
        line_items: as sent, fractions as Decimal; empty if Boeing knows none of the parts.
        raw: the answer's text as received.
        raw_json: the same for a jsonb column.
        doubt: a remark besides the line items, for people: an error, a warning, or a mark that the answer is truncated.
            Then the answer proves nothing about missing parts. Empty: there is none.
        vague: True if the list of line items is missing: Boeing may know none of the parts, or have failed.
        unproven: True for a 404 that does not look like Boeing's answer: Boeing may know none of the parts, or the
            address is wrong. Another call must tell.
        said: the message of such a 404.
    """

    currency: str | None
    line_items: tuple[Json, ...]
    raw: str = field(repr=False)
    raw_json: str = field(repr=False)
    doubt: str = ""
    vague: bool = False
    unproven: bool = False
    said: str = ""


def read_reply(status: int, headers: Mapping[str, str], body: bytes) -> Answer:
    """The answer in a price call's response.

    A 404 is an answer without line items. If it does not look like Boeing's answer it proves nothing by itself:
    gateways return 404 for a wrong address or a missing service, and thousands of parts would count as not found.

    Raises:
        HubError: what `parse_answer` and `sort_failure` say.
    """
    if status == HTTPStatus.OK:
        return parse_answer(body, headers.get("content-type"))
    if status == HTTPStatus.NOT_FOUND:
        text = kept_text(body, KEPT_OF_FAILURE)
        kept = json.dumps({_LINE_ITEMS: [], "httpStatus": int(status), "body": text})
        return Answer(None, (), text, kept, unproven=not _is_empty_answer(body), said=words.of_body(body))
    raise sort_failure(status, headers, body)


def parse_answer(body: bytes, content_type: str | None) -> Answer:
    """Read the body of a 200.

    `lineItems` that are null, empty, or missing in an envelope with a currency mean that Boeing knows none of the
    parts, unless the envelope has a remark. Anything else that is not a list of objects is invalid, and proves nothing
    about any part.

    Raises:
        Complaint: `boeing_complained`: no line item, and an error, a warning, or a mark that the answer is cut off.
        Retry: `boeing_malformed`, or `boeing_schema_changed` when it looks like the same data under other names. Never
            `whole_line`: one odd part may be enough to spoil an answer, and splitting the call finds it.
    """
    if content_type and _is_other_type(content_type):
        raise malformed(body, "Boeing's response is not JSON. The hub will retry.")
    try:
        envelope, text, storable = exact_json.read(body)
    except exact_json.NotJsonError as error:
        raise malformed(body, f"Boeing's response cannot be read: {error}. The hub will retry.") from None
    if not isinstance(envelope, dict):
        raise malformed(body, "Boeing's response is JSON, but not an object. The hub will retry.")
    known = cast("Json", envelope)
    currency = known.get("currency")
    if not isinstance(currency, str | None):
        raise _changed(body, "`currency` is no text")
    items = _line_items(known, body)
    good = tuple(item for item in items if not spoils(item))
    said = remark(known, items=len(items), leave_out=_OWN if len(good) == len(items) else _OWN - {_LINE_ITEMS})
    if said is not None and not good:
        raise _complaint(body, said)
    return Answer(
        (currency.strip() or None) if currency else None,
        good,
        text,
        storable,
        doubt=said.words if said else "",
        vague=known.get(_LINE_ITEMS) is None,
    )


def _complaint(body: bytes, said: Remark) -> Complaint:
    return Complaint(
        "Boeing returned an error message instead of a result. The hub will retry.",
        code="boeing_complained",
        raw=kept_text(body, KEPT_OF_ANSWER),
        words=said.words,
    )


def _line_items(envelope: Json, body: bytes) -> tuple[Json, ...]:
    items = envelope.get(_LINE_ITEMS)
    if items is None:
        if _LINE_ITEMS not in envelope:
            _must_be_empty(envelope, body)
        return ()
    if not isinstance(items, list):
        raise malformed(body, "In Boeing's response, `lineItems` is not a list. The hub will retry.")
    found = cast("list[Any]", items)
    if not all(type(item) is dict for item in found):
        raise malformed(body, "In Boeing's response, a line item is not an object. The hub will retry.")
    if found and not any(_IDENTITY in item for item in found):
        if all(map(spoils, found)):
            raise _complaint(body, Remark(words.of_values(found), cut=False))
        raise _changed(body, f"no line item has `{_IDENTITY}`")
    return tuple(found)


def _must_be_empty(envelope: Json, body: bytes) -> None:
    """Check an envelope without `lineItems`: unknown parts, the same data under another name, or a hidden error."""
    if any(_letters(name) == "lineitems" for name in envelope) or _holds(envelope, lambda item: _IDENTITY in item):
        raise _changed(body, f"there is no `{_LINE_ITEMS}`, but a list of another name")
    if (said := remark(envelope, items=0, leave_out=_OWN)) is not None:
        if "currency" in envelope or "message" not in envelope:
            raise _complaint(body, said)
        raise Complaint(
            f"Boeing's response has no `{_LINE_ITEMS}`. The hub will retry.",
            code="boeing_malformed",
            raw=kept_text(body, KEPT_OF_ANSWER),
            words=said.words,
        )
    if _holds(list(envelope.values()), lambda _: True, in_lists=True):
        raise _changed(body, f"there is no `{_LINE_ITEMS}`, but a list of another name")
    if "currency" not in envelope:
        raise malformed(body, f"Boeing's response has no `{_LINE_ITEMS}`. The hub will retry.")
    if any(isinstance(value, dict) and value != {} for value in envelope.values()):
        raise _changed(body, f"there is no `{_LINE_ITEMS}`, but other data")


def _holds(value: Any, wanted: Callable[[Json], bool], *, in_lists: bool = False) -> bool:
    """True if a `wanted` object exists anywhere below a value; with `in_lists`, as a member of a list."""
    inner: list[Any] = list(cast("Json", value).values()) if isinstance(value, dict) else value
    for one in inner:
        if isinstance(one, dict):
            found = cast("Json", one)
            listed = isinstance(value, list) and in_lists
            if (listed or not in_lists) and wanted(found):
                return True
        if isinstance(one, dict | list) and _holds(one, wanted, in_lists=in_lists):
            return True
    return False


def _changed(body: bytes, what: str) -> Retry:
    return malformed(
        body,
        f"Boeing seems to have changed its format: {what}. The answer was not used; tell the hub's maintainers if "
        "this continues.",
        code="boeing_schema_changed",
    )


def _letters(name: str) -> str:
    return "".join(filter(str.isalpha, name)).lower()


def _is_other_type(content_type: str) -> bool:
    # A body without a content type, or declared as text or bytes, may still be JSON; a web page or an image is not.
    kind = content_type.partition(";")[0].strip().lower()
    return not ("json" in kind or kind in ("", "text/plain", "application/octet-stream", "binary/octet-stream"))


def _is_empty_answer(body: bytes) -> bool:
    """True if a body is a valid answer without line items and without a remark."""
    try:
        answer = parse_answer(body, None)
    except Retry:
        return False
    return not answer.line_items and not answer.doubt
