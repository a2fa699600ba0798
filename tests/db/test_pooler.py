"""Through a real pgbouncer: poolers that cannot run migrations are recognized. Run by `make test-pooler`."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from tests.support.pooler import pgbouncer

from boeing_data_hub.db import schema
from boeing_data_hub.db.pooler import is_transaction_pooler
from boeing_data_hub.db.unit_of_work import Database
from boeing_data_hub.errors import Refused

pytestmark = [pytest.mark.services, pytest.mark.pooler]


def through(pooler: str, url: str) -> str:
    return urlunsplit(urlsplit(pooler)._replace(path=urlsplit(url).path))


@pytest.mark.parametrize("connections", [1, 2, 20])
def test_a_transaction_pooler_is_refused_whatever_its_port(empty_url, services_dir, connections):
    with pgbouncer(empty_url, services_dir, connections=connections) as pooler:
        address = through(pooler, empty_url)
        with pytest.raises(Refused, match=r"transaction pooler.*Nothing was changed.*5432"):
            schema.upgrade(address)
        with psycopg.connect(empty_url) as connection:
            assert connection.execute("SELECT to_regnamespace('hub') IS NULL").fetchone() == (True,)


def test_it_is_refused_too_while_others_use_it(direct_url, services_dir):
    with pgbouncer(direct_url, services_dir, connections=10) as pooler:
        address = through(pooler, direct_url)
        database = Database(address, size=8)
        with ThreadPoolExecutor(8) as threads:
            busy = [threads.submit(_be_busy, database) for _ in range(8)]
            assert [is_transaction_pooler(address) for _ in range(10)] == [True] * 10
            for one in busy:
                one.result()
        database.close()


def _be_busy(database: Database) -> None:
    for _ in range(100):
        database.run(lambda work: work.value("SELECT count(*) FROM hub.pacing"), patience=10)


def test_a_command_says_it_and_ends_with_2(direct_url, services_dir, tmp_path):
    from tests.cli.conftest import Bdh

    with pgbouncer(direct_url, services_dir) as pooler:
        refused = Bdh()("db", "upgrade", DATABASE_URL=through(pooler, direct_url), HUB_DATA_DIR=str(tmp_path))
    assert refused.code == 2
    assert "transaction pooler" in refused.err


def test_where_nothing_is_to_be_done_a_start_goes_through_it(direct_url, services_dir):
    with pgbouncer(direct_url, services_dir) as pooler:
        schema.upgrade_if_needed(through(pooler, direct_url))


def test_a_session_pooler_and_the_server_itself_carry_migrations(empty_url, services_dir):
    assert not is_transaction_pooler(empty_url)
    with pgbouncer(empty_url, services_dir, mode="session", connections=4) as pooler:
        address = through(pooler, empty_url)
        assert [is_transaction_pooler(address) for _ in range(10)] == [False] * 10
        schema.upgrade(address)
        schema.upgrade(address)
