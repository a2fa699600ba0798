"""`bdh` as people and scripts run it, seen by its output and its exit code."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.support.patience import allow

from boeing_data_hub.cli.app import main

BDH = [sys.executable, "-m", "boeing_data_hub.cli"]


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Bdh:
    """Runs commands, each with the environment given here and its own."""

    def __init__(self, **environment: str) -> None:
        self.environment = {"HUB_DATA_DIR": "/nonexistent", **environment}

    def __call__(self, *arguments: str | Path, stdin: str | bytes = b"", **environment: str) -> Ended:
        """In this process, which spares each command the second in which Python loads its modules."""
        given = stdin.encode() if isinstance(stdin, str) else stdin
        out, err = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
            for name, value in {**self.environment, **environment}.items():
                patch.setenv(name, value)
            patch.setattr(sys, "argv", ["bdh", *map(str, arguments)])
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given), encoding="utf-8"))
            code: object = 0
            try:
                main()
            except SystemExit as end:
                code = end.code
        assert isinstance(code, int)
        return Ended(code, out.getvalue(), err.getvalue())

    def process(self, *arguments: str | Path, stdin: str | bytes = b"", **environment: str) -> Ended:
        """In a process of its own."""
        process = self.start(*arguments, stdin=subprocess.PIPE, **environment)
        try:
            given = stdin.encode() if isinstance(stdin, str) else stdin
            out, err = process.communicate(given, timeout=allow(60))
        finally:
            process.kill()
        # Every error is a sentence for people.
        assert b"Traceback" not in err, err.decode()
        return Ended(process.returncode, out.decode(), err.decode())

    def start(
        self, *arguments: str | Path, stdin: int = subprocess.DEVNULL, **environment: str
    ) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [*BDH, *map(str, arguments)],
            env={**os.environ, **self.environment, **environment},
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )


@pytest.fixture
def bdh() -> Bdh:
    """`bdh` on a machine where nothing is configured."""
    return Bdh()


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A folder that Postgres may walk through when it runs as another user."""
    folder = Path(tempfile.mkdtemp(prefix="bdh-cli-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def started() -> Iterator[Callable[[subprocess.Popen[bytes]], subprocess.Popen[bytes]]]:
    """Has a process that a test started ended with the test."""
    processes: list[subprocess.Popen[bytes]] = []

    def keep(process: subprocess.Popen[bytes]) -> subprocess.Popen[bytes]:
        processes.append(process)
        return process

    yield keep
    for process in processes:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.communicate()
