from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
import redis

from boeing_data_hub_sandbox.services.postgres import start_postgres
from boeing_data_hub_sandbox.services.redis import start_redis

pytestmark = [
    pytest.mark.services,
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent was killed"),
]

OWNER = """
import sys, time
from pathlib import Path
import psycopg, redis
from boeing_data_hub_sandbox.services.postgres import start_postgres
from boeing_data_hub_sandbox.services.redis import start_redis
folder = Path(sys.argv[1])
postgres = start_postgres(folder / "postgres", fast=True)
server = start_redis(folder / "redis")
with psycopg.connect(postgres.url) as connection:
    connection.execute("create table part as select 'WF338109' as sku")
redis.Redis.from_url(server.url).set("part", "WF338109")
print(postgres.pid, server.pid, flush=True)
time.sleep(60)
"""


def a_killed_owner(folder: Path) -> tuple[int, int]:
    """Process ids of Postgres and Redis whose owner has just been killed with -9."""
    with subprocess.Popen([sys.executable, "-c", OWNER, str(folder)], stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        postgres, server = map(int, owner.stdout.readline().split())
        owner.kill()
    return postgres, server


def working_below(folder: Path) -> list[int]:
    """Every process, Postgres' own children too, whose working folder lies in `folder`."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").readlink().is_relative_to(folder):
                found.append(int(process.name))
        except OSError:
            continue
    return found


def test_no_server_outlives_an_owner_that_was_killed(open_folder, eventually, is_running):
    pids = a_killed_owner(open_folder)
    eventually(lambda: not any(is_running(pid) for pid in pids))
    eventually(lambda: not working_below(open_folder))


def test_a_start_right_after_the_owner_was_killed_finds_everything(open_folder):
    a_killed_owner(open_folder)
    with (
        start_postgres(open_folder / "postgres", fast=True) as postgres,
        start_redis(open_folder / "redis") as server,
        psycopg.connect(postgres.url) as connection,
        redis.Redis.from_url(server.url) as client,
    ):
        assert connection.execute("select sku from part").fetchone() == ("WF338109",)
        assert client.get("part") == b"WF338109"
