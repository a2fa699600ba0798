"""Starts and ends child processes so that none outlives us, whatever kills us.

Everything the hub starts on a machine (Postgres, Redis, API, workers, scheduler) is started by `spawn`.
"""

from __future__ import annotations

import atexit
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from boeing_data_hub.clock import monotonic

_PR_SET_PDEATHSIG = 1
_PARENT_GONE = 125  # exit code of a child that was born an orphan; seen by nobody but a tracer


def _load_prctl() -> Callable[[int, int, int, int, int], int] | None:
    """The kernel call, looked up before any fork: between fork and exec nothing may be loaded."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    prctl.argtypes = [ctypes.c_int, ctypes.c_ulong, ctypes.c_ulong, ctypes.c_ulong, ctypes.c_ulong]
    prctl.restype = ctypes.c_int
    return prctl


_prctl = _load_prctl()


def die_with_parent(sig: signal.Signals = signal.SIGKILL) -> None:
    """Have the kernel send `sig` to this very process once its parent ends. Does nothing except on Linux.

    For processes that a child of ours makes itself, such as the pool of a Celery worker: the kernel's promise covers a
    child, not its children, so each of them asks on its own.
    """
    if _prctl is not None:
        _prctl(_PR_SET_PDEATHSIG, int(sig), 0, 0, 0)


def spawn(
    argv: Sequence[str | Path],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    user: int | None = None,
    group: int | None = None,
    stdout: Path | int | None = None,
    on_parent_death: signal.Signals = signal.SIGKILL,
) -> subprocess.Popen[bytes]:
    """Start `argv` in a session of its own, with an end tied to ours.

    The session keeps Ctrl-C in a terminal from reaching the child: only we get it, and end our children in order.

    On Linux the kernel sends `on_parent_death` when the **thread** that called `spawn` ends, by whatever cause. Call it
    from a thread that lives as long as the child should: the main thread, in tests too. Elsewhere the child is ended
    when our interpreter exits in an orderly way; after a `kill -9` of ours it is left behind.

    Args:
        argv: program and arguments; secrets do not belong here, every user can read them.
        env: the whole environment of the child; None hands on ours.
        cwd: its working folder; None keeps ours.
        user: numeric user to become (needs root); supplementary groups are dropped.
        group: numeric group to become.
        stdout: a file to append output and errors to (made private to us), an open descriptor, or None for ours.
        on_parent_death: what the child gets when we die.

    Raises:
        OSError: the program cannot be started.
    """
    output = _append_to(stdout) if isinstance(stdout, Path) else stdout
    try:
        process = subprocess.Popen(
            [str(part) for part in argv],
            env=None if env is None else dict(env),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=None if output is None else subprocess.STDOUT,
            start_new_session=True,
            user=user,
            group=group,
            extra_groups=None if user is None else [],
            # Runs last before exec. A change of user cancels the kernel's promise, so it must be asked for after that.
            preexec_fn=_tie_to_parent(os.getpid(), int(on_parent_death)),  # noqa: PLW1509 - it takes no lock
        )
    finally:
        if output is not None and output is not stdout:
            os.close(output)
    if _prctl is None:
        atexit.register(end, process, sig=on_parent_death, timeout=5.0)
    return process


def end(process: subprocess.Popen[bytes], *, sig: signal.Signals = signal.SIGTERM, timeout: float) -> int:
    """Ask the child to end, force it after `timeout` seconds, clear away what it left in its group; its exit code.

    Safe to call on a child that ended long ago. The child is reaped: no zombie is left.
    """
    if process.returncode is None:
        process.send_signal(sig)
        try:
            process.wait(timeout)
        except subprocess.TimeoutExpired:
            process.kill()
        _clear_group(process)
    return process.wait()


def end_all(processes: Sequence[subprocess.Popen[bytes]], *, timeout: float) -> None:
    """As `end`, with SIGTERM, for several at once: signalled in the order given, waited for together."""
    living = [process for process in processes if process.returncode is None]
    for process in living:
        process.terminate()
    deadline = monotonic() + timeout
    for process in living:
        try:
            process.wait(max(0.0, deadline - monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
        _clear_group(process)
        process.wait()


def exit_code(process: subprocess.Popen[bytes]) -> int | None:
    """None while the child runs, else its exit code. Whoever notices the end first clears its own children away."""
    if process.returncode is None and process.poll() is not None:
        _clear_group(process)
    return process.returncode


def _clear_group(process: subprocess.Popen[bytes]) -> None:
    """Kill the child's own children, which would otherwise work on without anyone to answer to.

    Only for a child whose end was noticed this very moment: later its number may belong to somebody else.
    """
    # PermissionError: all that is left belongs to another user (or, on macOS, is a zombie).
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _tie_to_parent(parent: int, sig: int) -> Callable[[], None] | None:
    prctl = _prctl
    if prctl is None:
        return None

    def tie() -> None:
        prctl(_PR_SET_PDEATHSIG, sig, 0, 0, 0)
        # The parent may have died between the fork and the line above; then no signal would ever come.
        if os.getppid() != parent:
            os._exit(_PARENT_GONE)

    return tie


def _append_to(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
