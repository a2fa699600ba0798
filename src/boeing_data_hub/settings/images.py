"""Settings: where images come from, and where they are kept."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, Self

from pydantic import Field, SecretStr, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode

from boeing_data_hub.settings.parsing import listed, origin_of
from boeing_data_hub.settings.public_address import normalized

_DOMAIN: Final = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")
_PAIR: Final = re.compile(r"([a-z0-9.-]+|\[[0-9a-f:.]+\]):[1-9][0-9]{0,4}")
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


class Images(BaseSettings):
    """Pictures of parts."""

    hub_image_domains: Annotated[tuple[str, ...], NoDecode] = Field(
        default=("aviall.com", "boeing.com"),
        description="Where images come from: these domains and all below them, as a JSON list or separated by commas.",
    )
    hub_image_fallback_origin: str = Field(
        default="https://shop.boeing.com",
        description="Host to try next for an image that cannot be fetched, at the same path. Empty: none.",
    )
    hub_image_timeout: float = Field(
        default=10.0,
        gt=0,
        le=300,
        description="Seconds to fetch one image before the placeholder is used. Its product waits that long.",
    )
    hub_image_max_bytes: int = Field(
        default=10_000_000,
        ge=1001,
        le=100_000_000,
        description="Largest image to fetch, in bytes.",
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
        description="Seconds after which a failed image is fetched again. An hour at most when its server was down.",
    )
    hub_public_url: str = Field(
        default="",
        description="Where people and the store reach the API, e.g. https://hub.example.com, or "
        "https://example.com/hub where a proxy shows it under a path. Empty: http://HUB_HOST:HUB_PORT.",
    )
    supabase_url: str = Field(
        default="",
        description="Project whose Storage keeps the images, e.g. https://abc.supabase.co. "
        "Empty: they are kept in HUB_DATA_DIR, which is enough for one host.",
    )
    supabase_secret_key: SecretStr = Field(
        default=SecretStr(""),
        description="Secret key of the project (sb_secret_...: Settings > API Keys); sent to SUPABASE_URL only.",
    )
    supabase_service_role_key: SecretStr = Field(
        default=SecretStr(""),
        description="Service role key (eyJ...) of an older project, in place of SUPABASE_SECRET_KEY. Supabase drops "
        "these "
        "keys late in 2026.",
    )
    supabase_key: SecretStr = Field(
        default=SecretStr(""), description="The guide's name: either of the two keys. SUPABASE_SECRET_KEY comes first."
    )
    hub_picture_look_seconds: float = Field(
        default=10.0,
        gt=0,
        le=3600,
        description="Seconds after a picture was sent until the store is asked whether it could process it. The wait "
        "doubles with each later check.",
    )
    hub_picture_resends: int = Field(
        default=3,
        ge=0,
        le=20,
        description="How many more calls send a picture that Shopify could not process, with growing waits. Then a "
        "person decides.",
    )
    supabase_storage_bucket: str = Field(
        default="product-images",
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$",
        description="Public bucket for the images.",
    )

    @field_validator("hub_image_domains", "hub_image_allow_hosts", "hub_image_allow_http_hosts", mode="before")
    @classmethod
    def _names(cls, value: Any, info: ValidationInfo) -> Any:
        """The names in a JSON list or separated by commas, in lower case."""
        names = tuple(name.lower() for name in listed(value, '["aviall.com", "boeing.com"]'))
        is_domains = info.field_name == "hub_image_domains"
        for name in names:
            if not (_DOMAIN if is_domains else _PAIR).fullmatch(name):
                wanted = "a domain such as aviall.com" if is_domains else "a pair such as 127.0.0.1:9000"
                raise ValueError(f"{name[:100]!r} is not {wanted}")
        return names

    @field_validator("hub_public_url")
    @classmethod
    def _public_url_is_an_address(cls, value: str) -> str:
        return normalized(value)

    @model_validator(mode="after")
    def _images_can_be_had_and_kept(self) -> Self:
        if origin := self.hub_image_fallback_origin:
            scheme, pair = origin_of(origin)
            named = self.hub_image_allow_hosts if scheme == "https" else self.hub_image_allow_http_hosts
            if not (scheme == "https" and pair.endswith(":443")) and pair not in named:
                raise ValueError(
                    "HUB_IMAGE_FALLBACK_ORIGIN must begin with https:// and name no port; for a simulator, name its "
                    "host:port in HUB_IMAGE_ALLOW_HOSTS or HUB_IMAGE_ALLOW_HTTP_HOSTS, too"
                )
        if self.supabase_url:
            scheme, pair = origin_of(self.supabase_url)
            if scheme != "https" and not (scheme == "http" and pair.rpartition(":")[0].strip("[]") in _LOOPBACK):
                raise ValueError("SUPABASE_URL must begin with https:// (or http://127.0.0.1 for a simulator)")
            if not self.storage_key[1].get_secret_value():
                raise ValueError(
                    "SUPABASE_SECRET_KEY (or SUPABASE_SERVICE_ROLE_KEY, of an older project) must be set where "
                    "SUPABASE_URL is"
                )
        return self

    @property
    def storage_keys(self) -> dict[str, SecretStr]:
        """All Supabase keys that are set, by the name of their setting. The one in use is first."""
        named = {
            "SUPABASE_SECRET_KEY": self.supabase_secret_key,
            "SUPABASE_SERVICE_ROLE_KEY": self.supabase_service_role_key,
            "SUPABASE_KEY": self.supabase_key,
        }
        return {name: SecretStr(bare) for name, key in named.items() if (bare := key.get_secret_value().strip())}

    @property
    def storage_key(self) -> tuple[str, SecretStr]:
        """The name of the setting in use, and its key; the key is empty if none is set."""
        return next(iter(self.storage_keys.items()), ("SUPABASE_SECRET_KEY", SecretStr("")))
