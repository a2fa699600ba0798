"""Handles as Shopify forms them, with the trap for part numbers: a taken `an960-416` becomes `an960-417`."""

from __future__ import annotations

import re
from collections.abc import Container

_RUN = re.compile(r"[^\w]+|_+", re.UNICODE)
_TRAILING_NUMBER = re.compile(r"^(.*?)(\d+)$")
MAX_LENGTH = 255


def slug(text: str) -> str:
    """Lower case; every run of punctuation or space is one hyphen; letters and digits of any script stay."""
    return _RUN.sub("-", text.strip().lower()).strip("-")


def generated(text: str, taken: Container[str]) -> str:
    """A free handle made from a title. A taken one has its trailing number raised, or gets `-1`.

    Text without any letter or digit becomes `product`, `product-1` and so on.
    """
    handle = slug(text)[:MAX_LENGTH].strip("-") or "product"
    while handle in taken:
        match = _TRAILING_NUMBER.match(handle)
        if match is None:
            handle = f"{handle}-1"
        else:
            digits = match[2]
            handle = f"{match[1]}{int(digits) + 1:0{len(digits)}d}"
    return handle
