"""Redis: reachable, new enough, and configured so that no wake-up is evicted. Pure except one call to the broker."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from boeing_data_hub.broker.address import BadAddressError, parse
from boeing_data_hub.broker.refusals import Kind, Refusal
from boeing_data_hub.broker.visit import BrokerFacts, BrokerRefusedError, visit
from boeing_data_hub.health.doctor.addresses import is_here, scheme_of, shown
from boeing_data_hub.health.doctor.finding import Advice, Finding, well
from boeing_data_hub.work.wake_ups import PREFIX

_LEAST: Final = (6, 2)
_FULL: Final = 0.8  # share of its memory

UNSET = Advice(
    "redis_unset",
    "redis",
    "error",
    "no broker is set",
    "Set REDIS_URL to your Redis, or start everything with `bdh up`, which includes one.",
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
    "it answers but does not accept commands",
    "Check the database number at the end of {name} (usually 0), and what the server says.",
)
PROTOCOL = Advice(
    "redis_protocol",
    "redis",
    "error",
    "the server does not speak Redis, or only with encryption",
    "Check the port in {name}; a server with TLS needs rediss://, one without TLS needs redis://. "
    "For a client certificate, add ?ssl_certfile=...&ssl_keyfile=...",
)
OLD = Advice("redis_old", "redis", "error", "older than 6.2", "Use Valkey 7.2 or Redis 6.2, or newer.")
EVICTS = Advice(
    "redis_evicts",
    "redis",
    "warning",
    "it would evict wake-ups if it were full",
    "Set `maxmemory-policy noeviction` in redis.conf, or at the provider; until then: "
    "`redis-cli config set maxmemory-policy noeviction`.",
)
FULL = Advice(
    "redis_full",
    "redis",
    "warning",
    "its memory is almost full",
    "The hub itself needs a few megabytes: find out what else uses this Redis, or raise `maxmemory`.",
)
READ_ONLY = Advice(
    "redis_read_only",
    "redis",
    "error",
    "a replica, which accepts no writes",
    "Point {name} at the primary, not at a replica.",
)
RIGHTS = Advice(
    "redis_rights",
    "redis",
    "error",
    "the hub's user lacks permissions that workers need",
    "Give the user of {name} what is missing: ACL SETUSER USER {rights}. docs/operations.md has the complete line.",
)
CLUSTER = Advice(
    "redis_cluster",
    "redis",
    "error",
    "cluster mode, which the hub cannot use",
    "Point {name} at a Redis without cluster mode (at providers: cluster mode disabled, or the policy for one shard). "
    "The hub itself needs a few megabytes, so a small one will do.",
)
PROTECTED = Advice(
    "redis_protected",
    "redis",
    "error",
    "protected mode: it has no password and only accepts connections from its own machine",
    "Set `requirepass` on the server and the password in {name}; or `bind` it to the address through which the hub "
    "connects.",
)
FULL_UP = Advice(
    "redis_no_memory",
    "redis",
    "error",
    "no memory is left, and writes are refused",
    "Raise `maxmemory`, or remove other programs' data from this Redis: the hub itself needs a few megabytes.",
)
NOT_SAVING = Advice(
    "redis_not_saving",
    "redis",
    "error",
    "it accepts no writes, because it cannot save or replicate them",
    "Look at the server's log and disk; `redis-cli info persistence` names the reason.",
)
CROWDED = Advice(
    "redis_crowded",
    "redis",
    "error",
    "all its connections are taken",
    "Raise `maxclients`, or find out who else is connected: `redis-cli client list`.",
)
UNTRUSTED = Advice(
    "redis_certificate",
    "redis",
    "error",
    "its certificate is not trusted",
    "Give the file of the authority that signed it: ?ssl_ca_certs=/path/ca.pem at the end of {name}, or SSL_CERT_FILE. "
    "The host in {name} must match the certificate.",
)
OURS_WANTED = Advice(
    "redis_client_certificate",
    "redis",
    "error",
    "it requires a client certificate",
    "Give its files at the end of {name}: ?ssl_certfile=/path/client.pem&ssl_keyfile=/path/client.key.",
)
NO_FILE = Advice(
    "redis_tls_file",
    "redis",
    "error",
    "a file for encryption cannot be read",
    "Check the paths of ssl_ca_certs, ssl_certfile and ssl_keyfile in {name}, and their permissions.",
)
NO_SOCKET = Advice(
    "redis_socket",
    "redis",
    "error",
    "its socket does not exist, or cannot be opened",
    "Check the path in {name}, and that the hub's user may open it (`unixsocketperm`, or the server's group).",
)
IN_CLEAR = Advice(
    "redis_in_clear",
    "redis",
    "warning",
    "on another host, without encryption",
    "Use rediss:// in {name}. If nobody can listen on the connection, add the host to HUB_PLAIN_HOSTS.",
)
NO_PASSWORD = Advice(
    "redis_open",
    "redis",
    "warning",
    "on another host, without a password",
    "Set `requirepass` on the server and the password in {name}: anyone who can reach it could stop the hub's work.",
)


def look_at_broker(url: str, *, name: str, seconds: float = 4.0) -> Iterator[Finding]:
    """Check the broker.

    Args:
        url: its address; empty: none is set.
        name: of the setting with the address.
        seconds: maximum duration of the call.
    """
    if not url:
        yield UNSET.found("REDIS_URL is not set, so there is no broker.")
        return
    try:
        facts = visit(parse(url), prefix=PREFIX, seconds=seconds)
    except BrokerRefusedError as error:
        yield refused(error.refusal, url, name=name)
    except (BadAddressError, UnicodeError) as error:
        yield UNREACHABLE.found(f"{name} cannot be used: {error}.", name=name)
    else:
        yield from judge_broker(facts, url, name=name)


_ADVICE: Final[dict[Kind, Advice]] = {
    "password": REFUSED,
    "user": REFUSED,
    "permission": RIGHTS,
    "cluster": CLUSTER,
    "replica": READ_ONLY,
    "protected": PROTECTED,
    "loading": NOT_USABLE,
    "database": NOT_USABLE,
    "full": FULL_UP,
    "disk": NOT_SAVING,
    "crowded": CROWDED,
    "untrusted": UNTRUSTED,
    "certificate_wanted": OURS_WANTED,
    "file": NO_FILE,
    "protocol": PROTOCOL,
    "host": UNREACHABLE,
    "timeout": UNREACHABLE,
    "socket": NO_SOCKET,
    "unreachable": UNREACHABLE,
    "other": NOT_USABLE,
}


def refused(refusal: Refusal, url: str, *, name: str, rights: str = "") -> Finding:
    """The finding for a Redis that cannot be used."""
    advice = _ADVICE[refusal.kind]
    rights = rights or (refusal.said if refusal.kind == "permission" else "")
    lacks = f" It lacks {rights}." if rights else ""
    return advice.found(f"Redis at {shown(url)} {refusal.why}.{lacks}", name=name, rights=rights)


def judge_broker(broker: BrokerFacts, url: str, *, name: str) -> Iterator[Finding]:
    """Findings about a broker that responds."""
    found = list(_faults(broker, url, name))
    if not any(each.level == "error" for each in found):
        yield well(
            "redis", f"Redis {broker.version or '(version unknown)'} answers; {_memory(broker)}. {_keeps(broker)}"
        )
    yield from found


def _memory(broker: BrokerFacts) -> str:
    if broker.used is None:
        return "its memory use is unknown, because our user may not run INFO"
    return f"{broker.used / 1e6:,.0f} MB used of {f'{broker.maximum / 1e6:,.0f}' if broker.maximum else 'any'}"


def _keeps(broker: BrokerFacts) -> str:
    if broker.persistent is None:
        return "Whether it keeps its data after a restart is unknown, but that isn't required: wake-ups are sent again."
    keeps = "keeps its data after a restart" if broker.persistent else "loses its data at a restart"
    return f"It {keeps}; the hub does not depend on that: wake-ups are sent again."


def _faults(broker: BrokerFacts, url: str, name: str) -> Iterator[Finding]:
    version = tuple(int(part) for part in broker.version.split(".")[:2] if part.isdigit())
    if version and version < _LEAST:
        yield OLD.found(f"Redis {broker.version} is too old.")
    if broker.refused is not None:
        yield refused(broker.refused, url, name=name, rights=" ".join(broker.lacking))
    if broker.policy not in {"noeviction", ""}:
        yield EVICTS.found(f"Redis may evict the queues (maxmemory-policy {broker.policy}).")
    is_full = broker.refused is not None and broker.refused.kind == "full"
    if broker.maximum and broker.used and not is_full and broker.used > broker.maximum * _FULL:
        yield FULL.found(f"Redis uses {broker.used / broker.maximum:.0%} of its memory.")
    if is_here(url) or scheme_of(url) == "unix":
        return
    if scheme_of(url) != "rediss":
        yield IN_CLEAR.found(f"The connection to Redis at {shown(url)} is not encrypted.", name=name)
    if "@" not in url:
        yield NO_PASSWORD.found(f"Redis at {shown(url)} wants no password.", name=name)
