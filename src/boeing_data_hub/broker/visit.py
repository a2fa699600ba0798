"""Tests a Redis: connects as a worker does, tries each operation that a worker needs, and notes what fails."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, cast
from uuid import uuid4

import redis
from kombu.connection import Connection
from kombu.exceptions import OperationalError

from boeing_data_hub.broker.address import BrokerAddress
from boeing_data_hub.broker.refusals import Refusal, missing_right, refusal_of
from boeing_data_hub.broker.transport import WakeUpTransport

_Connection: Any = Connection  # kombu carries no types
_FAILS: Final = (redis.RedisError, OperationalError, OSError, ssl.SSLError)
_MOMENT: Final = 0.05  # timeout of BRPOP, in seconds


class BrokerRefusedError(Exception):
    """Redis cannot be used. `refusal` says why."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.why)
        self.refusal = refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerFacts:
    """What a Redis reports about itself. None or empty: not reported, which is not an error.

    Attributes:
        version: e.g. `7.2.4`.
        policy: its eviction policy.
        used: bytes in use.
        maximum: bytes it may use; 0: no limit.
        persistent: its data survives a restart.
        refused: why it cannot be used; None if it can.
        lacking: rights that our user lacks, in ACL syntax.
    """

    version: str = ""
    policy: str = ""
    used: int | None = None
    maximum: int | None = None
    persistent: bool | None = None
    refused: Refusal | None = None
    lacking: tuple[str, ...] = ()


def visit(address: BrokerAddress, *, prefix: str, seconds: float = 3.0) -> BrokerFacts:
    """Try what a worker does, on connections of its own; everything written is deleted.

    Args:
        address: where it is.
        prefix: of every key and channel.
        seconds: timeout of each response.

    Raises:
        BrokerRefusedError: it could not connect.
    """
    options = {
        "global_keyprefix": prefix,
        "socket_timeout": seconds,
        "socket_connect_timeout": seconds,
        "tries": 1,
    }
    kind = f"{WakeUpTransport.__module__}:{WakeUpTransport.__name__}"
    transport = _Connection(address.url, transport=kind, transport_options=options).transport
    try:
        channel = transport.create_channel(transport.establish_connection())
        channel.client.ping()
        return _look(channel.client, address, prefix)
    except _FAILS as error:
        refusal = _meant(error, address)
        if refusal.kind == "permission":
            refusal = Refusal("permission", missing_right(refusal.said, prefix=prefix))
        raise BrokerRefusedError(refusal) from error
    finally:
        transport.close_connection(transport)


def _look(client: Any, address: BrokerAddress, prefix: str) -> BrokerFacts:
    greeting = _greeting(client)
    info = _info(client)
    if greeting.get("mode") == "cluster" or str(info.get("redis_mode")) == "cluster":
        return _facts(greeting, info, Refusal("cluster"), ())
    refused, lacking = _first_refusal(client, address, prefix)
    if greeting.get("role") in {"replica", "slave"} or info.get("role") == "slave":
        refused = Refusal("replica")
    return _facts(greeting, info, refused, lacking)


def _meant(error: BaseException, address: BrokerAddress) -> Refusal:
    return refusal_of(error, encrypted=address.encryption is not None, socket=bool(address.path))


def _first_refusal(client: Any, address: BrokerAddress, prefix: str) -> tuple[Refusal | None, tuple[str, ...]]:
    """The first error that is not a missing right, and all missing rights."""
    refused: Refusal | None = None
    lacking: list[str] = []
    for act in _acts(client, prefix):
        try:
            act()
        except _FAILS as error:
            meant = _meant(error, address)
            if meant.kind == "permission":
                lacking.append(missing_right(meant.said, prefix=prefix))
            elif refused is None:
                refused = meant
    rights = tuple(dict.fromkeys(lacking))
    return refused or (Refusal("permission", " ".join(rights)) if rights else None), rights


def _acts(client: Any, prefix: str) -> Iterator[Callable[[], Any]]:
    """The operations of workers, scheduler and API, on keys used only here."""
    name = f"doctor.{uuid4().hex[:12]}"
    queues, table, scores, members = [f"{name}.1", f"{name}.2"], f"{name}.h", f"{name}.z", f"{name}.s"
    channel = f"/{client.connection_pool.connection_kwargs.get('db', 0)}.{name}"
    yield lambda: client.lpush(queues[0], "1")
    yield lambda: client.llen(queues[0])
    yield lambda: client.brpop(queues, timeout=_MOMENT)  # two keys in one command, which a cluster rejects
    yield lambda: client.rpop(queues[0])
    yield lambda: client.rpush(queues[0], "1")
    yield lambda: client.sadd(members, "1")
    yield lambda: client.smembers(members)
    yield lambda: client.srem(members, "1")
    yield lambda: client.hset(table, "1", "1")
    yield lambda: client.hget(table, "1")
    yield lambda: client.hdel(table, "1")
    yield lambda: client.zadd(scores, {"1": 1})
    yield lambda: client.zrange(scores, 1, 0, desc=True, byscore=True, offset=0, num=1)
    yield lambda: client.zrangebyscore(prefix + scores, 0, 1)
    yield lambda: client.zrem(scores, "1")
    yield client.time
    yield lambda: client.pipeline().zadd(scores, {"1": 1}).hset(table, "1", "1").execute()  # MULTI, EXEC
    yield lambda: client.transaction(_nothing, table)  # WATCH
    yield lambda: client.set(f"{name}.lock", "1", nx=True, ex=5)
    yield lambda: client.execute_command("GET", f"{prefix}{name}.lock")
    yield lambda: client.script_exists("0" * 40)
    yield lambda: client.evalsha(client.script_load("return 1"), 1, name)
    yield lambda: client.execute_command("UNWATCH")
    yield lambda: client.publish(channel, "1")
    yield lambda: _subscribed(client, channel)
    yield lambda: client.delete(*queues, table, scores, members, f"{name}.lock")


def _nothing(_pipeline: Any) -> None:
    """The body of a transaction that only watches."""


def _subscribed(client: Any, channel: str) -> None:
    listening = client.pubsub()
    try:
        listening.subscribe(channel)
        listening.get_message(timeout=1)
        listening.unsubscribe(channel)
        listening.get_message(timeout=1)
    finally:
        listening.close()


def _greeting(client: Any) -> dict[str, Any]:
    """Version, mode and role from HELLO, which needs no rights."""
    with suppress(redis.RedisError):
        return _texts(client.execute_command("HELLO"))
    return {}


def _info(client: Any) -> dict[str, Any]:
    with suppress(redis.RedisError):  # forbidden or unsupported
        return _texts(client.info())
    return {}


def _texts(pairs: Any) -> dict[str, Any]:
    if isinstance(pairs, dict):
        return {_text(name): _text(value) for name, value in cast("dict[Any, Any]", pairs).items()}
    return {_text(name): _text(value) for name, value in zip(pairs[::2], pairs[1::2], strict=False)}


def _text(value: Any) -> Any:
    return value.decode(errors="replace") if isinstance(value, bytes) else value


def _facts(
    greeting: dict[str, Any], info: dict[str, Any], refused: Refusal | None, lacking: tuple[str, ...]
) -> BrokerFacts:
    def number(name: str) -> int | None:
        return int(info[name]) if str(info.get(name, "")).isdigit() else None

    saved = number("rdb_last_save_time")
    return BrokerFacts(
        version=str(info.get("redis_version") or greeting.get("version") or ""),
        policy=str(info.get("maxmemory_policy", "")),
        used=number("used_memory"),
        maximum=number("maxmemory"),
        persistent=None if saved is None else bool(number("aof_enabled")) or saved > 0,
        refused=refused,
        lacking=lacking,
    )
