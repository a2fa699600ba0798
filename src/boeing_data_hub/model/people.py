"""How people are vouched for by an identity provider, as plain values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityProvider:
    """An OpenID Connect provider, and what its word is worth here (settings HUB_OIDC_...).

    Attributes:
        issuer: its address, exactly as it names itself.
        role_claim: the claim that holds a person's groups.
        roles: group → scope (`read`, `search`, `publish`, `admin`).
    """

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    role_claim: str
    roles: Mapping[str, str]

    def scopes(self, claims: Mapping[str, Any]) -> frozenset[str]:
        """The scopes of a person with these claims: those of all their groups, none where no group is ours."""
        told: Any = claims.get(self.role_claim)
        groups = cast("Iterable[Any]", told if isinstance(told, list) else [told])
        return frozenset(self.roles[group] for group in groups if isinstance(group, str) and group in self.roles)
