"""Waits until a server that was just started answers, and says what its log says when it does not."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from boeing_data_hub.cli.machine.children import exit_code
from boeing_data_hub.clock import monotonic
from boeing_data_hub.errors import Unavailable

READY_WITHIN = 60.0  # seconds; recovery after a crash on a slow disk takes tens of seconds, an ordinary start 0.1
_BETWEEN_TRIES = 0.02
_LAST_LINES = 12


@dataclass(frozen=True, slots=True)
class Log:
    """What one start of a server wrote.

    Attributes:
        path: the log file.
        offset: its size in bytes before that start.
        secret: never shown.
    """

    path: Path
    offset: int
    secret: str

    def tail(self) -> str:
        """The last lines, without the secret."""
        with self.path.open("rb") as file:
            file.seek(self.offset)
            text = file.read().decode("utf-8", "replace")
        return "\n".join(text.replace(self.secret, "***").splitlines()[-_LAST_LINES:])


def log_from_here(path: Path, secret: str) -> Log:
    """A `Log` that begins with what is written from now on."""
    return Log(path, path.stat().st_size if path.exists() else 0, secret)


def wait_until_ready(
    process: subprocess.Popen[bytes],
    answers: Callable[[], bool],
    *,
    service: str,
    log: Log,
    within: float = READY_WITHIN,
) -> None:
    """Return once `answers()` is true.

    Raises:
        Unavailable: the process ended (`service_ended`) or did not answer in time (`service_silent`).
    """
    deadline = monotonic() + within
    while not answers():
        code = exit_code(process)
        if code is not None:
            raise Unavailable(
                f"{service} ended with code {code} while starting. Its log {log.path} ends with:\n{log.tail()}",
                code="service_ended",
            )
        if monotonic() > deadline:
            raise Unavailable(
                f"{service} did not answer within {within:.0f} s. Its log {log.path} ends with:\n{log.tail()}",
                code="service_silent",
            )
        time.sleep(_BETWEEN_TRIES)
