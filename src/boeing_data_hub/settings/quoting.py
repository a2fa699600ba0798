"""Settings: quotes, and the webhook that requests them."""

from __future__ import annotations

from typing import Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings

_SHORTEST_SECRET = 24


class Quotes(BaseSettings):
    """Who may request quotes, how long they wait, and what every line states."""

    hub_quote_webhook_secret: SecretStr = Field(
        default=SecretStr(""),
        description="What the quote webhook's caller sends as X-Webhook-Secret, 24 characters or more. Empty: only "
        "API keys "
        "are accepted.",
    )
    hub_quote_webhook_secret_previous: SecretStr = Field(
        default=SecretStr(""), description="The previous secret, still accepted while callers switch over."
    )
    hub_quote_answer_seconds: float = Field(
        default=1.5, ge=0, le=25, description="Seconds a request for a quote waits for Boeing before it is answered."
    )
    hub_quote_max_parts: int = Field(
        default=100, ge=1, le=1000, description="Maximum number of part numbers, and so of lines, in one quote."
    )
    hub_quote_rate: int = Field(
        default=600,
        ge=0,
        description="Requests for quotes per minute, of the webhook and of each key, that one API process takes. "
        "0: unlimited.",
    )
    hub_quote_urgent: bool = Field(
        default=False,
        description="Searches for quotes are urgent: they take the next Boeing calls, see HUB_URGENT_SHARE.",
    )
    hub_quote_prepared_by: str = Field(
        default="", max_length=200, description="Name shown as the preparer of quotes. Empty: HUB_VENDOR."
    )
    hub_quote_comments: str = Field(default="", max_length=2000, description="The supplier's comments on every quote.")
    hub_quote_condition: str = Field(
        default="",
        max_length=20,
        description="Condition stated on every quoted line. Empty: the part's own (HUB_CONDITION, or as set by hand). "
        "The former system said OH of every part.",
    )
    hub_quote_uom: str = Field(
        default="EA", max_length=20, description="Unit of measure of a quoted line where Boeing names none."
    )
    hub_quote_price_type: str = Field(default="OUTRIGHT", max_length=50, description="Price type of quoted lines.")
    hub_quote_tag_date: str = Field(
        default="",
        max_length=50,
        description="Tag date of quoted lines. Empty: none, because Boeing provides none. The former system put "
        "JAN-26-26 "
        "on every line.",
    )
    hub_quote_offer_variant: bool = Field(
        default=False,
        description="If a number is requested without its suffix and Boeing has exactly one variant of it, offer that "
        "variant under its full number. Off: the line is a no-quote, and its note names the variant.",
    )
    hub_quotes_to_orders: bool = Field(
        default=False,
        description="People may turn quotes into draft orders in the store. The app then also needs the scope "
        "write_draft_orders.",
    )
    hub_quote_valid_days: int = Field(
        default=30, ge=1, le=365, description="Days for which a quote that becomes a draft order is valid."
    )
    hub_quote_lead_time: str = Field(default="ON REQUEST", max_length=50, description="Lead time of quoted lines.")
    hub_quote_traceability_store: str = Field(
        default="SHOPIFY", max_length=50, description="Traceability of lines quoted from the store."
    )
    hub_quote_traceability_boeing: str = Field(
        default="VENDOR", max_length=50, description="Traceability of lines quoted from Boeing's answer."
    )

    @model_validator(mode="after")
    def _secrets_are_no_guesses(self) -> Self:
        for name in ("hub_quote_webhook_secret", "hub_quote_webhook_secret_previous"):
            secret: SecretStr = getattr(self, name)
            value = secret.get_secret_value()
            if value and (
                len(value) < _SHORTEST_SECRET or not (value.isascii() and value.isprintable()) or " " in value
            ):
                raise ValueError(
                    f"{name.upper()} must be at least {_SHORTEST_SECRET} printable ASCII characters without spaces, "
                    "e.g. of `openssl rand -hex 32`"
                )
        if self.hub_quote_webhook_secret_previous.get_secret_value() and not (
            self.hub_quote_webhook_secret.get_secret_value()
        ):
            raise ValueError("HUB_QUOTE_WEBHOOK_SECRET_PREVIOUS is let in only beside HUB_QUOTE_WEBHOOK_SECRET")
        return self
