"""`.env.example` can be used as it is, and says the same to everybody who reads such a file."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pytest
from dotenv import dotenv_values

from boeing_data_hub.settings import Settings

EXAMPLE = Path(__file__).parents[2] / ".env.example"
LINE = re.compile(r"^(#?)([A-Z][A-Z0-9_]*)=(.*)$", re.MULTILINE)
COMPOSE_ONLY = {"POSTGRES_PASSWORD", "POSTGRES_OWNER_PASSWORD", "REDIS_PASSWORD"}
# What a person writes into it one day, in the words of its head: plain as it is, all else in single quotes.
WRITTEN = {
    "DATABASE_URL": "postgresql://hub:p%40ss-w.rd~@db.example.com:5432/postgres?sslmode=require",
    "BOEING_PASSWORD": 'a #5 "quoted" $HOME and \\ `date`',
    "SHOPIFY_LOCATION_MAP": '{"Dallas Central": "Dallas", "Miami, FL": "Miami"}',
    "HUB_TAGS": "boeing,Aircraft Parts & Accessories",
}


def as_systemd_reads(text: str) -> dict[str, str]:
    """The rules of `EnvironmentFile=` in systemd.exec(5), as far as our files use them."""
    lines = [line for line in text.splitlines() if line.strip() and line.lstrip()[0] not in "#;"]
    pairs = [line.split("=", 1) for line in lines]
    return {name.strip(): "".join(shlex.split(value, posix=True)) if "'" in value else value for name, value in pairs}


def as_sh_reads(path: Path, names: list[str]) -> dict[str, str]:
    script = "set -eu; . " + shlex.quote(str(path)) + "".join(f'; printf "%s\\0" "${name}"' for name in names)
    said = subprocess.run(["/bin/sh", "-c", script], check=True, capture_output=True, text=True, env={}).stdout
    return dict(zip(names, said.split("\0"), strict=False))


def _with_every_line(text: str) -> str:
    """All defaults as if somebody had taken their # away."""
    return LINE.sub(lambda found: f"{found[2]}={found[3]}", text)


@pytest.mark.parametrize("change", [str, _with_every_line], ids=["as it is", "with every line"])
def test_the_example_says_what_holds_without_it(tmp_path, change):
    path = tmp_path / ".env"
    path.write_text(change(EXAMPLE.read_text()))
    assert Settings(_env_file=path) == Settings(_env_file=None)


def test_it_has_every_setting_once_and_nothing_else():
    names = [found[2] for found in LINE.finditer(EXAMPLE.read_text())]
    assert sorted(names) == sorted({*(name.upper() for name in Settings.model_fields), *COMPOSE_ONLY})


def test_it_contains_no_secret():
    values = {found[2]: found[3] for found in LINE.finditer(EXAMPLE.read_text())}
    secret = re.compile(r"KEY$|SECRET|PASSWORD|TOKEN$|DATABASE_URL|REDIS_URL|BROKER|BACKEND|USERNAME|CLIENT_ID")
    assert {name: value for name, value in values.items() if secret.search(name) and value} == {
        "HUB_CUSTOM_ID_KEY": "part_key"
    }


@pytest.mark.parametrize("name", [n for n, f in Settings.model_fields.items() if f.annotation in (int, float)])
def test_every_number_says_what_it_counts(name):
    unit = (
        r"(?i)second|byte|day|requests|part numbers?|\bparts\b|calls?\b|connections|normalizations|publishings|sweeps"
        r"|port\b|pieces\b"
    )
    assert re.search(unit, Settings.model_fields[name].description or "") or name == "hub_bulk_lanes"


def test_all_four_readers_read_the_same(tmp_path):
    text = _with_every_line(EXAMPLE.read_text())
    for name, value in WRITTEN.items():
        quoted = value if re.fullmatch(r"[\w./:@,+%?=~-]*", value) else f"'{value}'"
        text = re.sub(rf"^{name}=.*$", lambda _, n=name, q=quoted: f"{n}={q}", text, flags=re.MULTILINE)
    path = tmp_path / "hub.env"
    path.write_text(text)
    read = dict(dotenv_values(path))
    assert {name: read[name] for name in WRITTEN} == WRITTEN
    assert as_systemd_reads(text) == read
    assert as_sh_reads(path, list(read)) == read
    found = Settings(_env_file=path)
    assert found.boeing_password.get_secret_value() == WRITTEN["BOEING_PASSWORD"]
    assert found.shopify_location_map == {"Dallas Central": "Dallas", "Miami, FL": "Miami"}
