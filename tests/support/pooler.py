"""A real pgbouncer in front of the tests' Postgres, as hubs meet it on a host that has only a pooler."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from tests.support.patience import Deadline, allow

from boeing_data_hub.cli.machine.children import end, spawn
from boeing_data_hub.cli.machine.ports import free_port
from boeing_data_hub_sandbox.services.account import is_root, unprivileged_account

_SETTINGS = """[databases]
* = host=127.0.0.1 port={server}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {users}
pool_mode = {mode}
default_pool_size = {connections}
max_client_conn = 1000
server_idle_timeout = 10
server_login_retry = 1
log_connections = 0
log_disconnections = 0
"""


@contextmanager
def pgbouncer(server_url: str, folder: Path, *, mode: str = "transaction", connections: int = 10) -> Iterator[str]:
    """Starts one; gives its address, with the same user, password and database as the server's.

    Args:
        server_url: of Postgres.
        folder: that every user may enter.
        mode: transaction, or session.
        connections: to Postgres, at most, for each database.
    """
    server, port = urlsplit(server_url), free_port()
    home = folder / f"pgbouncer-{port}"
    home.mkdir()
    users, settings = home / "users", home / "pgbouncer.ini"
    users.write_text(f'"{server.username}" "{server.password}"\n')
    settings.write_text(
        _SETTINGS.format(server=server.port, port=port, users=users, mode=mode, connections=connections)
    )
    account = unprivileged_account() if is_root() else None  # pgbouncer refuses root, as Postgres does
    for path in (home, users, settings):
        path.chmod(0o700 if path is home else 0o600)
        if account is not None:
            os.chown(path, account.uid, account.gid)
    process = spawn(
        ["/usr/sbin/pgbouncer" if Path("/usr/sbin/pgbouncer").exists() else "pgbouncer", settings],
        user=account.uid if account else None,
        group=account.gid if account else None,
        cwd=Path("/"),
        stdout=home / "log",
    )
    address = urlunsplit(server._replace(netloc=server.netloc.replace(f":{server.port}", f":{port}")))
    try:
        _wait_for(address, home / "log")
        yield address
    finally:
        end(process, sig=signal.SIGTERM, timeout=allow(5.0))


def _wait_for(address: str, log: Path, *, seconds: float = 20) -> None:
    deadline = Deadline(seconds)
    while True:
        try:
            psycopg.connect(address, connect_timeout=round(allow(2))).close()
        except psycopg.OperationalError as error:
            if deadline.passed:
                raise AssertionError(f"pgbouncer does not answer: {log.read_text()}") from error
        else:
            return
