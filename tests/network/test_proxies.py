"""Which proxy a call uses, by the variables as curl and others read them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boeing_data_hub.network.proxies import Proxies, Proxy, is_this_machine

P = "http://proxy.example.com:3128"
Q = "http://other.example.com:8080"


@pytest.mark.parametrize(
    ("environment", "scheme", "host"),
    [
        ({}, "https", None),
        ({"HTTPS_PROXY": P}, "https", "proxy.example.com"),
        ({"HTTPS_PROXY": P}, "http", None),
        ({"HTTP_PROXY": P}, "http", "proxy.example.com"),
        ({"HTTP_PROXY": P}, "https", None),
        ({"ALL_PROXY": P}, "https", "proxy.example.com"),
        ({"all_proxy": P}, "http", "proxy.example.com"),
        ({"ALL_PROXY": P, "HTTPS_PROXY": Q}, "https", "other.example.com"),
        ({"ALL_PROXY": P, "HTTPS_PROXY": Q}, "http", "proxy.example.com"),
        ({"https_proxy": P, "HTTPS_PROXY": Q}, "https", "proxy.example.com"),
        ({"https_proxy": "", "HTTPS_PROXY": Q}, "https", None),  # emptied on purpose
        ({"HTTPS_PROXY": "  "}, "https", None),
        ({"HTTPS_PROXY": "proxy.example.com:3128"}, "https", "proxy.example.com"),
        ({"HTTPS_PROXY": "HTTP://Proxy.Example.com:3128/"}, "https", "proxy.example.com"),
    ],
)
def test_the_variable_for_the_scheme_comes_first_and_lower_case_before_upper(environment, scheme, host):
    found = Proxies.of_environment(environment).of(scheme, "api.boeing.com", 443)
    assert (found.host if found else None) == host


@pytest.mark.parametrize(
    ("no_proxy", "host", "port", "direct"),
    [
        ("*", "api.boeing.com", 443, True),
        ("a.example, *", "api.boeing.com", 443, True),
        ("boeing.com", "boeing.com", 443, True),
        ("boeing.com", "api.boeing.com", 443, True),
        ("boeing.com", "notboeing.com", 443, False),
        ("boeing.com", "boeing.com.evil.example", 443, False),
        (".boeing.com", "api.boeing.com", 443, True),
        (".boeing.com", "boeing.com", 443, True),
        (".boeing.com", "notboeing.com", 443, False),
        ("*.boeing.com", "a.b.boeing.com", 443, True),
        ("*.boeing.com", "notboeing.com", 443, False),
        ("BOEING.com", "Api.Boeing.COM", 443, True),
        ("boeing.com.", "api.boeing.com", 443, True),
        ("boeing.com", "api.boeing.com.", 443, True),
        ("boeing.com:443", "api.boeing.com", 443, True),
        ("boeing.com:8443", "api.boeing.com", 443, False),
        ("https://boeing.com", "api.boeing.com", 443, True),
        ("a.example boeing.com", "api.boeing.com", 443, True),
        (" a.example ,, boeing.com ,", "api.boeing.com", 443, True),
        ("10.0.0.0/8", "10.1.2.3", 443, True),
        ("10.0.0.0/8", "11.1.2.3", 443, False),
        ("10.1.2.3/8", "10.9.9.9", 443, True),  # with bits beyond the length
        ("10.0.0.0/8", "ten.example.com", 443, False),  # no name is looked up for it
        ("192.168.1.7", "192.168.1.7", 443, True),
        ("192.168.1.7", "192.168.1.70", 443, False),
        ("192.168.1.7:8000", "192.168.1.7", 8000, True),
        ("192.168.1.7:8000", "192.168.1.7", 443, False),
        ("192.168.1.7", "::ffff:192.168.1.7", 443, True),
        ("fd00::/8", "fd12::1", 443, True),
        ("[fd12::1]", "fd12::1", 443, True),
        ("[fd12::1]:8443", "[fd12::1]", 8443, True),
        ("[fd12::1]:8443", "[fd12::1]", 443, False),
        ("fd12::1", "fd12:0:0::1", 443, True),
        ("10.0.0.0/99", "10.0.0.1", 443, False),
        (",", "api.boeing.com", 443, False),
        ("", "localhost", 443, True),
        ("", "LOCALHOST.", 443, True),
        ("", "hub.localhost", 443, True),
        ("", "127.0.0.1", 443, True),
        ("", "127.9.9.9", 443, True),
        ("", "[::1]", 443, True),
        ("", "::ffff:127.0.0.1", 443, True),
        ("", "0.0.0.0", 443, True),  # noqa: S104 - called, not bound
        ("", "localhost.example.com", 443, False),
        ("", "128.0.0.1", 443, False),
    ],
)
def test_no_proxy_names_domains_addresses_networks_and_ports(no_proxy, host, port, direct):
    proxies = Proxies.of_environment({"HTTPS_PROXY": P, "NO_PROXY": no_proxy})
    assert (proxies.of("https", host, port) is None) is direct


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("socks5://127.0.0.1:1080", "socks5:// proxies are not supported"),
        ("socks5h://u:canary@h:1", "socks5h:// proxies are not supported"),
        ("http://", "not an address such as"),
        ("http://host:port", "not an address such as"),
        ("http://host:99999", "not an address such as"),
        ("http://ho st:1", "not an address such as"),
        ("http://[::1", "not an address such as"),
    ],
)
def test_a_proxy_that_cannot_be_used_says_why_and_shows_no_secret(value, said):
    found = Proxies.of_environment({"ALL_PROXY": value}).of("https", "api.boeing.com", 443)
    assert said in found.why_not
    assert "canary" not in f"{found!r} {found.shown} {found.why_not}"


def test_user_name_and_password_are_decoded_and_never_shown():
    found = Proxy.parsed("http://us%40er:pa%3Ass%25@proxy.example.com:3128", "HTTPS_PROXY")
    assert (found.username, found.password) == ("us@er", "pa:ss%")
    assert found.shown == "proxy.example.com:3128"
    assert "pa" not in repr(found).replace("parsed", "")


def test_a_proxy_at_an_address_of_version_six_is_shown_in_brackets():
    assert Proxy.parsed("http://[fd00::2]:3128", "HTTPS_PROXY").shown == "[fd00::2]:3128"


@given(st.text(max_size=40), st.text(max_size=40), st.text(min_size=1, max_size=40))
def test_whatever_the_variables_hold_nothing_is_raised_and_this_machine_is_called_directly(proxy, exceptions, host):
    proxies = Proxies.of_environment({"ALL_PROXY": proxy, "NO_PROXY": exceptions})
    proxies.of("https", host, 443)
    assert proxies.of("http", "127.0.0.1", 8000) is None
    is_this_machine(host)
