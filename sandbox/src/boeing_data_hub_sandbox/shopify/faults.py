"""Faults that can be switched on and off while the sandbox runs, each with a chance, a number of times and a match."""

from __future__ import annotations

import random
from itertools import count
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Kind = Literal[
    # before anything is executed
    "error_before",
    "drop_before",
    "throttle",
    "http_429",
    "unauthorized",
    "payment_required",
    "forbidden",
    "not_found",
    "locked",
    "rejected",
    "internal_error",
    "undefined_field",
    # after everything is committed
    "error_after",
    "drop_after",
    "truncated_reply",
    # stock, instead of acting
    "idempotency_in_flight",
    # either side of it
    "slow",
    "slow_after",
    # uploads
    "upload_error",
    "upload_drop",
    # bulk runs, decided once for a run
    "bulk_failed",
    "bulk_expired",
    "bulk_stuck",
    "bulk_truncated",
    "bulk_cancel_stuck",
    "bulk_result_forbidden",
    "bulk_result_slow",
    "bulk_late_partial",
    # bulk runs, decided for each line
    "bulk_line_missing",
    "bulk_line_error",
    # webhooks, decided for each delivery
    "webhook_lost",
    "webhook_duplicate",
    "webhook_late",
    "webhook_forged",
    # access tokens
    "token_error",
    "token_drop",
    "token_slow",
    "token_429",
    "token_nonsense",
    # images
    "media_failed",
    "media_slow",
]


class Fault(BaseModel):
    """One fault.

    `match` limits it: keys are `operation` (the first field's name, or the bulk's inner one), `sku`, `custom_id`,
    `via` (direct or bulk), `topic`, `url`; the value must equal, or with a trailing `*` begin, the request's.
    """

    model_config = ConfigDict(extra="forbid")

    kind: Kind
    probability: float = Field(default=1.0, ge=0, le=1)
    times: int | None = Field(default=None, ge=0, description="how often it may happen; None: without end")
    match: dict[str, str] = Field(default_factory=dict)
    skip: int = Field(default=0, ge=0, description="let this many matching chances pass first")
    status: int = Field(
        default=503, ge=400, le=599, description="of error_before, error_after, upload_error and token_error"
    )
    seconds: float = Field(
        default=1.0,
        ge=0,
        description="of slow, token_slow, webhook_late and media_slow; between the halves of bulk_result_slow; "
        "Retry-After of http_429 and token_429",
    )
    fraction: float = Field(default=0.5, ge=0, le=1, description="of its lines a bulk run does before it fails")
    error_code: Literal["INTERNAL_SERVER_ERROR", "TIMEOUT", "ACCESS_DENIED"] = "INTERNAL_SERVER_ERROR"
    id: int = 0
    happened: int = 0


class Faults:
    """The faults now switched on. The dice are seeded, so that a run can be repeated."""

    def __init__(self, seed: int) -> None:
        self._dice = random.Random(seed)  # noqa: S311 - repeatable on purpose
        self._ids = count(1)
        self.active: list[Fault] = []

    def reseed(self, seed: int) -> None:
        """Start the dice again."""
        self._dice.seed(seed)

    def add(self, fault: Fault) -> Fault:
        """Switch a fault on."""
        fault.id, fault.happened = next(self._ids), 0
        self.active.append(fault)
        return fault

    def remove(self, number: int | None = None) -> int:
        """Switch one fault off, or all; returns how many."""
        before = len(self.active)
        self.active = [] if number is None else [fault for fault in self.active if fault.id != number]
        return before - len(self.active)

    def strike(self, kinds: frozenset[str], **facts: str | None) -> Fault | None:
        """The first active fault of these kinds that matches the facts and wins its throw, counted; else None."""
        for fault in self.active:
            if fault.kind not in kinds or (fault.times is not None and fault.happened >= fault.times):
                continue
            if fault.match and not _matches(fault.match, facts):
                continue
            if fault.skip > 0:
                fault.skip -= 1
                continue
            if fault.probability >= 1 or self._dice.random() < fault.probability:
                fault.happened += 1
                return fault
        return None

    def happens(self, probability: float) -> bool:
        """A throw of the same dice; none is made where nothing can come of it."""
        return probability > 0 and self._dice.random() < probability

    def shuffled(self, lines: list[str]) -> list[str]:
        """The lines in an order nobody promised."""
        mixed = list(lines)
        self._dice.shuffle(mixed)
        return mixed


def _matches(match: dict[str, str], facts: dict[str, str | None]) -> bool:
    for key, wanted in match.items():
        value = facts.get(key)
        if value is None:
            return False
        if wanted.endswith("*"):
            if not value.startswith(wanted[:-1]):
                return False
        elif value != wanted:
            return False
    return True
