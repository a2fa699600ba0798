"""Settings: where things are."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

from boeing_data_hub.errors import BadInput
from boeing_data_hub.settings.forms import Given

_REDIS: Final = frozenset({"redis", "rediss", "unix"})
_FORMS: Final = {
    "DATABASE_URL": (
        frozenset({"postgresql", "postgres", "postgresql+psycopg"}),
        "postgresql://user:password@host:5432/postgres",
    ),
    "REDIS_URL": (_REDIS, "redis://:password@host:6379/0"),
    "CELERY_BROKER_URL": (_REDIS, "redis://:password@host:6379/0"),
}
ADDRESSES: Final = tuple(_FORMS)


def not_an_address(name: str, value: str) -> str | None:
    """What is wrong with the address of a database or broker, without the address; None when nothing is, or unset."""
    schemes, example = _FORMS[name]
    if not value:
        return None
    with suppress(ValueError):  # a port that is no number, a bracket that is not closed
        address = urlsplit(value)
        if address.scheme in schemes and address.port != 0:
            return None
    return f"{name} is no usable address. Write it like {example}."


class Places(BaseSettings):
    """Databases, folders, and where the API listens."""

    database_url: Annotated[SecretStr | None, Given] = Field(
        default=None, description="Postgres 15+, e.g. postgresql://user:password@host:5432/postgres. Unset: embedded."
    )
    redis_url: Annotated[SecretStr | None, Given] = Field(
        default=None, description="Redis 6.2+ broker. Unset: embedded."
    )
    celery_broker_url: Annotated[SecretStr | None, Given] = Field(
        default=None, description="Broker, where it differs from REDIS_URL."
    )
    celery_result_backend: Annotated[SecretStr | None, Given] = Field(
        default=None, description="Accepted for the guide's sake and unused: results live in Postgres."
    )
    hub_data_dir: Annotated[Path | None, Given] = Field(
        default=None, description="Folder of embedded services and local files. Unset: the user's state folder."
    )
    hub_host: str = Field(default="127.0.0.1", description="Address the API listens on; loopback unless you say so.")
    hub_port: int = Field(default=8000, ge=0, le=65535, description="Port the API listens on; 0 takes a free one.")
    hub_api_url: str = Field(default="", description="Where the CLI finds the API. Empty: http://HUB_HOST:HUB_PORT.")
    hub_api_key: Annotated[SecretStr | None, Given] = Field(default=None, description="The key the CLI sends.")

    @property
    def broker_url(self) -> str:
        """The broker's address: CELERY_BROKER_URL, else REDIS_URL. Raises BadInput when neither is set."""
        chosen = self.celery_broker_url or self.redis_url
        if chosen is None or not chosen.get_secret_value():
            raise BadInput(
                "REDIS_URL is not set. Set it to your Redis, or start everything with `bdh up`, which brings its own.",
                code="no_redis_url",
            )
        return chosen.get_secret_value()

    @property
    def postgres_url(self) -> str:
        """The database's address. Raises BadInput when DATABASE_URL is not set."""
        if self.database_url is None or not self.database_url.get_secret_value():
            raise BadInput(
                "DATABASE_URL is not set. Set it to your Postgres, or start everything with `bdh up`, "
                "which brings its own.",
                code="no_database_url",
            )
        return self.database_url.get_secret_value()
