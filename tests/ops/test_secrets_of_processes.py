"""Each process is given the secrets that it needs, and no others, by units and compose; with these it does its job."""

from __future__ import annotations

import os
import subprocess

import psycopg
import pytest
import yaml
from tests.ops.engine import ROOT
from tests.ops.machine import Machine
from tests.ops.unit_files import FOLDER, read
from tests.support.secrets_of_processes import BESIDE, BROKER, NEEDS, NOBODY, SECRETS, withheld

UNITS = {
    "api": "bdh-api@",
    "beat": "bdh-beat",
    "upgrade": "bdh-db-upgrade",
    **{queue: f"bdh-{queue}@" for queue in ("extraction", "normalization", "publishing", "default")},
}
FILES = "/etc/boeing-data-hub/credentials"
ENGINES = {"POSTGRES_PASSWORD", "POSTGRES_OWNER_PASSWORD", "REDIS_PASSWORD"}


def test_every_secret_is_somebody_s():
    assert set().union(*NEEDS.values()) | NOBODY == SECRETS


@pytest.mark.parametrize("process", NEEDS)
def test_a_unit_is_handed_its_secrets_as_files_and_no_others(process):
    unit = read(FOLDER / f"{UNITS[process]}.service", "1")
    assert unit.credentials == {name: f"{FILES}/{name}" for name in NEEDS[process]}
    assert set(unit.all("Service", "SetCredential")) == {f"{name}:\\x20" for name in NEEDS[process]}  # may be missing
    assert withheld(process) <= unit.unset
    assert not unit.unset & NEEDS[process]


@pytest.mark.parametrize("file", ["compose.yaml", "ops/docker/own-services.yaml"])
@pytest.mark.parametrize("process", NEEDS)
def test_a_container_has_a_blank_where_it_needs_no_secret(process, file):
    environment = yaml.safe_load((ROOT / file).read_text())["services"][process]["environment"]
    assert {name for name, value in environment.items() if value == ""} == withheld(process) | ENGINES
    assert not {name for name in NEEDS[process] if environment.get(name) == ""}


def test_the_blanks_are_values_that_settings_take():
    for process in NEEDS:
        environment = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"][process]["environment"]
        blanks = {name: value for name, value in environment.items() if value == "" or name == "HUB_CONSOLE_KEYS"}
        code = "from boeing_data_hub.settings import Settings; Settings(_env_file=None)"
        given = {**os.environ, "HUB_OIDC_ISSUER": "https://login.example.com", "HUB_OIDC_CLIENT_ID": "hub", **blanks}
        if process == "api":
            given |= {"HUB_OIDC_CLIENT_SECRET": "s", "HUB_OIDC_ROLES": '{"a": "read"}'}
        subprocess.run([os.sys.executable, "-c", code], check=True, env=given)


def test_no_password_is_on_a_command_line_of_the_compose_file():
    services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    for name, service in services.items():
        words = [word for word in service.get("command", []) if "PASSWORD" in word]
        for word in words:
            command, _, standard_input = word.partition("<<EOF")
            assert "PASSWORD" not in command, name
            assert "PASSWORD" in standard_input


@pytest.fixture
def two_users(make_users, bare_database_url):
    return make_users(bare_database_url)


@pytest.fixture
def make_users(postgres):
    """Makes an owner of a database, and the user that runs the hub; their addresses."""
    made = ("ops_owner", "ops_running")

    def make(url):
        with psycopg.connect(url, autocommit=True) as connection:
            for name in made:
                connection.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'pw'")
                connection.execute(f"GRANT {name} TO CURRENT_USER")
            database = connection.info.dbname
            connection.execute(f"ALTER DATABASE {database} OWNER TO ops_owner")
        place = url.partition("://")[2].rpartition("@")[2]
        return [f"postgresql://{name}:pw@{place}" for name in made]

    yield make
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        for name in made:
            connection.execute(f"DROP ROLE IF EXISTS {name}")


@pytest.mark.services
def test_with_its_own_secrets_alone_and_two_users_of_the_database_the_hub_does_its_job(
    tmp_path, two_users, redis_url, outside, request
):
    owner, running = two_users
    (tmp_path / "data").mkdir()
    every = {
        **outside.settings,
        "DATABASE_URL": running,
        "HUB_OWNER_DATABASE_URL": owner,
        "REDIS_URL": redis_url,
        "HUB_OIDC_ISSUER": "https://login.example.com",
        "HUB_OIDC_CLIENT_ID": "hub",
        "HUB_OIDC_CLIENT_SECRET": "secret",
        "HUB_OIDC_ROLES": '{"parts": "read"}',
    }
    secrets = {name: every.pop(name) for name in SECRETS & every.keys()}
    assert {"BOEING_CLIENT_SECRET", "DATABASE_URL", *(BROKER & secrets.keys())} <= secrets.keys()
    machine = Machine(tmp_path, every, secrets=secrets)
    request.addfinalizer(machine.close)
    ended = machine.do_the_job(outside)
    assert {name: code for name, (code, _) in ended.items()} == dict.fromkeys(ended, 0), machine.logs()
    with psycopg.connect(running) as connection:
        assert connection.execute("SELECT count(*) > 0 FROM hub.audit_log").fetchone() == (True,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("DELETE FROM hub.audit_log")


def test_settings_that_need_a_secret_beside_them_are_known():
    assert set(BESIDE.values()) <= SECRETS
