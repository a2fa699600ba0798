"""Tokens for calls to the store: a permanent one from the settings, or those that an app obtains.

Sharing between processes and fetching are in `tokens/`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from pydantic import SecretStr

from boeing_data_hub.errors import PauseUpstream
from boeing_data_hub.work.access_token import HeldToken
from boeing_data_hub.work.shared_tokens import SharedTokens


@dataclass(frozen=True, slots=True)
class StoreToken:
    """An access token, for the header of a call.

    Attributes:
        value: the token.
        held: its record; None for a permanent one.
        is_connected: True if it came from `bdh store connect`.
    """

    value: str = field(repr=False)
    held: HeldToken | None = None
    is_connected: bool = False

    @property
    def scopes(self) -> frozenset[str]:
        """The scopes it was granted; empty if unknown."""
        said = self.held.facts.get("scope") if self.held is not None else None
        return (
            frozenset(part for part in said.replace(",", " ").split() if part) if isinstance(said, str) else frozenset()
        )


class StoreTokens(Protocol):
    """The source of the client's tokens."""

    def current(self) -> StoreToken:
        """A token that is believed to be valid. Raises `Retry`, `PauseUpstream` and `Unavailable`."""
        ...

    def accepted(self, token: StoreToken) -> None:
        """Note that the store accepted a call with this token."""
        ...

    def refused(self, token: StoreToken) -> StoreToken:
        """Another token, after the store rejected (401) a call with this one. Raises an error if there is none."""
        ...


class LastingToken:
    """The permanent token of an older app, from the settings. Nothing renews it.

    Args:
        value: the token.
    """

    def __init__(self, value: SecretStr) -> None:
        self._token = StoreToken(value.get_secret_value().strip())

    def current(self) -> StoreToken:
        """See `StoreTokens`."""
        return self._token

    def accepted(self, token: StoreToken) -> None:
        """See `StoreTokens`."""

    def refused(self, token: StoreToken) -> StoreToken:
        """Raises PauseUpstream `shopify_credentials`."""
        del token
        raise PauseUpstream(
            "Shopify does not accept the access token (status 401). Nothing has failed; work continues when it is "
            "correct."
            " Check SHOPIFY_ADMIN_API_TOKEN, or set SHOPIFY_CLIENT_ID and SHOPIFY_CLIENT_SECRET instead.",
            code="shopify_credentials",
        )


class NoToken:
    """Incomplete credentials: every call raises PauseUpstream, which says what is missing.

    Args:
        missing: a sentence that names the missing setting.
    """

    def __init__(self, missing: str) -> None:
        self._missing = missing

    def current(self) -> StoreToken:
        """Raises PauseUpstream `shopify_credentials`."""
        raise PauseUpstream(
            f"{self._missing} Nothing has failed; work continues when it is set. `bdh doctor` helps.",
            code="shopify_credentials",
        )

    def accepted(self, token: StoreToken) -> None:
        """See `StoreTokens`."""

    def refused(self, token: StoreToken) -> StoreToken:
        """As `current`."""
        del token
        return self.current()


class AppTokens:
    """Tokens of an app with a client id and a secret: from `bdh store connect` if there are any, or else granted ones.

    Args:
        granted: tokens by the client credentials grant.
        connected: tokens from a person's approval.
    """

    def __init__(self, granted: SharedTokens, connected: SharedTokens) -> None:
        self._granted = granted
        self._connected = connected

    def current(self) -> StoreToken:
        """See `StoreTokens`."""
        is_connected = self._connected.held()
        return _told(self._side(is_connected=is_connected).current(), is_connected=is_connected)

    def accepted(self, token: StoreToken) -> None:
        """See `StoreTokens`."""
        if token.held is not None:
            self._side(is_connected=token.is_connected).accepted(token.held)

    def refused(self, token: StoreToken) -> StoreToken:
        """See `StoreTokens`."""
        if token.held is None:
            return self.current()
        side = self._side(is_connected=token.is_connected)
        return _told(side.refused(token.held), is_connected=token.is_connected)

    def fetch_now(self) -> StoreToken:
        """Fetch a new token even if there is a valid one, to check the credentials."""
        is_connected = self._connected.held()
        return _told(self._side(is_connected=is_connected).renew(0, insist=True), is_connected=is_connected)

    def _side(self, *, is_connected: bool) -> SharedTokens:
        return self._connected if is_connected else self._granted


def _told(held: HeldToken, *, is_connected: bool) -> StoreToken:
    return StoreToken(str(held.secret["access_token"]), held, is_connected)
