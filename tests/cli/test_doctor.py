"""`bdh doctor` where much is broken: what it prints, and how it ends. What it finds: tests/health/doctor."""

from __future__ import annotations

import pytest

BOEING = {"BOEING_OAUTH_TOKEN_URL": "http://127.0.0.1:1/t", "BOEING_PNA_OAUTH_URL": "http://127.0.0.1:1/t"}


@pytest.fixture
def at(bdh):
    bdh.environment |= BOEING
    return bdh


def test_where_nothing_is_set_it_says_all_that_is_missing(bdh):
    ended = bdh("doctor", "--json")
    assert ended.code == 1
    found = {one["code"]: one for one in ended.json}
    assert {"postgres_unset", "redis_unset", "boeing_unset", "store_unset"} <= set(found)
    assert all(one["remedy"] for one in ended.json if one["level"] in {"error", "warning"})


def test_an_invalid_setting_is_a_usage_error_and_the_rest_is_still_checked(at):
    at.environment |= {"HUB_PORT": "sEcReT", "DATABASE_URL": "sEcReT", "REDIS_URL": "redis://:sEcReT@127.0.0.1:1/0"}
    ended = at("doctor")
    assert ended.code == 2
    for word in ("HUB_PORT", "DATABASE_URL", "redis://127.0.0.1:1/0 is not responding", "→", "BOEING_CLIENT_ID"):
        assert word in ended.out, ended.out
    assert "sEcReT" not in ended.out + ended.err
    assert "docs/doctor.md" in ended.err


def test_a_wrong_file_of_settings_is_named(bdh, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_bytes(b"HUB_VENDOR=\xff\xfe\n")
    ended = bdh("doctor", "--json")
    assert ended.code == 2
    assert any(".env" in one["message"] for one in ended.json)


def test_names_in_the_file_are_known_for_what_they_are(bdh, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text('SHOPIFY_LOCATIONMAP={}\nHUB_PRICE=1\nBOEING_BATCH_SIZE="ten"\nEDITOR=vi\n')
    ended = bdh("doctor", "--json")
    told = {one["message"].split()[0]: one for one in ended.json if one["name"] == "settings"}
    assert "SHOPIFY_LOCATION_MAP" in told["SHOPIFY_LOCATIONMAP"]["remedy"]
    assert told["HUB_PRICE"]["code"] == "setting_unknown"
    assert "the file .env" in told["BOEING_BATCH_SIZE:"]["remedy"]
    assert "EDITOR" not in told
    assert ended.code == 2
