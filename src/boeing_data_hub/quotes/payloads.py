"""Reads the flat fields of a quote request from a form or JSON, as forms and automations send it. Pure.

JSON and URL-encoded forms are read alike, whatever the content type says. Names are matched without regard to case,
blanks and punctuation. A wrapped request is rejected with the setting that sends it flat, because
guessing which of several objects is the request would quote the wrong one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, cast
from urllib.parse import parse_qsl

from boeing_data_hub.errors import BadInput, Malformed
from boeing_data_hub.quotes.quote import BUYER

FIELDS: Final = ("rfq_number", "requested_parts", "requested_qty", "rfq_sub_url", *BUYER)
"""The fields that are read; all others are ignored."""

_OTHER_NAMES: Final = {
    "rfq_number": ("rfq", "rfqno", "rfqnum", "rfqid"),
    "requested_parts": (
        "requestedpart", "requestedpartnumbers", "requestedpartnumber", "parts", "part", "partnumbers", "partnumber",
        "partnos", "partno", "pns", "pn",
    ),
    "requested_qty": (
        "requestedqtys", "requestedquantity", "requestedquantities", "qty", "qtys", "quantity", "quantities",
    ),
}  # fmt: skip
_CHARSETS: Final = frozenset({"utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "latin1", "latin-1", "windows-1252"})
_MOST_FIELDS: Final = 5_000
_SHOWN: Final = 60
_NAMES_SHOWN: Final = 8
_LONGEST_LOOKED_AT: Final = 300  # characters of a field's name
_NOTHING: Final = "Nothing was stored."
_FLAT: Final = (
    "Send it flat: rfq_number, requested_parts and requested_qty as fields of the body itself. In Webhooks by Zapier, "
    "fill them in one by one under Data, with Wrap Request In Array set to no and Unflatten set to no."
)
_NOT_A_NAME: Final = re.compile(r"[^a-z0-9]")
_FORM_START: Final = re.compile(r"[A-Za-z_][\w.%+\[\]-]*=")
_INDEXED: Final = re.compile(r"(.+?)\[(\d{0,6})\]")

Fields = dict[str, Any]


def read_body(body: bytes, content_type: str = "") -> Fields:
    """The fields of a body, by the names in `FIELDS`; fields that were not sent are missing.

    Args:
        body: as received.
        content_type: as declared; used only if the body itself is ambiguous.

    Raises:
        Malformed: it is invalid JSON, or cannot be decoded.
        BadInput: it is empty, wrapped, or neither JSON nor a form.
    """
    kind, charset = _kind(content_type)
    text = _decoded(body, charset).strip()
    if not text:
        raise BadInput(
            f"The body of the request is empty. {_NOTHING} Send rfq_number, requested_parts and requested_qty in it, "
            "as JSON or as a form.",
            code="empty_body",
        )
    is_form = kind == "application/x-www-form-urlencoded"
    if text.startswith(("{", "[", '"')) or (kind.endswith("json") and not _FORM_START.match(text)):
        try:
            return of_json(_parsed(text))
        except Malformed:
            if not is_form:
                raise
    if "=" not in text or text.startswith("<"):
        raise BadInput(
            f"The body is neither JSON nor a form. {_NOTHING} In Webhooks by Zapier, set Payload Type to json or form.",
            code="bad_body",
        )
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise BadInput(f"The form has more than {_MOST_FIELDS:,} fields. {_NOTHING}", code="bad_body") from None
    return of_form(pairs)


def of_json(value: object) -> Fields:
    """The fields of a parsed JSON body. Raises BadInput if it is not a flat object."""
    if isinstance(value, Mapping):
        return _named(cast("Mapping[str, Any]", value))
    if isinstance(value, list):
        what = f"a list of {len(cast('list[Any]', value))}"
    elif isinstance(value, str):
        what = "a text"
    else:
        what = "a single value"
    raise _wrapped(f"The body is {what}, not an object with the fields of the request.")


def of_form(pairs: Sequence[tuple[str, Any]]) -> Fields:
    """The fields of a form. A repeated name (`a=1&a=2`, `a[]=1`, `a[0]=1`) is a list."""
    gathered: dict[str, list[tuple[int, Any]]] = {}
    for place, (name, value) in enumerate(pairs):
        indexed = _INDEXED.fullmatch(name) if len(name) <= _LONGEST_LOOKED_AT else None
        bare = indexed.group(1) if indexed else name
        at = int(indexed.group(2)) if indexed and indexed.group(2) else place
        gathered.setdefault(bare, []).append((at, value))
    fields: Fields = {}
    for name, found in gathered.items():
        values = [value for _, value in sorted(found, key=lambda one: one[0])]
        fields[name] = values[0] if len(values) == 1 else values
    return _named(fields)


def _named(sent: Mapping[str, Any]) -> Fields:
    """Rename the fields to ours: exact names first, then those differing in case or punctuation, then aliases."""
    if len(sent) > _MOST_FIELDS:
        raise BadInput(f"The body has more than {_MOST_FIELDS:,} fields. {_NOTHING}", code="bad_body")
    folded: dict[str, list[str]] = {}
    for name in sent:
        folded.setdefault(_folded(name), []).append(name)
    fields: Fields = {}
    for field in FIELDS:
        nearest = [[field], folded.get(_folded(field), []), *(folded.get(o, []) for o in _OTHER_NAMES.get(field, ()))]
        for names in nearest:
            given = [(name, sent[name]) for name in names if not _is_blank(sent.get(name))]
            if len(given) > 1 and len({json.dumps(value, default=str) for _, value in given}) > 1:
                raise BadInput(
                    f"{field} was sent more than once, with different values, as {_list_of([n for n, _ in given])}. "
                    f"{_NOTHING} Send it once, as {field}.",
                    code="field_sent_twice",
                )
            if given:
                fields[field] = given[0][1]
                break
    if "rfq_number" not in fields or "requested_parts" not in fields:
        _refuse_wrapped(sent, fields)
    return fields


def _refuse_wrapped(sent: Mapping[str, Any], fields: Fields) -> None:
    """If a required field is missing, say that it is wrapped in another field, or which fields there are."""
    for name, value in sent.items():
        inner = _inner(value)
        begins = _looked_at(name)
        if inner or begins.lstrip().startswith(("{", "[")):
            shown = name if inner else "a name"
            raise _wrapped(f"The fields are inside {_brief(shown)!r}, which is {inner or 'a JSON text'}.")
        if re.search(r"[\[.]|__", begins) and _folded(name).endswith(tuple(_folded(field) for field in FIELDS)):
            raise _wrapped(f"The field {_brief(name)!r} is nested.")
    known = {_folded(field) for field in FIELDS}
    others = [name for name in sent if _folded(name) not in known]
    if "rfq_number" in fields and others:
        raise BadInput(
            f"requested_parts is missing or empty. {_NOTHING} The request has {_list_of(others)} besides: name the "
            "field of the part numbers requested_parts, and that of the quantities requested_qty.",
            code="no_parts",
        )


def _inner(value: object) -> str | None:
    """Describe a value that contains fields itself; None if it does not."""
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, list) and any(isinstance(one, Mapping) for one in cast("list[Any]", value)):
        return "a list of objects"
    if isinstance(value, str) and value.lstrip().startswith(("{", "[{")):
        return "a JSON text"
    return None


def _wrapped(what: str) -> BadInput:
    return BadInput(f"{what} {_NOTHING} {_FLAT}", code="not_flat")


def _parsed(text: str) -> object:
    """Parse JSON with numbers as written: `12345.0` is not 12345, and no digit is lost.

    Line ends within a text, as Zapier's Custom Request leaves them there, are taken as what they are.
    """
    try:
        return json.loads(text, parse_float=Decimal, parse_int=Decimal, parse_constant=_no_number, strict=False)
    except (ValueError, RecursionError) as error:
        where = f" in line {error.lineno}, column {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
        raise Malformed(
            f"The body is not valid JSON{where}. {_NOTHING} Write names and texts between straight double quotes, "
            "with a comma between the fields and none after the last. In Webhooks by Zapier, the action POST with "
            "Payload "
            "Type json and the fields under Data does this for you.",
            code="malformed_json",
        ) from None


def _no_number(name: str) -> object:
    raise ValueError(name)


def _kind(content_type: str) -> tuple[str, str]:
    kind, *options = (piece.strip() for piece in content_type.split(";"))
    charset = next((o.partition("=")[2] for o in options if o.casefold().startswith("charset=")), "utf-8")
    return kind.casefold(), charset.strip("\"' ").casefold()


def _decoded(body: bytes, charset: str) -> str:
    if charset not in _CHARSETS:
        raise Malformed(f"The characters of the body are said to be {_brief(charset)!r}. {_NOTHING} Send UTF-8.")
    try:
        return body.decode("utf-8-sig" if charset in {"utf-8", "utf8"} else charset)
    except UnicodeDecodeError:
        raise Malformed(f"The body is not text in {charset}. {_NOTHING} Send UTF-8.") from None


def _folded(name: str) -> str:
    return _NOT_A_NAME.sub("", _looked_at(name).casefold())


def _looked_at(name: str) -> str:
    """The beginning of a name, which is enough to tell what it is: a body may be one name of 10 MB."""
    return name[:_LONGEST_LOOKED_AT]


def _is_blank(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip()) or value == []


def _list_of(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMES_SHOWN} more" if len(names) > _NAMES_SHOWN else ""
    return ", ".join(repr(_brief(name)) for name in names[:_NAMES_SHOWN]) + more


def _brief(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
