"""What it takes to reach Boeing: three addresses, four credentials, and how long we wait. Built by the hub alone."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from pydantic import SecretStr

from boeing_data_hub.errors import BadInput


@dataclass(frozen=True, slots=True, kw_only=True)
class BoeingAccess:
    """Addresses, credentials and limits of one Boeing account. No secret shows in its repr.

    Attributes:
        oauth_url: call 1, the OAuth token (POST).
        part_token_url: call 2, the part token (GET).
        price_url: call 3, price and availability (POST).
        username: account name, sent as `x-username`.
        password: account password, sent as `x-password`.
        token_timeout: seconds one token call may take in all.
        connect_timeout: seconds to open a connection to one network address of the host, TLS included.
        call_deadline: seconds a price call may take in all, from the first byte sent to the last byte read.
        call_deadline_one: the same for a call that asks for a single part; never more than `call_deadline`.
        max_body_bytes: largest answer read, counted after decompression, so that a gzip bomb ends early.
        send_trace: whether price calls carry our `traceparent`.

    Raises:
        BadInput: an address is no absolute http(s) URL, or carries a user name or password.
    """

    oauth_url: str
    part_token_url: str
    price_url: str
    client_id: SecretStr
    client_secret: SecretStr
    username: SecretStr
    password: SecretStr
    scope: str = "api://helixapis.com/.default"
    token_timeout: float = 20.0
    connect_timeout: float = 5.0
    call_deadline: float = 60.0
    call_deadline_one: float = 30.0
    max_body_bytes: int = 8_000_000
    send_trace: bool = False

    def __post_init__(self) -> None:
        for name in ("oauth_url", "part_token_url", "price_url"):
            if not is_plain_address(getattr(self, name)):
                raise BadInput(
                    f"The Boeing address `{name}` must be a whole http or https URL without a user name or password.",
                    code="bad_setting",
                )

    def deadline_for(self, parts: int) -> float:
        """Seconds a price call for this many parts may take in all."""
        return min(self.call_deadline, self.call_deadline_one) if parts == 1 else self.call_deadline


def is_plain_address(address: str) -> bool:
    """Whether this is a whole http or https URL without a user name or password."""
    try:
        split = urlsplit(address)
        # A URL is logged by the HTTP client, so credentials have no place in it.
        return (
            split.scheme in ("http", "https") and bool(split.hostname) and "@" not in split.netloc and split.port != 0
        )
    except ValueError:
        return False
