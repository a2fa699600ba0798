"""A real receiver of webhooks and a real mail server, each a thread of this process, that can be told to misbehave."""

from __future__ import annotations

import base64
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
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
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.fixture
def make_mail_server(certificate: Path) -> Iterator[Callable[..., MailServer]]:
    stops: list[Callable[[], None]] = []

    def make(security: str = "none", **behaviour: Any) -> MailServer:
        found = MailServer(**behaviour)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)

        class Handler(StreamRequestHandler):
            def handle(self) -> None:
                with suppress(OSError, ssl.SSLError):
                    self.talk()

            def talk(self) -> None:
                if security == "tls":
                    self.secure()
                self.say(b"220 here")
                recipients: list[str] = []
                while line := self.rfile.readline():
                    word = line.strip().upper()
                    if word.startswith(b"EHLO"):
                        extra = [b"250-STARTTLS"] if security == "starttls" and not self.is_secure else []
                        sign_in = [b"250-AUTH PLAIN"] if found.password else []
                        self.say(b"\r\n".join([b"250-here", *extra, *sign_in, b"250 8BITMIME"]))
                    elif word == b"STARTTLS":
                        self.say(b"220 go on")
                        self.secure()
                    elif word.startswith(b"AUTH PLAIN"):
                        _, user, password = base64.b64decode(line.split()[2]).decode().split("\0")
                        found.signed_in.append(user)
                        self.say(b"235 welcome" if password == found.password else b"535 no")
                    elif word.startswith(b"RCPT"):
                        recipients.append(line.decode().split("<")[1].split(">")[0])
                        self.say(b"550 nobody" if found.refuse_recipients else b"250 ok")
                    elif word == b"DATA":
                        self.say(b"354 go on")
                        letter = b""
                        while (piece := self.rfile.readline()) != b".\r\n":
                            letter += piece
                        if found.refuse:
                            self.say(found.refuse.pop(0))
                            continue
                        found.encrypted.append(self.is_secure)
                        found.letters.append((recipients, letter))
                        self.say(b"250 taken")
                    elif word == b"QUIT":
                        self.say(b"221 bye")
                        return
                    else:
                        self.say(b"250 ok")

            is_secure = False

            def secure(self) -> None:
                self.request = context.wrap_socket(self.request, server_side=True)
                self.rfile, self.wfile = self.request.makefile("rb"), self.request.makefile("wb", 0)
                self.is_secure = True

            def say(self, line: bytes) -> None:
                self.wfile.write(line + b"\r\n")

            def finish(self) -> None:
                with suppress(OSError, ValueError):
                    super().finish()
                self.request.close()

        server = ThreadingTCPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        found.port = server.server_address[1]
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()

        def stop() -> None:
            server.shutdown()
            thread.join()
            server.server_close()

        stops.append(stop)
        return found

    yield make
    for stop in stops:
        stop()
