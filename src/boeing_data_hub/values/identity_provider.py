"""How people are vouched for by an identity provider, as plain values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

ClientAuth = Literal["auto", "client_secret_basic", "client_secret_post"]


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityProvider:
    """An OpenID Connect provider, and what its word is worth here (settings HUB_OIDC_...).

    Attributes:
        issuer: its address, as it names itself; a slash at the end does not matter.
        scope: what it is asked for, `openid` among it.
        client_auth: how the hub proves itself there; `auto`: as the provider's configuration says, else basic.
        role_claim: the claim that holds a person's groups, nested by dots.
        roles: group → scope (`read`, `search`, `publish`, `admin`).
    """

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    role_claim: str
    roles: Mapping[str, str]
    scope: str = "openid profile email"
    client_auth: ClientAuth = "auto"

    def scopes(self, groups: Iterable[str]) -> frozenset[str]:
        """The scopes of a person in these groups: those of all of them, none where no group is ours."""
        return frozenset(self.roles[group] for group in groups if group in self.roles)
