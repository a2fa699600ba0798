"""Files of `bdh up` for the CLI on the same machine: the operator's key, and the addresses of running services.

They are in the data folder, and only their owner can read them.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from pydantic import SecretStr

from boeing_data_hub.app import Hub
from boeing_data_hub.cli.access import ADDRESSES_FILE, API_ADDRESS, KEY_FILE, kept_addresses, kept_key
from boeing_data_hub.cli.machine.system import System
from boeing_data_hub.errors import BadInput
from boeing_data_hub.settings import Settings
from boeing_data_hub.settings.addresses import ADDRESSES, not_an_address
from boeing_data_hub.settings.reading import Reading, read

_SERVICES = ("DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL")


def checked(settings: Settings) -> Settings:
    """The settings, after a check of those that are otherwise read in the background, where errors go unnoticed.

    Raises:
        BadInput: one is invalid. It is reported without its value, which may contain a password.
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
    """Store the local operator's key."""
    _write_private(folder / KEY_FILE, key + "\n")


def keep_addresses(folder: Path, system: System) -> None:
    """Store the addresses of the running hub, its services and its sandboxes."""
    known = {name: system.environment[name] for name in _SERVICES if system.environment.get(name)}
    known[API_ADDRESS] = system.url
    known |= system.stand_ins  # else `bdh doctor` would ask the real Boeing, with no credentials
    _write_private(folder / ADDRESSES_FILE, json.dumps(known))


def forget_addresses(folder: Path) -> None:
    """Delete the addresses: the hub has stopped."""
    (folder / ADDRESSES_FILE).unlink(missing_ok=True)


def settings_of_running_hub() -> Settings:
    """The settings of the environment, or of the hub that `bdh up` runs here if the environment names no database.

    Raises:
        BadInput: see `checked`.
    """
    settings = checked(Settings())
    known = kept_addresses(data_dir(settings))
    named = settings.database_url.get_secret_value() if settings.database_url else ""
    if named and named != known.get("DATABASE_URL"):
        return settings
    return Settings(**{name.lower(): value for name, value in known.items()})


def reading_of_running_hub() -> Reading:
    """The same, as the doctor reads settings: invalid ones are reported in the result, and nothing is raised."""
    found = read()
    known = kept_addresses(data_dir(found.settings))
    named = found.settings.database_url.get_secret_value() if found.settings.database_url else ""
    if not known or (named and named != known.get("DATABASE_URL")) or "DATABASE_URL" in found.unusable:
        return found
    return read(known)


def key_of(settings: Settings) -> str:
    """The key that the CLI sends: HUB_API_KEY, else the local operator's; empty if there is none."""
    if settings.hub_api_key is not None:
        return settings.hub_api_key.get_secret_value()
    return kept_key(data_dir(settings))
