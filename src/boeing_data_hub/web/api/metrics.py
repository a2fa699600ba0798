"""GET /metrics: figures of the whole system and of this process, for Prometheus."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from threading import Lock
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response

from boeing_data_hub import telemetry
from boeing_data_hub.clock import monotonic
from boeing_data_hub.errors import HubError, Unavailable
from boeing_data_hub.health import metrics
from boeing_data_hub.web.access import TheHub, admitted, key_of

router = APIRouter(tags=["health"])

_MOST_KNOWN: Final = 100


class KnownScrapers:
    """Keys that were valid when Postgres last responded: during an outage they may still read that there is one.

    Only their hashes are kept. A key that Postgres rejects is forgotten at once.
    """

    def __init__(self) -> None:
        self._hashes: set[bytes] = set()
        self._lock = Lock()

    def admit(self, request: Request, *, postgres_is_away: Callable[[], bool]) -> None:
        """Admit a key with the scope `read`. Raises what `admitted` raises."""
        mark = hashlib.sha256(key_of(request).encode()).digest()
        with self._lock:
            is_known = mark in self._hashes
        if is_known and postgres_is_away():
            return
        try:
            admitted(request, "read")
        except Unavailable:
            if is_known:
                return
            raise
        except HubError:
            with self._lock:
                self._hashes.discard(mark)
            raise
        with self._lock:
            if len(self._hashes) >= _MOST_KNOWN:
                self._hashes.clear()
            self._hashes.add(mark)


def _admitted(request: Request, hub: TheHub) -> None:
    scrapers: KnownScrapers = request.app.state.scrapers
    scrapers.admit(request, postgres_is_away=lambda: hub.figures.now().database is None)


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
def read_metrics(hub: TheHub, _admitted: Annotated[None, Depends(_admitted)]) -> Response:
    """All metrics in Prometheus' text format. Needs the scope `read`. During an outage of Postgres or Redis the
    response says so.
    """
    found = hub.figures.now()
    compares = bool(hub.settings.hub_drift_snapshot_at)
    text = telemetry.render(metrics.families(found, hub.figures.limit, at=monotonic(), compares_daily=compares))
    return Response(text, media_type=telemetry.CONTENT_TYPE)
