from __future__ import annotations

import json

import pytest
from typer import Exit

from boeing_data_hub import __version__
from boeing_data_hub.cli import output
from boeing_data_hub.errors import (
    BadInput,
    Conflict,
    Forbidden,
    Malformed,
    NotFound,
    PauseUpstream,
    RateLimited,
    Refused,
    Reject,
    Retry,
    TooLarge,
    Unauthorized,
    Unavailable,
)

EXIT_CODES = {
    Refused: 2,
    Malformed: 2,
    BadInput: 2,
    TooLarge: 2,
    Unauthorized: 4,
    Forbidden: 4,
    PauseUpstream: 4,
    NotFound: 5,
    Conflict: 6,
    Unavailable: 8,
    Retry: 1,
    RateLimited: 1,
    Reject: 1,
}


@pytest.mark.parametrize("kind", EXIT_CODES, ids=lambda kind: kind.__name__)
def test_every_kind_of_error_has_its_exit_code_and_goes_to_stderr(kind, capsys):
    with pytest.raises(Exit) as ended:
        output.fail(kind("What happened, and what to do."))
    assert ended.value.exit_code == EXIT_CODES[kind]
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == "What happened, and what to do.\n"


def test_with_json_an_error_is_one_document_on_stdout(capsys):
    with pytest.raises(Exit) as ended:
        output.fail(BadInput("Not so.", code="odd", details={"rejected": [{"line": 3}]}), json_wanted=True)
    assert ended.value.exit_code == 2
    said = capsys.readouterr()
    assert json.loads(said.out) == {"error": {"code": "odd", "message": "Not so.", "rejected": [{"line": 3}]}}
    assert said.err == ""


def test_rejected_lines_are_printed_and_a_long_list_is_shortened(capsys):
    rejected = [{"line": n, "reason": "blank"} for n in range(1, 26)]
    with pytest.raises(Exit):
        output.fail(BadInput("25 lines.", details={"rejected": rejected}))
    said = capsys.readouterr().err.splitlines()
    assert said[1] == "  line 1: blank"
    assert said[20] == "  line 20: blank"
    assert said[21:] == ["  and 5 more"]


def test_text_is_printed_as_it_is_long_lines_and_tabs_and_colons_included(capsys):
    odd = "a\tb :key: [bold]x[/bold] " + "word " * 60
    output.say(odd)
    output.note(odd)
    said = capsys.readouterr()
    assert said.out == odd + "\n"
    assert said.err == odd + "\n"


def test_a_table_elsewhere_than_on_a_terminal_is_lines_of_tab_separated_cells(capsys):
    output.table("2 things", ["a", "b"], [("x", None), ("y", 2)])
    assert capsys.readouterr().out == "x\t\ny\t2\n"


def test_alone_it_prints_its_help(bdh):
    ended = bdh.process()
    assert ended.code == 2
    for command in ("demo", "up", "serve", "worker", "beat", "sandbox", "search", "batches", "db", "keys", "doctor"):
        assert command in ended.err


def test_its_version_is_the_package_s(bdh):
    ended = bdh.process("--version")
    assert (ended.code, ended.out) == (0, f"bdh {__version__}\n")


@pytest.mark.parametrize("arguments", [["nonsense"], ["batches", "nonsense"], ["batches", "list", "--nonsense"]])
def test_an_unknown_command_or_option_is_a_usage_error(bdh, arguments):
    ended = bdh(*arguments)
    assert ended.code == 2
    assert "nonsense" in ended.err
    assert ended.out == ""
