from __future__ import annotations

import signal
import sys
import threading

import pytest
from tests.support.patience import allow

from boeing_data_hub.cli.machine.children import end, spawn
from boeing_data_hub.errors import Conflict
from boeing_data_hub_sandbox.services.orphans import wait_for_orphans

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nobody can tell where a process works")


@pytest.fixture
def orphan(tmp_path, eventually):
    """A program called postgres that works in a folder."""
    program, ready = tmp_path / "postgres", tmp_path / "ready"
    program.write_text(f"#!/bin/sh\necho >> {ready}\nwhile :; do sleep 0.02; done\n")
    program.chmod(0o755)
    process = spawn([program], cwd=tmp_path)
    eventually(ready.exists)
    yield process
    end(process, sig=signal.SIGKILL, timeout=allow(5))


def test_a_start_waits_until_the_orphan_has_ended(orphan, tmp_path):
    ending = threading.Timer(0.2, lambda: end(orphan, timeout=allow(5)))
    ending.start()
    wait_for_orphans(tmp_path, service="Postgres", programs=("postgres",))
    ending.join()
    assert orphan.returncode == -signal.SIGTERM


def test_an_orphan_that_does_not_end_is_named(orphan, tmp_path):
    with pytest.raises(Conflict, match=f"kill -INT {orphan.pid}"):
        wait_for_orphans(tmp_path, service="Postgres", programs=("postgres",), within=0.1)


def test_other_programs_and_other_folders_are_nobodys_concern(orphan, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    wait_for_orphans(tmp_path, service="Redis", programs=("redis-server",), within=0.0)
    wait_for_orphans(tmp_path / "elsewhere", service="Postgres", programs=("postgres",), within=0.0)
