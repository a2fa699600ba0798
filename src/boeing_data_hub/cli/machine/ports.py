"""Free loopback ports for the embedded services, chosen so that a restarted service finds its port free."""

from __future__ import annotations

import random
import socket
from contextlib import closing

LOOPBACK = "127.0.0.1"

# Linux assigns ports from 32768 upwards to outgoing connections: any client could take such a port while a service
# restarts. From 20,000 upwards no well-known server listens.
_FIRST, _LAST = 20_000, 32_000
_ATTEMPTS = 50


def free_port() -> int:
    """A TCP port on 127.0.0.1 on which nothing listens now.

    It is not reserved: another process may take it before the caller does, so be prepared to choose again.
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
        # As servers do: connections in TIME_WAIT of an earlier server do not count as taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True
