"""Formats of values: JSON, lists of words, web addresses.

Formats are types, not validators of a class: two classes whose validators have one name would silently share one.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, cast
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field
from pydantic_settings import NoDecode


def json_of(value: str, example: str) -> Any:
    """The value of a JSON text. Raises ValueError, with an example, if it is not JSON."""
    try:
        return json.loads(value)
    except ValueError:
        raise ValueError(f"must be JSON such as {example}") from None


def mapped(value: Any) -> Any:
    """A mapping, which may be written in JSON; an empty value is an empty mapping."""
    if not isinstance(value, str):
        return value
    if not value.strip():
        return {}
    return json_of(value, '{"Dallas Central": "Dallas"}')


def listed(value: Any, example: str = '["boeing", "aerospace"]') -> tuple[str, ...]:
    """The words in a JSON list or separated by commas, case kept. Raises ValueError if it is neither."""
    if isinstance(value, str):
        bare = value.strip()
        value = json_of(bare, example) if bare.startswith("[") else bare.split(",")
    if not isinstance(value, list | tuple):
        raise ValueError("must be a list")  # noqa: TRY004 - pydantic wants a ValueError
    words = [str(word).strip() for word in cast("list[Any]", value)]
    return tuple(word for word in words if word)


def given(value: Any) -> Any:
    """None for an empty value: a blank line in `.env` means the same as a missing one."""
    return None if isinstance(value, str) and not value.strip() else value


def place_names(value: Any) -> tuple[str, ...]:
    """Names in a JSON list or separated by `|`. Raises ValueError if it is neither."""
    if isinstance(value, str) and not value.strip().startswith("["):
        value = value.split("|")
    return listed(value, '["Germany CSC", "Miami, FL"]')


def day_map(value: Any) -> Any:
    """Days by location, which may be written in JSON. Raises ValueError if it is not."""
    if not isinstance(value, str) or not value.strip():
        return value or {}
    return json_of(value, '{"Germany CSC": 14}')


Given = BeforeValidator(given)
Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(listed)]
WordMap = Annotated[dict[str, str], NoDecode, BeforeValidator(mapped)]
PlaceNames = Annotated[tuple[str, ...], NoDecode, BeforeValidator(place_names)]
DayMap = Annotated[dict[str, Annotated[int, Field(ge=0, le=3650)]], NoDecode, BeforeValidator(day_map)]


_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def keeps_secrets(address: str) -> bool:
    """True if secrets may be sent to a URL: it uses https, or points to this machine."""
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK))


def origin_of(address: str) -> tuple[str, str]:
    """Scheme and host:port of a URL, in lower case; both empty if it is not a URL."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "", ""
    if parts.scheme not in {"http", "https"} or not host or parts.username is not None or parts.query or parts.fragment:
        return "", ""
    host = f"[{host}]" if ":" in host else host
    return parts.scheme, f"{host}:{port or (443 if parts.scheme == 'https' else 80)}"
