"""Postgres behind a cable that is cut at the worst moment: the server commits, and its reply is lost."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from urllib.parse import urlsplit, urlunsplit

from tests.support.patience import allow

_COMMIT = b"Q\x00\x00\x00\x0bCOMMIT\x00"


class LostCommits:
    """Passes connections on to Postgres, and loses replies to commits.

    Args:
        url: of the server.
        marked: transactions with a statement or value of this text lose the reply to their commit.
    """

    def __init__(self, url: str, marked: str) -> None:
        parts = urlsplit(url)
        self._behind = (parts.hostname or "127.0.0.1", parts.port or 5432)
        self._marked = marked.encode()
        self.lost = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        account, _, _ = parts.netloc.rpartition("@")
        port = self._listener.getsockname()[1]
        self.url = urlunsplit(parts._replace(netloc=f"{account}@127.0.0.1:{port}"))
        self._start(self._accept)

    def close(self) -> None:
        """Cut every connection."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        _end(*self._open)
        for thread in self._threads:
            thread.join(timeout=allow(5))
        for each in self._open:
            each.close()

    def _start(self, act: Callable[..., None], *given: object) -> None:
        self._threads.append(threading.Thread(target=act, args=given, daemon=True))
        self._threads[-1].start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                here, _ = self._listener.accept()
                there = socket.create_connection(self._behind)
                self._open += [here, there]
                cut = threading.Event()
                self._start(self._requests, here, there, cut)
                self._start(self._replies, there, here, cut)

    def _requests(self, here: socket.socket, there: socket.socket, cut: threading.Event) -> None:
        marked = False
        with suppress(OSError):
            while data := here.recv(65_536):
                marked = marked or self._marked in data
                if _COMMIT in data:
                    if marked:
                        self.lost += 1
                        cut.set()
                    marked = False
                there.sendall(data)
        _end(here, there)

    def _replies(self, there: socket.socket, here: socket.socket, cut: threading.Event) -> None:
        with suppress(OSError):
            while data := there.recv(65_536):
                if cut.is_set():  # the server has committed: this is what it says of it
                    break
                here.sendall(data)
        _end(here, there)


def _end(*sockets: socket.socket) -> None:
    for each in sockets:
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
