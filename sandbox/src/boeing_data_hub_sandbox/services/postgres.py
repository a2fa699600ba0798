"""An embedded Postgres on a loopback port: made on first use, started, restarted and stopped by us.

The rest of the hub sees only its URL, and cannot tell it from a server somewhere else.
"""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path
from typing import Literal, Self

from boeing_data_hub.cli.machine.children import end, exit_code, spawn
from boeing_data_hub.cli.machine.ports import LOOPBACK, free_port
from boeing_data_hub.errors import Unavailable
from boeing_data_hub_sandbox.services.account import Account
from boeing_data_hub_sandbox.services.binaries import PostgresBinaries, find_postgres
from boeing_data_hub_sandbox.services.cluster import (
    CLUSTER,
    CONTENTS,
    DATABASE,
    ENVIRONMENT,
    LOG,
    ROLE,
    forget_crash,
    furnish,
    made_by,
    make_cluster,
    read_password,
)
from boeing_data_hub_sandbox.services.folder import ServiceFolder
from boeing_data_hub_sandbox.services.orphans import wait_for_orphans
from boeing_data_hub_sandbox.services.readable_copy import COPIES, readable_copy
from boeing_data_hub_sandbox.services.startup import log_from_here, wait_until_ready

_STOP_WITHIN = 60.0
_PORT_TRIES = 5
_SIGNALS = {"smart": signal.SIGTERM, "fast": signal.SIGINT, "immediate": signal.SIGQUIT}

_SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "shared_buffers": "128MB",
    "max_connections": "100",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "cluster_name": "boeing-data-hub",
    "logging_collector": "off",
    "log_destination": "stderr",
}
# What a crash of the machine would cost: everything. A crash of Postgres costs nothing: commits still reach the kernel.
_FAST = {"fsync": "off", "full_page_writes": "off", "max_wal_size": "128MB"}  # it may lie in memory


class Postgres:
    """A running Postgres. Made by `start_postgres`; a context manager that stops it.

    Attributes:
        url: `postgresql://hub:PASSWORD@127.0.0.1:PORT/hub`, the same after a restart.
    """

    def __init__(
        self, folder: ServiceFolder, binaries: PostgresBinaries, *, password: str, port: int | None, fast: bool
    ) -> None:
        self._folder = folder
        self._binaries = binaries
        self._password = password
        self._fast = fast
        self._cluster = folder.path / CLUSTER
        self._port, self._process = self._launch_anywhere() if port is None else (port, self._launch(port))
        self.url = f"postgresql://{ROLE}:{password}@{LOOPBACK}:{self._port}/{DATABASE}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """Process id of the server; another one after a restart."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """False once it was stopped or died by itself; then `restart` brings it back."""
        return exit_code(self._process) is None

    def stop(self, mode: Literal["smart", "fast", "immediate"] = "fast") -> None:
        """Stop it and leave the folder to others; safe to repeat.

        Args:
            mode: `smart` waits for clients to leave (and is forced after a minute), `fast` ends their transactions,
                `immediate` stops as a crash would, to be recovered from at the next start.
        """
        end(self._process, sig=_SIGNALS[mode], timeout=_STOP_WITHIN)
        self._folder.release()

    def restart(self, *, immediate: bool = True) -> None:
        """Stop it, by default as a crash would, and start it again with the same URL.

        Call it in the thread that started it, or in one that lives as long (see `children.spawn`).

        Raises:
            Unavailable: it does not come back; the message has the end of its log.
        """
        end(self._process, sig=_SIGNALS["immediate" if immediate else "fast"], timeout=_STOP_WITHIN)
        self._folder.claim()
        self._process = self._launch(self._port)

    def _launch_anywhere(self) -> tuple[int, subprocess.Popen[bytes]]:
        for tries_left in reversed(range(_PORT_TRIES)):
            port = free_port()
            try:
                return port, self._launch(port)
            except Unavailable as error:
                # Somebody took the port after we looked.
                if not tries_left or "could not bind" not in error.message:
                    raise
        raise AssertionError  # the last try returns or raises

    def _launch(self, port: int) -> subprocess.Popen[bytes]:
        wait_for_orphans(self._cluster, service="Postgres", programs=("postgres",))
        forget_crash(self._cluster)
        account = self._folder.account
        log = log_from_here(self._folder.path / LOG, self._password)
        output = self._folder.open_log(LOG)
        settings = _SETTINGS | {"port": str(port)} | (_FAST if self._fast else {})
        try:
            process = spawn(
                [
                    self._binaries.folder / "postgres",
                    "-D",
                    self._cluster,
                    *(part for name, value in settings.items() for part in ("-c", f"{name}={value}")),
                ],
                env=ENVIRONMENT,
                cwd=Path("/"),
                user=account.uid if account else None,
                group=account.gid if account else None,
                stdout=output,
                on_parent_death=signal.SIGINT,
            )
        finally:
            os.close(output)
        try:
            wait_until_ready(process, lambda: furnish(port, self._password), service="Postgres", log=log)
        except BaseException:
            end(process, sig=signal.SIGQUIT, timeout=5.0)
            raise
        return process


def start_postgres(
    data_dir: Path,
    *,
    port: int | None = None,
    fast: bool = False,
    binaries: PostgresBinaries | None = None,
    copies: Path = COPIES,
) -> Postgres:
    """Start Postgres on `data_dir`, making the database `hub` on first use, and return once it answers.

    It ends when we do, even by `kill -9`, if called in a thread that lives as long (see `children.spawn`). As root it
    runs as the account that owns `data_dir`, which is given to an unprivileged one on first use.

    Args:
        data_dir: a folder for nothing else. As root: below folders that every user may enter.
        port: loopback port; None takes a free one.
        fast: give up safety against power cuts for speed: for tests and demonstrations.
        binaries: the programs; None finds them.
        copies: where a copy of the programs goes if the account cannot reach them.

    Raises:
        Unavailable: no Postgres was found, the folder is out of the account's reach, or the server does not come up.
        Conflict: a server runs on `data_dir` already, or the folder holds other things.
    """
    folder = ServiceFolder(data_dir, service="Postgres", contents=CONTENTS, lend=True)
    try:
        cluster = folder.path / CLUSTER
        binaries = _reachable(binaries or find_postgres(major=made_by(cluster)), folder.account, copies)
        password = read_password(folder)
        if made_by(cluster) is None:
            make_cluster(folder, binaries, sync=not fast)
        return Postgres(folder, binaries, password=password, port=port, fast=fast)
    except BaseException:
        folder.release()
        raise


def _reachable(binaries: PostgresBinaries, account: Account | None, copies: Path) -> PostgresBinaries:
    """The same programs where the account can run them."""
    if account is None or account.can_run(binaries.folder / "postgres"):
        return binaries
    if binaries.from_wheel:
        return readable_copy(binaries, copies)
    raise Unavailable(
        f"The user {account.name}, as whom Postgres runs because it refuses root, cannot run"
        f" {binaries.folder / 'postgres'}. Run `make setup`, which brings a Postgres that can be copied.",
        code="postgres_unreachable",
    )
