"""A command loads only what it needs: what is asserted is which modules, since seconds depend on the machine."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from tests.support.patience import allow

from boeing_data_hub.cli.access import DEFAULT_URL, found_access
from boeing_data_hub.cli.app import COMMANDS, app
from boeing_data_hub.cli.commands import imported
from boeing_data_hub.errors import BadInput
from boeing_data_hub.settings import Settings
from boeing_data_hub.values.data_folder import data_folder

PROBE = """
import json, sys
sys.argv = ["bdh", *sys.argv[1:]]
from boeing_data_hub.cli.app import main
try:
    main()
except SystemExit:
    pass
print(json.dumps(sorted(sys.modules)), file=sys.stderr)
"""
MACHINERY = ("boeing_data_hub.app", "boeing_data_hub.settings", "boeing_data_hub.web", "boeing_data_hub.db")
LIBRARIES = ("sqlalchemy", "psycopg", "celery", "kombu", "redis", "fastapi", "starlette", "pydantic_settings", "rich",
             "alembic", "jinja2", "PIL", "openpyxl", "opentelemetry", "structlog", "valkey")  # fmt: skip


def modules_of(folder: Path, *words: str, **environment: str) -> frozenset[str]:
    """What a process of its own has imported when this command has ended."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *words],
        cwd=folder,
        env={"PATH": "", "HUB_DATA_DIR": str(folder), "PYTHONPATH": ":".join(sys.path), **environment},
        capture_output=True,
        text=True,
        timeout=allow(60),
        check=True,
    )
    return frozenset(json.loads(done.stderr.splitlines()[-1]))


def loaded(modules: frozenset[str], *names: str) -> list[str]:
    return sorted(one for one in modules for name in names if one == name or one.startswith(name + "."))


@pytest.mark.parametrize("words", [("--help",), ("--version",), ()], ids=str)
def test_the_help_imports_no_command_and_no_library_but_typer(tmp_path: Path, words: tuple[str, ...]):
    modules = modules_of(tmp_path, *words)
    assert loaded(modules, *MACHINERY, *LIBRARIES, "pydantic", "httpx2") == []
    assert loaded(modules, "boeing_data_hub.cli") == [
        "boeing_data_hub.cli", "boeing_data_hub.cli.app", "boeing_data_hub.cli.commands", "boeing_data_hub.cli.output",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "words",
    [
        ("batches", "list"),
        ("batches", "show", "00000000-0000-0000-0000-000000000000"),
        ("search", "AN3-43A"),
        ("plan", "AN3-43A"),
        ("store", "products"),
        ("store", "conflicts"),
        ("quotes", "list"),
    ],
    ids=" ".join,
)
def test_a_command_that_calls_the_api_imports_no_hub(tmp_path: Path, words: tuple[str, ...]):
    modules = modules_of(tmp_path, *words, HUB_API_URL="http://127.0.0.1:9", HUB_API_KEY="bdh_x")
    assert loaded(modules, *MACHINERY, *LIBRARIES) == []
    assert "httpx2" in modules


@pytest.mark.parametrize("name", COMMANDS)
def test_every_entry_leads_to_its_command_and_says_what_the_command_says(name: str):
    command = imported(name, COMMANDS[name])
    first = command.help.split("\n\n")[0].replace("\n", " ").strip()
    assert first == COMMANDS[name].help


def test_the_group_lists_every_entry_once():
    group = typer.main.get_command(app)
    assert group.list_commands(typer.Context(group)) == list(COMMANDS)


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "sandbox"])
def test_help_has_no_boxes_so_that_it_can_be_searched_and_copied(bdh, name: str):
    said = bdh(name, "--help")
    assert said.code == 0
    assert "╭" not in said.out
    assert said.out.startswith("Usage: bdh " + name)


GIVEN = [
    {},
    {"HUB_API_URL": "https://hub.example.com/"},
    {"hub_api_url": "http://127.0.0.1:1"},
    {"HUB_HOST": "::1"},
    {"HUB_HOST": "hub", "HUB_PORT": "1234"},
    {"HUB_PORT": " 8001 "},
    {"HUB_PORT": "0"},
    {"HUB_API_KEY": "bdh_y"},
    {"HUB_API_KEY": ""},
    {"HUB_API_KEY": "  "},
    {"HUB_CA_FILE": ""},
    {"HUB_DATA_DIR": " "},
    {"HUB_API_URL": ""},
]


@pytest.mark.parametrize("given", GIVEN, ids=str)
@pytest.mark.parametrize("by_file", [False, True], ids=["environment", "file"])
def test_the_short_way_reads_as_all_settings_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: dict[str, str], *, by_file: bool
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    for name in ("HUB_API_URL", "HUB_API_KEY", "HUB_HOST", "HUB_PORT", "HUB_DATA_DIR", "HUB_CA_FILE"):
        monkeypatch.delenv(name, raising=False)
    if "HUB_DATA_DIR" not in given:
        monkeypatch.setenv("HUB_DATA_DIR", str(tmp_path))
    (tmp_path / "api-key").write_text("bdh_kept\n")
    if by_file:
        (tmp_path / ".env").write_text("".join(f"{name}='{value}'\n" for name, value in given.items()))
    else:
        for name, value in given.items():
            monkeypatch.setenv(name, value)
    settings = Settings()
    found = found_access()
    assert found.url == (settings.hub_api_url or f"http://{settings.hub_host}:{settings.hub_port}")
    kept = data_folder(settings.hub_data_dir) / "api-key"
    expected = (
        settings.hub_api_key.get_secret_value()
        if settings.hub_api_key
        else kept.read_text().strip()
        if kept.exists() and found.url == DEFAULT_URL
        else ""
    )
    assert found.key == expected
    assert found.ca_file == settings.hub_ca_file


@pytest.mark.parametrize(
    ("named", "is_sent"),
    [
        ("https://hub.example.com", False),
        ("http://127.0.0.1:9000", False),
        ("https://127.0.0.1:8123", False),
        ("http://127.0.0.1:8123.example.com", False),
        ("http://127.0.0.1:8123@example.com", False),
        ("http://127.0.0.1:8123", True),
        ("http://localhost:8123/", True),
        ("", True),
    ],
)
def test_the_kept_key_goes_only_to_the_hub_it_was_made_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str, *, is_sent: bool
):
    foreign, own = tmp_path / "foreign", tmp_path / "own"
    foreign.mkdir()
    own.mkdir()
    for name in ("HUB_API_URL", "HUB_API_KEY", "HUB_HOST", "HUB_PORT", "HUB_CA_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HUB_DATA_DIR", str(own))
    monkeypatch.chdir(foreign)
    (own / "api-key").write_text("bdh_kept\n")
    (own / "running.json").write_text('{"HUB_API_URL": "http://127.0.0.1:8123"}')
    (foreign / ".env").write_text(f"HUB_API_URL={named}\n")
    assert found_access().key == ("bdh_kept" if is_sent else "")


def test_a_foreign_folder_cannot_lend_the_kept_key_by_a_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    foreign, own = tmp_path / "foreign", tmp_path / "own"
    foreign.mkdir()
    own.mkdir()
    (own / "api-key").write_text("bdh_kept\n")
    (foreign / "api-key").symlink_to(own / "api-key")
    (foreign / "running.json").write_text('{"HUB_API_URL": "https://hub.example.com"}')
    (foreign / ".env").write_text(f"HUB_DATA_DIR={foreign}\n")
    for name in ("HUB_API_URL", "HUB_API_KEY", "HUB_HOST", "HUB_PORT", "HUB_CA_FILE", "HUB_DATA_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(foreign)
    assert found_access().key == ""


@pytest.mark.parametrize("port", ["", "x", "-1", "65536", "1.5"])
def test_an_invalid_port_is_reported(monkeypatch: pytest.MonkeyPatch, port: str):
    monkeypatch.setenv("HUB_PORT", port)
    with pytest.raises(BadInput, match="HUB_PORT must be a number from 0 to 65535"):
        found_access()
