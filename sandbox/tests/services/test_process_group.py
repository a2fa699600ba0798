from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.patience import allow

from boeing_data_hub.cli.machine.process_group import ProcessGroup, next_pause

SAYS_ITS_PID = ["sh", "-c", "echo $$; exec sleep 60"]


def pids(log: Path) -> list[int]:
    return [int(word) for word in log.read_text().split()] if log.exists() else []


@pytest.fixture
def group():
    with ProcessGroup() as kept:
        yield kept


def watching(group: ProcessGroup, meanwhile: Callable[[], None], **options) -> None:
    """Watch in this, the main thread, until `meanwhile` has run in another."""
    stop, failures = threading.Event(), []

    def run() -> None:
        try:
            meanwhile()
        except BaseException as error:  # noqa: BLE001 - carried over to the main thread
            failures.append(error)
        finally:
            stop.set()

    thread = threading.Thread(target=run)
    thread.start()
    group.watch(stop, **options)
    thread.join()
    if failures:
        raise failures[0]


def test_a_killed_child_is_started_again(group, tmp_path, eventually, is_running):
    log = tmp_path / "log"
    first = group.start("worker", SAYS_ITS_PID, log_path=log)
    ends = []

    def kill_and_wait() -> None:
        eventually(lambda: pids(log) == [first])
        os.kill(first, signal.SIGKILL)
        eventually(lambda: len(pids(log)) == 2)

    watching(group, kill_and_wait, on_exit=ends.append)
    (status,) = group.status()
    assert (status.name, status.pid, status.restarts, status.again_in) == ("worker", pids(log)[1], 1, None)
    assert [(end.exit_code, end.pid) for end in ends] == [(-signal.SIGKILL, None)]
    assert 0.5 < ends[0].again_in <= 1.0
    assert not is_running(first)


def test_what_a_dead_child_leaves_behind_is_cleared_before_it_starts_again(group, tmp_path, eventually, is_running):
    log = tmp_path / "log"
    leader = group.start("worker", ["sh", "-c", "sleep 60 & echo $!; wait"], log_path=log)

    def kill_the_leader() -> None:
        eventually(lambda: pids(log))
        os.kill(leader, signal.SIGKILL)
        eventually(lambda: not is_running(pids(log)[0]))

    watching(group, kill_the_leader)


def test_a_child_that_may_end_stays_ended(group):
    group.start("once", ["sh", "-c", "exit 3"], restart=False)
    told = threading.Event()
    ends = []

    def tell(status) -> None:
        ends.append(status)
        told.set()

    watching(group, lambda: told.wait(allow(10)), on_exit=tell)
    (status,) = group.status()
    assert (status.pid, status.exit_code, status.again_in) == (None, 3, None)
    assert len(ends) == 1


def test_stopping_leaves_no_process_and_starts_none_again(group, tmp_path, eventually, is_running):
    logs = [tmp_path / name for name in ("api", "worker", "beat")]
    for log in logs:
        group.start(log.name, SAYS_ITS_PID, log_path=log)
    eventually(lambda: all(pids(log) for log in logs))
    group.stop_all()
    started = [pid for log in logs for pid in pids(log)]
    assert len(started) == 3
    assert not any(is_running(pid) for pid in started)
    watching(group, lambda: None)
    assert [status.exit_code for status in group.status()] == [-signal.SIGTERM] * 3


def test_stopping_asks_before_it_forces(group, tmp_path, eventually):
    order = tmp_path / "order"
    for name in ("old", "young"):
        script = f"trap 'echo {name} >> {order}; exit 0' TERM; echo ready; while :; do sleep 0.02; done"
        group.start(name, ["sh", "-c", script], log_path=tmp_path / name)
    eventually(lambda: all((tmp_path / name).exists() and (tmp_path / name).read_text() for name in ("old", "young")))
    group.stop_all()
    assert sorted(order.read_text().split()) == ["old", "young"]


def test_stopping_forces_the_stubborn(group, tmp_path, eventually):
    log = tmp_path / "log"
    group.start("stubborn", ["sh", "-c", "trap '' TERM; echo 0; while :; do sleep 0.02; done"], log_path=log)
    eventually(lambda: pids(log))
    group.stop_all(timeout=0.2)
    assert group.status()[0].exit_code == -signal.SIGKILL


def test_a_name_is_given_once(group):
    group.start("api", ["sleep", "60"])
    with pytest.raises(ValueError, match="api"):
        group.start("api", ["sleep", "60"])


def test_children_are_not_tied_to_a_passing_thread(group):
    refusals = []

    def try_to_start() -> None:
        with pytest.raises(RuntimeError, match="main thread") as refusal:
            group.start("api", ["sleep", "60"])
        refusals.append(refusal)

    thread = threading.Thread(target=try_to_start)
    thread.start()
    thread.join()
    assert refusals
    assert group.status() == []


def test_the_environment_is_handed_over_whole(group, tmp_path, eventually):
    log = tmp_path / "log"
    group.start("env", ["/bin/sh", "-c", "echo ${HOME-0}${NUMBER}"], env={"NUMBER": "7"}, log_path=log, restart=False)
    eventually(lambda: pids(log) == [7])


def test_the_first_pause_is_a_second():
    assert next_pause(None, 0.0) == 1.0


def test_a_child_that_keeps_dying_waits_longer_up_to_ten_seconds():
    pauses = [next_pause(None, 0.1)]
    while len(pauses) < 6:
        pauses.append(next_pause(pauses[-1], 0.1))
    assert pauses == [1.0, 2.0, 4.0, 8.0, 10.0, 10.0]


@given(st.one_of(st.none(), st.floats(1, 10)), st.floats(5, 1e6))
def test_a_child_that_ran_well_for_a_while_is_back_after_a_second(last, lived):
    assert next_pause(last, lived) == 1.0
