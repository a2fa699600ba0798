"""Servers that lost the process which looked after them: they were told to end, and the next start waits for that."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

from boeing_data_hub.clock import monotonic
from boeing_data_hub.errors import Conflict

ENDS_WITHIN = 15.0  # seconds; Postgres writes out what it holds in memory before it ends


def wait_for_orphans(home: Path, *, service: str, programs: tuple[str, ...], within: float = ENDS_WITHIN) -> None:
    """Return once no such program works in the folder. Call it while holding the folder's claim.

    Knows only Linux, and returns at once elsewhere.

    Args:
        home: the folder that is the working folder of the service's processes.
        service: for the message.
        programs: how the kernel names those processes.
        within: seconds to wait.

    Raises:
        Conflict: one is still there after that time (`service_running`).
    """
    deadline = monotonic() + within
    while living := list(_working_in(home.resolve(), programs)):
        if monotonic() > deadline:
            raise Conflict(
                f"{service} still runs on {home} as process {min(living)}, though nobody looks after it. Stop it with"
                f" `kill -INT {min(living)}` and try again.",
                code="service_running",
            )
        time.sleep(0.05)


def _working_in(home: Path, programs: tuple[str, ...]) -> Iterator[int]:
    if sys.platform != "linux":
        return
    for process in Path("/proc").iterdir():
        if not process.name.isdigit():
            continue
        try:
            # By name too: a person's shell may well stand in the folder.
            if (process / "cwd").readlink() == home and (process / "comm").read_text().strip() in programs:
                yield int(process.name)
        except OSError:
            continue  # ended meanwhile, or another user's: that one cannot work in a folder of ours
