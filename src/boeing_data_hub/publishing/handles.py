"""The address of a product's page, made from its SKU. Two SKUs never share one, however alike they are spelt."""

from __future__ import annotations

import hashlib
import re
from base64 import b32encode
from typing import Final

_LONGEST: Final = 255  # characters, as many as the store allows
_DIGEST: Final = 10  # characters; 50 bits make a clash among a million SKUs a matter of one in two thousand

_FAITHFUL = re.compile(r"[A-Z0-9]+(?:-[A-Z0-9]+)*")
_LOOKS_DIGESTED = re.compile(rf".*-[A-Z0-9]{{{_DIGEST}}}", re.DOTALL)
_NOT_SPELT = re.compile(r"[^a-z0-9]+")


def handle_of(sku: str) -> str:
    """The handle of a SKU: lower case letters, digits and single hyphens, at most 255 characters.

    A SKU of which lower case is all that is lost is spelt out: `ms24665-132`. Any other gets a digest of its exact
    spelling behind it, and so does a plain one that could pass for a spelling with a digest: the two kinds never meet.
    """
    if _FAITHFUL.fullmatch(sku) and len(sku) <= _LONGEST and not _LOOKS_DIGESTED.fullmatch(sku):
        return sku.lower()
    # Half of a broken character has no UTF-8, and still must not end the matter.
    digest = b32encode(hashlib.sha256(sku.encode("utf-8", "surrogatepass")).digest()).decode()[:_DIGEST].lower()
    spelt = _NOT_SPELT.sub("-", sku.lower()).strip("-")[: _LONGEST - _DIGEST - 1].rstrip("-")
    return f"{spelt or 'part'}-{digest}"
