"""Which addresses may be fetched: by their text, and by where their host leads."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boeing_data_hub.images.guards import FetchRules, ImageRefused, check_addresses, check_url
from boeing_data_hub.network.public_hosts import is_public

RULES = FetchRules()


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("https://www.aviall.com/content-images/4811-160-3=E9_280.JPG", "www.aviall.com"),
        ("https://shop.boeing.com/content-images/A%2FB.JPG?v=2", "shop.boeing.com"),
        ("https://WWW.AVIALL.COM/a.jpg", "www.aviall.com"),
        ("HTTPS://www.aviall.com:443/a.jpg#there", "www.aviall.com"),
        ("https://aviall.com", "aviall.com"),
        ("https://a.b.boeing.com/", "a.b.boeing.com"),
        ("https://www.aviall.com/with space and ü.jpg", "www.aviall.com"),
        ("https://www.aviall.com//x/../@y:z", "www.aviall.com"),
    ],
)
def test_an_image_of_the_known_hosts_may_be_fetched(text, host):
    target = check_url(text, RULES)
    assert (target.host, target.port, target.any_address) == (host, 443, False)
    assert target.url.host == host
    assert not target.url.fragment


def test_a_host_may_be_allowed_by_its_exact_name_only():
    rules = FetchRules(domains=frozenset(), hosts=frozenset({"images.example.org"}))
    assert check_url("https://images.example.org/a.jpg", rules).host == "images.example.org"
    for text in ("https://more.images.example.org/a.jpg", "https://example.org/a.jpg", "https://www.aviall.com/a.jpg"):
        with pytest.raises(ImageRefused):
            check_url(text, rules)


def test_a_simulator_is_reached_only_by_the_very_pair_and_scheme_that_were_named():
    rules = FetchRules(
        allow_plain_http_to=frozenset({"127.0.0.1:8080", "[::1]:8080"}), allow_hosts=frozenset({"sandbox.test:8443"})
    )
    assert check_url("http://127.0.0.1:8080/a.jpg", rules).any_address
    assert check_url("http://[::1]:8080/a.jpg", rules).host == "::1"
    assert check_url("https://sandbox.test:8443/a.jpg", rules).any_address
    assert not check_url("https://www.aviall.com/a.jpg", rules).any_address
    for text in (
        "https://127.0.0.1:8080/a.jpg",
        "http://127.0.0.1:8081/a.jpg",
        "http://127.0.0.1/a.jpg",
        "http://127.1:8080/a.jpg",
        "http://2130706433:8080/a.jpg",
        "http://sandbox.test:8443/a.jpg",
        "https://sandbox.test/a.jpg",
        "http://x@127.0.0.1:8080/a.jpg",
    ):
        with pytest.raises(ImageRefused):
            check_url(text, rules)


@given(st.text(max_size=80) | st.text(max_size=40).map(lambda text: f"https://{text}.aviall.com/a.jpg"))
def test_whatever_passes_is_https_to_a_host_at_or_below_a_known_domain(text):
    try:
        target = check_url(text, RULES)
    except ImageRefused as refused:
        assert refused.code == "image_forbidden_address"  # noqa: PT017 - most texts are refused, and only so
        return
    assert target.url.scheme == "https"
    assert target.port == 443
    assert target.url.host == target.host
    assert target.host in {"aviall.com", "boeing.com"} or target.host.endswith((".aviall.com", ".boeing.com"))


PRIVATE = [
    "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.0.1",
    "168.63.129.16", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.170", "192.0.2.1",
    "192.88.99.1", "192.168.0.1", "198.18.0.1", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.255.255.250",
    "240.0.0.1", "255.255.255.255", "::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "64:ff9b::7f00:1",
    "64:ff9b::808:808", "64:ff9b:1::1", "100::1", "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:db8::1",
    "2002:7f00:1::", "2002:a9fe:a9fe::1", "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0",
    "2606:4700::1%eth0", "fec0::1", "ff02::1", "ff0e::1", "", "localhost", "127.1", "0x7f000001", "2130706433",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_that_is_not_plainly_public_is_refused(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "104.18.32.7", "2606:4700::6812:2007", "2a00:1450:4001::1"])
def test_a_public_address_is_taken(address):
    assert is_public(address)


def test_one_private_address_among_public_ones_condemns_them_all():
    target = check_url("https://www.aviall.com/a.jpg", RULES)
    assert check_addresses(target, ["8.8.8.8", "2606:4700::1", "8.8.8.8"]) == ("8.8.8.8", "2606:4700::1")
    with pytest.raises(ImageRefused) as caught:
        check_addresses(target, ["8.8.8.8", "10.0.0.8"])
    assert caught.value.code == "image_forbidden_address"
    assert "10.0.0.8" not in caught.value.message


def test_a_host_without_an_address_is_unreachable_rather_than_forbidden():
    with pytest.raises(ImageRefused) as caught:
        check_addresses(check_url("https://www.aviall.com/a.jpg", RULES), [])
    assert caught.value.code == "image_unreachable"
