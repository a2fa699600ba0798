"""A Boeing sandbox, and a way to walk a batch through its stages in this process, step by step."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict
from threading import Event, Thread
from typing import Any

import pytest
from tests.support.patience import Deadline, allow

from boeing_data_hub.app import Hub
from boeing_data_hub.batches.run import SearchRequest
from boeing_data_hub.catalogue import staging
from boeing_data_hub.catalogue.sale import asked_price
from boeing_data_hub.work import batches, items
from boeing_data_hub.work.batch import Batch, Item
from boeing_data_hub.work.time_slice import TimeSlice
from boeing_data_hub_sandbox.boeing.control_client import BoeingSandboxControl, environment


@pytest.fixture
def boeing(boeing_server: BoeingSandboxControl) -> BoeingSandboxControl:
    """The sandbox, well and with an empty ledger."""
    boeing_server.clear_faults()
    boeing_server.forget_part()
    boeing_server.restore_settings()
    boeing_server.reset()
    return boeing_server


class Walk:
    """A hub whose stages are walked by hand."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub

    def search(self, *parts: str) -> Batch:
        return self.hub.intake.search(SearchRequest(part_numbers=parts, owner="test", force_refresh=True)).batch

    def reusing(self, *parts: str) -> Batch:
        return self.hub.intake.search(SearchRequest(part_numbers=parts, owner="test")).batch

    def extract(self, seconds: float = 20, threads: int = 1) -> None:
        runs = [Thread(target=self.hub.extraction.work, args=[TimeSlice(Event(), seconds)]) for _ in range(threads)]
        for run in runs:
            run.start()
        for run in runs:
            run.join()

    def to_the_end(self, batch: Batch, *, seconds: float = 30, threads: int = 1) -> Batch:
        """Work until the batch has ended; items that wait for their time are waited for."""
        deadline, shift = Deadline(seconds), TimeSlice(Event(), allow(seconds))
        while True:
            self.extract(1, threads)
            self.hub.normalization.work(shift)
            now = self.batch(batch)
            if now.status.is_final:
                return now
            assert not deadline.passed, f"not finished within {deadline.waited:.0f} s: {now} {self.items(batch)}"
            time.sleep(0.05)

    def batch(self, batch: Batch) -> Batch:
        found = self.hub.database.run(lambda work: batches.get(work, batch.id))
        assert found is not None
        return found

    def items(self, batch: Batch) -> dict[str, Item]:
        found = self.hub.database.run(lambda work: items.page(work, batch.id, limit=1000))
        return {item.part_number: item for item in found}

    def product(self, sku: str) -> dict[str, Any]:
        found = self.hub.database.run(lambda work: staging.get(work, sku))
        assert found is not None, f"{sku} is not staged"
        return {**asdict(found), "price": asked_price(found, self.hub.prices)}


@pytest.fixture
def make_walk(make_hub: Callable[..., Hub], boeing: BoeingSandboxControl) -> Callable[..., Walk]:
    def make(**settings: object) -> Walk:
        values = {name.lower(): value for name, value in environment(boeing.base_url).items()}
        quick = {"boeing_api_rate_limit": "unlimited", "hub_retry_seconds": 0.05, "hub_max_attempts": 3}
        return Walk(make_hub(**{**values, **quick, **settings}))

    return make


@pytest.fixture
def walk(make_walk: Callable[..., Walk]) -> Walk:
    return make_walk()
