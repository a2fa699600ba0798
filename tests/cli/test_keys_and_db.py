from __future__ import annotations

import psycopg
import pytest

from boeing_data_hub.db import api_keys, schema, sessions

pytestmark = pytest.mark.services


@pytest.fixture
def at(bdh, database_url):
    """`bdh` with a database."""
    bdh.environment["DATABASE_URL"] = database_url
    return bdh


def test_a_key_is_created_listed_without_its_secret_and_revoked(at, database):
    made = at("keys", "create", "nightly :key: import", "--scope", "search,read", "--days", "7", "--json")
    assert made.code == 0, made.err
    assert made.json["scopes"] == ["read", "search"]
    assert made.json["expires_at"]
    key, key_id = made.json["key"], made.json["id"]
    assert database.run(lambda work: api_keys.find(work, key)).id == key_id

    listed = [at("keys", "list"), at("keys", "list", "--json")]
    assert listed[0].out.split("\t")[:3] == [key_id, "nightly :key: import", "read,search"]
    assert [one["id"] for one in listed[1].json] == [key_id]
    for ended in listed:
        assert key not in ended.out + ended.err
        assert key.rpartition("_")[2] not in ended.out + ended.err

    assert at("keys", "revoke", key_id).code == 0
    assert database.run(lambda work: api_keys.find(work, key)) is None
    assert at("keys", "list", "--json").json[0]["revoked_at"]


def test_without_json_stdout_is_the_key_alone(at, database):
    made = at("keys", "create", "x", "--scope", "read")
    assert database.run(lambda work: api_keys.find(work, made.out.strip())).name == "x"


def test_a_key_expires_after_90_days_unless_its_maker_says_otherwise(at):
    at("keys", "create", "usual", "--scope", "read")
    at("keys", "create", "forever", "--scope", "read", "--days", "0")
    assert {one["name"]: one["expires_at"] is None for one in at("keys", "list", "--json").json} == {
        "usual": False,
        "forever": True,
    }


def test_sessions_are_listed_and_ended(at, database):
    database.run(lambda work: sessions.begin(work, person="ada", name="Ada", scopes=["read"]))
    [one] = at("sessions", "list", "--json").json
    assert (one["owner"], one["scopes"]) == ("person:ada", ["read"])
    assert at("sessions", "list").out.split("\t")[:3] == [one["id"], "person:ada", "Ada"]
    assert at("sessions", "end", one["id"]).code == 0
    assert at("sessions", "end", one["id"]).code == 5
    assert at("sessions", "list", "--json").json == []


def test_an_unknown_scope_is_a_usage_error_and_makes_no_key(at):
    refused = at("keys", "create", "x", "--scope", "everything", "--json")
    assert refused.code == 2
    assert "everything" in refused.json["error"]["message"]
    assert at("keys", "list", "--json").json == []


def test_revoking_an_unknown_key_finds_nothing(at):
    assert at("keys", "revoke", "nosuchkey").code == 5


def test_a_key_for_more_days_than_a_calendar_has_is_rejected_in_a_sentence(at):
    refused = at("keys", "create", "x", "--scope", "read", "--days", "99999999999")
    assert refused.code == 2
    assert "days" in refused.err


def test_upgrading_twice_does_no_harm(bdh, empty_url):
    for _ in range(2):
        ended = bdh("db", "upgrade", DATABASE_URL=empty_url)
        assert (ended.code, ended.err) == (0, f"The tables are at revision {schema.newest()}.\n")


def test_an_older_program_says_that_the_tables_are_newer(bdh, direct_url):
    with psycopg.connect(direct_url) as connection:
        connection.execute("UPDATE hub.alembic_version SET version_num = '9999'")
    ended = bdh("db", "upgrade", DATABASE_URL=direct_url)
    assert ended.code == 0
    assert ended.err == "The tables are at revision 9999, which is newer than this program; they were left unchanged.\n"


def test_the_sql_is_printed_without_a_database_and_from_any_revision(bdh):
    whole, rest, none = bdh("db", "sql"), bdh("db", "sql", "--from", "0003"), bdh("db", "sql", "--from", "0099")
    assert (whole.code, rest.code, none.code) == (0, 0, 2)
    assert "CREATE TABLE hub.batches " in whole.out
    assert "CREATE TABLE hub.batches " not in rest.out
    assert "CREATE TABLE hub.sessions " in rest.out
    assert none.err.startswith("There is no revision 0099. There are 0001, ")


def test_the_transaction_pooler_is_rejected_for_an_upgrade(bdh):
    refused = bdh("db", "upgrade", DATABASE_URL="postgresql://u:sEcReT@127.0.0.1:6543/x")
    assert refused.code == 2
    assert "transaction pooler" in refused.err
    assert "port 5432, not 6543" in refused.err
    assert "sEcReT" not in refused.err


@pytest.mark.parametrize("arguments", [["keys", "list"], ["db", "upgrade"]])
def test_without_a_database_it_says_which_setting_is_missing(bdh, arguments):
    refused = bdh(*arguments)
    assert refused.code == 2
    assert refused.err.startswith("DATABASE_URL is not set.")


@pytest.mark.parametrize("arguments", [["keys", "list"], ["db", "upgrade"]])
def test_a_database_that_does_not_answer_is_unreachable(bdh, arguments):
    refused = bdh(*arguments, DATABASE_URL="postgresql://u:sEcReT@127.0.0.1:1/x", HUB_DATABASE_POOL="2")
    assert refused.code == 8
    assert "Postgres does not answer." in refused.err
    assert "sEcReT" not in refused.err


@pytest.mark.parametrize(
    ("setting", "value", "arguments"),
    [
        ("PRICE_MARKUP", "abc", ["keys", "list"]),
        ("SHOPIFY_LOCATION_MAP", "[sEcReT", ["keys", "list"]),
        ("BOEING_PNA_PRICE_URL", "ftp://sEcReT", ["keys", "list"]),
        ("HUB_PORT", "sEcReT", ["search", "A1"]),
        ("BOEING_API_RATE_LIMIT", "20", ["keys", "list"]),
        ("DATABASE_URL", "sEcReT", ["keys", "list"]),
        ("DATABASE_URL", "postgresql://u:sEcReT@127.0.0.1:x/y", ["db", "upgrade"]),
        ("REDIS_URL", "sEcReT", ["keys", "list"]),
    ],
)
def test_a_wrong_setting_is_named_and_no_secret_is_shown(at, redis_url, setting, value, arguments):
    secrets = {"REDIS_URL": redis_url, "BOEING_PASSWORD": "sEcReT", "HUB_API_KEY": "bdh_sEcReT"}
    refused = at(*arguments, **{**secrets, setting: value})
    assert refused.code == 2, refused.err
    assert setting in refused.err
    assert "sEcReT" not in refused.out + refused.err


@pytest.mark.parametrize("arguments", [["worker", "extraction"], ["up", "--sandbox"]])
def test_nothing_is_started_with_an_invalid_limit(at, redis_url, arguments):
    refused = at.process(*arguments, REDIS_URL=redis_url, BOEING_API_RATE_LIMIT="20")
    assert refused.code == 2
    assert refused.err.startswith("BOEING_API_RATE_LIMIT: ")
