"""`bdh notifications`: choosing who is notified from a terminal, without the address in the shell's history."""

from __future__ import annotations

from uuid import uuid4

import psycopg
import pytest

from boeing_data_hub.cli.start import local_key
from boeing_data_hub_sandbox.system import System, SystemPlan

pytestmark = pytest.mark.services


@pytest.fixture
def at(bdh, postgres, as_hubs_see_it, redis, services_dir):
    name = f"test_{uuid4().hex[:12]}"
    own = f"{postgres.url.rpartition('/')[0]}/{name}"
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template_hub STRATEGY FILE_COPY")
    settings = {"DATABASE_URL": as_hubs_see_it(own), "REDIS_URL": redis.url, "SHOPIFY_STORE_DOMAIN": ""}
    with System(SystemPlan(data_dir=services_dir / name, settings=settings, sandbox=("--limit", "0"))) as running:
        running.wait_until_ready()
        key, _ = local_key(running.environment["DATABASE_URL"], running.plan.data_dir)
        bdh.environment |= {"HUB_API_URL": running.url, "HUB_API_KEY": key}
        yield bdh
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_a_target_is_added_listed_edited_tested_and_removed(at):
    url = "https://hooks.slack.com/services/T0/B0/canary"
    added = at("notifications", "add", "Parts desk", "slack", "--event", "plans", stdin=f"{url}\n")
    assert added.code == 0, added.err
    assert "Added Parts desk" in added.out
    (listed,) = at("notifications", "list", "--json").json["targets"]
    assert (listed["address"], listed["events"]) == ("hooks.slack.com/\u2026", ["plans"])
    edited = at("notifications", "edit", "Parts desk", "--off", "--json").json
    assert (edited["is_on"], edited["events"]) == (False, ["plans"])
    assert "canary" not in at("notifications", "list").out
    refused = at("notifications", "add", "x", "slack", stdin="https://canary.example/x\n")
    assert refused.code == 2
    assert "canary" not in refused.err
    assert "my_runs" in at("notifications", "events").out
    assert at("notifications", "test", "nobody").code == 5
    assert "Removed" in at("notifications", "remove", str(listed["id"])).out
    assert at("notifications", "list", "--json").json == {"targets": []}
