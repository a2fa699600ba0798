"""Real Postgres, real Redis, real sandboxes: started once (for each of pytest's processes), empty for each test.

With `BDH_TEST_POOLER` set, hubs reach their Postgres through pgbouncer in transaction mode; see `make test-pooler`.
With `BDH_TEST_STEPS` set, each of their transactions runs twice; see `make test-twice`.
"""

from __future__ import annotations

import fcntl
import gc
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import hypothesis
import psycopg
import pytest
import redis as redis_client
from tests.support.patience import LONGEST, Deadline, allow, until
from tests.support.pooler import pgbouncer
from tests.support.steps import UnluckyHub

from boeing_data_hub.app import Hub
from boeing_data_hub.cli.machine.children import end, spawn
from boeing_data_hub.cli.machine.ports import free_port
from boeing_data_hub.db import schema
from boeing_data_hub.db.unit_of_work import Database
from boeing_data_hub.errors import Unavailable
from boeing_data_hub.settings import Settings
from boeing_data_hub_sandbox.boeing.control_client import BoeingSandboxControl
from boeing_data_hub_sandbox.services.postgres import Postgres, start_postgres
from boeing_data_hub_sandbox.services.redis import RedisServer, start_redis
from boeing_data_hub_sandbox.shopify.control_client import ShopifyControl
from boeing_data_hub_sandbox.shopify.running import running_shopify

# What stands in the developer's own environment must not reach the tests.
_OURS = (
    "BOEING_",
    "SHOPIFY_",
    "SUPABASE_",
    "HUB_",
    "CELERY_",
    "DATABASE_URL",
    "REDIS_URL",
    "PRICE_",
    "MAX_BULK_",
    "OTEL_",
)


_ENOUGH_MEMORY = 6_000_000_000  # bytes; each of the processes needs some hundred million for its services

# How long an example takes says nothing on a machine that has other work.
hypothesis.settings.register_profile("patient", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("patient")


def pytest_configure() -> None:
    """A shell's background job (`make test &`) ignores Ctrl-C, and so would every process that the tests start."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Those that run alone come first, in one go: later, each would wait for somebody's long test."""
    items.sort(key=lambda item: item.get_closest_marker("alone") is None)
    for item in items:  # against a test that hangs outside of its waits, each of which has its own deadline
        marked = item.get_closest_marker("timeout")
        seconds = marked.args[0] if marked and marked.args else float(item.config.getini("timeout"))
        if seconds:  # 0: the test itself stops what makes no progress
            item.add_marker(pytest.mark.timeout(max(2 * seconds, 1.25 * LONGEST)), append=False)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Generator[None, pytest.CollectReport, object]:
    """Where several processes read the tests, the first at a file compiles it, and the others wait for the result."""
    if "PYTEST_XDIST_WORKER" not in os.environ or not isinstance(collector, pytest.Module):
        return (yield)
    with _locked(collector.path, alone=True):
        return (yield)


def pytest_collection() -> None:
    """What is read stays: nothing of it is worth a search for garbage, now or at any later search."""
    gc.disable()


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


@pytest.hookimpl(wrapper=True, tryfirst=True)  # outermost: waiting for the others is not the test's own time
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Where several processes share the tests, a test marked `alone` waits for the others' tests, and they for it."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return (yield)
    alone = item.get_closest_marker("alone") is not None
    # Whoever waits to be alone keeps the gate, so that the room empties.
    with _locked(Path(__file__), alone=alone) as leave_gate, _locked(Path(__file__).parent, alone=alone):
        if not alone:
            leave_gate()
        return (yield)


@contextmanager
def _locked(path: Path, *, alone: bool) -> Iterator[Callable[[], None]]:
    """Any file or folder that all have will do; the kernel lets go of it, too, if this process is killed."""
    opened = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        yield lambda: fcntl.flock(opened, fcntl.LOCK_UN)
    finally:
        os.close(opened)


@pytest.fixture(autouse=True, scope="session")
def clean_environment() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(_OURS):
                patch.delenv(name)
        patch.chdir(tempfile.mkdtemp())  # away from any .env
        patch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)  # some hundred processes would compile the hub again
        yield


def _quick_folder() -> Path | None:
    """Memory, where there is enough of it: each test has a database, and its files would take a tenth of the time."""
    folder, table = Path("/dev/shm"), Path("/proc/meminfo")  # noqa: S108 - a folder of our own is made in it
    if not (folder.is_dir() and os.access(folder, os.W_OK | os.X_OK) and table.is_file()):
        return None
    available = next((int(line.split()[1]) for line in table.read_text().splitlines() if "MemAvailable" in line), 0)
    is_enough = min(shutil.disk_usage(folder).free, available * 1024) > _ENOUGH_MEMORY
    return folder if is_enough else None


@pytest.fixture(scope="session")
def services_dir() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="bdh-tests-", dir=_quick_folder(), ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o711)
        yield folder


@pytest.fixture(scope="session")
def postgres(services_dir: Path) -> Iterator[Postgres]:
    with start_postgres(services_dir / "postgres", fast=True) as server:
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute("CREATE DATABASE template_hub")
        schema.upgrade(_database(server.url, "template_hub"))
        yield server


@pytest.fixture(scope="session")
def as_hubs_see_it(postgres: Postgres, services_dir: Path) -> Iterator[Callable[[str], str]]:
    """Turns the address of a database into the one that hubs are given: the same, or through a pooler."""
    if "BDH_TEST_POOLER" not in os.environ:
        yield lambda url: url
        return
    with pgbouncer(postgres.url, services_dir) as pooler:
        yield lambda url: urlunsplit(urlsplit(pooler)._replace(path=urlsplit(url).path))


@pytest.fixture(scope="session")
def redis(services_dir: Path) -> Iterator[RedisServer]:
    with start_redis(services_dir / "redis") as server:
        yield server


@pytest.fixture(scope="session")
def boeing_server() -> Iterator[BoeingSandboxControl]:
    """The Boeing sandbox of all tests that restore it before they begin, a process of its own."""
    port = free_port()
    argv = [sys.executable, "-m", "boeing_data_hub_sandbox.boeing", "--port", str(port), "--limit", "0"]
    process = spawn(argv, stdout=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    deadline = Deadline(30)
    with BoeingSandboxControl(url) as control:
        while not deadline.passed:
            with suppress(Unavailable):
                control.stats()
                break
            assert process.poll() is None, "the Boeing sandbox did not start"
        yield control
    end(process, timeout=allow(5))


@pytest.fixture(scope="session")
def running_store() -> Iterator[ShopifyControl]:
    """The store of all tests that empty it before they begin, a process of its own; `opening` are its settings."""
    with running_shopify() as control:
        control.opening = control.settings()
        yield control


def _database(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


@pytest.fixture
def direct_url(postgres: Postgres) -> Iterator[str]:
    """An empty database at the newest revision, by the server's own address: for what hubs do not do."""
    name = f"test_{uuid4().hex[:12]}"
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template_hub STRATEGY FILE_COPY")
    yield _database(postgres.url, name)
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def empty_database(postgres: Postgres) -> Iterator[Callable[..., str]]:
    """Makes databases with nothing in them, by the server's own address."""
    made: list[str] = []

    def make(owner: str | None = None) -> str:
        name = f"test_{uuid4().hex[:12]}_empty"
        with psycopg.connect(postgres.url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}{f' OWNER {owner}' if owner else ''}")
        made.append(name)
        return _database(postgres.url, name)

    yield make
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        for name in made:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def empty_url(empty_database: Callable[..., str]) -> str:
    """A database with nothing in it, by the server's own address."""
    return empty_database()


@pytest.fixture
def database_url(direct_url: str, as_hubs_see_it: Callable[[str], str]) -> str:
    """The same database, by the address that hubs are given."""
    return as_hubs_see_it(direct_url)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = Database(database_url, size=8, name="test")
    yield opened
    opened.close()


@pytest.fixture
def redis_url(redis: RedisServer) -> str:
    """An empty broker."""
    with redis_client.Redis.from_url(redis.url) as client:
        client.flushall()
    return redis.url


@pytest.fixture
def make_hub(database_url: str, redis_url: str) -> Iterator[Callable[..., Hub]]:
    """Makes hubs on an empty database and an empty broker; settings as keyword arguments."""
    made: list[Hub] = []

    def make(**settings: object) -> Hub:
        values = {"database_url": database_url, "redis_url": redis_url, **settings}
        hub = UnluckyHub(Settings(_env_file=None, **values), name="test")
        made.append(hub)
        return hub

    yield make
    for hub in made:
        hub.close()


@pytest.fixture
def hub(make_hub: Callable[..., Hub]) -> Hub:
    return make_hub()


class Waiting:
    """Wait for a state, never for a time."""

    @staticmethod
    def until(condition: Callable[[], object], *, seconds: float = 30, what: str = "the state") -> object:
        return until(condition, seconds=seconds, what=what)


@pytest.fixture
def wait() -> Waiting:
    return Waiting()
