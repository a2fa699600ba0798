"""Proxy selection from HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY, with curl's rules. Pure.

Lower-case names take precedence. Calls to this machine never use a proxy.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final
from urllib.parse import unquote, urlsplit

_SEPARATORS: Final = re.compile(r"[\s,]+")
_Address = IPv4Address | IPv6Address
_Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Proxy:
    """One proxy.

    Attributes:
        scheme: http or https, of the connection to the proxy itself. Any other is unsupported, see `why_not`.
        setting: the variable that names it.
        username: percent-decoded; empty: no authentication.
        why_not: why it cannot be used; empty when it can.
    """

    scheme: str
    host: str
    port: int
    setting: str
    username: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    why_not: str = ""

    @property
    def shown(self) -> str:
        """Host and port, without credentials."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}" if self.host else self.setting

    @classmethod
    def parsed(cls, value: str, setting: str) -> Proxy:
        """The proxy that a variable names; the scheme defaults to http. Never raises."""
        text = value.strip()
        try:
            parts = urlsplit(text if "://" in text else f"http://{text}")
            host, port = (parts.hostname or "").rstrip("."), parts.port
            username, password = unquote(parts.username or ""), unquote(parts.password or "")
        except ValueError:
            return cls("", "", 0, setting, why_not="it is not an address such as http://proxy.example.com:3128")
        scheme = parts.scheme.lower()
        if scheme not in {"http", "https"}:
            why = f"{scheme[:10]}:// proxies are not supported; use an http:// or https:// proxy"
        elif not host or any(character.isspace() for character in host) or port == 0:
            why = "it is not an address such as http://proxy.example.com:3128"
        else:
            why = ""
        return cls(scheme, host, port or (443 if scheme == "https" else 80), setting, username, password, why)


@dataclass(frozen=True, slots=True)
class _Exception:
    """One entry of NO_PROXY: a domain with its subdomains, an address or a network, for one port or all."""

    domain: str = ""
    network: _Network | None = None
    port: int | None = None

    def covers(self, host: str, address: _Address | None, port: int) -> bool:
        if self.port is not None and self.port != port:
            return False
        if self.network is not None:
            return address is not None and address.version == self.network.version and address in self.network
        return host == self.domain or host.endswith(f".{self.domain}")


@dataclass(frozen=True, slots=True)
class Proxies:
    """The proxies of an environment.

    Attributes:
        by_scheme: for `http` and `https` calls; a missing scheme means direct calls.
        everywhere: NO_PROXY is `*`: every call is direct.
    """

    by_scheme: Mapping[str, Proxy] = field(default_factory=dict[str, Proxy])
    everywhere: bool = False
    exceptions: tuple[_Exception, ...] = ()

    @classmethod
    def of_environment(cls, environment: Mapping[str, str] | None = None) -> Proxies:
        """Read the variables, by default from `os.environ`."""
        named = os.environ if environment is None else environment
        found: dict[str, Proxy] = {}
        for scheme in ("http", "https"):
            for name in (f"{scheme}_proxy", "all_proxy"):
                setting, value = _variable(named, name)
                if value:
                    found[scheme] = Proxy.parsed(value, setting)
                    break
        words = [word for word in _SEPARATORS.split(_variable(named, "no_proxy")[1]) if word]
        return cls(found, "*" in words, tuple(one for word in words if (one := _exception(word)) is not None))

    def of(self, scheme: str, host: str, port: int) -> Proxy | None:
        """The proxy for a call; None: direct.

        Args:
            scheme: http or https, of the call.
            host: name or address, with or without brackets.
            port: of the call.
        """
        proxy = self.by_scheme.get(scheme)
        if proxy is None or self.everywhere:
            return None
        bare = host.strip("[]").rstrip(".").lower()
        address = _address(bare)
        if is_this_machine(bare) or any(one.covers(bare, address, port) for one in self.exceptions):
            return None
        return proxy


def is_this_machine(host: str) -> bool:
    """True for a name or address of this machine, judged without a DNS look-up."""
    bare = host.strip("[]").rstrip(".").lower()
    address = _address(bare)
    if address is not None:
        return address.is_loopback or address.is_unspecified
    return bare == "localhost" or bare.endswith(".localhost")


def _variable(named: Mapping[str, str], name: str) -> tuple[str, str]:
    """Name and value. Lower case takes precedence; there, an empty value means no proxy."""
    used = name if name in named else name.upper()
    return used, named.get(used, "").strip()


def _exception(word: str) -> _Exception | None:
    text = word.rpartition("://")[2].strip().lower()
    if (network := _network(text)) is not None:
        return _Exception(network=network)
    host, port = text, None
    match = re.fullmatch(r"(\[[^\]]+\]|[^:]+):([0-9]{1,5})", text)
    if match:
        host, port = match[1], int(match[2])
    if (network := _network(host)) is not None:
        return _Exception(network=network, port=port)
    domain = host.removeprefix("*").lstrip(".").rstrip(".")
    return _Exception(domain=domain, port=port) if domain else None


def _network(text: str) -> _Network | None:
    base, separator, length = text.partition("/")
    address = _address(base.strip("[]"))
    if address is None:
        return None
    try:
        return ip_network(f"{address}{separator}{length}", strict=False)
    except ValueError:
        return None


def _address(text: str) -> _Address | None:
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found
