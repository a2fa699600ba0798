"""The path under which a proxy serves the hub (`/hub` in `HUB_PUBLIC_URL=https://host/hub`), added to every response.

Inside, routes, links in templates and redirects have no prefix. It is removed from requests here, whether the proxy
passes it on or strips it, and added to whatever clients follow: to headers here, and to attributes of templates when
those are compiled (`PrefixedAddresses`).
"""

from __future__ import annotations

import re
from collections.abc import MutableMapping
from contextvars import ContextVar
from typing import Any, Final, cast

from fastapi import FastAPI
from jinja2 import Environment
from jinja2.ext import Extension
from starlette.types import Message, Receive, Scope, Send

_prefix: ContextVar[str] = ContextVar("prefix", default="")

_FOLLOWED_HEADERS: Final = frozenset(
    {b"location", b"content-location", b"hx-redirect", b"hx-location", b"hx-push-url", b"hx-replace-url"}
)
_ATTRIBUTES: Final = r"(?:href|src|srcset|action|formaction|poster|hx-(?:get|post|put|patch|delete)|sse-connect)"
_FIXED: Final = re.compile(rf'(\s{_ATTRIBUTES}=")/(?!/)')
_COMPUTED: Final = re.compile(rf'(\s{_ATTRIBUTES}=")\{{\{{(.+?)\}}\}}', re.DOTALL)


def prefix() -> str:
    """The prefix of the current request, such as `/hub`; empty if there is none."""
    return _prefix.get()


def prefixed(address: object) -> str:
    """An address for a browser: a path of the hub, which begins with a single slash, gets the prefix."""
    text = str(address)
    return _prefix.get() + text if text.startswith("/") and not text.startswith("//") else text


def inner_path(scope: MutableMapping[str, Any]) -> str:
    """The path of a request without the prefix."""
    path, root = str(scope["path"]), str(scope.get("root_path", ""))
    return _inner(path, root) if root else path


def _inner(path: str, root: str) -> str:
    if path == root:
        return "/"
    return path.removeprefix(root) if path.startswith(f"{root}/") else path


class PrefixedApp(FastAPI):
    """An application that is served under a path.

    Args:
        prefix: such as `/hub`; empty if the hub is at the root of its host.
        options: FastAPI's own.
    """

    def __init__(self, *, prefix: str, **options: Any) -> None:
        super().__init__(**options)
        self._prefix = prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve paths with and without the prefix: a health check on this machine does not know it."""
        if scope["type"] != "http" or not self._prefix:
            await super().__call__(scope, receive, send)
            return
        root = self._prefix
        inner = _inner(scope["path"], root)
        raw = bytes(scope.get("raw_path") or scope["path"].encode())
        inside = {
            **scope,
            "root_path": root,
            "path": root + inner,
            "raw_path": root.encode() + _inner(raw.decode("latin-1"), root).encode("latin-1"),
        }

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [(name, _followed(name, value, root)) for name, value in message["headers"]]
            await send(message)

        token = _prefix.set(root)
        try:
            await super().__call__(inside, receive, dressed)
        finally:
            _prefix.reset(token)


def _followed(name: bytes, value: bytes, root: str) -> bytes:
    is_ours = name.lower() in _FOLLOWED_HEADERS and value.startswith(b"/") and not value.startswith(b"//")
    return root.encode() + value if is_ours else value


class PrefixedAddresses(Extension):
    """A Jinja extension that adds the prefix to every attribute with an address."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        cast("dict[str, Any]", environment.globals)["prefix"] = prefix
        cast("dict[str, Any]", environment.filters)["prefixed"] = prefixed

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        """The template's source with the prefix before each address."""
        del name, filename
        return _FIXED.sub(r"\1{{ prefix() }}/", _COMPUTED.sub(r"\1{{ (\2)|prefixed }}", source))
