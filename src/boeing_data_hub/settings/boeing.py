"""Settings: Boeing's addresses, our account, and the limits of a call."""

from __future__ import annotations

from typing import Final, Self

from pydantic import Field, SecretStr, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings

from boeing_data_hub.settings.transport import url_with_tls

BOEING_HOST: Final = "https://api.developer.boeingservices.com"


class Boeing(BaseSettings):
    """Boeing's API."""

    boeing_oauth_token_url: str = Field(
        default=f"{BOEING_HOST}/oauth2/v2.0/token", description="Call 1: OAuth client credentials."
    )
    boeing_pna_oauth_url: str = Field(
        default=f"{BOEING_HOST}/boeing-part-price-availability/token/v1/oauth", description="Call 2: part token."
    )
    boeing_pna_price_url: str = Field(
        default=f"{BOEING_HOST}/boeing-part-price-availability/price-availability/v1/wtoken",
        description="Call 3: price and availability.",
    )
    boeing_scope: str = Field(default="api://helixapis.com/.default", description="OAuth scope of call 1.")
    boeing_client_id: SecretStr = Field(default=SecretStr(""), description="OAuth client id.")
    boeing_client_secret: SecretStr = Field(default=SecretStr(""), description="OAuth client secret.")
    boeing_username: SecretStr = Field(default=SecretStr(""), description="Account name, sent as x-username.")
    boeing_password: SecretStr = Field(default=SecretStr(""), description="Account password, sent as x-password.")
    boeing_batch_size: int = Field(
        default=10, ge=1, le=100, description="Part numbers per Boeing call. Only 10 has been tested in production."
    )
    boeing_api_rate_limit: str = Field(
        default="20/m",
        description="Boeing calls per window over all workers: N/s, N/m, N/h, or `unlimited`. Set it to what your "
        "contract says; the default is the guide's figure.",
    )
    hub_urgent_share: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="Share of an hour's Boeing calls that urgent searches may take before all others. Beyond it, they "
        "take turns like the rest. 0: no search is urgent.",
    )
    boeing_call_timeout: float = Field(
        default=60.0,
        gt=0,
        le=600,
        description="Timeout of one Boeing call in seconds. Generous, because its slot is used either way.",
    )

    @field_validator("boeing_oauth_token_url", "boeing_pna_oauth_url", "boeing_pna_price_url")
    @classmethod
    def _credentials_are_encrypted(cls, value: str, info: ValidationInfo) -> str:
        return url_with_tls(value, info.data.get("hub_plain_hosts", ()), sent="Boeing's credentials")

    @model_validator(mode="after")
    def _addresses_are_http(self) -> Self:
        for name in ("boeing_oauth_token_url", "boeing_pna_oauth_url", "boeing_pna_price_url"):
            address = str(getattr(self, name))
            if not address.startswith(("http://", "https://")):
                raise ValueError(f"{name.upper()} must begin with https:// (or http:// for a simulator)")
        return self
