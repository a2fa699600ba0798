"""The surroundings of a hub in production: a database without tables, a broker, and the outside services."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg
import pytest
from tests.ops.trial import Outside

from boeing_data_hub_sandbox.services.postgres import Postgres


@pytest.fixture
def bare_database_url(postgres: Postgres) -> Iterator[str]:
    """A database as a provider hands it over: nothing of ours is in it."""
    name = f"bare_{uuid4().hex[:12]}"
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    yield urlunsplit(urlsplit(postgres.url)._replace(path=f"/{name}"))
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[Outside]:
    found = Outside(tmp_path)
    yield found
    found.close()
