"""A hub in production has no sandbox installed: what needs one says so, and everything else works."""

from __future__ import annotations

import os
import re
import subprocess
import sysconfig
import venv
from pathlib import Path

import httpx2
import pytest
from tests.support.patience import allow

import boeing_data_hub

WITHOUT = ("boeing_data_hub", "_editable_impl_boeing_data_hub")


@pytest.fixture(scope="module")
def python(tmp_path_factory) -> Path:
    """A Python that has the hub and all that is installed here, but not the sandbox."""
    folder = tmp_path_factory.mktemp("production")
    venv.create(folder / "venv", symlinks=True)
    packages = folder / "packages"
    packages.mkdir()
    for entry in Path(sysconfig.get_path("purelib")).iterdir():
        if not entry.name.startswith(WITHOUT):
            (packages / entry.name).symlink_to(entry)
    (site,) = (folder / "venv" / "lib").glob("python*/site-packages")
    (site / "hub.pth").write_text(f"{packages}\n{Path(boeing_data_hub.__file__).parents[1]}\n")
    return folder / "venv" / "bin" / "python"


@pytest.fixture
def run(python, data_dir):
    """Runs `bdh` there."""

    def go(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [python, "-m", "boeing_data_hub.cli", *arguments], env={**os.environ, "HUB_DATA_DIR": str(data_dir / "hub"),
            **environment}, capture_output=True, text=True, check=False, timeout=allow(60),
        )  # fmt: skip

    return go


SOME = {"DATABASE_URL": "postgresql://hub@127.0.0.1:1/hub", "REDIS_URL": "redis://127.0.0.1:1/0"}


@pytest.mark.parametrize(
    ("arguments", "environment", "what"),
    [
        (["demo"], {}, "`bdh demo`"),
        (["demo", "--keep", "--limit", "9"], {}, "`bdh demo`"),
        (["demo", "--help"], {}, "`bdh demo`"),
        (["sandbox", "boeing", "--port", "0"], {}, "`bdh sandbox boeing`"),
        (["sandbox", "shopify", "--help"], {}, "`bdh sandbox shopify`"),
        (["up", "--sandbox"], {}, "`bdh up --sandbox`"),
        (["up", "--sandbox"], SOME, "`bdh up --sandbox`"),
        (["up"], {}, "`bdh up` without both DATABASE_URL and REDIS_URL"),
        (["up"], {"DATABASE_URL": SOME["DATABASE_URL"]}, "`bdh up` without both DATABASE_URL and REDIS_URL"),
        (["up"], {"REDIS_URL": SOME["REDIS_URL"]}, "`bdh up` without both DATABASE_URL and REDIS_URL"),
        (["up"], {**SOME, "DATABASE_URL": ""}, "`bdh up` without both DATABASE_URL and REDIS_URL"),
    ],
)
def test_a_command_that_needs_it_names_it_and_how_to_install_it(run, data_dir, arguments, environment, what):
    ended = run(*arguments, **environment)
    assert ended.returncode == 2, ended.stderr
    assert ended.stdout == ""
    assert ended.stderr.startswith(f"{what} needs the package boeing-data-hub-sandbox, which is not installed.")
    assert "Nothing was started." in ended.stderr
    assert "pip install ./sandbox" in ended.stderr
    assert not (data_dir / "hub").exists()


def test_the_help_still_names_every_command(run):
    said = run("--help").stdout
    assert all(re.search(rf"(?m)^  {name} +", said) for name in ("demo", "sandbox", "up", "serve", "search"))
    assert run("sandbox").returncode == 2


@pytest.mark.services
def test_the_hub_runs_on_configured_services_and_its_console_offers_no_sample_list(
    python, direct_url, redis_url, data_dir, started, wait
):
    environment = {**os.environ, "HUB_DATA_DIR": str(data_dir), "DATABASE_URL": direct_url, "REDIS_URL": redis_url}
    said = data_dir / "said"
    with said.open("wb") as out:
        process = started(
            subprocess.Popen(
                [python, "-m", "boeing_data_hub.cli", "up", "--port", "0"], env=environment, stdout=out, stderr=out
            )
        )
    wait.until(lambda: "Ctrl-C stops" in said.read_text() or process.poll() is not None, what="the hub's start")
    text = said.read_text()
    assert process.poll() is None, text
    url = re.search(r"ready at (http://\S+)", text)[1]
    link = re.search(r"^Console: (http://\S+)", text, re.MULTILINE)[1]
    with httpx2.Client(base_url=url, trust_env=False, follow_redirects=True, timeout=allow(10)) as browser:
        browser.post(link, headers={"Origin": url})
        overview, search = browser.get("/console"), browser.get("/console/search")
        assert (overview.status_code, search.status_code) == (200, 200)
        assert "Upload a list" in overview.text
        assert "Upload a file" in search.text
        for page in (overview, search):
            assert "sample list" not in page.text.lower()
        token = re.search(r'name="csrf" value="([^"]+)"', search.text)[1]
        asked = browser.post("/console/search/sample", data={"csrf": token}, headers={"Origin": url})
        assert asked.status_code == 404
        assert "The sample list comes with the sandbox" in asked.text
    process.terminate()
    assert process.wait(allow(20)) == 0


def test_the_rig_of_these_tests_has_the_hub_and_not_the_sandbox(python):
    code = (
        "from importlib.util import find_spec; "
        "print(find_spec('boeing_data_hub') is not None, find_spec('boeing_data_hub_sandbox'))"
    )
    said = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True, timeout=allow(30)).stdout
    assert said.strip() == "True None"
