"""The API, in this process, on a real database and broker."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from starlette.testclient import TestClient

from boeing_data_hub.hub import Hub
from boeing_data_hub.store import keys
from boeing_data_hub.web.app import create_app


@pytest.fixture
def make_key(hub: Hub) -> Callable[..., str]:
    def make(*scopes: str, days: int | None = None) -> str:
        return hub.database.run(lambda work: keys.create(work, name="test", scopes=scopes, days=days))[1]

    return make


@pytest.fixture
def anonymous(hub: Hub) -> Iterator[TestClient]:
    # Errors of the app are what we look at, not what pytest should raise.
    with TestClient(create_app(hub), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def api(anonymous: TestClient, make_key: Callable[..., str]) -> TestClient:
    anonymous.headers["Authorization"] = f"Bearer {make_key('admin')}"
    return anonymous
