"""Builds every fault into a copy of the source, and expects its tests to turn red: `make mutants`.

The tests run against the copy, which comes before the installed package on Python's path. Names as arguments choose
faults.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.mutants.faults import MUTANTS, Mutant
from tests.mutants.mutated import applied

_ROOT = Path(__file__).parents[2]
_PACKAGE = _ROOT / "src" / "boeing_data_hub"
_LONGEST = 1200  # seconds; a fault that hangs the tests is found, too


def main(names: list[str]) -> int:
    """Try the faults of these names, or all. Returns how many survived."""
    chosen = [each for each in MUTANTS if not names or each.name in names]
    survivors = [each for each in chosen if not _is_found(each)]
    for each in survivors:
        _say(f"SURVIVED {each.name}: {each.fault}")
    _say(f"{len(chosen) - len(survivors)} of {len(chosen)} faults were found")
    return len(survivors)


def _is_found(mutant: Mutant) -> bool:
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="bdh-mutant-") as folder:
        copy = Path(folder) / "src" / "boeing_data_hub"
        shutil.copytree(_PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
        for path, text in applied(mutant, copy).items():
            path.write_text(text)
        order = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "--no-header", *mutant.tests]
        environment = {**os.environ, "PYTHONPATH": str(copy.parent), "PYTHONDONTWRITEBYTECODE": "1"}
        try:
            ended = subprocess.run(
                order, cwd=_ROOT, env=environment, capture_output=True, text=True, timeout=_LONGEST, check=False
            )
        except subprocess.TimeoutExpired:
            _say(f"{mutant.name}: found, the tests hung")
            return True
    if ended.returncode not in {0, 1}:  # nothing collected, or a wrong argument
        raise SystemExit(f"{mutant.name}: the tests could not run.\n{ended.stdout[-2000:]}{ended.stderr[-2000:]}")
    red = [line for line in ended.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    by = red[0].split(" - ")[0].removeprefix("FAILED ") if red else "nothing"
    took = time.monotonic() - began
    _say(f"{mutant.name}: {'found by' if red else 'NOT FOUND by'} {by} ({took:.0f} s)")
    return bool(red)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(1 if main(sys.argv[1:]) else 0)
