"""Folders that a service running as another user can reach, and waiting for a state instead of for a time."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.support.patience import until


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A fresh folder that every user may enter. Pytest's own are closed to all but us."""
    yield from _open_folder()


@pytest.fixture(scope="module")
def shared_folder() -> Iterator[Path]:
    yield from _open_folder()


def _open_folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="bdh-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def eventually() -> Callable[..., None]:
    def wait(holds: Callable[[], object], within: float = 15.0) -> None:
        until(holds, seconds=within, every=0.02)

    return wait


@pytest.fixture
def is_running() -> Callable[[int], bool]:
    """Whether a process exists and is no zombie."""

    def check(pid: int) -> bool:
        if sys.platform != "linux":
            try:
                os.kill(pid, 0)
            except ProcessLookupError:
                return False
            return True
        try:
            stat = Path(f"/proc/{pid}/stat").read_text()
        except (FileNotFoundError, ProcessLookupError):
            return False
        return stat.rpartition(")")[2].split()[0] not in {"Z", "X"}

    return check
