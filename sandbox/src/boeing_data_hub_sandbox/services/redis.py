"""An embedded Valkey, or Redis, on a loopback port. It carries wake-ups only, so a test may take all its data away."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Self

import redis

from boeing_data_hub.cli.machine.children import end, exit_code, spawn
from boeing_data_hub.cli.machine.ports import LOOPBACK, free_port
from boeing_data_hub.errors import Unavailable
from boeing_data_hub_sandbox.services.binaries import find_redis
from boeing_data_hub_sandbox.services.folder import ServiceFolder
from boeing_data_hub_sandbox.services.orphans import wait_for_orphans
from boeing_data_hub_sandbox.services.startup import log_from_here, wait_until_ready

_CONF, _LOG, _DATA = "redis.conf", "redis.log", "data"
_CONTENTS = frozenset({_CONF, _LOG, f"{_LOG}.1", _DATA})
_STOP_WITHIN = 20.0
_PORT_TRIES = 5


class RedisServer:
    """A running Redis. Made by `start_redis`; a context manager that stops it.

    Attributes:
        url: `redis://:PASSWORD@127.0.0.1:PORT/0`, the same after a restart.
    """

    def __init__(self, folder: ServiceFolder, program: Path, *, port: int | None) -> None:
        self._folder = folder
        self._program = program
        self._data = folder.path / _DATA
        self._password = secrets.token_hex(24)
        self._port, self._process = self._launch_anywhere() if port is None else (port, self._launch(port))
        self.url = f"redis://:{self._password}@{LOOPBACK}:{self._port}/0"

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

    def stop(self) -> None:
        """Have it save what it holds, end it, leave the folder to others; safe to repeat."""
        end(self._process, sig=signal.SIGTERM, timeout=_STOP_WITHIN)
        self._folder.release()

    def restart(self, *, empty: bool = True) -> None:
        """`kill -9` it and start it again with the same URL.

        Call it in the thread that started it, or in one that lives as long (see `children.spawn`).

        Args:
            empty: take all its data away in between.

        Raises:
            Unavailable: it does not come back; the message has the end of its log.
        """
        end(self._process, sig=signal.SIGKILL, timeout=_STOP_WITHIN)
        self._folder.claim()
        if empty:
            shutil.rmtree(self._data)
        self._process = self._launch(self._port)

    def _launch_anywhere(self) -> tuple[int, subprocess.Popen[bytes]]:
        for tries_left in reversed(range(_PORT_TRIES)):
            port = free_port()
            try:
                return port, self._launch(port)
            except Unavailable as error:
                # Somebody took the port after we looked.
                if not tries_left or "Could not create server TCP" not in error.message:
                    raise
        raise AssertionError  # the last try returns or raises

    def _launch(self, port: int) -> subprocess.Popen[bytes]:
        self._data.mkdir(mode=0o700, exist_ok=True)
        wait_for_orphans(self._data, service="Redis", programs=("redis-server", "valkey-server"))
        self._write_configuration(port)
        log = log_from_here(self._folder.path / _LOG, self._password)
        output = self._folder.open_log(_LOG)
        try:
            process = spawn(
                [self._program, self._folder.path / _CONF],
                env={"PATH": os.defpath, "TZ": "UTC"},
                cwd=self._data,
                stdout=output,
                on_parent_death=signal.SIGTERM,
            )
        finally:
            os.close(output)
        try:
            wait_until_ready(process, lambda: self._answers(port), service="Redis", log=log)
        except BaseException:
            end(process, sig=signal.SIGKILL, timeout=5.0)
            raise
        return process

    def _write_configuration(self, port: int) -> None:
        """In a private file, because every user can read the arguments of a process."""
        lines = {
            "bind": LOOPBACK,
            "port": str(port),
            "requirepass": self._password,
            "appendonly": "yes",
            "save": '""',
            # Out of memory, an error reaches the sender; an evicted hint would vanish without a word.
            "maxmemory-policy": "noeviction",
            "daemonize": "no",
        }
        text = "".join(f"{name} {value}\n" for name, value in lines.items())
        with os.fdopen(self._folder.open(_CONF, os.O_WRONLY | os.O_TRUNC), "w", encoding="utf-8") as conf:
            conf.write(text)

    def _answers(self, port: int) -> bool:
        client = redis.Redis(host=LOOPBACK, port=port, password=self._password, socket_timeout=5.0)
        try:
            # No other server knows the password. (redis-py leaves keyword arguments untyped.)
            return bool(client.ping())  # pyright: ignore[reportUnknownMemberType]
        except redis.RedisError:
            return False
        finally:
            client.close()


def start_redis(data_dir: Path, *, port: int | None = None, program: Path | None = None) -> RedisServer:
    """Start Redis on `data_dir` and return once it answers. Its password is new at every start.

    It ends when we do, even by `kill -9`, if called in a thread that lives as long (see `children.spawn`).

    Args:
        data_dir: a folder for nothing else.
        port: loopback port; None takes a free one.
        program: the server; None finds it.

    Raises:
        Unavailable: no Redis was found, the folder cannot be used, or the server does not come up.
        Conflict: a server runs on `data_dir` already.
    """
    program = program or find_redis()
    folder = ServiceFolder(data_dir, service="Redis", contents=_CONTENTS)
    try:
        return RedisServer(folder, program, port=port)
    except BaseException:
        folder.release()
        raise
