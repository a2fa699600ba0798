"""Roles as Supabase makes them, and others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from tests.support.pgtools import Tools

NEXT = Path(__file__).parent / "next_revision"
VISITORS = ("anon", "authenticated", "service_role")


@pytest.fixture(scope="session")
def visitors(postgres) -> tuple[str, ...]:
    """The roles that Supabase's API becomes, and the one it signs in as."""
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute("CREATE ROLE anon NOLOGIN NOINHERIT")
        connection.execute("CREATE ROLE authenticated NOLOGIN NOINHERIT")
        connection.execute("CREATE ROLE service_role NOLOGIN NOINHERIT BYPASSRLS")
        connection.execute("CREATE ROLE authenticator LOGIN NOINHERIT PASSWORD 'pw'")
        connection.execute("GRANT anon, authenticated, service_role TO authenticator")
    return VISITORS


@pytest.fixture
def as_visitor(visitors) -> Callable[..., psycopg.Connection]:
    """A connection as the API's: signed in as authenticator, and become the visitor's role."""
    opened: list[psycopg.Connection] = []

    def connect(url: str, role: str) -> psycopg.Connection:
        server = urlsplit(url)
        address = f"postgresql://authenticator:pw@{server.hostname}:{server.port}{server.path}"
        connection = psycopg.connect(address, autocommit=True)
        opened.append(connection)
        connection.execute(f"SET ROLE {role}")
        return connection

    yield connect
    for connection in opened:
        connection.close()


@pytest.fixture(scope="session")
def tools() -> Tools:
    return Tools()


@pytest.fixture
def make_role(postgres) -> Iterator[Callable[..., str]]:
    """Makes roles of one test."""
    made: list[str] = []

    def make(name: str, options: str = "LOGIN PASSWORD 'pw'") -> str:
        with psycopg.connect(postgres.url, autocommit=True) as connection:
            connection.execute(f"CREATE ROLE {name} {options}")
            connection.execute(f"GRANT {name} TO CURRENT_USER")
        made.append(name)
        return name

    yield make
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        for name in made:
            connection.execute(f"DROP ROLE {name}")


@pytest.fixture
def owned(postgres, make_role, empty_database) -> Callable[[str], str]:
    """An empty database of a plain role's own, by that role's address."""

    def make(name: str) -> str:
        role = make_role(name)
        url = empty_database(owner=role)
        server = urlsplit(url)
        return f"postgresql://{role}:pw@{server.hostname}:{server.port}{server.path}"

    return make
