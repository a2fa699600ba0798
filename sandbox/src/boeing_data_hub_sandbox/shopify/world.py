"""The whole sandbox in one object: store, settings, bucket, faults, ledger, and what runs in the background."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import httpx2
import structlog
from graphql import GraphQLSchema

from boeing_data_hub_sandbox.shopify.bucket import Bucket
from boeing_data_hub_sandbox.shopify.documents import Documents
from boeing_data_hub_sandbox.shopify.faults import Faults
from boeing_data_hub_sandbox.shopify.grants import Access
from boeing_data_hub_sandbox.shopify.idempotency import IdempotencyKeys
from boeing_data_hub_sandbox.shopify.knobs import Knobs
from boeing_data_hub_sandbox.shopify.ledger import Ledger
from boeing_data_hub_sandbox.shopify.store import Store
from boeing_data_hub_sandbox.shopify.uploads import Uploads

_log = structlog.get_logger("sandbox.shopify")


class World:
    """One store and everything around it. `url` is where this server is reached; it is known once it listens.

    Made by `wiring.new_world`, which gives it a schema that knows the answers.
    """

    def __init__(self, knobs: Knobs, schema: GraphQLSchema) -> None:
        self.knobs = knobs
        self.url = ""
        self.access = Access()
        self.schema = schema
        self.documents = Documents(self.schema)
        self.faults = Faults(knobs.seed)
        self.bucket = Bucket(knobs)
        self.deliveries: list[dict[str, Any]] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._client: httpx2.AsyncClient | None = None
        self._empty()

    def _empty(self) -> None:
        self.store = Store(self.knobs)
        self.ledger = Ledger()
        self.keys = IdempotencyKeys(self.faults, self.knobs)
        self.access.counts.clear()
        self.uploads = Uploads()
        self.bulk_finished_at: dict[str, float] = {}
        self.deliveries = []

    def clear(self) -> None:
        """An empty store, a full bucket, no faults; the settings stay."""
        for task in list(self._tasks):
            task.cancel()
        self.faults.remove()
        self.faults.reseed(self.knobs.seed)
        self.bucket.reset()
        self._empty()

    def http(self) -> httpx2.AsyncClient:
        """The client for everything the store itself calls: image addresses and webhook receivers."""
        if self._client is None:
            self._client = httpx2.AsyncClient(timeout=10.0, trust_env=False)
        return self._client

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something in the background; what goes wrong there is logged, and ends nothing else."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("background work failed", exc_info=error)

    async def close(self) -> None:
        """Stop what runs in the background."""
        for task in list(self._tasks):
            task.cancel()
        if self._client is not None:
            await self._client.aclose()
