"""The list of what production runs names every package of the lock file, with its hashes, and the scripts."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_package_and_script_is_named_with_its_hashes():
    done = subprocess.run([sys.executable, ROOT / "ops" / "sbom.py"], capture_output=True, check=True)
    found = {one["purl"]: one for one in json.loads(done.stdout)["components"]}
    lock = (ROOT / "requirements-production.lock").read_text()
    scripts = list((ROOT / "src" / "boeing_data_hub" / "web" / "console" / "static" / "vendor").glob("*.js"))
    assert len([one for one in found if one.startswith("pkg:pypi/")]) == len(
        [line for line in lock.splitlines() if line[:1].isalnum()]
    )
    assert sum(len(one["hashes"]) for one in found.values()) == lock.count("--hash=sha256:") + len(scripts)
    assert {one.removesuffix(".min.js") for one in (path.name for path in scripts)} == {
        f"{one['name']}-{one['version']}" for purl, one in found.items() if purl.startswith("pkg:npm/")
    }
    assert any(one.startswith("pkg:npm/htmx@2") for one in found)
