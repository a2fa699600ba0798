"""What `bdh up` leaves for the CLI on the same machine: the operator's key and, while it runs, where its services are.

Both are files in the data folder that only their owner can read.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from boeing_data_hub.cli.client import Api
from boeing_data_hub.errors import Unauthorized
from boeing_data_hub.hub import Hub
from boeing_data_hub.settings import Settings

KEY_FILE = "api-key"
_ADDRESSES_FILE = "running.json"
_ADDRESSES = ("DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL")


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


def keep_addresses(folder: Path, environment: Mapping[str, str]) -> None:
    """Note where the running hub's services are."""
    known = {name: environment[name] for name in _ADDRESSES if environment.get(name)}
    _write_private(folder / _ADDRESSES_FILE, json.dumps(known))


def forget_addresses(folder: Path) -> None:
    """The hub has stopped."""
    (folder / _ADDRESSES_FILE).unlink(missing_ok=True)


def settings_of_running_hub() -> Settings:
    """The environment's settings; where they name no database, the services of the hub that `bdh up` runs here."""
    settings = Settings()
    if settings.database_url is not None:
        return settings
    try:
        known = json.loads((data_dir(settings) / _ADDRESSES_FILE).read_text())
    except (OSError, ValueError):
        return settings
    return Settings(**{name.lower(): value for name, value in known.items()})


def connect(settings: Settings) -> Api:
    """The API the settings name, with the key they name, else with the local operator's key. Raises Unauthorized."""
    url = settings.hub_api_url or f"http://{settings.hub_host}:{settings.hub_port}"
    if settings.hub_api_key is not None:
        return Api(url, settings.hub_api_key.get_secret_value())
    try:
        key = (data_dir(settings) / KEY_FILE).read_text().strip()
    except OSError:
        key = ""
    if not key:
        raise Unauthorized(
            "No API key. Set HUB_API_KEY, or make a key with `bdh keys create NAME --scope search` "
            "where the database is."
        )
    return Api(url, key)
