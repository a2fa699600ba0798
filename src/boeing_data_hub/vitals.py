"""Signs of life of one process, for whoever started it: systemd by its socket, a container engine by the age of a file.

Nobody else is told anything here; that a worker serves its queue is a row of `hub.workers`.
"""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from pathlib import Path


class Vitals:
    """Tells that this process is ready, lives, and is about to end. Never fails the caller.

    Args:
        file: touched at every sign, and removed at the end; None: there is none.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        # Whoever we start must not speak in our name.
        self._address = os.environ.pop("NOTIFY_SOCKET", "")

    def ready(self) -> None:
        """The process can do its work."""
        self._touch()
        self._tell("READY=1\nWATCHDOG=1")

    def alive(self) -> None:
        """The process goes on; to be called every few seconds by the very loop that must not hang."""
        self._touch()
        self._tell("WATCHDOG=1")

    def stopping(self) -> None:
        """The process was told to end, and finishes what it is in."""
        self._tell("STOPPING=1")
        if self._file is not None:
            with suppress(OSError):
                self._file.unlink(missing_ok=True)
            self._file = None

    def _touch(self) -> None:
        if self._file is not None:
            with suppress(OSError):  # a full or read-only disk must not end what still works
                self._file.touch()

    def _tell(self, state: str) -> None:
        if not self._address:
            return
        address = f"\0{self._address[1:]}" if self._address.startswith("@") else self._address
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
            sender.setblocking(False)
            sender.sendto(state.encode(), address)
