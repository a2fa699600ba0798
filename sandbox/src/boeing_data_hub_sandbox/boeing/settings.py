"""How the stand-in behaves: set at start, changeable while it runs through `/control/settings`."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

MAX_LIMIT: Final = 1_000_000


class SandboxSettings(BaseModel):
    """Everything that can be changed live. A credential that is None is not checked: any value will do."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    limit: int = Field(default=120, ge=0, le=MAX_LIMIT, description="Price calls per sliding window; 0: no limit.")
    window: float = Field(default=60.0, gt=0, le=86_400, description="Length of the window in seconds.")
    limit_mode: Literal["refuse", "observe"] = Field(
        default="refuse", description="refuse: 429 beyond the limit; observe: answer, and only count."
    )
    retry_after: Literal["seconds", "date", "none"] = Field(
        default="seconds", description="How a 429 of the limit says when to come back."
    )
    latency_ms: float = Field(default=0.0, ge=0, le=600_000, description="Milliseconds before each price answer.")
    token_ttl_s: float = Field(default=3599.0, gt=0, description="Life of an OAuth token in seconds.")
    part_token_ttl_s: float = Field(default=3599.0, gt=0, description="Life of a part token in seconds.")
    one_part_token: bool = Field(
        default=False, description="true: one live part token per account; each new one ends those before it."
    )
    max_parts: int = Field(default=10, ge=1, le=1000, description="Part numbers a price call may ask.")
    order: Literal["request", "reversed", "sorted"] = Field(
        default="request", description="Order of the parts in an answer."
    )
    currency: str = Field(default="USD", description="Currency on the envelope of each answer.")
    drift: int = Field(default=0, description="The day: another number moves about 40 % of stock and 5 % of prices.")
    image_origin: str = Field(
        default="https://www.aviall.com",
        pattern=r"^https?://[A-Za-z0-9.:\[\]-]+$",
        description="Where image addresses lead; the stand-in's own address serves pictures.",
    )
    client_id: str | None = Field(default=None, description="The only client id accepted by call 1.")
    client_secret: str | None = Field(default=None, description="The only client secret accepted by call 1.")
    username: str | None = Field(default=None, description="The only x-username accepted by call 2.")
    password: str | None = Field(default=None, description="The only x-password accepted by call 2.")


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxOptions:
    """What a start is told.

    Attributes:
        host: address to listen on.
        port: port to listen on; 0 takes a free one.
        ledger: file to which each price call is appended as a line of JSON once it ended; None: memory only.
        settings: the behaviour at start.
    """

    host: str = "127.0.0.1"
    port: int = 0
    ledger: Path | None = None
    settings: SandboxSettings = field(default_factory=SandboxSettings)
