"""Parses the address of a Redis once for Celery, our own client, the doctor and Flower. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

EXAMPLE: Final = "redis://:password@host:6379/0"
_PORT: Final = 6379
_SCHEMES: Final = {
    "redis": "tcp",
    "valkey": "tcp",
    "redis+tcp": "tcp",
    "rediss": "tls",
    "valkeys": "tls",
    "redis+tls": "tls",
    "unix": "unix",
    "redis+socket": "unix",
    "redis+unix": "unix",
    "valkey+socket": "unix",
}
_OTHERS: Final = {
    "sentinel": "Redis Sentinel is not supported. Name the primary itself, or a proxy that follows it",
    "redis-sentinel": "Redis Sentinel is not supported. Name the primary itself, or a proxy that follows it",
    "redis+sentinel": "Redis Sentinel is not supported. Name the primary itself, or a proxy that follows it",
    "redis+cluster": "Redis in cluster mode is not supported. Use a Redis without cluster mode",
    "http": "that is a web address, such as a provider's REST interface. Take the address its console shows for Redis",
    "https": "that is a web address, such as a provider's REST interface. Take the address its console shows for Redis",
    "amqp": "the hub works over Redis, not over RabbitMQ",
    "amqps": "the hub works over Redis, not over RabbitMQ",
    "pyamqp": "the hub works over Redis, not over RabbitMQ",
    "memcached": "the hub works over Redis, not over Memcached",
    "memcache": "the hub works over Redis, not over Memcached",
}
_VERIFY: Final = {
    "none": "none",
    "0": "none",
    "optional": "optional",
    "1": "optional",
    "required": "required",
    "2": "required",
}
_YES: Final = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}
_TLS: Final = {
    "ssl_ca_certs": "ca_file",
    "ssl_ca_path": "ca_path",
    "ssl_certfile": "certificate",
    "ssl_keyfile": "key",
    "ssl_password": "key_password",
    "ssl_ciphers": "ciphers",
}
# Options of other clients. We choose these values ourselves, so that a lost server is noticed in time.
_IGNORED: Final = frozenset({
    "socket_timeout", "socket_connect_timeout", "socket_keepalive", "socket_read_size", "health_check_interval",
    "retry_on_timeout", "max_connections", "client_name", "protocol", "decode_responses", "encoding",
    "encoding_errors", "timeout", "family", "ssl_min_version", "ssl_include_verify_flags", "ssl_exclude_verify_flags",
})  # fmt: skip


class BadAddressError(ValueError):
    """An address that cannot be used. The text says why and contains no secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Encryption:
    """How a connection is encrypted.

    Attributes:
        verify: check of the server's certificate: `required`, `optional` (if it has one), `none`.
        check_hostname: whether it must be for this host; always False if nothing is verified.
        ca_file: additional authorities to trust; empty: only the machine's, or those of SSL_CERT_FILE.
        ca_path: the same, as a folder.
        certificate: file with the client's certificate, if the server requires one; `key` is the file of its key.
        key_password: password of the key file.
        ciphers: OpenSSL's cipher list; empty: the default.
    """

    verify: str = "required"
    check_hostname: bool = True
    ca_file: str = ""
    ca_path: str = ""
    certificate: str = ""
    key: str = ""
    key_password: str = field(default="", repr=False)
    ciphers: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerAddress:
    """The address of a Redis, with credentials.

    Attributes:
        path: Unix socket; empty: use host and port.
        database: its number.
        encryption: None: unencrypted.
    """

    host: str = "127.0.0.1"
    port: int = _PORT
    path: str = ""
    database: int = 0
    username: str = ""
    password: str = field(default="", repr=False)
    encryption: Encryption | None = None

    @property
    def url(self) -> str:
        """The address, with its password, in the form that the hub, Celery and Flower all read."""
        who = f"{quote(self.username, safe='')}:{quote(self.password, safe='')}@" if self.password else ""
        who = who or (f"{quote(self.username, safe='')}@" if self.username else "")
        if self.path:
            return f"unix://{who}{quote(self.path)}?db={self.database}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        query = ""
        if tls := self.encryption:
            files = {name: getattr(tls, ours) for name, ours in _TLS.items() if getattr(tls, ours)}
            verify = {} if tls.verify == "required" else {"ssl_cert_reqs": tls.verify}
            hostname = {} if tls.check_hostname else {"ssl_check_hostname": "false"}
            query = urlencode(verify | hostname | files)
        scheme = "rediss" if self.encryption else "redis"
        return f"{scheme}://{who}{host}:{self.port}/{self.database}{f'?{query}' if query else ''}"

    @property
    def shown(self) -> str:
        """The address without credentials and parameters."""
        return replace(self, username="", password="").url.partition("?")[0]

    def trusting(self, ca_file: str) -> BrokerAddress:
        """Trust the authorities in this file, unless the address names a file itself."""
        tls = self.encryption
        if not ca_file or tls is None or tls.ca_file or tls.ca_path:
            return self
        return replace(self, encryption=replace(tls, ca_file=ca_file))


def parse(url: str) -> BrokerAddress:
    """Read an address: redis://, rediss:// (encrypted), unix:// or redis+socket:// (a socket on this machine).

    Raises:
        BadAddressError: it cannot be used. The text completes a sentence that names the setting.
    """
    scheme, colon, _ = url.strip().partition("://")
    scheme = scheme.lower()
    kind = _SCHEMES.get(scheme) if colon else None
    if kind is None:
        why = _OTHERS.get(scheme) if colon else None
        raise BadAddressError(why or "it must begin with redis://, rediss:// or unix://")
    if kind != "unix" and (";" in url or "," in url.partition("?")[0].rpartition("@")[2]):
        raise BadAddressError("it names several servers; the hub uses one, and no cluster")
    try:
        parts = urlsplit(f"redis://{url.strip().partition('://')[2]}")
        host, port = unquote(parts.hostname or ""), parts.port
    except ValueError:
        raise BadAddressError("host or port cannot be read; special characters must be percent-encoded") from None
    given = dict(parse_qsl(parts.query, keep_blank_values=True))
    username = unquote(parts.username or "") or given.pop("username", "")
    password = unquote(parts.password or "") or given.pop("password", "")
    told_database = given.get("db") or given.get("virtual_host") or ""
    for name in ("db", "virtual_host"):
        given.pop(name, None)
    if kind == "unix":
        path = unquote(parts.path)
        if host or path in {"", "/"}:
            raise BadAddressError("a socket is written with three slashes: unix:///run/redis/redis.sock?db=0")
        _refuse_unknown(given)
        return BrokerAddress(path=path, database=_number(told_database), username=username, password=password)
    if port == 0:
        raise BadAddressError("port 0 is invalid")
    wants_tls = _YES.get((given.pop("ssl", "") or given.pop("tls", "")).lower(), kind == "tls") or kind == "tls"
    encryption = _encryption(given) if wants_tls else None
    _refuse_unknown(given)
    return BrokerAddress(
        host=host or "127.0.0.1",
        port=port or _PORT,
        database=_number(told_database or unquote(parts.path.strip("/"))),
        username=username,
        password=password,
        encryption=encryption,
    )


def _number(value: str) -> int:
    value = value.strip("/")
    if value and not (value.isascii() and value.isdigit()):
        raise BadAddressError("the database at its end must be a number, usually 0")
    return int(value or 0)


def _encryption(given: dict[str, str]) -> Encryption:
    """Remove the encryption parameters and return them."""
    files = {ours: given.pop(name) for name, ours in _TLS.items() if given.get(name)}
    value = given.pop("ssl_cert_reqs", "") or "required"
    verify = _VERIFY.get(value.lower().removeprefix("ssl.").removeprefix("cert_"))
    if verify is None:
        raise BadAddressError("ssl_cert_reqs must be none, optional or required")
    value = given.pop("ssl_check_hostname", "") or "true"
    check = _YES.get(value.lower())
    if check is None:
        raise BadAddressError("ssl_check_hostname must be true or false")
    return Encryption(verify=verify, check_hostname=check and verify != "none", **files)


def _refuse_unknown(given: dict[str, str]) -> None:
    left = sorted(given.keys() - _IGNORED)
    if any(name.startswith("ssl_") for name in left):
        raise BadAddressError(f"{left[0]} is for an encrypted connection, which begins with rediss://")
    if left:
        raise BadAddressError(f"it has an unknown parameter: {left[0][:40]}")
