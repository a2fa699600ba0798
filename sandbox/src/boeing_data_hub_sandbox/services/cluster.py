"""What lies on disk and inside of the embedded Postgres: the data folder, who uses it, its role and its database."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
from psycopg import sql

from boeing_data_hub.cli.machine.children import end, spawn
from boeing_data_hub.cli.machine.ports import LOOPBACK
from boeing_data_hub.errors import Conflict, Unavailable
from boeing_data_hub_sandbox.services.binaries import PostgresBinaries
from boeing_data_hub_sandbox.services.folder import ServiceFolder
from boeing_data_hub_sandbox.services.startup import log_from_here

CLUSTER = "cluster"
LOG = "postgres.log"
DATABASE = "hub"
ROLE = "hub"
# Ours may hold PGDATA, PGPORT or a library path that is meant for another Postgres.
ENVIRONMENT = {"PATH": os.defpath, "TZ": "UTC", "LC_ALL": "C"}

_DRAFT, _PASSWORD = "cluster.new", "password"
CONTENTS = frozenset({CLUSTER, _DRAFT, _PASSWORD, LOG, f"{LOG}.1"})

_SUPERUSER = "postgres"
_LOCALE = "C.UTF-8" if sys.platform == "linux" else "C"  # elsewhere the system may not know C.UTF-8
_INITDB_WITHIN = 120.0


def made_by(cluster: Path) -> int | None:
    """Major version of the Postgres that made the data folder, the only one that can run it; None if it is not made."""
    try:
        return int((cluster / "PG_VERSION").read_text("utf-8"))
    except FileNotFoundError:
        return None


def make_cluster(folder: ServiceFolder, binaries: PostgresBinaries, *, sync: bool) -> None:
    """Make the data folder: UTF-8, passwords asked of everyone. It appears in one step, so a killed start leaves none.

    Args:
        folder: of the service; the password lies there already.
        binaries: the Postgres that makes it.
        sync: force it to disk, so that it survives a power cut.

    Raises:
        Unavailable: initdb failed (`initdb_failed`); the message has the end of its log.
    """
    draft = folder.path / _DRAFT
    shutil.rmtree(draft, ignore_errors=True)
    log = log_from_here(folder.path / LOG, read_password(folder))
    output = folder.open_log(LOG)
    try:
        process = spawn(
            [
                binaries.folder / "initdb",
                f"--pgdata={draft}",
                f"--username={_SUPERUSER}",
                f"--pwfile={folder.path / _PASSWORD}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale-provider=libc",
                f"--locale={_LOCALE}",
                "--no-instructions",
                *([] if sync else ["--no-sync"]),
            ],
            env=ENVIRONMENT,
            cwd=Path("/"),
            user=folder.account.uid if folder.account else None,
            group=folder.account.gid if folder.account else None,
            stdout=output,
        )
    finally:
        os.close(output)
    try:
        code = process.wait(_INITDB_WITHIN)
    except subprocess.TimeoutExpired:
        code = None
    finally:
        end(process, sig=signal.SIGKILL, timeout=5.0)
    if code != 0:
        raise Unavailable(
            f"The database folder {folder.path} could not be made. The log {log.path} ends with:\n{log.tail()}",
            code="initdb_failed",
        )
    draft.rename(folder.path / CLUSTER)


def read_password(folder: ServiceFolder) -> str:
    """The password of the data folder, made on first use and kept beside it, so that the next start knows it.

    Raises:
        Conflict: there is data but its password is gone (`password_lost`).
    """
    file = folder.open(_PASSWORD, os.O_RDWR)
    with os.fdopen(file, "r+", encoding="utf-8") as stored:
        password = stored.read().strip()
        if password:
            return password
        if made_by(folder.path / CLUSTER) is not None:
            raise Conflict(
                f"The file {folder.path / _PASSWORD} is gone or empty, and with it the key to the data beside it."
                " Restore it, or set HUB_DATA_DIR to a new folder.",
                code="password_lost",
            )
        password = secrets.token_hex(24)
        stored.write(f"{password}\n")
        return password


def furnish(port: int, password: str) -> bool:
    """See to it that role and database exist; False while the server does not let us in yet.

    The role is no superuser but may do what the owner of a hosted database may do there (make roles and databases, pass
    row level security): a migration that needs more must fail here, too.
    """
    try:
        with psycopg.connect(
            host=LOOPBACK,
            port=port,
            user=_SUPERUSER,
            password=password,
            dbname="postgres",
            connect_timeout=2,
            sslmode="disable",
            autocommit=True,
        ) as connection:
            if connection.execute("select 1 from pg_roles where rolname = %s", [ROLE]).fetchone() is None:
                # Hashed here: a statement that fails is written to the log as it was sent.
                hashed = connection.pgconn.encrypt_password(password.encode(), ROLE.encode(), b"scram-sha-256")
                with connection.transaction():
                    connection.execute(
                        sql.SQL("create role {} login createdb createrole bypassrls password {}").format(
                            sql.Identifier(ROLE), sql.Literal(hashed.decode())
                        )
                    )
                    connection.execute(
                        sql.SQL("grant pg_monitor, pg_signal_backend to {}").format(sql.Identifier(ROLE))
                    )
            if connection.execute("select 1 from pg_database where datname = %s", [DATABASE]).fetchone() is None:
                connection.execute(
                    sql.SQL("create database {} owner {} template template0").format(
                        sql.Identifier(DATABASE), sql.Identifier(ROLE)
                    )
                )
    except psycopg.OperationalError:
        return False
    return True


def forget_crash(cluster: Path) -> None:
    """Remove the pid file of a server that crashed. Call it when no server works in the folder any more.

    Postgres itself believes the file whenever any process of the same user has that number by now. Only Linux lets us
    know better, so elsewhere its check stands.
    """
    if sys.platform == "linux":
        (cluster / "postmaster.pid").unlink(missing_ok=True)
