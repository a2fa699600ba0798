"""Staged products as the API tells them: money as text, to the cent, because a number in JSON is a float to most."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

_INTERNAL = {"search_key"}


def product_document(row: Mapping[str, Any]) -> dict[str, Any]:
    """One staged product, with its stock by location."""
    return {
        name: str(value) if isinstance(value, Decimal) else value
        for name, value in row.items()
        if name not in _INTERNAL
    }
