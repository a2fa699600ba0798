"""`bdh housekeeping` and `bdh digest`, as an operator has them at two in the morning."""

from __future__ import annotations

import pytest

from boeing_data_hub.db import audit

pytestmark = pytest.mark.services


@pytest.fixture
def at(bdh, database_url, database):
    """`bdh` with a database in which an old line of the audit log stands."""
    bdh.environment["DATABASE_URL"] = database_url
    database.run(lambda work: audit.record(work, actor="a", action="b", target="c"))
    database.run(lambda work: work.do("UPDATE hub.audit_log SET at = at - interval '6 years'"))
    return bdh


def lines(database):
    return database.run(lambda work: work.value("SELECT count(*) FROM hub.audit_log"))


def test_a_dry_run_counts_and_removes_nothing(at, database):
    told = at("housekeeping", "run", "--dry-run", "--json")
    assert (told.code, told.json["rows"]["audit"], lines(database)) == (0, 1, 1)
    assert "Nothing was removed" in at("housekeeping", "run", "--dry-run").err


def test_a_run_removes_what_a_dry_run_counted(at, database):
    assert "audit\taudit log\t1\n" in at("housekeeping", "run").out
    assert lines(database) == 0
    status = {one["name"]: one for one in at("housekeeping", "status", "--json").json["chores"]}
    assert status["audit"]["last_round"] == 1
    assert status["audit"]["days"] == 1825


def test_data_that_is_kept_for_ever_is_shown_as_such(at):
    assert "forever" in at("housekeeping", "status", HUB_KEEP_AUDIT_DAYS="0").out


def test_a_digest_is_shown_without_sending_it(at):
    assert "nothing to report" in at("digest", "show").out
    assert at("digest", "show", "--html").out.startswith("<!doctype html>")
    assert at("digest", "show", "--day", "2026-01-31", "--json").json["since"] == "2026-01-30T06:00:00+00:00"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("digest", "show", "--day", "yesterday"), 2, "2026-11-25"),
        (("digest", "send"), 2, "HUB_DIGEST_WEBHOOK_URL"),
    ],
)
def test_what_cannot_be_done_is_said(at, arguments, code, said):
    ended = at(*arguments)
    assert ended.code == code
    assert said in ended.err


def test_a_digest_that_cannot_be_delivered_is_left_to_the_hub(at):
    environment = {"HUB_DIGEST_WEBHOOK_URL": "http://127.0.0.1:1/canary"}
    ended = at("digest", "send", **environment)
    assert ended.code == 0
    assert "by webhook: not delivered yet." in ended.out
    assert "The hub retries failed deliveries" in ended.err
    (row,) = at("digest", "list", "--json", **environment).json
    assert (row["state"], row["attempts"]) == ("due", 1)
    assert "canary" not in ended.out + ended.err + str(row)


def test_a_wrong_setting_names_itself_without_its_value(at):
    ended = at("housekeeping", "status", HUB_DIGEST_WEBHOOK_URL="http://example.com/canary")
    assert ended.code == 2
    assert "HUB_DIGEST_WEBHOOK_URL" in ended.err
    assert "canary" not in ended.err
