"""The image of a product: its URL, or why it is the placeholder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

HOST_RESTING: Final = "image_host_resting"
"""The code if an image was not requested because its host was down. It says nothing about the image."""


@dataclass(frozen=True, slots=True)
class Picture:
    """An image that Shopify can fetch.

    Attributes:
        url: where it is.
        sha256: of its content, in hex.
        filename: `<sha256>.jpg`, or `.png` if it has transparency, as the placeholder does.
        placeholder: True for the image "Image not available".
        code: why it is the placeholder, for machines; None for a real image.
        sentence: the same, for people.
        passing: True if the reason is temporary (a server is down), so that a retry makes sense.
    """

    url: str
    sha256: str
    filename: str
    placeholder: bool = False
    code: str | None = None
    sentence: str | None = None
    passing: bool = False
