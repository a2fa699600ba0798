"""The API, in this process, on a real database and broker; the stages beside it, on a real Boeing sandbox."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg
import pytest
from starlette.testclient import TestClient
from tests.support.patience import Deadline, allow
from tests.support.publishing import STORE_MAP, Desk, Part, store

from boeing_data_hub import __version__
from boeing_data_hub.app import Hub
from boeing_data_hub.db import api_keys
from boeing_data_hub.web.app import create_app
from boeing_data_hub.work import workers
from boeing_data_hub.work.time_slice import TimeSlice
from boeing_data_hub_sandbox.boeing.control_client import BoeingSandboxControl, environment
from boeing_data_hub_sandbox.services.postgres import Postgres
from boeing_data_hub_sandbox.shopify import control_client as shopify_control
from boeing_data_hub_sandbox.shopify.control_client import ShopifyControl

__all__ = ["store"]


# An empty table would cost as much to truncate as a full one, and most are empty.
_EMPTY = """
DO $$
DECLARE
  one text;
  is_filled boolean;
  filled text[] := '{}';
BEGIN
  FOR one IN
    SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
    WHERE schemaname = 'hub' AND tablename <> 'alembic_version'
  LOOP
    EXECUTE 'SELECT EXISTS (SELECT FROM ' || one || ')' INTO is_filled;
    IF is_filled THEN
      filled := filled || one;
    END IF;
  END LOOP;
  IF filled <> '{}' THEN
    EXECUTE 'TRUNCATE ' || array_to_string(filled, ', ') || ' CASCADE';
  END IF;
  FOR one IN
    SELECT format('ALTER SEQUENCE %I.%I RESTART', schemaname, sequencename) FROM pg_sequences
    WHERE schemaname = 'hub' AND last_value IS NOT NULL
  LOOP
    EXECUTE one;
  END LOOP;
  INSERT INTO hub.pacing (line) VALUES ('boeing');
END $$
"""


@pytest.fixture(scope="session")
def web_database(postgres: Postgres) -> str:
    """One database for all tests here: a hundred copies of the template would take most of their time."""
    name = f"web_tests_{uuid4().hex[:8]}"
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template_hub STRATEGY FILE_COPY")
    return urlunsplit(urlsplit(postgres.url)._replace(path=f"/{name}"))


@pytest.fixture
def database_url(web_database: str, as_hubs_see_it: Callable[[str], str]) -> str:
    """That database, as the migrations leave it."""
    with psycopg.connect(web_database, autocommit=True) as connection:
        connection.execute(_EMPTY)
    return as_hubs_see_it(web_database)


@pytest.fixture
def boeing(boeing_server: BoeingSandboxControl) -> BoeingSandboxControl:
    """The sandbox's controls; it has forgotten what earlier tests did."""
    boeing_server.clear_faults()
    boeing_server.forget_part()
    boeing_server.restore_settings()
    boeing_server.reset()
    return boeing_server


@pytest.fixture
def sandboxed(make_hub: Callable[..., Hub], boeing: BoeingSandboxControl) -> Callable[..., Hub]:
    """Makes hubs that talk to the sandbox; settings as keyword arguments."""
    addresses = {name.lower(): value for name, value in environment(boeing.base_url).items()}

    def make(**settings: Any) -> Hub:
        quick = {"boeing_api_rate_limit": "unlimited", "hub_retry_seconds": 0.05}
        return make_hub(**{**addresses, **quick, **settings})

    return make


@pytest.fixture
def settings() -> dict[str, Any]:
    """Settings of the hub; a module or a test that needs others overrides this."""
    return {}


@pytest.fixture
def hub(sandboxed: Callable[..., Hub], settings: dict[str, Any]) -> Hub:
    return sandboxed(**settings)


@pytest.fixture
def make_key(hub: Hub) -> Callable[..., str]:
    def make(*scopes: str, days: int | None = None) -> str:
        return hub.database.run(lambda work: api_keys.create(work, name="test", scopes=scopes, days=days))[1]

    return make


@pytest.fixture
def anonymous(hub: Hub) -> Iterator[TestClient]:
    # Errors of the app are what we look at, not what pytest should raise.
    with TestClient(create_app(hub), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def api(anonymous: TestClient, make_key: Callable[..., str]) -> TestClient:
    anonymous.headers["Authorization"] = f"Bearer {make_key('admin')}"
    return anonymous


class Stages:
    """Extraction and normalization in this process, stepped by the test: no worker, no broker, no waiting."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub

    def extract(self, seconds: float = 15) -> int:
        return self.hub.extraction.work(TimeSlice(Event(), seconds))

    def normalize(self) -> int:
        return self.hub.normalization.work(TimeSlice(Event()))

    def settle(self, seconds: float = 30) -> None:
        """Work until no batch is open."""
        deadline = Deadline(seconds)
        while True:
            self.extract()
            self.normalize()
            if not self.hub.database.run(
                lambda work: work.value("SELECT count(*) FROM hub.batches WHERE status = 'processing'")
            ):
                return
            assert not deadline.passed, "a batch did not settle"

    def pulse(self, *queues: str) -> None:
        """Say that a worker for these queues lives."""
        self.hub.database.run(
            lambda work: workers.pulse(
                work, f"test-{'-'.join(queues)}", queues=queues, host="here", pid=1, version=__version__
            )
        )


@pytest.fixture
def stages(hub: Hub) -> Stages:
    return Stages(hub)


@pytest.fixture
def search(api: TestClient) -> Callable[..., str]:
    """Starts a search; the batch's id."""

    def start(*parts: str, **more: Any) -> str:
        answer = api.post("/api/bulk-search", json={"part_numbers": list(parts), **more})
        assert answer.status_code == 202, answer.text
        return answer.json()["batch_id"]

    return start


@pytest.fixture
def finished(search: Callable[..., str], stages: Stages) -> Callable[..., str]:
    """Starts a search and works it to its end; the batch's id."""

    def run(*parts: str, **more: Any) -> str:
        batch_id = search(*parts, **more)
        stages.settle()
        return batch_id

    return run


# --- Publishing: a hub with a store, parts staged by SQL ---


@pytest.fixture
def store_settings(store: ShopifyControl, tmp_path: Path) -> dict[str, Any]:
    """Settings of a hub that publishes to the sandbox store."""
    return {
        **{
            name.lower(): value for name, value in shopify_control.environment(store.url, token="sandbox-token").items()
        },
        "shopify_location_map": json.dumps(STORE_MAP),
        "hub_data_dir": tmp_path,
        "hub_publish_retry_seconds": 0.05,
    }


@pytest.fixture
def part() -> Callable[..., Any]:
    """Makes a part that can be staged: its SKU, and what is not usual about it."""
    return Part


@pytest.fixture
def desk(hub: Hub, store: ShopifyControl) -> Any:
    """Stages parts, works like a publishing worker, and looks into the store's books."""
    return Desk(hub, store)


@pytest.fixture
def at_work(hub: Hub) -> Callable[[], Any]:
    """A publishing worker at work, for as long as a `with` lasts."""

    @contextmanager
    def working() -> Iterator[None]:
        stop = Event()

        def work() -> None:
            while not stop.is_set():
                hub.shop.publishing.work(TimeSlice(stop, 1.0))
                stop.wait(0.02)

        thread = Thread(target=work)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join(allow(20))

    return working


@pytest.fixture
def publish(api: TestClient) -> Callable[..., str]:
    """Starts a publishing; the batch's id."""

    def start(*parts: str, **more: Any) -> str:
        body = {"part_numbers": list(parts), **more} if parts else more
        answer = api.post("/api/bulk-publish", json=body)
        assert answer.status_code == 202, answer.text
        return answer.json()["batch_id"]

    return start


@pytest.fixture
def published(publish: Callable[..., str], desk: Any) -> Callable[..., str]:
    """Starts a publishing and works it to its end; the batch's id."""

    def run(*parts: str, **more: Any) -> str:
        batch_id = publish(*parts, **more)
        desk.to_the_end(desk.batch(batch_id))
        return batch_id

    return run
