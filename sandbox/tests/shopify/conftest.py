"""One sandbox process for all tests here; each test finds its store empty and its settings as they were."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import httpx2
import pytest
from tests.support import patience
from tests.support.patience import allow

from boeing_data_hub_sandbox.shopify.control_client import ShopifyControl
from boeing_data_hub_sandbox.shopify.knobs import Knobs
from boeing_data_hub_sandbox.shopify.running import running_shopify

DEFAULTS = {**Knobs().model_dump(), "plan": "unlimited", "media_delay": 0.02, "webhook_retry_seconds": 0.01}

UPSERT = """mutation PartUpsert(
  $identifier: ProductSetIdentifiers, $input: ProductSetInput!, $synchronous: Boolean = true
) { productSet(identifier: $identifier, input: $input, synchronous: $synchronous) {
    product { id handle title tags status totalInventory updatedAt
      metafields(first: 20) { nodes { key value } }
      variants(first: 3) { nodes { id sku price inventoryQuantity inventoryItem { id } } } }
    productSetOperation { id status }
    userErrors { code field message } } }"""
BULK_UPSERT = """mutation PartUpsert($identifier: ProductSetIdentifiers!, $input: ProductSetInput!) {
  productSet(identifier: $identifier, input: $input, synchronous: true) {
    product { id handle variants(first: 1) { nodes { id inventoryItem { id } } } }
    userErrors { code field message } } }"""
DEFINE = """mutation Def($definition: MetafieldDefinitionInput!) { metafieldDefinitionCreate(definition: $definition) {
  createdDefinition { id key type { name } capabilities { uniqueValues { enabled } } }
  userErrors { code field message } } }"""
STAGE = """mutation Stage($input: [StagedUploadInput!]!) { stagedUploadsCreate(input: $input) {
  stagedTargets { url resourceUrl parameters { name value } } userErrors { field message } } }"""
RUN = """mutation RunBulk($mutation: String!, $path: String!, $client: String) {
  bulkOperationRunMutation(mutation: $mutation, stagedUploadPath: $path, clientIdentifier: $client) {
    bulkOperation { id status objectCount url type } userErrors { code field message } } }"""
POLL = """query Poll($id: ID!) { bulkOperation(id: $id) { id status errorCode objectCount rootObjectCount fileSize url
  partialDataUrl type completedAt } }"""


@dataclass
class Shop:
    """The store from its two sides: the Admin API and the control API."""

    control: ShopifyControl
    client: httpx2.Client

    def post(
        self, query: str, /, token: str = "sandbox-token", version: str = "2026-10", **variables: Any
    ) -> httpx2.Response:
        return self.client.post(
            f"/admin/api/{version}/graphql.json",
            json={"query": query, "variables": variables},
            headers={"X-Shopify-Access-Token": token},
        )

    def ask(self, query: str, /, **variables: Any) -> dict[str, Any]:
        reply = self.post(query, **variables)
        assert reply.status_code == 200, reply.text
        return reply.json()

    def field(self, query: str, /, **variables: Any) -> Any:
        """The one field asked for."""
        body = self.ask(query, **variables)
        assert "errors" not in body, body["errors"]
        return next(iter(body["data"].values()))

    def define(self, key: str = "part_key", kind: str = "id", **more: Any) -> dict[str, Any]:
        definition = {"name": key, "namespace": "parts", "key": key, "type": kind, "ownerType": "PRODUCT", **more}
        return self.field(DEFINE, definition=definition)

    def part(self, sku: str, **changes: Any) -> dict[str, Any]:
        """The variables that upsert a part by its custom id."""
        variant = {
            "optionValues": [{"optionName": "Title", "name": "Default Title"}],
            "sku": sku,
            "price": "1.25",
            "inventoryItem": {"tracked": True, "cost": "1.00"},
            "inventoryQuantities": [{"locationId": self.location(), "name": "available", "quantity": 7}],
            **changes.pop("variant", {}),
        }
        given = {
            "title": sku,
            "handle": sku.lower(),
            "metafields": [{"namespace": "parts", "key": "part_key", "type": "id", "value": sku}],
            "productOptions": [{"name": "Title", "values": [{"name": "Default Title"}]}],
            "variants": [variant],
            **changes,
        }
        custom = {"namespace": "parts", "key": "part_key", "value": sku}
        return {"identifier": {"customId": custom}, "input": {key: it for key, it in given.items() if it is not None}}

    def location(self, name: str = "Atlanta") -> str:
        return next(each["id"] for each in self.control.store()["locations"] if each["name"] == name)

    def upsert(self, sku: str, **changes: Any) -> dict[str, Any]:
        return self.field(UPSERT, **self.part(sku, **changes))

    def stage(self, lines: list[Any]) -> str:
        """Upload lines; the path to give to the run."""
        given = {"filename": "parts.jsonl", "mimeType": "text/jsonl", "resource": "BULK_MUTATION_VARIABLES"}
        target = self.field(STAGE, input=[{**given, "httpMethod": "POST"}])["stagedTargets"][0]
        form = {each["name"]: each["value"] for each in target["parameters"]}
        text = "".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines)
        reply = self.client.post(target["url"], data=form, files={"file": ("parts.jsonl", text.encode(), "text/jsonl")})
        assert reply.status_code == 201, reply.text
        assert f"<Key>{form['key']}</Key>" in reply.text
        return form["key"]

    def run(self, lines: list[Any], mutation: str = BULK_UPSERT, client: str = "job-000001") -> str:
        answer = self.field(RUN, mutation=mutation, path=self.stage(lines), client=client)
        assert answer["userErrors"] == []
        return answer["bulkOperation"]["id"]

    def finished(self, operation: str) -> dict[str, Any]:
        def look() -> dict[str, Any] | None:
            row = self.field(POLL, id=operation)
            return row if row["status"] in {"COMPLETED", "FAILED", "CANCELED", "EXPIRED"} else None

        return until(look)

    def lines(self, url: str) -> list[dict[str, Any]]:
        reply = self.client.get(url)
        assert reply.status_code == 200
        return [json.loads(line) for line in reply.text.splitlines()]


def until(look: Callable[[], Any], seconds: float = 5.0) -> Any:
    """Ask again until there is something to see."""
    return patience.until(look, seconds=seconds, every=0.01)


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Shop]:
    with (
        running_shopify() as control,
        httpx2.Client(base_url=control.url, timeout=allow(20.0), trust_env=False) as client,
    ):
        yield Shop(control, client)


@pytest.fixture
def shop(sandbox: Shop) -> Shop:
    sandbox.control.settings(**DEFAULTS)
    sandbox.control.clear()
    return sandbox


class _Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.0"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append((dict(self.headers.items()), body))
        self.send_response(self.server.statuses.pop(0) if self.server.statuses else 200)
        self.end_headers()

    def do_GET(self) -> None:
        content = b"\x89PNG\r\n\x1a\n" + b"0" * 32 if self.path.endswith(".png") else b"<html></html>"
        self.send_response(404 if "missing" in self.path else 200)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def outside() -> Iterator[Any]:
    """A server elsewhere: takes webhooks, serves images."""
    server = HTTPServer(("127.0.0.1", 0), _Receiver)
    server.received, server.statuses = [], []
    server.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def wait() -> Callable[..., Any]:
    return until


@pytest.fixture
def documents() -> dict[str, str]:
    return {"upsert": UPSERT, "bulk_upsert": BULK_UPSERT, "define": DEFINE, "stage": STAGE, "run": RUN, "poll": POLL}
