"""The documentation says what the code does. `python tests/test_docs.py --write` renews settings, findings,
the fields of a batch, `.env.example` and `docs/openapi.json`.
"""

from __future__ import annotations

import json
import re
import sys
import textwrap
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

import pytest
import typer
import typer.main
from pydantic import SecretStr

from boeing_data_hub.app import Hub
from boeing_data_hub.batches.failure_groups import WHAT_TO_DO
from boeing_data_hub.catalogue.screening import Reason
from boeing_data_hub.cli.app import app as command_line
from boeing_data_hub.health.doctor.all_findings import advice_by_subject
from boeing_data_hub.settings import Settings
from boeing_data_hub.values.states import BatchStatus, ItemState
from boeing_data_hub.web.api.batch_status import BatchDetail
from boeing_data_hub.web.app import create_app

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
OPERATIONS = DOCS / "operations.md"
EXAMPLE = ROOT / ".env.example"
API = DOCS / "openapi.json"
DOCTOR = DOCS / "doctor.md"
ROUTES = DOCS / "api.md"
DECISIONS = DOCS / "decisions"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md"), ROOT / "sandbox" / "README.md"])
BEGIN, END = "<!-- settings -->", "<!-- /settings -->"
_SETTINGS = re.compile(f"(?<={re.escape(BEGIN)}\n).*?(?={re.escape(END)})", re.DOTALL)
_FINDINGS = re.compile("(?<=<!-- findings -->\n).*?(?=<!-- /findings -->)", re.DOTALL)
_BATCH = re.compile("(?<=<!-- batch -->\n).*?(?=<!-- /batch -->)", re.DOTALL)
_BOUNDS = (("ge", "from"), ("gt", "above"), ("le", "to"), ("lt", "below"))


def settings_table() -> str:
    """The table of all settings, as it must stand between the markers."""
    rows = ["| Setting | Default | Allowed | Meaning |", "|---|---|---|---|"]
    for name, field in Settings.model_fields.items():
        cells = (f"`{name.upper()}`", _default(field.get_default(call_default_factory=True)), _allowed(field))
        rows.append(f"| {' | '.join(cells)} | {(field.description or '').replace('|', chr(92) + '|')} |")
    return "\n".join(rows) + "\n"


def api_description() -> str:
    """`docs/openapi.json`: the API's description of itself by the default settings."""
    nowhere = {"database_url": "postgresql://127.0.0.1:1/none", "redis_url": "redis://127.0.0.1:1/0"}
    hub = Hub(Settings.model_validate(nowhere), name="docs")
    try:
        return json.dumps(create_app(hub).openapi(), indent=1) + "\n"
    finally:
        hub.close()


def example() -> str:
    """`.env.example`: every setting by subject, as it must stand in the file."""
    lines = [_EXAMPLE_HEAD]
    subjects = [one for one in Settings.__mro__ if one.__module__.startswith(f"{Settings.__module__}.")]
    for subject in reversed([one for one in subjects if one.__annotations__]):
        lines.append(f"\n# {(subject.__doc__ or '').strip().rstrip('.')}\n# {'-' * 78}\n")
        for name in subject.__annotations__:
            if (field := Settings.model_fields.get(name)) is None:
                continue
            default = field.get_default(call_default_factory=True)
            allowed = _allowed(field)
            said = f"{field.description}{f' Allowed: {allowed}.' if allowed else ''}".replace("`", "")
            lines.extend(textwrap.wrap(said, 112, initial_indent="# ", subsequent_indent="# ", break_on_hyphens=False))
            # What everybody must fill in stands ready; a default that is not copied can be mended by an update.
            mark = "" if _is_ours_to_fill(name, default) else "#"
            lines.append(f"{mark}{name.upper()}={_written(default)}\n")
    return "\n".join(lines).rstrip() + "\n"


_EXAMPLE_HEAD = """\
# Every setting of the Boeing Data Hub, made from the code by `python tests/test_docs.py --write`.
#
# Copy it to `.env` (containers, or a folder you work in) or to /etc/boeing-data-hub/hub.env (systemd), with the mode
# 0600, and fill in what stands ready. A line that begins with # shows a default; take the # away only to change it.
# Four readers must agree on this file: bdh itself, systemd, docker compose and sh. So write plain values as they are,
# and put single quotes round everything else: spaces, #, $, double quotes, JSON. No single quote within a value.


# Only compose.yaml reads these three, for the Postgres and the Redis that it brings: openssl rand -hex 24
# ------------------------------------------------------------------------------
#POSTGRES_PASSWORD=
#POSTGRES_OWNER_PASSWORD=
#REDIS_PASSWORD="""
_FILLED_IN = {
    "database_url",
    "redis_url",
    "shopify_store_domain",
    "shopify_location_map",
    "hub_public_url",
    "supabase_url",
}
_NOT_FILLED_IN = {
    "celery_broker_url",
    "celery_result_backend",
    "hub_api_key",
    "hub_oidc_client_secret",
    "hub_owner_database_url",
}


def _is_ours_to_fill(name: str, default: Any) -> bool:
    if name == "boeing_api_rate_limit" or name in _FILLED_IN:
        return True
    return isinstance(default, SecretStr) and name not in _NOT_FILLED_IN


def _written(value: Any) -> str:
    """As it stands in a file that four readers read."""
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if isinstance(value, tuple):
        value = ",".join(value)
    if isinstance(value, dict):
        value = json.dumps(value) if value else ""
    if isinstance(value, bool):
        value = str(value).lower()
    text = "" if value is None else str(value)
    assert "'" not in text
    return text if re.fullmatch(r"[\w./:@,+-]*", text) else f"'{text}'"


def findings_table() -> str:
    """The tables of everything the doctor can find, as they must stand between their markers."""
    lines: list[str] = []
    for title, advice in advice_by_subject().items():
        lines += ["", f"#### {title}", "", "| Code | Name | Level | When | What to do |", "|---|---|---|---|---|"]
        for one in advice:
            remedy = re.sub(r"\{(\w+)\}", lambda word: f"*{word.group(1)}*", one.remedy).replace("{{", "{")
            remedy = remedy.replace("}}", "}").replace("|", "\\|")
            lines.append(f"| `{one.code}` | {one.name} | {one.level} | {one.meaning} | {remedy} |")
    return "\n".join([*lines, "", ""])


def batch_table() -> str:
    """The table of a batch's fields, as it must stand between its markers."""
    rows = ["| Field | Meaning |", "|---|---|"]
    rows += [f"| `{name}` | {field.description} |" for name, field in BatchDetail.model_fields.items()]
    return "\n".join(rows) + "\n"


def _default(value: Any) -> str:
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if isinstance(value, tuple):
        value = ",".join(value)
    if value in (None, ""):
        return "unset"
    if isinstance(value, bool):
        value = str(value).lower()
    return f"`{value}`"


def _allowed(field: Any) -> str:
    if field.annotation is bool:
        return "`true`, `false`"
    if get_origin(field.annotation) is Literal:
        return ", ".join(f"`{choice}`" for choice in get_args(field.annotation))
    bounds = [
        f"{word} {getattr(constraint, bound):,}"
        for bound, word in _BOUNDS
        for constraint in field.metadata
        if getattr(constraint, bound, None) is not None
    ]
    return " ".join(bounds) if bounds and _is_number(field.annotation) else ""


def _is_number(annotation: Any) -> bool:
    kinds = get_args(annotation) if get_origin(annotation) in (Union, types.UnionType) else (annotation,)
    return not any(kind in (str, Path, SecretStr) for kind in kinds)


def commands(command: Any, words: tuple[str, ...] = ("bdh",)) -> Iterator[str]:
    """Every command a person can type."""
    if not hasattr(command, "list_commands"):
        yield " ".join(words)
        return
    context = typer.Context(command)
    for name in command.list_commands(context):
        yield from commands(command.get_command(context, name), (*words, name))


def routes() -> list[str]:
    """Every route of the API, as `GET /health`; by its description, which is the code's, as a test below makes sure."""
    paths = json.loads(text(API))["paths"]
    return [f"{method.upper()} {path}" for path, methods in paths.items() for method in methods]


def text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def test_the_settings_table_is_the_one_of_the_code():
    found = _SETTINGS.search(text(OPERATIONS))
    assert found, f"{OPERATIONS} has lost its markers {BEGIN} and {END}"
    assert found.group() == settings_table(), "renew it: .venv/bin/python tests/test_docs.py --write"


def test_the_example_of_an_environment_is_the_one_of_the_code():
    assert text(EXAMPLE) == example(), "renew it: .venv/bin/python tests/test_docs.py --write"


def test_the_api_s_description_is_the_file_in_the_documentation():
    assert text(API) == api_description(), "renew it: .venv/bin/python tests/test_docs.py --write"


def test_the_doctor_s_findings_are_those_of_the_code():
    found = _FINDINGS.search(text(DOCTOR))
    assert found, f"{DOCTOR} has lost its markers"
    assert found.group() == findings_table(), "renew it: .venv/bin/python tests/test_docs.py --write"


def test_the_fields_of_a_batch_are_those_of_the_code():
    assert all(field.description for field in BatchDetail.model_fields.values())
    found = _BATCH.search(text(ROUTES))
    assert found is not None
    assert found.group() == batch_table(), "renew it: .venv/bin/python tests/test_docs.py --write"


@pytest.mark.parametrize("word", sorted({*ItemState, *BatchStatus}))
def test_every_state_is_explained_on_the_page_of_the_path(word: str):
    assert f"`{word}`" in text(DOCS / "path.md")


@pytest.mark.parametrize("line", sorted(commands(typer.main.get_command(command_line))))
def test_every_command_is_shown_to_the_operator(line: str):
    assert re.search(rf"`{re.escape(line)}(?![a-z-])", text(OPERATIONS) + text(ROOT / "README.md"))


@pytest.mark.parametrize("route", routes())
def test_every_route_has_its_section(route: str):
    assert re.search(rf"^### `{re.escape(route)}`$", text(DOCS / "api.md"), re.MULTILINE)


def test_no_route_is_described_that_does_not_exist():
    described = re.findall(r"^### `((?:GET|POST|PUT|PATCH|DELETE) [^`]+)`$", text(DOCS / "api.md"), re.MULTILINE)
    assert sorted(described) == sorted(routes())


@pytest.mark.parametrize("code", sorted(WHAT_TO_DO))
def test_every_failure_code_has_its_advice(code: str):
    assert f"`{code}`" in text(OPERATIONS)


@pytest.mark.parametrize("reason", sorted(Reason))
def test_every_reason_not_to_sell_is_explained(reason: str):
    assert f"`{reason}`" in text(OPERATIONS)


def test_every_decision_is_in_the_index_and_none_is_missing():
    index = re.findall(r"\]\((\d{4}-[a-z0-9-]+\.md)\)", text(DECISIONS / "README.md"))
    files = sorted(page.name for page in DECISIONS.glob("[0-9]*.md"))
    assert index == files
    assert [name[:4] for name in files] == [f"{number:04}" for number in range(1, len(files) + 1)]


@pytest.mark.parametrize("page", sorted(DECISIONS.glob("[0-9]*.md")), ids=lambda page: page.name)
def test_a_decision_says_why_what_follows_and_what_else_there_was(page: Path):
    titles = re.findall(r"^## (.+)$", text(page), re.MULTILINE)
    assert titles == ["Context", "Decision", "Consequences", "Alternatives"]
    assert re.search(r"^> \S", text(page), re.MULTILINE), "a decision has one line that people will quote"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_link_leads_nowhere(page: Path):
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)\s]*)?\)", text(page))
    gone = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert gone == []


_PATH = re.compile(r"`([\w./-]*/[\w./-]*(?:\.(?:py|graphql|sql|yml|css)|/))`")
_EXAMPLE_NAMES = ("NAME", "NNNN")


def _paths() -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for page in (ROOT / "CONTRIBUTING.md", DOCS / "guide-map.md", DOCS / "path.md"):
        for line in text(page).splitlines():
            ours = line.split("|", 2)[2] if page.name == "guide-map.md" and line.startswith("|") else line
            found += [(page.name, path) for path in _PATH.findall(ours) if not any(n in path for n in _EXAMPLE_NAMES)]
    return sorted(set(found))


@pytest.mark.parametrize(("page", "path"), _paths(), ids=lambda one: one)
def test_every_path_that_a_page_names_is_in_the_repository(page: str, path: str):
    places = [base / path for base in (ROOT, ROOT / "src" / "boeing_data_hub") if (base / path).exists()]
    assert any(place.is_file() or any(place.rglob("*.*")) for place in places), f"{page} names {path}"


def test_the_readme_is_short_and_the_glossary_lists_only_words_a_newcomer_needs():
    assert len(text(ROOT / "README.md").splitlines()) < 150
    words = re.findall(r"^- \*\*(.+?)\*\* – (.+)$", text(DOCS / "glossary.md"), re.MULTILINE)
    assert 40 < len(words) < 80
    assert len({word.lower() for word, _ in words}) == len(words)
    assert all(sentence.endswith((".", ").")) and ". " not in sentence for _, sentence in words), "one sentence each"


if __name__ == "__main__":
    if sys.argv[1:] != ["--write"]:
        sys.exit("usage: .venv/bin/python tests/test_docs.py --write")
    EXAMPLE.write_text(example(), encoding="utf-8")
    OPERATIONS.write_text(_SETTINGS.sub(lambda _: settings_table(), text(OPERATIONS)), encoding="utf-8")
    DOCTOR.write_text(_FINDINGS.sub(lambda _: findings_table(), text(DOCTOR)), encoding="utf-8")
    ROUTES.write_text(_BATCH.sub(lambda _: batch_table(), text(ROUTES)), encoding="utf-8")
    API.write_text(api_description(), encoding="utf-8")
