"""A whole system of real processes that tests may kill: API, workers, scheduler, Boeing sandbox."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import httpx2
import pytest
from tests.support.patience import Deadline, allow, until

from boeing_data_hub.cli.machine.children import end_all, spawn
from boeing_data_hub.cli.machine.ports import free_port
from boeing_data_hub.db import api_keys
from boeing_data_hub.db.unit_of_work import Database
from boeing_data_hub_sandbox.boeing.control_client import BoeingSandboxControl, environment

QUICK = {"HUB_LEASE_SECONDS": "3", "HUB_SWEEP_SECONDS": "0.5", "HUB_LOG_FORMAT": "text"}


class Starts(Protocol):
    """How a module of the hub becomes a process."""

    def __call__(self, module: str, arguments: list[str], environment: dict[str, str], log: Path) -> Any: ...


def start_python(module: str, arguments: list[str], environment: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
    """As people do."""
    return spawn([sys.executable, "-m", module, *arguments], env=environment, stdout=log)


class Nursery:
    """Starts processes by `nursery.py`: the imports of five of them for each test were a fifth of all tests' time."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def start(self, module: str, arguments: list[str], environment: dict[str, str], log: Path) -> Child:
        order = {"module": module, "arguments": arguments, "environment": environment, "log": str(log)}
        return Child(self, self.ask(start=order))

    def ask(self, **order: Any) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{json.dumps(order)}\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


class Child:
    """As much of a `Popen` as the rig and `end_all` use."""

    def __init__(self, nursery: Nursery, pid: int) -> None:
        self._nursery = nursery
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        if self.returncode is None:
            self.returncode = self._nursery.ask(pid=self.pid)
        return self.returncode

    def wait(self, timeout: float = 60) -> int:
        deadline = Deadline(timeout)
        while self.poll() is None:
            if deadline.passed:
                raise subprocess.TimeoutExpired(str(self.pid), timeout)
            time.sleep(0.01)
        assert self.returncode is not None
        return self.returncode

    def terminate(self) -> None:
        os.kill(self.pid, signal.SIGTERM)

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)


@pytest.fixture(scope="session")
def starts() -> Iterator[Starts]:
    if sys.platform != "linux":  # where a fork that does not become another program is not to be trusted
        yield start_python
        return
    program = Path(__file__).with_name("nursery.py")
    with subprocess.Popen([sys.executable, program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as ours:
        yield Nursery(ours).start


class Rig:
    """Starts, kills and starts again; asks the API as any client would."""

    def __init__(self, starts: Starts, database_url: str, redis_url: str, logs: Path, settings: dict[str, str]) -> None:
        self.logs = logs
        self.processes: dict[str, Any] = {}
        self._starts = starts
        self._modules: dict[str, tuple[str, list[str]]] = {}
        self.environment: dict[str, str] = {}
        sandbox_port = free_port()
        self.start("sandbox", "boeing_data_hub_sandbox.boeing", "--port", str(sandbox_port), "--limit", "0")
        sandbox_url = f"http://127.0.0.1:{sandbox_port}"
        self.boeing = BoeingSandboxControl(sandbox_url)
        self.environment = {
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "BOEING_API_RATE_LIMIT": "unlimited",
            **environment(sandbox_url),
            **QUICK,
            **settings,
        }
        self.database = Database(database_url, size=4, name="rig")
        self.key = self.database.run(lambda work: api_keys.create(work, name="rig", scopes=["admin"]))[1]
        self.apis: list[httpx2.Client] = []
        self.wait(lambda: self._answers(sandbox_url + "/control/stats"), "the sandbox")

    def start(self, name: str, module: str, *arguments: str) -> None:
        self._modules[name] = module, list(arguments)
        self.start_again(name)

    def start_again(self, name: str) -> None:
        environ = {**os.environ, **self.environment}
        self.processes[name] = self._starts(*self._modules[name], environ, self.logs / f"{name}.log")

    def start_api(self, name: str = "api") -> httpx2.Client:
        port = free_port()
        self.start(name, "boeing_data_hub.web", "--port", str(port))
        client = httpx2.Client(
            base_url=f"http://127.0.0.1:{port}", headers={"X-API-Key": self.key}, timeout=allow(30), trust_env=False
        )
        self.wait(lambda: self._answers(f"http://127.0.0.1:{port}/health"), name)
        self.apis.append(client)
        return client

    def start_worker(self, queue: str, name: str | None = None, *arguments: str) -> None:
        self.start(name or queue, "boeing_data_hub.worker", queue, *arguments)

    def start_all(self, extraction: int = 1) -> httpx2.Client:
        for number in range(extraction):
            self.start_worker("extraction", f"extraction-{number}" if extraction > 1 else "extraction")
        self.start_worker("normalization")
        self.start_worker("default")
        self.start("beat", "boeing_data_hub.worker", "beat")
        return self.start_api()

    def kill(self, name: str, *, start_again: bool = True) -> None:
        """kill -9 of the process and whatever it started."""
        process = self.processes[name]
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if start_again:
            self.start_again(name)

    def search(self, parts: list[str], **more: Any) -> str:
        answer = self.apis[0].post("/api/bulk-search", json={"part_numbers": parts, **more})
        assert answer.status_code in {200, 202}, answer.text
        return str(answer.json()["batch_id"])

    def status(self, batch_id: str) -> dict[str, Any]:
        return self.apis[0].get(f"/api/batches/{batch_id}").json()

    def finish(self, batch_id: str, *, seconds: float = 60) -> dict[str, Any]:
        """Wait for the end, and see on the way that progress never goes backwards."""
        best = 0
        found: dict[str, Any] = {}

        def ended() -> bool:
            nonlocal best, found
            try:
                found = self.status(batch_id)
            except httpx2.TransportError:
                return False
            if "outcome" not in found:  # a 503 while Postgres restarts
                return False
            settled = found["total_items"] - found["pending_count"]
            assert settled >= best, "progress went backwards"
            best = settled
            return bool(found["outcome"])

        self.wait(ended, f"the end of {batch_id}", seconds)
        self.check_counts(batch_id)
        return found

    def check_counts(self, batch_id: str) -> None:
        """The batch's counts are its items', to the last one."""
        row = self.database.run(
            lambda work: work.row(
                "SELECT b.*, count(*) AS items, count(*) FILTER (WHERE i.state = 'normalized') AS normalized,"
                " count(*) FILTER (WHERE i.state = 'failed') AS failed,"
                " count(*) FILTER (WHERE i.state = 'published') AS published,"
                " count(*) FILTER (WHERE i.state = 'cancelled') AS cancelled,"
                " count(*) FILTER (WHERE i.state IN ('pending', 'extracted')) AS open"
                " FROM hub.batches b JOIN hub.batch_items i ON i.batch_id = b.id WHERE b.id = %s GROUP BY b.id",
                [batch_id],
            ),
            patience=allow(30),
        )
        assert row is not None
        assert row["items"] == row["total_items"]
        assert row["normalized"] == row["normalized_count"]
        assert row["failed"] == row["failed_count"]
        assert row["published"] == row["published_count"]
        assert row["cancelled"] == row["cancelled_count"]
        assert (row["open"] == 0) == (row["status"] in {"completed", "failed", "cancelled"})

    @staticmethod
    def _answers(url: str) -> bool:
        try:
            return httpx2.get(url, timeout=allow(2), trust_env=False).status_code == 200
        except httpx2.TransportError:
            return False

    def wait(self, condition: Callable[[], bool], what: str, seconds: float = 30) -> None:
        until(
            condition,
            seconds=seconds,
            what=what,
            told=lambda: {log.name: log.read_text()[-1500:] for log in sorted(self.logs.glob("*.log"))},
        )

    def close(self) -> None:
        for client in self.apis:
            client.close()
        self.database.close()
        end_all(list(self.processes.values()), timeout=allow(5))


@pytest.fixture
def make_rig(starts: Starts, database_url: str, redis_url: str, tmp_path: Path) -> Iterator[Callable[..., Rig]]:
    made: list[Rig] = []

    def make(**settings: str) -> Rig:
        rig = Rig(starts, database_url, redis_url, tmp_path, settings)
        made.append(rig)
        return rig

    yield make
    for rig in made:
        rig.close()
