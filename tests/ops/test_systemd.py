"""What systemd itself says of the units. It need not run: `systemd-analyze` reads them below a root of the test's own,
in which they lie where the guide puts them, beside this machine's own units.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from tests.ops.unit_files import FOLDER, PREFIX

pytestmark = pytest.mark.tools

SYSTEM_UNITS = Path("/usr/lib/systemd/system")
MOST_EXPOSED = 15  # tenths of a point of `systemd-analyze security`; 100 is an open house


def instance(file: Path) -> str:
    return file.name.replace("@.", "@8000.")


UNITS = sorted(instance(file) for file in FOLDER.glob("*.[st]*"))
SERVICES = [name for name in UNITS if name.endswith(".service")]


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    program = shutil.which("systemd-analyze")
    assert program, "`make test-tools` brings what these tests need"
    return subprocess.run([program, *arguments], check=False, capture_output=True, text=True, timeout=60)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A machine's files, as the guide leaves them."""
    (tmp_path / "etc/systemd").mkdir(parents=True)
    shutil.copytree(FOLDER, tmp_path / "etc/systemd/system")
    shutil.copytree(SYSTEM_UNITS, tmp_path / SYSTEM_UNITS.relative_to("/"), symlinks=True)
    (tmp_path / "lib").symlink_to("usr/lib")
    program = tmp_path / PREFIX.lstrip("/") / "bdh"
    program.parent.mkdir(parents=True)
    shutil.copy("/bin/true", program)
    return tmp_path


@pytest.mark.parametrize("unit", UNITS)
def test_systemd_has_nothing_to_say_against_a_unit(root, unit):
    found = analyze("verify", f"--root={root}", "--man=no", unit)
    assert (found.returncode, found.stdout + found.stderr) == (0, "")


@pytest.mark.parametrize(
    ("right", "wrong"), [("Restart=always", "Restart=forever"), ("/bin/bdh", "/bin/hub"), ("[Service]", "[Services]")]
)
def test_it_would_have_something_to_say(root, right, wrong):
    file = root / "etc/systemd/system/bdh-beat.service"
    file.write_text(file.read_text().replace(right, wrong, 1))
    found = analyze("verify", f"--root={root}", "--man=no", file.name)
    assert found.stdout + found.stderr


@pytest.mark.parametrize("unit", SERVICES)
def test_a_service_is_shut_in(root, unit):
    found = analyze("security", "--offline=true", f"--root={root}", f"--threshold={MOST_EXPOSED}", "--no-pager", unit)
    assert found.returncode == 0, found.stdout[-300:]


def test_an_open_service_would_be_noticed(root):
    file = root / "etc/systemd/system/bdh-beat.service"
    file.write_text(file.read_text().replace("ProtectSystem=strict", "ProtectSystem=no").replace("PrivateTmp=yes", ""))
    found = analyze("security", "--offline=true", f"--root={root}", f"--threshold={MOST_EXPOSED}", file.name)
    assert found.returncode != 0
