"""Every fault of `faults.py` still has its place in the code, and the result is a program."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from tests.mutants.faults import MUTANTS, Mutant
from tests.mutants.mutated import applied

from boeing_data_hub import __file__ as package

_ROOT = Path(__file__).parents[2]
_DOC = _ROOT / "docs" / "reliability.md"


@pytest.mark.parametrize("mutant", MUTANTS, ids=[each.name for each in MUTANTS])
def test_a_fault_still_has_its_place(mutant: Mutant):
    for path, text in applied(mutant, Path(package).parent).items():
        if path.suffix == ".py":
            ast.parse(text)
    for each in mutant.tests:
        assert (_ROOT / each.partition("::")[0]).exists(), each


@pytest.mark.parametrize("number", range(1, 25))
def test_all_24_are_there(number: int):
    assert [each for each in MUTANTS if each.name.rstrip("abc") == f"M{number}"]


@pytest.mark.parametrize("mutant", MUTANTS, ids=[each.name for each in MUTANTS])
def test_the_page_has_a_row_for_each(mutant: Mutant):
    assert f"| {mutant.name} | {mutant.fault} |" in _DOC.read_text()
