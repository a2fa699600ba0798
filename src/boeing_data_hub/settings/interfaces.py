"""Settings: sign-in, sizes of requests, logs."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode

from boeing_data_hub.settings.forms import Given, Words, mapped


class Interfaces(BaseSettings):
    """How people and programs come in."""

    hub_oidc_issuer: str = Field(
        default="", description="Identity provider (OpenID Connect) people may sign in with. Empty: API keys only."
    )
    hub_oidc_client_id: str = Field(default="", description="The hub's client id at the identity provider.")
    hub_oidc_client_secret: SecretStr = Field(default=SecretStr(""), description="The hub's client secret there.")
    hub_oidc_role_claim: str = Field(default="groups", description="The claim that holds a person's groups.")
    hub_oidc_roles: Annotated[
        dict[str, Literal["read", "search", "publish", "admin"]], NoDecode, BeforeValidator(mapped)
    ] = Field(
        default_factory=dict,
        description='Group to scope, as JSON: {"parts-team": "search", "it": "admin"}. Others are not let in.',
    )
    hub_trusted_proxies: Words = Field(
        default=("127.0.0.1", "::1"),
        description="Addresses or networks of the proxies before the API whose X-Forwarded-For and X-Forwarded-Proto "
        "are believed, separated by commas.",
    )
    hub_max_body_bytes: int = Field(
        default=10_000_000,
        ge=1000,
        description="Largest request body, in bytes. Holds 50,000 part numbers several times over.",
    )
    hub_max_upload_bytes: int = Field(
        default=20_000_000, ge=1000, le=20_971_520, description="Largest upload, in bytes; at most 20 MiB."
    )
    hub_database_pool: int = Field(
        default=10,
        ge=2,
        le=200,
        description="Most Postgres connections per process. Times the number of processes, it must fit the server "
        "or its pooler.",
    )
    hub_log_format: Literal["auto", "json", "text"] = Field(default="auto", description="auto: text on a terminal.")
    hub_log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(default="INFO", description="Least level kept.")

    hub_alive_file: Annotated[Path | None, Given] = Field(
        default=None,
        description="File that each process touches every few seconds while it lives, for the health check of a "
        "container. Unset: none.",
    )

    @field_validator("hub_trusted_proxies")
    @classmethod
    def _proxies_are_addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for one in value:
            try:
                ip_network(one)
            except ValueError:
                raise ValueError(f"{one[:100]!r} is no address or network such as 127.0.0.1 or 172.16.0.0/12") from None
        return value

    @model_validator(mode="after")
    def _identity_provider_is_whole(self) -> Self:
        if not self.hub_oidc_issuer:
            return self
        if not self.hub_oidc_issuer.startswith(("https://", "http://127.0.0.1", "http://localhost")):
            raise ValueError("HUB_OIDC_ISSUER must begin with https://")
        if not self.hub_oidc_client_id or not self.hub_oidc_client_secret.get_secret_value() or not self.hub_oidc_roles:
            raise ValueError(
                "HUB_OIDC_ISSUER needs HUB_OIDC_CLIENT_ID, HUB_OIDC_CLIENT_SECRET and HUB_OIDC_ROLES beside it"
            )
        return self
