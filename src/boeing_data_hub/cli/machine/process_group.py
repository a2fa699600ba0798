"""Keeps the processes of one machine running: API, workers and scheduler of `bdh up` and `bdh demo`.

A process that dies is restarted; all of them end together, in order, with the group.
"""

from __future__ import annotations

import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from boeing_data_hub.cli.machine.children import end_all, exit_code, spawn
from boeing_data_hub.clock import monotonic

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 10.0
STEADY_AFTER = 5.0
_ROUND = 0.1


@dataclass(frozen=True, slots=True)
class ChildStatus:
    """The state of one process.

    Attributes:
        name: as given to `start`.
        pid: process id while it runs, else None.
        exit_code: of its last end (negative: the signal that ended it); None if it has never ended.
        restarts: how often it was restarted.
        again_in: seconds until it is restarted; None if it runs or will not be.
    """

    name: str
    pid: int | None
    exit_code: int | None
    restarts: int
    again_in: float | None


@dataclass(slots=True)
class _Kept:
    """One process, with all that is needed to restart it."""

    name: str
    argv: list[str]
    env: dict[str, str] | None
    log_path: Path | None
    cwd: Path | None
    restart: bool
    on_parent_death: signal.Signals
    process: subprocess.Popen[bytes]
    started: float
    exit_code: int | None = None
    told: bool = False
    restarts: int = 0
    pause: float | None = None
    due: float | None = None


def next_pause(last: float | None, lived: float) -> float:
    """Seconds to wait before a dead process is restarted.

    Args:
        last: the pause before the start that just failed; None when it was the first start.
        lived: seconds it ran.
    """
    if last is None or lived >= STEADY_AFTER:
        return FIRST_PAUSE
    return min(last * 2, LONGEST_PAUSE)


class ProcessGroup:
    """A set of named child processes.

    Every method that starts a process must be called in the main thread, and so must `watch`: children are tied to the
    thread that started them (see `children.spawn`), so one restarted by a short-lived thread would die with it.
    """

    def __init__(self) -> None:
        self._kept: dict[str, _Kept] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.stop_all()

    def start(
        self,
        name: str,
        argv: Sequence[str | Path],
        env: Mapping[str, str] | None = None,
        log_path: Path | None = None,
        *,
        cwd: Path | None = None,
        restart: bool = True,
        on_parent_death: signal.Signals = signal.SIGKILL,
    ) -> int:
        """Start a process and keep it; its process id.

        Args:
            name: in `status`; must be unique.
            argv: program and arguments.
            env: its whole environment; None: the same as this process.
            log_path: file its output is appended to; None: the output of this process.
            cwd: its working folder; None: the same as this process.
            restart: True: restart it when it ends by itself, with any exit code.
            on_parent_death: the signal that it gets when this process dies.

        Raises:
            ValueError: the name is taken.
            RuntimeError: not called in the main thread.
            OSError: the program cannot be started.
        """
        _in_main_thread()
        if name in self._kept:
            raise ValueError(f"A process named {name} exists already.")
        line = [str(part) for part in argv]
        environment = None if env is None else dict(env)
        process = spawn(line, env=environment, cwd=cwd, stdout=log_path, on_parent_death=on_parent_death)
        self._kept[name] = _Kept(
            name, line, environment, log_path, cwd, restart, on_parent_death, process, started=monotonic()
        )
        return process.pid

    def watch(self, stop_event: threading.Event, *, on_exit: Callable[[ChildStatus], None] | None = None) -> None:
        """Watch the processes until `stop_event` is set, which a signal handler may do.

        Args:
            stop_event: set it to have `watch` return within a tenth of a second. The processes are left running.
            on_exit: called for every unexpected end, for example to print it.

        Raises:
            RuntimeError: not called in the main thread.
        """
        _in_main_thread()
        # Event.wait holds the event's lock briefly, and a signal handler that calls set() during that time, in this
        # same thread, would wait forever. is_set() takes no lock.
        while not stop_event.is_set():
            for kept in list(self._kept.values()):
                self._tend(kept, on_exit)
            time.sleep(_ROUND)

    def stop_all(self, timeout: float = 10.0) -> None:
        """End all processes, the youngest first: SIGTERM to each, then SIGKILL to those left after `timeout` seconds.

        All are waited for together, so it takes no longer than `timeout`. All are reaped, and none is restarted.
        """
        youngest_first = list(reversed(self._kept.values()))
        for kept in youngest_first:
            kept.restart, kept.due = False, None
        end_all([kept.process for kept in youngest_first], timeout=timeout)

    def status(self) -> list[ChildStatus]:
        """The state of every process, in the order of their start."""
        return [_status(kept) for kept in self._kept.values()]

    def _tend(self, kept: _Kept, on_exit: Callable[[ChildStatus], None] | None) -> None:
        if kept.due is not None:
            if monotonic() >= kept.due:
                self._start_again(kept)
            return
        code = exit_code(kept.process)
        if code is None or kept.told:
            return
        kept.exit_code, kept.told = code, True
        if kept.restart:
            kept.pause = next_pause(kept.pause, monotonic() - kept.started)
            kept.due = monotonic() + kept.pause
        if on_exit is not None:
            on_exit(_status(kept))

    def _start_again(self, kept: _Kept) -> None:
        kept.started = monotonic()
        try:
            kept.process = spawn(
                kept.argv, env=kept.env, cwd=kept.cwd, stdout=kept.log_path, on_parent_death=kept.on_parent_death
            )
        except OSError:
            # No memory or process left, or the program is being replaced: the next round may succeed.
            kept.pause = next_pause(kept.pause, 0.0)
            kept.due = monotonic() + kept.pause
            return
        kept.restarts += 1
        kept.due, kept.told = None, False


def _status(kept: _Kept) -> ChildStatus:
    code = exit_code(kept.process)
    return ChildStatus(
        name=kept.name,
        pid=kept.process.pid if code is None else None,
        exit_code=kept.exit_code if code is None else code,
        restarts=kept.restarts,
        again_in=None if kept.due is None else max(0.0, kept.due - monotonic()),
    )


def _in_main_thread() -> None:
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError(
            "A ProcessGroup works in the main thread only: children die with the thread that started them."
        )
