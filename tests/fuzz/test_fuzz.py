"""The API is as its description says, for every identity: schemathesis sends what the description allows, and what it
forbids, and holds each answer against it.

`make fuzz CASES=500` sends up to so many random ones per operation and identity, and follows the links between
operations. Its end says how many there were, and with which seed: `make fuzz CASES=500 SEED=…` sends them again.
"""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
import time
from pathlib import Path
from string import Template

import pytest
from tests.support.patience import Deadline, allow

from boeing_data_hub.web.app import create_app
from boeing_data_hub.web.part_number_pattern import pattern

pytestmark = [pytest.mark.services, pytest.mark.fuzz]

HERE = Path(__file__).parent
CASES = os.environ.get("BDH_FUZZ_CASES")
SEED = os.environ.get("BDH_FUZZ_SEED") or (str(random.getrandbits(32)) if CASES else "1")
STILL = 600
"""The seconds without a single request after which a run counts as stuck. No run is stopped because it is long."""
PART_NUMBERS = [
    "WF338109",
    "P512777=K3",
    "an3-43a",
    " NAS1149F0363P\t",
    "\uff21\uff2e3\u20115",
    '1/4-20 X 3"',
    "A" * 50,
]
_COUNTED = re.compile(r"^ *Test cases:\s*(.+)$", re.MULTILINE)


def how(identity):
    """The phases and the number of random requests. The fixed run has one identity try every operation thoroughly."""
    if CASES:
        return ["--phases", "examples,coverage,fuzzing,stateful", "--max-examples", CASES]
    phases = "examples,coverage,fuzzing" if identity == "admin" else "examples,fuzzing"
    return ["--phases", phases, "--max-examples", "1", "--no-shrink"]


def eased(described):
    """The description, but for what schemathesis takes minutes to invent: a part number of the greatest length.

    The pattern of part numbers allows 50 characters and blanks around them, and `maxLength` stands beside it. In the
    phase `coverage`, schemathesis draws from the pattern and throws away whatever is not exactly so long, thousands of
    times, before it sends anything. Examples spare it most other draws. What is too long is in `tests/values/` and
    `tests/web/`.
    """
    if isinstance(described, list):
        return [eased(one) for one in described]
    if not isinstance(described, dict):
        return described
    if described.get("pattern") in {pattern(of_list=False), pattern(of_list=True)}:
        return {**{name: one for name, one in described.items() if name != "maxLength"}, "examples": PART_NUMBERS}
    return {name: eased(one) for name, one in described.items()}


@pytest.mark.timeout(0)  # `_ended` looks for progress instead
@pytest.mark.parametrize("identity", ["none", "read", "search", "publish", "admin"])
def test_every_answer_is_as_the_description_says(identity, hub, server, make_key, tmp_path, record_property):
    description = tmp_path / "openapi.json"  # as a file: without a key nobody gets it
    description.write_text(json.dumps(eased(create_app(hub).openapi())), encoding="utf-8")
    keys = [] if identity == "none" else ["-H", f"Authorization: Bearer {make_key(identity)}"]
    command = [
        *(Path(sys.executable).parent / "st", "--config-file", _configured(tmp_path), "run", description),
        *("--url", server.url, "--checks", "all", "--exclude-checks", "positive_data_acceptance,use_after_free"),
        *("--continue-on-failure", "--no-color", "--request-timeout", "180", "--warnings", "off"),
        *("--suppress-health-check", "all", "--seed", SEED, *keys, *how(identity)),
    ]
    began = server.requests()
    status, told = _ended(command, server, tmp_path)
    counted = _COUNTED.search(told)
    record_property(
        "fuzzed",
        f"{identity}: {server.requests() - began} requests; {counted[1] if counted else 'no cases'}; seed {SEED}",
    )
    assert status == 0, f"Seed {SEED}. {told[-20_000:]}"


def _ended(command, server, folder):
    """The exit status of schemathesis and what it printed. Fails when no request arrives for `STILL` seconds."""
    printed = folder / "printed.txt"
    with printed.open("w", encoding="utf-8") as out:
        running = subprocess.Popen(command, cwd=folder, stdout=out, stderr=subprocess.STDOUT, env=_quiet(folder))
        seen, deadline = server.requests(), Deadline(STILL)
        while running.poll() is None:
            if server.requests() != seen:
                seen, deadline = server.requests(), Deadline(STILL)
            if deadline.passed:
                running.kill()
                running.wait()
                pytest.fail(f"no request in {STILL} s. Seed {SEED}. {printed.read_text(encoding='utf-8')[-20_000:]}")
            time.sleep(0.5)
    return running.returncode, printed.read_text(encoding="utf-8")


def _configured(folder):
    """The configuration, with the seconds within which this machine should answer."""
    text = Template((HERE / "schemathesis.toml").read_text(encoding="utf-8"))
    written = folder / "schemathesis.toml"
    written.write_text(text.substitute(quick=allow(10), waiting=60 + allow(10)), encoding="utf-8")
    return written


def _quiet(folder):
    return {**os.environ, "NO_PROXY": "*", "HOME": str(folder), "SCHEMATHESIS_HOOKS": str(HERE / "judging.py")}
