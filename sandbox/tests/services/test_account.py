from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
from tests.support.patience import allow

from boeing_data_hub.errors import Conflict, Unavailable
from boeing_data_hub_sandbox.services.binaries import PostgresBinaries, find_postgres, find_redis
from boeing_data_hub_sandbox.services.folder import ServiceFolder
from boeing_data_hub_sandbox.services.postgres import start_postgres
from boeing_data_hub_sandbox.services.readable_copy import readable_copy

pytestmark = pytest.mark.services

AS_ROOT = os.geteuid() == 0


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o7777


def wheel_in(place: Path) -> PostgresBinaries:
    """Postgres in a folder of its own that every user can reach, wherever this Python environment lies."""
    found = find_postgres()
    return readable_copy(found, place) if found.from_wheel else found


def test_it_never_runs_as_root_and_parents_keep_their_modes(open_folder):
    (open_folder / "a").mkdir(mode=0o711)
    (open_folder / "a/b").mkdir(mode=0o751)
    parents = [open_folder, open_folder / "a", open_folder / "a/b"]
    before = [(mode(parent), parent.stat().st_uid) for parent in parents]
    with start_postgres(open_folder / "a/b/postgres", fast=True) as server, psycopg.connect(server.url) as connection:
        assert connection.execute("select 1").fetchone() == (1,)
        assert (open_folder / "a/b/postgres/cluster").stat().st_uid != 0
    assert [(mode(parent), parent.stat().st_uid) for parent in parents] == before


def test_a_closed_parent_stays_closed(open_folder):
    closed = open_folder / "closed"
    closed.mkdir(mode=0o700)
    if AS_ROOT:
        with pytest.raises(Unavailable, match=rf"may not enter {closed}\. Set HUB_DATA_DIR"):
            start_postgres(closed / "postgres", fast=True)
        assert list(closed.iterdir()) == []
    else:
        start_postgres(closed / "postgres", fast=True).stop()
    assert mode(closed) == 0o700


def test_missing_parents_are_made_so_that_the_account_can_pass(open_folder):
    before = os.umask(0o077)
    try:
        folder = ServiceFolder(open_folder / "new/er/postgres", service="Postgres", contents=frozenset(), lend=True)
        folder.release()
    finally:
        os.umask(before)
    assert folder.account is None or folder.account.can_enter(folder.path)
    assert mode(folder.path) == 0o700


def test_a_folder_with_other_things_in_it_keeps_its_owner(open_folder):
    (open_folder / "letters").write_text("private")
    with suppress(Conflict):  # as an ordinary user there is no owner to change
        ServiceFolder(open_folder, service="Postgres", contents=frozenset(), lend=True).release()
    assert open_folder.stat().st_uid == os.geteuid()
    assert mode(open_folder) == 0o755


def test_programs_in_a_closed_folder_are_run_and_the_folder_stays_closed(open_folder):
    closed, copies = open_folder / "closed", open_folder / "copies"
    copies.mkdir()
    closed.mkdir()
    found = find_postgres()
    if not found.from_wheel:
        pytest.skip("no wheel of Postgres for this platform: nothing that could be copied")
    inside = wheel_in(closed)
    closed.chmod(0o700)
    binaries = PostgresBinaries(folder=inside.folder, version=inside.version, from_wheel=True)
    with (
        start_postgres(open_folder / "postgres", fast=True, binaries=binaries, copies=copies) as server,
        psycopg.connect(server.url) as connection,
    ):
        assert connection.execute("select 1").fetchone() == (1,)
    assert mode(closed) == 0o700
    assert len(list(copies.iterdir())) == (1 if AS_ROOT else 0)


ORDINARY_USER = """
import encodings.ascii, encodings.idna, os, sys
from pathlib import Path
import psycopg, redis
from boeing_data_hub_sandbox.services.binaries import PostgresBinaries
from boeing_data_hub_sandbox.services.postgres import start_postgres
from boeing_data_hub_sandbox.services.redis import start_redis
folder, bin_, version, program = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], Path(sys.argv[4])
if os.geteuid() == 0:
    # Everything is imported by now: this user may not be able to read our Python.
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
assert os.geteuid() != 0
binaries = PostgresBinaries(folder=bin_, version=version, from_wheel=False)
with start_postgres(folder / "postgres", fast=True, binaries=binaries) as postgres:
    with psycopg.connect(postgres.url) as connection:
        connection.execute("create table part as select 'WF338109' as sku")
    postgres.restart()
    with start_redis(folder / "redis", program=program) as server:
        client = redis.Redis.from_url(server.url)
        client.ping()
        client.close()
    with psycopg.connect(postgres.url) as connection:
        print(*connection.execute("select sku from part").fetchone())
"""


def test_an_ordinary_user_can_run_both(open_folder):
    home = open_folder / "home"
    home.mkdir()
    redis_server = Path(shutil.copy2(find_redis(), open_folder))
    binaries = wheel_in(open_folder)
    if AS_ROOT:
        os.chown(home, 65534, 65534)
    arguments = [str(home), str(binaries.folder), binaries.version, str(redis_server)]
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", ORDINARY_USER, *arguments],
        capture_output=True,
        text=True,
        timeout=allow(60),
        cwd="/",
        check=False,
    )
    assert (done.stdout, done.stderr, done.returncode) == ("WF338109\n", "", 0)
    if AS_ROOT:
        owners = {path.stat().st_uid for path in home.rglob("*")}
        assert owners == {65534}
        # What that user began, root goes on with, as that user.
        with start_postgres(home / "postgres", fast=True, binaries=binaries) as server:
            assert Path(f"/proc/{server.pid}").stat().st_uid == 65534
        assert {path.stat().st_uid for path in home.rglob("*")} == {65534}
