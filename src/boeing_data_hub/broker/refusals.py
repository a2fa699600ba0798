"""Classifies errors of Redis, with a sentence for each kind. Pure."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal[
    "password",
    "user",
    "permission",
    "cluster",
    "replica",
    "protected",
    "loading",
    "database",
    "full",
    "disk",
    "crowded",
    "untrusted",
    "certificate_wanted",
    "file",
    "protocol",
    "host",
    "timeout",
    "socket",
    "unreachable",
    "other",
]
LASTING: Final[frozenset[Kind]] = frozenset({"cluster", "replica", "permission", "database", "file"})
"""Errors that waiting does not fix: a starting process reports them and exits."""

_WHY: Final[dict[Kind, str]] = {
    "password": "rejects the password, or requires one",
    "user": "rejects the user name",
    "permission": "does not allow the user to do what the hub needs",
    "cluster": "is in cluster mode, where the hub's queues cannot be used together",
    "replica": "is a replica, which accepts no writes",
    "protected": "is in protected mode: it has no password and accepts local connections only",
    "loading": "is still loading its data",
    "database": "has no database with that number",
    "full": "has no memory left (maxmemory)",
    "disk": "accepts no writes because it cannot save its data",
    "crowded": "accepts no more connections (maxclients)",
    "untrusted": "shows a certificate that is not trusted",
    "certificate_wanted": "requires a client certificate, or rejects it",
    "file": "cannot be reached: a file for encryption cannot be read",
    "protocol": "does not speak the Redis protocol: it is not a Redis, or only one side uses encryption",
    "host": "is not responding: its host name is unknown",
    "timeout": "is not responding: it took too long",
    "socket": "is not responding: its socket is missing, or access is denied",
    "unreachable": "is not responding: the connection is refused, or the host cannot be reached",
    "other": "rejects the connection",
}
_SAID: Final[tuple[tuple[str, Kind], ...]] = (  # the first match wins
    (r"NO_CERTIFICATE_OR_CRL|PEM lib|NO_START_LINE|KEY_VALUES_MISMATCH", "file"),
    (r"CROSSSLOT|don't hash to the same slot|^MOVED |^ASK |CLUSTERDOWN|cluster mode", "cluster"),
    (r"^\d+ \S+:\d+$", "cluster"),  # what redis-py leaves of MOVED
    (r"protected mode", "protected"),
    (r"NOPERM|without MULTI|[Nn]o permissions|not permitted|has no permission", "permission"),
    (r"READONLY|read only replica|read only slave|You can't write against", "replica"),
    (r"LOADING|loading the dataset", "loading"),
    (r"WRONGPASS|invalid username-password|invalid password|NOAUTH|Authentication required|AUTH ", "password"),
    (r"DENIED Redis is running", "protected"),
    (r"DB index is out of range|invalid DB index|SELECT is not allowed", "database"),
    (r"OOM |used memory > 'maxmemory'", "full"),
    (r"MISCONF|stop-writes-on-bgsave-error|No space left|NOREPLICAS|MASTERDOWN", "disk"),
    (r"max number of clients", "crowded"),
    (r"CERTIFICATE_VERIFY_FAILED|certificate verify failed|Hostname mismatch|self[- ]signed", "untrusted"),
    (r"CERTIFICATE_REQUIRED|certificate required|bad certificate|unknown ca|HANDSHAKE_FAILURE|handshake failure",
     "certificate_wanted"),
    (r"SSL|WRONG_VERSION|record layer|[Pp]rotocol|Unexpected|unbalanced|closed by server|reset by peer|EOF occurred",
     "protocol"),
    (r"Name or service not known|getaddrinfo|Error -[235]\b|nodename|name resolution", "host"),
    (r"timed? ?out|Timeout", "timeout"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a Redis cannot be used. `said` is the shortened text of the server or library, without a password."""

    kind: Kind
    said: str = ""

    @property
    def why(self) -> str:
        """Completes a sentence that begins with the server's name."""
        if self.kind == "other" and self.said:
            return f"{_WHY['other']}: {self.said}"
        return _WHY[self.kind]

    @property
    def lasting(self) -> bool:
        """True if waiting does not fix it."""
        return self.kind in LASTING


def refusal_of(error: BaseException, *, encrypted: bool = False, socket: bool = False) -> Refusal:
    """Classify an error of redis-py, kombu or the operating system.

    Args:
        error: the exception.
        encrypted: the connection is encrypted.
        socket: the connection uses a Unix socket.
    """
    chain = list(_chain(error))
    said = " ".join(str(chain[0]).split())[:160]
    kind = _by_class(chain, encrypted=encrypted) or _by_words(chain) or _by_name(chain)
    if kind == "timeout" and encrypted:
        kind = "protocol"  # an unencrypted server keeps waiting for our first line
    if socket and kind in {"host", "timeout", "unreachable"}:
        kind = "socket"
    return Refusal(kind, said)


def _by_class(chain: Sequence[BaseException], *, encrypted: bool) -> Kind | None:
    for each in chain:
        if isinstance(each, ssl.SSLCertVerificationError):
            return "untrusted"
        if encrypted and isinstance(each, FileNotFoundError | PermissionError | IsADirectoryError):
            return "file"
    return None


def _by_words(chain: Sequence[BaseException]) -> Kind | None:
    return next((kind for pattern, kind in _SAID if any(re.search(pattern, str(each)) for each in chain)), None)


def _by_name(chain: Sequence[BaseException]) -> Kind:
    """By class name, because several libraries use the same names."""
    names = {type(each).__name__ for each in chain}
    if "AuthenticationError" in names:
        return "password"
    if names & {"TimeoutError", "timeout"}:
        return "timeout"
    lost = "ConnectionError" in names or any(isinstance(each, OSError) for each in chain)
    return "unreachable" if lost else "other"


def missing_right(said: str, *, prefix: str) -> str:
    """The part of an ACL line that a refusal (NOPERM) lacks, e.g. `+brpop`, `~bdh:*`, `&bdh:*`."""
    if found := re.search(r"run the '([^' |]+)", said):
        return f"+{found[1].lower()}"
    if "without MULTI" in said:
        return "+multi"
    if "channel" in said:
        return f"&{prefix}*"
    return f"~{prefix}*" if "key" in said else "the right to ask it"


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    each: BaseException | None = error
    while each is not None and id(each) not in seen:
        seen.add(id(each))
        yield each
        each = each.__cause__ or each.__context__
