"""Settings: metrics and traces."""

from __future__ import annotations

from typing import Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings


class Observing(BaseSettings):
    """Metrics and traces."""

    hub_metrics_port: int = Field(
        default=0,
        ge=0,
        le=65_500,
        description="Port at which a worker serves its metrics, or the first free one of the 32 from there on, so that "
        "several workers share a host. 0: none. The API serves its own at /metrics.",
    )
    hub_metrics_host: str = Field(
        default="127.0.0.1", description="Address of that port; anyone who can reach it can read the metrics."
    )
    otel_exporter_otlp_endpoint: str = Field(
        default="", description="Where traces are sent (OTLP over HTTP), e.g. http://127.0.0.1:4318. Empty: no tracing."
    )
    otel_exporter_otlp_headers: SecretStr = Field(
        default=SecretStr(""), description="Headers sent there, e.g. an access token: name=value,name=value."
    )
    hub_trace_outside: bool = Field(
        default=False, description="Send the trace of each call to Boeing and Shopify, in the header traceparent."
    )

    @model_validator(mode="after")
    def _traces_go_somewhere(self) -> Self:
        if self.otel_exporter_otlp_endpoint and not self.otel_exporter_otlp_endpoint.startswith(
            ("http://", "https://")
        ):
            raise ValueError("OTEL_EXPORTER_OTLP_ENDPOINT must begin with https:// or http://")
        return self

    @property
    def otlp_headers(self) -> dict[str, str]:
        """The headers by name. Entries that are not a `name=value` pair are ignored."""
        pairs = (pair.partition("=") for pair in self.otel_exporter_otlp_headers.get_secret_value().split(","))
        return {name.strip(): value.strip() for name, found, value in pairs if found and name.strip()}
