"""Tells a transaction pooler from a server or a session pooler, by what it does rather than by its name."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

import psycopg

SUPABASE_PORT: Final = 6543  # Supabase's pooler in transaction mode
_LOOKS: Final = 3


def is_transaction_pooler(url: str) -> bool:
    """Whether the server behind this address changes between one transaction of a connection and its next.

    Two connections stay open. A server of their own each has; behind a transaction pooler the second one is given the
    server that the first has just left, or the first finds another one when it comes back.

    Raises:
        psycopg.OperationalError: nobody answers.
    """
    if urlsplit(url).port == SUPABASE_PORT:
        return True
    with _connect(url) as ours, _connect(url) as other:
        for _ in range(_LOOKS):
            mine = _server(ours)
            with other.transaction():  # keeps its server meanwhile
                if _server(other) == mine or _server(ours) != mine:
                    return True
    return False


def _connect(url: str) -> psycopg.Connection:
    return psycopg.connect(url, autocommit=True, prepare_threshold=None, connect_timeout=5, application_name="bdh-db")


def _server(connection: psycopg.Connection) -> int:
    row = connection.execute("SELECT pg_backend_pid()").fetchone()
    return row[0] if row else 0
