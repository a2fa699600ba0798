"""The address at which browsers and the store reach the API, and the path under which a proxy serves it."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

from boeing_data_hub.settings.parsing import origin_of

OWN_PATHS: Final = frozenset(
    {"api", "console", "health", "media", "metrics", "openapi.json", "ready", "sign-in", "static"}
)
"""First segments of the hub's own paths. A prefix that starts with one would be ambiguous."""

_SEGMENT: Final = re.compile(r"[A-Za-z0-9._~-]+")
_EXAMPLE: Final = "Write it like https://hub.example.com or https://example.com/hub"


def normalized(url: str) -> str:
    """The address without surrounding blanks and trailing slashes.

    Raises:
        ValueError: the hub cannot be served at this address. The message does not quote the value.
    """
    text = url.strip()
    if not text:
        return ""
    if any(character.isspace() or not character.isprintable() for character in text):
        raise ValueError(f"HUB_PUBLIC_URL has a blank or a control character in it. {_EXAMPLE}")
    if not text.lower().startswith(("https://", "http://")):
        raise ValueError("HUB_PUBLIC_URL must begin with https:// or http://")
    if "?" in text or "#" in text:
        raise ValueError(f"HUB_PUBLIC_URL must not have a query or a fragment (? or #). {_EXAMPLE}")
    if "@" in text:
        raise ValueError(f"HUB_PUBLIC_URL must not have a user name or a password. {_EXAMPLE}")
    scheme, separator, rest = text.partition("://")
    text = f"{scheme.lower()}{separator}{rest}".rstrip("/")
    if not origin_of(text)[0]:
        raise ValueError(f"HUB_PUBLIC_URL has no host name, or an invalid port. {_EXAMPLE}")
    segments = urlsplit(text).path.split("/")[1:]
    for segment in segments:
        if not _SEGMENT.fullmatch(segment) or set(segment) == {"."}:
            raise ValueError(
                "The path in HUB_PUBLIC_URL may have letters, digits, dots, dashes, underscores and single slashes "
                f"only, and no segment . or .. . {_EXAMPLE}"
            )
    if segments and segments[0] in OWN_PATHS:
        raise ValueError(
            f"The path in HUB_PUBLIC_URL must not begin with /{segments[0]}, because the hub has such addresses "
            "itself. Choose another, such as /boeing-hub, here and in the proxy"
        )
    return text


def prefix_of(url: str) -> str:
    """The path of a normalized address, such as `/hub`; empty when it has none."""
    return urlsplit(url).path.rstrip("/")
