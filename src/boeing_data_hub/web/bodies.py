"""Limits on the contents of a request's body, checked on its bytes before a parser builds objects.

A parser builds up to 60 bytes of objects from one byte of JSON, and a validator reports an error for each value. So
the values of a body are counted first, and models fail at the first invalid value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Final, cast

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from boeing_data_hub.errors import Malformed, TooLarge
from boeing_data_hub.values.part_numbers import MAX_LENGTH
from boeing_data_hub.web.limits import LARGEST_ID, STORABLE

_MOST_FIELDS_OF_A_FORM: Final = 5_000
_ESCAPES_OF_A_VALUE: Final = 4  # on average, of as many values as are allowed; each costs its parser time
_MOST_ESCAPES_OF_A_FORM: Final = 400_000
"""Percent escapes: each costs the decoder 50 bytes. A form's field holds at most 1 MB, which is fewer."""
_OTHER_VALUES: Final = 1_000  # beside the list of part numbers
_MOST_KEYS: Final = 100  # more than any object of the API has
_LONGEST_NUMBER: Final = 100  # characters
_LONGEST_ENTRY: Final = 1_000  # characters of an entry of a list
_LONGEST_USUAL: Final = MAX_LENGTH + 10  # characters of an entry on average, blanks and quotes included
_MORE_CHARACTERS: Final = 10_000  # of a whole list: a short one may have any entries
_DIGITS_ALIKE: Final = bytes.maketrans(b"123456789", b"0" * 9)
_LONG_NUMBER: Final = b"0" * (_LONGEST_NUMBER + 1)
LONGEST_KEY: Final = 255
"""Characters of an idempotency key."""
_UTF16_OR_32: Final = (b"\xff\xfe", b"\xfe\xff")
_NOISE: Final = 1e-7
_WRITTEN: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
_NOTHING: Final = "Nothing was changed."


def most_values(longest_list: int) -> int:
    """How many values a JSON body may hold where a list may have `longest_list`: twice as many, and a few more.

    So the response to a list that exceeds the settings' limit can still say so.
    """
    return 2 * longest_list + _OTHER_VALUES


def weigh(body: bytes, content_type: str, *, most: int) -> None:
    """Reject a body that would be too expensive to parse. Files are not checked here: their parser stops early.

    Args:
        body: the whole body.
        content_type: as sent; may be empty.
        most: maximum number of values in JSON.

    Raises:
        TooLarge: more values, fields or escapes than the API takes.
        Malformed: JSON in another encoding than UTF-8.
    """
    kind = content_type.partition(";")[0].strip().casefold()
    if kind == "multipart/form-data":
        return
    looks_like_json = body[:64].lstrip()[:1] in {b"{", b"[", b'"'}
    if looks_like_json or kind.endswith("json"):
        _weigh_json(body, most)
    if kind == "application/x-www-form-urlencoded" or not (looks_like_json or kind.endswith("json")):
        _weigh_form(body)


def _weigh_json(body: bytes, most: int) -> None:
    if b"\0" in body[:4] or body.startswith(_UTF16_OR_32):
        raise Malformed(f"The body is not valid JSON: it must be in UTF-8. {_NOTHING}", code="malformed_json")
    if body.count(b"\\") > _ESCAPES_OF_A_VALUE * most:
        raise TooLarge(
            f"The body holds more than {_ESCAPES_OF_A_VALUE * most:,} escaped characters. {_NOTHING} Split the list "
            "into several requests, or send its characters as they are, in UTF-8.",
            code="too_many_values",
        )
    # Each text has two quotes, so twice as many quotes as values are allowed; escaped quotes are part of a text.
    bare = body.replace(b"\\\\", b"").replace(b'\\"', b"") if b"\\" in body else body
    texts = bare.count(b'"') // 2
    if texts <= 2 * most:  # a value and its key
        outside = b"".join(bare.split(b'"')[::2])
        if _LONG_NUMBER in outside.translate(_DIGITS_ALIKE):
            raise Malformed(
                f"A number in the body has more than {_LONGEST_NUMBER} digits. {_NOTHING}", code="malformed_json"
            )
        if outside.count(b",") + outside.count(b"[") + outside.count(b"{") <= most:
            return
    raise TooLarge(
        f"The body holds more than {most:,} values. {_NOTHING} Split the list into several requests.",
        code="too_many_values",
    )


def _weigh_form(body: bytes) -> None:
    if body.count(b"&") > _MOST_FIELDS_OF_A_FORM or body.count(b"%") > _MOST_ESCAPES_OF_A_FORM:
        raise TooLarge(
            f"The form has more than {_MOST_FIELDS_OF_A_FORM:,} fields, or too many escaped characters. {_NOTHING} "
            "Upload long lists as a file.",
            code="too_many_values",
        )


def _few_keys(value: Any) -> Any:
    if isinstance(value, dict) and len(cast("dict[str, Any]", value)) > _MOST_KEYS:
        raise ValueError(f"More than {_MOST_KEYS} fields")
    return value  # pyright: ignore[reportUnknownVariableType] - whatever was sent


def _short(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("A number is needed")  # noqa: TRY004 - pydantic reports ValueError alone
    if isinstance(value, str) and (len(value) > _LONGEST_NUMBER or not _WRITTEN.fullmatch(value)):
        raise ValueError("A number as text is written as 12.50")
    if isinstance(value, float) and abs(value - round(value, 2)) < _NOISE:
        return Decimal(str(round(value, 2)))  # 1.1300000000000001 is how a program writes 1.13
    return value


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _of_usual_length(texts: list[str]) -> list[str]:
    if sum(map(len, texts)) > _LONGEST_USUAL * len(texts) + _MORE_CHARACTERS:
        raise ValueError(f"A part number has at most {MAX_LENGTH} characters, and most of these texts are longer")
    return texts


def _written_day(value: Any) -> Any:
    if isinstance(value, str) and not _DAY.fullmatch(value):
        raise ValueError("A day is written as 2027-01-31")
    if isinstance(value, int | float):
        raise ValueError("A day is text, written as 2027-01-31")  # noqa: TRY004 - pydantic reports ValueError alone
    return value


def one_of(kinds: Mapping[str, str], *, last: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The rule that exactly one of these fields is sent, for the description of a body.

    It is written with `if`, which generators of clients pass over: they would make a type of each `oneOf`.

    Args:
        kinds: the JSON type of each field that is not null.
        last: further rules for when the last field is sent.
    """
    (name, kind), *others = kinds.items()
    sent: dict[str, Any] = {"required": [name], "properties": {name: {"type": kind}}}
    if not others:
        return {**sent, "properties": {**sent["properties"], **(last or {})}}
    return {
        "if": sent,
        "then": {"properties": {other: {"type": "null"} for other, _ in others}},
        "else": {"allOf": [{"properties": {name: {"type": "null"}}}, one_of(dict(others), last=last)]},
    }


class Body(BaseModel):
    """A JSON body: unknown fields are errors, and an object with very many fields is one error."""

    model_config = ConfigDict(extra="forbid")

    _bounded = model_validator(mode="before")(_few_keys)


Flag = Annotated[bool, Field(strict=True)]
"""True or false, and not 0, 1 or `"yes"`."""

WHOLE: Final = BeforeValidator(_whole)
"""`5.0` is a whole number, too: some programs have no other numbers. Bounds stand before it, or are not described."""

Count = Annotated[int, Field(strict=True, ge=0, le=LARGEST_ID), WHOLE]
"""A whole number as a JSON number, not as text."""

Id = Annotated[int, Field(strict=True, ge=1, le=LARGEST_ID), WHOLE]
"""The number of a row."""

Texts = Annotated[
    list[Annotated[str, Field(max_length=_LONGEST_ENTRY, json_schema_extra={"format": "part-number-of-list"})]],
    Field(fail_fast=True),
    AfterValidator(_of_usual_length),
]
"""A list of part numbers, of which only the first wrong type or size is reported. The numbers themselves are checked
later, with all reasons.
"""

Day = Annotated[date, BeforeValidator(_written_day)]
"""A day, as ISO 8601 writes it. A number would be read as seconds since 1970."""

IdempotencyKey = Annotated[
    str,
    Field(json_schema_extra={"minLength": 1, "maxLength": LONGEST_KEY, "pattern": "^[ -~]*[!-~][ -~]*$"}),
]
"""Checked by `api.bulk.idempotency_key`, whether it comes as a header or as a field."""

RunName = Annotated[str, Field(min_length=1, max_length=200, pattern=STORABLE)]
"""A person's name for a run."""

Number = Annotated[Decimal, BeforeValidator(_short)]
"""A decimal number, as a JSON number or as text."""
