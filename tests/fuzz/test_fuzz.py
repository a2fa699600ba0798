"""The API is as its description says, for every identity: schemathesis sends what the description allows, and what it
forbids, and holds each answer against it.

`make fuzz CASES=500` sends up to so many random ones per operation and
identity, and follows the links between operations.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.patience import allow

from boeing_data_hub.web.app import create_app

pytestmark = [pytest.mark.services, pytest.mark.fuzz]

HERE = Path(__file__).parent
CASES = os.environ.get("BDH_FUZZ_CASES")
SECONDS = 24 * 3600 if CASES else 300


def how(identity):
    """The phases and the number of random requests. The fixed run has one identity try every operation thoroughly."""
    if CASES:
        return ["--phases", "examples,coverage,fuzzing,stateful", "--max-examples", CASES]
    phases = "examples,coverage,fuzzing" if identity == "admin" else "examples,fuzzing"
    return ["--phases", phases, "--max-examples", "1", "--seed", "1", "--no-shrink"]


@pytest.mark.timeout(SECONDS)
@pytest.mark.parametrize("identity", ["none", "read", "search", "publish", "admin"])
def test_every_answer_is_as_the_description_says(identity, hub, server, make_key, tmp_path):
    description = tmp_path / "openapi.json"  # as a file: without a key nobody gets it
    description.write_text(json.dumps(create_app(hub).openapi()), encoding="utf-8")
    keys = [] if identity == "none" else ["-H", f"Authorization: Bearer {make_key(identity)}"]
    command = [
        *(Path(sys.executable).parent / "st", "--config-file", HERE / "schemathesis.toml", "run", description),
        *(
            "--url",
            server,
            "--checks",
            "all",
            "--exclude-checks",
            "positive_data_acceptance,use_after_free",
            "--continue-on-failure",
            "--no-color",
            "--request-timeout",
            "90",
        ),
        *("--warnings", "off", "--suppress-health-check", "all", *keys, *how(identity)),
    ]
    ended = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, timeout=allow(SECONDS), check=False, env=_quiet(tmp_path)
    )
    assert ended.returncode == 0, ended.stdout[-20_000:] + ended.stderr[-2_000:]


def _quiet(folder):
    return {**os.environ, "NO_PROXY": "*", "HOME": str(folder), "SCHEMATHESIS_HOOKS": str(HERE / "judging.py")}
