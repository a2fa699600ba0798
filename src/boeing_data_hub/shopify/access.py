"""Access to the store: its address, token, API version and timeouts."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import urlsplit

from pydantic import SecretStr

from boeing_data_hub.errors import BadInput, Conflict
from boeing_data_hub.network.outgoing import Network

_VERSION = re.compile(r"\d{4}-(?:01|04|07|10)|unstable")
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")


class NoStoreError(Conflict):
    """No store is set: a conflict to a caller of the API, and a setting to correct to a person at a terminal."""

    code = "no_store"
    exit_code = 2

    def __init__(self) -> None:
        super().__init__(
            "SHOPIFY_STORE_DOMAIN is not set, so there is no store to publish to. Nothing was changed. Set it and "
            "SHOPIFY_CLIENT_ID and SHOPIFY_CLIENT_SECRET, or start everything with `bdh up --sandbox`."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopifyAccess:
    """Address, token and limits of one store. The token does not show in its repr.

    Attributes:
        store: a domain such as `parts.myshopify.com`, reached by https; or a whole URL, whose scheme is then meant. A
            bare loopback address is reached by http, because no certificate covers it.
        token: permanent access token of an older app; empty if tokens are fetched.
        api_version: the version against whose schema our documents were checked.
        connect_timeout: seconds to open a connection, TLS included.
        call_deadline: seconds one call may take, from the first byte sent to the last byte read.
        max_body_bytes: largest answer read, counted after decompression.
        send_trace: whether calls carry our `traceparent`.
        network: proxies and certificates.

    Raises:
        BadInput: `bad_setting`: the address or the version is invalid, or the address contains a name or password.
    """

    store: str
    token: SecretStr = field(default_factory=lambda: SecretStr(""))
    api_version: str = "2026-10"
    connect_timeout: float = 5.0
    call_deadline: float = 30.0
    max_body_bytes: int = 20_000_000
    send_trace: bool = False
    network: Network = field(default_factory=Network)

    def __post_init__(self) -> None:
        if not _VERSION.fullmatch(self.api_version):
            raise BadInput(
                f"{self.api_version[:40]!r} is not a Shopify API version. Write it as year and month, e.g. 2026-10.",
                code="bad_setting",
            )
        if not _is_plain_address(self.origin):
            raise BadInput(
                "The store's address must be a domain such as parts.myshopify.com, or a whole http or https URL "
                "without a path, user name or password.",
                code="bad_setting",
            )

    @property
    def origin(self) -> str:
        """Scheme, host and port, without a trailing slash."""
        store = self.store.strip().removesuffix("/")
        if "://" in store:
            return store
        return f"{'http' if _is_loopback(store) else 'https'}://{store}"

    @property
    def graphql_url(self) -> str:
        """The address of every call."""
        return f"{self.origin}/admin/api/{self.api_version}/graphql.json"


def _is_loopback(store: str) -> bool:
    try:
        host = urlsplit(f"//{store}").hostname or ""
    except ValueError:
        return False
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _is_plain_address(address: str) -> bool:
    try:
        split = urlsplit(address)
        host = split.hostname or ""
        # The HTTP client logs URLs, so they must not contain credentials.
        return (
            split.scheme in ("http", "https")
            and (":" in host or bool(_HOST.fullmatch(host)))
            and "@" not in split.netloc
            and split.port != 0
            and not (split.path or split.query or split.fragment)
        )
    except ValueError:
        return False
