"""No forbidden address, however spelt, led to or resolved to, ever sees a connection."""

from __future__ import annotations

import socket
from contextlib import suppress

import httpx2
import pytest

from boeing_data_hub.images.fetch import ImageFetcher
from boeing_data_hub.images.guards import FetchRules

LOOPBACK_SPELLINGS = [
    "127.0.0.1", "127.1", "127.0.1", "127.00.00.01", "0127.0.0.1", "0177.0.0.1", "0177.0.0.01", "0x7f.0.0.1",
    "0x7f.0x0.0x0.0x1", "0x7f000001", "0X7F000001", "2130706433", "017700000001", "127.0.0.1.", "127.255.255.254", "0",
    "00000000", "0x0", "localhost", "LOCALHOST", "localhost.", "localhost.localdomain", "ip6-localhost",
    "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[::7f00:1]",
    "[64:ff9b::127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[::1%25lo]", "[::1%lo]", "[fe80::1%25eth0]",
    "[0000:0000:0000:0000:0000:ffff:127.0.0.1]", "127。0。0。1", "①②⑦.⓪.⓪.①", "127.0.0.1", "ⅼocalhost",
    "127%2e0%2e0%2e1", "%31%32%37.0.0.1", "127.0.0.1%00.aviall.com", "127.0.0.1%23.aviall.com", "spoofed.127.0.0.1",
    "www.aviall.com.127.0.0.1", "127.0.0.1.nip.io", "localtest.me", "a.127.0.0.1.sslip.io", "-127.0.0.1", "127..1",
]  # fmt: skip
INSIDE = [
    "169.254.169.254", "0xa9fea9fe", "2852039166", "0251.0376.0251.0376", "169.254.43518", "[fd00:ec2::254]",
    "[::ffff:a9fe:a9fe]", "metadata.google.internal", "metadata", "100.100.100.200", "168.63.129.16", "10.0.0.1",
    "10.1", "012.0.0.1", "172.16.0.1", "192.168.1.1", "192.168.257", "100.64.0.1", "198.18.0.1", "224.0.0.1",
    "255.255.255.255", "[fe80::1]", "[fc00::1]", "[ff02::1]", "kubernetes.default.svc", "redis",
    "postgres", "db.internal",
]  # fmt: skip
LOOK_ALIKES = [
    "aviall.com.evil.example", "evilaviall.com", "www-aviall.com", "aviall.co", "aviall.comm", "boeing.com.",
    "www.aviall.com.", "boeing.com.evil.example", "notboeing.com", "xn--bong-4ra.com", "www.aviaIl.com.evil",
    "aviall.com-evil.example", "evil.example%2f.aviall.com", "www.aviall.com%2eevil.example", "www。aviall。com",
    "www.avіall.com", "aviall", "com", ".aviall.com", "www..aviall.com", "-www.aviall.com", "www-.aviall.com",
    "www_x.aviall.com", "*.aviall.com", "[www.aviall.com]", "a" * 64 + ".aviall.com", "a." * 130 + "aviall.com",
]  # fmt: skip
# PORT is the sink's own.
ODD_SHAPES = [
    "http://127.0.0.1:PORT/a.jpg", "https://127.0.0.1:PORT/a.jpg", "http://localhost:PORT/", "http://[::1]:PORT/a.jpg",
    "http://www.aviall.com/a.jpg", "http://www.aviall.com:443/a.jpg", "https://www.aviall.com:PORT/a.jpg",
    "https://www.aviall.com:80/a.jpg", "https://www.aviall.com:8443/a.jpg", "https://www.aviall.com:0/a.jpg",
    "https://www.aviall.com:65979/a.jpg", "https://www.aviall.com:0443/a.jpg", "https://www.aviall.com:/a.jpg",
    "https://www.aviall.com:+443/a.jpg", "https://www.aviall.com:443PORT/a.jpg", "https://www.aviall.com:４４３/a.jpg",
    "https://www.aviall.com@127.0.0.1:PORT/a.jpg", "https://www.aviall.com:443@127.0.0.1:PORT/a.jpg",
    "https://user:secret@www.aviall.com/a.jpg", "https://@www.aviall.com/a.jpg", "https://:@www.aviall.com/a.jpg",
    "https://127.0.0.1:PORT@www.aviall.com/a.jpg", "https://127.0.0.1:PORT\\@www.aviall.com/a.jpg",
    "https://127.0.0.1:PORT\\.aviall.com/a.jpg", "https:\\\\www.aviall.com\\a.jpg",
    "https://www.aviall.com\\@127.0.0.1/",
    "https://127.0.0.1:PORT#@www.aviall.com/", "https://127.0.0.1:PORT?.aviall.com/",
    "https://127.0.0.1:PORT;.aviall.com/",
    "https://127.0.0.1:PORT#.aviall.com", "https://127.0.0.1:PORT/www.aviall.com", "//127.0.0.1:PORT/a.jpg",
    "//www.aviall.com/a.jpg", "///127.0.0.1/a.jpg", "https:///www.aviall.com/a.jpg", "https:/www.aviall.com/a.jpg",
    "https:www.aviall.com/a.jpg", "https://", "https", "", " ", "/content-images/a.jpg", "www.aviall.com/a.jpg",
    " https://www.aviall.com/a.jpg", "https://www.aviall.com/a.jpg\n",
    "https://www.aviall.com/a.jpg\r\nHost: 127.0.0.1",
    "https://www.aviall.com/\r\nX: y", "https://www.aviall.com/\x00", "https://www.aviall.com\t/a.jpg",
    "ht\ntps://127.0.0.1:PORT/", "https://127.0.0.1\t:PORT/", "https://www.aviall.com\x00.evil.example/a.jpg",
    "file:///etc/passwd", "file://127.0.0.1/etc/passwd", "ftp://www.aviall.com/a.jpg", "gopher://127.0.0.1:PORT/_x",
    "dict://127.0.0.1:PORT/d", "ldap://127.0.0.1:PORT/", "data:image/png;base64,iVBORw0KGgo=", "javascript:alert(1)",
    "ws://127.0.0.1:PORT/", "wss://www.aviall.com/a.jpg", "tftp://127.0.0.1:PORT/a", "jar:https://www.aviall.com!/a",
    "blob:https://www.aviall.com/a", "view-source:https://www.aviall.com/", "unix:///var/run/docker.sock",
    "http+unix://%2Fvar%2Frun%2Fdocker.sock/", "netdoc:///etc/passwd", "httpss://www.aviall.com/a.jpg",
    "https+http://www.aviall.com/a.jpg", "https://www.aviall.com/" + "a" * 3000,
]  # fmt: skip
CORPUS = [
    *(f"https://{host}/a.jpg" for host in LOOPBACK_SPELLINGS + INSIDE + LOOK_ALIKES),
    *(f"https://{host}:PORT/a.jpg" for host in LOOPBACK_SPELLINGS),
    *(f"http://{host}:PORT/a.jpg" for host in LOOPBACK_SPELLINGS),
    *ODD_SHAPES,
]


class Sink:
    """Listens everywhere a mistake could lead to, and counts who comes."""

    def __init__(self, *listeners: socket.socket) -> None:
        self.listeners = listeners
        self.port = listeners[0].getsockname()[1]

    def hits(self) -> int:
        found = 0
        for listener in self.listeners:
            listener.setblocking(False)
            while True:
                try:
                    connection, _ = listener.accept()
                except BlockingIOError:
                    break
                connection.close()
                found += 1
        return found


@pytest.fixture
def sink():
    with socket.create_server(("127.0.0.1", 0), backlog=256) as listener:
        listeners = [listener]
        with suppress(OSError):  # on a machine without IPv6 nothing could get there
            listeners.append(socket.create_server(("::1", listener.getsockname()[1]), family=socket.AF_INET6))
        yield Sink(*listeners)
        for one in listeners[1:]:
            one.close()


def names_lead_to(*addresses):
    def resolver(_host, _port):
        return list(addresses)

    return resolver


def test_the_corpus_is_large_enough_to_mean_something():
    assert len(set(CORPUS)) >= 120


def test_no_spelling_of_a_forbidden_address_sees_a_connection(sink, security_events):
    asked_names = []

    def resolver(host, port):
        asked_names.append(host)
        return ["127.0.0.1"]

    fetcher = ImageFetcher(FetchRules(), resolver=resolver)
    codes = {}
    for text in CORPUS:
        url = text.replace("PORT", str(sink.port))
        try:
            fetcher.fetch(url)
        except Exception as error:  # noqa: BLE001 - anything but our own refusal is a finding
            codes[text] = getattr(error, "code", type(error).__name__)
    fetcher.close()
    assert {text: code for text, code in codes.items() if code != "image_forbidden_address"} == {}
    assert len(codes) == len(set(CORPUS))
    assert asked_names == [], "not even the name is asked for"
    assert sink.hits() == 0
    assert len(security_events) == len(CORPUS)
    assert all(line["security_event"] for line in security_events)
    assert not any("secret" in str(line) or "\n" in line["address"] for line in security_events)


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["::1"],
        ["::ffff:127.0.0.1"],
        ["8.8.8.8", "127.0.0.1"],
        ["2606:4700::1", "fe80::1%eth0"],
        ["64:ff9b::7f00:1"],
        ["10.0.0.1"],
    ],
)
def test_a_known_name_that_leads_inside_is_refused_unconnected(sink, security_events, addresses):
    fetcher = ImageFetcher(FetchRules(), resolver=names_lead_to(*addresses), transport=Unreachable())
    with pytest.raises(Exception, match="private network") as caught:
        fetcher.fetch("https://www.aviall.com/a.jpg")
    assert caught.value.code == "image_forbidden_address"
    assert sink.hits() == 0
    assert [line["security_event"] for line in security_events] == [True]


class Unreachable(httpx2.BaseTransport):
    """A way into the network that must not be taken; remembers where it was asked to go."""

    def __init__(self) -> None:
        self.requests: list[httpx2.Request] = []

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        raise httpx2.ConnectError("not here")


def test_a_name_that_changes_its_address_is_connected_to_where_it_was_checked(refusal):
    answers = iter([["93.184.215.14"], ["127.0.0.1"], ["127.0.0.1"]])
    network = Unreachable()
    rules = FetchRules(fallback_origin=None)
    fetcher = ImageFetcher(rules, resolver=lambda _host, _port: next(answers), transport=network)
    assert refusal(fetcher, "https://www.aviall.com/a.jpg") == "image_unreachable"
    (request,) = network.requests
    assert request.url.host == "93.184.215.14"
    assert request.headers["host"] == "www.aviall.com"
    assert request.extensions["sni_hostname"] == "www.aviall.com"
    assert next(answers) == ["127.0.0.1"], "the name was asked for once"


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.1:PORT/a.jpg",
        "https://127.0.0.1:PORT/a.jpg",
        "//127.0.0.1:PORT/a.jpg",
        "https://169.254.169.254/latest/meta-data/",
        "http://[::1]:PORT/",
        "https://[::ffff:7f00:1]:PORT/",
        "http://2130706433:PORT/",
        "https://www.aviall.com@127.0.0.1:PORT/",
        "http://www.aviall.com/a.jpg",
        "https://www.aviall.com:PORT/a.jpg",
        "https://evil.example/a.jpg",
        "file:///etc/passwd",
        "gopher://127.0.0.1:PORT/_x",
        "javascript:alert(1)",
    ],
)
def test_a_redirect_to_a_forbidden_place_is_not_followed(server, fetcher_for, refusal, sink, security_events, location):
    server.pages["/a.jpg"] = server.answer(status=302, location=location.replace("PORT", str(sink.port)))
    fetcher = fetcher_for(resolver=names_lead_to("127.0.0.1"))
    assert refusal(fetcher, f"{server.origin}/a.jpg") == "image_forbidden_address"
    assert server.connections == 1
    assert sink.hits() == 0
    assert len(security_events) == 1


def test_a_redirect_to_a_known_name_that_leads_inside_is_not_followed(server, fetcher_for, refusal, sink):
    server.pages["/a.jpg"] = server.answer(status=302, location="https://shop.boeing.com/a.jpg")
    fetcher = fetcher_for(resolver=names_lead_to("127.0.0.1"))
    assert refusal(fetcher, f"{server.origin}/a.jpg") == "image_forbidden_address"
    assert sink.hits() == 0
