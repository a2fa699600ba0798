"""Idempotency keys: a request that is made again with its key is answered from memory, not carried out again."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from boeing_data_hub.clock import monotonic
from boeing_data_hub_sandbox.shopify.faults import Faults
from boeing_data_hub_sandbox.shopify.knobs import Knobs
from boeing_data_hub_sandbox.shopify.outcomes import user_error


@dataclass(slots=True)
class _Remembered:
    """What an idempotency key was used for."""

    asked: str
    answer: dict[str, Any]
    failed: bool
    at: float


class IdempotencyKeys:
    """Keys seen, each with its variables and its answer."""

    def __init__(self, faults: Faults, knobs: Knobs) -> None:
        self._faults, self._knobs = faults, knobs
        self._seen: dict[str, _Remembered] = {}

    def once(self, key: str, asked: Any, empty: dict[str, Any], act: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Act for a new key; answer a known one from memory, or refuse it when it was used for something else."""
        if self._faults.strike(frozenset({"idempotency_in_flight"}), operation="inventory"):
            said = "This request is currently in progress, please try again."
            return {**empty, "userErrors": [user_error(None, said, "IDEMPOTENCY_CONCURRENT_REQUEST")]}
        text = json.dumps(asked, sort_keys=True, default=str)
        known = self._seen.get(key)
        if known is not None and monotonic() - known.at <= self._knobs.idempotency_seconds:
            if known.asked != text:
                said = "The same idempotency key cannot be used with different operation parameters."
                return {**empty, "userErrors": [user_error(None, said, "IDEMPOTENCY_KEY_PARAMETER_MISMATCH")]}
            if known.failed:
                said = "A previous request with this idempotency key failed. Retry with a new idempotency key."
                return {**empty, "userErrors": [user_error(None, said, "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED")]}
            return known.answer
        answer = act()
        self._seen[key] = _Remembered(text, answer, bool(answer["userErrors"]), monotonic())
        return answer
