"""The whole sandbox in one object: store, settings, bucket, faults, ledger, and what runs in the background."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any
from uuid import uuid4

import httpx2
import structlog

from boeing_data_hub.sandbox.shopify import webhooks
from boeing_data_hub.sandbox.shopify.bucket import Bucket
from boeing_data_hub.sandbox.shopify.bulk import BulkRunner
from boeing_data_hub.sandbox.shopify.call import Call
from boeing_data_hub.sandbox.shopify.documents import Documents
from boeing_data_hub.sandbox.shopify.effects import product_body
from boeing_data_hub.sandbox.shopify.faults import Faults
from boeing_data_hub.sandbox.shopify.inventory import IdempotencyKeys
from boeing_data_hub.sandbox.shopify.knobs import Knobs
from boeing_data_hub.sandbox.shopify.ledger import Ledger
from boeing_data_hub.sandbox.shopify.records import BulkOperation, Level, Product, number_of
from boeing_data_hub.sandbox.shopify.store import Store
from boeing_data_hub.sandbox.shopify.uploads import Uploads
from boeing_data_hub.sandbox.shopify.wiring import wired_schema

_log = structlog.get_logger("sandbox.shopify")


class World:
    """One store and everything around it. `url` is where this server is reached; it is known once it listens."""

    def __init__(self, knobs: Knobs) -> None:
        self.knobs = knobs
        self.url = ""
        self.schema = wired_schema()
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
        self.keys = IdempotencyKeys()
        self.uploads = Uploads()
        self.bulk = BulkRunner(self)
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

    def control_call(self) -> Call:
        """A call made by nobody's app: a person in the store."""
        return Call(self, str(uuid4()), via="control")

    def announce(self, topic: str, what: Any) -> None:
        """Tell the subscribers of a topic."""
        if not self.store.webhooks:
            return
        if isinstance(what, Product):
            body = product_body(what)
        elif isinstance(what, Level):
            body = {
                "inventory_item_id": number_of(what.item.id),
                "location_id": number_of(what.location.id),
                "available": what.available,
                "updated_at": what.updated_at,
                "admin_graphql_api_id": what.id,
            }
        elif isinstance(what, BulkOperation):
            body = {
                "admin_graphql_api_id": what.id,
                "completed_at": what.completed_at,
                "created_at": what.created_at,
                "error_code": what.error_code.lower() if what.error_code else None,
                "status": what.status.lower(),
                "type": what.type.lower(),
            }
        else:
            body = what
        webhooks.announce(self, topic, body)
