from __future__ import annotations

import os
import signal
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import redis

from boeing_data_hub.errors import Conflict
from boeing_data_hub_sandbox.services.redis import start_redis

pytestmark = pytest.mark.services


@pytest.fixture
def server(open_folder):
    with start_redis(open_folder / "redis") as running:
        yield running


@pytest.fixture
def connect():
    clients = []

    def to(url: str) -> redis.Redis:
        clients.append(redis.Redis.from_url(url, decode_responses=True))
        return clients[-1]

    yield to
    for client in clients:
        client.close()


def test_it_answers_only_clients_with_the_password(server, connect):
    assert connect(server.url).ping()
    scheme, _, address = server.url.partition("@")
    with pytest.raises(redis.AuthenticationError):
        connect(f"redis://{address}").ping()
    assert len(scheme) > 40


def test_it_writes_every_command_down_and_evicts_nothing(server, connect):
    config = connect(server.url).config_get("*")
    assert (config["appendonly"], config["save"], config["maxmemory-policy"]) == ("yes", "", "noeviction")
    assert config["bind"] == "127.0.0.1"


def test_its_files_are_private(server, open_folder):
    folder = open_folder / "redis"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "redis.conf").stat().st_mode & 0o777 == 0o600


def test_what_it_was_told_survives_kill_and_stop(server, open_folder, connect):
    connect(server.url).set("part", "WF338109")
    url = server.url
    server.restart(empty=False)
    assert server.url == url
    assert connect(url).get("part") == "WF338109"
    server.stop()
    with start_redis(open_folder / "redis") as again:
        assert connect(again.url).get("part") == "WF338109"


def test_it_comes_back_empty_at_the_same_address(server, connect, is_running):
    connect(server.url).set("part", "WF338109")
    url, pid = server.url, server.pid
    server.restart(empty=True)
    assert server.url == url
    assert connect(url).dbsize() == 0
    assert not is_running(pid)


def test_one_that_died_is_brought_back(server, connect, eventually):
    os.kill(server.pid, signal.SIGKILL)
    eventually(lambda: not server.running)
    server.restart(empty=False)
    assert server.running
    assert connect(server.url).ping()


def test_a_second_start_on_its_folder_is_refused(server, open_folder, connect):
    with pytest.raises(Conflict, match="HUB_DATA_DIR") as refusal:
        start_redis(open_folder / "redis")
    assert refusal.value.code == "service_running"
    assert connect(server.url).ping()


def test_stopping_twice_leaves_nothing(server, is_running):
    server.stop()
    server.stop()
    assert not is_running(server.pid)


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="arguments are read from /proc")
def test_its_password_is_not_among_its_arguments(server):
    password = urlsplit(server.url).password
    assert password not in Path(f"/proc/{server.pid}/cmdline").read_text()
