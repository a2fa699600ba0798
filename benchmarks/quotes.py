"""Requests for quotes beside a running search: is every answer right, how long do they take, and what does it cost?

`python -m benchmarks.quotes` asks for 1,000 quotes of 5 parts, 10 at a time, while 5,000 parts are searched, on a
sandbox that enforces the limit. Time is only printed; every answer, the limit and the number of calls are judged.
"""

from __future__ import annotations

import argparse
import json
import signal
import statistics
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote as escaped

import httpx2
import psycopg

from boeing_data_hub.cli import output
from boeing_data_hub.cli.start import local_key, print_exit
from boeing_data_hub.clock import monotonic
from boeing_data_hub_sandbox.boeing import answers
from boeing_data_hub_sandbox.system import System, SystemPlan

_LIMIT = 240  # calls a minute: the search lasts as long as the quotes are asked for
_BATCH = 10
_SECRET = "bench-secret-0123456789abcdef0123"  # noqa: S105 - of a throw-away system
_SOLD_FROM = {"Dallas Central": "Dallas", "Miami, FL": "Miami"}


class Bench:
    """A system, a search that runs, and quotes beside it."""

    def __init__(self, system: System, key: str, *, quotes: int, searched: int) -> None:
        self._system = system
        self._key = key
        self._quotes = quotes
        self._search = [f"BQS{number:05d}" for number in range(searched)]
        self._fresh = [f"BQF{number:03d}=K3" for number in range(40)]
        self._live = [f"BQL{number:03d}=K3" for number in range(40)]
        self.rows: list[tuple[str, str]] = []
        self._api = httpx2.Client(base_url=system.url, headers={"X-API-Key": key}, timeout=60, trust_env=False)

    def note(self, what: str, figure: str) -> None:
        """Keep a figure, and tell it."""
        self.rows.append((what, figure))
        output.note(f"{what}: {figure}")

    def call(self, method: str, path: str, **options: Any) -> Any:
        """One request of the API's; its document."""
        answer = self._api.request(method, path, **options)
        assert answer.is_success, answer.text
        return answer.json()

    def run(self) -> None:
        """All of it."""
        self.prepare()
        assert self._system.boeing is not None
        self._system.boeing.reset()
        search = self.call("POST", "/api/bulk-search", json={"part_numbers": self._search})["batch_id"]
        began = monotonic()
        with ThreadPoolExecutor(10) as pool:
            took = list(pool.map(self.ask, range(self._quotes)))
        self.note(f"{self._quotes:,} quotes of 5 parts, 10 at a time", f"{monotonic() - began:.0f} s")
        running = self.call("GET", f"/api/batches/{search}")["outcome"] is None
        self.note("the search was still running when the last was asked", "yes" if running else "no")
        first = [pending for _, pending in took]
        times = sorted(seconds for seconds, _ in took)
        cuts = statistics.quantiles(times, n=100)
        self.note("answered within", f"median {cuts[49]:.2f} s, p95 {cuts[94]:.2f} s, longest {times[-1]:.2f} s")
        self.note("lines that said `pending` at first", f"{sum(first):,} of {5 * self._quotes:,}")
        self.settle(search)
        self.judge()

    def prepare(self) -> None:
        """Parts that are known when the quotes come: fresh answers, and products that are live in the store."""
        batch = self.call("POST", "/api/bulk-search", json={"part_numbers": [*self._fresh, *self._live]})["batch_id"]
        self.until(lambda: self.call("GET", f"/api/batches/{batch}")["outcome"], "the first search")
        with psycopg.connect(self._system.environment["DATABASE_URL"], autocommit=True) as connection:
            # Live at a price of the store's own, so that the source of an answer shows in it.
            connection.execute(
                "INSERT INTO hub.products (shop, sku, custom_id, search_key, handle, title, price, state, product_id,"
                "   stock, published_at) SELECT 'bench', sku, sku, search_key, lower(sku), title, 77.77, 'live',"
                "   'gid://shopify/Product/' || row_number() OVER (), %s, now() FROM hub.product_staging"
                " WHERE sku = ANY(%s)",
                [json.dumps({"Dallas": 12}), self._live],
            )
            connection.execute("INSERT INTO hub.current_store (shop) VALUES ('bench') ON CONFLICT DO NOTHING")

    def parts_of(self, number: int) -> list[str]:
        """One live, one fresh, one that the search is asking for too, one of its own, and one nobody knows."""
        return [
            self._live[number % len(self._live)],
            self._fresh[number % len(self._fresh)],
            self._search[(number * 5) % len(self._search)],
            f"BQO{number:04d}=K3",
            f"BQ?{number % 50}",
        ]

    def ask(self, number: int) -> tuple[float, int]:
        """One request; how long it took, and how many of its lines were pending."""
        parts = self.parts_of(number)
        body = {"rfq_number": f"BENCH-{number}", "requested_parts": ",".join(parts), "requested_qty": "1,2,3,4,5"}
        began = monotonic()
        answer = httpx2.post(
            f"{self._system.url}/api/zap/webhook", json=body, headers={"X-Webhook-Secret": _SECRET}, timeout=60,
            trust_env=False,
        )  # fmt: skip
        took = monotonic() - began
        assert answer.status_code == 200, answer.text
        told = answer.json()
        for line in told["quote_details"]["items"]:
            if line["status"] != "pending":
                self.right(line)
        return took, sum(line["status"] == "pending" for line in told["quote_details"]["items"])

    def settle(self, search: str) -> None:
        """Wait until the search has ended and no quote waits."""
        began = monotonic()
        pending = {"state": "pending", "limit": 1}
        self.until(lambda: self.call("GET", f"/api/batches/{search}")["outcome"], "the search")
        self.until(lambda: not self.call("GET", "/api/quotes", params=pending)["quotes"], "the last quote")
        self.note("search and last quote ended after the last request", f"{monotonic() - began:.0f} s")

    def judge(self) -> None:
        """Every line of every quote; then the limit, and what the quotes cost the search."""
        for number in range(self._quotes):
            quote = self.call("GET", f"/api/quotes/{escaped(f'BENCH-{number}', safe='')}")
            items = quote["quote_details"]["items"]
            assert [line["part_no"] for line in items] == self.parts_of(number)
            assert [line["requested_qty"] for line in items] == [1, 2, 3, 4, 5]
            for line in items:
                assert line["status"] != "pending", line
                self.right(line)
        self.note("answers that are right", f"{5 * self._quotes:,} of {5 * self._quotes:,} lines")
        boeing = self._system.boeing
        assert boeing is not None
        stats = boeing.stats(window=60, limit=_LIMIT)
        assert stats["max_in_window"] <= _LIMIT, stats
        assert set(stats["by_status"]) == {"200"}, stats
        calls, since = [], 0
        while page := boeing.ledger(since=since):
            calls.extend(page)
            since = page[-1]["number"]
        searched = set(self._search)
        own = {f"BQO{number:04d}=K3" for number in range(self._quotes)} | {f"BQ?{number}" for number in range(50)}
        least = -(-len(searched) // _BATCH)
        self.note(
            "Boeing calls in all",
            f"{len(calls):,}; the search alone needs {least:,}, the quotes alone {-(-len(own) // _BATCH):,}",
        )
        self.note("calls in the busiest 60 s", f"{stats['max_in_window']:,} (limit {_LIMIT})")
        # Until the search was done: whatever was called beyond its own need had parts of quotes in it.
        end = max(place for place, call in enumerate(calls, 1) if searched & set(call["parts"]))
        of_quotes = sum(bool(own & set(call["parts"])) for call in calls[:end])
        parts = sum(len(own & set(call["parts"])) for call in calls[:end])
        assert end - least <= of_quotes, (end, least, of_quotes)
        self.note(
            "calls the search lost until its end",
            f"{end - least:,}; until then {of_quotes:,} calls had {parts:,} parts of quotes in them",
        )

    def right(self, line: dict[str, Any]) -> None:
        """Whether a line says what it must, by the sandbox's own rules."""
        part = line["part_no"]
        if part in self._live:
            wanted = ("quoted", "store", "77.77", 12)
            assert (line["status"], line["source"], line["price_usd"], line["qty_available"]) == wanted, line
            return
        exact = next((item for item in answers.line_items(part) if item["aviallPartNumber"] == part), None)
        if exact is None:
            assert (line["status"], line["price_usd"]) == ("no_quote", None), line
            assert line["code"] == ("other_variants" if answers.line_items(part) else "not_found"), line
            return
        base = Decimal(str(exact["listPrice"] or exact["netPrice"] or 0))
        pieces = sum(
            place["availQuantity"]
            for place in exact.get("locationAvailabilities", [])
            if place["location"] in _SOLD_FROM
        )
        if base and pieces:
            price = (base * Decimal("1.10")).quantize(Decimal("0.01"), "ROUND_HALF_UP")
            wanted = ("quoted", "boeing", str(price), pieces)
            assert (line["status"], line["source"], line["price_usd"], line["qty_available"]) == wanted, line
        else:
            assert (line["status"], line["price_usd"], line["no_quote"]) == ("no_quote", None, True), line

    @staticmethod
    def until(condition: Any, what: str) -> None:
        """Wait for a state."""
        deadline = monotonic() + 1800
        while not condition():
            assert monotonic() < deadline, what
            time.sleep(0.3)


def main() -> None:
    """Measure, judge, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quotes", description=__doc__)
    parser.add_argument("--quotes", type=int, default=1000)
    parser.add_argument("--searched", type=int, default=5000)
    chosen = parser.parse_args()
    stop, wrong = threading.Event(), list[BaseException]()
    signal.signal(signal.SIGINT, lambda _number, _frame: stop.set())
    with tempfile.TemporaryDirectory(prefix="bdh-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o711)
        settings = {
            "DATABASE_URL": "",
            "REDIS_URL": "",
            "BOEING_API_RATE_LIMIT": f"{_LIMIT}/m",
            "HUB_DATA_DIR": name,
            "HUB_QUOTE_WEBHOOK_SECRET": _SECRET,
            "HUB_QUOTE_RATE": "0",  # it is measured how many can be answered
            "HUB_RATE_REQUESTS": "0",
            "HUB_RATE_CHANGES": "0",
            "SHOPIFY_LOCATION_MAP": json.dumps(_SOLD_FROM),
        }
        plan = SystemPlan(data_dir=folder, settings=settings, sandbox=("--limit", str(_LIMIT)), shopify=(), fast=False)
        with System(plan) as system:
            key, _ = local_key(system.environment["DATABASE_URL"], folder)
            system.wait_until_ready()
            bench = Bench(system, key, quotes=chosen.quotes, searched=chosen.searched)

            def measure() -> None:
                try:
                    bench.run()
                except BaseException as error:  # noqa: BLE001 - told by the main thread, when the system has ended
                    wrong.append(error)
                finally:
                    stop.set()

            threading.Thread(target=measure, daemon=True).start()
            system.group.watch(stop, on_exit=print_exit)
    output.table("Measured", ["what", "figure"], bench.rows)
    if wrong:
        raise wrong[0]


if __name__ == "__main__":
    main()
