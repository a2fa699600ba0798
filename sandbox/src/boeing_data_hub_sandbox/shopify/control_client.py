"""The control API from the other side, with types: what tests and the demo hold in their hands."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

import httpx2

Json = dict[str, Any]


def environment(
    url: str,
    *,
    token: str | None = None,
    client: tuple[str, str] = ("sandbox-client-id", "sandbox-client-secret"),
    version: str = "2026-10",
) -> dict[str, str]:
    """The settings that point the hub at the sandbox of this address.

    Args:
        url: of the sandbox.
        token: a lasting token, as older apps have it; None: client id and secret.
        client: the app's id and secret.
        version: of the API.
    """
    return {
        "SHOPIFY_STORE_DOMAIN": url,
        "SHOPIFY_CLIENT_ID": client[0] if token is None else "",
        "SHOPIFY_CLIENT_SECRET": client[1] if token is None else "",
        "SHOPIFY_ADMIN_API_TOKEN": token or "",
        "SHOPIFY_API_VERSION": version,
        "SHOPIFY_PUBLICATION": "Online Store",
    }


class ShopifyControl:
    """One sandbox's control API.

    Args:
        url: where the sandbox listens, such as `http://127.0.0.1:9000`.
    """

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._client = httpx2.Client(base_url=f"{self.url}/control", timeout=60.0, trust_env=False)

    def __enter__(self) -> Self:
        """Use as a context manager to close the connection in the end."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection."""
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def _ask(self, method: str, path: str, given: Any = None, query: dict[str, str] | None = None) -> Any:
        reply = self._client.request(method, path, json=given, params=query)
        if reply.is_error:
            raise ValueError(f"{method} /control{path}: {reply.status_code} {reply.text}")
        return reply.json()

    def stats(self) -> Json:
        """Requests, answers and effects counted, and the bucket."""
        return self._ask("GET", "/stats")

    def settings(self, **changes: Any) -> Json:
        """The settings, after these changes."""
        return self._ask("PATCH", "/settings", changes) if changes else self._ask("GET", "/settings")

    def ledger(self, **wanted: Any) -> list[Json]:
        """All committed effects whose facts equal those wanted, such as `operation="productSet"`, `sku="X"`."""
        entries: list[Json] = []
        after = 0
        while True:
            query = {**{key: str(value) for key, value in wanted.items()}, "after": str(after), "limit": "5000"}
            got = self._ask("GET", "/ledger", query=query)["entries"]
            entries += got
            if len(got) < 5_000:  # noqa: PLR2004 - a full page
                return entries
            after = got[-1]["seq"]

    def store(self) -> Json:
        """Counts, duplicates by SKU and custom id, locations, publications, definitions, bulk operations, webhooks."""
        return self._ask("GET", "/store")

    def products(self) -> list[Json]:
        """Every product as it stands."""
        rows: list[Json] = []
        while True:
            got = self._ask("GET", "/products", query={"after": str(len(rows)), "limit": "2000"})
            rows += got["products"]
            if len(rows) >= got["total"] or not got["products"]:
                return rows

    def product(self, sku: str) -> Json | None:
        """The first product whose first variant has this SKU."""
        return next((row for row in self.products() if row.get("sku") == sku), None)

    def clear(self) -> None:
        """An empty store, an empty ledger, no faults; the settings stay."""
        self._ask("DELETE", "/store")

    def fault(self, kind: str, **details: Any) -> int:
        """Switch a fault on: `probability`, `times`, `skip`, `match`, `status`, `seconds`, `fraction`; its number."""
        return int(self._ask("POST", "/faults", {"kind": kind, **details})["id"])

    def faults(self) -> list[Json]:
        """The faults now on, with how often each has happened."""
        return self._ask("GET", "/faults")

    def clear_faults(self, number: int | None = None) -> None:
        """Switch one fault off, or all."""
        self._ask("DELETE", "/faults" if number is None else f"/faults/{number}")

    def seed_product(self, **facts: Any) -> Json:
        """A product made by a person: `sku`, `title`, `price`, `quantities`, `metafields`, `tags`, `handle`."""
        return self._ask("POST", "/products", facts)

    def edit_product(self, product_id: str, **changes: Any) -> Json:
        """A person edits a product."""
        return self._ask("PATCH", f"/products/{product_id.rsplit('/', 1)[-1]}", changes)

    def delete_product(self, product_id: str) -> Json:
        """A person deletes a product."""
        return self._ask("DELETE", f"/products/{product_id.rsplit('/', 1)[-1]}")

    def sell(self, sku: str, location: str, quantity: int = 1) -> Json:
        """A customer buys."""
        return self._ask("POST", "/sales", {"sku": sku, "location": location, "quantity": quantity})

    def revoke_tokens(self) -> None:
        """Every token given out is of no use from now on."""
        self._ask("DELETE", "/tokens")

    def load(self, given: Json) -> Json:
        """Do to the store what a file says: `products`, `edit`, `delete`, `publications`, and settings."""
        return self._ask("POST", "/load", given)

    def drain(self, points: float) -> None:
        """Another process of the app spends these points."""
        self._ask("POST", "/drain", {"points": points})

    def expire_bulk(self, operation_id: str) -> None:
        """The result address of this bulk operation answers 403 from now on."""
        self._ask("POST", f"/bulk/{operation_id.rsplit('/', 1)[-1]}/expire")

    def deliveries(self) -> list[Json]:
        """What became of the webhooks."""
        return self._ask("GET", "/deliveries")
