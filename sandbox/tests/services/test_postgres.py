from __future__ import annotations

import os
import signal
import socket
import sys
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from tests.support.patience import allow

from boeing_data_hub.cli.machine.children import end, spawn
from boeing_data_hub.errors import Conflict, Unavailable
from boeing_data_hub_sandbox.services.postgres import start_postgres

pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def shared(shared_folder):
    """One server for the tests that leave it as it was."""
    with start_postgres(shared_folder / "postgres", fast=True) as running:
        yield running


@pytest.fixture
def server(shared):
    """The same one for the tests that stop or break it: it is brought back afterwards."""
    yield shared
    if not shared.running:
        shared.restart(immediate=False)


def ask(url: str, question: str) -> tuple:
    with psycopg.connect(url) as connection:
        return connection.execute(question).fetchone()


def tell(url: str, statement: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(statement)


def password_of(url: str) -> str:
    return urlsplit(url).password or ""


def test_it_has_the_database_of_the_hub_in_utf_8(shared):
    question = "select current_database(), pg_encoding_to_char(encoding) from pg_database where datname = 'hub'"
    assert ask(shared.url, question) == ("hub", "UTF8")


def test_its_role_owns_the_database_but_is_no_superuser(shared):
    question = """
        select rolsuper, rolcreatedb, (select pg_get_userbyid(datdba) from pg_database where datname = 'hub')
        from pg_roles where rolname = current_user"""
    assert ask(shared.url, question) == (False, True, "hub")


def test_commits_reach_the_kernel_even_when_fast(shared):
    question = "select current_setting('synchronous_commit'), current_setting('fsync')"
    assert ask(shared.url, question) == ("on", "off")


def test_a_wrong_password_is_refused(shared):
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        ask(shared.url.replace(password_of(shared.url), "wrong"), "select 1")


def test_its_files_are_private(shared, shared_folder):
    folder = shared_folder / "postgres"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o077 for path in folder.iterdir()} == {0}


def test_its_password_is_neither_in_its_log_nor_among_its_arguments(shared, shared_folder):
    password = password_of(shared.url)
    assert password not in (shared_folder / "postgres/postgres.log").read_text()
    arguments = Path(f"/proc/{shared.pid}/cmdline")
    assert not arguments.exists() or password not in arguments.read_text()


def test_a_second_start_on_its_folder_is_refused(shared, shared_folder):
    with pytest.raises(Conflict, match=f"started by process {os.getpid()}.*HUB_DATA_DIR") as refusal:
        start_postgres(shared_folder / "postgres", fast=True)
    assert refusal.value.code == "service_running"
    assert ask(shared.url, "select 1") == (1,)


def test_data_and_password_survive_a_stop(open_folder):
    folder = open_folder / "deeper" / "postgres"
    with start_postgres(folder) as first:
        assert ask(first.url, "select current_setting('fsync'), current_setting('synchronous_commit')") == ("on", "on")
        tell(first.url, "create table part as select 'WF338109' as sku")
    # What a start that was killed in the middle of its work leaves behind.
    (folder / "cluster.new").mkdir()
    with start_postgres(folder) as second:
        assert ask(second.url, "select sku from part") == ("WF338109",)
        assert password_of(second.url) == password_of(first.url)


def test_a_commit_survives_an_immediate_restart_at_the_same_address(server, is_running):
    tell(server.url, "create table told as select 'WF338109' as sku")
    url, pid = server.url, server.pid
    server.restart(immediate=True)
    assert server.url == url
    assert ask(url, "select sku from told") == ("WF338109",)
    assert not is_running(pid)


def test_one_that_died_is_brought_back(server, eventually):
    os.kill(server.pid, signal.SIGKILL)
    eventually(lambda: not server.running)
    server.restart()
    assert server.running
    assert ask(server.url, "select 1") == (1,)


def test_stopping_twice_leaves_nothing(server, is_running):
    server.stop()
    server.stop()
    assert not is_running(server.pid)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the pid file is Postgres' own affair")
def test_a_pid_file_whose_number_went_to_another_process_does_not_block(server, shared_folder, eventually):
    owner = (shared_folder / "postgres").stat()
    pid_file = shared_folder / "postgres/cluster/postmaster.pid"
    crashed = pid_file.read_text().splitlines()
    os.kill(server.pid, signal.SIGKILL)
    eventually(lambda: not server.running)
    server.stop()
    same_user = {"user": owner.st_uid, "group": owner.st_gid} if os.geteuid() == 0 else {}
    bystander = spawn(["sleep", "60"], **same_user)
    try:
        pid_file.write_text("\n".join([str(bystander.pid), *crashed[1:]]) + "\n")
        with start_postgres(shared_folder / "postgres", fast=True) as again:
            assert ask(again.url, "select 1") == (1,)
        assert bystander.poll() is None
    finally:
        end(bystander, sig=signal.SIGKILL, timeout=allow(5))


def test_a_start_that_fails_shows_the_end_of_the_log_without_the_password(server, shared_folder):
    server.stop()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(Unavailable, match="could not bind") as failure:
            start_postgres(shared_folder / "postgres", fast=True, port=taken.getsockname()[1])
    assert failure.value.code == "service_ended"
    assert password_of(server.url) not in failure.value.message
    server.restart()  # the failed start left no claim behind
    assert ask(server.url, "select 1") == (1,)


def test_data_without_its_password_is_not_touched(server, shared_folder):
    server.stop()
    password = shared_folder / "postgres/password"
    password.rename(shared_folder / "kept")
    with pytest.raises(Conflict, match="Restore it") as refusal:
        start_postgres(shared_folder / "postgres", fast=True)
    (shared_folder / "kept").rename(password)
    assert refusal.value.code == "password_lost"
    assert (shared_folder / "postgres/cluster/PG_VERSION").exists()
