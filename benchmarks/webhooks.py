"""`python -m benchmarks.webhooks`: how many of the store's webhooks one API process accepts in a second.

Senders deliver signed webhooks over connections that stay open, each with an id of its own, some of them twice and some
of them forged. The senders and Postgres are on this machine, so on two cores their work counts against the figure.
The aim is 1,000 a second. It asserts that each webhook was stored once, and no forged one.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import hmac
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from benchmarks.hostile import cpu_seconds, wait_for_api
from boeing_data_hub.cli import output
from boeing_data_hub.cli.machine.children import end, spawn
from boeing_data_hub.cli.machine.ports import free_port
from boeing_data_hub.clock import monotonic
from boeing_data_hub.db import schema
from boeing_data_hub.db.unit_of_work import Database
from boeing_data_hub.shopify.webhooks import PATH
from boeing_data_hub_sandbox.services.postgres import start_postgres
from boeing_data_hub_sandbox.services.redis import start_redis

_SECRET: Final = "bench-secret"  # noqa: S105 - of this measurement
_LENGTH: Final = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


def _request(number: int, webhook_id: int, *, forged: bool) -> bytes:
    body = b'{"id":%d,"updated_at":"2026-11-30T10:00:00-05:00"}' % (8_000_000_000 + number % 20_000)
    secret = b"another" if forged else _SECRET.encode()
    signature = base64.b64encode(hmac.new(secret, body, hashlib.sha256).digest())
    return (
        b"POST %s HTTP/1.1\r\nHost: hub\r\nContent-Type: application/json\r\nX-Shopify-Topic: products/update\r\n"
        b"X-Shopify-Webhook-Id: w-%d\r\nX-Shopify-Hmac-Sha256: %s\r\nContent-Length: %d\r\n\r\n%s"
        % (PATH.encode(), webhook_id, signature, len(body), body)
    )


class _Sender(threading.Thread):
    """Sends its requests over one connection; the statuses and times in milliseconds of their answers."""

    def __init__(self, port: int, requests: Sequence[bytes]) -> None:
        super().__init__(daemon=True)
        self._port = port
        self._requests = requests
        self.answers: list[tuple[int, float]] = []

    def run(self) -> None:
        with socket.create_connection(("127.0.0.1", self._port), timeout=60) as connection:
            for request in self._requests:
                began = monotonic()
                connection.sendall(request)
                self.answers.append((_status(connection), (monotonic() - began) * 1000))


def _status(connection: socket.socket) -> int:
    received = b""
    while b"\r\n\r\n" not in received:
        received += connection.recv(65_536)
    head, _, body = received.partition(b"\r\n\r\n")
    length = _LENGTH.search(head)
    missing = int(length[1]) - len(body) if length else 0
    while missing > 0:
        missing -= len(connection.recv(65_536))
    return int(head.split(b" ", 2)[1])


def _measure(port: int, pid: int, count: int, senders: int) -> list[tuple[str, str]]:
    requests = [_request(n, n if n % 20 else n - 1, forged=n % 50 == 7) for n in range(1, count + 1)]
    threads = [_Sender(port, requests[at::senders]) for at in range(senders)]
    began, used = monotonic(), cpu_seconds(pid)
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    seconds = monotonic() - began
    answers = [answer for one in threads for answer in one.answers]
    times = sorted(time for _, time in answers)
    good = sum(status == 200 for status, _ in answers)
    return [
        ("webhooks accepted a second", f"{good / seconds:,.0f}"),
        ("CPU time of the API for each", f"{(cpu_seconds(pid) - used) / count * 1000:.2f} ms"),
        ("answered within", f"{times[len(times) // 2]:.0f} ms (half), {times[len(times) * 99 // 100]:.0f} ms (99 %)"),
        (
            "answers",
            ", ".join(f"{one}: {sum(s == one for s, _ in answers):,}" for one in sorted({s for s, _ in answers})),
        ),
    ]


def main() -> None:
    """Start, send, count, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.webhooks", description=__doc__)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--senders", type=int, default=16)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bdh-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o711)
        with start_postgres(folder / "postgres", fast=True) as postgres, start_redis(folder / "redis") as redis:
            schema.upgrade(postgres.url)
            port = free_port()
            environment = {**os.environ, "DATABASE_URL": postgres.url, "REDIS_URL": redis.url, "HUB_LOG_LEVEL": "ERROR"}
            environment |= {"SHOPIFY_STORE_DOMAIN": "http://127.0.0.1:1", "SHOPIFY_CLIENT_ID": "bench"}
            environment |= {"SHOPIFY_CLIENT_SECRET": _SECRET, "SHOPIFY_ADMIN_API_TOKEN": ""}
            argv = [sys.executable, "-m", "boeing_data_hub.web", "--port", str(port)]
            process = spawn(argv, env=environment, stdout=subprocess.DEVNULL)
            try:
                wait_for_api(f"http://127.0.0.1:{port}")
                rows = _measure(port, process.pid, chosen.count, chosen.senders)
            finally:
                end(process, timeout=5)
            database = Database(postgres.url, size=1)
            stored = database.run(lambda work: work.value("SELECT count(*) FROM hub.store_webhooks"))
            database.close()
    good = {n if n % 20 else n - 1 for n in range(1, chosen.count + 1) if n % 50 != 7}
    assert stored == len(good), (stored, len(good))
    output.table("Measured", ["what", "figure"], [*rows, ("stored, each once", f"{stored:,}")])


if __name__ == "__main__":
    main()
