"""Redis as people have it: encrypted, on a socket, with limited accounts, in cluster mode; by the embedded binary."""

from __future__ import annotations

import contextlib
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
import redis as redis_client
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests.support.patience import allow

from boeing_data_hub.cli.machine.ports import free_port
from boeing_data_hub.clock import now
from boeing_data_hub_sandbox.services.binaries import find_redis


@dataclass
class Server:
    """A Redis of its own for one test."""

    port: int
    socket: Path
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def admin(self, *command: Any) -> Any:
        with redis_client.Redis(port=self.port) as client:
            return client.execute_command(*command)

    def url_of(self, user: str, password: str = "secret") -> str:
        return f"redis://{user}:{password}@127.0.0.1:{self.port}/0"


def _port_for_two() -> int:
    """One whose neighbour by 10000, where a cluster's members talk, is free as well."""
    while True:
        port = free_port()
        with contextlib.suppress(OSError, OverflowError):
            socket.create_server(("127.0.0.1", port + 10000)).close()
            return port


@pytest.fixture
def make_server(tmp_path_factory) -> Iterator[Callable[..., Server]]:
    made: list[Server] = []

    def make(**settings: str) -> Server:
        folder = tmp_path_factory.mktemp("redis")
        port, at, log = _port_for_two(), folder / "s.sock", folder / "log"
        told = {"port": port, "bind": "127.0.0.1", "save": '""', "unixsocket": at, "dir": folder, **settings}
        conf = folder / "redis.conf"
        conf.write_text("".join(f"{name.replace('_', '-')} {value}\n" for name, value in told.items()))
        with log.open("wb") as output:
            process = subprocess.Popen([find_redis(), conf], stdout=output, stderr=subprocess.STDOUT)
        server = Server(port, at, process, log)
        made.append(server)
        for _ in range(400):
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            if process.poll() is not None:
                raise AssertionError(log.read_text())
            threading.Event().wait(0.05)
        return server

    yield make
    for server in made:
        server.process.kill()
        server.process.wait()


@pytest.fixture
def server(make_server) -> Server:
    return make_server()


@dataclass
class Authority:
    """A private certificate authority, a certificate for 127.0.0.1 and localhost, and one for a client."""

    folder: Path

    @property
    def ca(self) -> Path:
        return self.folder / "ca.pem"

    def file(self, name: str) -> Path:
        return self.folder / name


@pytest.fixture(scope="session")
def authority(tmp_path_factory) -> Authority:
    folder = tmp_path_factory.mktemp("ca")
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test authority")])
    authority_key = _key(folder / "ca.key")
    named = _begun(issuer, issuer, authority_key, authority_key)
    named = named.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    named = named.add_extension(_usage(signs=True), critical=True)
    _write(folder / "ca.pem", named.sign(authority_key, hashes.SHA256()))
    for name, hosts in (
        ("server", [x509.IPAddress(ip_address("127.0.0.1")), x509.DNSName("localhost")]),
        ("elsewhere", [x509.DNSName("redis.example")]),
        ("client", [x509.DNSName("hub.example")]),
    ):
        key = _key(folder / f"{name}.key")
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        named = _begun(subject, issuer, key, authority_key)
        named = named.add_extension(x509.SubjectAlternativeName(hosts), critical=False)
        _write(folder / f"{name}.pem", named.sign(authority_key, hashes.SHA256()))
    (folder / "client-both.pem").write_text((folder / "client.pem").read_text() + (folder / "client.key").read_text())
    return Authority(folder)


def _key(path: Path) -> ec.EllipticCurvePrivateKey:
    key = ec.generate_private_key(ec.SECP256R1())
    form = serialization.PrivateFormat.PKCS8
    path.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))
    return key


def _begun(subject: x509.Name, issuer: x509.Name, key: Any, authority_key: Any) -> x509.CertificateBuilder:
    begins = now() - timedelta(days=1)
    known_by = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key())
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + timedelta(days=30))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(known_by, critical=False)
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=signs, crl_sign=signs, encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _write(path: Path, certificate: x509.Certificate) -> None:
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))


@dataclass
class Door:
    """Ends TLS before a server that has none: the embedded binary is built without it."""

    target: int
    context: ssl.SSLContext
    listening: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))
    closed: bool = False
    encrypted: int = 0
    visits: list[threading.Thread] = field(default_factory=list)
    open: list[socket.socket] = field(default_factory=list)

    @property
    def port(self) -> int:
        return int(self.listening.getsockname()[1])

    def serve(self) -> None:
        while not self.closed:
            try:
                raw, _ = self.listening.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._carry, args=(raw,), daemon=True)
            thread.start()
            self.visits.append(thread)

    def _carry(self, raw: socket.socket) -> None:
        with raw, contextlib.suppress(OSError):
            raw.settimeout(10)
            with self.context.wrap_socket(raw, server_side=True) as inner:
                self.encrypted += 1
                with socket.create_connection(("127.0.0.1", self.target)) as outer:
                    inner.settimeout(None)
                    self.open += [inner, outer]
                    back = threading.Thread(target=_pipe, args=(outer, inner), daemon=True)
                    back.start()
                    _pipe(inner, outer)
                    back.join()

    def close(self) -> None:
        self.closed = True
        with contextlib.suppress(OSError):
            self.listening.shutdown(socket.SHUT_RDWR)
        self.listening.close()
        for each in self.open:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for thread in self.visits:
            thread.join(timeout=allow(5))


def _pipe(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            target.sendall(data)
    except OSError:
        pass
    for each in (source, target):
        with contextlib.suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def make_door(server: Server, authority: Authority) -> Iterator[Callable[..., Door]]:
    made: list[Door] = []

    def make(*, certificate: str = "server", asks: bool = False) -> Door:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(authority.file(f"{certificate}.pem"), authority.file(f"{certificate}.key"))
        if asks:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(authority.ca)
        door = Door(server.port, context)
        threading.Thread(target=door.serve, daemon=True).start()
        made.append(door)
        return door

    yield make
    for door in made:
        door.close()
