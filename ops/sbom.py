"""`make sbom`: what a machine in production runs, as a CycloneDX document on standard output.

Packages and hashes come from `requirements-production.lock`, scripts from the console's `vendor` folder. Images are not
among them: their contents are known where they are built.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
_PACKAGE = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", re.MULTILINE)
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
_SCRIPT = re.compile(r"(.+)-(\d[\d.]*)\.min\.js")


def document(lock: str, vendored: Path) -> dict[str, Any]:
    """The document for a lock file's text and a folder of scripts named `NAME-VERSION.min.js`."""
    found = list(_PACKAGE.finditer(lock))
    ends = [one.start() for one in found[1:]] + [len(lock)]
    components = [
        _component(one[1], one[2], "pypi", _HASH.findall(lock[one.end() : end]))
        for one, end in zip(found, ends, strict=True)
    ]
    for path in sorted(vendored.iterdir()):
        if named := _SCRIPT.fullmatch(path.name):
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            components.append(_component(named[1], named[2], "npm", [digest]))
    return {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": components}


def _component(name: str, version: str, kind: str, hashes: list[str]) -> dict[str, Any]:
    """A library; every hash is of one of its files."""
    purl = f"pkg:{kind}/{name.lower()}@{version}"
    return {
        "type": "library",
        "name": name,
        "version": version,
        "purl": purl,
        "bom-ref": purl,
        "hashes": [{"alg": "SHA-256", "content": one} for one in hashes],
    }


def main() -> None:
    """Write the document."""
    lock = (ROOT / "requirements-production.lock").read_text()
    vendored = ROOT / "src" / "boeing_data_hub" / "web" / "console" / "static" / "vendor"
    json.dump(document(lock, vendored), sys.stdout, indent=1)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
