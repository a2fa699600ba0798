"""A supervisor may ask a process for heartbeats; it need not, and sending them never fails."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest
from tests.support.patience import allow

from boeing_data_hub.liveness import Liveness


@pytest.fixture
def systemd(tmp_path, monkeypatch):
    """What systemd hands a service: the address of a socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(allow(5))
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        yield listening


def test_systemd_hears_that_we_are_ready_live_and_end(systemd):
    liveness = Liveness()
    liveness.ready()
    liveness.alive()
    liveness.stopping()
    assert [systemd.recv(100) for _ in range(3)] == [b"READY=1\nWATCHDOG=1", b"WATCHDOG=1", b"STOPPING=1"]


def test_an_address_without_a_file_is_understood(monkeypatch):
    name = f"bdh-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(f"\0{name}")
        listening.settimeout(allow(5))
        monkeypatch.setenv("NOTIFY_SOCKET", f"@{name}")
        Liveness().ready()
        assert listening.recv(100).startswith(b"READY=1")


def test_what_we_start_cannot_speak_in_our_name(systemd):
    Liveness()
    assert "NOTIFY_SOCKET" not in os.environ


def test_a_file_is_touched_at_each_sign_and_gone_at_the_end(tmp_path):
    file = tmp_path / "alive"
    liveness = Liveness(file)
    liveness.ready()
    os.utime(file, (0, 0))
    liveness.alive()
    assert file.stat().st_mtime > 0
    liveness.stopping()
    liveness.alive()
    assert not file.exists()


def test_nothing_that_is_wrong_with_telling_ends_the_process(monkeypatch):
    monkeypatch.setenv("NOTIFY_SOCKET", "/nowhere/at/all")
    liveness = Liveness(Path("/nowhere/at/all/alive"))
    liveness.ready()
    liveness.alive()
    liveness.stopping()
