"""Every alert fires when its condition is there: a real Prometheus watches a real system that is brought into it.

Scenes follow each other, because many conditions can be had at once. What takes hours by nature is done by moving the
times in the tables, and nothing else is made up.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from threading import Thread

import psycopg
import pytest
import redis as redis_client
from tests.health.alerts.conftest import ROOT, RULES, Prometheus, program, served_at
from tests.support.patience import allow
from tests.system.shop import Shop

from boeing_data_hub.cli.machine.children import end, spawn
from boeing_data_hub.cli.machine.ports import free_port
from boeing_data_hub.clock import monotonic
from boeing_data_hub_sandbox.shopify.running import running_shopify

pytestmark = [pytest.mark.services, pytest.mark.tools, pytest.mark.timeout(300)]

WITHIN = 90.0  # seconds, for a scene of several alerts
UNKNOWN = [f"NO-SUCH-{number}" for number in range(40)]


class Watched:
    """The system, its watcher, and ways to bring it into trouble."""

    def __init__(self, rig, shop, gates, redis_url, prometheus) -> None:
        self.rig = rig
        self.shop = shop
        self.postgres, self.redis = gates
        self.redis_url = redis_url
        self.prometheus = prometheus
        self.seen: set[str] = set()

    def see(self, *alerts: str, seconds: float = WITHIN) -> None:
        """Wait until each of these has fired."""
        missing = set(alerts)

        def all_fired() -> bool:
            missing.difference_update(self.prometheus.firing())
            return not missing

        try:
            self.rig.wait(all_fired, f"the alerts {alerts}", seconds)
        except AssertionError as late:
            raise AssertionError(f"still missing: {missing}; {late}") from None
        self.seen |= set(alerts)

    def calm(self, *, seconds: float = 60) -> None:
        """Let what ended be of another day, and wait until nothing fires and the system is seen."""
        self.do("UPDATE hub.batches SET created_at = created_at - interval '2 days' WHERE completed_at IS NOT NULL")
        last: dict[str, object] = {}

        def is_calm() -> bool:
            last.clear()
            last.update(self.prometheus.firing())
            return bool(self.prometheus.value("hub_service_up")) and not last

        try:
            self.rig.wait(is_calm, "calm", seconds)
        except AssertionError as never:
            raise AssertionError(f"still firing: {last}; {never}") from None

    def do(self, query: str, *values: object) -> None:
        self.rig.database.run(lambda work: work.do(query, list(values)), patience=30)

    def go_on(self) -> None:
        """Let no line rest any longer."""
        self.do(
            "UPDATE hub.pacing SET paused_until = NULL, pause_reason = NULL, paused_since = NULL, failures = 0,"
            " next_slot = now(), stretch = 1"
        )

    def stop(self, name: str) -> None:
        self.rig.kill(name, start_again=False)

    def start_again(self, name: str) -> None:
        self.rig.start_again(name)


@pytest.fixture(scope="module")
def store():
    with running_shopify() as control:
        yield control


@pytest.fixture(scope="module")
def watched(rig, store, gates, redis, tmp_path_factory):
    shop = Shop(rig, store)
    for queue in ("extraction", "normalization", "publishing", "default"):
        rig.start_worker(queue)
    rig.start("beat", "worker", "beat")
    api = rig.start_api()
    prometheus = Prometheus(tmp_path_factory.mktemp("prometheus"), rig.key)
    workers = [served_at(rig, queue) for queue in ("extraction", "normalization", "publishing", "default")]
    rig.wait(lambda: all(at() for at in workers), "the workers' metrics")
    prometheus.watch(api.base_url.netloc.decode(), *(str(at()) for at in workers))
    yield Watched(rig, shop, gates, redis.url, prometheus)
    prometheus.close()
    shop.close()


def test_a_working_system_raises_no_alarm(watched):
    rig = watched.rig
    parts = [part for part in _numbers() if part][:60]
    rig.finish(rig.search(parts))
    sku = watched.shop.stage("CALM", 5, "10.00")
    batch = watched.shop.publish(sku)
    watched.shop.finish(batch, since=monotonic())
    rig.wait(
        lambda: bool(watched.prometheus.value('hub_items_settled{type="publish",end="published"} == 5')), "figures"
    )
    watched.calm()


def test_parts_and_batches_that_fail(watched):
    boeing = watched.rig.boeing
    fault = boeing.fault("not_found")
    for _ in range(2):
        watched.rig.finish(watched.rig.search(UNKNOWN, force_refresh=True))
    boeing.clear_faults(fault)
    watched.see("HubItemsFail", "HubBatchesFail")
    watched.calm()


def test_calls_that_fail_and_a_line_that_rests(watched):
    fault = watched.rig.boeing.fault("down", how="503")
    batch = watched.rig.search(["RESTS-1"], force_refresh=True)
    watched.see("HubCallsFail", "HubBoeingPaused")
    watched.rig.boeing.clear_faults(fault)
    watched.go_on()
    watched.rig.finish(batch)
    watched.calm()


def test_credentials_that_are_refused(watched):
    fault = watched.rig.boeing.fault("oauth_refused")
    watched.rig.boeing.expire_tokens()
    batch = watched.rig.search(["REFUSED-1"], force_refresh=True)
    watched.see("HubCredentialsRefused")
    watched.rig.boeing.clear_faults(fault)
    watched.go_on()
    watched.rig.finish(batch)
    watched.calm()


def test_a_store_with_unfinished_business(watched):
    """The publishing worker is gone, so nobody sets right what is laid before it."""
    watched.stop("publishing")
    shop = watched.shop.ask("SELECT shop FROM hub.products LIMIT 1")
    watched.do(
        "INSERT INTO hub.orphans (shop, sku, reason, created_at)"
        " VALUES (%s, 'OLD', 'test', now() - interval '6 hours')",
        shop,
    )
    watched.do("INSERT INTO hub.conflicts (shop, sku, kind, sentence) VALUES (%s, 'THEIRS', 'sku_taken', 'test')", shop)
    watched.do("UPDATE hub.products SET intent = '{}', intent_at = now() - interval '6 hours' WHERE sku = 'CALM1'")
    watched.do(
        "INSERT INTO hub.bulk_runs (id, shop, batch_id, state, lines, state_since)"
        " VALUES (gen_random_uuid(), %s, gen_random_uuid(), 'starting', 5, now() - interval '6 hours')",
        shop,
    )
    watched.do(
        "UPDATE hub.pacing SET pause_reason = 'upstream', paused_since = now() - interval '6 hours',"
        "  paused_until = now() + interval '1 hour' WHERE line IN ('shopify', 'shopify-creates')"
    )
    watched.do("UPDATE hub.pacing SET stretch = 4 WHERE line = 'boeing'")
    watched.see(
        "HubNoWorker", "HubProcessDown", "HubOrphansLeft", "HubConflictsOpen", "HubProductsInDoubt", "HubBulkStuck",
        "HubStorePaused", "HubDailyLimit", "HubBoeingSlowed",
    )  # fmt: skip
    watched.do("DELETE FROM hub.orphans")
    watched.do("DELETE FROM hub.conflicts")
    watched.do("DELETE FROM hub.bulk_runs")
    watched.do("UPDATE hub.products SET intent = NULL, intent_at = NULL")
    watched.go_on()
    watched.start_again("publishing")
    watched.calm()


def test_changes_in_the_store_and_in_boeing_s_data_that_wait_for_people(watched):
    shop = watched.shop.ask("SELECT shop FROM hub.products LIMIT 1")
    watched.do(
        "INSERT INTO hub.reviews (shop, sku, field, cause, old, new)"
        " SELECT %s, 'HELD-' || n, 'price', 'price_fell', '473.01', '3.64' FROM generate_series(1, 201) n",
        shop,
    )
    watched.do(
        "INSERT INTO hub.store_snapshots (id, shop, actor, state, outcome, taken_at, created_at, ended_at)"
        " VALUES (gen_random_uuid(), %s, 'test', 'ended', 'complete', now() - interval '3 days',"
        " now() - interval '3 days', now() - interval '3 days')",
        shop,
    )
    watched.do(
        "INSERT INTO hub.products (shop, sku, custom_id, search_key, state, differences) SELECT %s, 'GONE-' || n,"
        " 'GONE-' || n, 'GONE' || n, 'missing', '[{\"field\": \"deleted\", \"policy\": \"put_right\"}]'"
        " FROM generate_series(1, 51) n",
        shop,
    )
    watched.see("HubReviewsOpen", "HubReviewsMany", "HubStoreNotCompared", "HubStoreDeletedMany")
    watched.do("DELETE FROM hub.reviews WHERE sku LIKE 'HELD-%%'")
    watched.do("DELETE FROM hub.products WHERE sku LIKE 'GONE-%%'")
    watched.do("DELETE FROM hub.store_snapshots")
    watched.calm()


def test_work_that_stands_still(watched):
    """Parts are due, the worker for them is gone, and so is the scheduler."""
    for name in ("beat", "default", "extraction", "normalization"):
        watched.stop(name)
    batch = watched.rig.search(["STILL-1", "STILL-2"], force_refresh=True)
    watched.do("UPDATE hub.batches SET updated_at = now() - interval '1 hour', created_at = now() - interval '1 hour'"
               " WHERE id = %s", batch)  # fmt: skip
    watched.do("UPDATE hub.batch_items SET state = 'extracted', raw_id = 1, updated_at = now() - interval '1 hour'"
               " WHERE part_number = 'STILL-2'")  # fmt: skip
    watched.do("UPDATE hub.pacing SET next_slot = now() - interval '1 hour' WHERE line = 'boeing'")
    watched.do("UPDATE hub.workers SET seen_at = now() - interval '2 minutes' WHERE id = 'sweep'")
    with redis_client.Redis.from_url(watched.redis_url) as client:
        client.rpush("bdh:extraction", *["somebody else's"] * 1001)
    watched.see(
        "HubNoProgress", "HubLimiterIdle", "HubNormalizationBehind", "HubNoWorker", "HubNoSweep", "HubQueueDeep"
    )
    with redis_client.Redis.from_url(watched.redis_url) as client:
        client.delete("bdh:extraction")
    watched.rig.apis[0].delete(f"/api/batches/{batch}")
    for name in ("extraction", "normalization", "default", "beat"):
        watched.start_again(name)
    watched.calm()


def test_redis_that_runs_full_and_redis_that_is_gone(watched):
    with redis_client.Redis.from_url(watched.redis_url) as client:
        used = int(client.info("memory")["used_memory"])
        client.config_set("maxmemory", int(used * 1.1))
        watched.see("HubRedisMemory")
        client.config_set("maxmemory", 0)
    watched.redis.close()
    watched.see("HubRedisDown")
    watched.redis.open()
    watched.calm()


def test_postgres_that_is_gone(watched):
    """Tasks fail, the API says so, and /metrics still answers whom it knew."""
    watched.postgres.close()
    asking = [True]

    def ask() -> None:
        while asking:
            watched.rig.apis[0].get("/api/batches")

    thread = Thread(target=ask)
    thread.start()
    try:
        watched.see("HubPostgresDown", "HubTasksFail", "HubApiErrors")
        assert not watched.prometheus.value("hub_workers"), "figures that nobody can know are left out"
    finally:
        asking.clear()
        watched.postgres.open()
        thread.join()
    watched.calm()


def test_a_worker_that_computes_all_the_time(watched):
    port = free_port()
    program = Path(__file__).with_name("busy_worker.py")
    busy = spawn([sys.executable, program, str(port)], stdout=watched.rig.logs / "busy.log")
    try:
        served = served_at(watched.rig, "busy")
        watched.rig.wait(lambda: bool(served()), "the busy worker")
        everyone = watched.prometheus.targets()
        watched.prometheus.watch(*everyone, str(served()))
        watched.see("HubWorkerBusy")
        watched.prometheus.watch(*everyone)
    finally:
        end(busy, timeout=allow(5))


def test_an_api_that_is_slow_and_then_gone(watched):
    """A table is locked, as by a careless migration: requests wait for it, and so do the figures."""
    for _ in range(2):  # a time that was never measured before has no rate
        watched.rig.apis[0].get("/api/batches")
        watched.calm()
    with psycopg.connect(watched.rig.environment["DATABASE_URL"]) as connection:
        connection.execute("LOCK TABLE hub.batches IN ACCESS EXCLUSIVE MODE")
        waiting = [Thread(target=watched.rig.apis[0].get, args=["/api/batches"]) for _ in range(4)]
        for each in waiting:
            each.start()
        query = (
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE wait_event_type = 'Lock' AND xact_start < now() - interval '6 s'"
        )
        with psycopg.connect(watched.rig.environment["DATABASE_URL"], autocommit=True) as look:
            watched.rig.wait(lambda: look.execute(query).fetchone()[0] >= 4, "requests that wait for six seconds")
        connection.rollback()
    for each in waiting:
        each.join()
    watched.see("HubApiSlow", "HubFiguresSlow")
    watched.stop("api")
    watched.see("HubMetricsMissing", "HubProcessDown", seconds=400)


def test_no_alert_was_left_out(watched):
    every = {line.split("alert: ")[1].strip() for line in RULES.read_text().splitlines() if "alert: " in line}
    assert watched.seen == every


def test_promtool_finds_nothing_wrong():
    for command in (["check", "rules", str(RULES)], ["test", "rules", str(RULES.with_name("rules_test.yml"))]):
        done = subprocess.run([program("promtool"), *command], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def _numbers() -> list[str]:
    listed = ROOT / "src" / "boeing_data_hub" / "sandbox" / "part-numbers.csv"
    return [line.split(",")[0].strip() for line in listed.read_text().splitlines()[1:]]
