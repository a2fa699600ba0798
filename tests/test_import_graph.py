"""What the layers of `pyproject.toml` cannot say: no two modules need each other, in the hub or in its sandbox."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter

import grimp
import pytest

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
