"""The units of systemd say what the hub needs, and what they say works: here their very commands are run, told of as
systemd would, and stopped within the time they give. systemd itself is not needed; what it makes of the files is asked
in `test_systemd.py`.
"""

from __future__ import annotations

import subprocess

import pytest
from tests.ops.machine import BIN, Machine
from tests.ops.unit_files import FOLDER, Unit, read
from tests.support.patience import allow

from boeing_data_hub.settings import Settings
from boeing_data_hub.values.states import Stage

SERVICES = sorted(FOLDER.glob("*.service"))
LASTING = [file for file in SERVICES if file.name != "bdh-db-upgrade.service"]


def hardening(unit: Unit) -> dict[str, list[str]]:
    keys = list(unit.sections["Service"])
    return {key: unit.all("Service", key) for key in keys[keys.index("NoNewPrivileges") :]}


def test_there_is_a_unit_for_the_api_for_each_queue_and_for_the_scheduler():
    names = {file.name for file in SERVICES}
    workers = {f"bdh-{stage.value}@.service" for stage in Stage}
    assert names == {"bdh-api@.service", *workers, "bdh-beat.service", "bdh-db-upgrade.service"}


@pytest.mark.parametrize("file", SERVICES, ids=lambda file: file.name)
def test_every_service_is_shut_in_the_same_way(file):
    assert hardening(read(file, "1")) == hardening(read(FOLDER / "bdh-beat.service"))


@pytest.mark.parametrize("file", LASTING, ids=lambda file: file.name)
def test_every_service_starts_again_and_goes_with_the_target(file):
    unit = read(file, "1")
    assert unit.one("Service", "Restart") == "always"
    assert unit.one("Service", "Type") == "notify"
    assert unit.one("Unit", "PartOf") == unit.one("Install", "WantedBy") == "boeing-data-hub.target"
    assert unit.one("Unit", "StartLimitIntervalSec") == "0"


def test_a_worker_is_given_the_time_that_its_last_call_may_take():
    defaults = Settings(_env_file=None)
    longest_call = max(defaults.boeing_call_timeout, defaults.shopify_call_timeout)
    for stage in Stage:
        unit = read(FOLDER / f"bdh-{stage.value}@.service", "1")
        assert unit.seconds("TimeoutStopSec") >= 2 * longest_call


def test_the_shell_s_bdh_reads_the_file_the_units_read_and_becomes_their_user():
    script = (FOLDER / "bdh").read_text()
    unit = read(FOLDER / "bdh-beat.service")
    assert f". {unit.one('Service', 'EnvironmentFile')}\n" in script
    assert f"--reuid {unit.one('Service', 'User')} --regid {unit.one('Service', 'Group')}" in script
    assert f"cd {unit.one('Service', 'WorkingDirectory')}\n" in script
    subprocess.run(["/bin/sh", "-n", FOLDER / "bdh"], check=True)


@pytest.fixture
def machine(tmp_path, bare_database_url, redis_url, outside):
    (tmp_path / "data").mkdir()
    settings = {**outside.settings, "DATABASE_URL": bare_database_url, "REDIS_URL": redis_url}
    made = Machine(tmp_path, settings)
    yield made
    made.close()


@pytest.mark.services
def test_what_the_units_start_does_the_job_and_stops_in_order(machine, outside):
    ended = machine.do_the_job(outside)
    assert {name: code for name, (code, _) in ended.items()} == dict.fromkeys(ended, 0), machine.logs()


@pytest.mark.services
def test_an_invalid_setting_stops_a_service_without_restarts(tmp_path, database_url, redis_url):
    unit = read(FOLDER / "bdh-publishing@.service", "1")
    machine = Machine(tmp_path, {"DATABASE_URL": database_url, "REDIS_URL": redis_url})
    ended = subprocess.run(
        unit.command(BIN),
        check=False,
        env=machine.environment(unit),
        capture_output=True,
        text=True,
        timeout=allow(60),
        cwd=tmp_path,
    )
    assert str(ended.returncode) == unit.one("Service", "RestartPreventExitStatus")
    assert "SHOPIFY_STORE_DOMAIN" in ended.stderr
