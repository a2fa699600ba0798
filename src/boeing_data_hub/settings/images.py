"""Settings: where images come from, and where they are kept."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, Self

from pydantic import Field, SecretStr, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode

from boeing_data_hub.settings.forms import listed, origin_of

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
        description="Where an image that cannot be had is tried next, at the same path. Empty: nowhere.",
    )
    hub_image_timeout: float = Field(
        default=10.0,
        gt=0,
        le=300,
        description="Seconds one image may take in all, before the placeholder is taken. Its product waits that long.",
    )
    hub_image_max_bytes: int = Field(
        default=10_000_000,
        ge=1001,
        le=100_000_000,
        description="Largest image that is fetched, in bytes. A larger one is hardly a part's.",
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

    @field_validator("hub_image_domains", "hub_image_allow_hosts", "hub_image_allow_http_hosts", mode="before")
    @classmethod
    def _names(cls, value: Any, info: ValidationInfo) -> Any:
        """A JSON list, or names separated by commas; in lower case."""
        names = tuple(name.lower() for name in listed(value, '["aviall.com", "boeing.com"]'))
        is_domains = info.field_name == "hub_image_domains"
        for name in names:
            if not (_DOMAIN if is_domains else _PAIR).fullmatch(name):
                wanted = "a domain such as aviall.com" if is_domains else "a pair such as 127.0.0.1:9000"
                raise ValueError(f"{name[:100]!r} is not {wanted}")
        return names

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
        if self.hub_public_url and not origin_of(self.hub_public_url)[0]:
            raise ValueError("HUB_PUBLIC_URL must begin with https:// or http://")
        if self.supabase_url:
            scheme, pair = origin_of(self.supabase_url)
            if scheme != "https" and not (scheme == "http" and pair.rpartition(":")[0].strip("[]") in _LOOPBACK):
                raise ValueError("SUPABASE_URL must begin with https:// (or http://127.0.0.1 for a simulator)")
            if not self.supabase_service_role_key.get_secret_value():
                raise ValueError("SUPABASE_SERVICE_ROLE_KEY must be set where SUPABASE_URL is")
        return self
