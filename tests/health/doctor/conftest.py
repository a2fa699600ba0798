"""A hub that is well: every setting right, its services and stand-ins there, its workers alive. Then tests break it."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg
import pytest
import uvicorn
from tests.support.patience import allow

from boeing_data_hub import __version__
from boeing_data_hub.app import Hub
from boeing_data_hub.db import api_keys
from boeing_data_hub.db.unit_of_work import Database
from boeing_data_hub.health.doctor.finding import Finding
from boeing_data_hub.settings.reading import read
from boeing_data_hub.work import workers
from boeing_data_hub_sandbox.boeing.control_client import BoeingSandboxControl
from boeing_data_hub_sandbox.boeing.control_client import environment as boeing_environment
from boeing_data_hub_sandbox.shopify.control_client import ShopifyControl
from boeing_data_hub_sandbox.shopify.control_client import environment as store_environment
from boeing_data_hub_sandbox.shopify.running import running_shopify
from boeing_data_hub_sandbox.storage import StorageSandbox

STORAGE_KEY = "sb_secret_canary-storage"
CREDENTIALS = {
    "BOEING_CLIENT_ID": "canary-client",
    "BOEING_CLIENT_SECRET": "canary-secret",
    "BOEING_USERNAME": "canary-user",
    "BOEING_PASSWORD": "canary-password",
}
TOKEN = "shpat_canary"
LOCATIONS = {"Dallas Central": "Dallas", "Miami, FL": "Miami"}


@pytest.fixture(scope="package")
def boeing() -> Iterator[BoeingSandboxControl]:
    command = [sys.executable, "-m", "boeing_data_hub_sandbox.boeing", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address = process.stdout.readline().split()[-1]
        with BoeingSandboxControl(address) as opened:
            yield opened
        process.terminate()


@pytest.fixture(scope="package")
def shopify() -> Iterator[ShopifyControl]:
    with running_shopify() as control:
        control.opening = control.settings()
        yield control


@pytest.fixture(scope="package")
def storage() -> Iterator[tuple[StorageSandbox, str]]:
    sandbox = StorageSandbox(STORAGE_KEY)
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(sandbox.app, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    yield sandbox, f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    thread.join()
    listening.close()


@pytest.fixture(scope="package")
def api() -> Iterator[str]:
    """Something that answers as a hub's API does when it is ready."""

    async def app(scope: Any, _receive: Any, send: Any) -> None:
        body = json.dumps({"status": "ready", "checks": {"postgres": True}}).encode()
        status = 200 if scope["path"] == "/ready" else 404
        await send(
            {"type": "http.response.start", "status": status, "headers": [(b"content-type", b"application/json")]}
        )
        await send({"type": "http.response.body", "body": body if status == 200 else b"{}"})

    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    thread.join()
    listening.close()


@pytest.fixture(scope="package")
def silent() -> Iterator[int]:
    """A port where connections are taken and nothing is ever said, as behind a bad firewall."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        yield listening.getsockname()[1]


@dataclass
class Patient:
    """A hub that is well, to be broken: by its environment, its stand-ins, its database, its broker."""

    environment: dict[str, str]
    database: Database
    database_url: str
    redis_url: str
    boeing: BoeingSandboxControl
    shopify: ShopifyControl
    storage: StorageSandbox
    silent: int
    folder: Path
    monkeypatch: pytest.MonkeyPatch
    key: str
    undo: list[Callable[[], object]] = field(default_factory=list)

    def examine(self, *, price: str | None = None) -> list[Finding]:
        for name, value in self.environment.items():
            self.monkeypatch.setenv(name, value)
        reading = read()
        hub = Hub(reading.settings, name="test")
        try:
            return hub.examine(
                reading=reading, key=self.environment.get("HUB_API_KEY", self.key), price=price, seconds=allow(12)
            )
        finally:
            hub.close()

    def wrong(self, **options: Any) -> dict[str, Finding]:
        """What is wrong, by code."""
        return {each.code: each for each in self.examine(**options) if each.level in {"warning", "error"}}

    def sql(self, *statements: str) -> None:
        """Change the database, as its owner."""
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)


def _prepared(database: Database) -> str:
    """Workers are alive, and there is a key; the key."""
    for queue in ("extraction", "normalization", "publishing", "default", "sweep"):
        database.run(
            lambda work, queue=queue: workers.pulse(
                work, queue, queues=[queue], host="one", pid=len(queue), version=__version__
            )
        )
    database.run(lambda work: work.do("UPDATE hub.workers SET seen_at = now() + interval '1 hour'"))
    return database.run(lambda work: api_keys.create(work, name="cli", scopes=["admin"], days=None))[1]


@pytest.fixture(scope="package")
def shared_database(postgres) -> Iterator[tuple[str, Database, str]]:
    """One that no test changes."""
    name = f"test_{uuid4().hex[:12]}"
    url = urlunsplit(urlsplit(postgres.url)._replace(path=f"/{name}"))
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template_hub STRATEGY FILE_COPY")
    opened = Database(url, size=2, name="test")
    yield url, opened, _prepared(opened)
    opened.close()
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def make_patient(redis_url, boeing, shopify, storage, api, silent, tmp_path, monkeypatch) -> Callable[..., Patient]:
    def make(database_url: str, database: Database, key: str) -> Patient:
        sandbox, storage_url = storage
        boeing.clear_faults()
        boeing.restore_settings(limit=0, **{name.removeprefix("BOEING_").lower(): v for name, v in CREDENTIALS.items()})
        shopify.settings(**{**shopify.opening, "tokens": [TOKEN]})
        shopify.clear_faults()
        sandbox.buckets.clear()
        sandbox.make("product-images")
        environment = {
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            **boeing_environment(boeing.base_url),
            **CREDENTIALS,
            **store_environment(shopify.url, token=TOKEN),
            "SHOPIFY_LOCATION_MAP": json.dumps(LOCATIONS),
            "SUPABASE_URL": storage_url,
            "SUPABASE_SERVICE_ROLE_KEY": STORAGE_KEY,
            "HUB_API_URL": api,
            "HUB_DATA_DIR": str(tmp_path / "data"),
            "HUB_DATABASE_POOL": "4",
        }
        if not shopify.store()["definitions"]:  # no test changes what the store holds, so once is enough
            hub = Hub(read(environment).settings)
            hub.shop.storefront.set_up()
            hub.close()
        places = (boeing, shopify, sandbox, silent, tmp_path, monkeypatch)
        return Patient(environment, database, database_url, redis_url, *places, key)

    return make


def _until_undone(patient: Patient) -> Iterator[Patient]:
    yield patient
    for undo in reversed(patient.undo):
        undo()


@pytest.fixture
def patient(make_patient, shared_database) -> Iterator[Patient]:
    """A hub that is well, whose database is not changed."""
    yield from _until_undone(make_patient(*shared_database))


@pytest.fixture
def patient_of_its_own(make_patient, database_url, database) -> Iterator[Patient]:
    """A hub that is well, with a database for this test alone."""
    yield from _until_undone(make_patient(database_url, database, _prepared(database)))
