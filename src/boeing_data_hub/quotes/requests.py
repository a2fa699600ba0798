"""Turns two lists and a buyer into a quote request, or reports what is wrong. Pure.

Everything is checked first, and all errors of the lists are reported together.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
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
LONGEST_TEXT: Final = 2_000  # characters of each buyer's field
_SHOWN: Final = 80
_NOTHING: Final = "Nothing was stored."


@dataclass(frozen=True, slots=True)
class Rejection:
    """A part number or quantity that cannot be read, in the lists' line of this number, from 1."""

    line: int
    text: str
    code: str
    reason: str


def read_request(fields: Mapping[str, Any], *, most: int, actor: str) -> QuoteRequest:
    """The request in the fields of a form.

    Args:
        fields: by the webhook's names; missing and None are the same.
        most: maximum number of lines.
        actor: who makes the request.

    Raises:
        Malformed: there is no RFQ number.
        BadInput: a value is invalid; `rejected` lists lines by their position from 1.
    """
    return QuoteRequest(
        rfq_number=rfq_number_of(fields.get("rfq_number")),
        rfq_sub_url=_text(fields, "rfq_sub_url"),
        buyer={name: cleaned for name in BUYER if (cleaned := _text(fields, name))},
        lines=read_lines(fields.get("requested_parts"), fields.get("requested_qty"), most=most),
        actor=actor,
    )


def rfq_number_of(value: object) -> str:
    """The number of a request. Raises Malformed if it is missing, BadInput if it is invalid."""
    cleaned = text_of("rfq_number", value).strip()
    if not cleaned:
        raise Malformed(
            f"rfq_number is missing. {_NOTHING} It identifies the quote: send it with every request.",
            code="rfq_number_missing",
        )
    if len(cleaned) > LONGEST_NUMBER or not cleaned.isprintable() or not any(c.isalnum() for c in cleaned):
        raise BadInput(
            f"rfq_number must have 1 to {LONGEST_NUMBER} visible characters, including a letter or digit. {_NOTHING}",
            code="bad_rfq_number",
        )
    return cleaned


def read_lines(parts: object, quantities: object, *, most: int) -> tuple[AskedLine, ...]:
    """Pair two lists by position, `a,b` with `1,2`. A trailing separator is ignored; an empty entry elsewhere is an
    error.

    Raises:
        BadInput: no parts, different lengths, more than `most` lines, or an invalid part number or quantity.
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
    rejected: list[Rejection] = []
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
            f"Line {first.line}: {first.reason.rstrip('.')}{more}. {_NOTHING} Correct the lists and send "
            "the request again.",
            code="bad_lines",
            details={"rejected_count": len(rejected), "rejected": [asdict(one) for one in rejected]},
        )
    return tuple(lines)


def _part_of(entry: Entry) -> tuple[str | None, tuple[str, str] | None]:
    """The clean part number of an entry, or the code and sentence of its error."""
    if wrong := wrong_with_part(entry):
        return None, wrong
    try:
        number = clean(entry.text)
    except BadPartNumber as bad:
        return None, refusal(entry.text, bad)
    wrong = doubt(entry.text, number)
    return (None, wrong) if wrong else (number, None)


def fingerprint(request: QuoteRequest) -> str:
    """The fingerprint of a request, by which a repetition is recognized: its content and buyer, not its sender."""
    asked = [
        request.rfq_sub_url,
        sorted(request.buyer.items()),
        [[line.part_number, line.quantity] for line in request.lines],
    ]
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()


def _text(fields: Mapping[str, Any], name: str) -> str:
    """A text that can be stored: characters that Postgres or UTF-8 cannot represent are replaced. Raises BadInput if it
    is too long.
    """
    cleaned = text_of(name, fields.get(name)).replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8").strip()
    if len(cleaned) > LONGEST_TEXT:
        raise BadInput(
            f"{name} has {len(cleaned):,} characters; the maximum is {LONGEST_TEXT:,}. {_NOTHING}", code="too_long"
        )
    return cleaned


def _rejection(place: int, text: str, code: str, reason: str) -> Rejection:
    brief = text[:_SHOWN]
    return Rejection(place, brief if brief.isprintable() else ascii(brief)[1:-1], code, reason)
