"""How a command finds the API: its address and key, from the few settings that determine them.

It reads the environment and `.env` itself, as `Settings` would: loading all settings takes ten times as long as most
commands. A test compares the two.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar
from urllib.parse import urlsplit

import typer

from boeing_data_hub.cli import output
from boeing_data_hub.cli.client import Api
from boeing_data_hub.errors import BadInput, HubError, Unauthorized
from boeing_data_hub.network.outgoing import Network
from boeing_data_hub.network.trust import holds_certificates
from boeing_data_hub.values.data_folder import data_folder

T = TypeVar("T")
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]

KEY_FILE: Final = "api-key"
ADDRESSES_FILE: Final = "running.json"
API_ADDRESS: Final = "HUB_API_URL"
DEFAULT_URL: Final = "http://127.0.0.1:8000"
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_NAMES: Final = ("HUB_API_URL", "HUB_API_KEY", "HUB_HOST", "HUB_PORT", "HUB_DATA_DIR", "HUB_CA_FILE")
_MOST_PORT: Final = 65_535


@dataclass(frozen=True, slots=True)
class Access:
    """The address of the API, and how to call it.

    Attributes:
        url: the API's address.
        key: the API key; empty if there is none.
        ca_file: certificates to trust in addition to the system's.
    """

    url: str
    key: str
    ca_file: Path | None = None


def with_api(do: Callable[[Api], T], *, json_wanted: bool) -> T:
    """Call the API. An error is printed, and ends the command with its exit code."""
    try:
        api = connect(found_access())
        try:
            return do(api)
        finally:
            api.close()
    except HubError as error:
        output.fail(error, json_wanted=json_wanted)


def connect(access: Access) -> Api:
    """A client of the API.

    Raises:
        BadInput: the address is invalid.
        Unauthorized: there is no key.
    """
    if not access.key:
        raise Unauthorized(
            f"No API key found for {access.url}. Set HUB_API_KEY, or create a key with `bdh keys create NAME --scope "
            "search` on a machine that can reach the database. The key that `bdh up` keeps is sent only to its own hub."
        )
    return Api(access.url, access.key, network=Network.trusting(access.ca_file))


def found_access() -> Access:
    """The API in the settings, else the one that `bdh up` runs on this machine.

    Raises:
        BadInput: HUB_PORT or HUB_CA_FILE is invalid, or `.env` cannot be read.
    """
    given = _given()
    folder = data_folder(Path(named) if (named := given.get("HUB_DATA_DIR", "").strip()) else None)
    ca_file = Path(named) if (named := given.get("HUB_CA_FILE", "").strip()) else None
    if ca_file is not None and (wrong := holds_certificates(ca_file)):
        raise BadInput(f"HUB_CA_FILE cannot be used: {wrong}.", code="bad_hub_ca_file")
    port = _port(given.get("HUB_PORT", "8000"))
    url = given.get(API_ADDRESS, "")
    if not url and not {"HUB_HOST", "HUB_PORT"} & given.keys():
        url = kept_addresses(folder).get(API_ADDRESS, "")
    url = url or f"http://{given.get('HUB_HOST', '127.0.0.1')}:{port}"
    key = given.get("HUB_API_KEY", "")
    if not key.strip():
        key = kept_key(folder) if url == DEFAULT_URL or is_kept_for(folder, url) else ""
    return Access(url, key, ca_file)


def is_kept_for(folder: Path, url: str) -> bool:
    """Whether an address is that of the hub that `bdh up` runs on this machine: the kept key is for it and no other.

    The folder that a command is started in may hold anybody's `.env`, and so name any address.
    """
    kept = _origin(str(kept_addresses(folder).get(API_ADDRESS, "")))
    return kept is not None and kept == _origin(url)


def _origin(url: str) -> tuple[str, str, int | None] | None:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return None
    if not host or parts.username is not None:
        return None
    return parts.scheme, "localhost" if host in _LOOPBACK else host, port


def kept_key(folder: Path) -> str:
    """The key that `bdh up` stored for this machine's operator; empty if there is none.

    A link is not followed: a folder that `.env` names could hold one to the real key, beside an address of its own.
    """
    try:
        with os.fdopen(os.open(folder / KEY_FILE, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))) as file:
            return file.read().strip()
    except (OSError, UnicodeDecodeError):
        return ""


def kept_addresses(folder: Path) -> dict[str, Any]:
    """Addresses of the hub that `bdh up` runs on this machine and of its services; empty if none runs."""
    try:
        return json.loads((folder / ADDRESSES_FILE).read_text())
    except (OSError, ValueError):
        return {}


def _given() -> dict[str, str]:
    """The settings that are set, by name in capitals. The environment overrides the file."""
    file = Path(".env")
    values: dict[str, str | None] = {}
    if file.is_file():
        from dotenv import dotenv_values  # noqa: PLC0415 - needed only where there is such a file

        try:
            values = {name.upper(): value for name, value in dotenv_values(file, encoding="utf-8").items()}
        except (OSError, UnicodeDecodeError):
            raise BadInput(
                "The file .env cannot be read as UTF-8 text. Nothing was changed.", code="bad_env_file"
            ) from None
    values |= {name.upper(): value for name, value in os.environ.items()}
    return {name: value for name in _NAMES if (value := values.get(name)) is not None}


def _port(text: str) -> int:
    try:
        port = int(text)
    except ValueError:
        port = -1
    if not 0 <= port <= _MOST_PORT:
        raise BadInput(f"HUB_PORT must be a number from 0 to {_MOST_PORT}.", code="bad_hub_port")
    return port
