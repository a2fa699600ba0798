"""A small job through a running hub, from the list to the store, and the outside services it needs."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
from tests.support import patience
from tests.support.patience import allow

from boeing_data_hub.cli.machine.children import end_all, spawn
from boeing_data_hub.cli.machine.ports import free_port
from boeing_data_hub_sandbox.boeing.control_client import environment as boeing_environment
from boeing_data_hub_sandbox.shopify.control_client import ShopifyControl
from boeing_data_hub_sandbox.shopify.control_client import environment as store_environment

PARTS = ["AN3-43A", "MS29513-220", "NAS1611-123"]


def until(condition: Callable[[], Any], what: str, seconds: float = 60, *, told: Callable[[], str] = str) -> Any:
    """Wait for a state."""
    return patience.until(condition, seconds=seconds, what=what, told=told)


def answers(url: str) -> bool:
    """Whether there is somebody who says 200."""
    try:
        return httpx2.get(url, timeout=allow(5), trust_env=False).status_code == 200
    except httpx2.TransportError:
        return False


class Outside:
    """Stand-ins for Boeing and for the store, and the settings that lead to them."""

    def __init__(self, logs: Path) -> None:
        boeing, store = free_port(), free_port()
        urls = [f"http://127.0.0.1:{port}" for port in (boeing, store)]
        modules = (("boeing", "--limit", "0", "--port", str(boeing)), ("shopify", "--port", str(store)))
        self._processes = [
            spawn(
                [sys.executable, "-m", f"boeing_data_hub_sandbox.{module}", *arguments],
                env=dict(os.environ),
                stdout=logs / f"{module}.log",
            )
            for module, *arguments in modules
        ]
        for url in urls:
            until(lambda url=url: answers(f"{url}/control/stats"), f"the stand-in at {url}")
        self.store = ShopifyControl(urls[1])
        self.settings = {
            **boeing_environment(urls[0]),
            **store_environment(urls[1]),
            "SHOPIFY_UNMAPPED_LOCATIONS": "sell_from_default",
            "BOEING_API_RATE_LIMIT": "unlimited",
            "HUB_IMAGE_FALLBACK_ORIGIN": "",
            "HUB_IMAGE_RETRY_AFTER": "0",
        }

    def close(self) -> None:
        self.store.close()
        end_all(self._processes, timeout=allow(5))


def search_and_publish(api: str, key: str, store: ShopifyControl, told: Callable[[], str] = str) -> None:
    """What the hub is for: parts are found, and those that may be sold are in the store."""
    with httpx2.Client(base_url=api, headers={"X-API-Key": key}, timeout=allow(30), trust_env=False) as client:

        def run(path: str, parts: list[str]) -> dict[str, Any]:
            answer = client.post(path, json={"part_numbers": parts})
            assert answer.status_code == 202, answer.text
            batch = answer.json()["batch_id"]
            return until(
                lambda: (found := client.get(f"/api/batches/{batch}").json())["outcome"] and found, path, told=told
            )

        assert run("/api/bulk-search", PARTS)["normalized_count"] == len(PARTS)
        staged = client.get("/api/products/staging").json()
        ready = [one["sku"] for one in staged["products"] if one["status"] == "fetched"]
        assert ready, staged
        published = run("/api/bulk-publish", ready)
        assert published["published_count"] == len(ready), published
        assert {one["sku"] for one in store.products()} == set(ready)
