"""Tells a transaction pooler from a server or a session pooler, by what it does rather than by its name."""

from __future__ import annotations

import random
from typing import Final
from urllib.parse import urlsplit

import psycopg

SUPABASE_PORT: Final = 6543  # Supabase's pooler in transaction mode
_LOOKS: Final = 24


def is_transaction_pooler(url: str) -> bool:
    """Whether the server behind this address changes between one transaction of a connection and its next.

    Two connections stay open, and are asked in turn, in no order that a pooler could keep step with, which server they
    are at. Each has one of its own, for good; behind a transaction pooler one is soon found at another's, or elsewhere
    than before, all the sooner the less or the more there is to do.

    Raises:
        psycopg.OperationalError: nobody answers.
    """
    if urlsplit(url).port == SUPABASE_PORT:
        return True
    with _connect(url) as one, _connect(url) as other:
        at: dict[int, int] = {}
        for _ in range(_LOOKS):
            asked = random.choice((one, other))  # noqa: S311 - not a secret
            found = _server(asked)
            if at.setdefault(id(asked), found) != found or len(set(at.values())) < len(at):
                return True
    return False


def _connect(url: str) -> psycopg.Connection:
    return psycopg.connect(url, autocommit=True, prepare_threshold=None, connect_timeout=5, application_name="bdh-db")


def _server(connection: psycopg.Connection) -> int:
    row = connection.execute("SELECT pg_backend_pid()").fetchone()
    return row[0] if row else 0
