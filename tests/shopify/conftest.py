"""A sandbox store in its own process, and clients on a budget of one process or of Postgres."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from pydantic import SecretStr
from tests.support.patience import allow

from boeing_data_hub.shopify.access import ShopifyAccess
from boeing_data_hub.shopify.client import ShopifyClient
from boeing_data_hub_sandbox.shopify.control_client import ShopifyControl
from boeing_data_hub_sandbox.shopify.knobs import Knobs

TOKEN = "canary-token-5f1c"
DEFAULTS = {**Knobs().model_dump(), "plan": "unlimited", "media_delay": 0.02, "tokens": [TOKEN]}


@dataclass
class OpenPurse:
    """A budget that grants everything and remembers what it was told."""

    taken: list[float] = field(default_factory=list)
    learned: list[tuple[float, float | None, Any]] = field(default_factory=list)
    refusals: list[float] = field(default_factory=list)

    def take(self, points: float, *, keep_going: Callable[[], bool] = lambda: True) -> bool:
        if keep_going():
            self.taken.append(points)
            return True
        return False

    def learn(self, points: float, *, spent: float | None, seen: Any = None) -> None:
        self.learned.append((points, spent, seen))

    def refused(self, seconds: float) -> None:
        self.refusals.append(seconds)


@pytest.fixture
def store(running_store: ShopifyControl) -> ShopifyControl:
    """The store from behind the counter: empty, and with its usual settings."""
    running_store.settings(**running_store.opening)
    running_store.settings(**DEFAULTS)
    running_store.clear()
    return running_store


@pytest.fixture
def token() -> str:
    return TOKEN


@pytest.fixture
def make_client() -> Iterator[Callable[..., ShopifyClient]]:
    made: list[ShopifyClient] = []

    def make(address: str, budget: Any = None, **changes: Any) -> ShopifyClient:
        values = {
            "store": address,
            "token": SecretStr(TOKEN),
            "call_deadline": allow(10.0),
            "connect_timeout": allow(2.0),
            **changes,
        }
        made.append(ShopifyClient(ShopifyAccess(**values), budget or OpenPurse()))
        return made[-1]

    yield make
    for client in made:
        client.close()


@pytest.fixture
def purse() -> OpenPurse:
    return OpenPurse()


@pytest.fixture
def client(store: ShopifyControl, make_client: Callable[..., ShopifyClient], purse: OpenPurse) -> ShopifyClient:
    return make_client(store.url, purse)


@pytest.fixture
def part(store: ShopifyControl) -> Callable[..., dict[str, Any]]:
    """The variables that upsert a part by its custom id."""
    atlanta = next(each["id"] for each in store.store()["locations"] if each["name"] == "Atlanta")

    def variables(sku: str, **changes: Any) -> dict[str, Any]:
        given = {
            "title": sku,
            "handle": sku.lower(),
            "metafields": [{"namespace": "parts", "key": "part_key", "type": "id", "value": sku}],
            "productOptions": [{"name": "Title", "values": [{"name": "Default Title"}]}],
            "variants": [
                {
                    "optionValues": [{"optionName": "Title", "name": "Default Title"}],
                    "sku": sku,
                    "price": "1.25",
                    "inventoryItem": {"tracked": True, "cost": "1.00"},
                    "inventoryQuantities": [{"locationId": atlanta, "name": "available", "quantity": 7}],
                }
            ],
            **changes,
        }
        custom = {"namespace": "parts", "key": "part_key", "value": sku}
        return {"identifier": {"customId": custom}, "input": given}

    return variables


@pytest.fixture
def defined(client: ShopifyClient) -> None:
    """The definition our custom ids live in."""
    definition = {"name": "Part key", "namespace": "parts", "key": "part_key", "type": "id", "ownerType": "PRODUCT"}
    client.run("metafield_definition_create", {"definition": definition})
