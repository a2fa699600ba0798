"""The image and the compose file: their own commands are carried out where no container engine is to be had (see
`engine.py` for what that leaves untried), the files are judged by a linter and by the compose program's own reading.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from tests.ops.engine import ROOT, Engine, command, instructions
from tests.ops.trial import answers, search_and_publish, until
from tests.support.patience import allow
from tests.support.pgtools import Tools

from boeing_data_hub.cli.machine.children import end_all, spawn
from boeing_data_hub.cli.machine.ports import free_port
from boeing_data_hub.db import schema
from boeing_data_hub.values.states import Stage as Queue

DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
OWN_SERVICES = yaml.safe_load((ROOT / "ops/docker/own-services.yaml").read_text())
OURS = {name: service for name, service in COMPOSE["services"].items() if service["image"] == "boeing-data-hub"}
LASTING = {name: service for name, service in OURS.items() if name != "upgrade"}


def environment_of(service: dict[str, Any]) -> dict[str, str]:
    """With what compose puts in where `.env` says nothing."""
    put_in = re.compile(r"\$\{\w+:[-?]([^}]*)\}")
    return {name: put_in.sub(r"\1", str(value)) for name, value in service["environment"].items()}


def stages() -> list[list[tuple[str, str]]]:
    found: list[list[tuple[str, str]]] = []
    for each in instructions(DOCKERFILE):
        if each[0] == "FROM":
            found.append([])
        found[-1].append(each)
    return found


# --- What the files say ----------------------------------------------------------------------------------------------


def test_the_image_runs_as_nobody_in_particular_and_tells_whether_it_lives():
    final = dict(stages()[-1])
    assert re.fullmatch(r"[1-9]\d+:[1-9]\d+", final["USER"])
    assert command(final["ENTRYPOINT"]) == ["bdh"]
    assert "HEALTHCHECK" in final


def test_nothing_is_installed_without_a_hash():
    for name, rest in instructions(DOCKERFILE):
        if name == "RUN" and "pip install" in rest:
            assert "--require-hashes -r requirements-production.lock" in rest or (
                "--no-deps" in rest and "--no-index" in rest
            )


def test_only_what_is_copied_reaches_the_build():
    ignore = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and line[0] != "#"]
    assert ignore[0] == "*"
    let_in = {line[1:] for line in ignore if line.startswith("!")}
    copied = {
        word.removeprefix("./")
        for name, rest in instructions(DOCKERFILE)
        if name == "COPY" and "--from" not in rest
        for word in rest.split()[:-1]
    }
    assert let_in == copied


def test_what_production_installs_is_a_part_of_what_is_tested():
    def pins(name: str) -> set[str]:
        text = (ROOT / name).read_text().replace("\\\n", " ")
        return {re.sub(r"\s+", " ", line).split(" ;")[0].split(" --hash")[0] for line in text.splitlines() if line}

    production, tested = pins("requirements-production.lock"), pins("requirements.lock")
    assert production < tested
    assert not {
        pin for pin in production if pin.startswith(("pytest", "playwright", "pixeltable", "valkey", "graphql"))
    }


def test_there_is_a_service_for_everything_that_runs():
    commands = {name: service["command"] for name, service in OURS.items()}
    assert commands == {
        "upgrade": ["db", "upgrade"],
        "api": ["serve"],
        "beat": ["beat"],
        **{queue.value: ["worker", queue.value] for queue in Queue},
    }


@pytest.mark.parametrize("name", OURS)
def test_every_service_is_shut_in(name):
    service = OURS[name]
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert [entry.split(":")[0] for entry in service["tmpfs"]] == ["/tmp"]  # noqa: S108 - the container's own
    assert service["volumes"] == ["data:/var/lib/boeing-data-hub"]


@pytest.mark.parametrize("name", LASTING)
def test_every_service_waits_for_what_it_needs_and_starts_again(name):
    service = LASTING[name]
    assert service["depends_on"]["upgrade"] == {"condition": "service_completed_successfully"}
    assert service["depends_on"]["redis"] == {"condition": "service_healthy"}
    assert service["restart"] == "unless-stopped"
    assert "stop_grace_period" in service


def test_the_api_is_offered_to_this_machine_only():
    published = {name: service["ports"] for name, service in COMPOSE["services"].items() if "ports" in service}
    assert published == {"api": ["127.0.0.1:8000:8000"]}


def test_the_redis_of_the_compose_file_keeps_every_queue():
    config = dict(
        line.split(maxsplit=1)
        for line in (ROOT / "ops/redis.conf").read_text().splitlines()
        if line and not line.startswith("#")
    )
    assert (config["maxmemory-policy"], config["appendonly"]) == ("noeviction", "yes")
    assert "./ops/redis.conf:/etc/redis.conf:ro" in COMPOSE["services"]["redis"]["volumes"]


def test_the_file_for_services_of_one_s_own_differs_in_nothing_else():
    assert set(OWN_SERVICES["services"]) == set(OURS)
    for name, service in OURS.items():
        other = OWN_SERVICES["services"][name]
        for key in service.keys() | other.keys() - {"environment", "depends_on"}:
            if key not in {"environment", "depends_on", "networks"}:
                assert other[key] == service[key], (name, key)
        here, there = environment_of(service), environment_of(other)
        theirs = {"DATABASE_URL", "REDIS_URL", "HUB_OWNER_DATABASE_URL", "HUB_PLAIN_HOSTS"}
        assert {key for key in here | there if here.get(key) != there.get(key)} <= theirs
        if name in LASTING:
            assert other["depends_on"] == {"upgrade": service["depends_on"]["upgrade"]}


@pytest.mark.services
def test_the_redis_settings_are_such_as_redis_takes(redis, tmp_path):
    port = free_port()
    program = Path(f"/proc/{redis.pid}/exe").resolve()
    shell, flag, script = COMPOSE["services"]["redis"]["command"]
    script = script.replace("redis-server", str(program)).replace("$$", "$")
    script = script.replace("/etc/redis.conf", f"{ROOT / 'ops/redis.conf'} --port {port} --dir {tmp_path}")
    password = {**os.environ, "REDIS_PASSWORD": "secret"}
    server = spawn([shell, flag, script], env=password, stdout=tmp_path / "redis.log")
    try:
        import redis as client_library

        with client_library.Redis(port=port, password="secret") as client:

            def policy() -> Any:
                try:
                    return client.config_get("maxmemory-policy")
                except client_library.ConnectionError:
                    return None

            assert until(policy, "Redis", told=(tmp_path / "redis.log").read_text) == {"maxmemory-policy": "noeviction"}
        assert b"secret" not in Path(f"/proc/{server.pid}/cmdline").read_bytes()
        with client_library.Redis(port=port) as stranger, pytest.raises(client_library.AuthenticationError):
            stranger.ping()
    finally:
        end_all([server], timeout=allow(5))


# --- What programs make of them --------------------------------------------------------------------------------------


@pytest.mark.tools
def test_the_linter_has_nothing_to_say_against_the_dockerfile():
    linter = Path(sys.executable).with_name("hadolint")
    assert linter.exists(), "hadolint comes with `make setup` on Linux, x86-64"
    found = subprocess.run([linter, ROOT / "Dockerfile"], check=False, capture_output=True, text=True)
    assert (found.returncode, found.stdout) == (0, "")


@pytest.mark.tools
@pytest.mark.parametrize("file", ["compose.yaml", "ops/docker/own-services.yaml"])
def test_the_compose_program_understands_the_file(file, tmp_path):
    program = shutil.which("docker-compose")
    assert program, "`make test-tools` brings what these tests need"
    for name in ("compose.yaml", "ops/docker/own-services.yaml", "ops/docker/roles.sql", "ops/redis.conf"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    example = (ROOT / ".env.example").read_text()
    for name, value in {
        "POSTGRES_PASSWORD": "pg",
        "POSTGRES_OWNER_PASSWORD": "po",
        "REDIS_PASSWORD": "rd",
        "DATABASE_URL": "postgresql://u:p@db.example.com/postgres",
        "REDIS_URL": "redis://:p@redis.example.com:6379/0",
        "SHOPIFY_LOCATION_MAP": '\'{"Dallas Central": "Dallas"}\'',
    }.items():
        example = re.sub(rf"^#?{name}=.*$", lambda _, n=name, v=value: f"{n}={v}", example, flags=re.MULTILINE)
    (tmp_path / ".env").write_text(example)
    words = [program, "-f", file, "--project-directory", ".", "config"]
    found = subprocess.run(words, check=False, capture_output=True, text=True, cwd=tmp_path)
    assert found.returncode == 0, found.stderr
    api = yaml.safe_load(found.stdout)["services"]["api"]["environment"]
    assert api["SHOPIFY_LOCATION_MAP"] == '{"Dallas Central": "Dallas"}'
    own = file != "compose.yaml"
    assert api["DATABASE_URL"] == (
        "postgresql://u:p@db.example.com/postgres" if own else "postgresql://hub:pg@postgres:5432/hub"
    )


# --- What becomes of them --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    assert os.geteuid() == 0, "these tests need root"
    with Engine(tmp_path_factory.mktemp("engine")) as engine:
        yield engine, engine.build(DOCKERFILE)


@pytest.mark.tools
@pytest.mark.services
@pytest.mark.timeout(600)
def test_the_services_of_the_compose_file_do_the_job_in_the_image(
    image, bare_database_url, redis_url, outside, tmp_path
):
    engine, stage = image
    port = free_port()
    here = {
        **outside.settings,
        "DATABASE_URL": bare_database_url,
        "REDIS_URL": redis_url,
        "HUB_OWNER_DATABASE_URL": "",
        "HUB_HOST": "127.0.0.1",
        "HUB_PORT": str(port),
    }
    api = f"http://127.0.0.1:{port}"
    roots = {name: engine.container(stage, "volume") for name in OURS}

    def words(name: str, *command: str) -> list[str]:
        environment = {**environment_of(OURS[name]), **here}
        return engine.words_in(roots[name], stage, command, environment)

    def entry(name: str) -> list[str]:
        return words(name, *stage.entrypoint, *OURS[name].get("command", stage.command))

    def healthy(name: str) -> bool:
        return subprocess.run(words(name, *stage.healthcheck), check=False, capture_output=True).returncode == 0

    def logs() -> str:
        return "\n".join(f"{p.name}: {p.read_text()[-1500:]}" for p in sorted(tmp_path.glob("*.log")))

    subprocess.run(entry("upgrade"), check=True, timeout=allow(120))
    assert not healthy("api")
    running = {name: spawn(entry(name), stdout=tmp_path / f"{name}.log") for name in LASTING}
    try:
        for name in LASTING:
            until(lambda name=name: healthy(name), f"the health of {name}", told=logs)
        until(lambda: answers(f"{api}/ready"), "readiness", told=logs)
        made = subprocess.run(
            words("api", "bdh", "keys", "create", "test", "--scope", "admin"),
            check=True, capture_output=True, text=True,
        )  # fmt: skip
        search_and_publish(api, made.stdout.strip(), outside.store, logs)
        look = "touch /opt/x /var/x; id -u; grep CapEff /proc/self/status; touch /tmp/x && echo tmp"
        refused = subprocess.run(
            words("api", "sh", "-c", look),
            check=False, capture_output=True, text=True,
        )  # fmt: skip
        assert refused.stderr.count("Read-only file system") == 2, refused
        assert refused.stdout.split() == ["10001", "CapEff:", "0000000000000000", "tmp"]
        for process in running.values():
            process.terminate()
        assert {name: process.wait(allow(60)) for name, process in running.items()} == dict.fromkeys(running, 0), logs()
    finally:
        end_all(list(running.values()), timeout=allow(5))


@pytest.mark.services
def test_the_users_of_the_compose_file_are_no_superusers_and_the_hub_works_as_them(postgres, monkeypatch):
    """`psql` carries roles.sql out as the image of Postgres does, under other names: the tests' own user is hub, too,
    and keeps his password.
    """
    script = (ROOT / "ops/docker/roles.sql").read_text()
    script = re.sub(r"\bhub(_owner)?\b", r"compose\1", script)
    script = script.replace("CREATE DATABASE", "GRANT compose_owner TO CURRENT_USER;\nCREATE DATABASE")  # no superuser
    last = "ALTER ROLE CURRENT_USER PASSWORD NULL;\n"
    assert script.endswith(last)
    monkeypatch.setenv("HUB_OWNER_PASSWORD", "ow'ner")
    monkeypatch.setenv("HUB_PASSWORD", "running")
    place = postgres.url.partition("://")[2].rpartition("@")[2].partition("/")[0]
    try:
        ended = Tools().psql(postgres.url, script.removesuffix(last))
        assert (ended.returncode, ended.stderr) == (0, "")
        owner, running = (
            f"postgresql://{who}@{place}/compose" for who in ("compose_owner:ow%27ner", "compose:running")
        )
        schema.upgrade(owner, runner=running)
        with psycopg.connect(running) as connection:
            rights = connection.execute(
                "SELECT rolname, rolsuper OR rolcreatedb OR rolcreaterole OR rolbypassrls FROM pg_roles"
                " WHERE rolname IN ('compose', 'compose_owner') ORDER BY 1"
            ).fetchall()
            assert rights == [("compose", False), ("compose_owner", False)]
            assert connection.execute("SELECT count(*) FROM hub.pacing").fetchone() == (3,)
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("CREATE TEMPORARY TABLE x ()")
    finally:
        with psycopg.connect(postgres.url, autocommit=True) as connection:
            connection.execute("DROP DATABASE IF EXISTS compose WITH (FORCE)")
            connection.execute("DROP ROLE IF EXISTS compose")
            connection.execute("DROP ROLE IF EXISTS compose_owner")
