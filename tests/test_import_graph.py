"""What the layers of `pyproject.toml` cannot say: no two modules need each other, in the hub or in its sandbox."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import grimp
import pytest

import boeing_data_hub

PACKAGES = ("boeing_data_hub", "boeing_data_hub_sandbox")


@pytest.fixture(scope="module")
def imports():
    """Each module with those it imports, imports for types included."""
    graph = grimp.build_graph(*PACKAGES, cache_dir=None)
    return {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}


def test_no_module_imports_itself_by_way_of_others(imports):
    try:
        order = list(TopologicalSorter(imports).static_order())
    except CycleError as error:
        pytest.fail(" → ".join(error.args[1]))
    assert len(order) == len(imports) > 300


def test_the_hub_imports_nothing_of_its_sandbox(imports):
    hub, sandbox = PACKAGES
    assert not [
        (module, found)
        for module, those in imports.items()
        for found in those
        if not module.startswith(sandbox) and found.startswith(sandbox)
    ]
    assert any(found.startswith(f"{hub}.cli") for found in imports[f"{sandbox}.system"])


def test_no_module_is_longer_than_can_be_read_at_once():
    hub = Path(boeing_data_hub.__file__).parent
    lines = {path: path.read_text(encoding="utf-8").count("\n") for path in hub.rglob("*.py")}
    assert {path.name: count for path, count in lines.items() if count > 300} == {}
