"""Encryption of connections to other machines: required, unless a setting says that the network is safe."""

from __future__ import annotations

import os
from collections.abc import Collection
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Final
from urllib.parse import parse_qs, unquote, urlencode, urlsplit, urlunsplit

from boeing_data_hub.broker.address import BrokerAddress
from boeing_data_hub.errors import BadInput

_ENCRYPTED: Final = frozenset({"require", "verify-ca", "verify-full"})
_REMEDY: Final = "or name the host in HUB_PLAIN_HOSTS if nobody else can listen on the way there"


def postgres_with_tls(url: str, plain_hosts: Collection[str], *, name: str = "DATABASE_URL") -> str:
    """The address, with `sslmode=require` if it sets no mode and points to another machine.

    Raises:
        BadInput: it allows an unencrypted connection to another machine.
    """
    parts = urlsplit(url)
    query = parse_qs(parts.query, keep_blank_values=True)
    named = ",".join(query.get("hostaddr", []) or query.get("host", [])) or parts.netloc.rpartition("@")[2]
    if all(_is_safe(_bare(host), plain_hosts) for host in named.split(",")):
        return url
    mode = query.get("sslmode", [os.environ.get("PGSSLMODE", "")])[-1]
    if mode in _ENCRYPTED:
        return url
    if mode:
        raise BadInput(
            f"{name} allows a connection without encryption to another host (sslmode={mode[:20]}). Nothing was "
            f"started. Use sslmode=require, or verify-full with the server's certificate, {_REMEDY}.",
            code="database_in_clear",
        )
    asked = urlencode([*((key, value) for key, values in query.items() for value in values), ("sslmode", "require")])
    return urlunsplit(parts._replace(query=asked))


def broker_with_tls(address: BrokerAddress, plain_hosts: Collection[str], *, name: str) -> BrokerAddress:
    """The address itself. Raises BadInput if it points to another machine without encryption."""
    if address.encryption or address.path or _is_safe(address.host, plain_hosts):
        return address
    raise BadInput(
        f"{name} leads to another host without encryption. Nothing was started. Use rediss://, {_REMEDY}.",
        code="redis_in_clear",
    )


def url_with_tls(url: str, plain_hosts: Collection[str], *, sent: str) -> str:
    """The address of a web service itself.

    Args:
        url: the address, or a bare host, which is reached by https.
        plain_hosts: hosts and networks that may be reached without encryption.
        sent: what would be sent there unencrypted, e.g. "Boeing's credentials".

    Raises:
        ValueError: it points to another machine without encryption.
    """
    try:
        parts = urlsplit(url.strip())
        is_safe = parts.scheme.lower() != "http" or _is_safe(parts.hostname or "", plain_hosts)
    except ValueError:
        return url  # not an address: reported as such where it is used
    if not is_safe:
        raise ValueError(f"begins with http://, so {sent} could be intercepted. Use https://, {_REMEDY}")
    return url


def _bare(host: str) -> str:
    """The host without its port and brackets."""
    text = unquote(host)
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text if text.count(":") > 1 or text.startswith("/") else text.partition(":")[0]


def _is_safe(host: str, plain_hosts: Collection[str]) -> bool:
    """True for this machine, a socket of it, and a host or a network that the setting names."""
    if not host or host.startswith(("/", "@")) or host.lower() == "localhost":
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return host.lower() in {one.lower() for one in plain_hosts}
    return address.is_loopback or any(address in network for network in _networks(plain_hosts))


def _networks(plain_hosts: Collection[str]) -> list[IPv4Network | IPv6Network]:
    found: list[IPv4Network | IPv6Network] = []
    for one in plain_hosts:
        try:
            found.append(ip_network(one, strict=False))
        except ValueError:
            continue
    return found
