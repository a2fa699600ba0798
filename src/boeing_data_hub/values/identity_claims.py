"""A person's groups in an identity provider's claims, in every place and form that providers use. Pure.

A claim may be nested (`realm_access.roles`), a name may hold dots of its own (`https://example.com/roles`, a client id
within `resource_access.hub.example.com.roles`), and the value may be a list, a text, or an object by group.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

_MOST_GROUPS: Final = 5_000


@dataclass(frozen=True, slots=True)
class Groups:
    """The groups found under a claim.

    Attributes:
        names: as the provider spells them; empty if it names no groups.
        is_there: whether the claim was present.
        is_overage: the provider left the groups out because a person has too many (Entra ID).
    """

    names: tuple[str, ...]
    is_there: bool
    is_overage: bool = False


def groups_at(claims: Mapping[str, Any], path: str) -> Groups:
    """The groups that a claim holds.

    A list holds one group in each entry. A text is one group, or several separated by commas, else by blanks; all
    readings count. An object names its groups by its keys, if each holds an object (Zitadel).
    """
    found = _at(claims, path)
    if found is None:
        return Groups((), is_there=False, is_overage=_is_overage(claims, path))
    return Groups(tuple(dict.fromkeys(_names(found)))[:_MOST_GROUPS], is_there=True)


def _at(claims: Mapping[str, Any], path: str) -> Any:
    """The value at a path; None if it is absent. A longer name takes precedence over a shorter one."""
    if claims.get(path) is not None:
        return claims[path]
    for dot in reversed([place for place, sign in enumerate(path) if sign == "."]):
        inner = claims.get(path[:dot])
        if isinstance(inner, Mapping):
            found = _at(cast("Mapping[str, Any]", inner), path[dot + 1 :])
            if found is not None:
                return found
    return None


def _names(value: Any) -> list[str]:
    if isinstance(value, str):
        whole = value.strip()
        pieces = whole.split(",") if "," in whole else whole.split()
        return [name for name in (whole, *(piece.strip() for piece in pieces)) if name]
    if isinstance(value, list):
        return [one for one in cast("list[Any]", value) if isinstance(one, str) and one]
    if isinstance(value, Mapping):
        held = cast("Mapping[str, Any]", value)
        return [name for name, more in held.items() if isinstance(more, Mapping) and more]
    return []


def _is_overage(claims: Mapping[str, Any], path: str) -> bool:
    elsewhere: Any = claims.get("_claim_names")
    named = set(cast("Mapping[str, Any]", elsewhere)) if isinstance(elsewhere, Mapping) else set[str]()
    first = path.partition(".")[0]
    return bool(named & {path, first}) or (first == "groups" and claims.get("hasgroups") in (True, "true", "True"))
