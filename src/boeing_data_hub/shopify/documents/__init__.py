"""The GraphQL operations, one file each, by name. Tests validate each against the official schema."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib import resources

_MUTATION = re.compile(r"\s*mutation\b")


@dataclass(frozen=True, slots=True)
class Document:
    """One operation.

    Attributes:
        name: its file's name.
        text: the GraphQL source.
        changes: True for a mutation, whose outcome is unknown if the reply is lost.
    """

    name: str
    text: str
    changes: bool


@cache
def load(name: str) -> Document:
    """The document with this name, read once.

    Raises:
        KeyError: there is no such document.
    """
    if name not in names():
        raise KeyError(name)
    text = resources.files(__name__).joinpath(f"{name}.graphql").read_text(encoding="utf-8")
    return Document(name, text, _MUTATION.match(text) is not None)


@cache
def names() -> frozenset[str]:
    """The names of all documents."""
    files = (entry.name for entry in resources.files(__name__).iterdir())
    return frozenset(name.removesuffix(".graphql") for name in files if name.endswith(".graphql"))
