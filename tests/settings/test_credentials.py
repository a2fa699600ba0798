"""Secrets may be files of a folder, as systemd and container engines hand them over."""

from __future__ import annotations

import pytest

from boeing_data_hub.settings import Settings, reading


@pytest.fixture
def folder(tmp_path, monkeypatch):
    place = tmp_path / "credentials"
    place.mkdir()
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(place))
    return place


def test_a_file_is_the_setting_of_its_name(folder):
    (folder / "BOEING_CLIENT_SECRET").write_text("from a file\n")
    (folder / "boeing_password").write_text("  same  ")
    (folder / "another.program").write_text("not ours")
    (folder / "below").mkdir()
    for settings in (Settings(_env_file=None), reading.read().settings):
        assert settings.boeing_client_secret.get_secret_value() == "from a file"
        assert settings.boeing_password.get_secret_value() == "same"
        assert "from a file" in settings.secrets


def test_the_environment_and_the_file_of_settings_come_before_it(folder, tmp_path, monkeypatch):
    (folder / "BOEING_CLIENT_SECRET").write_text("from a file")
    (folder / "BOEING_PASSWORD").write_text("from a file")
    (tmp_path / ".env").write_text("BOEING_PASSWORD=from .env\n")
    monkeypatch.setenv("BOEING_CLIENT_SECRET", "from the environment")
    for settings in (Settings(_env_file=tmp_path / ".env"), reading.read(env_file=tmp_path / ".env").settings):
        assert settings.boeing_client_secret.get_secret_value() == "from the environment"
        assert settings.boeing_password.get_secret_value() == "from .env"


def test_an_empty_file_counts_as_none(folder):
    (folder / "DATABASE_URL").write_text("\n")
    (folder / "HUB_OIDC_ISSUER").write_text("")
    assert Settings(_env_file=None).database_url is None
    assert reading.read().mistakes == ()


def test_a_wrong_value_is_named_and_not_quoted(folder):
    (folder / "HUB_QUOTE_WEBHOOK_SECRET").write_text("short-canary")
    with pytest.raises(ValueError, match="HUB_QUOTE_WEBHOOK_SECRET") as refused:
        Settings(_env_file=None)
    assert "canary" not in str(refused.value)
