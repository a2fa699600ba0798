"""Secrets and data leave this machine encrypted, unless a setting says that the way is safe."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from boeing_data_hub.errors import BadInput
from boeing_data_hub.settings import Settings

HERE = ["127.0.0.1", "127.8.8.8", "localhost", "LOCALHOST", "[::1]", ""]
AWAY = ["db.example.com", "10.1.2.3", "[2001:db8::1]", "localhost.example.com", "127.0.0.1.example.com", "192.0.2.0"]


def postgres(address, **more):
    return Settings(_env_file=None, database_url=address, **more).postgres_url


@pytest.mark.parametrize("host", HERE)
@pytest.mark.parametrize("mode", ["", "?sslmode=disable", "?sslmode=prefer"])
def test_postgres_on_this_machine_is_reached_as_the_address_says(host, mode):
    address = f"postgresql://hub:p%40ss@{host}:5432/hub{mode}"
    assert postgres(address) == address


@pytest.mark.parametrize("host", AWAY)
def test_postgres_elsewhere_is_reached_by_tls_only(host, monkeypatch):
    monkeypatch.delenv("PGSSLMODE", raising=False)
    address = f"postgresql://hub:p%40ss@{host}:5432/hub"
    assert postgres(address) == f"{address}?sslmode=require"
    assert postgres(f"{address}?connect_timeout=3") == f"{address}?connect_timeout=3&sslmode=require"
    for mode in ("require", "verify-ca", "verify-full"):
        assert postgres(f"{address}?sslmode={mode}") == f"{address}?sslmode={mode}"
    for mode in ("disable", "allow", "prefer", "nonsense"):
        with pytest.raises(BadInput, match="without encryption") as refused:
            postgres(f"{address}?sslmode={mode}")
        assert refused.value.code == "database_in_clear"
        assert "p%40ss" not in refused.value.message


def test_the_strict_mode_of_the_environment_is_kept_and_a_weak_one_refused(monkeypatch):
    monkeypatch.setenv("PGSSLMODE", "verify-full")
    assert postgres("postgresql://db.example.com/hub") == "postgresql://db.example.com/hub"
    monkeypatch.setenv("PGSSLMODE", "prefer")
    with pytest.raises(BadInput):
        postgres("postgresql://db.example.com/hub")


@pytest.mark.parametrize(
    ("address", "is_here"),
    [
        ("postgresql:///hub?host=/run/postgresql", True),
        ("postgresql://%2Frun%2Fpostgresql/hub", True),
        ("postgresql://127.0.0.1/hub?host=db.example.com", False),
        ("postgresql://127.0.0.1/hub?hostaddr=10.0.0.1", False),
        ("postgresql://localhost:5432,db.example.com:5432/hub", False),
    ],
)
def test_every_way_to_name_a_host_counts(address, is_here, monkeypatch):
    monkeypatch.delenv("PGSSLMODE", raising=False)
    assert ("sslmode=require" in postgres(address)) is not is_here


@pytest.mark.parametrize(
    ("host", "named"), [("postgres", "Postgres"), ("10.1.2.3", "10.0.0.0/8"), ("10.1.2.3", "10.1.2.3")]
)
def test_a_host_or_network_that_is_named_may_be_reached_in_clear(host, named):
    address = f"postgresql://hub:p@{host}:5432/hub"
    assert postgres(address, hub_plain_hosts=f"redis,{named}") == address
    assert postgres(address, hub_plain_hosts="redis,192.168.0.0/16") != address
    settings = Settings(_env_file=None, hub_owner_database_url=address, hub_plain_hosts=named)
    assert settings.owner_postgres_url == address


@pytest.mark.parametrize("host", AWAY)
def test_redis_elsewhere_needs_tls(host):
    for name in ("redis_url", "celery_broker_url"):
        with pytest.raises(BadInput, match=name.upper()) as refused:
            _ = Settings(_env_file=None, **{name: f"redis://:secret@{host}:6379/0"}).broker_url
        assert refused.value.code == "redis_in_clear"
        assert "secret" not in refused.value.message
    assert Settings(_env_file=None, redis_url=f"rediss://:p@{host}:6379/0").broker_url
    bare = host.strip("[]")
    assert Settings(_env_file=None, redis_url=f"redis://:p@{host}:6379/0", hub_plain_hosts=bare).broker_url


@pytest.mark.parametrize("address", ["redis://:p@127.0.0.1:6379/0", "redis://localhost", "unix:///run/redis.sock"])
def test_redis_on_this_machine_does_not(address):
    assert Settings(_env_file=None, redis_url=address).broker_url


WEB = ["boeing_oauth_token_url", "boeing_pna_oauth_url", "boeing_pna_price_url", "shopify_store_domain"]


@pytest.mark.parametrize("name", WEB)
@pytest.mark.parametrize("host", AWAY)
def test_nothing_starts_with_boeing_or_the_store_elsewhere_in_clear(host, name):
    for scheme in ("http", "HTTP"):
        with pytest.raises(ValidationError, match=f"{name}[^_]*\n.*begins with http://.*HUB_PLAIN_HOSTS"):
            Settings(_env_file=None, **{name: f"{scheme}://{host}:8080"})
    assert getattr(Settings(_env_file=None, **{name: f"https://{host}:8080"}), name) == f"https://{host}:8080"


@pytest.mark.parametrize("name", WEB)
@pytest.mark.parametrize("host", [one for one in HERE if one])
def test_a_stand_in_on_this_machine_needs_no_encryption(host, name):
    assert getattr(Settings(_env_file=None, **{name: f"http://{host}:8080"}), name) == f"http://{host}:8080"


@pytest.mark.parametrize("name", WEB)
@pytest.mark.parametrize(("host", "named"), [("sandbox", "Sandbox"), ("10.1.2.3", "10.0.0.0/8")])
def test_a_stand_in_that_is_named_may_be_reached_in_clear(host, named, name):
    address = f"http://{host}:8080"
    settings = Settings(_env_file=None, hub_plain_hosts=f"redis,{named}", **{name: address})
    assert getattr(settings, name) == address
