"""Exchanges an app's credentials for an access token: alone, with the code of a person's approval, or with a refresh
token. Addresses come from the settings only.
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import SecretStr

from boeing_data_hub import __version__, telemetry
from boeing_data_hub.errors import Retry
from boeing_data_hub.network.exchange import ExchangeError, HttpExchange, request_to
from boeing_data_hub.shopify import grant_answers
from boeing_data_hub.shopify.access import ShopifyAccess
from boeing_data_hub.work.access_token import FreshToken, HeldToken

_MOST_BYTES = 65_536
_LONGEST = 25.0  # maximum seconds for one fetch, well within the lease under which it is made


class Grants:
    """The token endpoint of one store. Safe to use from several threads.

    Args:
        access: the store's address and limits.
        client_id: the app's.
        client_secret: the app's.
    """

    def __init__(self, access: ShopifyAccess, client_id: str, client_secret: SecretStr) -> None:
        self._access = access
        self._client_id = client_id.strip()
        self._secret = client_secret
        self._url = f"{access.origin}/admin/oauth/access_token"

    def by_credentials(self, _old: HeldToken | None = None) -> FreshToken:
        """A token for the app's own client id and secret.

        Raises:
            GrantRefused: the credentials are rejected; the message has a remedy.
            PauseUpstream: the store is closed.
            Retry, RateLimited: a temporary failure; always `whole_line`.
        """
        return self._ask({"grant_type": "client_credentials"})

    def by_code(self, code: str) -> FreshToken:
        """The token for a person's approval. Raises as `by_credentials`. A code is valid once, for a minute."""
        return self._ask({"code": code})

    def by_refresh(self, old: HeldToken | None) -> FreshToken:
        """The next token of a connected store, or the current one if it never expires. Raises as `by_credentials`."""
        if old is None:
            raise grant_answers.refusal_of("invalid_grant")
        refresh = str(old.secret.get("refresh_token") or "")
        if not refresh:
            return FreshToken(secret=old.secret, facts=old.facts)
        fresh = self._ask({"grant_type": "refresh_token", "refresh_token": refresh})
        # Without a new refresh token in the response, the old one stays valid.
        return FreshToken(
            secret={"refresh_token": refresh, **fresh.secret}, lives=fresh.lives, facts={**old.facts, **fresh.facts}
        )

    def _ask(self, form: Mapping[str, str]) -> FreshToken:
        with telemetry.outside_call("shopify", "access_token"):
            return self._exchange(form)

    def _exchange(self, form: Mapping[str, str]) -> FreshToken:
        secret = self._secret.get_secret_value().strip()
        seconds = min(self._access.call_deadline, _LONGEST)
        exchange = HttpExchange(
            self._access.network, connections=1, keep_idle=1.0, connect_timeout=self._access.connect_timeout
        )
        headers = {
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "User-Agent": f"boeing-data-hub/{__version__}",
        }
        sent = {"client_id": self._client_id, "client_secret": secret, **form}
        # Exceptions are not chained: the library's texts may quote what was sent.
        try:
            request = request_to("POST", self._url, data=sent, headers=headers)
            reply = exchange.send(request, seconds=seconds, most=_MOST_BYTES)
        except ExchangeError as error:
            failure = _failure(error)
        else:
            hidden = (secret, self._client_id, *form.values())
            return grant_answers.read(reply.status, reply.headers, reply.body, hidden=hidden)
        finally:
            exchange.close()
        raise failure


def _failure(error: ExchangeError) -> Retry:
    """The error for a fetch without an answer."""
    if fault := error.fault:
        blocked = Retry(
            f"The store cannot be reached, so there is no access token. {fault.said} Nothing has failed; work goes on "
            "when that is put right.",
            code="shopify_unreachable",
            whole_line=True,
        )
        blocked.fault = fault.kind
        return blocked
    if error.kind == "unreachable":
        return Retry(
            "The store cannot be reached, so there is no access token. Nothing has failed; work goes on when it "
            "answers again.",
            code="shopify_unreachable",
            whole_line=True,
        )
    return Retry(
        "Shopify did not answer the request for an access token. It is asked again.",
        code="shopify_timeout",
        whole_line=True,
    )
