"""The guards of pictures hold where a proxy leads out: names are checked, and every address that is known of them."""

from __future__ import annotations

import pytest

from boeing_data_hub.images.fetch import ImageFetcher
from boeing_data_hub.images.guards import FetchRules, ImageRefused
from boeing_data_hub.network.outgoing import Network
from boeing_data_hub.network.trust import Trust

RULES = FetchRules(fallback_origin=None)


def fetcher(authority, addresses, rules=RULES):
    return ImageFetcher(
        rules, network=Network(trust=Trust(added=str(authority.file))), resolver=lambda _host, _port: addresses
    )


def failure(fetcher, url):
    with pytest.raises(ImageRefused) as refused:
        fetcher.fetch(url)
    return refused.value


@pytest.mark.parametrize("addresses", [["203.0.113.80"], ["93.184.215.14"], []])
def test_the_proxy_is_asked_for_the_name(addresses, authority, serve, proxy, monkeypatch):
    # Of documentation's own network: no address of the public internet, so it is refused like a private one.
    server = serve(authority.context("www.aviall.com"))
    proxy.ports["www.aviall.com"] = server.port
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    refused = failure(fetcher(authority, addresses), "https://www.aviall.com/a.png")
    if addresses == ["203.0.113.80"]:
        assert refused.code == "image_forbidden_address"
        assert proxy.asked == []
    else:
        assert refused.code == "image_too_small"  # it came; an empty object is no picture
        assert proxy.asked == ["CONNECT www.aviall.com:443"]
        assert server.asked == ["GET /a.png"]


@pytest.mark.parametrize("address", ["10.0.0.5", "127.0.0.1", "169.254.169.254", "::1", "fd00::1", "64:ff9b::a00:5"])
def test_a_name_known_to_lead_into_a_private_network_is_refused_before_the_proxy_is_asked(
    address, authority, proxy, monkeypatch
):
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    refused = failure(fetcher(authority, ["93.184.215.14", address]), "https://www.aviall.com/a.png")
    assert refused.code == "image_forbidden_address"
    assert proxy.asked == []


@pytest.mark.parametrize(
    "url",
    [
        "https://10.0.0.5/a.png",
        "https://metadata.example.com/a.png",
        "http://www.aviall.com/a.png",
        "https://www.aviall.com:8443/a.png",
        "https://localhost/a.png",
    ],
)
def test_an_address_that_is_forbidden_without_a_proxy_is_forbidden_with_one(url, authority, proxy, monkeypatch):
    for name in ("HTTPS_PROXY", "HTTP_PROXY"):
        monkeypatch.setenv(name, proxy.url)
    assert failure(fetcher(authority, []), url).code == "image_forbidden_address"
    assert proxy.asked == []


def test_a_host_that_no_proxy_names_is_connected_to_at_the_checked_address(authority, proxy, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    monkeypatch.setenv("NO_PROXY", "aviall.com")
    assert failure(fetcher(authority, ["10.0.0.5"]), "https://www.aviall.com/a.png").code == "image_forbidden_address"
    assert proxy.asked == []
