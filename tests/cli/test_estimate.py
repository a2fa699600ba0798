"""`bdh estimate`: numbers and files, what-ifs, and no need of anything but settings."""

from __future__ import annotations

import pytest


def test_from_settings_alone_it_shows_its_reckoning_and_what_it_assumed(bdh):
    ended = bdh("estimate", "20,000")
    assert ended.code == 0, ended.err
    for words in (
        "Search of 20,000 parts: 102 min to 113 min, 2,000 Boeing calls",
        "20,000 parts ÷ 10 in a call = 2,000 Boeing calls",
        "one by one: 396,400 points ÷ 100 a second = 66 min",
        "Postgres is not available",
        "The store did not answer; 100 points a second are assumed",
    ):
        assert words in ended.out, ended.out


def test_json_has_ranges_reckoning_and_assumptions(bdh):
    told = bdh("estimate", "500", "--json", "--at-limit", "2/m", "--plan", "plus").json
    assert (told["parts"], told["search"]["calls"]) == (500, {"low": 50, "high": 50})
    assert told["publish"]["restore_rate"] == 1000
    assert set(told) == {"parts", "search", "publish", "assumptions"}


@pytest.mark.parametrize(("flag", "other"), [("--search", "publish"), ("--publish", "search")])
def test_one_of_both_may_be_asked_for(bdh, flag, other):
    assert other not in bdh("estimate", "10", flag, "--json").json


def test_a_file_is_counted_without_its_duplicates(bdh, tmp_path):
    path = tmp_path / "list.csv"
    path.write_text("part\nA-1\nA-2\na-1\n")
    ended = bdh("estimate", path, "--json", "--offline")
    assert ended.json["parts"] == 2
    assert "1 duplicate line is skipped" in ended.err


@pytest.mark.parametrize(
    "arguments",
    [["0"], ["none.csv"], ["10", "--at-limit", "often"], ["10", "--plan", "golden"], ["10", "--batch-size", "0"]],
)
def test_what_cannot_be_reckoned_is_a_usage_error(bdh, arguments):
    assert bdh("estimate", *arguments).code == 2


def test_sync_is_estimated_from_the_limit_and_the_number_of_parts(bdh):
    ended = bdh("estimate", "20,000", "--sync", "--at-limit", "2/m")
    assert ended.code == 0, ended.err
    assert "Sync of 20,000 parts with 2,8" in ended.out
    assert "out of date, weighted by demand" in ended.out
    told = bdh("estimate", "20,000", "--sync", "--at-limit", "20/m", "--json").json
    assert told["sync"]["wrong"]["high"] < told["sync"]["wrong_in_turn"]
    assert bdh("estimate", "20", "--sync", "--at-limit", "unlimited").code != 0
