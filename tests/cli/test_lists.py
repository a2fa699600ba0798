"""`bdh search FILE` says what it read, asks where it is not clear, and takes the same numbers as the other ways in."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
import typer

from boeing_data_hub.batches.lists.reading import settled
from boeing_data_hub.batches.lists.spreadsheet import read_upload
from boeing_data_hub.cli import lists
from boeing_data_hub.cli.lists import ListOptions, listed
from boeing_data_hub.errors import BadInput
from boeing_data_hub.web.api.uploads import UploadResponse
from boeing_data_hub.web.list_forms import mapping_of

FILES = Path(__file__).parents[1] / "batches" / "lists"
TWO = "Mine,Theirs\nA1-1,B1-1\nA2-2,B2-2\nA3-3,B3-3\n"


class Reader:
    """Stands for the API: reads a file as the hub does."""

    def call(self, _method: str, _path: str, *, files: Any, data: Any) -> Any:
        name, content = files["file"]
        choice = mapping_of(
            **{name: data[name] for name in ("sheet", "column", "quantity", "reference", "delimiter", "encoding")},
            include_hidden=data["include_hidden"] == "true",
            accept_flagged=data["accept_flagged"] == "true",
        )
        found = read_upload(content, name, max_parts=1000, choice=choice)
        settled(found.reading)
        return UploadResponse.of(found, filename=name).model_dump(mode="json")


class Terminal(io.StringIO):
    """Somebody at a terminal, who types this."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def at_a_terminal(monkeypatch: pytest.MonkeyPatch):
    def types(*answers: str) -> None:
        monkeypatch.setattr("sys.stdin", Terminal("".join(f"{answer}\n" for answer in answers)))
        monkeypatch.setattr("sys.stderr", Terminal())

    return types


def read(path: Path, **options: Any) -> list[str]:
    reader: Any = Reader()
    return listed(reader, [str(path)], ListOptions(**options), verb="Search").body["part_numbers"]


@pytest.fixture
def two(tmp_path: Path) -> Path:
    path = tmp_path / "two.csv"
    path.write_text(TWO)
    return path


def test_without_a_terminal_what_is_not_clear_ends_with_the_choices(two: Path):
    with pytest.raises(BadInput) as asked:
        read(two)
    assert asked.value.exit_code == 2
    assert "--column" in asked.value.message
    assert read(two, column="B") == ["B1-1", "B2-2", "B3-3"]


def test_without_a_terminal_a_clear_list_is_read_and_reported(capsys: pytest.CaptureFixture[str]):
    assert read(FILES / "cover_sheet.xlsx")[0] == "NAS6604-12"
    assert "column B, headed “P/N”" in capsys.readouterr().err.replace("\n", " ")


def test_on_a_terminal_a_person_chooses_the_column_and_confirms(two: Path, at_a_terminal: Any):
    at_a_terminal("Theirs", "y")
    assert read(two) == ["B1-1", "B2-2", "B3-3"]


def test_on_a_terminal_no_means_that_nothing_starts_and_yes_need_not_be_typed(at_a_terminal: Any):
    at_a_terminal("n")
    with pytest.raises(typer.Exit):
        read(FILES / "cover_sheet.xlsx")
    at_a_terminal()
    assert read(FILES / "cover_sheet.xlsx", yes=True)


def test_flagged_lines_stop_it_until_a_person_says_what_is_to_become_of_them(tmp_path: Path, at_a_terminal: Any):
    path = tmp_path / "list.csv"
    path.write_text("P/N,Qty\n5-Jun,1\nMS21042-4,2\nTotal,3\n")
    with pytest.raises(BadInput) as refused:
        read(path)
    assert [one["line"] for one in refused.value.details["rejected"]] == [2]
    assert "--accept-flagged" in refused.value.message
    assert read(path, skip_rejected=True) == ["MS21042-4"]
    assert read(path, accept_flagged=True) == ["5-JUN", "MS21042-4"]
    at_a_terminal("y")
    assert read(path) == ["MS21042-4"]


def test_hidden_rows_are_read_when_asked_for():
    assert len(read(FILES / "filtered.xlsx")) == 5
    assert len(read(FILES / "filtered.xlsx", include_hidden=True)) == 50


def test_numbers_given_as_arguments_are_not_a_list():
    reader: Any = Reader()
    found = listed(reader, ["NAS6604-12", "5-JUN"], ListOptions(), verb="Search")
    assert (found.body, found.read) == ({"part_numbers": ["NAS6604-12", "5-JUN"]}, None)
    assert lists.Listed({}).read is None
