"""A whole system behind gates that a test can close, and the real Prometheus that monitors it."""

from __future__ import annotations

import json
import re
import shutil
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx2
import psycopg
import pytest
import redis as redis_client
from tests.support.patience import allow
from tests.system.conftest import Rig, starts  # noqa: F401 - a fixture

from boeing_data_hub.cli.machine.children import end, spawn
from boeing_data_hub.cli.machine.ports import free_port
from boeing_data_hub_sandbox.services.postgres import Postgres
from boeing_data_hub_sandbox.services.redis import RedisServer

ROOT = Path(__file__).parents[3]
RULES = ROOT / "ops" / "prometheus" / "rules.yml"


def program(name: str) -> str:
    found = shutil.which(name)
    assert found, f"{name} is not on the PATH: run these tests by `make test-tools`, which sees to it"
    return found


class Gate:
    """A way to a server that can be closed (connections are refused) and opened again.

    Attributes:
        port: on the loopback interface, the same after each opening.
    """

    def __init__(self, host: str, port: int) -> None:
        self._behind = (host, port)
        self.port = free_port()
        self._listener: socket.socket | None = None
        self._open: set[socket.socket] = set()
        self.open()

    def url(self, url: str) -> str:
        """The same address, by way of the gate."""
        parts = urlsplit(url)
        account, _, _ = parts.netloc.rpartition("@")
        return urlunsplit(parts._replace(netloc=f"{account}@127.0.0.1:{self.port}"))

    def open(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, args=[self._listener], daemon=True).start()

    def close(self) -> None:
        if self._listener is not None:
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None
        for each in list(self._open):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                here, _ = listener.accept()
                try:
                    there = socket.create_connection(self._behind)
                except OSError:
                    here.close()
                    continue
                self._open |= {here, there}
                for pair in ((here, there), (there, here)):
                    threading.Thread(target=self._pass_on, args=pair, daemon=True).start()

    def _pass_on(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while data := one.recv(65_536):
                other.sendall(data)
        for each in (one, other):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        self._open.discard(one)
        one.close()


def hurried(rules: str) -> str:
    """The rules as they are, but that nothing has to last, and that rates are taken over seconds.

    Nor has a busy worker to have a processor for itself: where tests run it has not. (`rules_test.yml` has the bound.)
    """
    busy = 'process=~"worker.*"} > 0.8'
    assert busy in rules
    return re.sub(r"\[\d+m\]", "[8s]", re.sub(r"for: \w+", "for: 0s", rules.replace(busy, busy.replace("0.8", "0.2"))))


class Prometheus:
    """The real one, scraping every two seconds and judging every second."""

    def __init__(self, folder: Path, key: str) -> None:
        self._targets = folder / "targets.json"
        self.watch()
        (folder / "rules.yml").write_text(hurried(RULES.read_text()))
        (folder / "key").write_text(key)
        config = {
            "global": {"scrape_interval": "2s", "scrape_timeout": "2s", "evaluation_interval": "1s"},
            "rule_files": ["rules.yml"],
            "scrape_configs": [
                {
                    "job_name": "boeing-data-hub",
                    "authorization": {"credentials_file": str(folder / "key")},
                    "file_sd_configs": [{"files": [str(self._targets)], "refresh_interval": "1s"}],
                }
            ],
        }
        (folder / "prometheus.yml").write_text(json.dumps(config))  # JSON is YAML
        port = free_port()
        self._process = spawn(
            [
                program("prometheus"),
                f"--config.file={folder / 'prometheus.yml'}",
                f"--storage.tsdb.path={folder / 'data'}",
                f"--web.listen-address=127.0.0.1:{port}",
            ],
            stdout=folder / "prometheus.log",
        )
        self._client = httpx2.Client(base_url=f"http://127.0.0.1:{port}/api/v1", timeout=allow(10), trust_env=False)

    def targets(self) -> list[str]:
        return list(json.loads(self._targets.read_text())[0]["targets"])

    def watch(self, *addresses: str) -> None:
        self._targets.write_text(json.dumps([{"targets": list(addresses)}]))

    def firing(self) -> dict[str, list[dict[str, Any]]]:
        """Alerts by name; empty while it starts."""
        found: dict[str, list[dict[str, Any]]] = {}
        with suppress(httpx2.TransportError, ValueError, KeyError):
            for alert in self._client.get("/alerts").json()["data"]["alerts"]:
                if alert["state"] == "firing":
                    found.setdefault(alert["labels"]["alertname"], []).append(alert)
        return found

    def value(self, query: str) -> list[float]:
        with suppress(httpx2.TransportError, ValueError, KeyError):
            answer = self._client.get("/query", params={"query": query}).json()
            return [float(each["value"][1]) for each in answer["data"]["result"]]
        return []

    def close(self) -> None:
        self._client.close()
        end(self._process, timeout=allow(10))


@pytest.fixture(scope="module")
def gates(postgres: Postgres, redis: RedisServer) -> Iterator[tuple[Gate, Gate]]:
    made = tuple(
        Gate(urlsplit(server.url).hostname or "", urlsplit(server.url).port or 0) for server in (postgres, redis)
    )
    yield made  # pyright: ignore[reportReturnType]
    for gate in made:
        gate.close()


@pytest.fixture(scope="module")
def ops_database(postgres: Postgres) -> Iterator[str]:
    """An empty database at the newest revision, for a whole module."""
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS ops_tests WITH (FORCE)")
        connection.execute("CREATE DATABASE ops_tests TEMPLATE template_hub STRATEGY FILE_COPY")
    yield urlunsplit(urlsplit(postgres.url)._replace(path="/ops_tests"))
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute("DROP DATABASE ops_tests WITH (FORCE)")


@pytest.fixture(scope="module")
def rig(
    starts: Any,  # noqa: F811 - the fixture of that name
    ops_database: str,
    redis: RedisServer,
    gates: tuple[Gate, Gate],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Rig]:
    """Processes that reach Postgres and Redis by the gates; the rig itself goes straight there."""
    with redis_client.Redis.from_url(redis.url) as client:
        client.flushall()
    logs = tmp_path_factory.mktemp("rig")
    postgres_gate, redis_gate = gates
    settings = {"HUB_WORKER_SILENT_AFTER": "5", "HUB_METRICS_PORT": str(free_port())}
    made = Rig(starts, ops_database, redis.url, logs, settings)
    made.environment |= {"DATABASE_URL": postgres_gate.url(ops_database), "REDIS_URL": redis_gate.url(redis.url)}
    yield made
    made.close()


def served_at(rig: Rig, name: str) -> Callable[[], str | None]:
    """Where a worker of the rig says that its metrics are."""

    def look() -> str | None:
        log = rig.logs / f"{name}.log"
        found = re.findall(r"http://(127\.0\.0\.1:\d+)/metrics", log.read_text()) if log.exists() else []
        return found[-1] if found else None

    return look


def names(alerts: Iterable[str]) -> list[str]:
    return sorted(set(alerts))
