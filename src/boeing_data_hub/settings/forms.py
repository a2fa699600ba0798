"""How values are written: JSON, lists of words, web addresses.

Forms are types, not validators of a class: two classes that name a validator alike would silently share one.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, cast
from urllib.parse import urlsplit

from pydantic import BeforeValidator
from pydantic_settings import NoDecode


def json_of(value: str, example: str) -> Any:
    """The value of a text in JSON. Raises ValueError, with an example, when it is none."""
    try:
        return json.loads(value)
    except ValueError:
        raise ValueError(f"must be JSON such as {example}") from None


def mapped(value: Any) -> Any:
    """A map, be it in JSON; nothing at all is an empty one."""
    if not isinstance(value, str):
        return value
    if not value.strip():
        return {}
    return json_of(value, '{"Dallas Central": "Dallas"}')


def listed(value: Any, example: str = '["boeing", "aerospace"]') -> tuple[str, ...]:
    """A JSON list, or words separated by commas, as they are spelt. Raises ValueError when it is neither."""
    if isinstance(value, str):
        bare = value.strip()
        value = json_of(bare, example) if bare.startswith("[") else bare.split(",")
    if not isinstance(value, list | tuple):
        raise ValueError("must be a list")  # noqa: TRY004 - pydantic wants a ValueError
    words = [str(word).strip() for word in cast("list[Any]", value)]
    return tuple(word for word in words if word)


def given(value: Any) -> Any:
    """None for nothing at all: a line that is left blank in a file says as much as one that is not there."""
    return None if isinstance(value, str) and not value.strip() else value


Given = BeforeValidator(given)
Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(listed)]
WordMap = Annotated[dict[str, str], NoDecode, BeforeValidator(mapped)]


def origin_of(address: str) -> tuple[str, str]:
    """Scheme and host:port of a web address, in lower case; both empty when it is none."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "", ""
    if parts.scheme not in {"http", "https"} or not host or parts.username is not None or parts.query or parts.fragment:
        return "", ""
    host = f"[{host}]" if ":" in host else host
    return parts.scheme, f"{host}:{port or (443 if parts.scheme == 'https' else 80)}"
