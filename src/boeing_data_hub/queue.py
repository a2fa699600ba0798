"""Hints: a message says "there is work of this kind" and nothing else. It may be lost, doubled or late without harm,
because the rows are the work list and a sweep looks at them again.
"""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import Any

import redis
import structlog
from celery import Celery
from kombu.entity import Queue
from kombu.exceptions import OperationalError
from kombu.transport import redis as kombu_redis
from redis.backoff import NoBackoff
from redis.exceptions import NoPermissionError, ResponseError
from redis.retry import Retry

from boeing_data_hub.clock import monotonic
from boeing_data_hub.model.states import Stage

log = structlog.get_logger(__name__)

PREFIX = "bdh:"  # so that the broker may be shared with others
TASKS = {
    Stage.EXTRACTION: "boeing_data_hub.extract",
    Stage.NORMALIZATION: "boeing_data_hub.normalize",
    Stage.PUBLISHING: "boeing_data_hub.publish",
    Stage.DEFAULT: "boeing_data_hub.sweep",
}
_redis_transport: Any = kombu_redis  # kombu carries no types
_EXPIRES = 30  # seconds; the sweep sends new ones all the time, so an old hint is worth nothing
_SULK = 1.0  # seconds without another try after the broker did not answer, so that saves are not slowed by it


class HintChannel(_redis_transport.Channel):
    """A channel that puts nothing back when it is closed: a hint that was not acknowledged is worth nothing.

    Kombu's own looks for its connection then, and where Redis has just gone it finds none and ends the worker.
    """

    do_restore = False


class HintTransport(_redis_transport.Transport):
    """Redis, with such channels."""

    Channel = HintChannel


def celery_app(broker_url: str) -> Any:
    """The Celery application (untyped, as Celery is). Every value has its reason; what is not here is 5.7's default."""
    app: Any = Celery("boeing_data_hub", broker=broker_url)
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
        worker_cancel_long_running_tasks_on_connection_loss=False,
        worker_send_task_events=False,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        worker_soft_shutdown_timeout=10,
        broker_transport=f"{__name__}:{HintTransport.__name__}",
        broker_connection_retry=True,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,  # never give up: Redis may come back tomorrow
        broker_connection_timeout=4,
        task_publish_retry=True,
        task_publish_retry_policy={"max_retries": 1, "interval_start": 0.05, "interval_step": 0.1, "interval_max": 0.1},
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


class Hints:
    """Sends hints, as many as are worth sending, and never fails the caller.

    Args:
        broker_url: Redis, e.g. redis://:password@127.0.0.1:6379/0.
        app: the Celery application to send through; made from the URL when not given.
    """

    def __init__(self, broker_url: str, app: Any = None) -> None:
        self._app = app or celery_app(broker_url)
        self._redis: Any = redis.Redis.from_url(  # pyright: ignore[reportUnknownMemberType]
            broker_url, socket_timeout=2, socket_connect_timeout=2, health_check_interval=10
        )
        self._silent_until = 0.0
        self._lock = Lock()

    def send(self, stage: Stage, wanted: int = 1) -> bool:
        """See to it that about `wanted` hints wait in a stage's queue. False when the broker does not answer.

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
            self._silent_until = monotonic() + _SULK
            log.warning(
                "the broker does not answer; the sweep will hint again", stage=stage, error=type(error).__name__
            )
            return False
        return True

    def waiting(self, stage: Stage) -> int:
        """Hints in a stage's queue. Raises redis.RedisError when the broker does not answer."""
        return int(self._redis.llen(f"{PREFIX}{stage.value}"))

    def memory(self) -> tuple[int, int]:
        """Bytes the broker uses, and may use (its maxmemory, else its machine's; 0: not told). Raises RedisError."""
        info: dict[str, Any] = self._redis.info("memory")
        return int(info["used_memory"]), int(info.get("maxmemory") or info.get("total_system_memory") or 0)

    def close(self) -> None:
        """Close the connections."""
        with self._lock:
            self._redis.close()
            self._app.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Broker:
    """What a broker says of itself.

    Attributes:
        version: e.g. `7.2.4`; empty where it may not be asked.
        policy: what it does when its memory is full; empty as above.
        used: bytes in use.
        maximum: bytes it may use; 0: as many as the machine has.
        persistent: it keeps its data over a restart.
        replica: it is a copy of another, which takes no writes.
        writable: our queues can be read and written by the account we use.
    """

    version: str
    policy: str
    used: int
    maximum: int
    persistent: bool
    replica: bool
    writable: bool


def look_at(broker_url: str, *, seconds: float = 3.0) -> Broker:
    """Ask a broker about itself, on a connection that ends with it; a key of ours is written and deleted.

    Raises:
        redis.RedisError: it does not answer, or refuses us.
        ValueError: the address is none.
    """
    client: Any = redis.Redis.from_url(  # pyright: ignore[reportUnknownMemberType]
        broker_url, socket_timeout=seconds, socket_connect_timeout=seconds, retry=Retry(NoBackoff(), 0)
    )
    try:
        client.ping()
        try:
            told: dict[str, Any] = client.info()
        except NoPermissionError:
            told = {}
        writable = True
        try:
            client.set(f"{PREFIX}doctor", "1", ex=5)
            client.delete(f"{PREFIX}doctor")
        except ResponseError:  # read-only, not permitted, or full
            writable = False
    finally:
        client.close()
    return Broker(
        version=str(told.get("redis_version", "")),
        policy=str(told.get("maxmemory_policy", "")),
        used=int(told.get("used_memory", 0)),
        maximum=int(told.get("maxmemory", 0)),
        persistent=bool(told.get("aof_enabled")) or int(told.get("rdb_last_save_time", 0)) > 0,
        replica=told.get("role") == "slave",
        writable=writable,
    )
