"""Access to Boeing: its three addresses, our four credentials, and timeouts."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from pydantic import SecretStr

from boeing_data_hub.errors import BadInput
from boeing_data_hub.network.outgoing import Network


@dataclass(frozen=True, slots=True, kw_only=True)
class BoeingAccess:
    """Addresses, credentials and limits of one Boeing account. No secret shows in its repr.

    Attributes:
        oauth_url: call 1, the OAuth token (POST).
        part_token_url: call 2, the part token (GET).
        price_url: call 3, price and availability (POST).
        username: account name, sent as `x-username`.
        password: account password, sent as `x-password`.
        token_timeout: maximum seconds for a token call.
        connect_timeout: seconds to open a connection to one network address of the host, TLS included.
        call_deadline: maximum seconds for a price call, from the first byte sent to the last byte read.
        call_deadline_one: the same for a call that asks for a single part; never more than `call_deadline`.
        max_body_bytes: largest answer read, counted after decompression, so that a gzip bomb ends early.
        send_trace: True if price calls have our `traceparent`.
        network: proxies and certificates.

    Raises:
        BadInput: an address is not an absolute http(s) URL, or contains a user name or password.
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
    network: Network = field(default_factory=Network)

    def __post_init__(self) -> None:
        for name in ("oauth_url", "part_token_url", "price_url"):
            if not is_plain_address(getattr(self, name)):
                raise BadInput(
                    f"The Boeing address `{name}` must be a whole http or https URL without a user name or password.",
                    code="bad_setting",
                )

    @property
    def secrets(self) -> tuple[bytes, ...]:
        """Our credentials, to be removed from Boeing's messages."""
        values = (self.client_id, self.client_secret, self.username, self.password)
        return tuple(value.get_secret_value().strip().encode() for value in values)

    def deadline_for(self, parts: int) -> float:
        """Maximum seconds for a price call for this many parts."""
        return min(self.call_deadline, self.call_deadline_one) if parts == 1 else self.call_deadline


def is_plain_address(address: str) -> bool:
    """True if this is an absolute http or https URL without a user name or password."""
    try:
        split = urlsplit(address)
        # The HTTP client logs URLs, so they must not contain credentials.
        return (
            split.scheme in ("http", "https") and bool(split.hostname) and "@" not in split.netloc and split.port != 0
        )
    except ValueError:
        return False
