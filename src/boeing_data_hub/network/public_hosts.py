"""Which addresses belong to the public internet: an address that is not a setting must lead nowhere else."""

from __future__ import annotations

import ipaddress
import socket
from typing import Final

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# Networks that some versions of Python call global, although they are not.
_LEADING_ELSEWHERE: Final[tuple[_Network, ...]] = tuple(
    ipaddress.ip_network(text)
    for text in (
        "168.63.129.16/32",  # a cloud provider's internal endpoint, reachable from each of its machines
        "192.0.0.0/24",  # protocol assignments
        "192.88.99.0/24",  # 6to4 relays
        "2001::/23",  # protocol assignments, including Teredo, which embeds a v4 address
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4, which embeds a v4 address
        "3fff::/20",  # documentation
    )
)
_V6_IN_USE: Final = ipaddress.IPv6Network("2000::/3")  # excludes mapped, NAT64, unique local, link-local and multicast


def is_public(address: str) -> bool:
    """True for a public unicast address that does not embed another address."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if ip.version == 6 and (ip not in _V6_IN_USE or ip.scope_id):  # noqa: PLR2004 - the version's name
        return False
    if any(ip in network for network in _LEADING_ELSEWHERE if network.version == ip.version):
        return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def system_resolver(host: str, port: int) -> list[str]:
    """The addresses of a host; empty if its name does not resolve."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return [str(address[0]) for *_, address in found]
