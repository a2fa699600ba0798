"""The URL handle of a product, derived from its SKU. Two SKUs never share a handle, however similar they are. Pure."""

from __future__ import annotations

import hashlib
import re
from base64 import b32encode
from typing import Final

_LONGEST: Final = 255  # characters, as many as the store allows
_DIGEST: Final = 10  # characters; 50 bits: a collision among a million SKUs has a probability of one in two thousand

_FAITHFUL = re.compile(r"[A-Z0-9]+(?:-[A-Z0-9]+)*")
_LOOKS_DIGESTED = re.compile(rf".*-[A-Z0-9]{{{_DIGEST}}}", re.DOTALL)
_NOT_SPELT = re.compile(r"[^a-z0-9]+")


def handle_of(sku: str) -> str:
    """The handle of a SKU: lower case letters, digits and single hyphens, at most 255 characters.

    A SKU that loses only its case is spelled out: `ms24665-132`. Any other gets a digest of its exact spelling
    appended, as does a plain one that looks as if it ended with a digest, so that the two kinds never collide.
    """
    if _FAITHFUL.fullmatch(sku) and len(sku) <= _LONGEST and not _LOOKS_DIGESTED.fullmatch(sku):
        return sku.lower()
    # Half of a surrogate pair has no UTF-8 form; it must not raise.
    digest = b32encode(hashlib.sha256(sku.encode("utf-8", "surrogatepass")).digest()).decode()[:_DIGEST].lower()
    spelt = _NOT_SPELT.sub("-", sku.lower()).strip("-")[: _LONGEST - _DIGEST - 1].rstrip("-")
    return f"{spelt or 'part'}-{digest}"
