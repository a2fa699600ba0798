"""The front of the stage: two lists separated by commas, and a buyer, become a request, or say what is wrong. Pure.

Everything is looked at before anything is done, and all that is wrong with the lists is told at once.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any, Final

from boeing_data_hub.errors import BadInput, Malformed
from boeing_data_hub.model.part_numbers import BadPartNumber, clean
from boeing_data_hub.model.quotes import BUYER, AskedLine, QuoteRequest

MOST_PIECES: Final = 1_000_000
"""Of one line. More is a slip of the keyboard."""

LONGEST_NUMBER: Final = 100  # characters of an RFQ number
LONGEST_TEXT: Final = 2_000  # characters of what is kept of a buyer
_SHOWN: Final = 80
_QUANTITY = re.compile(r"[0-9]{1,12}(?:\.0{1,6})?")
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
        lines=read_lines(_raw(fields, "requested_parts"), _raw(fields, "requested_qty"), most=most),
        actor=actor,
    )


def rfq_number_of(value: object) -> str:
    """The number of a request. Raises Malformed where there is none, BadInput where it cannot be one."""
    told = "" if value is None else str(value).strip()
    if not told:
        raise Malformed(
            f"rfq_number is missing. {_NOTHING} It is the one name of a quote: send it with every request.",
            code="rfq_number_missing",
        )
    if len(told) > LONGEST_NUMBER or not told.isprintable() or not any(c.isalnum() for c in told):
        raise BadInput(
            f"rfq_number is 1 to {LONGEST_NUMBER} visible characters, a letter or digit among them. {_NOTHING}",
            code="bad_rfq_number",
        )
    return told


def read_lines(parts: str, quantities: str, *, most: int) -> tuple[AskedLine, ...]:
    """Pair `a,b` with `1,2`, by place. A comma at the end of a list is forgiven; an empty place within is not.

    Raises:
        BadInput: no parts, unequal counts, more than `most`, or places that hold no part number or no quantity.
    """
    if max(parts.count(","), quantities.count(",")) > most:  # before a megabyte of commas becomes a list
        raise _too_many(most)
    numbers, pieces = _places(parts), _places(quantities)
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
        raise _too_many(most)
    lines: list[AskedLine] = []
    rejected: list[dict[str, Any]] = []
    for place, (number, quantity) in enumerate(zip(numbers, pieces, strict=True), 1):
        try:
            part = clean(number)
        except BadPartNumber as bad:
            rejected.append(_rejection(place, number, bad.reason_code, bad.sentence))
            part = None
        count = quantity_of(quantity)
        if count is None:
            sentence = f"The quantity is to be a whole number from 1 to {MOST_PIECES:,}."
            rejected.append(_rejection(place, quantity, "bad_quantity", sentence))
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


def quantity_of(text: str) -> int | None:
    """The whole number meant, from 1 to `MOST_PIECES`; None when it is none. `2.0`, as spreadsheets write, is 2."""
    told = text.strip()
    if not _QUANTITY.fullmatch(told):
        return None
    count = int(told.partition(".")[0])
    return count if 1 <= count <= MOST_PIECES else None


def fingerprint(request: QuoteRequest) -> str:
    """By which a repeated request is recognised: what is asked and for whom, not by whom it is sent."""
    asked = [
        request.rfq_sub_url,
        sorted(request.buyer.items()),
        [[line.part_number, line.quantity] for line in request.lines],
    ]
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()


def _places(text: str) -> list[str]:
    places = [place.strip() for place in text.split(",")]
    return places[:-1] if not places[-1] else places


def _raw(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    return "" if value is None else str(value)


def _text(fields: Mapping[str, Any], name: str) -> str:
    """A text as it can be kept: what Postgres and UTF-8 do not hold is marked. Raises BadInput when it is too long."""
    told = _raw(fields, name).replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8").strip()
    if len(told) > LONGEST_TEXT:
        raise BadInput(
            f"{name} has {len(told):,} characters; at most {LONGEST_TEXT:,} are kept. {_NOTHING}", code="too_long"
        )
    return told


def _rejection(place: int, text: str, code: str, reason: str) -> dict[str, Any]:
    brief = text[:_SHOWN]
    return {"line": place, "text": brief if brief.isprintable() else ascii(brief)[1:-1], "code": code, "reason": reason}


def _too_many(most: int) -> BadInput:
    return BadInput(
        f"At most {most:,} parts are quoted at once (HUB_QUOTE_MAX_PARTS). {_NOTHING} Send several requests, each with "
        "an RFQ number of its own.",
        code="too_many_parts",
    )
