"""The security schemes in the API's description: which operations need a key, how it is sent, and webhooks."""

from __future__ import annotations

from typing import Any, Final

from fastapi import FastAPI

from boeing_data_hub.shopify import webhooks
from boeing_data_hub.shopify.webhooks import SIGNATURE_HEADER
from boeing_data_hub.web.quoting import SECRET_HEADER

_SCHEMES: Final[dict[str, Any]] = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "An API key."},
    "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "The same API key."},
    "webhookSecret": {
        "type": "apiKey",
        "in": "header",
        "name": SECRET_HEADER,
        "description": "HUB_QUOTE_WEBHOOK_SECRET, for requests for quotes alone.",
    },
    "storeSignature": {
        "type": "apiKey",
        "in": "header",
        "name": SIGNATURE_HEADER,
        "description": "The store's signature of the body, for its webhooks alone.",
    },
}
_KEY: Final[list[dict[str, list[str]]]] = [{"bearer": []}, {"apiKey": []}]
_OPEN: Final = ("/health", "/ready", "/media/")
_WEBHOOK: Final = "/api/zap/webhook"


def install(app: FastAPI) -> None:
    """Add the schemes to the application's description."""
    describe = app.openapi

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = describe()
            document.setdefault("components", {})["securitySchemes"] = _SCHEMES
            for path, operations in document["paths"].items():
                for operation in operations.values():
                    operation["security"] = _security(path)
        return describe()

    app.openapi = described


def _security(path: str) -> list[dict[str, list[str]]]:
    if path.startswith(_OPEN):
        return []
    if path == webhooks.PATH:
        return [{"storeSignature": []}]
    return [*_KEY, {"webhookSecret": []}] if path == _WEBHOOK else _KEY
