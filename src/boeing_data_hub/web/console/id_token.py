"""An identity provider's ID token: it is used only after its signature and claims have been verified.

The provider's keys may include unknown types, keys for encryption, or several without an id. Each key that matches the
token's header is tried; the others cannot make a valid token fail.
"""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Iterator, Mapping
from math import isfinite
from typing import Any, Final, cast

import structlog
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from boeing_data_hub.errors import Unauthorized

log = structlog.get_logger(__name__)

Json = dict[str, Any]
"""A JSON object of the identity provider: claims, keys or configuration."""

ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
"""Never `none`, and never a shared secret."""

_CURVES: Final = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}
_LEEWAY: Final = 60  # seconds that two clocks may differ
_MOST_KEYS: Final = 50
_AGAIN: Final = "You are not signed in. Try again, or sign in with an API key."

_WRONG: Final = {
    "form": "it is not a signed token. Check that the provider does not encrypt ID tokens for this client",
    "algorithm": "it is signed in a way the hub does not accept. Let the provider sign ID tokens with RS256 or ES256",
    "signature": "none of the keys that the provider publishes fits its signature",
    "issuer": "it was issued by another provider than HUB_OIDC_ISSUER names",
    "audience": "it was issued for another application: its audience (aud) is not HUB_OIDC_CLIENT_ID",
    "party": "it was issued to another application: its authorized party (azp) is not HUB_OIDC_CLIENT_ID",
    "expiry": "it has expired. Compare the clocks of the hub and of the provider",
    "time": "it is dated in the future. Compare the clocks of the hub and of the provider",
    "nonce": "it belongs to another sign-in",
    "subject": "it does not name a person (sub)",
}


class UnknownKeyError(Exception):
    """No known key matches the token; the provider may have published a new one."""


def unverified(why: str) -> Unauthorized:
    """The error for a token; `why` is a key of `_WRONG`."""
    log.warning("an ID token could not be verified", why=why)
    return Unauthorized(
        f"The identity provider's ID token could not be verified: {_WRONG[why]}. {_AGAIN}",
        code=f"id_token_{why}",
    )


def signed_claims(token: str, keys: Mapping[str, Any]) -> Json:
    """The claims of a token that one of the keys has signed.

    Raises:
        Unauthorized: it is not a signed token, or its algorithm is not accepted.
        UnknownKeyError: no key matches.
    """
    header = _header(token)
    algorithm = header.get("alg")
    if algorithm not in ALGORITHMS:
        raise unverified("algorithm")
    for key in _fitting(keys, algorithm, header.get("kid")):
        try:
            return dict(jwt.decode(token, key, algorithms=[algorithm]).claims)
        except (JoseError, ValueError, RecursionError):
            continue
    raise UnknownKeyError


def check_claims(claims: Mapping[str, Any], *, issuer: str, client_id: str, nonce: str, moment: float) -> None:
    """Check that the token was issued by this provider, to this hub, for this sign-in, and is valid at `moment`.

    Raises:
        Unauthorized: which check failed.
    """
    audience: Any = claims.get("aud")
    audiences = cast("list[Any]", audience if isinstance(audience, list) else [audience])
    early, subject = claims.get("nbf", moment), claims.get("sub")
    checks = {
        "issuer": claims.get("iss") == issuer,
        "audience": client_id in audiences,
        "party": claims.get("azp", client_id if len(audiences) == 1 else None) == client_id,
        "expiry": _is_time(claims.get("exp")) and claims["exp"] > moment - _LEEWAY,
        "time": _is_time(claims.get("iat"))
        and claims["iat"] < moment + _LEEWAY
        and (_is_time(early) and early < moment + _LEEWAY),
        "nonce": secrets.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()),
        "subject": isinstance(subject, str) and bool(subject) and subject.isprintable(),
    }
    if wrong := next((name for name, good in checks.items() if not good), None):
        raise unverified(wrong)


def _is_time(value: object) -> bool:
    return not isinstance(value, bool) and (isinstance(value, int) or (isinstance(value, float) and isfinite(value)))


def _header(token: str) -> Json:
    first, dots, _ = token.partition(".")
    try:
        found: Any = json.loads(base64.urlsafe_b64decode(first + "=" * (-len(first) % 4)))
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or token.count(dots or ".") != 2:  # noqa: PLR2004 - header, claims, signature
        raise unverified("form")
    return cast("Json", found)


def _fitting(keys: Mapping[str, Any], algorithm: str, kid: object) -> Iterator[RSAKey | ECKey]:
    """The keys that may have signed the token: with its id or without one, of its type, and for signatures."""
    listed: Any = keys.get("keys")
    for described in cast("list[Any]", listed)[:_MOST_KEYS] if isinstance(listed, list) else ():
        if not isinstance(described, dict):
            continue
        one = cast("Json", described)
        if kid is not None and one.get("kid") is not None and one["kid"] != kid:
            continue
        if one.get("use", "sig") != "sig" or one.get("alg", algorithm) != algorithm:
            continue
        operations: Any = one.get("key_ops")
        if isinstance(operations, list) and operations and "verify" not in operations:
            continue
        try:
            if one.get("kty") == "RSA" and algorithm[:2] in {"RS", "PS"}:
                yield RSAKey.import_key({name: one[name] for name in ("kty", "n", "e")})
            elif one.get("kty") == "EC" and one.get("crv") == _CURVES.get(algorithm):
                yield ECKey.import_key({name: one[name] for name in ("kty", "crv", "x", "y")})
        except (JoseError, ValueError, KeyError, TypeError):
            continue
