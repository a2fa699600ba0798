"""The table of security requirements is whole, and its evidence exists."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[1]
TABLE = (ROOT / "docs" / "asvs.md").read_text()
ROWS = re.findall(r"^\| (\d+\.\d+\.\d+) \| ([12]) \| ([a-z ]+) \| (.+) \|$", TABLE, re.MULTILINE)
FILE = re.compile(r"`((?:[\w.-]+/)*[\w.-]+\.(?:py|html|js|conf|yaml|md|sql))(?:::(\w+))?`")


def test_every_requirement_has_one_verdict_and_a_reason():
    assert len(ROWS) == len({number for number, *_ in ROWS}) == 253
    verdicts = Counter(verdict for _, _, verdict, _ in ROWS)
    assert set(verdicts) == {"holds", "falls short", "not applicable", "not judged"}
    assert f"{verdicts['holds']} hold, {verdicts['falls short']} fall short" in TABLE
    assert all(evidence.strip() for *_, evidence in ROWS)


def test_the_files_and_tests_that_are_named_exist():
    for number, _, _, evidence in ROWS:
        for name, test in FILE.findall(evidence):
            found = [path for path in (ROOT / name, ROOT / "src" / "boeing_data_hub" / name) if path.exists()]
            assert found, (number, name)
            assert not test or f"def {test}(" in found[0].read_text(), (number, test)
