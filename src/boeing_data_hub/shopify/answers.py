"""Parses a response into data and cost, or an error. Pure. Nearly every failure comes with HTTP 200."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, cast

from boeing_data_hub.errors import HubError, PauseUpstream, RateLimited, Reject, Retry
from boeing_data_hub.shopify.failures import (
    KEPT_OF_MESSAGE,
    UserError,
    UserErrors,
    daily_limit,
    kept_text,
    unanswered,
)
from boeing_data_hub.work.bucket import StoreFigures

_LEAST_WAIT: Final = 1.0  # seconds; the pause for a store that throttles although points are available
_LONGEST_WAIT: Final = 120.0
_ERROR_LISTS: Final = ("userErrors", "mediaUserErrors")
_SAME_AGAIN: Final = frozenset({"GENERIC_ERROR", "JOB_ERROR", "IDEMPOTENCY_CONCURRENT_REQUEST"})
_SAME_AGAIN_WORDS: Final = ("being modified", "try again")


@dataclass(frozen=True, slots=True)
class Cost:
    """The `extensions.cost` of an answer; each part None if absent.

    Attributes:
        requested: points charged before the call ran.
        actual: points charged in the end.
        bucket: the store's figures for its bucket.
    """

    requested: float | None = None
    actual: float | None = None
    bucket: StoreFigures | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A parsed body: `data` if the call succeeded, or else `error`, to be raised."""

    data: dict[str, Any]
    cost: Cost
    error: HubError | None


def read(body: bytes, *, changes: bool) -> Answer:
    """Parse a response with status 200, or one with another status that may contain a cost.

    Args:
        body: the whole body.
        changes: whether the call was a mutation.
    """
    try:
        parsed = json.loads(body, parse_float=Decimal)
    except (ValueError, RecursionError):
        parsed = None
    return judge(parsed, changes=changes, raw=kept_text(body))


def judge(parsed: Any, *, changes: bool, raw: str | None = None) -> Answer:
    """The same for parsed JSON, such as one line of a bulk operation's result.

    Args:
        parsed: the answer.
        changes: whether it answers a mutation.
        raw: the text that an error keeps.
    """
    if not isinstance(parsed, dict):
        return Answer({}, Cost(), _malformed(raw, changes=changes))
    answer = cast("dict[str, Any]", parsed)
    cost = _cost(_mapping(_mapping(answer.get("extensions")).get("cost")))
    errors = [_mapping(each) for each in _list(answer.get("errors"))]
    if errors or answer.get("errors"):
        return Answer({}, cost, _top_level(errors, cost, raw, changes=changes))
    data = answer.get("data")
    if not isinstance(data, dict):
        return Answer({}, cost, _malformed(raw, changes=changes))
    data = cast("dict[str, Any]", data)
    return Answer(data, cost, _refusal(data))


def _malformed(raw: str | None, *, changes: bool) -> HubError:
    return unanswered(
        "Shopify's response has an unexpected format.",
        code="shopify_malformed",
        changes=changes,
        raw=raw,
    )


def _top_level(errors: list[Mapping[str, Any]], cost: Cost, raw: str | None, *, changes: bool) -> HubError:  # noqa: PLR0911
    first = next((each for each in errors if _code(each)), errors[0] if errors else {})
    code, said = _code(first), _words(first.get("message"))
    if any(_code(each) == "THROTTLED" for each in errors):
        return RateLimited(
            "Shopify's API budget is used up. All calls slow down for a while.",
            code="shopify_throttled",
            retry_after=_wait(cost),
            whole_line=_is_empty(cost),
        )
    if code == "VARIANT_THROTTLE_EXCEEDED":
        return daily_limit(said)
    if code == "ACCESS_DENIED":
        return PauseUpstream(
            f"The app lacks a scope ({said}). Nothing has failed; publishing continues once the scope is granted.",
            code="shopify_scope",
        )
    if code in {"INTERNAL_SERVER_ERROR", "TIMEOUT"}:
        return unanswered("Shopify had an internal error.", code="shopify_internal_error", changes=changes, raw=raw)
    if code == "NOT_FOUND" and "metafield definition" in said.lower():
        return PauseUpstream(
            f"The store lacks the metafield for custom ids ({said}). Nothing has failed; set the metafields up"
            " once, and work goes on.",
            code="shopify_setup",
        )
    if code == "INVALID_PRODUCT_TAXONOMY_NODE_ID":
        return PauseUpstream(
            f"Shopify does not recognize a product category ({said}). Nothing has failed; correct HUB_CATEGORY,"
            " and work goes on.",
            code="category_unknown",
        )
    if code == "MAX_COST_EXCEEDED":
        return Reject(
            f"This single call costs more API points than Shopify allows: {said}", code="shopify_too_dear", raw=raw
        )
    return Reject(f"Shopify rejected the request: {said or 'no reason given'}", code="shopify_rejected", raw=raw)


def _refusal(data: Mapping[str, Any]) -> HubError | None:
    errors = [
        _user_error(_mapping(each))
        for payload in data.values()
        for name in _ERROR_LISTS
        for each in _list(_mapping(payload).get(name))
    ]
    if not errors:
        return None
    if all(_may_pass(error) for error in errors):
        return Retry(f"Shopify could not do this now: {errors[0].message} The hub will retry.", code="shopify_busy")
    return UserErrors(errors, data)


def _user_error(given: Mapping[str, Any]) -> UserError:
    path = ".".join(_words(step) for step in _list(given.get("field")))
    return UserError(path, _words(given.get("code")), _words(given.get("message")))


def _may_pass(error: UserError) -> bool:
    if error.code == "STALE_OBJECT":  # the same call can't succeed: someone else has set the value
        return False
    return error.code in _SAME_AGAIN or any(words in error.message.lower() for words in _SAME_AGAIN_WORDS)


def _is_empty(cost: Cost) -> bool:
    # A store may throttle a single call although points are available; other calls are not affected.
    return cost.bucket is None or cost.requested is None or cost.bucket.available < cost.requested


def _wait(cost: Cost) -> float:
    if cost.bucket is None or cost.requested is None or cost.bucket.restore_rate <= 0:
        return 2.0
    missing = cost.requested - cost.bucket.available
    return min(max(missing / cost.bucket.restore_rate, _LEAST_WAIT), _LONGEST_WAIT)


def _cost(given: Mapping[str, Any]) -> Cost:
    status = _mapping(given.get("throttleStatus"))
    maximum, available = _number(status.get("maximumAvailable")), _number(status.get("currentlyAvailable"))
    rate = _number(status.get("restoreRate"))
    bucket = None
    if maximum is not None and available is not None and rate is not None:
        bucket = StoreFigures(maximum, rate, available)
    return Cost(_number(given.get("requestedQueryCost")), _number(given.get("actualQueryCost")), bucket)


def _code(error: Mapping[str, Any]) -> str:
    return str(_mapping(error.get("extensions")).get("code") or "")


def _words(text: Any) -> str:
    return " ".join(str(text or "").replace("\x00", "\ufffd").split())[:KEPT_OF_MESSAGE]


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else None


def _mapping(value: Any) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else []
