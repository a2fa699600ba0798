"""The address at which the hub is shown: what is normalized, and what no process starts with."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from boeing_data_hub.settings import Settings
from boeing_data_hub.settings.public_address import OWN_PATHS


def settings(url):
    return Settings(_env_file=None, hub_public_url=url)


@pytest.mark.parametrize(
    ("given", "public", "prefix"),
    [
        ("https://hub.example.com", "https://hub.example.com", ""),
        ("https://hub.example.com/", "https://hub.example.com", ""),
        ("https://hub.example.com///", "https://hub.example.com", ""),
        ("https://host/hub", "https://host/hub", "/hub"),
        ("https://host/hub/", "https://host/hub", "/hub"),
        ("https://host/hub//", "https://host/hub", "/hub"),
        (" https://host/hub/ ", "https://host/hub", "/hub"),
        (
            "HTTPS://host:8443/tools/boeing-hub_1.2~x",
            "https://host:8443/tools/boeing-hub_1.2~x",
            "/tools/boeing-hub_1.2~x",
        ),
        ("http://[::1]:9000/hub", "http://[::1]:9000/hub", "/hub"),
        ("https://host/apis", "https://host/apis", "/apis"),
    ],
)
def test_a_usable_address_is_normalized(given, public, prefix):
    assert settings(given).public_url == public
    assert settings(given).prefix == prefix


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("hub.example.com/hub", "must begin with https:// or http://"),
        ("ftp://host/hub", "must begin with https:// or http://"),
        ("https://", "no host name"),
        ("https:///hub", "no host name"),
        ("https://host:port/hub", "no host name, or an invalid port"),
        ("https://host/hub?x=1", "query or a fragment"),
        ("https://host/hub#top", "query or a fragment"),
        ("https://host/hub?", "query or a fragment"),
        ("https://me:secret@host/hub", "user name or a password"),
        ("https://host/my hub", "a blank"),
        ("https://host/hub\t/x", "a blank"),
        ("https://host/a//b", "single slashes"),
        ("https://host//hub", "single slashes"),
        ("https://host/../hub", "single slashes"),
        ("https://host/hub/..", "single slashes"),
        ("https://host/./hub", "single slashes"),
        ("https://host/h%20ub", "letters, digits"),
        ("https://host/h\u00fcb", "letters, digits"),
        ("https://host/a\\b", "letters, digits"),
        ('https://host/a"b', "letters, digits"),
        ("https://host/console", "must not begin with /console"),
        ("https://host/api/hub", "must not begin with /api"),
    ],
)
def test_an_odd_address_is_refused_at_the_start_with_a_sentence(url, said):
    with pytest.raises(ValidationError) as refused:
        settings(url)
    assert said in str(refused.value)
    assert "secret" not in str(refused.value)


@given(st.text(max_size=60).map(lambda rest: f"https://host/{rest}"))
def test_any_address_is_refused_or_becomes_a_prefix_that_needs_no_escape(url):
    try:
        found = settings(url)
    except ValidationError:
        return
    assert found.prefix == "" or found.prefix.startswith("/")
    assert not found.prefix.endswith("/")
    assert "//" not in found.prefix
    assert found.prefix.isascii()
    assert not set(found.prefix) & set(" \"'<>&?#%\\")


def test_every_first_segment_of_our_own_routes_is_reserved():
    from boeing_data_hub.web.app import ROUTERS

    firsts = {route.path.split("/")[1] for router in ROUTERS for route in router.routes}
    assert firsts <= OWN_PATHS
