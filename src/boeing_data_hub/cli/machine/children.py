"""Starts and ends child processes so that none outlives its parent, however the parent ends.

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
_PARENT_GONE = 125  # exit code of a child whose parent died before it started; only a tracer sees it


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
    """Have the kernel send `sig` to this process when its parent ends. Linux only; elsewhere it does nothing.

    For processes that a child starts itself, such as the pool of a Celery worker: the kernel's guarantee covers only
    the child, so each of its children must call this.
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
    """Start `argv` in a new session, such that it ends with this process.

    The session keeps Ctrl-C in a terminal from reaching the child: only this process gets it, and ends its children in
    order.

    On Linux the kernel sends `on_parent_death` when the **thread** that called `spawn` ends, by whatever cause. Call it
    from a thread that lives as long as the child should: the main thread, in tests too. Elsewhere the child is ended
    when the interpreter exits normally; after a `kill -9` it is left behind.

    Args:
        argv: program and arguments. Never secrets: every user can read them.
        env: the whole environment of the child; None: the same as this process.
        cwd: its working folder; None: the same.
        user: numeric user to become (needs root); supplementary groups are dropped.
        group: numeric group to become.
        stdout: a file to append output and errors to (made private), a descriptor, or None: this process's output.
        on_parent_death: the signal that the child gets when this process dies.

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
            # Runs last before exec: a change of user cancels the kernel's guarantee, so it is requested after that.
            preexec_fn=_tie_to_parent(os.getpid(), int(on_parent_death)),  # noqa: PLW1509 - it takes no lock
        )
    finally:
        if output is not None and output is not stdout:
            os.close(output)
    if _prctl is None:
        atexit.register(end, process, sig=on_parent_death, timeout=5.0)
    return process


def end(process: subprocess.Popen[bytes], *, sig: signal.Signals = signal.SIGTERM, timeout: float) -> int:
    """End the child: a signal, SIGKILL after `timeout` seconds, SIGKILL to the rest of its group; its exit code.

    Safe to call on a child that has ended. The child is reaped.
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
    """None while the child runs, else its exit code. The call that notices the end kills the child's own children."""
    if process.returncode is None and process.poll() is not None:
        _clear_group(process)
    return process.returncode


def _clear_group(process: subprocess.Popen[bytes]) -> None:
    """Kill the child's own children, which would otherwise continue.

    Only right after the child's end was noticed: later its id may belong to another process.
    """
    # PermissionError: the remaining processes belong to another user (or, on macOS, are zombies).
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
