"""The schema: at the revision the code expects, the same by hand as by command, upgraded beside those who use it."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from tests.db.conftest import NEXT
from tests.support.patience import allow

from boeing_data_hub.db import revision, schema
from boeing_data_hub.db.unit_of_work import Database
from boeing_data_hub.errors import BadInput, Refused, Unavailable

pytestmark = pytest.mark.services

WITH_NEXT = [schema.VERSIONS, NEXT]


def test_the_code_expects_the_newest_revision(database):
    assert schema.newest() == revision.EXPECTED
    assert database.run(revision.current) == revision.EXPECTED
    assert database.run(revision.is_current)


def test_a_second_upgrade_changes_nothing(direct_url, tools):
    before = tools.dump(direct_url)
    schema.upgrade(direct_url)
    assert tools.dump(direct_url) == before


def test_several_upgrades_at_once_make_one(empty_url, direct_url, tools):
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(schema.upgrade, [empty_url] * 4))
    assert tools.dump(empty_url) == tools.dump(direct_url)


def test_an_older_program_leaves_newer_tables_as_they_are(direct_url, tools):
    assert schema.upgrade(direct_url, versions=WITH_NEXT) == "9999"
    before = tools.dump(direct_url)
    assert schema.upgrade(direct_url) == "9999"
    schema.upgrade_if_needed(direct_url)
    assert tools.dump(direct_url) == before


# By hand.


def test_the_printed_sql_makes_what_the_command_makes(empty_url, direct_url, tools):
    ended = tools.psql(empty_url, schema.as_sql())
    assert (ended.returncode, ended.stderr) == (0, "")
    assert tools.dump(empty_url) == tools.dump(direct_url)
    schema.upgrade(empty_url)
    assert tools.dump(empty_url) == tools.dump(direct_url)


@pytest.mark.parametrize("since", schema.revisions())
def test_the_printed_sql_brings_any_revision_to_the_newest(empty_url, direct_url, tools, since):
    schema.upgrade(empty_url, to=since)
    ended = tools.psql(empty_url, schema.as_sql(since=since))
    assert (ended.returncode, ended.stderr) == (0, "")
    assert tools.dump(empty_url) == tools.dump(direct_url)


def test_the_printed_sql_also_goes_in_one_piece_as_the_editor_sends_it(empty_url, direct_url, tools):
    with psycopg.connect(empty_url, autocommit=True) as connection:
        connection.execute(schema.as_sql())
    assert tools.dump(empty_url) == tools.dump(direct_url)


@pytest.mark.parametrize(("there", "since"), [("0004", None), ("0002", None), ("0002", "0003"), ("0004", "0003")])
def test_sql_that_does_not_fit_the_database_changes_nothing_and_names_what_does(empty_url, tools, there, since):
    schema.upgrade(empty_url, to=there)
    before = tools.dump(empty_url)
    ended = tools.psql(
        empty_url, schema.as_sql(since=since)
    )  # which goes on after an error, as a careless person would
    assert f"here they are at revision {there}. Nothing was changed." in ended.stderr
    assert f"HINT:  Print the text for this database: bdh db sql --from {there}\n" in ended.stderr
    assert tools.dump(empty_url) == before


def test_sql_for_an_upgrade_changes_nothing_in_an_empty_database(empty_url, tools):
    ended = tools.psql(empty_url, schema.as_sql(since="0003"))
    assert "here they are at revision none. Nothing was changed." in ended.stderr
    assert "bdh db sql\n" in ended.stderr
    with psycopg.connect(empty_url) as connection:
        assert connection.execute("SELECT to_regnamespace('hub') IS NULL").fetchone() == (True,)


def test_an_unknown_revision_is_refused_with_those_there_are():
    with pytest.raises(BadInput, match="There is no revision 0000"):
        schema.as_sql(since="0000")


# Beside others.


@pytest.fixture
def waiting_for(direct_url, wait):
    """Waits until an upgrade waits for the lock of a table."""
    query = (
        "SELECT count(*) > 0 FROM pg_locks"
        " WHERE NOT granted AND mode = 'AccessExclusiveLock' AND relation = %s::regclass"
    )
    with psycopg.connect(direct_url, autocommit=True) as connection:

        def waits(table):
            wait.until(lambda: connection.execute(query, [table]).fetchone()[0], what="the upgrade's wait")

        yield waits


def test_an_upgrade_behind_a_long_transaction_lets_everybody_pass_again_and_again(direct_url, database, waiting_for):
    with psycopg.connect(direct_url) as somebody, ThreadPoolExecutor(1) as threads:
        somebody.execute("SELECT count(*) FROM hub.batch_items")
        upgrade = threads.submit(schema.upgrade, direct_url, versions=WITH_NEXT)
        for _ in range(3):
            waiting_for("hub.batch_items")
            # The first it has locked by then, the second it waits for; both come free before the long transaction ends.
            database.run(lambda work: work.value("SELECT count(*) FROM hub.batches"))
            database.run(lambda work: work.do("UPDATE hub.batch_items SET attempts = 0"))
        assert not upgrade.done()
        somebody.rollback()
        upgrade.result(timeout=allow(30))
    assert database.run(revision.current) == "9999"
    assert database.run(revision.is_current)


def test_an_upgrade_that_cannot_get_its_locks_is_rolled_back_completely(direct_url, tools):
    before = tools.dump(direct_url)
    with psycopg.connect(direct_url) as somebody:
        somebody.execute("SELECT count(*) FROM hub.products")
        with pytest.raises(Unavailable, match=r"in use.*Nothing was changed"):
            schema.upgrade(direct_url, versions=WITH_NEXT, patience=0.1)
    assert tools.dump(direct_url) == before


def test_of_an_upgrade_and_a_worker_that_wait_for_each_other_the_upgrade_yields(direct_url, database, waiting_for):
    tries = []
    met = threading.Event()

    def step(work):
        tries.append(1)
        work.do("UPDATE hub.products SET state = state")  # which the upgrade alters last
        met.wait(allow(20))
        return work.value("SELECT count(*) FROM hub.batches")  # which it has by then

    with ThreadPoolExecutor(2) as threads:
        worker = threads.submit(database.run, step)
        upgrade = threads.submit(schema.upgrade, direct_url, versions=WITH_NEXT)
        waiting_for("hub.products")
        met.set()
        worker.result(timeout=allow(30))
        upgrade.result(timeout=allow(60))
    assert tries == [1]


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
