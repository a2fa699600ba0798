"""Remote control (`celery inspect`, `celery control`, Flower): rejects what would harm a worker, with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from celery.worker.control import Panel

_Panel: Any = Panel  # Celery carries no types
_REASONS: Final = {
    "add_consumer": "This worker serves {queues} only. Start another one for another queue: bdh worker QUEUE.",
    "cancel_consumer": "A worker that takes no work would still count as alive. Stop it instead: SIGTERM, or shutdown.",
    "pool_grow": "The number of threads is a setting (CELERY_*_CONCURRENCY), or --concurrency.",
    "pool_shrink": "The number of threads is a setting (CELERY_*_CONCURRENCY), or --concurrency.",
    "autoscale": "The number of threads is a setting (CELERY_*_CONCURRENCY), or --concurrency.",
    "pool_restart": "Restart the process instead: other workers continue its work, and nothing is lost.",
    "rate_limit": "The rates are the hub's own, for all workers together: BOEING_API_RATE_LIMIT.",
    "time_limit": "Threads have no time limit; each call of the hub has a deadline of its own.",
}


def refuse_what_would_harm(queues: Sequence[str]) -> None:
    """Replace the harmful commands by ones that reply with the reason."""
    for name, reason in _REASONS.items():
        _Panel.data[name] = _refusal(reason.format(queues=", ".join(queues)))


def _refusal(reason: str) -> Any:
    def refuse(_state: Any, **_arguments: Any) -> dict[str, str]:
        return {"error": reason}

    return refuse
