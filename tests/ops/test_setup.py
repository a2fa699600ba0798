"""`make setup` says how far it is, hides no error, and passes over the noise of package sources of one's own."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.patience import allow

PROGRAM = Path(__file__).parents[2] / "ops" / "install.py"


@pytest.fixture(scope="module")
def install():
    spec = importlib.util.spec_from_file_location("install", PROGRAM)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def setup(folder, lock, **environment):
    """Install a lock file without any package source, so that nothing can be installed."""
    (folder / "some.lock").write_text(lock)
    alone = {"PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull, "PIP_FIND_LINKS": "", **environment}
    return subprocess.run(
        [sys.executable, PROGRAM, "some.lock", "--log", "install.log"],
        cwd=folder, env={**os.environ, **alone}, capture_output=True, text=True, check=False, timeout=allow(60),
    )  # fmt: skip


def test_a_package_that_cannot_be_had_ends_it_with_pip_s_own_words_and_what_to_do(tmp_path):
    ended = setup(tmp_path, f"no-such-package==1.0 \\\n    --hash=sha256:{'0' * 64}\n")
    assert ended.returncode == 1
    assert "No matching distribution found for no-such-package==1.0" in ended.stdout
    assert "install.log" in ended.stdout
    assert "run `make setup` again" in ended.stdout
    assert "No matching distribution" in (tmp_path / "install.log").read_text()
    assert "Traceback" not in ended.stdout + ended.stderr


def test_a_package_that_was_tampered_with_is_refused_aloud(tmp_path):
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    (wheels / "tampered-1.0-py3-none-any.whl").write_bytes(b"PK")
    ended = setup(tmp_path, f"tampered==1.0 \\\n    --hash=sha256:{'0' * 64}\n", PIP_FIND_LINKS=str(wheels))
    assert ended.returncode == 1
    assert "THESE PACKAGES DO NOT MATCH THE HASHES" in ended.stdout
    assert f"Expected sha256 {'0' * 64}" in ended.stdout


def test_an_unreadable_lock_file_is_reported_with_pips_message(tmp_path):
    ended = setup(tmp_path, "this is no requirement\n")
    assert ended.returncode == 1
    assert "Invalid requirement" in ended.stdout


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ([], "pip is starting"),
        (["Collecting alembic==1.20.1 (from -r x (line 1))", "  Using cached alembic.whl (250 kB)"], "1 of 3, alembic"),
        (["Ignoring async-timeout: markers 'x' don't match", "Collecting b==1 (from -r x)"], "1 of 2, b"),
        (["Collecting a==1", "Collecting b==1", "Installing collected packages: a, b"], "all 3 packages are here"),
        (["WARNING: Location 'file:///x/' is ignored: it is neither a file nor a directory."], "pip is starting"),
    ],
)
def test_what_pip_says_becomes_how_far_it_is(install, said, told):
    progress = install.Progress(3)
    for line in said:
        progress.hear(line)
    assert told in progress.told(12.0)
    assert progress.told(12.0).startswith("   12 s: ")
