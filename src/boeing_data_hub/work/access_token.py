"""Access tokens that all processes share, and the terms on which they are renewed. Pure.

`token_state.py` decides who fetches, `shared_tokens.py` fetches, `access_token_rows.py` reads and writes the rows.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from boeing_data_hub.retry import RetryPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class FreshToken:
    """The result of a fetch.

    Attributes:
        secret: the token, or several, as JSON: all that the caller needs to make calls and to renew it.
        lives: seconds it is valid, counted from the beginning of the fetch; infinite if the answer does not say.
        facts: public details of the response, such as its scopes.
    """

    secret: Mapping[str, Any] = field(repr=False)
    lives: float = math.inf
    facts: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldToken:
    """A token that was fetched. Times are the database's.

    Attributes:
        generation: counts fetches from 1.
        secret: as fetched.
        facts: as fetched.
        obtained_at: when its fetch began.
        renew_at: when to renew it; None: its expiry is unknown.
        expires_at: when it expires; None: unknown.
        on_probation: the previous token was refused, and nothing has been accepted since.
    """

    generation: int
    secret: Mapping[str, Any] = field(repr=False)
    facts: Mapping[str, Any]
    obtained_at: datetime
    renew_at: datetime | None
    expires_at: datetime | None
    on_probation: bool

    def is_good(self, now: datetime) -> bool:
        """True if it has not expired."""
        return self.expires_at is None or now < self.expires_at

    def is_due(self, now: datetime) -> bool:
        """True if it is time to renew it."""
        return self.renew_at is not None and now >= self.renew_at


PASSING: Final = RetryPolicy(first=1.0, longest=60.0)
"""How long all processes share a temporary failure before one of them fetches again."""
REFUSED: Final = RetryPolicy(first=60.0, factor=4.0, longest=900.0)
"""How long rejected credentials are not tried again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRules:
    """The rules of renewal; times in seconds.

    Attributes:
        renew_share: share of its life after which a token is renewed.
        claim: how long the claim on a fetch lasts without a heartbeat. The fetching process sends one every third of
            this, so that the claim of a killed process ends soon, however long a fetch may take.
        patience: how long a caller waits for another process's fetch.
        look_every: how long a process uses a token without checking for a newer one.
        retry: how long all processes share a temporary failure.
        refused: how long rejected credentials are not tried again.
        try_refused: hand out the rejected token until another one is fetched, because its users try rarely.
    """

    renew_share: float = 0.8
    claim: float = 8.0
    patience: float = 75.0
    look_every: float = 1.0
    retry: RetryPolicy = PASSING
    refused: RetryPolicy = REFUSED
    try_refused: bool = False
