"""The outside as companies have it: an authority of their own, servers with its certificates, and a proxy before it."""

from __future__ import annotations

import base64
import select
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from boeing_data_hub.clock import now

VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR")


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch):
    """No proxy and no certificates but those that a test sets."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


class Authority:
    """A private certificate authority."""

    def __init__(self, folder: Path, name: str = "Parts Company CA") -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self._certificate = self._signed(self._name, self._key.public_key(), is_authority=True)
        self.file = folder / f"{name}.pem"
        self.file.write_bytes(self._certificate.public_bytes(serialization.Encoding.PEM))

    def _signed(self, subject, key, *, is_authority=False, names=(), days=(-2, 30)) -> Any:
        today = now()
        made = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(today + timedelta(days=days[0]))
            .not_valid_after(today + timedelta(days=days[1]))
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        )
        if names:
            made = made.add_extension(x509.SubjectAlternativeName([_name(one) for one in names]), critical=False)
        return made.sign(self._key, hashes.SHA256())

    def context(self, *names: str, days: tuple[int, int] = (-2, 30)) -> ssl.SSLContext:
        """What a server with a certificate for these names proves itself with."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
        certificate = self._signed(subject, key.public_key(), names=names, days=days)
        path = self._folder / f"{len(list(self._folder.iterdir()))}-server.pem"
        path.write_bytes(
            certificate.public_bytes(serialization.Encoding.PEM)
            + key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.load_cert_chain(path)
        return made


def _name(text: str) -> Any:
    with suppress(ValueError):
        return x509.IPAddress(ip_address(text))
    return x509.DNSName(text)


@pytest.fixture(scope="session")
def authority(tmp_path_factory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@dataclass
class Server:
    """Something that answers every request with an empty JSON object, and keeps what it was asked."""

    port: int
    asked: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    """Starts servers; with a context, by TLS."""
    running: list[ThreadingHTTPServer] = []

    def start(context: ssl.SSLContext | None = None) -> Server:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _answer(self) -> None:
                known.asked.append(f"{self.command} {self.path}")
                known.headers.append({name.lower(): value for name, value in self.headers.items()})
                with suppress(ValueError):
                    self.rfile.read(int(self.headers.get("content-length") or 0))
                body = b"{}"
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_PUT = do_HEAD = _answer  # noqa: N815 - names of the library

            def log_message(self, *_args: object) -> None:
                pass

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True

            def get_request(self) -> Any:
                taken, address = super().get_request()
                if context is None:
                    return taken, address
                taken.settimeout(5)
                return context.wrap_socket(taken, server_side=True, do_handshake_on_connect=False), address

            def handle_error(self, *_args: object) -> None:
                pass  # a client that does not trust us hangs up

        server = Quiet(("127.0.0.1", 0), Handler)
        known = Server(server.server_address[1])
        running.append(server)
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        return known

    yield start
    for server in running:
        server.shutdown()
        server.server_close()


@dataclass
class ProxyServer:
    """A proxy: CONNECT, and calls in clear. All names lead to this machine.

    Attributes:
        wanted: user:password it asks for; empty: none.
        status: that it refuses with; 0: it lets through.
        ports: by host, where a port leads to another one.
    """

    port: int = 0
    wanted: str = ""
    status: int = 0
    ports: dict[str, int] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    signed_in: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def serve(self, taken: socket.socket) -> None:
        with suppress(OSError), taken:
            head = b""
            while b"\r\n\r\n" not in head:
                got = taken.recv(65536)
                if not got:
                    return
                head += got
            first, _, rest = head.decode("latin-1").partition("\r\n")
            method, target, _ = first.split(" ", 2)
            self.asked.append(f"{method} {target}")
            sent = next(
                (line[21:] for line in rest.split("\r\n") if line.lower().startswith("proxy-authorization: ")), ""
            )
            given = base64.b64decode(sent.strip().removeprefix("Basic ")).decode() if sent else ""
            if given:
                self.signed_in.append(given)
            if self.wanted and given != self.wanted:
                taken.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
                return
            if self.status:
                taken.sendall(f"HTTP/1.1 {self.status} No\r\nContent-Length: 0\r\n\r\n".encode())
                return
            if method == "CONNECT":
                host, _, port = target.rpartition(":")
                with socket.create_connection(("127.0.0.1", self.ports.get(host, int(port))), 5) as other:
                    taken.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                    _relay(taken, other)
            else:
                address, _, path = target.removeprefix("http://").partition("/")
                with socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2])), 5) as other:
                    other.sendall(head.replace(target.encode(), b"/" + path.encode(), 1))
                    _relay(taken, other)


def _relay(one: socket.socket, other: socket.socket) -> None:
    while True:
        ready, _, _ = select.select([one, other], [], [], 5)
        if not ready:
            return
        for side in ready:
            got = side.recv(65536)
            if not got:
                return
            (other if side is one else one).sendall(got)


@pytest.fixture
def proxy() -> Iterator[ProxyServer]:
    known = ProxyServer()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        known.port = listening.getsockname()[1]

        def accept() -> None:
            with suppress(OSError):
                while True:
                    taken, _ = listening.accept()
                    threading.Thread(target=known.serve, args=(taken,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield known
        with suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)
