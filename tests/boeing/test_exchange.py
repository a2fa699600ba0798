"""One exchange is bounded in time and size, and every failure is one of our own errors."""

from __future__ import annotations

import gzip
import inspect
import shutil
import socket
import ssl
import subprocess
import threading
from time import monotonic

import httpx2
import pytest
from tests.support.patience import allow

from boeing_data_hub.boeing.exchange import Exchange, Question
from boeing_data_hub.errors import Retry


@pytest.fixture
def exchange():
    opened = Exchange(connect_timeout=allow(1.0), max_body_bytes=1_000_000)
    yield opened
    opened.close()


def question(boeing, path="/price", **more):
    return Question("POST", httpx2.URL(f"http://127.0.0.1:{boeing.port}{path}"), httpx2.Headers(), b"{}", **more)


def drip(boeing, first):
    def react(connection):
        connection.sendall(first)
        while not boeing.over.wait(0.05):
            connection.sendall(b"x")

    return react


def fails(exchange, asked, *, seconds=None):
    started = monotonic()
    seconds = allow(5.0) if seconds is None else seconds
    with pytest.raises(Retry) as caught:
        exchange.send(asked, seconds=seconds)
    assert monotonic() - started < allow(4), "the call outlived its time"
    assert caught.value.__context__ is None, "the library's error may quote a token"
    return caught.value


@pytest.mark.parametrize(
    "first",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nx-slow: ",
        b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nfffff\r\n",
    ],
    ids=["status", "header", "body", "chunk"],
)
def test_an_answer_that_drips_ends_with_the_call_s_time(exchange, boeing, first):
    boeing.script["/price"] = [drip(boeing, first)]
    error = fails(exchange, question(boeing), seconds=0.3)
    # A drip of nonsense where a status line belongs may be recognised before the time is over.
    assert error.code in {"boeing_timeout"} | ({"boeing_connection_lost"} if not first else set())
    assert not error.whole_line


def test_silence_ends_with_the_call_s_time(exchange, boeing):
    boeing.script["/price"] = [lambda _: boeing.over.wait(allow(10)) and None]
    assert fails(exchange, question(boeing), seconds=0.3).code == "boeing_timeout"


def test_a_gzip_bomb_is_left_after_the_bytes_allowed(exchange, boeing, respond):
    bomb = gzip.compress(b"[" + b" " * 200_000_000, 9)
    boeing.script["/price"] = [respond(body=bomb, content_encoding="gzip")]
    error = fails(exchange, question(boeing))
    assert error.code == "boeing_malformed"
    assert len(error.raw) == 20_000


def test_a_body_without_end_is_left_after_the_bytes_allowed(exchange, boeing):
    def react(connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while not boeing.over.is_set():
            connection.sendall(b"x" * 65536)

    boeing.script["/price"] = [react]
    assert fails(exchange, question(boeing)).code == "boeing_malformed"


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "boeing_connection_lost"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{", "boeing_connection_lost"),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", "boeing_connection_lost"),
        (b"this is no HTTP\r\n\r\n", "boeing_connection_lost"),
        (b"HTTP/1.1 200 OK\r\nbad header\r\n\r\n", "boeing_connection_lost"),
        (b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\nnope", "boeing_malformed"),
    ],
)
def test_a_broken_answer_is_a_broken_connection_or_a_malformed_answer(exchange, boeing, raw, code):
    boeing.script["/price"] = [lambda connection: connection.sendall(raw)]
    assert fails(exchange, question(boeing)).code == code


def test_a_reset_connection_is_a_broken_connection(exchange, boeing):
    def react(connection):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        connection.close()

    boeing.script["/price"] = [react]
    assert fails(exchange, question(boeing)).code == "boeing_connection_lost"


def test_a_rejected_connection_concerns_the_whole_line(exchange, boeing):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    error = fails(exchange, Question("POST", httpx2.URL(f"http://127.0.0.1:{port}/"), httpx2.Headers()))
    assert (error.code, error.whole_line) == ("boeing_unreachable", True)


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a" * 64 + ".example"])
def test_a_host_without_address_concerns_the_whole_line(exchange, host):
    error = fails(exchange, Question("POST", httpx2.URL(f"http://{host}/"), httpx2.Headers()))
    assert (error.code, error.whole_line) == ("boeing_unreachable", True)


def test_an_untrusted_certificate_is_rejected(exchange, tmp_path):
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs the openssl command to make a certificate")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    make = [
        openssl,
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "1",
    ]
    made_for = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([*make, "-keyout", key, "-out", certificate, *made_for], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    refusals: list[str] = []

    def greet(listener):
        connection, _ = listener.accept()
        try:
            with context.wrap_socket(connection, server_side=True) as secure:
                refusals.append(f"data: {secure.recv(100)!r}")
        except OSError as error:
            refusals.append(str(error))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=greet, args=(listener,))
        thread.start()
        url = httpx2.URL(f"https://127.0.0.1:{listener.getsockname()[1]}/price")
        error = fails(exchange, Question("POST", url, httpx2.Headers()))
        thread.join(allow(5))
    assert (error.code, error.whole_line) == ("boeing_unreachable", True)
    assert "unknown ca" in refusals[0].lower()


def test_a_status_counts_however_its_body_ends(exchange, boeing):
    head = b"HTTP/1.1 429 Slow\r\nretry-after: 9\r\ncontent-length: 100\r\n\r\n"
    boeing.script["/price"] = [lambda connection: connection.sendall(head + b"half"), drip(boeing, head)]
    reply = exchange.send(question(boeing), seconds=allow(5))
    assert (reply.status, reply.headers["retry-after"], reply.body) == (429, "9", b"half")
    assert exchange.send(question(boeing), seconds=allow(0.3)).status == 429


def test_a_redirect_is_not_followed(exchange, boeing, respond):
    boeing.script["/price"] = [respond(302, location=f"http://127.0.0.1:{boeing.port}/elsewhere")]
    assert exchange.send(question(boeing), seconds=allow(5)).status == 302
    assert boeing.paths() == ["/price"]


def test_a_proxy_named_by_the_environment_is_not_used(exchange, boeing, respond, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    boeing.script["/price"] = [respond(204)]
    fresh = Exchange(connect_timeout=allow(1), max_body_bytes=10)
    assert fresh.send(question(boeing), seconds=allow(5)).status == 204
    fresh.close()


def test_no_cookie_is_kept(exchange, boeing, respond):
    boeing.script["/price"] = [respond(204, set_cookie="a=b; Path=/"), respond(204)]
    for _ in range(2):
        exchange.send(question(boeing), seconds=allow(5))
    assert "cookie" not in boeing.calls[1].headers


def test_connections_are_kept_for_the_next_call(exchange, boeing, respond):
    boeing.script["/price"] = [respond(body=b"{}") for _ in range(5)]
    for _ in range(5):
        exchange.send(question(boeing), seconds=allow(5))
    assert {call.connection for call in boeing.calls} == {1}


def test_what_was_sent_in_confidence_is_cut_out_of_the_reply(exchange, boeing, respond):
    boeing.script["/price"] = [respond(403, b"bad 'Bearer hush'"), respond(200, b'{"a": "hush"}')]
    asked = question(boeing, echoes=(b"hush",))
    assert exchange.send(asked, seconds=allow(5)).body == b"bad 'Bearer [removed]'"
    assert exchange.send(asked, seconds=allow(5)).body == b'{"a": "[removed]"}'


def test_after_closing_nothing_is_asked(exchange, boeing):
    exchange.close()
    assert fails(exchange, question(boeing)).code == "boeing_connection_lost"
    assert boeing.calls == []


def test_closing_ends_a_call_in_progress_with_our_own_error(exchange, boeing, wait):
    boeing.script["/price"] = [lambda _: boeing.over.wait(allow(10)) and None]
    raised: list[BaseException] = []

    def ask():
        try:
            exchange.send(question(boeing), seconds=0.7)
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is looked at below
            raised.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    wait.until(lambda: boeing.calls)
    exchange.close()
    thread.join(allow(5))
    assert [type(error) for error in raised] == [Retry]


def library_errors():
    found = [cls for _, cls in inspect.getmembers(httpx2, inspect.isclass) if issubclass(cls, Exception)]
    assert len(found) > 20
    return found


_UNREACHABLE = {"ConnectError", "ConnectTimeout", "PoolTimeout", "ProxyError", "UnsupportedProtocol", "InvalidURL"}
_TIMEOUT = {"ReadTimeout", "WriteTimeout", "TimeoutException"}
_MALFORMED = {"DecodingError", "TooManyRedirects"}


@pytest.mark.parametrize("kind", library_errors(), ids=lambda kind: kind.__name__)
def test_every_error_of_the_library_has_its_place(kind, boeing):
    error = kind.__new__(kind)
    Exception.__init__(error, "secret words")

    class Failing(httpx2.BaseTransport):
        def handle_request(self, request):
            raise error

    exchange = Exchange(connect_timeout=allow(1), max_body_bytes=10, transport=Failing())
    failure = fails(exchange, question(boeing))
    expected = next(
        (
            code
            for code, names in {
                "boeing_unreachable": _UNREACHABLE,
                "boeing_timeout": _TIMEOUT,
                "boeing_malformed": _MALFORMED,
            }.items()
            if kind.__name__ in names
        ),
        "boeing_connection_lost",
    )
    assert failure.code == expected
    assert failure.whole_line == (expected == "boeing_unreachable")
    assert "secret" not in str(failure)
    exchange.close()
