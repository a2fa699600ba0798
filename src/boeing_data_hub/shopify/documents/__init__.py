"""Every operation we ask of the store, one file each, by name. Tests hold each against the official schema."""

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
        text: what is sent.
        changes: whether it is a mutation, so that a lost reply leaves us not knowing.
    """

    name: str
    text: str
    changes: bool


@cache
def load(name: str) -> Document:
    """The document of this name, read once.

    Raises:
        KeyError: there is none.
    """
    if name not in names():
        raise KeyError(name)
    text = resources.files(__name__).joinpath(f"{name}.graphql").read_text(encoding="utf-8")
    return Document(name, text, _MUTATION.match(text) is not None)


@cache
def names() -> frozenset[str]:
    """All names there are."""
    files = (entry.name for entry in resources.files(__name__).iterdir())
    return frozenset(name.removesuffix(".graphql") for name in files if name.endswith(".graphql"))
