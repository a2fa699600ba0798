"""Reads the file of a saved list by SFTP: from hosts that the settings name, whose host key the list pins.

The library comes with the extra `sftp`. Credentials are settings; they are never saved, logged or shown.
"""

from __future__ import annotations

import asyncio
import hmac
import importlib
import json
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import SecretStr

from boeing_data_hub import telemetry
from boeing_data_hub.batches.lists.spreadsheet import MAX_BYTES
from boeing_data_hub.errors import BadInput, HubError, Retry
from boeing_data_hub.images.guards import is_public

HOST_KEY: Final = r"^(|SHA256:[A-Za-z0-9+/]{43})$"
"""The pattern of a pinned host key: its fingerprint, as `ssh-keygen -l` shows it; or empty."""

_SECONDS: Final = 30.0
_PORT: Final = 22
_ADDRESS: Final = re.compile(
    r"sftp://(?P<user>[A-Za-z0-9._-]{1,64})@(?P<host>[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?)"
    r"(?::(?P<port>[1-9][0-9]{0,4}))?(?P<path>/[^\x00-\x1f\x7f\\?#]{1,1024})"
)


@dataclass(frozen=True, slots=True)
class SftpPlace:
    """Where a file is: its server, the user to sign in as, and its path."""

    user: str
    host: str
    port: int
    path: str

    @property
    def pair(self) -> str:
        """The server as `host:port`."""
        return f"{self.host}:{self.port}"


def is_sftp(address: str) -> bool:
    """True for an SFTP address."""
    return address.lower().startswith("sftp:")


class SftpReader:
    """Reads files by SFTP.

    Args:
        domains: hosts, each with all below it, on port 22 at a public address.
        pairs: `host:port` at any address.
        passwords: a JSON object of `user@host` and password.
        key_file: a private key in OpenSSH's form; empty: none.
    """

    def __init__(
        self, domains: frozenset[str], pairs: frozenset[str], passwords: SecretStr, key_file: str = ""
    ) -> None:
        self._domains = domains
        self._pairs = pairs
        self._passwords = passwords
        self._key_file = key_file

    def check(self, address: str, host_key: str) -> SftpPlace:
        """The place of an address that may be read; nothing is connected to.

        Raises:
            BadInput: `list_address_forbidden`, `no_host_key`.
        """
        found = _ADDRESS.fullmatch(address)
        if found is None:
            raise BadInput(
                "Write the address like sftp://user@files.example.com/stock.csv, without a password.",
                code="list_address_forbidden",
            )
        place = SftpPlace(found["user"], found["host"].lower(), int(found["port"] or _PORT), found["path"])
        named = any(place.host == domain or place.host.endswith(f".{domain}") for domain in self._domains)
        if place.pair not in self._pairs and not (named and place.port == _PORT):
            raise BadInput(
                "The address was rejected. Lists are read by SFTP on port 22 from hosts in HUB_LIST_HOSTS, or from a "
                "host:port named there.",
                code="list_address_forbidden",
            )
        if not host_key:
            raise BadInput(
                "Give the fingerprint of the server's host key, as its operator publishes it or as "
                f"`ssh-keyscan {place.host} | ssh-keygen -lf -` shows it.",
                code="no_host_key",
            )
        return place

    def fetch(self, address: str, host_key: str) -> bytes:
        """The file at an address.

        Raises:
            BadInput: it cannot be read until a person changes something.
            Retry: it may be readable later.
        """
        place = self.check(address, host_key)
        try:
            library: Any = importlib.import_module("asyncssh")
        except ImportError:
            raise BadInput(
                "SFTP is not installed: pip install 'boeing-data-hub[sftp]'.", code="sftp_not_installed"
            ) from None
        library.set_log_level("ERROR")  # its messages name users and paths
        keys = self._keys(library)
        failed: HubError
        try:
            with telemetry.outside_call("lists", "sftp"):
                return asyncio.run(asyncio.wait_for(self._read(library, place, host_key, keys), _SECONDS))
        except library.HostKeyNotVerifiable:
            failed = BadInput(
                "The server has another host key than the list. Ask its operator whether it has changed, and correct "
                "the list only then.",
                code="sftp_host_key",
            )
        except library.PermissionDenied:
            failed = BadInput(
                f"The server refused to sign in {place.user}. Check HUB_LIST_SFTP_PASSWORDS or HUB_LIST_SFTP_KEY_FILE.",
                code="sftp_login",
            )
        except (library.SFTPNoSuchFile, library.SFTPNoSuchPath):
            failed = BadInput("There is no file at the address.", code="list_not_there")
        except library.SFTPPermissionDenied:
            failed = BadInput("The server does not let this user read the file.", code="list_not_readable")
        except TimeoutError:
            failed = Retry(f"The server took longer than {_SECONDS:.0f} s.", code="list_timeout")
        except (library.Error, OSError, UnicodeError):  # the last of a host name that DNS cannot have
            failed = Retry("The server could not be reached, or ended the connection.", code="list_unreachable")
        raise failed  # without the library's error as its context

    def _keys(self, library: Any) -> list[Any] | None:
        if not self._key_file:
            return None
        try:
            return [library.read_private_key(self._key_file)]
        except (library.KeyImportError, OSError):
            pass
        raise BadInput("HUB_LIST_SFTP_KEY_FILE is missing, or no private key without a passphrase.", code="sftp_key")

    async def _read(self, library: Any, place: SftpPlace, host_key: str, keys: list[Any] | None) -> bytes:
        class Client(library.SSHClient):
            def validate_host_public_key(self, _host: str, _addr: str, _port: int, key: Any) -> bool:
                return hmac.compare_digest(key.get_fingerprint("sha256"), host_key)

        connection = await library.connect(
            (await self._addresses(place))[0],
            place.port,
            username=place.user,
            password=self._password_of(place),
            client_keys=keys,
            client_factory=Client,
            known_hosts=([], [], []),  # so that the client is asked
            agent_path=None,
            config=None,  # not that of whoever runs the hub
            x509_trusted_certs=None,
        )
        async with connection, connection.start_sftp_client() as sftp, sftp.open(place.path, "rb") as file:
            size = (await file.stat()).size or 0
            content: bytes = await file.read(MAX_BYTES + 1) if size <= MAX_BYTES else b""
        if max(size, len(content)) > MAX_BYTES:
            raise BadInput(f"The file is larger than {MAX_BYTES // 1_048_576} MB.", code="file_too_large")
        return content

    async def _addresses(self, place: SftpPlace) -> list[str]:
        """The addresses of the server, looked up once; a single private one rejects them all."""
        looked_up = await asyncio.get_running_loop().getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)
        found = [str(one[4][0]) for one in looked_up]
        if place.pair not in self._pairs and not all(map(is_public, found)):
            raise BadInput("The address was rejected: its host is in a private network.", code="list_address_forbidden")
        return found

    def _password_of(self, place: SftpPlace) -> str | None:
        text = self._passwords.get_secret_value()
        known: Mapping[str, str] = json.loads(text) if text else {}
        return known.get(f"{place.user}@{place.host}")
