"""Settings: the daily digest and immediate notices, by webhook or e-mail."""

from __future__ import annotations

import re
from datetime import UTC, tzinfo
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings

from boeing_data_hub.settings.parsing import Words, origin_of

_LOOPBACK = re.compile(r"(127\.\d+\.\d+\.\d+|localhost|\[::1\]):\d+")
_PAIR = re.compile(r"([a-z0-9.-]+|\[[0-9a-f:.]+\]):[1-9][0-9]{0,4}")
_ADDRESS = re.compile(r"[^@\s<>,;\"\x00-\x1f]{1,64}@[A-Za-z0-9.-]{1,255}")


def _time_of_day(value: str) -> str:
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value):
        raise ValueError("must be a time such as 06:00")
    return value


def zone_of(name: str) -> tzinfo:
    """The time zone with this name. Raises ValueError if this machine has no such zone; UTC always exists."""
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        raise ValueError("must be a time zone that this machine knows, such as UTC or America/New_York") from None


def _zone_name(value: str) -> str:
    zone_of(value)
    return value


def is_mail_address(value: str) -> bool:
    """True for a bare e-mail address such as hub@example.com."""
    return bool(_ADDRESS.fullmatch(value))


def _mail_address(value: str) -> str:
    if value and not is_mail_address(value):
        raise ValueError("must be a bare e-mail address such as hub@example.com")
    return value


def _mail_addresses(value: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(_mail_address(each) for each in value)


def _receiver(value: SecretStr) -> SecretStr:
    """A webhook's address often contains a secret, so all of it is one and no error quotes it."""
    address = value.get_secret_value()
    if not address:
        return value
    scheme, host = origin_of(address.split("?", 1)[0])
    if not host or (scheme == "http" and not _LOOPBACK.fullmatch(host)):
        raise ValueError("must begin with https:// and name a host (http:// is for a simulator on this machine)")
    return value


def _pairs(value: tuple[str, ...]) -> tuple[str, ...]:
    for one in value:
        if not _PAIR.fullmatch(one.lower()):
            raise ValueError(f"{one[:100]!r} is not a pair such as 127.0.0.1:9000")
    return tuple(one.lower() for one in value)


class Notices(BaseSettings):
    """Who receives notifications, when, and how webhooks are signed."""

    hub_digest_webhook_url: Annotated[SecretStr, AfterValidator(_receiver)] = Field(
        default=SecretStr(""),
        description="https URL that receives the daily digest and notifications as JSON. Empty: none.",
    )
    hub_digest_webhook_secret: SecretStr = Field(
        default=SecretStr(""),
        description="Signs what is posted (header webhook-signature, as Standard Webhooks has it). Empty: unsigned.",
    )
    hub_digest_email_to: Annotated[Words, AfterValidator(_mail_addresses)] = Field(
        default=(),
        description="E-mail recipients of the daily digest and notifications, separated by commas. Empty: none.",
    )
    hub_digest_email_from: Annotated[str, AfterValidator(_mail_address)] = Field(
        default="", description="Sender of these e-mails."
    )
    hub_digest_at: Annotated[str, AfterValidator(_time_of_day)] = Field(
        default="06:00", description="When the digest of the last day is sent, in HUB_DIGEST_TIME_ZONE."
    )
    hub_digest_time_zone: Annotated[str, AfterValidator(_zone_name)] = Field(
        default="UTC", description="Time zone of HUB_DIGEST_AT, e.g. America/New_York."
    )
    hub_notification_hosts: Annotated[Words, AfterValidator(_pairs)] = Field(
        default=(),
        description="host:port pairs that notification targets may also reach at private addresses and by http, "
        "separated by commas: a receiver in your own network, or a simulator. Everything else must be a public host, "
        "by https.",
    )
    hub_smtp_host: str = Field(default="", description="Mail server for outgoing e-mails.")
    hub_smtp_port: int = Field(default=587, ge=1, le=65535, description="Its port.")
    hub_smtp_security: Literal["starttls", "tls", "none"] = Field(
        default="starttls",
        description="starttls: the usual on 587; tls: from the start, as on 465; none: this machine only.",
    )
    hub_smtp_username: str = Field(default="", description="Account at the mail server. Empty: no sign-in.")
    hub_smtp_password: SecretStr = Field(default=SecretStr(""), description="Its password.")

    @model_validator(mode="after")
    def _mail_is_whole(self) -> Self:
        if self.hub_digest_email_to and not (self.hub_digest_email_from and self.hub_smtp_host):
            raise ValueError("HUB_DIGEST_EMAIL_TO needs HUB_DIGEST_EMAIL_FROM and HUB_SMTP_HOST beside it")
        host = self.hub_smtp_host
        if (
            host
            and self.hub_smtp_security == "none"
            and host != "localhost"
            and not host.startswith("127.")
            and host != "::1"
        ):
            raise ValueError("HUB_SMTP_SECURITY=none is for a mail server on this machine only")
        return self
