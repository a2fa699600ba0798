"""Every setting, with its unit and default. Only the composition root reads them; everyone else is handed plain values.

Names and defaults of the guide's section 7 are kept. A value comes from the environment, else from `.env`.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from boeing_data_hub.errors import BadInput

BOEING_HOST = "https://api.developer.boeingservices.com"


class Settings(BaseSettings):
    """The environment of one hub, checked at start; a wrong value names itself and stops the process."""

    model_config = SettingsConfigDict(
        env_file=".env", env_file_encoding="utf-8", extra="ignore", populate_by_name=True, frozen=True
    )

    # --- Where things are -------------------------------------------------------------------------------------------
    database_url: SecretStr | None = Field(
        default=None, description="Postgres 15+, e.g. postgresql://user:password@host:5432/postgres. Unset: embedded."
    )
    redis_url: SecretStr | None = Field(default=None, description="Redis 6.2+ broker. Unset: embedded.")
    celery_broker_url: SecretStr | None = Field(default=None, description="Broker, where it differs from REDIS_URL.")
    celery_result_backend: SecretStr | None = Field(
        default=None, description="Accepted for the guide's sake and unused: results live in Postgres."
    )
    hub_data_dir: Path | None = Field(
        default=None, description="Folder of embedded services and local files. Unset: the user's state folder."
    )
    hub_host: str = Field(default="127.0.0.1", description="Address the API listens on; loopback unless you say so.")
    hub_port: int = Field(default=8000, ge=0, le=65535, description="Port the API listens on; 0 takes a free one.")
    hub_api_url: str = Field(default="", description="Where the CLI finds the API. Empty: http://HUB_HOST:HUB_PORT.")
    hub_api_key: SecretStr | None = Field(default=None, description="The key the CLI sends.")

    # --- Boeing -----------------------------------------------------------------------------------------------------
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
        default=10, ge=1, le=100, description="Part numbers per Boeing call. Only 10 is proven in production."
    )
    boeing_api_rate_limit: str = Field(
        default="20/m", description="Boeing calls per window over all workers: N/s, N/m, N/h, or `unlimited`."
    )
    boeing_call_timeout: float = Field(
        default=60.0, gt=0, le=600, description="Seconds one Boeing call may take in all, before it is given up."
    )

    # --- Sizes and concurrency (guide, section 7) -------------------------------------------------------------------
    max_bulk_search_size: int = Field(default=50_000, ge=1, description="Most part numbers in one search request.")
    max_bulk_publish_size: int = Field(default=10_000, ge=1, description="Most part numbers in one publish request.")
    celery_extraction_concurrency: int = Field(default=2, ge=1, le=64, description="Boeing calls at a time per worker.")
    celery_normalization_concurrency: int = Field(default=4, ge=1, le=64, description="Normalizations per worker.")
    celery_shopify_concurrency: int = Field(default=1, ge=1, le=64, description="Publishings at a time per worker.")
    celery_default_concurrency: int = Field(default=2, ge=1, le=64, description="Sweeps and the like, per worker.")

    # --- How work is done -------------------------------------------------------------------------------------------
    hub_reuse_fresh_for: int = Field(
        default=3600, ge=0, description="Seconds for which a Boeing answer is used again instead of asking. 0: never."
    )
    hub_confirm_missing: bool = Field(
        default=False,
        description="Ask again, alone, for a part Boeing left out of an answer, before calling it not found. "
        "Costs one call per missing part.",
    )
    hub_max_attempts: int = Field(default=5, ge=1, le=20, description="Failed calls after which a call is split.")
    hub_retry_seconds: float = Field(
        default=2.0, gt=0, le=60, description="Seconds before a failed call is made again; doubles, up to a minute."
    )
    hub_lease_seconds: int = Field(
        default=15, ge=3, le=600, description="Seconds after which the work of a worker that fell silent is free again."
    )
    hub_sweep_seconds: float = Field(default=2.0, ge=0.2, le=60, description="Seconds between two sweeps.")
    hub_worker_silent_after: int = Field(default=20, ge=5, description="Seconds after which a worker counts as gone.")

    # --- Rules of trade ---------------------------------------------------------------------------------------------
    price_basis: Literal["list_then_net", "net_then_list", "list", "net"] = Field(
        default="list_then_net", description="Which Boeing price is the base of ours."
    )
    price_markup: Decimal = Field(default=Decimal("1.10"), gt=0, le=100, description="Our price = base x this factor.")
    hub_currency: str = Field(default="USD", min_length=3, max_length=3, description="Currency of the store.")
    hub_vendor: str = Field(default="BDI", description="Vendor of every product.")
    hub_manufacturer: str = Field(default="Boeing", description="Manufacturer where Boeing names no supplier.")
    hub_condition: str = Field(default="NE", description="Condition of every part (NE = new).")
    hub_cert: str = Field(default="FAA 8130-3", description="Certificate that comes with every Boeing part.")
    hub_lead_time_days: int = Field(default=3, ge=0, description="Estimated lead time in days.")
    shopify_location_map: Annotated[dict[str, str], NoDecode] = Field(
        default_factory=dict,
        description='Boeing location to store location, as JSON: {"Dallas Central": "Dallas"}. '
        "Empty: locations are not screened.",
    )

    # --- Interfaces -------------------------------------------------------------------------------------------------
    hub_oidc_issuer: str = Field(
        default="", description="Identity provider (OpenID Connect) people may sign in with. Empty: API keys only."
    )
    hub_oidc_client_id: str = Field(default="", description="The hub's client id at the identity provider.")
    hub_oidc_client_secret: SecretStr = Field(default=SecretStr(""), description="The hub's client secret there.")
    hub_oidc_role_claim: str = Field(default="groups", description="The claim that holds a person's groups.")
    hub_oidc_roles: Annotated[dict[str, Literal["read", "search", "publish", "admin"]], NoDecode] = Field(
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

    @field_validator("shopify_location_map", "hub_oidc_roles", mode="before")
    @classmethod
    def _map_from_json(cls, value: Any) -> Any:
        import json  # noqa: PLC0415 - needed for these settings only

        if not isinstance(value, str):
            return value
        if not value.strip():
            return {}
        try:
            return json.loads(value)
        except ValueError:
            raise ValueError('must be a JSON object such as {"Dallas Central": "Dallas"}') from None

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

    @model_validator(mode="after")
    def _addresses_are_http(self) -> Self:
        for name in ("boeing_oauth_token_url", "boeing_pna_oauth_url", "boeing_pna_price_url"):
            address = str(getattr(self, name))
            if not address.startswith(("http://", "https://")):
                raise ValueError(f"{name.upper()} must begin with https:// (or http:// for a simulator)")
        return self

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
