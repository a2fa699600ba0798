"""GET /health: the process is alive. GET /ready: it can work. Without a key the answer is yes or no, and a code.

Both answer while every thread and every database connection of the API is in use.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Request, Response

from boeing_data_hub.health.readiness import Readiness

router = APIRouter(tags=["health"])

_LOOKS_FOR: Final = 5.0  # seconds


class SharedReadiness:
    """One readiness check at a time, in a separate thread; concurrent requests share its result.

    Args:
        look: runs the check.
    """

    def __init__(self, look: Callable[[], Readiness]) -> None:
        self._look = look
        self._thread = CapacityLimiter(1)
        self._under_way: asyncio.Task[Readiness] | None = None

    async def result(self) -> Readiness | None:
        """The result; None if the check did not end within `_LOOKS_FOR` seconds."""
        if self._under_way is None or self._under_way.done():
            self._under_way = asyncio.create_task(self._taken())
        try:
            return await asyncio.wait_for(asyncio.shield(self._under_way), _LOOKS_FOR)
        except TimeoutError:
            return None

    async def _taken(self) -> Readiness:
        return await to_thread.run_sync(self._look, limiter=self._thread)


@router.head("/health", include_in_schema=False)
@router.get("/health")
async def health() -> dict[str, str]:
    """True while the process responds."""
    return {"status": "healthy"}


@router.head("/ready", include_in_schema=False)
@router.get("/ready", responses={503: {"description": "Not ready; `checks` and `reasons` say what is missing."}})
async def ready(request: Request, response: Response) -> dict[str, Any]:
    """Whether Postgres, its tables, Redis and the workers are available; 503 if one is not."""
    look: SharedReadiness = request.app.state.readiness
    found = await look.result()
    if found is None or not all(found.checks.values()):
        response.status_code = 503
        response.headers["Retry-After"] = "5"
    if found is None:
        return {"status": "not ready", "checks": {}, "reasons": {"hub": "no_answer_in_time"}}
    is_ready = all(found.checks.values())
    reasons = {"reasons": found.reasons} if found.reasons else {}
    return {"status": "ready" if is_ready else "not ready", "checks": found.checks, **reasons}
