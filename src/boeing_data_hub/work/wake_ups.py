"""Wake-ups: messages that say only "there is work of this kind".

They may be lost, duplicated or late without harm, because the rows are the work list and a sweep checks them again.
"""

from __future__ import annotations

from threading import Lock
from typing import Any

import redis
import structlog
from celery import Celery
from kombu.entity import Queue
from kombu.exceptions import OperationalError

from boeing_data_hub.broker.address import parse
from boeing_data_hub.broker.transport import WakeUpTransport, client, tls_options
from boeing_data_hub.broker.visit import BrokerRefusedError, visit
from boeing_data_hub.clock import monotonic
from boeing_data_hub.errors import BadInput, Unavailable
from boeing_data_hub.retry import RetryPolicy, every
from boeing_data_hub.values.states import Stage

log = structlog.get_logger(__name__)

PREFIX = "bdh:"  # so that the broker may be shared with others
TASKS = {
    Stage.EXTRACTION: "boeing_data_hub.extract",
    Stage.NORMALIZATION: "boeing_data_hub.normalize",
    Stage.PUBLISHING: "boeing_data_hub.publish",
    Stage.DEFAULT: "boeing_data_hub.sweep",
}
_EXPIRES = 30  # seconds; the sweep keeps sending new ones, so an old wake-up is worthless
_SILENT = every(1.0)  # pause after the broker failed to answer, so that saves are not slowed down
_PUBLISH = RetryPolicy(attempts=2, first=0.05, factor=1.0, step=0.1, longest=0.1)


def celery_app(broker_url: str, *, kind: Any = Celery) -> Any:
    """The Celery application (untyped, as Celery is). Values not set here are Celery 5.7's defaults."""
    address = parse(broker_url)
    app: Any = kind("boeing_data_hub", broker=address.url)
    app.conf.update(
        result_backend=None,  # results are in Postgres
        task_ignore_result=True,
        task_serializer="json",
        accept_content=["json"],
        enable_utc=True,
        timezone="UTC",
        task_queues=[Queue(stage.value) for stage in Stage],
        task_default_queue=Stage.DEFAULT.value,
        task_create_missing_queues=False,  # a typo fails loudly instead of filling a silent queue
        task_routes={name: {"queue": stage.value} for stage, name in TASKS.items()},
        # Leases in the rows replace acks. With late acks 5.7.0 exits when Redis goes away under a running task.
        task_acks_late=False,
        worker_disable_prefetch=True,
        worker_pool="threads",  # also if `celery worker` is started without --pool
        worker_cancel_long_running_tasks_on_connection_loss=False,
        worker_send_task_events=False,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        worker_soft_shutdown_timeout=10,
        broker_transport=f"{WakeUpTransport.__module__}:{WakeUpTransport.__name__}",
        broker_use_ssl=tls_options(address.encryption)
        if address.encryption
        else None,  # for Flower: ours is in the URL
        broker_connection_retry=True,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,  # never give up: Redis may return much later
        broker_connection_timeout=4,
        task_publish_retry=True,
        task_publish_retry_policy={
            "max_retries": (_PUBLISH.attempts or 1) - 1,
            "interval_start": _PUBLISH.first,
            "interval_step": _PUBLISH.step,
            "interval_max": _PUBLISH.longest,
        },
        broker_transport_options={
            "visibility_timeout": 900,
            "health_check_interval": 10,  # detects a half-open connection in 20 s instead of a minute
            "socket_timeout": 15,
            "socket_connect_timeout": 3,
            "socket_keepalive": True,
            "global_keyprefix": PREFIX,
        },
    )
    return app


def require_usable(broker_url: str) -> None:
    """Check before a process starts that it can use this Redis. A Redis that does not answer may start later.

    Raises:
        BadInput: it cannot be used, and waiting does not help.
        Unavailable: it is a replica, which a failover may promote, so the supervisor may restart the process.
    """
    address = parse(broker_url)
    try:
        refused = visit(address, prefix=PREFIX, seconds=2.0).refused
    except BrokerRefusedError as error:
        refused = error.refusal
    if refused is None or not refused.lasting:
        return
    lacks = f" It lacks {refused.said}." if refused.kind == "permission" else ""
    kind = Unavailable if refused.kind == "replica" else BadInput
    raise kind(
        f"Redis at {address.shown} {refused.why}.{lacks} Nothing was started, and nothing was changed. Run "
        "`bdh doctor`.",
        code=f"redis_{refused.kind}",
    )


class WakeUps:
    """Sends wake-ups, only as many as are useful, and never fails the caller.

    Args:
        broker_url: Redis, e.g. redis://:password@127.0.0.1:6379/0.
        app: the Celery application to send through; None: one for this URL.
    """

    def __init__(self, broker_url: str, app: Any = None) -> None:
        self._app = app or celery_app(broker_url)
        self._redis = client(parse(broker_url), seconds=2)
        self._silent_until = 0.0
        self._lock = Lock()

    def send(self, stage: Stage, wanted: int = 1) -> bool:
        """Fill a stage's queue up to about `wanted` wake-ups. False if the broker does not answer.

        A queue that already holds enough gets none, so it cannot grow, however often this is called.
        """
        if monotonic() < self._silent_until:
            return False
        try:
            waiting = int(self._redis.llen(f"{PREFIX}{stage.value}"))
            if waiting < wanted:
                with self._app.producer_or_acquire() as producer:
                    for _ in range(wanted - waiting):
                        self._app.send_task(TASKS[stage], producer=producer, expires=_EXPIRES)
        except (OperationalError, redis.RedisError, OSError) as error:
            self._silent_until = monotonic() + _SILENT.wait(1)
            log.warning(
                "the broker does not respond; the sweep will send the wake-up again",
                stage=stage,
                error=type(error).__name__,
            )
            return False
        return True

    def waiting(self, stage: Stage) -> int:
        """The number of wake-ups in a stage's queue. Raises redis.RedisError if the broker does not answer."""
        return int(self._redis.llen(f"{PREFIX}{stage.value}"))

    def memory(self) -> tuple[int, int] | None:
        """Bytes that the broker uses, and may use: its maxmemory, or else its machine's memory; 0: unknown.

        None if our account may not ask. Raises redis.RedisError if the broker does not answer.
        """
        try:
            info: dict[str, Any] = self._redis.info("memory")
        except redis.ResponseError:  # our account may not run INFO, or the server lacks it
            return None
        if "used_memory" not in info:
            return None
        return int(info["used_memory"]), int(info.get("maxmemory") or info.get("total_system_memory") or 0)

    def close(self) -> None:
        """Close the connections."""
        with self._lock:
            self._redis.close()
            self._app.close()
