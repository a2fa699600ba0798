"""Images are named by digest in one step, all of them or none."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys

import pytest
from tests.ops.engine import ROOT

DIGEST = "sha256:" + "ab" * 32
FAKE = f"""#!/bin/sh
[ "$1 $2 $3" = "buildx imagetools inspect" ] || exit 9
[ "$4" != "$REFUSED" ] || {{ echo "no such image" >&2; exit 1; }}
echo {DIGEST}
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    for name in ("Dockerfile", "compose.yaml", "ops/pin_images.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    docker = tmp_path / "bin" / "docker"
    docker.parent.mkdir()
    docker.write_text(FAKE)
    docker.chmod(0o755)
    monkeypatch.setenv("PATH", f"{docker.parent}:/usr/bin:/bin")
    return tmp_path


def pin(project):
    return subprocess.run([sys.executable, project / "ops/pin_images.py"], check=False, capture_output=True, text=True)


def texts(project):
    return [(project / name).read_text() for name in ("Dockerfile", "compose.yaml")]


def test_every_image_of_another_maker_gets_its_digest_and_nothing_else_changes(project):
    before = texts(project)
    assert pin(project).returncode == 0
    after = texts(project)
    assert after[0].count(f"python:3.11-slim@{DIGEST}") == before[0].count("FROM python:") == 2
    for image in ("postgres:16", "redis:7"):
        assert f"image: {image}@{DIGEST}\n" in after[1]
    assert "image: boeing-data-hub\n" in after[1]  # ours
    assert [re.sub(r"@sha256:[0-9a-f]{64}", "", text) for text in after] == [
        re.sub(r"@sha256:[0-9a-f]{64}", "", text) for text in before
    ]
    assert pin(project).returncode == 0
    assert texts(project) == after


@pytest.mark.parametrize("image", ["python:3.11-slim", "postgres:16", "redis:7"])
def test_where_one_digest_cannot_be_had_no_file_changes(project, monkeypatch, image):
    monkeypatch.setenv("REFUSED", image)
    before = texts(project)
    ended = pin(project)
    assert ended.returncode == 1
    assert image in ended.stderr
    assert texts(project) == before
