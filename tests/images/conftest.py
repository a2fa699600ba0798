"""An image server made of one socket, which says on the wire exactly what a test tells it to; and pictures for it."""

from __future__ import annotations

import random
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from io import BytesIO

import httpx2
import pytest
import structlog
from PIL import Image
from tests.support.patience import allow

from boeing_data_hub.deadline import TimedTransport
from boeing_data_hub.images.fetch import ImageFetcher
from boeing_data_hub.images.guards import FetchRules, ImageRefused

Reaction = Callable[[socket.socket], None] | bytes


@dataclass
class ImageServer:
    """`pages[path]` is a whole response, or a function that has the connection for itself."""

    port: int
    pages: dict[str, Reaction] = field(default_factory=dict)
    asked: list[bytes] = field(default_factory=list)
    connections: int = 0
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @staticmethod
    def answer(body: bytes = b"", status: int = 200, **headers: str) -> bytes:
        lines = [f"HTTP/1.1 {status} Whatever", f"content-length: {len(body)}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body

    def serve(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            head = b""
            while b"\r\n\r\n" not in head:
                received = connection.recv(65_536)
                if not received:
                    return
                head += received
            self.asked.append(head)
            path = head.split(b" ")[1].decode()
            reaction = self.pages.get(path, self.answer(status=404))
            if callable(reaction):
                reaction(connection)
            else:
                connection.sendall(reaction)


@pytest.fixture
def server() -> Iterator[ImageServer]:
    listener = socket.create_server(("127.0.0.1", 0))
    listening = ImageServer(listener.getsockname()[1])
    accepting = threading.Thread(target=listening.serve, args=(listener,))
    accepting.start()
    yield listening
    listening.over.set()
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    accepting.join(allow(5))


class SharedNetwork(httpx2.BaseTransport):
    """The hub's own way into the network, made once: reading the certificates takes longer than most tests."""

    def __init__(self) -> None:
        self._transport = TimedTransport(connections=8, keep_idle=0.0)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        return self._transport.handle_request(request)


@pytest.fixture(scope="session")
def network() -> SharedNetwork:
    return SharedNetwork()


@pytest.fixture
def fetcher_for(server, network):
    """Makes fetchers that may reach the test's server, and no other place that is not on the default lists."""
    opened: list[ImageFetcher] = []

    def make(*, resolver=None, rests=None, **rules) -> ImageFetcher:
        given = {"allow_plain_http_to": frozenset({f"127.0.0.1:{server.port}"}), "fallback_origin": None, **rules}
        more = {} if resolver is None else {"resolver": resolver}
        fetcher = ImageFetcher(FetchRules(**given), rests=rests, transport=network, **more)
        opened.append(fetcher)
        return fetcher

    yield make
    for fetcher in opened:
        fetcher.close()


@pytest.fixture
def refusal():
    """The code an image was refused with; the refusal says what becomes of the product, and hides its cause's text."""

    def code_of(fetcher: ImageFetcher, url: str) -> str:
        with pytest.raises(ImageRefused) as caught:
            fetcher.fetch(url)
        assert "placeholder" in caught.value.message
        assert caught.value.__cause__ is None
        return caught.value.code

    return code_of


@pytest.fixture
def security_events():
    """The names of hosts and reasons that were logged as security events."""
    with structlog.testing.capture_logs() as lines:
        yield lines


@pytest.fixture(scope="session")
def picture():
    """Makes the bytes of a picture: noise, so that it is larger than the smallest size."""

    def make(kind="JPEG", *, size=(64, 48), mode="RGB", **options) -> bytes:
        written, mode = mode, "RGB" if mode == "P" else mode
        bands = len(Image.new(mode, (1, 1)).getbands())
        noise = random.Random(7).randbytes(size[0] * size[1] * bands)  # noqa: S311 - any noise will do
        file = BytesIO()
        pixels = Image.frombytes(mode, size, noise)
        (pixels.quantize(64) if written == "P" else pixels).save(file, kind, **options)
        return file.getvalue()

    return make
