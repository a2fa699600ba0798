"""What `bdh up` leaves for the CLI on the same machine: the operator's key and, while it runs, where its services are.

Both are files in the data folder that only their owner can read.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from boeing_data_hub.cli.client import Api
from boeing_data_hub.errors import BadInput, Unauthorized
from boeing_data_hub.hub import Hub
from boeing_data_hub.sandbox.boeing.control_client import environment
from boeing_data_hub.sandbox.shopify.control_client import environment as store_environment
from boeing_data_hub.sandbox.system import System
from boeing_data_hub.settings import Settings
from boeing_data_hub.settings.places import ADDRESSES, not_an_address
from boeing_data_hub.settings.reading import Reading, read

KEY_FILE = "api-key"
_ADDRESSES_FILE = "running.json"
_SERVICES = ("DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL")
_API = "HUB_API_URL"


def checked(settings: Settings) -> Settings:
    """The settings, after a look at those that are otherwise only read where nobody sees it.

    Raises:
        BadInput: one cannot be used; it is named, without its value, which may hold a password.
    """
    for name in ADDRESSES:
        secret: SecretStr | None = getattr(settings, name.lower())
        if said := not_an_address(name, secret.get_secret_value() if secret else ""):
            raise BadInput(said, code=f"bad_{name.lower()}")
    try:
        _ = Hub(settings).boeing_limit
    except BadInput as error:
        raise BadInput(f"BOEING_API_RATE_LIMIT: {error.message}", code=error.code) from None
    return settings


def data_dir(settings: Settings) -> Path:
    """The folder of this machine's hub."""
    return Hub(settings).data_dir


def _write_private(path: Path, text: str) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(text)
    path.chmod(0o600)


def keep_key(folder: Path, key: str) -> None:
    """Keep the local operator's key."""
    _write_private(folder / KEY_FILE, key + "\n")


def keep_addresses(folder: Path, system: System) -> None:
    """Note where the running hub, its services and its Boeing sandbox are."""
    known = {name: system.environment[name] for name in _SERVICES if system.environment.get(name)}
    known[_API] = system.url
    if system.boeing is not None:  # else `bdh doctor` would ask the real Boeing, with no credentials
        known |= environment(system.boeing.base_url)
    if system.shopify is not None:
        known |= store_environment(system.shopify.url)
    _write_private(folder / _ADDRESSES_FILE, json.dumps(known))


def forget_addresses(folder: Path) -> None:
    """The hub has stopped."""
    (folder / _ADDRESSES_FILE).unlink(missing_ok=True)


def settings_of_running_hub() -> Settings:
    """The environment's settings; where they name no other database, those of the hub that `bdh up` runs here.

    Raises:
        BadInput: see `checked`.
    """
    settings = checked(Settings())
    known = _addresses(settings)
    named = settings.database_url.get_secret_value() if settings.database_url else ""
    if named and named != known.get("DATABASE_URL"):
        return settings
    return Settings(**{name.lower(): value for name, value in known.items()})


def reading_of_running_hub() -> Reading:
    """The same, read as a doctor does: nothing is raised, and what cannot be used is told in it."""
    found = read()
    known = _addresses(found.settings)
    named = found.settings.database_url.get_secret_value() if found.settings.database_url else ""
    if not known or (named and named != known.get("DATABASE_URL")) or "DATABASE_URL" in found.unusable:
        return found
    return read(known)


def key_of(settings: Settings) -> str:
    """The key the command line sends: HUB_API_KEY, else the local operator's; empty where there is none."""
    if settings.hub_api_key is not None:
        return settings.hub_api_key.get_secret_value()
    try:
        return (data_dir(settings) / KEY_FILE).read_text().strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _addresses(settings: Settings) -> dict[str, Any]:
    try:
        return json.loads((data_dir(settings) / _ADDRESSES_FILE).read_text())
    except (OSError, ValueError):
        return {}


def connect(settings: Settings) -> Api:
    """The API the settings name, else the one that `bdh up` runs here; with their key, else the local operator's.

    Raises:
        BadInput: the address is none.
        Unauthorized: there is no key.
    """
    url = settings.hub_api_url
    if not url and not {"hub_host", "hub_port"} & settings.model_fields_set:
        url = _addresses(settings).get(_API, "")
    url = url or f"http://{settings.hub_host}:{settings.hub_port}"
    key = key_of(settings)
    if not key:
        raise Unauthorized(
            "No API key. Set HUB_API_KEY, or make a key with `bdh keys create NAME --scope search` "
            "where the database is."
        )
    return Api(url, key)
