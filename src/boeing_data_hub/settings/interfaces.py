"""Settings: sign-in, sizes of requests, logs."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode

from boeing_data_hub.settings.parsing import Given, Words, keeps_secrets, mapped


class Interfaces(BaseSettings):
    """Access for people and programs."""

    hub_oidc_issuer: str = Field(
        default="", description="Identity provider (OpenID Connect) people may sign in with. Empty: API keys only."
    )
    hub_oidc_client_id: str = Field(default="", description="The hub's client id at the identity provider.")
    hub_oidc_client_secret: SecretStr = Field(default=SecretStr(""), description="The hub's client secret there.")
    hub_oidc_client_auth: Literal["auto", "client_secret_basic", "client_secret_post"] = Field(
        default="auto",
        description="How the hub sends its secret to the provider's token endpoint. auto: as the provider's "
        "configuration says, client_secret_basic where both are possible.",
    )
    hub_oidc_scope: str = Field(
        default="openid profile email",
        max_length=1000,
        description="Scopes requested from the provider, separated by spaces. Some send groups only for a "
        "scope `groups`.",
    )
    hub_oidc_role_claim: str = Field(
        default="groups",
        min_length=1,
        max_length=500,
        description="The claim that holds a person's groups; a nested one by dots: realm_access.roles, "
        "resource_access.hub.roles. A name that itself contains dots, such as https://example.com/roles, works, too.",
    )
    hub_oidc_roles: Annotated[
        dict[str, Literal["read", "search", "publish", "admin"]], NoDecode, BeforeValidator(mapped)
    ] = Field(
        default_factory=dict,
        description='Scope of each group, as JSON: {"parts-team": "search", "it": "admin"}. Everyone else is rejected.',
    )
    hub_console_keys: bool = Field(
        default=True,
        description="Whether people can sign in to the console with API keys and one-time links if an identity "
        "provider is "
        "set up. false: everyone signs in with the provider, with its second factor.",
    )
    hub_key_days: int = Field(
        default=90,
        ge=0,
        le=36_500,
        description="Days after which a new API key expires, unless its creator says otherwise. 0: never. Keys that "
        "exist keep their date.",
    )
    hub_hsts_subdomains: bool = Field(
        default=False,
        description="Whether Strict-Transport-Security includes the subdomains of the hub's host. Only when all of "
        "them serve HTTPS.",
    )
    hub_trusted_proxies: Words = Field(
        default=("127.0.0.1", "::1"),
        description="Addresses or networks of the proxies before the API whose X-Forwarded-For and X-Forwarded-Proto "
        "are "
        "trusted, separated by commas.",
    )
    hub_max_body_bytes: int = Field(
        default=10_000_000,
        ge=1000,
        description="Largest request body, in bytes. Holds 50,000 part numbers several times over.",
    )
    hub_max_upload_bytes: int = Field(
        default=20_000_000, ge=1000, le=20_971_520, description="Largest upload, in bytes; at most 20 MiB."
    )
    hub_rate_requests: int = Field(
        default=12_000,
        ge=0,
        description="Requests per minute that one API key may make of one API process. 0: unlimited.",
    )
    hub_rate_changes: int = Field(
        default=3_000,
        ge=0,
        description="Of these, requests per minute that change something or call Boeing or the store. 0: unlimited.",
    )
    hub_database_pool: int = Field(
        default=10,
        ge=2,
        le=200,
        description="Maximum number of Postgres connections per process. Multiplied by the number of processes, it "
        "must fit "
        "the server or its pooler.",
    )
    hub_log_format: Literal["auto", "json", "text"] = Field(default="auto", description="auto: text on a terminal.")
    hub_log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="Lowest level to log."
    )

    hub_alive_file: Annotated[Path | None, Given] = Field(
        default=None,
        description="File that each process touches every few seconds while it runs, for the health check of a "
        "container. "
        "Unset: none.",
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

    @field_validator("hub_oidc_scope")
    @classmethod
    def _scope_asks_for_an_id(cls, value: str) -> str:
        words = value.replace(",", " ").split()
        if "openid" not in words:
            raise ValueError("must hold openid, such as: openid profile email groups")
        return " ".join(words)

    @model_validator(mode="after")
    def _identity_provider_is_whole(self) -> Self:
        if not self.hub_oidc_issuer:
            if not self.hub_console_keys:
                raise ValueError("HUB_CONSOLE_KEYS=false needs HUB_OIDC_ISSUER, or nobody could sign in to the console")
            return self
        if not keeps_secrets(self.hub_oidc_issuer):
            raise ValueError("HUB_OIDC_ISSUER must begin with https://")
        if not self.hub_oidc_client_id or not self.hub_oidc_client_secret.get_secret_value() or not self.hub_oidc_roles:
            raise ValueError(
                "HUB_OIDC_ISSUER needs HUB_OIDC_CLIENT_ID, HUB_OIDC_CLIENT_SECRET and HUB_OIDC_ROLES beside it"
            )
        return self
