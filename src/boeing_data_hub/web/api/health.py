"""GET /health: the process lives. GET /ready: it can do its work. Strangers learn only yes or no."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response

from boeing_data_hub.web.access import TheHub

router = APIRouter(tags=["health"])


@router.head("/health", include_in_schema=False)
@router.get("/health")
def health() -> dict[str, str]:
    """The process lives."""
    return {"status": "healthy"}


@router.head("/ready", include_in_schema=False)
@router.get("/ready")
def ready(hub: TheHub, response: Response) -> dict[str, Any]:
    """Whether Postgres, its tables, Redis and the workers are there; 503 when one is not."""
    checks = hub.readiness()
    is_ready = all(checks.values())
    if not is_ready:
        response.status_code = 503
        response.headers["Retry-After"] = "5"
    return {"status": "ready" if is_ready else "not ready", "checks": checks}
