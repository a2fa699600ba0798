"""A person's first minutes with a hub on services of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.services

BDH = Path(sys.executable).with_name("bdh")


def test_the_doctor_can_be_asked_before_there_is_anything(bare_database_url, redis_url, outside, tmp_path):
    environment = {**os.environ, **outside.settings, "DATABASE_URL": bare_database_url, "REDIS_URL": redis_url}
    asked = subprocess.run([BDH, "doctor"], env=environment, check=False, capture_output=True, text=True, cwd=tmp_path)
    assert asked.returncode == 1, asked.stderr
    assert "Traceback" not in asked.stderr
    assert "ERROR   migrations: " in asked.stdout
    assert "Run `bdh db upgrade`" in asked.stdout
