"""Liveness signals of a process for its supervisor: systemd's socket, or a file whose age a container engine checks.

Which workers serve which queues is recorded elsewhere, in `hub.workers`.
"""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from pathlib import Path


class Liveness:
    """Signals that this process is ready, alive or stopping. Never raises.

    Args:
        file: touched at each signal, removed at the end; None: unused.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        # Child processes must not notify systemd for us.
        self._address = os.environ.pop("NOTIFY_SOCKET", "")

    def ready(self) -> None:
        """Signal that the process is ready."""
        self._touch()
        self._tell("READY=1\nWATCHDOG=1")

    def alive(self) -> None:
        """Signal that the process is alive. Call it every few seconds from the loop that must not hang."""
        self._touch()
        self._tell("WATCHDOG=1")

    def stopping(self) -> None:
        """Signal that the process is stopping."""
        self._tell("STOPPING=1")
        if self._file is not None:
            with suppress(OSError):
                self._file.unlink(missing_ok=True)
            self._file = None

    def _touch(self) -> None:
        if self._file is not None:
            with suppress(OSError):  # a full or read-only disk must not stop a working process
                self._file.touch()

    def _tell(self, state: str) -> None:
        if not self._address:
            return
        address = f"\0{self._address[1:]}" if self._address.startswith("@") else self._address
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
            sender.setblocking(False)
            sender.sendto(state.encode(), address)
