"""`bdh lists`, against a whole hub: a preview, a list of a file, and one that a worker reads from its address."""

from __future__ import annotations

from uuid import uuid4

import psycopg
import pytest
from tests.support.patience import until
from tests.support.web_files import FileServer

from boeing_data_hub.cli.start import local_key
from boeing_data_hub_sandbox.system import System, SystemPlan

pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def supplier():
    server = FileServer()
    yield server
    server.close()


@pytest.fixture(scope="module")
def system(postgres, as_hubs_see_it, redis, services_dir, supplier):
    name = f"test_{uuid4().hex[:12]}"
    own = f"{postgres.url.rpartition('/')[0]}/{name}"
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template_hub STRATEGY FILE_COPY")
    settings = {
        "DATABASE_URL": as_hubs_see_it(own),
        "REDIS_URL": redis.url,
        "SHOPIFY_STORE_DOMAIN": "",
        "HUB_LIST_ALLOW_HTTP_HOSTS": supplier.place,
    }
    with System(SystemPlan(data_dir=services_dir / name, settings=settings, sandbox=("--limit", "0"))) as running:
        running.wait_until_ready()
        yield running
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def at(bdh, system):
    key, _ = local_key(system.environment["DATABASE_URL"], system.plan.data_dir)
    bdh.environment |= {"HUB_API_URL": system.url, "HUB_API_KEY": key}
    return bdh


def test_a_file_is_previewed_and_nothing_is_searched(at, tmp_path):
    file = tmp_path / "supplier.csv"
    file.write_text("Stock of May\nOur ref;P/N;Qty\nR1;WF338109;2\nR2;WF338109;3\n")
    told = at("lists", "preview", file)
    assert told.code == 0, told.err
    assert "3\tWF338109\tR1\tWF338109\t2\t" in told.out
    assert "Duplicate of line 3." in told.out
    assert "1 part number, 1 duplicate, 0 flagged or invalid lines. Nothing was saved or searched." in told.err
    assert at("lists", "preview", file, "--column", "A", "--json").json["read"]["first"] == ["R1", "R2"]
    assert at("batches", "list", "--json").json["batches"] == []


def test_a_list_of_a_file_from_creation_to_deletion(at, tmp_path):
    assert at("lists", "create", "Mine").code == 0
    file = tmp_path / "mine.csv"
    file.write_text("P/N;Site\nAN3-4;Miami\n")
    assert at("lists", "upload", "Mine", file).code == 0
    file.write_text("P/N;Site\nWF338109;Oslo\n")
    assert "added 1 and removed 1" in at("lists", "upload", "Mine", file).err
    assert at("lists", "show", "Mine").out == "WF338109\tOslo\n"
    assert at("lists", "show", "Mine", "--removed").out == "AN3-4\tMiami\n"
    assert at("lists", "edit", "Mine", "--name", "Ours").code == 0
    assert at("lists", "search", "Ours", "--no-wait").code == 0
    assert at("lists", "delete", "Ours", "--yes").code == 0
    assert at("lists", "show", "Ours").code == 5


def test_a_worker_reads_a_list_from_its_address(at, supplier):
    created = at("lists", "create", "ACME", "--address", f"http://{supplier.place}/x.csv", "--schedule", "every 6 h")
    assert created.code == 0, created.err
    until(lambda: at("lists", "show", "ACME", "--json").json["line_count"] == 2, seconds=60)
    supplier.body = b"P/N;Site\nAN3-5;Dallas\n"
    assert at("lists", "refresh", "ACME").code == 0
    until(lambda: at("lists", "show", "ACME", "--json").json["removed_count"] == 1, seconds=60)
    assert at("lists", "create", "Bad", "--address", "https://10.0.0.1/x.csv").code == 2
