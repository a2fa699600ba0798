"""The rows of access tokens: one for each account and set of credentials. Held locked for about a millisecond."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from psycopg.types.json import Jsonb

from boeing_data_hub.db.statements import beside
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.work.access_token import HeldToken
from boeing_data_hub.work.token_failure import Failure
from boeing_data_hub.work.token_state import TokenState

_SQL: Final = beside(__file__)


def hold(work: Work, name: str, fingerprint: str) -> tuple[TokenState, datetime]:
    """Read and lock the state, and the database's time after the lock was acquired."""
    key = [name, fingerprint]
    row = work.row(_SQL["hold"], key)
    if row is None:
        work.do(_SQL["add"], key)
        row = work.row(_SQL["hold"], key)
    now: datetime = work.value(_SQL["moment"])
    return _state(row or {}), now


def look(work: Work, name: str, fingerprint: str) -> tuple[TokenState, datetime]:
    """Read the state without locking it."""
    row = work.row(_SQL["look"], [name, fingerprint])
    now: datetime = work.value(_SQL["moment"])
    return _state(row or {}), now


def save(work: Work, name: str, fingerprint: str, state: TokenState) -> None:
    """Save the next state of a locked row, and delete rows of credentials unused for two days."""
    token = state.token
    work.do(
        _SQL["save"],
        [
            state.generation,
            None if token is None else Jsonb(dict(token.secret)),
            None if token is None else Jsonb(dict(token.facts)),
            None if token is None else token.generation,
            None if token is None else token.obtained_at,
            None if token is None else token.renew_at,
            None if token is None else token.expires_at,
            token is not None and token.on_probation,
            state.accepted,
            state.refused,
            state.fetcher,
            state.fetch_until,
            None if state.failure is None else Jsonb(asdict(state.failure)),
            state.failures,
            state.failed_until,
            name,
            fingerprint,
        ],
    )
    work.do(_SQL["drop_unused"], [name, fingerprint])


def may_be_saved(work: Work) -> bool:
    """True if the table exists and this role may write to it."""
    return bool(work.value(_SQL["may_be_saved"]))


def awaited(work: Work) -> frozenset[str]:
    """Upstreams (`boeing`, `shopify`) whose calls wait because a process is fetching an access token."""
    return frozenset(row["name"].partition(":")[0].partition("-")[0] for row in work.rows(_SQL["awaited"]))


def remove(work: Work, name: str) -> int:
    """Delete every token of an account. Returns the number of sets of credentials."""
    return work.do(_SQL["remove"], [name])


def _state(row: dict[str, Any]) -> TokenState:
    if not row:
        return TokenState()
    token = None
    if row["secret"] is not None:
        token = HeldToken(
            generation=row["token_generation"],
            secret=row["secret"],
            facts=row["facts"] or {},
            obtained_at=row["obtained_at"],
            renew_at=row["renew_at"],
            expires_at=row["expires_at"],
            on_probation=row["on_probation"],
        )
    return TokenState(
        generation=row["generation"],
        token=token,
        accepted=row["accepted_generation"],
        refused=row["refused_generation"],
        fetcher=row["fetcher"],
        fetch_until=row["fetch_until"],
        failure=None if row["failure"] is None else Failure(**row["failure"]),
        failures=row["failures"],
        failed_until=row["failed_until"],
    )
