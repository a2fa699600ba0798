"""The door to an identity provider (OpenID Connect): authorization code with PKCE, and nothing believed unverified."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final, cast
from urllib.parse import urlencode

import httpx2
import structlog
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from boeing_data_hub.clock import monotonic, now
from boeing_data_hub.errors import Forbidden, Unauthorized, Unavailable
from boeing_data_hub.model.people import IdentityProvider

log = structlog.get_logger(__name__)

_ALGORITHMS: Final = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384"]  # never `none`, never a shared secret
_KEPT_SECONDS: Final = 3600.0
_LEEWAY: Final = 60  # seconds by which two clocks may differ
_LONGEST_ANSWER: Final = 1_000_000  # bytes
_LONGEST_NAME: Final = 100


@dataclass(frozen=True, slots=True)
class Attempt:
    """One person's way to the provider and back; kept in their own browser meanwhile."""

    state: str
    nonce: str
    verifier: str

    @classmethod
    def begin(cls) -> Attempt:
        """A new one, not to be guessed."""
        return cls(secrets.token_urlsafe(32), secrets.token_urlsafe(32), secrets.token_urlsafe(48))


@dataclass(frozen=True, slots=True)
class Person:
    """Whom the provider vouched for: who it is there, what to call them, and what they may do here."""

    subject: str
    name: str
    scopes: frozenset[str]


class Identity:
    """Speaks to the provider. Its configuration and keys are kept for an hour.

    Args:
        provider: which, and what its word is worth.
    """

    def __init__(self, provider: IdentityProvider) -> None:
        self._provider = provider
        self._client = httpx2.Client(timeout=10, follow_redirects=False)
        self._kept: dict[str, tuple[float, dict[str, Any]]] = {}
        self._lock = Lock()

    def address(self, attempt: Attempt, back: str) -> str:
        """Where to send the browser. Raises Unavailable."""
        challenge = base64.urlsafe_b64encode(hashlib.sha256(attempt.verifier.encode()).digest()).rstrip(b"=").decode()
        query = {
            "response_type": "code",
            "client_id": self._provider.client_id,
            "redirect_uri": back,
            "scope": "openid profile email",
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        endpoint = self._endpoint("authorization_endpoint")
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}"

    def person(self, attempt: Attempt, code: str, back: str) -> Person:
        """Whom the code stands for.

        Raises:
            Unauthorized: the provider does not accept the code, or what it says cannot be verified.
            Forbidden: the person has no role here.
            Unavailable: the provider does not answer.
        """
        token = self._exchange(attempt, code, back)
        claims = self._verified(token, attempt)
        scopes = self._provider.scopes(claims)
        if not scopes:
            log.warning("a person without a role was refused")
            raise Forbidden(
                "You are known to the identity provider, but have no role in the hub. Ask an administrator to add your "
                "group to HUB_OIDC_ROLES.",
                code="no_role",
            )
        subject = str(claims["sub"])[:_LONGEST_NAME]
        name = next((str(claims[c]) for c in ("name", "preferred_username", "email") if claims.get(c)), subject)
        return Person(subject, name[:_LONGEST_NAME], scopes)

    def close(self) -> None:
        """Free the client."""
        self._client.close()

    def _exchange(self, attempt: Attempt, code: str, back: str) -> str:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": back,
            "code_verifier": attempt.verifier,
        }
        credentials = (self._provider.client_id, self._provider.client_secret)
        told = self._ask("POST", self._endpoint("token_endpoint"), data=form, auth=credentials)
        token = told.get("id_token")
        if not isinstance(token, str):
            raise _unproven("its answer holds no id_token")
        return token

    def _verified(self, token: str, attempt: Attempt) -> Mapping[str, Any]:
        try:
            claims = self._decoded(token, self._document("jwks_uri"))
        except (JoseError, ValueError):
            # A key may have been changed since ours were fetched: look once more before saying no.
            try:
                claims = self._decoded(token, self._document("jwks_uri", fresh=True))
            except (JoseError, ValueError) as error:
                raise _unproven(type(error).__name__) from None
        audience: Any = claims.get("aud")
        audiences = cast("list[Any]", audience if isinstance(audience, list) else [audience])
        moment = now().timestamp()
        checks = {
            "issuer": claims.get("iss") == self._provider.issuer,
            "audience": self._provider.client_id in audiences,
            "party": claims.get("azp", self._provider.client_id) == self._provider.client_id,
            "expiry": isinstance(claims.get("exp"), int | float) and claims["exp"] > moment - _LEEWAY,
            "time": isinstance(claims.get("iat"), int | float) and claims["iat"] < moment + _LEEWAY,
            "nonce": secrets.compare_digest(str(claims.get("nonce", "")).encode(), attempt.nonce.encode()),
            "subject": bool(claims.get("sub")),
        }
        if wrong := [name for name, good in checks.items() if not good]:
            raise _unproven(", ".join(wrong))
        return claims

    def _decoded(self, token: str, keys: dict[str, Any]) -> dict[str, Any]:
        return dict(jwt.decode(token, KeySet.import_key_set(keys), algorithms=_ALGORITHMS).claims)  # pyright: ignore[reportArgumentType] - the keys are checked as they are imported

    def _endpoint(self, name: str) -> str:
        found = self._configuration().get(name)
        if not isinstance(found, str) or not found.startswith(("https://", "http://127.0.0.1", "http://localhost")):
            raise _silent()
        return found

    def _configuration(self) -> dict[str, Any]:
        url = f"{self._provider.issuer.rstrip('/')}/.well-known/openid-configuration"
        found = self._keep(url, fresh=False)
        if found.get("issuer") != self._provider.issuer:
            raise _silent()
        return found

    def _document(self, name: str, *, fresh: bool = False) -> dict[str, Any]:
        return self._keep(self._endpoint(name), fresh=fresh)

    def _keep(self, url: str, *, fresh: bool) -> dict[str, Any]:
        with self._lock:
            kept = self._kept.get(url)
        if kept is not None and not fresh and kept[0] > monotonic():
            return kept[1]
        found = self._ask("GET", url)
        with self._lock:
            self._kept[url] = (monotonic() + _KEPT_SECONDS, found)
        return found

    def _ask(self, method: str, url: str, **more: Any) -> dict[str, Any]:
        try:
            answer = self._client.request(method, url, headers={"Accept": "application/json"}, **more)
        except httpx2.HTTPError as error:
            log.warning("the identity provider does not answer", error=type(error).__name__)
            raise _silent() from None
        if answer.status_code in {400, 401, 403}:
            log.warning("the identity provider refused a sign-in", status=answer.status_code)
            raise _unproven(f"status {answer.status_code}")
        try:
            told: Any = answer.json() if answer.is_success and len(answer.content) < _LONGEST_ANSWER else None
        except ValueError:
            told = None
        if not isinstance(told, dict):
            raise _silent()
        return told  # pyright: ignore[reportUnknownVariableType] - JSON


def _unproven(why: str) -> Unauthorized:
    log.warning("what the identity provider said could not be verified", why=why)
    return Unauthorized("The identity provider's word could not be verified, so you are not signed in. Try again.")


def _silent() -> Unavailable:
    return Unavailable(
        "The identity provider does not answer as it should. Try again, or sign in with an API key.",
        code="identity_provider_unavailable",
        retry_after=10,
    )
