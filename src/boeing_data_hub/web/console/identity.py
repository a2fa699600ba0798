"""Sign-in with an identity provider (OpenID Connect): authorization code with PKCE. Every answer is verified."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final, cast
from urllib.parse import quote_plus, urlencode

import structlog

from boeing_data_hub.clock import monotonic, now
from boeing_data_hub.deadline import ends_within
from boeing_data_hub.errors import Forbidden, Unauthorized, Unavailable
from boeing_data_hub.network.exchange import ExchangeError, HttpExchange, request_to
from boeing_data_hub.network.outgoing import Network
from boeing_data_hub.settings.parsing import keeps_secrets
from boeing_data_hub.values.identity_claims import Groups, groups_at
from boeing_data_hub.values.identity_provider import IdentityProvider
from boeing_data_hub.web.console.id_token import Json, UnknownKeyError, check_claims, signed_claims, unverified

log = structlog.get_logger(__name__)

_KEPT_SECONDS: Final = 3600.0
_LONGEST_ANSWER: Final = 1_000_000  # bytes
_SECONDS: Final = 10.0  # for one call
_LONGEST_NAME: Final = 100
_LONGEST_REASON: Final = 300  # characters of the provider's message that are shown
_GROUPS_LOGGED: Final = 20
_OVERAGE: Final = (
    "You are in more groups than the identity provider sends (group overage), so your role in the hub is unknown. "
    "An administrator can assign app roles and set HUB_OIDC_ROLE_CLAIM=roles, or let the provider send only the groups "
    "that are assigned to this application. You are not signed in."
)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to sign in. It is kept in the browser meanwhile."""

    state: str
    nonce: str
    verifier: str

    @classmethod
    def begin(cls) -> Attempt:
        """A new attempt with random values."""
        return cls(secrets.token_urlsafe(32), secrets.token_urlsafe(32), secrets.token_urlsafe(48))


@dataclass(frozen=True, slots=True)
class Person:
    """A person whom the provider has identified: their id there, their name, and their scopes here."""

    subject: str
    name: str
    scopes: frozenset[str]


class Identity:
    """A client of the provider. It caches the provider's configuration and keys for an hour.

    Args:
        provider: the provider, and the scopes that its groups have.
        network: proxies and certificates.
        seconds: for all calls of one sign-in together.
    """

    def __init__(self, provider: IdentityProvider, *, network: Network | None = None, seconds: float = 20.0) -> None:
        self._provider = provider
        self._seconds = seconds
        self._http = HttpExchange(network, connections=8, keep_idle=20.0)
        self._kept: dict[str, tuple[float, Json]] = {}
        self._lock = Lock()

    def address(self, attempt: Attempt, callback_url: str) -> str:
        """The address to redirect the browser to. Raises Unavailable."""
        challenge = base64.urlsafe_b64encode(hashlib.sha256(attempt.verifier.encode()).digest()).rstrip(b"=").decode()
        query = {
            "response_type": "code",
            "client_id": self._provider.client_id,
            "redirect_uri": callback_url,
            "scope": self._provider.scope,
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        endpoint = self._endpoint("authorization_endpoint")
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}"

    def person(self, attempt: Attempt, code: str, callback_url: str) -> Person:
        """The person behind an authorization code.

        Raises:
            Unauthorized: the provider rejects the code, or its token cannot be verified.
            Forbidden: the person has no role in the hub.
            Unavailable: the provider does not respond.
        """
        with ends_within(self._seconds):
            tokens = self._exchange(attempt, code, callback_url)
            claims = self._verified(tokens["id_token"], attempt)
            groups = groups_at(claims, self._provider.role_claim)
            if not groups.is_there and (more := self._userinfo(tokens, str(claims["sub"]))):
                claims = {**more, **claims}
                groups = groups_at(claims, self._provider.role_claim)
        scopes = self._provider.scopes(groups.names)
        if not scopes:
            raise self._no_role(groups)
        subject = str(claims["sub"])[:_LONGEST_NAME]
        name = next((str(claims[c]) for c in ("name", "preferred_username", "email") if claims.get(c)), subject)
        return Person(subject, _plain(name)[:_LONGEST_NAME] or subject, scopes)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _no_role(self, groups: Groups) -> Forbidden:
        """The error for a person without a role. The log names their groups; the page only counts them."""
        claim = self._provider.role_claim
        names = [name[:_LONGEST_NAME] for name in groups.names[:_GROUPS_LOGGED]]
        log.warning(
            "a person without a role was refused", claim=claim, there=groups.is_there, overage=groups.is_overage,
            groups=names,
        )  # fmt: skip
        if groups.is_overage:
            return Forbidden(_OVERAGE, code="group_overage")
        found = (
            f"names {len(groups.names):,} groups of yours, none of which is in HUB_OIDC_ROLES. Ask an administrator to "
            "add yours there"
            if groups.is_there
            else "is not there. Ask an administrator to let the provider send it, to correct HUB_OIDC_ROLE_CLAIM, or "
            "to ask for it by HUB_OIDC_SCOPE"
        )
        return Forbidden(
            f"You are known to the identity provider, but have no role in the hub: the claim {claim} {found}. You are "
            "not signed in.",
            code="no_role",
        )

    def _exchange(self, attempt: Attempt, code: str, callback_url: str) -> Json:
        """The provider's tokens for a code. `id_token` is present and a string."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": callback_url,
            "code_verifier": attempt.verifier,
        }
        headers: dict[str, str] = {}
        client, secret = self._provider.client_id, self._provider.client_secret
        if self._sends_secret_in_form():
            form |= {"client_id": client, "client_secret": secret}
        else:  # RFC 6749, 2.3.1: both are form-encoded before they are joined
            pair = f"{quote_plus(client)}:{quote_plus(secret)}".encode()
            headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
        told = self._ask("POST", self._endpoint("token_endpoint"), data=form, headers=headers)
        if not isinstance(told.get("id_token"), str):
            log.warning("the identity provider answered without an ID token")
            raise Unauthorized(
                "The identity provider answered without an ID token. Check that HUB_OIDC_SCOPE holds openid. You are "
                "not signed in.",
                code="id_token_missing",
            )
        return told

    def _sends_secret_in_form(self) -> bool:
        if self._provider.client_auth != "auto":
            return self._provider.client_auth == "client_secret_post"
        supported: Any = self._configuration().get("token_endpoint_auth_methods_supported")
        methods = cast("list[Any]", supported) if isinstance(supported, list) else []
        return "client_secret_post" in methods and "client_secret_basic" not in methods

    def _verified(self, token: str, attempt: Attempt) -> Json:
        try:
            claims = signed_claims(token, self._document("jwks_uri"))
        except UnknownKeyError:
            # The provider may have changed its keys since they were fetched: fetch them once more.
            try:
                claims = signed_claims(token, self._document("jwks_uri", fresh=True))
            except UnknownKeyError:
                raise unverified("signature") from None
        check_claims(
            claims,
            issuer=self._configuration()["issuer"],
            client_id=self._provider.client_id,
            nonce=attempt.nonce,
            moment=now().timestamp(),
        )
        return claims

    def _userinfo(self, tokens: Json, subject: str) -> Json:
        """Claims from the provider's userinfo endpoint; empty if they are about another person."""
        token = tokens.get("access_token")
        if not isinstance(token, str) or not token.isascii() or "userinfo_endpoint" not in self._configuration():
            return {}
        try:
            told = self._ask("GET", self._endpoint("userinfo_endpoint"), headers={"Authorization": f"Bearer {token}"})
        except (Unauthorized, Unavailable):
            return {}
        return told if told.get("sub") == subject else {}

    def _endpoint(self, name: str) -> str:
        found = self._configuration().get(name)
        if not isinstance(found, str) or not keeps_secrets(found):
            raise _silent()
        return found

    def _configuration(self) -> Json:
        url = f"{self._provider.issuer.rstrip('/')}/.well-known/openid-configuration"
        found = self._keep(url, fresh=False)
        if str(found.get("issuer", "")).rstrip("/") != self._provider.issuer.rstrip("/"):
            log.warning("the identity provider names another issuer", issuer=str(found.get("issuer"))[:_LONGEST_REASON])
            raise Unavailable(
                "The identity provider names another issuer than HUB_OIDC_ISSUER. An administrator must set it "
                "exactly as "
                "the provider's configuration does (`issuer`). Sign in with an API key meanwhile.",
                code="identity_provider_issuer",
                retry_after=60,
            )
        return found

    def _document(self, name: str, *, fresh: bool = False) -> Json:
        return self._keep(self._endpoint(name), fresh=fresh)

    def _keep(self, url: str, *, fresh: bool) -> Json:
        with self._lock:
            kept = self._kept.get(url)
        if kept is not None and not fresh and kept[0] > monotonic():
            return kept[1]
        found = self._ask("GET", url)
        with self._lock:
            self._kept[url] = (monotonic() + _KEPT_SECONDS, found)
        return found

    def _ask(
        self, method: str, url: str, *, headers: dict[str, str] | None = None, data: dict[str, str] | None = None
    ) -> Json:
        sent = {"Accept": "application/json", **(headers or {})}
        try:
            request = request_to(method, url, headers=sent, data=data)
            answer = self._http.send(request, seconds=_SECONDS, most=_LONGEST_ANSWER)
        except ExchangeError as error:
            fault = error.fault
            log.warning(
                "the identity provider does not answer",
                error=error.kind,
                why=fault.said if fault else None,
            )
            raise _silent(fault.sentence if fault else "") from None
        try:
            told: Any = json.loads(answer.body) if not answer.is_cut else None
        except (ValueError, RecursionError):
            told = None
        if answer.status in {400, 401, 403}:
            said = cast("Json", told) if isinstance(told, dict) else {}
            raise refused_by_provider(said.get("error") or f"status {answer.status}", said.get("error_description"))
        if not answer.is_success or not isinstance(told, dict):
            log.warning("the identity provider answers oddly", status=answer.status)
            raise _silent()
        return cast("Json", told)


def refused_by_provider(error: object, description: object = None) -> Unauthorized:
    """The error for a sign-in that the provider rejected, with its own message, shortened. The page escapes it."""
    words = [_plain(one) for one in (error, description) if one]
    log.warning("the identity provider refused a sign-in", error=words[0] if words else "", said=words[1:])
    remedies = {
        "invalid_client": " An administrator must check HUB_OIDC_CLIENT_ID, _CLIENT_SECRET and _CLIENT_AUTH.",
        "invalid_scope": " An administrator must check HUB_OIDC_SCOPE.",
        "invalid_grant": " The code was used or has expired, or the redirect address differs.",
        "redirect_uri_mismatch": " An administrator must register https://HOST/sign-in/oidc/back there.",
    }
    remedy = remedies.get(words[0] if words else "", "")
    return Unauthorized(
        f"The identity provider refused the sign-in: {': '.join(words) or 'no reason given'}.{remedy} You are not "
        "signed in. Try again, or sign in with an API key.",
        code="identity_refused",
    )


def _plain(text: object) -> str:
    shown = "".join(sign if sign.isprintable() else " " for sign in str(text)[:_LONGEST_REASON]).strip()
    return shown.rstrip(".")


def _silent(why: str = "") -> Unavailable:
    said = f"cannot be reached. {why} Tell an administrator" if why else "does not respond correctly. Try again"
    return Unavailable(
        f"The identity provider {said}, or sign in with an API key.",
        code="identity_provider_unavailable",
        retry_after=10,
    )
