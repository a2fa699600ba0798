"""Redis: reachable, new enough, and set up so that no hint is thrown away. Pure but for one look at the broker."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from redis.exceptions import (
    AuthenticationError,
    BusyLoadingError,
    InvalidResponse,
    RedisError,
    ResponseError,
    TimeoutError,  # noqa: A004 - Redis calls it so, and ours is meant nowhere here
)

from boeing_data_hub.queue import Broker, look_at
from boeing_data_hub.reporting.checkup.addresses import is_here, scheme_of, shown
from boeing_data_hub.reporting.checkup.finding import Advice, Finding, well

_LEAST: Final = (6, 2)
_FULL: Final = 0.8  # share of its memory
_UNKNOWN_HOST: Final = ("Name or service not known", "getaddrinfo", "Error -2", "Error -3", "Error -5", "nodename")

UNSET = Advice(
    "redis_unset",
    "redis",
    "error",
    "no broker is named",
    "Set REDIS_URL to your Redis, or start everything with `bdh up`, which brings its own.",
)
UNREACHABLE = Advice(
    "redis_unreachable",
    "redis",
    "error",
    "no answer at that host and port",
    "Check host and port in {name}, that the server runs, and that a firewall lets this host through.",
)
REFUSED = Advice(
    "redis_password",
    "redis",
    "error",
    "the password is wrong or missing, or the user is unknown",
    "Correct the password in {name}: redis://:PASSWORD@host:6379/0, or redis://USER:PASSWORD@... for a user. "
    "Special characters in it must be percent-encoded.",
)
NOT_USABLE = Advice(
    "redis_database",
    "redis",
    "error",
    "it answers and does not let itself be used",
    "Check the number of the database at the end of {name} (usually 0), and what the server says.",
)
PROTOCOL = Advice(
    "redis_protocol",
    "redis",
    "error",
    "something answers that does not speak Redis, or speaks it with encryption only",
    "Check the port in {name}; a server with TLS is reached by rediss:// instead of redis://, one without by redis://.",
)
OLD = Advice("redis_old", "redis", "error", "older than 6.2", "Use Redis 6.2 or newer, or Valkey.")
EVICTS = Advice(
    "redis_evicts",
    "redis",
    "warning",
    "full, it would throw hints away",
    "Set `maxmemory-policy noeviction` in redis.conf, or at the provider; until then: "
    "`redis-cli config set maxmemory-policy noeviction`.",
)
FULL = Advice(
    "redis_full",
    "redis",
    "warning",
    "its memory is nearly used up",
    "The hub itself needs a few megabytes: find out who else uses this Redis, or raise `maxmemory`.",
)
READ_ONLY = Advice(
    "redis_read_only",
    "redis",
    "error",
    "our queues cannot be written",
    "Point {name} at the primary, not at a replica, and let the user write keys that begin with `bdh:`.",
)
IN_CLEAR = Advice(
    "redis_in_clear",
    "redis",
    "warning",
    "on another host without encryption",
    "Use rediss:// in {name}, or a network that nobody else is on.",
)
NO_PASSWORD = Advice(
    "redis_open",
    "redis",
    "warning",
    "on another host without a password",
    "Set `requirepass` on the server and the password in {name}: whoever reaches it could stop the hub's work.",
)


def look_at_broker(url: str, *, name: str, seconds: float = 4.0) -> Iterator[Finding]:
    """Ask the broker, and judge what it says.

    Args:
        url: its address; empty: none is set.
        name: of the setting the address comes from.
        seconds: how long the answer may take.
    """
    if not url:
        yield UNSET.found("REDIS_URL is not set, so there is no broker.")
        return
    where = shown(url)
    try:
        broker = look_at(url, seconds=seconds)
    except RedisError as error:
        yield _unanswered(error, where, name)
        return
    except (ValueError, OSError) as error:
        yield UNREACHABLE.found(f"{name} cannot be used ({type(error).__name__}).", name=name)
        return
    yield from judge_broker(broker, url, name=name)


def _unanswered(error: RedisError, where: str, name: str) -> Finding:
    said = str(error)
    if isinstance(error, AuthenticationError) or said.startswith(("NOAUTH", "WRONGPASS", "invalid user")):
        advice, why = REFUSED, "refuses our password, or wants one"
    elif isinstance(error, TimeoutError) and where.startswith("rediss:"):
        advice, why = PROTOCOL, "does not answer to encryption in time"
    elif isinstance(error, TimeoutError):
        advice, why = UNREACHABLE, "does not answer: it took too long"
    elif isinstance(error, BusyLoadingError):
        advice, why = NOT_USABLE, "is still loading its data"
    elif isinstance(error, ResponseError):
        advice, why = NOT_USABLE, f"refuses to be used: {said[:80]}"
    elif isinstance(error, InvalidResponse) or "SSL" in said or "rotocol" in said:
        advice, why = PROTOCOL, "is no Redis, or wants another protocol"
    elif "closed by server" in said or "reset by peer" in said:
        advice, why = PROTOCOL, "hangs up on us"
    elif any(words in said for words in _UNKNOWN_HOST):
        advice, why = UNREACHABLE, "does not answer: its host name is unknown"
    else:
        advice, why = UNREACHABLE, "does not answer: the connection is refused, or the host cannot be reached"
    return advice.found(f"Redis at {where} {why}.", name=name)


def judge_broker(broker: Broker, url: str, *, name: str) -> Iterator[Finding]:
    """What a broker that answers says of itself."""
    found = list(_faults(broker, url, name))
    if not any(each.level == "error" for each in found):
        keeps = "keeps its data over a restart" if broker.persistent else "forgets its data with a restart"
        memory = f"{broker.used / 1e6:,.0f} MB used of {f'{broker.maximum / 1e6:,.0f}' if broker.maximum else 'any'}"
        yield well(
            "redis",
            f"Redis {broker.version or '(it may not be asked for its version)'} answers; {memory}. It {keeps}, which "
            "is all the same to the hub: hints are sent again.",
        )
    yield from found


def _faults(broker: Broker, url: str, name: str) -> Iterator[Finding]:
    version = tuple(int(part) for part in broker.version.split(".")[:2] if part.isdigit())
    if version and version < _LEAST:
        yield OLD.found(f"Redis {broker.version} is too old.")
    if not broker.writable:
        why = "it is a replica" if broker.replica else "it refuses our writes"
        yield READ_ONLY.found(f"Redis answers, but our queues cannot be written: {why}.", name=name)
    if broker.policy not in {"noeviction", ""}:
        yield EVICTS.found(f"Redis may evict the queues (maxmemory-policy {broker.policy}).")
    if broker.maximum and broker.used > broker.maximum * _FULL:
        yield FULL.found(f"Redis uses {broker.used / broker.maximum:.0%} of its memory.")
    if is_here(url) or scheme_of(url) == "unix":
        return
    if scheme_of(url) != "rediss":
        yield IN_CLEAR.found(f"The connection to Redis at {shown(url)} is not encrypted.", name=name)
    if "@" not in url:
        yield NO_PASSWORD.found(f"Redis at {shown(url)} wants no password.", name=name)
