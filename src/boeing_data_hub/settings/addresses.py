"""Settings: addresses and folders."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings

from boeing_data_hub.broker.address import EXAMPLE, BadAddressError, parse
from boeing_data_hub.errors import BadInput
from boeing_data_hub.network.trust import holds_certificates
from boeing_data_hub.settings.parsing import Given, Words
from boeing_data_hub.settings.transport import broker_with_tls, postgres_with_tls

ADDRESSES: Final = ("DATABASE_URL", "HUB_OWNER_DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL")
_OF_POSTGRES: Final = ADDRESSES[:2]
_POSTGRES: Final = frozenset({"postgresql", "postgres", "postgresql+psycopg"})


def not_an_address(name: str, value: str) -> str | None:
    """Why the address of a database or broker is invalid, without quoting it; None if it is valid or unset."""
    if not value:
        return None
    if name not in _OF_POSTGRES:
        try:
            parse(value)
        except BadAddressError as wrong:
            return f"{name} is no usable address: {wrong}. Write it like {EXAMPLE}."
        return None
    with suppress(ValueError):  # an invalid port, or an unclosed bracket
        address = urlsplit(value)
        if address.scheme in _POSTGRES and address.port != 0:
            return None
    return f"{name} is no usable address. Write it like postgresql://user:password@host:5432/postgres."


class Places(BaseSettings):
    """Databases, folders, and where the API listens."""

    database_url: Annotated[SecretStr | None, Given] = Field(
        default=None, description="Postgres 15+, e.g. postgresql://user:password@host:5432/postgres. Unset: embedded."
    )
    hub_owner_database_url: Annotated[SecretStr | None, Given] = Field(
        default=None,
        description="The same Postgres, signed in as the user that owns the hub's tables. For `bdh db upgrade` only, "
        "which "
        "then grants the user in DATABASE_URL what a running hub needs. Unset: one user does both.",
    )
    redis_url: Annotated[SecretStr | None, Given] = Field(
        default=None, description="Broker: Valkey 7.2 or Redis 6.2, or newer. Unset: embedded."
    )
    celery_broker_url: Annotated[SecretStr | None, Given] = Field(
        default=None, description="Broker, if it differs from REDIS_URL."
    )
    celery_result_backend: Annotated[SecretStr | None, Given] = Field(
        default=None, description="Accepted for compatibility with the guide and unused: results live in Postgres."
    )
    hub_plain_hosts: Words = Field(
        default=(),
        description="Hosts, addresses or networks that may be reached without encryption, separated by commas, because "
        "nobody else can listen on the connection: containers on the same machine, a private network. This "
        "machine is always allowed; everywhere else Postgres needs TLS, Redis rediss://, and Boeing and the "
        "store https://.",
    )
    hub_data_dir: Annotated[Path | None, Given] = Field(
        default=None, description="Folder of embedded services and local files. Unset: the user's state folder."
    )
    hub_ca_file: Annotated[Path | None, Given] = Field(
        default=None,
        description="File of certificates (PEM) of authorities that are trusted in addition to the system's, e.g. your "
        "company's. For every TLS connection except to Postgres, whose address takes sslrootcert=.",
    )
    hub_host: str = Field(default="127.0.0.1", description="Address the API listens on; loopback unless you say so.")
    hub_port: int = Field(default=8000, ge=0, le=65535, description="Port the API listens on; 0 picks a free one.")
    hub_api_url: str = Field(default="", description="Where the CLI finds the API. Empty: http://HUB_HOST:HUB_PORT.")
    hub_api_key: Annotated[SecretStr | None, Given] = Field(default=None, description="The API key that the CLI sends.")

    @field_validator("hub_ca_file")
    @classmethod
    def _ca_file_holds_certificates(cls, value: Path | None) -> Path | None:
        if value is not None and (wrong := holds_certificates(value)):
            raise ValueError(f"HUB_CA_FILE cannot be used: {wrong}")
        return value

    @property
    def broker_url(self) -> str:
        """The broker's address: CELERY_BROKER_URL, else REDIS_URL. Raises BadInput when neither is set, or usable."""
        name, chosen = "CELERY_BROKER_URL", self.celery_broker_url
        if chosen is None or not chosen.get_secret_value():
            name, chosen = "REDIS_URL", self.redis_url
        if chosen is None or not chosen.get_secret_value():
            raise BadInput(
                "REDIS_URL is not set. Set it to your Redis, or start everything with `bdh up`, which includes one.",
                code="no_redis_url",
            )
        if said := not_an_address(name, chosen.get_secret_value()):
            raise BadInput(f"{said} Nothing was started.", code="not_an_address")
        address = broker_with_tls(parse(chosen.get_secret_value()), self.hub_plain_hosts, name=name)
        return address.trusting(str(self.hub_ca_file or "")).url

    @property
    def broker_passwords(self) -> list[str]:
        """The passwords in the brokers' addresses, in whichever component they are."""
        found: list[str] = []
        for secret in (self.celery_broker_url, self.redis_url):
            with suppress(BadAddressError):
                address = parse(secret.get_secret_value() if secret else "")
                found += [address.password, address.encryption.key_password if address.encryption else ""]
        return [word for word in found if word]

    @property
    def postgres_url(self) -> str:
        """The database's address, with TLS. Raises BadInput when DATABASE_URL is not set, or allows a connection
        without it.
        """
        if self.database_url is None or not self.database_url.get_secret_value():
            raise BadInput(
                "DATABASE_URL is not set. Set it to your Postgres, or start everything with `bdh up`, "
                "which brings its own.",
                code="no_database_url",
            )
        return postgres_with_tls(self.database_url.get_secret_value(), self.hub_plain_hosts)

    @property
    def owner_postgres_url(self) -> str:
        """The database's address for `bdh db upgrade`; empty: `postgres_url`. Raises BadInput, as that does."""
        secret = self.hub_owner_database_url
        if secret is None:
            return ""
        return postgres_with_tls(secret.get_secret_value(), self.hub_plain_hosts, name="HUB_OWNER_DATABASE_URL")
