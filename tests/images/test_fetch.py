"""A fetch ends in time, stays within its limits and leaks nothing; every failure is a refusal."""

from __future__ import annotations

import gzip
import shutil
import socket
import ssl
import subprocess
import threading
import tracemalloc
from io import BytesIO
from time import monotonic

import pytest
from PIL import Image
from tests.support.patience import allow

from boeing_data_hub.images.fetch import ImageFetcher
from boeing_data_hub.images.guards import FetchRules
from boeing_data_hub.network.public_hosts import system_resolver


def test_an_image_is_encoded_again(server, fetcher_for, picture):
    server.pages["/content-images/A=E9_280.JPG"] = server.answer(picture(), content_type="image/jpeg")
    image = fetcher_for().fetch(f"{server.origin}/content-images/A=E9_280.JPG")
    assert (image.format, image.width, image.height, image.media_type) == ("JPEG", 64, 48, "image/jpeg")
    assert Image.open(BytesIO(image.content)).size == (64, 48)


def test_what_is_asked_looks_like_a_browser_and_carries_nothing_of_ours(server, fetcher_for, picture, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    server.pages["/a.jpg"] = server.answer(status=302, location="/b.jpg", set_cookie="spy=1; Path=/")
    server.pages["/b.jpg"] = server.answer(picture(), set_cookie="spy=2; Path=/")
    fetcher = fetcher_for()
    fetcher.fetch(f"{server.origin}/a.jpg")
    fetcher.fetch(f"{server.origin}/a.jpg")
    assert len(server.asked) == server.connections == 4, "a connection serves one request"
    for head in server.asked:
        assert b"Mozilla/5.0" in head
        assert b"Connection: close\r\n" in head
        assert f"Host: 127.0.0.1:{server.port}\r\n".encode() in head
        assert not any(word in head.lower() for word in (b"cookie", b"authorization", b"spy", b"boeing", b"referer"))


def test_a_failure_at_the_first_address_is_made_good_by_the_same_path_of_the_shop(server, fetcher_for, picture):
    server.pages["/shop/content-images/A.JPG?v=1"] = server.answer(picture())
    fetcher = fetcher_for(fallback_origin=f"{server.origin}/shop")
    assert fetcher.fetch(f"{server.origin}/content-images/A.JPG?v=1").width == 64
    assert [head.split(b" ")[1] for head in server.asked] == [
        b"/content-images/A.JPG?v=1",
        b"/shop/content-images/A.JPG?v=1",
    ]


def test_of_two_failures_the_first_is_reported(server, fetcher_for, refusal):
    server.pages["/a.jpg"] = server.answer(status=503)
    assert (
        refusal(fetcher_for(fallback_origin=f"{server.origin}/shop"), f"{server.origin}/a.jpg") == "image_unavailable"
    )
    assert len(server.asked) == 2


def test_an_image_that_is_at_the_shop_already_is_asked_for_once(server, fetcher_for, refusal):
    assert refusal(fetcher_for(fallback_origin=server.origin), f"{server.origin}/a.jpg") == "image_not_found"
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (404, "image_not_found"),
        (410, "image_not_found"),
        (401, "image_unavailable"),
        (403, "image_unavailable"),
        (429, "image_unavailable"),
        (500, "image_unavailable"),
        (204, "image_unavailable"),
        (206, "image_unavailable"),
        (304, "image_unavailable"),
        (302, "image_unavailable"),
    ],
)
def test_an_answer_other_than_200_is_no_image(server, fetcher_for, refusal, picture, status, code):
    server.pages["/a.jpg"] = server.answer(b"" if status in {204, 304} else picture(), status=status)
    assert refusal(fetcher_for(), f"{server.origin}/a.jpg") == code


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "image_too_small"),
        (b"\xff\xd8\xff" + b"x" * 997, "image_too_small"),
        (b"<!doctype html><title>Not found</title>" + b" " * 2000, "image_not_an_image"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>" * 30, "image_not_an_image"),
        (b"GIF89a" + b"x" * 2000, "image_not_an_image"),
    ],
    ids=["nothing", "a thousand bytes", "HTML", "SVG", "GIF"],
)
def test_what_is_no_picture_is_refused_whatever_it_is_called(server, fetcher_for, refusal, body, code):
    server.pages["/a.jpg"] = server.answer(body, content_type="image/jpeg")
    assert refusal(fetcher_for(), f"{server.origin}/a.jpg") == code


def drip(server, first, piece=b"x", pause=0.02):
    def react(connection: socket.socket) -> None:
        connection.sendall(first)
        while not server.over.wait(pause):
            connection.sendall(piece)

    return react


@pytest.mark.parametrize(
    "first",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nx-slow: ",
        b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n\xff\xd8\xff",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nfffff\r\n",
    ],
    ids=["status", "header", "body", "chunk"],
)
def test_an_answer_that_drips_ends_with_the_fetch_s_time(server, fetcher_for, refusal, first):
    server.pages["/a.jpg"] = drip(server, first)
    started = monotonic()
    assert refusal(fetcher_for(seconds=0.3), f"{server.origin}/a.jpg") == "image_timeout"
    assert monotonic() - started < allow(2)


def test_a_first_address_that_drips_leaves_time_for_the_second(server, fetcher_for, picture):
    server.pages["/a.jpg"] = drip(server, b"HTTP/1.1 200 OK\r\n\r\n")
    server.pages["/shop/a.jpg"] = server.answer(picture())
    assert (
        fetcher_for(seconds=allow(0.4), fallback_origin=f"{server.origin}/shop").fetch(f"{server.origin}/a.jpg").width
        == 64
    )


def test_redirects_that_drip_share_one_time(server, fetcher_for, refusal):
    def slowly(connection: socket.socket) -> None:
        server.over.wait(0.2)
        connection.sendall(server.answer(status=302, location="/a.jpg"))

    server.pages["/a.jpg"] = slowly
    started = monotonic()
    assert refusal(fetcher_for(seconds=0.3), f"{server.origin}/a.jpg") == "image_timeout"
    assert monotonic() - started < allow(2)


def test_a_resolver_that_never_answers_ends_with_the_fetch_s_time(server, fetcher_for, refusal):
    def hangs(host, port):
        server.over.wait(allow(20))
        return []

    started = monotonic()
    assert refusal(fetcher_for(seconds=0.2, resolver=hangs), "https://www.aviall.com/a.jpg") == "image_timeout"
    assert monotonic() - started < allow(2)


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 5000000000\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-encoding: identity\r\ncontent-length: 5000000000\r\n\r\n",
    ],
)
def test_an_endless_image_is_read_no_further_than_it_may_be(server, fetcher_for, refusal, head):
    server.pages["/a.jpg"] = drip(server, head, piece=b"\xff\xd8\xff" + bytes(50_000), pause=0)
    assert refusal(fetcher_for(max_bytes=300_000), f"{server.origin}/a.jpg") == "image_too_large"


def test_a_packed_image_may_not_be_larger_than_an_unpacked_one(server, fetcher_for, refusal, picture):
    server.pages["/fine.jpg"] = server.answer(gzip.compress(picture()), content_encoding="gzip")
    server.pages["/bomb.jpg"] = server.answer(gzip.compress(bytes(50_000_000)), content_encoding="gzip")
    server.pages["/broken.jpg"] = server.answer(b"\x1f\x8b" + b"broken" * 500, content_encoding="gzip")
    server.pages["/twice.jpg"] = server.answer(gzip.compress(gzip.compress(picture())), content_encoding="gzip, gzip")
    fetcher = fetcher_for(max_bytes=300_000)
    assert fetcher.fetch(f"{server.origin}/fine.jpg").width == 64
    assert refusal(fetcher, f"{server.origin}/bomb.jpg") == "image_too_large"
    assert refusal(fetcher, f"{server.origin}/broken.jpg") == "image_unreachable"
    assert refusal(fetcher, f"{server.origin}/twice.jpg") == "image_not_an_image"


def test_a_packed_bomb_is_never_unpacked_in_memory(server, fetcher_for, refusal):
    server.pages["/bomb.jpg"] = server.answer(gzip.compress(bytes(50_000_000)), content_encoding="gzip")
    fetcher = fetcher_for(max_bytes=300_000)
    tracemalloc.start()
    try:
        assert refusal(fetcher, f"{server.origin}/bomb.jpg") == "image_too_large"
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


def test_three_redirects_are_followed_and_a_fourth_is_not(server, fetcher_for, refusal, picture):
    for step in range(4):
        server.pages[f"/{step}"] = server.answer(status=307, location=f"/{step + 1}")
    server.pages["/4"] = server.answer(picture())
    assert fetcher_for().fetch(f"{server.origin}/1").width == 64
    assert refusal(fetcher_for(), f"{server.origin}/0") == "image_too_many_redirects"


@pytest.mark.parametrize(
    "said",
    [b"", b"\x00\x01\x02 nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\nonly this"],
    ids=["nothing", "nonsense", "half"],
)
def test_a_connection_that_breaks_is_a_refusal(server, fetcher_for, refusal, said):
    server.pages["/a.jpg"] = said
    assert refusal(fetcher_for(), f"{server.origin}/a.jpg") == "image_unreachable"


def test_a_redirect_that_cannot_be_read_is_a_refusal(server, fetcher_for, refusal):
    server.pages["/a.jpg"] = server.answer(status=302, location="http://[::1")
    assert refusal(fetcher_for(), f"{server.origin}/a.jpg") in {"image_unreachable", "image_forbidden_address"}


def test_an_address_without_a_listener_is_followed_by_the_next(server, fetcher_for, picture):
    server.pages["/a.jpg"] = server.answer(picture())
    rules = {"allow_plain_http_to": frozenset({f"images.test:{server.port}"})}
    fetcher = fetcher_for(resolver=lambda _host, _port: ["127.0.0.2", "127.0.0.1"], **rules)
    assert fetcher.fetch(f"http://images.test:{server.port}/a.jpg").width == 64
    assert f"Host: images.test:{server.port}\r\n".encode() in server.asked[0]


def test_a_name_that_does_not_resolve_has_no_address():
    assert system_resolver("no-such-host.invalid", 443) == []
    assert "127.0.0.1" in system_resolver("127.0.0.1", 443)


def first_flight(port_of):
    """What a client says first to a listener at the loopback address."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(allow(5))

        def listen() -> None:
            connection, _ = listener.accept()
            with connection:
                heard.append(connection.recv(4096))

        listening = threading.Thread(target=listen)
        listening.start()
        port_of(listener.getsockname()[1])
        listening.join(allow(5))
    return heard[0]


def test_the_certificate_asked_for_is_the_name_s(refusal):
    def ask(port: int) -> None:
        rules = FetchRules(allow_hosts=frozenset({f"www.aviall.com:{port}"}), fallback_origin=None)
        fetcher = ImageFetcher(rules, resolver=lambda _host, _port: ["127.0.0.1"])
        assert refusal(fetcher, f"https://www.aviall.com:{port}/a.jpg") == "image_unreachable"
        fetcher.close()

    assert b"www.aviall.com" in first_flight(ask)


def test_an_untrusted_certificate_is_rejected(refusal, tmp_path):
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs the openssl command to make a certificate")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    make = [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    made_for = ["-days", "1", "-subj", "/CN=www.aviall.com", "-addext", "subjectAltName=DNS:www.aviall.com"]
    subprocess.run([*make, "-keyout", key, "-out", certificate, *made_for], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    heard: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def greet() -> None:
            connection, _ = listener.accept()
            try:
                with context.wrap_socket(connection, server_side=True) as secure:
                    heard.append(f"data: {secure.recv(100)!r}")
            except OSError as error:
                heard.append(str(error))

        greeting = threading.Thread(target=greet)
        greeting.start()
        port = listener.getsockname()[1]
        rules = FetchRules(allow_hosts=frozenset({f"www.aviall.com:{port}"}), fallback_origin=None)
        fetcher = ImageFetcher(rules, resolver=lambda _host, _port: ["127.0.0.1"])
        assert refusal(fetcher, f"https://www.aviall.com:{port}/a.jpg") == "image_unreachable"
        greeting.join(allow(5))
        fetcher.close()
    assert "data" not in heard[0]
