"""Settings: sign-in, sizes of requests, logs."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, NoDecode

from boeing_data_hub.settings.forms import mapped


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
    hub_max_body_bytes: int = Field(default=10_000_000, ge=1000, description="Largest request body, in bytes.")
    hub_max_upload_bytes: int = Field(
        default=20_000_000, ge=1000, le=20_971_520, description="Largest upload, in bytes; at most 20 MiB."
    )
    hub_database_pool: int = Field(default=10, ge=2, le=200, description="Most Postgres connections per process.")
    hub_log_format: Literal["auto", "json", "text"] = Field(default="auto", description="auto: text on a terminal.")
    hub_log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(default="INFO", description="Least level kept.")

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
