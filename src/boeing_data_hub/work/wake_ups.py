"""WakeUps: a message says "there is work of this kind" and nothing else. It may be lost, doubled or late without harm,
because the rows are the work list and a sweep looks at them again.
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
_EXPIRES = 30  # seconds; the sweep sends new ones all the time, so an old hint is worth nothing
_SILENT = every(1.0)  # seconds without another try after the broker did not answer, so that saves are not slowed by it
_PUBLISH = RetryPolicy(attempts=2, first=0.05, factor=1.0, step=0.1, longest=0.1)


def celery_app(broker_url: str, *, kind: Any = Celery) -> Any:
    """The Celery application (untyped, as Celery is). Every value has its reason; what is not here is 5.7's default."""
    address = parse(broker_url)
    app: Any = kind("boeing_data_hub", broker=address.url)
    app.conf.update(
        result_backend=None,  # results live in Postgres: no second store to lose
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
        worker_pool="threads",  # also where `celery worker` is started without --pool
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
        broker_connection_max_retries=None,  # never give up: Redis may come back tomorrow
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
            "health_check_interval": 10,  # a half-open connection is found in 20 s instead of a minute
            "socket_timeout": 15,
            "socket_connect_timeout": 3,
            "socket_keepalive": True,
            "global_keyprefix": PREFIX,
        },
    )
    return app


def require_usable(broker_url: str) -> None:
    """Ask a Redis before a process starts, whether it can live there. One that does not answer may come later.

    Raises:
        BadInput: it cannot, and waiting will not change that.
        Unavailable: it is a replica, which a failover may make the primary: whoever watches the process may try again.
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
        f"Redis at {address.shown} {refused.why}.{lacks} Nothing was started, and nothing was changed. What to do: "
        "`bdh doctor`.",
        code=f"redis_{refused.kind}",
    )


class WakeUps:
    """Sends wake-ups, as many as are worth sending, and never fails the caller.

    Args:
        broker_url: Redis, e.g. redis://:password@127.0.0.1:6379/0.
        app: the Celery application to send through; made from the URL when not given.
    """

    def __init__(self, broker_url: str, app: Any = None) -> None:
        self._app = app or celery_app(broker_url)
        self._redis = client(parse(broker_url), seconds=2)
        self._silent_until = 0.0
        self._lock = Lock()

    def send(self, stage: Stage, wanted: int = 1) -> bool:
        """See to it that about `wanted` wake-ups wait in a stage's queue. False when the broker does not answer.

        A queue that already holds enough gets none, so it never grows, whatever is sent how often.
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
        """WakeUps in a stage's queue. Raises redis.RedisError when the broker does not answer."""
        return int(self._redis.llen(f"{PREFIX}{stage.value}"))

    def memory(self) -> tuple[int, int] | None:
        """Bytes the broker uses, and may use: its maxmemory, else its machine's; 0: not told.

        None where it may not be asked. Raises redis.RedisError when it does not answer.
        """
        try:
            info: dict[str, Any] = self._redis.info("memory")
        except redis.ResponseError:  # forbidden to our account, or not offered
            return None
        if "used_memory" not in info:
            return None
        return int(info["used_memory"]), int(info.get("maxmemory") or info.get("total_system_memory") or 0)

    def close(self) -> None:
        """Close the connections."""
        with self._lock:
            self._redis.close()
            self._app.close()
