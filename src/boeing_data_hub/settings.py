"""Every setting, with its unit and default. Only the composition root reads them; everyone else is handed plain values.

Names and defaults of the guide's section 7 are kept. A value comes from the environment, else from `.env`.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self, cast
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from boeing_data_hub.errors import BadInput

BOEING_HOST = "https://api.developer.boeingservices.com"

_DOMAIN: Final = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")
_PAIR: Final = re.compile(r"([a-z0-9.-]+|\[[0-9a-f:.]+\]):[1-9][0-9]{0,4}")
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


class Settings(BaseSettings):
    """The environment of one hub, checked at start; a wrong value names itself and stops the process."""

    model_config = SettingsConfigDict(
        env_file=".env",
        env_file_encoding="utf-8",
        extra="ignore",
        populate_by_name=True,
        frozen=True,
        hide_input_in_errors=True,  # a rule that looks at several settings would show them all, keys included
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

    # --- The store --------------------------------------------------------------------------------------------------
    shopify_store_domain: str = Field(
        default="", description="The store: a domain such as parts.myshopify.com, or a whole URL for a simulator."
    )
    shopify_admin_api_token: SecretStr = Field(default=SecretStr(""), description="Admin API access token of the app.")
    shopify_api_version: str = Field(
        default="2026-10", description="Version of the Admin API; the one that our calls were checked against."
    )
    shopify_api_rate_limit: str = Field(
        default="30/m", description="Accepted for the guide's sake and unused: the store itself says what it allows."
    )
    shopify_call_timeout: float = Field(
        default=30.0, gt=0, le=600, description="Seconds one call to the store may take in all."
    )
    shopify_inventory_location_codes: Annotated[dict[str, str], NoDecode] = Field(
        default_factory=dict,
        description='Boeing or store location to a shelf code of three characters, as JSON: {"Dallas": "1D1"}.',
    )
    shopify_default_location_name: str = Field(
        default="", description="Store location of stock that Boeing names no location for. Empty: the store's first."
    )
    shopify_publication: str = Field(
        default="Online Store", description="Sales channel on which new products are offered."
    )
    hub_bulk_publish_from: int = Field(
        default=200, ge=1, description="Parts from which a publish batch goes by the store's bulk operations."
    )
    hub_bulk_lines: int = Field(default=2000, ge=1, le=20_000, description="Most parts in one bulk operation.")
    hub_bulk_lanes: int = Field(default=4, ge=1, le=5, description="Bulk operations at a time; the store runs five.")
    hub_bulk_stuck_seconds: float = Field(
        default=900,
        gt=0,
        le=86_400,
        description="Seconds after which a bulk operation that does not begin is given up.",
    )
    hub_publish_calls: int = Field(
        default=8, ge=1, le=64, description="Calls to the store at a time, for each publishing thread."
    )
    hub_publish_retry_seconds: float = Field(
        default=2.0, gt=0, le=60, description="Seconds before a failed publishing is tried again; doubles, to a minute."
    )
    hub_product_type: str = Field(
        default="Aircraft Parts & Accessories", max_length=255, description="Product type of every product."
    )
    hub_category: str = Field(
        default="gid://shopify/TaxonomyCategory/vp-1-1", description="Category of every product, by the store's id."
    )
    hub_tags: Annotated[tuple[str, ...], NoDecode] = Field(
        default=("boeing", "aerospace", "Aircraft Parts & Accessories"),
        description="Tags of every product, as a JSON list or separated by commas.",
    )
    hub_origin_tag: bool = Field(default=True, description="Tag products with their country, e.g. origin-germany.")
    hub_product_status: Literal["ACTIVE", "DRAFT"] = Field(default="ACTIVE", description="Status of new products.")
    hub_metafield_namespace: str = Field(
        default="custom", min_length=3, max_length=255, description="Namespace of the metafields that shoppers see."
    )
    hub_custom_id_namespace: str = Field(
        default="boeing_data_hub",
        min_length=3,
        max_length=255,
        description="With HUB_CUSTOM_ID_KEY: the metafield by which our products are found. Never change it.",
    )
    hub_custom_id_key: str = Field(default="part_key", min_length=2, max_length=64, description="See above.")
    hub_metafield_refusal: Literal["fail", "leave_out"] = Field(
        default="fail",
        description="A part whose metafield the store refuses: fails with the store's words, or goes without it.",
    )
    hub_trace_choices: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(
            "EASA Form 1",
            "FAA 8130-3",
            "Brazil Form SEGV00 003",
            "OEM Cert",
            "121/129/145 Trace",
            "Transport Canada Form 1",
            "C of C",
            "CAA UK",
        ),
        description="Certificates that the store's metafield `trace` allows, as a JSON list.",
    )
    hub_unit_choices: Annotated[tuple[str, ...], NoDecode] = Field(
        default=("EA", "Inches", "Pound", "Pack (1PK = 25EA)"),
        description="Units that the store's metafield `unit_of_measure` allows, as a JSON list.",
    )
    hub_send_lead_time: bool = Field(default=False, description="Send the lead time as a metafield.")

    # --- Images -----------------------------------------------------------------------------------------------------
    hub_image_domains: Annotated[tuple[str, ...], NoDecode] = Field(
        default=("aviall.com", "boeing.com"),
        description="Where images come from: these domains and all below them, as a JSON list or separated by commas.",
    )
    hub_image_fallback_origin: str = Field(
        default="https://shop.boeing.com",
        description="Where an image that cannot be had is tried next, at the same path. Empty: nowhere.",
    )
    hub_image_timeout: float = Field(
        default=10.0, gt=0, le=300, description="Seconds one image may take in all, before the placeholder is taken."
    )
    hub_image_max_bytes: int = Field(
        default=10_000_000, ge=1001, le=100_000_000, description="Largest image that is fetched, in bytes."
    )
    hub_image_allow_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="host:port pairs that images are fetched from by https whatever their address; for simulators.",
    )
    hub_image_allow_http_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="The same, by http; for simulators."
    )
    hub_image_retry_after: int = Field(
        default=604_800,
        ge=0,
        description="Seconds after which an image that could not be had is tried again. "
        "An hour at most when its server was down.",
    )
    hub_public_url: str = Field(
        default="",
        description="Where the store reaches the API, e.g. https://hub.example.com, to fetch images from HUB_DATA_DIR. "
        "Empty: http://HUB_HOST:HUB_PORT.",
    )
    supabase_url: str = Field(
        default="",
        description="Project whose Storage keeps the images, e.g. https://abc.supabase.co. "
        "Empty: they are kept in HUB_DATA_DIR, which does for one host.",
    )
    supabase_service_role_key: SecretStr = Field(
        default=SecretStr(""), description="Service role key of the project; sent to SUPABASE_URL only."
    )
    supabase_storage_bucket: str = Field(
        default="product-images",
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$",
        description="Public bucket for the images.",
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

    @field_validator("shopify_location_map", "shopify_inventory_location_codes", "hub_oidc_roles", mode="before")
    @classmethod
    def _map_from_json(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        if not value.strip():
            return {}
        return _from_json(value, '{"Dallas Central": "Dallas"}')

    @field_validator("hub_tags", "hub_trace_choices", "hub_unit_choices", mode="before")
    @classmethod
    def _words(cls, value: Any) -> Any:
        """A JSON list, or words separated by commas; as they are spelt."""
        if isinstance(value, str):
            bare = value.strip()
            value = _from_json(bare, '["boeing", "aerospace"]') if bare.startswith("[") else bare.split(",")
        if not isinstance(value, list | tuple):
            raise ValueError("must be a list")  # noqa: TRY004 - pydantic wants a ValueError
        words = [str(word).strip() for word in cast("list[Any]", value)]
        return tuple(word for word in words if word)

    @field_validator("hub_image_domains", "hub_image_allow_hosts", "hub_image_allow_http_hosts", mode="before")
    @classmethod
    def _names(cls, value: Any, info: ValidationInfo) -> Any:
        """A JSON list, or names separated by commas; in lower case."""
        if isinstance(value, str):
            bare = value.strip()
            value = _from_json(bare, '["aviall.com", "boeing.com"]') if bare.startswith("[") else bare.split(",")
        if not isinstance(value, list | tuple):
            raise ValueError("must be a list")  # noqa: TRY004 - pydantic wants a ValueError
        names = tuple(str(name).strip().lower() for name in cast("list[Any]", value))
        names = tuple(name for name in names if name)
        is_domains = info.field_name == "hub_image_domains"
        for name in names:
            if not (_DOMAIN if is_domains else _PAIR).fullmatch(name):
                wanted = "a domain such as aviall.com" if is_domains else "a pair such as 127.0.0.1:9000"
                raise ValueError(f"{name[:100]!r} is not {wanted}")
        return names

    @model_validator(mode="after")
    def _images_can_be_had_and_kept(self) -> Self:
        if origin := self.hub_image_fallback_origin:
            scheme, pair = _origin(origin)
            named = self.hub_image_allow_hosts if scheme == "https" else self.hub_image_allow_http_hosts
            if not (scheme == "https" and pair.endswith(":443")) and pair not in named:
                raise ValueError(
                    "HUB_IMAGE_FALLBACK_ORIGIN must begin with https:// and name no port; for a simulator, name its "
                    "host:port in HUB_IMAGE_ALLOW_HOSTS or HUB_IMAGE_ALLOW_HTTP_HOSTS, too"
                )
        if self.hub_public_url and not _origin(self.hub_public_url)[0]:
            raise ValueError("HUB_PUBLIC_URL must begin with https:// or http://")
        if self.supabase_url:
            scheme, pair = _origin(self.supabase_url)
            if scheme != "https" and not (scheme == "http" and pair.rpartition(":")[0].strip("[]") in _LOOPBACK):
                raise ValueError("SUPABASE_URL must begin with https:// (or http://127.0.0.1 for a simulator)")
            if not self.supabase_service_role_key.get_secret_value():
                raise ValueError("SUPABASE_SERVICE_ROLE_KEY must be set where SUPABASE_URL is")
        return self

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
    def public_url(self) -> str:
        """Where the outside reaches the API, without a slash at its end."""
        host = f"[{self.hub_host}]" if ":" in self.hub_host else self.hub_host
        return self.hub_public_url.rstrip("/") or f"http://{host}:{self.hub_port}"

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


def _from_json(value: str, example: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        raise ValueError(f"must be JSON such as {example}") from None


def _origin(address: str) -> tuple[str, str]:
    """Scheme and host:port of a web address, in lower case; both empty when it is none."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "", ""
    if parts.scheme not in {"http", "https"} or not host or parts.username is not None or parts.query or parts.fragment:
        return "", ""
    host = f"[{host}]" if ":" in host else host
    return parts.scheme, f"{host}:{port or (443 if parts.scheme == 'https' else 80)}"
