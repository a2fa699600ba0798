"""The catalogue of what can go wrong on demand: each kind with its meaning, the calls it applies to and its options."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, cast

ANY: Final = "any"
PRICE: Final = "price"
OAUTH: Final = "oauth"
PART_TOKEN: Final = "part_token"  # noqa: S105 - the name of a call
CALLS: Final = (PRICE, OAUTH, PART_TOKEN, ANY)


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a kind: its default, the test a value must pass, and that test in words."""

    default: Any
    accepts: Callable[[Any], bool]
    words: str


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of fault; the first of `calls` is meant when a fault names none."""

    meaning: str
    calls: tuple[str, ...] = (PRICE,)
    options: Mapping[str, Option] = field(default_factory=dict[str, Option])


def _one_of(*values: Any) -> Option:
    # Compared as JSON, for True == 1 in Python.
    words = [json.dumps(value) for value in values]
    return Option(values[0], lambda value: json.dumps(value) in words, "one of " + ", ".join(words))


def _number(default: float, low: float, high: float) -> Option:
    return Option(default, lambda value: _is_number(value) and low <= value <= high, f"a number from {low} to {high}")


def _whole(default: int, low: int, high: int) -> Option:
    return Option(
        default,
        lambda value: _is_number(value) and isinstance(value, int) and low <= value <= high,
        f"a whole number from {low} to {high}",
    )


def _text(default: str) -> Option:
    return Option(default, lambda value: isinstance(value, str) and value.isprintable() and value.isascii(), "a text")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _are_headers(value: Any) -> bool:
    return isinstance(value, dict) and all(
        name.isascii() and name.replace("-", "").isalnum() and isinstance(text, str | int | float)
        for name, text in cast("dict[str, Any]", value).items()
    )


def _is_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in value)  # pyright: ignore[reportUnknownVariableType] - JSON


_RETRY_AFTER = Option(
    None,
    lambda value: value is None or _is_number(value) or (isinstance(value, str) and value.isascii()),
    'null (no header), a number, "date" (a date half a minute ahead), or any text to send as it is',
)
_FIELDS = Option(
    {},
    lambda value: isinstance(value, dict),
    "a JSON object",
)
_ANYTHING = Option(None, lambda _: True, "any JSON value")
_HEADERS = Option({}, _are_headers, "an object of header names and their values")
_ALL_CALLS = CALLS
_TOKEN_CALLS = (OAUTH, PART_TOKEN)

KINDS: Final[Mapping[str, Kind]] = {
    # Credentials and tokens
    "oauth_refused": Kind("Call 1 refuses the client secret.", (OAUTH,), {"status": _one_of(401, 403)}),
    "part_token_refused": Kind("Call 2 refuses user or password.", (PART_TOKEN,), {"status": _one_of(401, 403)}),
    "oauth_token_missing": Kind("Call 1 answers 200 without an access token.", (OAUTH,)),
    "part_token_missing": Kind("Call 2 answers 200 without a token anywhere.", (PART_TOKEN,)),
    "part_token_in_body": Kind(
        "Call 2 gives its token in the JSON body instead of the header.",
        (PART_TOKEN,),
        {"key": _one_of("x-part-access-token", "access_token")},
    ),
    "part_token_wrong": Kind("Call 2 gives a token that call 3 will refuse.", (PART_TOKEN,)),
    "token_expired": Kind(
        "Tokens end in the middle of the run: this call gets 401, and so does each call with an old token.",
        options={"which": _one_of("all", "oauth", "part")},
    ),
    "token_rejected": Kind("401, though the tokens are good: renewing them does not help."),
    # Refusals
    "forbidden": Kind("403.", _ALL_CALLS),
    "bad_request": Kind("400; with `parts`: for each call that asks one of them.", _ALL_CALLS),
    "not_found": Kind("404.", _ALL_CALLS),
    "rate_limited": Kind(
        "429, whatever the rate; `headers` such as X-RateLimit-Reset beside it.",
        _ALL_CALLS,
        {"retry_after": _RETRY_AFTER, "headers": _HEADERS},
    ),
    "reply": Kind(
        "Any status with any body: a text is sent as it is, everything else as JSON. With 403 or 400, a refusal in "
        "Boeing's own words; with 200, an error in the place of a result.",
        _ALL_CALLS,
        {
            "status": Option(
                200,
                lambda value: isinstance(value, int) and not isinstance(value, bool) and 200 <= value <= 599,  # noqa: PLR2004
                "a whole number from 200 to 599",
            ),
            "body": _ANYTHING,
            "content_type": _text("application/json"),
            "retry_after": _RETRY_AFTER,
            "headers": _HEADERS,
        },
    ),
    "server_error": Kind(
        "500, 502, 503 or 504 with the body of an API gateway.",
        _ALL_CALLS,
        {"status": _one_of(500, 502, 503, 504), "retry_after": _RETRY_AFTER},
    ),
    "down": Kind(
        "The whole service is down: connections are closed, or everything gets 503.",
        (ANY, PRICE, OAUTH, PART_TOKEN),
        {"how": _one_of("close", "503")},
    ),
    # Time and connection
    "never_answers": Kind("Takes the call and never answers.", _ALL_CALLS),
    "slow": Kind("Answers late.", _ALL_CALLS, {"seconds": _number(5, 0, 86_400)}),
    "drip": Kind("Answers byte by byte.", _ALL_CALLS, {"bytes_per_second": _number(1, 0.001, 1e6)}),
    "endless": Kind("Answers with a body that never ends.", _ALL_CALLS, {"chunk_bytes": _whole(65_536, 1, 1_000_000)}),
    "closed": Kind("Closes the connection before answering.", _ALL_CALLS, {"reset": _one_of(False, True)}),
    "cut": Kind(
        "Closes the connection in the middle of the body.",
        _ALL_CALLS,
        {"keep": _number(0.5, 0, 0.999), "reset": _one_of(False, True)},
    ),
    # Bodies that cannot be read
    "truncated": Kind(
        "Ends in the middle of the JSON; keep 0: an empty body.", _ALL_CALLS, {"keep": _number(0.5, 0, 0.999)}
    ),
    "html": Kind("200 with a page of HTML.", _ALL_CALLS),
    "wrong_type": Kind("Good JSON under another content type.", _ALL_CALLS, {"content_type": _text("text/plain")}),
    "gzip_bomb": Kind(
        "A small gzip body that inflates to a huge one.", _ALL_CALLS, {"megabytes": _whole(200, 1, 2000)}
    ),
    "deep_nesting": Kind("Lists within lists.", _ALL_CALLS, {"depth": _whole(100_000, 1, 2_000_000)}),
    "bad_number": Kind(
        "A number that JSON or a decimal cannot hold.",
        options={
            "value": _one_of("NaN", "Infinity", "-Infinity", "1e400", "-1e400"),
            "field": _text("listPrice"),
        },
    ),
    # Answers that can be read and are wrong; with `parts`, only the items of these parts are touched
    "missing_items": Kind(
        "Leaves out the items of `parts`, or of the first `count` parts asked.", options={"count": _whole(1, 1, 1000)}
    ),
    "extra_items": Kind("Adds items that nobody asked for.", options={"count": _whole(1, 1, 10_000)}),
    "duplicated_items": Kind(
        "Gives items twice: the same again, or one item per location.", options={"how": _one_of("same", "split")}
    ),
    "other_spelling": Kind(
        "Spells the part numbers in another way.",
        options={"how": _one_of("lower", "space", "inner_space", "no_hyphen", "dash")},
    ),
    "swapped": Kind(
        "Answers for parts never asked, or what the call before asked.",
        options={"how": _one_of("other_parts", "previous")},
    ),
    "moving_figures": Kind("Prices and stock change from call to call."),
    "bad_price": Kind(
        "Prices are null, 0, negative, a text: whatever `value` is.",
        options={
            "value": Option(None, lambda _: True, "any JSON value"),
            "fields": Option(["listPrice", "netPrice"], _is_names, "a list of field names"),
        },
    ),
    "other_currency": Kind(
        "Another currency on the envelope; null leaves it out.",
        options={"value": Option("EUR", lambda value: value is None or isinstance(value, str), "a text or null")},
    ),
    "beside": Kind(
        "Further fields beside the line items of an answer, such as errors, message, warnings or hasMore.",
        options={"fields": _FIELDS},
    ),
    "cut_short": Kind(
        "Gives the first `keep` line items only, and says in further fields that there are more.",
        options={"keep": _whole(1, 0, 1000), "fields": Option({"hasMore": True}, _FIELDS.accepts, _FIELDS.words)},
    ),
    "no_line_items": Kind("lineItems is null, absent or empty.", options={"how": _one_of("null", "absent", "empty")}),
    "renamed_field": Kind(
        "The schema changed: a field has another name.",
        options={"field": _text("aviallPartNumber"), "to": _text("partNumber")},
    ),
}

FAULTS: Final[dict[str, str]] = {name: kind.meaning for name, kind in KINDS.items()}
"""Every kind of fault and what it means."""
