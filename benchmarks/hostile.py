"""`python -m benchmarks.hostile`: what others notice while hostile bodies and slow connections arrive.

One API process, asked by strangers and by a key of the scope `search`; the callers are processes and threads of this
machine, so on two cores their own work counts against the figures. It asserts nothing.
"""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final

import httpx2

from boeing_data_hub.cli import output
from boeing_data_hub.cli.machine.children import end, spawn
from boeing_data_hub.cli.machine.ports import free_port
from boeing_data_hub.clock import monotonic
from boeing_data_hub.db import api_keys, schema
from boeing_data_hub.db.unit_of_work import Database
from boeing_data_hub_sandbox.services.postgres import start_postgres
from boeing_data_hub_sandbox.services.redis import start_redis

_SENDERS: Final = 8
_BODIES: Final[Mapping[str, bytes]] = {
    "no body": b"",
    "4 MB of ones": b'{"part_numbers":[' + b"1," * 2_000_000 + b"1]}",
    "99,000 ones, as many as may be parsed": b'{"part_numbers":[' + b"1," * 99_000 + b"1]}",
    "700,000 unknown keys": b"{" + b",".join(b'"a%d":1' % n for n in range(700_000)) + b"}",
    "9.9 MB of nested lists": b"[" * 9_900_000,
    "9.9 MB of escaped quotes": b'{"part_numbers":["' + b'\\"' * 4_900_000 + b'"]}',
}


def cpu_seconds(pid: int) -> float:
    """CPU time that a process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def _peak(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")) // 1024


def _health(address: str, seconds: float) -> str:
    """Ask ten times a second; the median and the slowest."""
    times: list[float] = []
    until = monotonic() + seconds
    with httpx2.Client(base_url=address, trust_env=False, timeout=60) as client:
        client.get("/health")
        while monotonic() < until:
            began = monotonic()
            assert client.get("/health").status_code == 200
            times.append((monotonic() - began) * 1000)
            time.sleep(0.1)
    times.sort()
    return f"{times[len(times) // 2]:.0f} ms, at most {times[-1]:.0f} ms ({len(times)} asked)"


@contextmanager
def _sending(address: str, body: bytes, key: str | None) -> Generator[list[int]]:
    """Send a body again and again from several threads; the statuses that came back."""
    stop, statuses = threading.Event(), list[int]()
    headers = {"Content-Type": "application/json", **({"X-API-Key": key} if key else {})}

    def send() -> None:
        with httpx2.Client(base_url=address, trust_env=False, timeout=60, headers=headers) as client:
            while not stop.is_set():
                with suppress(httpx2.TransportError):
                    statuses.append(client.post("/api/bulk-search", content=body).status_code)

    threads = [threading.Thread(target=send, daemon=True) for _ in range(_SENDERS)]
    for one in threads:
        one.start()
    try:
        yield statuses
    finally:
        stop.set()
        for one in threads:
            one.join(30)


def _others(address: str, key: str, seconds: float) -> str:
    """What others notice: `/health` and a list with a key, ten times a second, half on connections of their own."""
    times: list[float] = []
    refused = 0
    headers = {"X-API-Key": key}
    until = monotonic() + seconds
    with httpx2.Client(base_url=address, trust_env=False, timeout=60, headers=headers) as kept:
        while monotonic() < until:
            path = "/health" if len(times) % 4 < 2 else "/api/batches"
            began = monotonic()
            try:
                if len(times) % 2:
                    answer = kept.get(path)
                else:
                    answer = httpx2.get(f"{address}{path}", trust_env=False, timeout=60, headers=headers)
                refused += answer.status_code != 200
            except httpx2.TransportError:
                refused += 1
            times.append((monotonic() - began) * 1000)
            time.sleep(0.1)
    late = sum(one > 1000 for one in times)
    times.sort()
    return (
        f"{len(times)} requests: {refused} refused, {late} later than 1 s; {times[len(times) // 2]:.0f} ms, "
        f"99 % within {times[len(times) * 99 // 100]:.0f} ms, at most {times[-1]:.0f} ms"
    )


_BEGINNINGS: Final = (
    b"POST /api/bulk-search HTTP/1.1\r\nHost: x\r\nX-A: ",
    b"POST /api/bulk-search HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n",
    b"",
)
"""Headers that do not end, a body that does not end, and the first byte of a request that is not one."""


@contextmanager
def _dripping(port: int, connections: int) -> Generator[None]:
    """Connections that send a byte every two seconds; whichever is closed is opened again."""
    stop = threading.Event()

    def drip() -> None:
        held: list[socket.socket] = []
        while not stop.is_set():
            while len(held) < connections and not stop.is_set():
                one = socket.create_connection(("127.0.0.1", port), timeout=10)
                one.sendall(_BEGINNINGS[len(held) % len(_BEGINNINGS)])
                held.append(one)
            for one in list(held):
                try:
                    one.sendall(b"a")
                except OSError:
                    held.remove(one)
                    one.close()
            stop.wait(2)
        for one in held:
            one.close()

    thread = threading.Thread(target=drip, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(30)


def _measure(address: str, port: int, pid: int, key: str, chosen: argparse.Namespace) -> Iterator[tuple[str, str]]:
    seconds, slow = chosen.seconds, chosen.slow
    for who, sent in () if chosen.slow_alone else (("a stranger", None), ("a key", key)):
        for name, body in _BODIES.items():
            before = cpu_seconds(pid)
            with _sending(address, body, sent) as statuses:
                health = _health(address, seconds)
            cost = (cpu_seconds(pid) - before) / max(1, len(statuses))
            kinds = ", ".join(f"{one}: {statuses.count(one)}" for one in sorted(set(statuses)))
            yield f"{name}, {who}", f"/health {health}; {cost:.2f} CPU-s each; {kinds}; peak {_peak(pid)} MB"
    with ExitStack() as stack:
        stack.enter_context(_dripping(port, slow))
        time.sleep(3)
        yield f"{slow:,} slow connections", f"{_others(address, key, chosen.slow_seconds)}; peak {_peak(pid)} MB"


def main() -> None:
    """Start, attack, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hostile", description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0, help="for each body")
    parser.add_argument("--slow", type=int, default=1_000, help="slow connections")
    parser.add_argument("--slow-seconds", type=float, default=120.0, help="for the slow connections")
    parser.add_argument("--slow-alone", action="store_true", help="leave out the bodies")
    chosen = parser.parse_args()
    rows: list[tuple[str, str]] = []
    with tempfile.TemporaryDirectory(prefix="bdh-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o711)
        with start_postgres(folder / "postgres", fast=True) as postgres, start_redis(folder / "redis") as redis:
            schema.upgrade(postgres.url)
            database = Database(postgres.url, size=1)
            key = database.run(lambda work: api_keys.create(work, name="bench", scopes=["search"]))[1]
            database.close()
            port = free_port()
            address = f"http://127.0.0.1:{port}"
            environment = {**os.environ, "DATABASE_URL": postgres.url, "REDIS_URL": redis.url, "HUB_LOG_LEVEL": "ERROR"}
            environment |= {"HUB_RATE_REQUESTS": "0", "HUB_RATE_CHANGES": "0"}  # or most of the bodies were never read
            argv = [sys.executable, "-m", "boeing_data_hub.web", "--port", str(port)]
            process = spawn(argv, env=environment, stdout=subprocess.DEVNULL)
            try:
                wait_for_api(address)
                for row in _measure(address, port, process.pid, key, chosen):
                    output.note(": ".join(row))
                    rows.append(row)
            finally:
                end(process, timeout=5)
    output.table("Measured", ["what", "figure"], rows)


def wait_for_api(address: str) -> None:
    """Wait until the API answers. Raises SystemExit after a minute."""
    deadline = monotonic() + 60
    while monotonic() < deadline:
        try:
            if httpx2.get(f"{address}/health", trust_env=False).status_code == 200:
                return
        except httpx2.TransportError:
            time.sleep(0.1)
    raise SystemExit("The API did not start.")


if __name__ == "__main__":
    main()
