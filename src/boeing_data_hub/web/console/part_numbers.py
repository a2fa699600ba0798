"""Part numbers in addresses of the console."""

from __future__ import annotations

from boeing_data_hub.errors import NotFound
from boeing_data_hub.values.part_numbers import BadPartNumber, clean


def number_of(text: str) -> str:
    """The clean part number of a path. Raises NotFound if it is not a part number."""
    try:
        return clean(text)
    except BadPartNumber as bad:
        raise NotFound(f"This isn't a valid part number. {bad.sentence}", code="product_not_found") from None
