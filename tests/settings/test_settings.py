"""A setting that is wrong stops the process at its start, and says which one it is."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from boeing_data_hub.settings import Settings


def settings(**values):
    return Settings(_env_file=None, **values)


@pytest.mark.parametrize(
    "said", ['["aviall.com", "Example.org"]', "aviall.com, EXAMPLE.org,", ["aviall.com", "example.org"]]
)
def test_a_list_may_be_json_or_separated_by_commas(said):
    assert settings(hub_image_domains=said).hub_image_domains == ("aviall.com", "example.org")


def test_a_list_comes_from_the_environment(monkeypatch):
    monkeypatch.setenv("HUB_IMAGE_DOMAINS", "example.org,example.net")
    monkeypatch.setenv("HUB_IMAGE_ALLOW_HTTP_HOSTS", "127.0.0.1:9000")
    monkeypatch.setenv("HUB_IMAGE_ALLOW_HOSTS", "")
    found = settings()
    assert found.hub_image_domains == ("example.org", "example.net")
    assert (found.hub_image_allow_http_hosts, found.hub_image_allow_hosts) == (("127.0.0.1:9000",), ())


@pytest.mark.parametrize(
    ("name", "said", "found"),
    [
        ("shopify_location_map", '{"Dallas Central": "Dallas"}', {"Dallas Central": "Dallas"}),
        ("shopify_inventory_location_codes", '{"Dallas": "1D1"}', {"Dallas": "1D1"}),
        ("hub_oidc_roles", '{"it": "admin"}', {"it": "admin"}),
        ("shopify_location_map", "", {}),
        ("hub_tags", "boeing, Aerospace", ("boeing", "Aerospace")),
        ("hub_trace_choices", '["EASA Form 1", "C of C"]', ("EASA Form 1", "C of C")),
        ("hub_unit_choices", '["EA", "Pack (1PK = 25EA)"]', ("EA", "Pack (1PK = 25EA)")),
    ],
)
def test_maps_and_lists_are_read_as_they_stand_in_the_environment(monkeypatch, name, said, found):
    monkeypatch.setenv(name.upper(), said)
    assert getattr(settings(), name) == found
    assert getattr(settings(**{name: said}), name) == found


@pytest.mark.parametrize("name", ["shopify_location_map", "shopify_inventory_location_codes", "hub_oidc_roles"])
def test_a_map_that_is_not_json_names_itself_and_shows_an_example(name):
    with pytest.raises(ValidationError, match=rf"(?s){name}.*must be JSON such as"):
        settings(**{name: "Dallas Central=Dallas"})


def test_no_two_subjects_of_settings_define_the_same_name():
    allowed = {"model_config", "_abc_impl"}
    names = [
        name
        for subject in Settings.__mro__
        if subject.__module__.startswith(f"{Settings.__module__}.")
        for name in {*vars(subject), *subject.__annotations__}
        if not name.startswith("__") and name not in allowed
    ]
    assert set(names) >= set(Settings.model_fields)
    assert len(names) > len(Settings.model_fields)
    assert sorted(names) == sorted(set(names)), "of two of a name, one silently replaces the other"


@pytest.mark.parametrize(
    ("wrong", "names"),
    [
        ({"hub_image_domains": "com"}, "hub_image_domains"),
        ({"hub_image_domains": "*.aviall.com"}, "hub_image_domains"),
        ({"hub_image_domains": "https://aviall.com"}, "hub_image_domains"),
        ({"hub_image_domains": '["aviall.com"'}, "hub_image_domains"),
        ({"hub_image_allow_hosts": "127.0.0.1"}, "hub_image_allow_hosts"),
        ({"hub_image_allow_http_hosts": "http://127.0.0.1:9000"}, "hub_image_allow_http_hosts"),
        ({"hub_image_fallback_origin": "shop.boeing.com"}, "HUB_IMAGE_FALLBACK_ORIGIN"),
        ({"hub_image_fallback_origin": "http://127.0.0.1:9000"}, "HUB_IMAGE_ALLOW_HTTP_HOSTS"),
        ({"hub_image_fallback_origin": "https://shop.boeing.com:8443"}, "HUB_IMAGE_ALLOW_HOSTS"),
        ({"hub_public_url": "hub.example.com"}, "HUB_PUBLIC_URL"),
        ({"supabase_url": "https://abc.supabase.co"}, "SUPABASE_SERVICE_ROLE_KEY"),
        ({"supabase_url": "http://abc.supabase.co", "supabase_service_role_key": "canary"}, "SUPABASE_URL"),
        ({"supabase_storage_bucket": "../x"}, "supabase_storage_bucket"),
    ],
)
def test_a_wrong_setting_of_images_names_itself(wrong, names):
    with pytest.raises(ValidationError) as caught:
        settings(**wrong)
    assert names in str(caught.value)
    assert "canary" not in str(caught.value)


def test_a_simulator_may_stand_in_for_every_host_of_images():
    found = settings(
        hub_image_fallback_origin="http://127.0.0.1:9000",
        hub_image_allow_http_hosts="127.0.0.1:9000,[::1]:9000",
        supabase_url="http://127.0.0.1:9001",
        supabase_service_role_key="key",
    )
    assert found.hub_image_allow_http_hosts == ("127.0.0.1:9000", "[::1]:9000")


def test_a_proxy_is_trusted_by_address_or_network_never_by_name():
    found = settings(hub_trusted_proxies="127.0.0.1, 172.16.0.0/12,::1")
    assert found.hub_trusted_proxies == ("127.0.0.1", "172.16.0.0/12", "::1")
    with pytest.raises(ValidationError, match=r"'proxy\.example\.com' is no address or network"):
        settings(hub_trusted_proxies="proxy.example.com")


@pytest.mark.parametrize("name", ["database_url", "redis_url", "hub_data_dir", "hub_api_key", "hub_alive_file"])
def test_a_line_left_blank_is_as_good_as_none(monkeypatch, name):
    monkeypatch.setenv(name.upper(), " ")
    assert getattr(settings(), name) is None


@pytest.mark.parametrize(
    ("values", "url"),
    [
        ({}, "http://127.0.0.1:8000"),
        ({"hub_host": "::1", "hub_port": 81}, "http://[::1]:81"),
        ({"hub_public_url": "https://hub.example.com/"}, "https://hub.example.com"),
    ],
)
def test_the_outside_reaches_the_api_where_the_settings_say(values, url):
    assert settings(**values).public_url == url


@pytest.mark.parametrize(
    ("wrong", "names"),
    [
        ({"hub_digest_webhook_url": "http://hooks.example.com/canary"}, "hub_digest_webhook_url"),
        ({"hub_digest_webhook_url": "https://user:canary@hooks.example.com/"}, "hub_digest_webhook_url"),
        ({"hub_digest_webhook_url": "http://127.0.0.1.example.com:80/canary"}, "hub_digest_webhook_url"),
        ({"hub_digest_webhook_url": "canary"}, "hub_digest_webhook_url"),
        ({"hub_digest_at": "24:00"}, "hub_digest_at"),
        ({"hub_digest_at": "6"}, "hub_digest_at"),
        ({"hub_digest_time_zone": "Mars/Olympus"}, "hub_digest_time_zone"),
        ({"hub_digest_time_zone": "../../etc/passwd"}, "hub_digest_time_zone"),
        ({"hub_digest_email_to": "a@example.com,nobody"}, "hub_digest_email_to"),
        ({"hub_digest_email_to": "a@example.com"}, "HUB_SMTP_HOST"),
        ({"hub_digest_email_from": "a@example.com\r\nBcc: b@example.com"}, "hub_digest_email_from"),
        ({"hub_keep_items_days": -1}, "hub_keep_items_days"),
        (
            {"hub_digest_email_to": "a@example.com", "hub_digest_email_from": "h@example.com",
             "hub_smtp_host": "mail.example.com", "hub_smtp_security": "none", "hub_smtp_password": "canary"},
            "HUB_SMTP_SECURITY",
        ),
    ],
)  # fmt: skip
def test_a_wrong_setting_of_notices_names_itself_and_shows_no_secret(wrong, names):
    with pytest.raises(ValidationError) as caught:
        settings(**wrong)
    assert names in str(caught.value)
    assert "canary" not in str(caught.value)


def test_people_are_told_by_a_simulator_on_this_machine_or_by_https_anywhere():
    for url in ("http://127.0.0.1:9000/x", "http://localhost:9000", "http://[::1]:9000/x?y=1", "https://10.0.0.1/x?y"):
        assert settings(hub_digest_webhook_url=url).hub_digest_webhook_url.get_secret_value() == url
    assert settings(hub_digest_time_zone="UTC").hub_digest_time_zone == "UTC"


@pytest.mark.parametrize(
    ("values", "names"),
    [
        ({"hub_quote_webhook_secret": "canary"}, "HUB_QUOTE_WEBHOOK_SECRET"),
        ({"hub_quote_webhook_secret": "canary canary canary canary"}, "HUB_QUOTE_WEBHOOK_SECRET"),
        ({"hub_quote_webhook_secret": "canary\u00e9" * 5}, "HUB_QUOTE_WEBHOOK_SECRET"),
        ({"hub_quote_webhook_secret_previous": "canary" * 5}, "HUB_QUOTE_WEBHOOK_SECRET_PREVIOUS"),
        ({"hub_quote_max_parts": 0}, "hub_quote_max_parts"),
    ],
)
def test_a_guessable_webhook_secret_stops_the_start_and_is_not_shown(values, names):
    with pytest.raises(ValidationError) as caught:
        settings(**values)
    assert names in str(caught.value)
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "screens"),
    [
        ({}, False),
        ({"shopify_store_domain": "parts.myshopify.com"}, True),
        ({"shopify_location_map": {"Dallas Central": "Dallas"}}, True),
        ({"shopify_store_domain": "parts.myshopify.com", "shopify_unmapped_locations": "sell_from_default"}, False),
    ],
)
def test_with_a_store_or_a_map_stock_elsewhere_is_sold_only_where_a_setting_says_so(given, screens):
    assert Settings(_env_file=None, **given).screens_locations is screens
