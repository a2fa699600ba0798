"""Decides which image addresses may be fetched. They come from a catalogue, so they are untrusted input.

An address is checked before its host is resolved, and the resolved addresses are checked as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import httpx2

from boeing_data_hub.errors import Reject
from boeing_data_hub.network.public_hosts import is_public

_LONGEST_URL: Final = 2048
_HTTPS: Final = 443

# Reject anything that two parsers could read differently: no userinfo, no backslash, no control character, and a
# host of plain ASCII labels (or a bracketed address, which only a named pair may be).
_URL: Final = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?|\[[0-9a-f:.]{2,45}\])"
    r"(?::(?P<port>[1-9][0-9]{0,4}))?(?P<rest>[/?#][^\x00-\x1f\x7f\\]*)?",
    re.IGNORECASE,
)
_LABEL: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


class ImageRefused(Reject):
    """The image cannot be used, so the product is published with the placeholder. The code says why.

    Args:
        message: see `HubError`.
        code: see `HubError`.
        passing: True if the same address may work later, because its host is down, slow or busy.
    """

    code = "image_refused"

    def __init__(self, message: str, *, code: str | None = None, passing: bool = False) -> None:
        super().__init__(message, code=code)
        self.passing = passing


@dataclass(frozen=True, slots=True)
class FetchRules:
    """What may be fetched. Host names are in lower case.

    Attributes:
        domains: a host must be one of these or below one of them.
        hosts: additional hosts, allowed by exact name.
        allow_hosts: `host:port` pairs allowed over https at any address; for simulators and tests.
        allow_plain_http_to: the same, over http.
        fallback_origin: tried next, with the same path; None: no fallback.
        seconds: total timeout of a fetch.
        max_bytes: largest image, after decompression.
    """

    domains: frozenset[str] = frozenset({"aviall.com", "boeing.com"})
    hosts: frozenset[str] = frozenset()
    allow_hosts: frozenset[str] = frozenset()
    allow_plain_http_to: frozenset[str] = frozenset()
    fallback_origin: str | None = "https://shop.boeing.com"
    seconds: float = 10.0
    max_bytes: int = 10_000_000


@dataclass(frozen=True, slots=True)
class Target:
    """A URL whose text passed the checks.

    Attributes:
        url: parsed, without its fragment.
        host: in lower case; a v6 address without brackets.
        port: to connect to.
        any_address: True for a `host:port` pair named in the rules, whose addresses are not checked.
    """

    url: httpx2.URL
    host: str
    port: int
    any_address: bool


def forbidden(reason: str) -> ImageRefused:
    """The error for an address that must not be fetched. The reason never quotes the address."""
    return ImageRefused(
        f"The image address was rejected: {reason}. The product gets the placeholder.", code="image_forbidden_address"
    )


def check_url(text: str, rules: FetchRules) -> Target:
    """Check the text of a URL, without connecting to anything.

    Raises:
        ImageRefused: `image_forbidden_address`.
    """
    found = _URL.fullmatch(text) if len(text) <= _LONGEST_URL else None
    if found is None:
        raise forbidden("it is not a plain web address")
    secure = found["scheme"].lower() == "https"
    host = found["host"].lower()
    port = int(found["port"] or (_HTTPS if secure else 80))
    any_address = f"{host}:{port}" in (rules.allow_hosts if secure else rules.allow_plain_http_to)
    if not any_address:
        if not secure:
            raise forbidden("only https is fetched")
        if port != _HTTPS:
            raise forbidden("only port 443 is fetched")
        if not _is_name(host):
            raise forbidden("its host is not a name")
        if host not in rules.hosts and not any(
            host == domain or host.endswith(f".{domain}") for domain in rules.domains
        ):
            raise forbidden("its host is not an allowed image host")
    try:
        url = httpx2.URL(text).copy_with(fragment=None)
    except httpx2.InvalidURL:
        raise forbidden("it is not a plain web address") from None
    bare = host.strip("[]")
    if url.host != bare or url.userinfo or (url.port or (_HTTPS if secure else 80)) != port:
        raise forbidden("it is ambiguous")
    return Target(url, bare, port, any_address)


def check_addresses(target: Target, addresses: Iterable[str]) -> tuple[str, ...]:
    """The addresses of the target's host. A single private one rejects them all, because DNS rebinding attacks mix
    public and private addresses.

    Raises:
        ImageRefused: `image_forbidden_address`; `image_unreachable` if there is no address.
    """
    found = tuple(dict.fromkeys(addresses))
    if not found:
        raise ImageRefused(
            "The image server does not exist. The product gets the placeholder.",
            code="image_unreachable",
            passing=True,
        )
    if not target.any_address and not all(is_public(address) for address in found):
        raise forbidden("its host is in a private network")
    return found


def _is_name(host: str) -> bool:
    """True for two or more labels whose last is not numeric (`127.1`, `0x7f.1`, `2130706433`)."""
    labels = host.split(".")
    return len(labels) > 1 and all(_LABEL.fullmatch(label) for label in labels) and not labels[-1][0].isdigit()
