"""A store that is kept in a file: the next process continues with it, as `bdh up --sandbox` does."""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager

import pytest

from boeing_data_hub_sandbox.shopify.control_client import ShopifyControl
from boeing_data_hub_sandbox.shopify.kept import KeptStore
from boeing_data_hub_sandbox.shopify.knobs import Knobs
from boeing_data_hub_sandbox.shopify.loading import load
from boeing_data_hub_sandbox.shopify.records import BulkOperation
from boeing_data_hub_sandbox.shopify.wiring import new_world

PRODUCT = {"products": [{"sku": "NAS6604", "handle": "p1", "title": "Bolt", "price": "9"}]}


@pytest.fixture
def start(tmp_path):
    @contextmanager
    def act():
        command = [sys.executable, "-m", "boeing_data_hub_sandbox.shopify", "--new-shop", "--keep", tmp_path / "store"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            with ShopifyControl(process.stdout.readline().removeprefix("listening on ").strip()) as control:
                yield control
            process.terminate()

    return act


def test_a_restart_goes_on_with_the_same_store(start):
    with start() as control:
        control.load(PRODUCT)
        before = control.settings()["shop_number"]
    with start() as control:
        assert control.settings()["shop_number"] == before
        assert [each["sku"] for each in control.products()] == ["NAS6604"]
        assert control.product("NAS6604")["title"] == "Bolt"


def test_what_was_under_way_is_ended_by_the_restart(tmp_path):
    world = new_world(Knobs())
    load(world, PRODUCT)
    world.store.bulk_operations["x"] = BulkOperation("x", "MUTATION", "", "", status="RUNNING")
    KeptStore(tmp_path / "store").write(world)
    again = new_world(Knobs())
    assert KeptStore(tmp_path / "store").read_into(again)
    assert again.store.bulk_operations["x"].status == "FAILED"


def test_a_file_that_cannot_be_read_begins_a_new_store(tmp_path):
    (tmp_path / "store").write_bytes(b"nonsense")
    world = new_world(Knobs())
    assert not KeptStore(tmp_path / "store").read_into(world)
    assert not world.store.products
