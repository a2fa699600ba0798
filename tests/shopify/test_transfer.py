"""Files of bulk operations: they go to the store's own hosts only, whole, and results come back line by line."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from pydantic import SecretStr

from boeing_data_hub.errors import Reject, Retry
from boeing_data_hub.shopify.access import ShopifyAccess
from boeing_data_hub.shopify.transfer import ResultsGone, Transfer, first_target


class Host:
    """A file host whose next answer is set by the test."""

    def __init__(self) -> None:
        self.status = 200
        self.chunks: list[bytes] = []
        self.promised: int | None = None
        self.seen: list[tuple[str, str, bytes]] = []
        host = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                host.seen.append(("POST", self.path, body))
                self.send_response(host.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def do_GET(self) -> None:
                host.seen.append(("GET", self.path, b""))
                self.send_response(host.status)
                size = sum(map(len, host.chunks)) if host.promised is None else host.promised
                self.send_header("Content-Length", str(size))
                self.end_headers()
                for chunk in host.chunks:
                    self.wfile.write(chunk)
                self.close_connection = True

            def log_message(self, *_: object) -> None:
                """Be quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        Thread(target=self._server.serve_forever, args=[0.01], daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def host() -> Iterator[Host]:
    made = Host()
    yield made
    made.close()


def transfer_of(address: str) -> Transfer:
    return Transfer(ShopifyAccess(store=address, token=SecretStr("t")))


@pytest.fixture
def transfer(host: Host) -> Iterator[Transfer]:
    made = transfer_of(host.url)
    yield made
    made.close()


def target(url: str, **fields: str) -> dict[str, object]:
    return {"url": url, "parameters": [{"name": name, "value": value} for name, value in fields.items()]}


def test_the_file_is_the_last_field_of_the_form_and_its_key_is_the_path(host, transfer):
    host.status = 201
    path = transfer.put(target(f"{host.url}/up", policy="p", key="tmp/x/file.jsonl"), "file.jsonl", b'{"a": 1}\n')
    assert path == "tmp/x/file.jsonl"
    body = host.seen[0][2]
    assert body.index(b'name="policy"') < body.index(b'name="key"') < body.index(b'name="file"')
    assert b'{"a": 1}\n' in body


@pytest.mark.parametrize(
    "url",
    [
        "http://evil.example/up", "https://evil.example/up", "https://storage.googleapis.com.evil.example/",
        "https://evilgoogleapis.com/", "https://user@127.0.0.1/", "ftp://127.0.0.1/", "//127.0.0.1/up", "", "None",
        "http://169.254.169.254/latest/meta-data", "http://[::ffff:169.254.169.254]/", "file:///etc/passwd",
        "https://127.0.0.1:99999/", "http://storage.googleapis.com/plain",
        "https://shopify-staged-uploads.storage.googleapis.com:8443/",
    ],
)  # fmt: skip
def test_a_strange_address_is_refused_before_any_packet(host, transfer, url):
    with pytest.raises(Reject) as refused:
        transfer.put(target(url), "x.jsonl", b"x")
    assert refused.value.code == "shopify_strange_address"
    with pytest.raises(Reject):
        list(transfer.lines(url))
    assert host.seen == []


def test_a_real_store_gets_no_file_from_this_machine(host):
    transfer = transfer_of("parts.myshopify.com")
    with pytest.raises(Reject):
        list(transfer.lines(f"{host.url}/results"))
    transfer.close()
    assert host.seen == []


@pytest.mark.parametrize(("status", "kind"), [(500, Retry), (503, Retry), (400, Reject), (403, Reject), (302, Reject)])
def test_an_upload_that_is_not_taken_says_whether_to_try_again(host, transfer, status, kind):
    host.status = status
    with pytest.raises(kind):
        transfer.put(target(host.url), "x.jsonl", b"x")


@pytest.mark.parametrize("status", [403, 404, 410])
def test_results_whose_address_has_expired_are_gone(host, transfer, status):
    host.status = status
    with pytest.raises(ResultsGone):
        list(transfer.lines(f"{host.url}/results"))


@pytest.mark.parametrize("status", [500, 302, 429])
def test_results_that_cannot_be_had_just_now_are_asked_for_again(host, transfer, status):
    host.status = status
    with pytest.raises(Retry):
        list(transfer.lines(f"{host.url}/results"))


def test_lines_are_put_together_from_any_pieces_and_the_last_needs_no_end(host, transfer):
    host.chunks = [b'{"a', b'": 1}\n\n{"b": 2}', b"\n", b'{"c": 3}']
    assert list(transfer.lines(host.url)) == [b'{"a": 1}', b'{"b": 2}', b'{"c": 3}']


def test_a_connection_that_breaks_is_no_end_of_the_file(host, transfer):
    host.chunks, host.promised = [b'{"a": 1}\n{"b"'], 1000
    with pytest.raises(Retry):
        list(transfer.lines(host.url))


def test_a_line_without_end_is_given_up(host, transfer):
    host.chunks = [b"x" * 1_000_000] * 6
    with pytest.raises(Retry):
        list(transfer.lines(host.url))


def test_results_of_any_length_take_the_memory_of_a_line(host, transfer):
    host.chunks = [b'{"data": "' + b"x" * 990 + b'"}\n'] * 30_000
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    tracemalloc.reset_peak()
    count = sum(1 for _ in transfer.lines(host.url))
    peak = tracemalloc.get_traced_memory()[1] - before
    tracemalloc.stop()
    assert count == 30_000
    assert peak < 4_000_000


def test_an_answer_without_a_target_is_asked_again():
    for answer in ({}, {"stagedUploadsCreate": None}, {"stagedUploadsCreate": {"stagedTargets": []}}):
        with pytest.raises(Retry):
            first_target(answer)
