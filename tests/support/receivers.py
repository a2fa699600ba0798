"""A real receiver of webhooks and a real mail server, each a thread of this process, that can be told to misbehave."""

from __future__ import annotations

import base64
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from boeing_data_hub.clock import now


@dataclass
class Receiver:
    """What was posted, and how it answers.

    Attributes:
        answers: status codes of the next answers; 200 when they are used up. 0: hang up without an answer.
    """

    url: str = ""
    posts: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    drips: bool = False

    @property
    def ids(self) -> list[str]:
        return [headers["webhook-id"] for headers, _ in self.posts]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    found = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            found.posts.append(({name.lower(): value for name, value in self.headers.items()}, body))
            status = found.answers.pop(0) if found.answers else 200
            if status == 0:
                self.close_connection = True
                return
            self.send_response(status)
            for name, value in found.headers.items():
                self.send_header(name, value)
            self.end_headers()
            if found.drips:
                with suppress(OSError):
                    while True:
                        self.wfile.write(b".")
                        self.wfile.flush()
                        time.sleep(0.05)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        found.url = f"http://127.0.0.1:{server.server_address[1]}/hook?token=canary-in-the-address"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield found
        server.shutdown()
        thread.join()


@dataclass
class MailServer:
    """What was handed over, and how it behaves.

    Attributes:
        refuse: a reply to DATA instead of taking the message, as often as it stands here.
        password: that is asked for; empty: nobody signs in.
    """

    port: int = 0
    letters: list[tuple[list[str], bytes]] = field(default_factory=list)
    signed_in: list[str] = field(default_factory=list)
    refuse: list[bytes] = field(default_factory=list)
    refuse_recipients: bool = False
    goodbye: bytes = b"221 bye"
    password: str = ""
    encrypted: list[bool] = field(default_factory=list)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of 127.0.0.1, signed by itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now() - timedelta(days=1))
        .not_valid_after(now() + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


class Conversation(StreamRequestHandler):
    """One client's conversation with the mail server."""

    behaviour: MailServer
    context: ssl.SSLContext
    security: str
    is_secure = False

    def handle(self) -> None:
        self.recipients: list[str] = []
        with suppress(OSError, ssl.SSLError):
            if self.security == "tls":
                self.secure()
            self.say(b"220 here")
            while line := self.rfile.readline():
                act = getattr(self, f"on_{line[:4].decode().strip().lower()}", None)
                self.say(act(line) if act else b"250 ok")
                if self.security == "starttls" and line.upper().startswith(b"STARTTLS"):
                    self.secure()

    def on_ehlo(self, _line: bytes) -> bytes:
        extra = [b"250-STARTTLS"] if self.security == "starttls" and not self.is_secure else []
        sign_in = [b"250-AUTH PLAIN"] if self.behaviour.password else []
        return b"\r\n".join([b"250-here", *extra, *sign_in, b"250 8BITMIME"])

    def on_star(self, _line: bytes) -> bytes:
        return b"220 go on"

    def on_auth(self, line: bytes) -> bytes:
        _, user, password = base64.b64decode(line.split()[2]).decode().split("\0")
        self.behaviour.signed_in.append(user)
        return b"235 welcome" if password == self.behaviour.password else b"535 no"

    def on_rcpt(self, line: bytes) -> bytes:
        self.recipients.append(line.decode().split("<")[1].split(">")[0])
        return b"550 nobody" if self.behaviour.refuse_recipients else b"250 ok"

    def on_data(self, _line: bytes) -> bytes:
        self.say(b"354 go on")
        letter = b""
        while (piece := self.rfile.readline()) != b".\r\n":
            letter += piece
        if self.behaviour.refuse:
            return self.behaviour.refuse.pop(0)
        self.behaviour.encrypted.append(self.is_secure)
        self.behaviour.letters.append((self.recipients, letter))
        return b"250 taken"

    def on_quit(self, _line: bytes) -> bytes:
        return self.behaviour.goodbye

    def secure(self) -> None:
        self.request = self.context.wrap_socket(self.request, server_side=True)
        self.rfile, self.wfile = self.request.makefile("rb"), self.request.makefile("wb", 0)
        self.is_secure = True

    def say(self, line: bytes) -> None:
        self.wfile.write(line + b"\r\n")

    def finish(self) -> None:
        with suppress(OSError, ValueError):
            super().finish()
        self.request.close()


@pytest.fixture
def make_mail_server(certificate: Path) -> Iterator[Callable[..., MailServer]]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with ExitStack() as stack:

        def make(security: str = "none", **behaviour: Any) -> MailServer:
            found = MailServer(**behaviour)
            told = {"behaviour": found, "context": context, "security": security}
            server = ThreadingTCPServer(("127.0.0.1", 0), type("Told", (Conversation,), told))
            server.daemon_threads = True
            found.port = server.server_address[1]
            thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
            thread.start()
            for undo in (server.server_close, thread.join, server.shutdown):
                stack.callback(undo)
            return found

        yield make
