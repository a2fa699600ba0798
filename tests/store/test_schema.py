"""The schema: at the revision the code expects, closed to everyone but its owner, the same by hand as by command."""

from __future__ import annotations

import psycopg
import pytest

from boeing_data_hub.errors import Refused
from boeing_data_hub.store import revision, schema
from boeing_data_hub.store.work import Database

pytestmark = pytest.mark.services


def test_the_code_expects_the_newest_revision(database):
    assert schema.newest() == revision.EXPECTED
    assert database.run(revision.current) == revision.EXPECTED
    assert database.run(revision.is_current)


def test_a_second_upgrade_changes_nothing(database_url, database):
    schema.upgrade(database_url)
    assert database.run(revision.current) == revision.EXPECTED


def test_row_level_security_is_on_and_forced_on_every_table(database):
    open_tables = database.run(
        lambda work: work.rows(
            "SELECT relname FROM pg_class WHERE relnamespace = 'hub'::regnamespace AND relkind = 'r'"
            " AND NOT (relrowsecurity AND relforcerowsecurity)"
        )
    )
    assert open_tables == []


@pytest.fixture
def stranger(database_url, postgres):
    """A role such as Supabase gives to every visitor."""
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS stranger")
        connection.execute("CREATE ROLE stranger")
        connection.execute("GRANT stranger TO hub")
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("SET ROLE stranger")
        yield connection
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute("DROP ROLE stranger")


@pytest.mark.parametrize(
    "statement", ["SELECT * FROM hub.api_keys", "DELETE FROM hub.batches", "CREATE TABLE hub.x ()"]
)
def test_a_stranger_is_refused_everything(stranger, statement):
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        stranger.execute(statement)


def test_even_a_stranger_who_was_granted_the_table_sees_no_row(database_url, database, stranger):
    database.run(lambda work: work.do("GRANT USAGE ON SCHEMA hub TO stranger; GRANT SELECT ON hub.pacing TO stranger"))
    try:
        assert stranger.execute("SELECT count(*) FROM hub.pacing").fetchone()[0] == 0
    finally:
        database.run(
            lambda work: work.do("REVOKE ALL ON hub.pacing FROM stranger; REVOKE ALL ON SCHEMA hub FROM stranger")
        )


def test_a_transaction_pooler_is_refused_with_the_way_out():
    with pytest.raises(Refused, match="5432"):
        schema.upgrade("postgresql://user:secret@pooler.example.com:6543/postgres")


def test_an_owner_who_may_not_bypass_row_level_security_can_work(database_url, postgres):
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS plain_owned")
        connection.execute("DROP ROLE IF EXISTS plain_owner")
        connection.execute("CREATE ROLE plain_owner LOGIN PASSWORD 'pw'")
        connection.execute("GRANT plain_owner TO hub")
        connection.execute("CREATE DATABASE plain_owned OWNER plain_owner")
    host = postgres.url.rsplit("@", 1)[1].rsplit("/", 1)[0]
    url = f"postgresql://plain_owner:pw@{host}/plain_owned"
    schema.upgrade_if_needed(url)
    database = Database(url, size=1)
    assert database.run(lambda work: work.value("SELECT count(*) FROM hub.pacing")) == 3
    database.close()
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute("DROP DATABASE plain_owned WITH (FORCE)")
        connection.execute("DROP ROLE plain_owner")
