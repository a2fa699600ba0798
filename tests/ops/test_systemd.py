"""What systemd itself says of the units. It need not run: `systemd-analyze` reads them below a root of the test's own,
in which they lie where the guide puts them, beside this machine's own units.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from tests.ops.machine import Machine
from tests.ops.unit_files import FOLDER, PREFIX, Unit, read
from tests.support.patience import allow

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
    return subprocess.run([program, *arguments], check=False, capture_output=True, text=True, timeout=allow(60))


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


def behind_walls(unit: Unit) -> list[str]:
    walls = ",".join(unit.all("Service", "SystemCallFilter"))
    return ["/usr/bin/python3", str(Path(__file__).with_name("walls.py")), walls]


@pytest.mark.services
def test_the_job_is_done_behind_the_units_own_filter_of_system_calls(tmp_path, bare_database_url, redis_url, outside):
    (tmp_path / "data").mkdir()
    settings = {**outside.settings, "DATABASE_URL": bare_database_url, "REDIS_URL": redis_url}
    machine = Machine(tmp_path, settings, behind_walls)
    try:
        ended = machine.do_the_job(outside)
        assert {name: code for name, (code, _) in ended.items()} == dict.fromkeys(ended, 0), machine.logs()
    finally:
        machine.close()


def test_the_filter_would_be_felt():
    words = [*behind_walls(read(FOLDER / "bdh-beat.service")), "/bin/sh", "-c", "chroot / true || echo refused"]
    made = subprocess.run(words, check=False, capture_output=True)
    assert made.stdout == b"refused\n"
