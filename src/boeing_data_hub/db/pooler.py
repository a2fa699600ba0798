"""Distinguishes a transaction pooler from a server or a session pooler, by its behavior, not its name."""

from __future__ import annotations

import random
from typing import Final
from urllib.parse import urlsplit

import psycopg

from boeing_data_hub.db.statements import beside

_SQL: Final = beside(__file__)
SUPABASE_PORT: Final = 6543  # Supabase's pooler in transaction mode
_LOOKS: Final = 24


def is_transaction_pooler(url: str) -> bool:
    """True if a connection to this address may use another server process for each transaction.

    Two connections stay open and are asked for their server process, in an irregular order that a pooler cannot match
    by chance. On a server, each keeps its own process. Behind a transaction pooler, one soon has the other's process,
    or a new one, on idle and on busy systems alike.

    Raises:
        psycopg.OperationalError: there is no answer.
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
    row = connection.execute(_SQL["server"]).fetchone()
    return row[0] if row else 0
