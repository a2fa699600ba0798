"""The front of the stage: two lists and a buyer become a request, or say what is wrong. Pure.

Everything is looked at before anything is done, and all that is wrong with the lists is told at once.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

from boeing_data_hub.errors import BadInput, Malformed
from boeing_data_hub.quotes.doubts import doubt, refusal
from boeing_data_hub.quotes.entries import (
    Entry,
    entries_of,
    quantity_of,
    text_of,
    too_many,
    wrong_with_part,
    wrong_with_quantity,
)
from boeing_data_hub.quotes.quote import BUYER, AskedLine, QuoteRequest
from boeing_data_hub.values.part_numbers import BadPartNumber, clean

LONGEST_NUMBER: Final = 100  # characters of an RFQ number
LONGEST_TEXT: Final = 2_000  # characters of what is kept of a buyer
_SHOWN: Final = 80
_NOTHING: Final = "Nothing was stored."


def read_request(fields: Mapping[str, Any], *, most: int, actor: str) -> QuoteRequest:
    """The request that a form means.

    Args:
        fields: by the names of the webhook; absent and None are the same.
        most: lines allowed.
        actor: who asks.

    Raises:
        Malformed: there is no RFQ number.
        BadInput: a value is not acceptable; `rejected` names lines by their place, counted from 1.
    """
    return QuoteRequest(
        rfq_number=rfq_number_of(fields.get("rfq_number")),
        rfq_sub_url=_text(fields, "rfq_sub_url"),
        buyer={name: told for name in BUYER if (told := _text(fields, name))},
        lines=read_lines(fields.get("requested_parts"), fields.get("requested_qty"), most=most),
        actor=actor,
    )


def rfq_number_of(value: object) -> str:
    """The number of a request. Raises Malformed where there is none, BadInput where it cannot be one."""
    told = text_of("rfq_number", value).strip()
    if not told:
        raise Malformed(
            f"rfq_number is missing. {_NOTHING} It identifies the quote: send it with every request.",
            code="rfq_number_missing",
        )
    if len(told) > LONGEST_NUMBER or not told.isprintable() or not any(c.isalnum() for c in told):
        raise BadInput(
            f"rfq_number is 1 to {LONGEST_NUMBER} visible characters, a letter or digit among them. {_NOTHING}",
            code="bad_rfq_number",
        )
    return told


def read_lines(parts: object, quantities: object, *, most: int) -> tuple[AskedLine, ...]:
    """Pair two lists by place, `a,b` with `1,2`. A separator at the end is forgiven; an empty place within is not.

    Raises:
        BadInput: no parts, unequal counts, more than `most`, or places that hold no part number or no quantity.
    """
    numbers = entries_of("requested_parts", parts, most=most)
    pieces = entries_of("requested_qty", quantities, most=most)
    if not numbers:
        raise BadInput(f"requested_parts is empty. {_NOTHING}", code="no_parts")
    if len(numbers) != len(pieces):
        raise BadInput(
            f"requested_parts has {len(numbers)} and requested_qty {len(pieces)} entries. {_NOTHING} Send one quantity "
            "for each part, separated by commas, and none within a number: 1000, not 1,000.",
            code="unequal_counts",
            details={"parts": len(numbers), "quantities": len(pieces)},
        )
    if len(numbers) > most:
        raise too_many(most)
    lines: list[AskedLine] = []
    rejected: list[dict[str, Any]] = []
    for place, (number, quantity) in enumerate(zip(numbers, pieces, strict=True), 1):
        part, wrong = _part_of(number)
        if wrong:
            rejected.append(_rejection(place, number.text, *wrong))
        count = quantity_of(quantity.text, is_number=quantity.is_number)
        if count is None:
            rejected.append(_rejection(place, quantity.text, "bad_quantity", wrong_with_quantity(quantity.text)))
        if part is not None and count is not None:
            lines.append(AskedLine(part, count))
    if rejected:
        first = rejected[0]
        more = f" ({len(rejected) - 1:,} more)" if len(rejected) > 1 else ""
        raise BadInput(
            f"Line {first['line']}: {str(first['reason']).rstrip('.')}{more}. {_NOTHING} Correct the lists and send "
            "the request again.",
            code="bad_lines",
            details={"rejected_count": len(rejected), "rejected": rejected},
        )
    return tuple(lines)


def _part_of(entry: Entry) -> tuple[str | None, tuple[str, str] | None]:
    """The clean part number of an entry, or code and sentence of what is wrong with it."""
    if wrong := wrong_with_part(entry):
        return None, wrong
    try:
        number = clean(entry.text)
    except BadPartNumber as bad:
        return None, refusal(entry.text, bad)
    wrong = doubt(entry.text, number)
    return (None, wrong) if wrong else (number, None)


def fingerprint(request: QuoteRequest) -> str:
    """By which a repeated request is recognised: what is asked and for whom, not by whom it is sent."""
    asked = [
        request.rfq_sub_url,
        sorted(request.buyer.items()),
        [[line.part_number, line.quantity] for line in request.lines],
    ]
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()


def _text(fields: Mapping[str, Any], name: str) -> str:
    """A text as it can be kept: what Postgres and UTF-8 do not hold is marked. Raises BadInput when it is too long."""
    told = text_of(name, fields.get(name)).replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8").strip()
    if len(told) > LONGEST_TEXT:
        raise BadInput(
            f"{name} has {len(told):,} characters; at most {LONGEST_TEXT:,} are kept. {_NOTHING}", code="too_long"
        )
    return told


def _rejection(place: int, text: str, code: str, reason: str) -> dict[str, Any]:
    brief = text[:_SHOWN]
    return {"line": place, "text": brief if brief.isprintable() else ascii(brief)[1:-1], "code": code, "reason": reason}
