from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.patience import allow

from boeing_data_hub.cli.machine.children import end, end_all, exit_code, spawn

PARENT = """
import signal, sys, time
from pathlib import Path
from boeing_data_hub.cli.machine.children import spawn
child = spawn(sys.argv[2:], on_parent_death=signal.Signals[sys.argv[1]])
print(child.pid, flush=True)
time.sleep(60)
"""
# Says that it is ready, then waits for an interrupt and leaves a mark.
MARKS_INTERRUPT = 'trap \'echo interrupted >> "$0"; exit 0\' INT; echo ready >> "$0"; while :; do sleep 0.02; done'


def a_parent(sig: str, *argv: str) -> tuple[subprocess.Popen[str], int]:
    parent = subprocess.Popen([sys.executable, "-c", PARENT, sig, *argv], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    return parent, int(parent.stdout.readline())


def kill(parent: subprocess.Popen[str]) -> None:
    with parent:
        parent.kill()


def lines(path: Path) -> list[str]:
    return path.read_text().split() if path.exists() else []


linux_only = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent was killed")


@linux_only
def test_a_child_dies_with_a_parent_that_was_killed(eventually, is_running):
    parent, child = a_parent("SIGKILL", "sleep", "60")
    assert is_running(child)
    kill(parent)
    eventually(lambda: not is_running(child))


@linux_only
def test_a_child_gets_the_signal_it_was_promised(tmp_path, eventually):
    marks = tmp_path / "marks"
    parent, _child = a_parent("SIGINT", "sh", "-c", MARKS_INTERRUPT, str(marks))
    eventually(lambda: lines(marks) == ["ready"])
    kill(parent)
    eventually(lambda: lines(marks) == ["ready", "interrupted"])


def test_a_child_runs_in_a_separate_session_so_that_ctrl_c_does_not_reach_it():
    child = spawn(["sleep", "60"])
    try:
        assert os.getsid(child.pid) == child.pid
    finally:
        end(child, sig=signal.SIGKILL, timeout=allow(5))


def test_output_is_appended_to_a_private_file(tmp_path):
    log = tmp_path / "log"
    for word in ("one", "two"):
        assert spawn(["sh", "-c", f"echo {word} >&2"], stdout=log).wait(allow(10)) == 0
    assert lines(log) == ["one", "two"]
    assert log.stat().st_mode & 0o777 == 0o600


def test_a_program_that_does_not_exist_is_an_error_of_the_caller(tmp_path):
    with pytest.raises(FileNotFoundError):
        spawn([tmp_path / "nothing"])


def test_ending_a_child_leaves_neither_zombie_nor_grandchild(tmp_path, eventually, is_running):
    log = tmp_path / "log"
    child = spawn(["sh", "-c", "sleep 60 & echo $!; wait"], stdout=log)
    eventually(lambda: lines(log))
    assert end(child, timeout=allow(5)) == -signal.SIGTERM
    eventually(lambda: not is_running(int(lines(log)[0])))
    with pytest.raises(ChildProcessError):
        os.waitpid(child.pid, os.WNOHANG)


def test_a_child_that_ignores_the_request_is_forced(tmp_path, eventually):
    log = tmp_path / "log"
    child = spawn(["sh", "-c", "trap '' TERM; echo ready; while :; do sleep 0.02; done"], stdout=log)
    eventually(lambda: lines(log))
    assert end(child, timeout=0.2) == -signal.SIGKILL


def test_ending_twice_is_harmless():
    child = spawn(["sleep", "60"])
    assert end(child, timeout=allow(5)) == end(child, timeout=allow(5))
    assert exit_code(child) == -signal.SIGTERM


def test_several_are_ended_together():
    children = [spawn(["sleep", "60"]) for _ in range(3)]
    end_all(children, timeout=allow(5))
    assert [exit_code(child) for child in children] == [-signal.SIGTERM] * 3
