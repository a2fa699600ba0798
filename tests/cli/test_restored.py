"""`bdh db restored`: what an operator says and hears after a restore."""

from __future__ import annotations

import pytest

from boeing_data_hub.work import workers

pytestmark = pytest.mark.services


@pytest.fixture
def at(bdh, database_url, database):
    """`bdh` with a database in which two products are known."""
    bdh.environment["DATABASE_URL"] = database_url
    database.run(
        lambda work: work.do(
            "INSERT INTO hub.products (shop, sku, custom_id, search_key, handle, title, state, product_id)"
            " SELECT 's', n, n, n, n, n, 'live', n FROM unnest('{A1,B2}'::text[]) n"
        )
    )
    return bdh


def test_it_prints_what_will_be_published_again_and_what_else_to_check(at):
    done = at("db", "restored")
    assert (done.code, done.out) == (0, "A1\nB2\n")
    for told in ("2 products", "0 leftover products", "bdh keys list"):
        assert told in done.err
    assert at("db", "restored", "--json").json == {"skus": ["A1", "B2"], "bulk_runs": 0, "orphans": 0, "sessions": 0}


def test_nothing_is_forgotten_while_a_worker_is_at_work(at, database):
    database.run(lambda work: workers.pulse(work, "w1", queues=["publishing"], host="h", pid=1, version="1"))
    refused = at("db", "restored")
    assert refused.code == 6
    assert "w1" in refused.err
    assert "Nothing was changed" in refused.err
    assert database.run(lambda work: work.value("SELECT count(*) FROM hub.products WHERE state = 'live'")) == 2
