"""Addresses in findings, without user name and password, and whether they point to this machine. Pure."""

from __future__ import annotations

from contextlib import suppress
from ipaddress import ip_address
from urllib.parse import urlsplit


def host_of(url: str) -> str:
    """The host of an address, in lower case; empty when there is none."""
    try:
        return (urlsplit(url if "://" in url else f"//{url}").hostname or "").lower()
    except ValueError:
        return ""


def is_here(url: str) -> bool:
    """True if an address, or a host, points to this machine."""
    for host in (url.strip("[]"), host_of(url)):
        if host in {"localhost", ""}:
            return True
        with suppress(ValueError):
            return ip_address(host).is_loopback
    return False


def shown(url: str) -> str:
    """The address without user name, password and query."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "(no address)"
    host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{host}{f':{port}' if port else ''}{parts.path}"


def scheme_of(url: str) -> str:
    """The scheme of an address, in lower case; empty when there is none."""
    return url.partition("://")[0].lower() if "://" in url else ""
