"""GET /health: the process is alive. GET /ready: it can work. Without a key the answer is yes or no, and a code.

Both answer while every thread and every database connection of the API is in use.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Final, Literal

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

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


class Alive(BaseModel):
    """The process responds."""

    status: Literal["healthy"]


class Ready(BaseModel):
    """Whether the hub can work: yes or no for each thing it needs, and codes for what is missing."""

    status: Literal["ready", "not ready"]
    checks: Mapping[str, bool]
    reasons: Mapping[str, str] = Field(default={}, description="Sent only if something is missing.")


@router.head("/health", include_in_schema=False)
@router.get("/health")
async def get_health() -> Alive:
    """True while the process responds."""
    return Alive(status="healthy")


@router.head("/ready", include_in_schema=False)
@router.get(
    "/ready",
    response_model_exclude_unset=True,
    responses={503: {"model": Ready, "description": "Not ready; `checks` and `reasons` say what is missing."}},
)
async def get_readiness(request: Request, response: Response) -> Ready:
    """Whether Postgres, its tables, Redis and the workers are available; 503 if one is not."""
    look: SharedReadiness = request.app.state.readiness
    found = await look.result()
    if found is None or not all(found.checks.values()):
        response.status_code = 503
        response.headers["Retry-After"] = "5"
    if found is None:
        return Ready(status="not ready", checks={}, reasons={"hub": "no_answer_in_time"})
    is_ready = all(found.checks.values())
    status = "ready" if is_ready else "not ready"
    if not found.reasons:
        return Ready(status=status, checks=found.checks)
    return Ready(status=status, checks=found.checks, reasons=found.reasons)
