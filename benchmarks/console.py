"""`python -m benchmarks.console`: the console over a large database, as a table (minutes; asserts nothing).

1,000,000 staged parts, half of them in the store; 2,000 batches, one of them with 50,000 items of which 20,000 failed,
one of that size running, and a plan and a publishing of 10,000 parts. Filled by SQL; asked over HTTP of one API
process, after a warm-up; then 50 people watch, and the process's time is taken.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import httpx2
import psycopg

from boeing_data_hub.cli import output
from boeing_data_hub.cli.machine.children import end, spawn
from boeing_data_hub.cli.machine.ports import free_port
from boeing_data_hub.clock import monotonic, now
from boeing_data_hub.db import api_keys, schema
from boeing_data_hub.db.unit_of_work import Database
from boeing_data_hub_sandbox.services.postgres import start_postgres
from boeing_data_hub_sandbox.services.redis import start_redis

_TRIES = 15
_WATCHERS = 50
_WATCHED_SECONDS = 20
_FINISHED = "00000000-0000-0000-0000-000000000001"
_PUBLISHED = "00000000-0000-0000-0000-000000000bb9"
_PLAN = "00000000-0000-0000-0000-000000000bba"
_LONG_AGO = quote((now() - timedelta(days=10)).isoformat())
_RUNNING = "00000000-0000-0000-0000-000000000002"

FILL = """
INSERT INTO hub.product_staging (sku, search_key, title, vendor, price, list_price, net_price, currency,
  inventory_quantity, supplier_name, boeing_name, boeing_description, condition, cert, pma,
  estimated_lead_time_days, status, status_reason, raw_id, fetched_at)
SELECT p || '=K3', p || 'K3', p, 'BDI', round((n % 900 + 1) * 1.1, 2), n % 900 + 1, n % 900 + 1, 'USD', n % 300,
  'Boeing', 'BOLT, HEX HEAD', repeat('A bolt for many uses. ', 10), 'NE', 'FAA 8130-3', false, 3,
  (ARRAY['fetched', 'fetched', 'fetched', 'fetched', 'blocked', 'needs_review'])[n % 6 + 1],
  CASE n % 6 WHEN 4 THEN 'no_stock' WHEN 5 THEN 'price_negative' END, n / 10 + 1, now() - n * interval '1 second'
FROM (SELECT n, (ARRAY['AN', 'MS', 'NAS', 'BACB'])[n % 4 + 1] || lpad((n::bigint * 7919 % 10000019)::text, 8, '0') AS p
      FROM generate_series(1, 1000000) n) x;
INSERT INTO hub.boeing_raw_data (search_query, raw_payload, matches, state, fetched_at)
SELECT 'parts of call ' || n, jsonb_build_object('currency', 'USD', 'lineItems', jsonb_build_array(jsonb_build_object(
  'aviallPartNumber', 'AN' || n, 'listPrice', 430.01, 'name', repeat('x', 200)))), '{}', 'normalized',
  now() - (100001 - n) * interval '10 seconds' FROM generate_series(1, 100000) n;
INSERT INTO hub.batches (id, batch_type, status, total_items, extracted_count, normalized_count, failed_count, owner,
  request_hash, options, created_at, started_at, completed_at, rate)
SELECT lpad(to_hex(n), 32, '0')::uuid, 'search', CASE n WHEN 2 THEN 'processing' ELSE 'completed' END,
  CASE WHEN n <= 2 THEN 50000 ELSE 200 END, CASE n WHEN 1 THEN 50000 WHEN 2 THEN 20000 ELSE 200 END,
  CASE n WHEN 1 THEN 30000 WHEN 2 THEN 15000 ELSE 195 END, CASE n WHEN 1 THEN 20000 WHEN 2 THEN 5000 ELSE 5 END,
  'key:bench', 'x', '{"source": "list.xlsx"}', now() - n * interval '10 minutes', now() - n * interval '10 minutes',
  CASE n WHEN 2 THEN NULL ELSE now() - n * interval '9 minutes' END, 12
FROM generate_series(1, 2000) n;
INSERT INTO hub.batch_items (batch_id, position, part_number, state, skus, raw_id, outcome, reason, error_code, error)
SELECT b.id, i, CASE WHEN b.total_items = 50000 THEN 'BIG' || i ELSE 'PN' || (i * 13 + b.place) % 60000 END,
  s.state, CASE s.state WHEN 'normalized' THEN ARRAY['PN' || i || '=K3'] END, i,
  CASE s.state WHEN 'normalized' THEN CASE i % 9 WHEN 0 THEN 'blocked' ELSE 'fetched' END END,
  CASE WHEN s.state = 'normalized' AND i % 9 = 0 THEN 'no_stock' END,
  CASE s.state WHEN 'failed' THEN (ARRAY['not_found', 'boeing_timeout', 'boeing_500', 'not_found'])[i % 4 + 1] END,
  CASE s.state WHEN 'failed' THEN 'Boeing does not know this part number. Check it against the catalogue.' END
FROM (SELECT *, row_number() OVER () AS place FROM hub.batches) b
CROSS JOIN LATERAL generate_series(1, b.total_items) i
CROSS JOIN LATERAL (SELECT CASE WHEN i <= b.failed_count THEN 'failed'
  WHEN i <= b.failed_count + b.normalized_count THEN 'normalized' ELSE 'pending' END AS state) s;
INSERT INTO hub.part_answers (part_number, raw_id, skus, fetched_at)
SELECT 'PN' || n, n, ARRAY['PN' || n || '=K3'], now() - n * interval '1 second' FROM generate_series(1, 60000) n;
INSERT INTO hub.audit_log (actor, action, target)
SELECT 'key:bench', 'batch.search', '00000000-0000-0000-0000-000000000001'
FROM generate_series(1, 100000);
INSERT INTO hub.products (shop, sku, custom_id, search_key, handle, title, price, state, product_id, form, listing_hash,
  stock_hash, published_at)
SELECT 'gid://shopify/Shop/1', sku, sku, search_key, lower(title), title, price, 'live',
  'gid://shopify/Product/' || raw_id,
  jsonb_build_object('title', title, 'sku', sku, 'price', (price + 1)::text, 'tags', '[]'::jsonb,
    'metafields', '[]'::jsonb, 'stock', '{}'::jsonb), 'x', 'x', now() + interval '1 hour'
FROM hub.product_staging WHERE status = 'fetched' AND inventory_quantity % 4 <> 0;
UPDATE hub.product_staging s SET status = 'published' FROM hub.products p WHERE p.sku = s.sku;
UPDATE hub.products SET published_at = now() - interval '1 hour' WHERE sku LIKE 'NAS%9=K3';
INSERT INTO hub.batches (id, batch_type, status, total_items, published_count, failed_count, owner, request_hash,
  options,
  created_at, started_at, completed_at)
SELECT lpad(to_hex(3000 + n), 32, '0')::uuid, 'publish', CASE n WHEN 2 THEN 'pending' ELSE 'completed' END, 10000,
  CASE n WHEN 1 THEN 8000 ELSE 0 END, CASE n WHEN 1 THEN 2000 ELSE 0 END, 'key:bench', 'x', '{"planned": true}', now(),
  now(), CASE n WHEN 1 THEN now() END FROM generate_series(1, 2) n;
INSERT INTO hub.batch_items (batch_id, position, part_number, state, skus, outcome, error_code, error)
SELECT lpad(to_hex(3000 + n), 32, '0')::uuid, place, sku,
  CASE WHEN n = 2 THEN 'pending' WHEN place % 5 = 0 THEN 'failed'
  ELSE 'published' END, ARRAY[sku], CASE n WHEN 1 THEN (ARRAY['blocked', 'created', 'updated', 'unchanged', 'created'])
  [place % 5 + 1] END, CASE WHEN n = 1 AND place % 5 = 0 THEN 'no_stock' END, NULL
FROM (SELECT sku, row_number() OVER (ORDER BY sku) AS place FROM hub.products LIMIT 10000) p, generate_series(1, 2) n;
INSERT INTO hub.plan_items (batch_id, position, sku, action, changes, digest)
SELECT batch_id, position, part_number, (ARRAY['create', 'update', 'unchanged'])[position % 3 + 1],
  '[{"field": "price", "old": "1.00", "new": "2.00"}]', 'x' FROM hub.batch_items
WHERE batch_id = lpad(to_hex(3002), 32, '0')::uuid;
INSERT INTO hub.publish_changes (batch_id, sku, shop, action, after, product_id)
SELECT batch_id, part_number, 'gid://shopify/Shop/1', outcome, '{}', 'x' FROM hub.batch_items
WHERE batch_id = lpad(to_hex(3001), 32, '0')::uuid AND outcome IN ('created', 'updated');
INSERT INTO hub.current_store (shop) VALUES ('gid://shopify/Shop/1');
INSERT INTO hub.conflicts (shop, sku, kind, product_id, title, sentence)
SELECT 'gid://shopify/Shop/1', 'CONFLICT-' || n, 'sku_taken', 'gid://shopify/Product/1', 'Theirs', 'Not ours.'
FROM generate_series(1, 10000) n;
"""

PAGES = (
    ("overview", "/console"),
    ("runs", "/console/runs"),
    (
        "runs with failures, a later page",
        f"/console/runs?outcome=finished_with_failures&at={_LONG_AGO}&after={_FINISHED}",
    ),
    ("run, 50,000 parts, 20,000 failed", f"/console/runs/{_FINISHED}"),
    ("run, running", f"/console/runs/{_RUNNING}"),
    ("its failures by one cause", f"/console/runs/{_FINISHED}?state=failed&code=boeing_500"),
    ("its last page", f"/console/runs/{_FINISHED}?after=49900"),
    ("a part in it", f"/console/runs/{_FINISHED}?q=BIG4999"),
    ("its causes alone", f"/console/runs/{_FINISHED}/failures"),
    ("parts", "/console/parts"),
    ("parts that begin with a letter", "/console/parts?q=a"),
    ("parts to review, deep inside", "/console/parts?status=needs_review&after=NAS05000000%3DK3"),
    ("parts blocked, by number", "/console/parts?status=blocked&q=ms0-1"),
    ("parts, nothing matches", "/console/parts?q=zz"),
    ("parts not in the store", "/console/parts?store=absent"),
    (
        "parts not in the store, ready ones, deep inside",
        "/console/parts?store=absent&status=fetched&after=NAS05%3DK3",
    ),
    ("parts in the store", "/console/parts?store=live"),
    ("parts in the store, by number", "/console/parts?store=live&q=nas05"),
    ("parts that differ", "/console/parts?store=differs"),
    ("parts that differ, none near", "/console/parts?store=differs&q=ms"),
    ("attention", "/console/attention"),
    ("new publish", "/console/publish"),
    ("publish plan, 10,000 parts", f"/console/plans/{_PLAN}"),
    ("its updates, last page", f"/console/plans/{_PLAN}?action=update&after=9900"),
    ("publishing, 10,000 parts", f"/console/runs/{_PUBLISHED}"),
    ("part", "/console/part/AN00031676%3DK3"),
    ("part with 2,000 runs' worth of items", "/console/part/PN1300"),
    ("new search", "/console/search"),
    ("settings", "/console/settings"),
    ("keys", "/console/settings/keys"),
    ("audit log", "/console/settings/audit"),
    ("audit log, deep inside", "/console/settings/audit?before=5000"),
)


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def _memory(pid: int) -> float:
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")) / 1024


@contextmanager
def _signed_in(address: str, key: str) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=address, trust_env=False, timeout=60) as client:
        answer = client.post("/sign-in", data={"key": key}, headers={"Origin": address})
        assert answer.status_code == 303, answer.text
        yield client


def _pages(client: httpx2.Client) -> Iterator[tuple[str, str]]:
    for name, path in PAGES:
        times = []
        for _ in range(_TRIES):
            began = monotonic()
            answer = client.get(path)
            times.append((monotonic() - began) * 1000)
            assert answer.status_code == 200, (path, answer.status_code)
        times.sort()
        yield name, f"{times[_TRIES // 2]:.0f} ms, at most {times[-1]:.0f} ms, {len(answer.content) / 1024:.0f} kB"


def _watchers(client: httpx2.Client, pid: int) -> tuple[str, str]:
    ended = threading.Event()

    def watch() -> None:
        with suppress(httpx2.TransportError), client.stream("GET", f"/console/runs/{_RUNNING}/events") as answer:
            for _ in answer.iter_lines():
                if ended.is_set():
                    return

    for _ in range(_WATCHERS):
        threading.Thread(target=watch, daemon=True).start()
    time.sleep(3)
    before = _cpu(pid)
    time.sleep(_WATCHED_SECONDS)
    used = (_cpu(pid) - before) / _WATCHED_SECONDS
    ended.set()
    return f"{_WATCHERS} people watch a run that moves every second", f"{used * 100:.1f} % of a core"


def _move(url: str, stop: threading.Event) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        while not stop.wait(1):
            connection.execute(
                "UPDATE hub.batches SET extracted_count = extracted_count + 10,"
                " normalized_count = normalized_count + 10 WHERE id = %s",
                [_RUNNING],
            )


def main() -> None:
    """Fill, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.console", description=__doc__)
    parser.parse_args()
    rows: list[tuple[str, str]] = []
    with tempfile.TemporaryDirectory(prefix="bdh-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o711)
        with start_postgres(folder / "postgres", fast=True) as postgres, start_redis(folder / "redis") as redis:
            schema.upgrade(postgres.url)
            output.note("Filling ...")
            with psycopg.connect(postgres.url, autocommit=True) as connection:
                connection.execute(FILL)
                connection.execute("VACUUM ANALYZE")
            database = Database(postgres.url, size=1)
            key = database.run(lambda work: api_keys.create(work, name="bench", scopes=["admin"]))[1]
            database.close()
            port = free_port()
            argv = [sys.executable, "-m", "boeing_data_hub.web", "--port", str(port)]
            environment = {**os.environ, "DATABASE_URL": postgres.url, "REDIS_URL": redis.url, "HUB_LOG_LEVEL": "ERROR"}
            environment["SHOPIFY_STORE_DOMAIN"] = "http://127.0.0.1:9"  # named, and asked by no page
            process = spawn(argv, env=environment, stdout=subprocess.DEVNULL)
            address = f"http://127.0.0.1:{port}"
            _wait(address)
            try:
                with _signed_in(address, key) as client:
                    for _, path in PAGES:
                        client.get(path)
                    before = _memory(process.pid)
                    for row in _pages(client):
                        output.note(": ".join(row))
                        rows.append(row)
                    rows.append(("memory of the process", f"{before:.0f} → {_memory(process.pid):.0f} MB"))
                    stop = threading.Event()
                    threading.Thread(target=_move, args=[postgres.url, stop], daemon=True).start()
                    rows.append(_watchers(client, process.pid))
                    stop.set()
            finally:
                end(process, timeout=5)
    output.table("Measured", ["what", "figure"], rows)
    slow = [what for what, figure in rows if (found := re.match(r"(\d+) ms", figure)) and int(found[1]) >= 200]
    output.say(f"Slower than 200 ms: {', '.join(slow) or 'none'}")


def _wait(address: str) -> None:
    deadline = monotonic() + 30
    while monotonic() < deadline:
        try:
            if httpx2.get(f"{address}/health", trust_env=False).status_code == 200:
                return
        except httpx2.TransportError:
            time.sleep(0.1)
    raise SystemExit("The API did not start.")


if __name__ == "__main__":
    main()
