"""Free loopback ports for the embedded services, chosen so that a restarted service finds its port still free."""

from __future__ import annotations

import random
import socket
from contextlib import closing

LOOPBACK = "127.0.0.1"

# Below 32768 begins what Linux hands out to outgoing connections: a port from there could be taken by any client in the
# moment between the end of a service and its restart. 20 000 upwards is clear of the well-known servers.
_FIRST, _LAST = 20_000, 32_000
_ATTEMPTS = 50


def free_port() -> int:
    """A TCP port on 127.0.0.1 on which nobody listens now.

    It is not reserved: another process may take it before the caller does, so be ready to choose again.
    """
    for _ in range(_ATTEMPTS):
        port = random.randint(_FIRST, _LAST)  # noqa: S311 - a port is no secret
        if _bindable(port):
            return port
    with closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def _bindable(port: int) -> bool:
    with closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as probe:
        # As the servers do: connections in TIME_WAIT from an earlier server do not count as taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True
