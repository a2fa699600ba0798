"""Every statement in a .sql file is known to the schema, and used; and how such files are read."""

from __future__ import annotations

import ast
import importlib
import re
import typing
from dataclasses import MISSING, fields
from pathlib import Path

import psycopg
import pytest

import boeing_data_hub
from boeing_data_hub.db.statements import Statements, beside

HERE = Path(boeing_data_hub.__file__).parent
FILES = sorted(HERE.rglob("*.sql"))
EVERY = [pytest.param(file, name, id=f"{file.stem}:{name}") for file in FILES for name in Statements(file)]


def named(file: Path) -> str:
    return str(file.relative_to(HERE))


def numbered(query: str) -> str:
    """The statement as Postgres prepares it: `$1` for psycopg's placeholders."""
    names: list[str] = []

    def number(found: re.Match[str]) -> str:
        if found[0] == "%%":
            return "%"
        name = found[1] or str(len(names))
        if name not in names:
            names.append(name)
        return f"${names.index(name) + 1}"

    changed = re.sub(r"%(?:\((\w+)\))?[sbt]|%%", number, query)
    return changed if names else query


def test_the_rooms_keep_their_sql_in_files():
    assert len(EVERY) > 30


_STATEMENT = re.compile(r"\s*(SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH|MERGE INTO)\s+[\w\"({*]+\s")


def is_sql_in_a_string(node: ast.AST) -> bool:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        runs = node.func.attr in {"rows", "row", "value", "do", "records", "record"}
        return runs and any(isinstance(given, ast.JoinedStr | ast.Constant) for given in node.args[:1])
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(_STATEMENT.match(node.value))


def test_no_module_outside_the_migrations_has_sql_in_a_string():
    found = [
        f"{path.relative_to(HERE)}:{node.lineno}"
        for path in HERE.rglob("*.py")
        if "migrations" not in path.parts
        for node in ast.walk(ast.parse(path.read_text()))
        if is_sql_in_a_string(node)
    ]
    assert found == []


@pytest.mark.services
@pytest.mark.parametrize("file", FILES, ids=named)
def test_every_statement_is_one_that_the_schema_knows(file, direct_url):
    refused: dict[str, str] = {}
    with psycopg.connect(direct_url, autocommit=True) as connection:
        for name, query in Statements(file).items():
            try:
                connection.execute(f"PREPARE checked AS {numbered(query)}")
            except psycopg.Error as error:
                refused[name] = str(error)
            else:
                connection.execute("DEALLOCATE checked")
    assert refused == {}


def read_as_records() -> list[tuple[Path, str, type]]:
    """Every `work.records(Kind, _SQL["name"], ...)`: the file, the statement's name, and the class of its records."""
    found: list[tuple[Path, str, type]] = []
    for file in FILES:
        module = importlib.import_module(".".join(("boeing_data_hub", *file.relative_to(HERE).with_suffix("").parts)))
        for node in ast.walk(ast.parse(file.with_suffix(".py").read_text())):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in {"record", "records"}
                and isinstance(node.func.value, ast.Name)
                and node.func.value.id == "work"
            ):
                names = [each.value for each in ast.walk(node.args[1]) if isinstance(each, ast.Constant)]
                kind = getattr(module, ast.unparse(node.args[0]))
                found += [(file, str(name), kind) for name in names if name in Statements(file)]
    return found


@pytest.mark.services
def test_the_columns_of_a_statement_are_the_fields_of_its_records(direct_url):
    wrong: dict[str, str] = {}
    with psycopg.connect(direct_url, autocommit=True) as connection:
        for file, name, kind in read_as_records():
            connection.pgconn.prepare(b"described", numbered(Statements(file)[name]).encode())
            told = connection.pgconn.describe_prepared(b"described")
            columns = {told.fname(i).decode(): told.ftype(i) for i in range(told.nfields)}
            types = typing.get_type_hints(kind)
            needed = {each.name for each in fields(kind) if each.default is MISSING and each.default_factory is MISSING}
            if lacking := needed - set(columns):
                wrong[f"{named(file)}: {name}"] = f"lacks {lacking}"
            numeric = connection.adapters.types["numeric"].oid
            if sums := [each for each, kind_of in columns.items() if kind_of == numeric and types.get(each) is int]:
                wrong[f"{named(file)}: {name}"] = f"is numeric, not a whole number: {sums}"
            connection.execute("DEALLOCATE described")
    assert wrong == {}


@pytest.mark.parametrize("file", FILES, ids=named)
def test_every_statement_is_used_by_its_module_and_every_name_exists(file):
    tree = ast.parse(file.with_suffix(".py").read_text())
    used = {
        name.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == "_SQL"
        for name in ast.walk(node.slice)
        if isinstance(name, ast.Constant)
    }
    assert used == set(Statements(file))


@pytest.mark.parametrize(("file", "name"), EVERY)
def test_a_statement_has_either_named_or_numbered_parameters_and_no_other_percent_sign(file, name):
    query = Statements(file)[name]
    by_name, by_place = re.search(r"%\(\w+\)[sbt]", query), re.search(r"%[sbt]", query)
    assert not (by_name and by_place)
    left = re.sub(r"%(?:\(\w+\))?[sbt]|%%", "", query)
    assert "%" not in left  # in a remark, too: psycopg would take it for a parameter


@pytest.fixture
def write(tmp_path):
    def make(text: str, name: str = "rows.sql") -> Path:
        path = tmp_path / name
        path.write_text(text)
        return path

    return make


def test_a_purpose_is_not_sent_and_a_remark_within_stays(write):
    path = write("-- Of a module.\n\n-- name: one\n-- What for,\n-- in two lines.\nSELECT 1,\n-- why\n 2;\n")
    assert dict(Statements(path)) == {"one": "SELECT 1,\n-- why\n 2"}


def test_fragments_are_filled_in_also_those_of_other_files_and_within_each_other(write):
    write("-- fragment: key\nid, {rest}\n-- fragment: rest\nname\n", "other.sql")
    path = write("-- fragment: mine\nat, {other.key}\n-- name: all\nSELECT {mine} FROM t WHERE a = '{}'\n")
    assert Statements(path)["all"] == "SELECT at, id, name FROM t WHERE a = '{}'"


@pytest.mark.parametrize(
    "wrong",
    [
        "SELECT 1",
        "-- name: one\nSELECT 1\n-- name: one\nSELECT 2",
        "-- name: one\nSELECT {nothing}",
    ],
)
def test_a_malformed_file_is_a_programming_error(write, wrong):
    with pytest.raises(ValueError, match=r"entr|fragment"):
        Statements(write(wrong))


def test_an_unknown_name_is_a_mistake_of_ours(write):
    with pytest.raises(KeyError):
        Statements(write("-- name: one\nSELECT 1"))["two"]


def test_the_file_beside_a_module_is_read_once(write):
    module = str(write("-- name: one\nSELECT 1").with_suffix(".py"))
    assert beside(module) is beside(module)
