"""A Shopify store, spoken to by the hub's own client and documents: the sandbox's, or a real development store.

The sandbox is asked unless `CONFORMANCE_STORE` names a development store, e.g. `my-dev-store.myshopify.com`, with
`CONFORMANCE_CLIENT_ID` and `CONFORMANCE_CLIENT_SECRET`, or `CONFORMANCE_TOKEN` of an older app. Where the sandbox
answers differently from the real store, the sandbox is wrong: these tests show it.

Everything made there is a draft whose SKU begins with `bdh-conformance-`, and is deleted again; what stays is one
metafield definition, `bdh_conformance.part_key`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest
from pydantic import SecretStr
from tests.support.patience import allow

from boeing_data_hub.errors import RateLimited
from boeing_data_hub.shopify.access import ShopifyAccess
from boeing_data_hub.shopify.client import NoAccount, ShopifyClient
from boeing_data_hub.shopify.failures import UserErrors
from boeing_data_hub.shopify.grants import Grants
from boeing_data_hub.shopify.transfer import Transfer
from boeing_data_hub_sandbox.shopify.running import running_shopify

NAMESPACE, KEY = "bdh_conformance", "part_key"
PREFIX = "bdh-conformance-"


@dataclass
class Store:
    """One store, by its address and the hub's client; what tests make in it is noted, and taken away in the end."""

    access: ShopifyAccess
    client: ShopifyClient
    made: list[str] = field(default_factory=list)
    location: str = ""

    def ask(self, name: str, **variables: Any) -> Any:
        """The first field of a document's answer. Waits as long as the store asks for."""
        for _ in range(20):
            try:
                data = self.client.run(name, variables)
            except RateLimited as busy:
                time.sleep(busy.retry_after or 1.0)
            else:
                return next(iter(data.values()))
        raise AssertionError("the store let nothing through")

    def refusals(self, name: str, **variables: Any) -> list[tuple[str, str]]:
        """Field and code of each of the store's refusals; the call must be refused."""
        with pytest.raises(UserErrors) as refused:
            self.ask(name, **variables)
        return [(error.field, error.code) for error in refused.value.errors]

    def put(self, sku: str, **changes: Any) -> dict[str, Any]:
        """Create or update a part by its custom id; the product."""
        product = self.ask("product_upsert", **self.part(sku, **changes))["product"]
        if product["id"] not in self.made:
            self.made.append(product["id"])
        return product

    def part(self, sku: str, *, price: str = "1.25", quantity: int | None = None, **changes: Any) -> dict[str, Any]:
        """The variables of an upsert."""
        variant: dict[str, Any] = {
            "optionValues": [{"optionName": "Title", "name": "Default Title"}],
            "sku": sku,
            "price": price,
            "inventoryItem": {"tracked": True, "cost": "1.00"},
        }
        if quantity is not None:
            stock = {"locationId": self.location, "name": "available", "quantity": quantity}
            variant["inventoryQuantities"] = [stock]
        given = {
            "title": sku,
            "status": "DRAFT",
            "metafields": [{"namespace": NAMESPACE, "key": KEY, "type": "id", "value": sku}],
            "productOptions": [{"name": "Title", "values": [{"name": "Default Title"}]}],
            "variants": [variant],
            **changes,
        }
        return {"identifier": custom_id(sku), "input": given}

    def wait_until(self, condition: Callable[[], Any], what: str, *, seconds: float = 60.0) -> Any:
        """Ask again until it is so: a real store's search and bulk operations take their time."""
        deadline = time.monotonic() + allow(seconds)
        while not (found := condition()):
            assert time.monotonic() < deadline, f"{what} did not come within {seconds:.0f} s"
            time.sleep(0.2)
        return found

    def tidy(self) -> None:
        """Delete what was made."""
        for product in self.made:
            with suppress(UserErrors):  # a test has deleted it
                self.ask("product_delete", input={"id": product})
        self.made.clear()


def custom_id(sku: str) -> dict[str, Any]:
    """How a part is named in identifiers."""
    return {"customId": {"namespace": NAMESPACE, "key": KEY, "value": sku}}


def real_access(environment: Mapping[str, str]) -> ShopifyAccess | None:
    """The development store that the environment names; None where it names none."""
    name = environment.get("CONFORMANCE_STORE", "").strip()
    if not name:
        return None
    access = ShopifyAccess(store=name)
    token = environment.get("CONFORMANCE_TOKEN", "")
    if not token:
        secret = SecretStr(environment.get("CONFORMANCE_CLIENT_SECRET", ""))
        fresh = Grants(access, environment.get("CONFORMANCE_CLIENT_ID", ""), secret).by_credentials()
        token = str(fresh.secret["access_token"])
    return ShopifyAccess(store=name, token=SecretStr(token))


@pytest.fixture(scope="session")
def access() -> Iterator[ShopifyAccess]:
    if (real := real_access(os.environ)) is not None:
        yield real
        return
    with running_shopify() as control:
        yield ShopifyAccess(store=control.url, token=SecretStr("sandbox-token"))


@pytest.fixture(scope="session")
def whole_store(access: ShopifyAccess) -> Iterator[Store]:
    client = ShopifyClient(access, NoAccount())
    store = Store(access, client)
    shop = store.ask("shop_facts")
    if os.environ.get("CONFORMANCE_STORE") and not shop["plan"]["partnerDevelopment"]:
        pytest.exit("CONFORMANCE_STORE is no development store. Nothing was changed in it.", returncode=2)
    store.location = store.ask("locations")["nodes"][0]["id"]
    definition = {"name": "Conformance", "namespace": NAMESPACE, "key": KEY, "type": "id", "ownerType": "PRODUCT"}
    try:
        store.ask("metafield_definition_create", definition=definition)
    except UserErrors as refused:
        if not refused.has("TAKEN"):
            raise
    yield store
    client.close()


@pytest.fixture
def store(whole_store: Store) -> Iterator[Store]:
    """The store; what a test makes in it is deleted with the test."""
    yield whole_store
    whole_store.tidy()


@pytest.fixture
def sku() -> str:
    """A SKU that no product has."""
    return PREFIX + uuid4().hex[:12]


@pytest.fixture(scope="session")
def transfer(access: ShopifyAccess) -> Iterator[Transfer]:
    made = Transfer(access)
    yield made
    made.close()
