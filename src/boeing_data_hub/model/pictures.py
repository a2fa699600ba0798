"""The picture of a product as the shop is given it: where it is kept, or why it is only the placeholder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

HOST_RESTING: Final = "image_host_resting"
"""The code of a picture nobody asked for, because its host was down just before. It says nothing of the picture."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that the shop can fetch.

    Attributes:
        url: where it is.
        sha256: of its content, in hex.
        filename: `<sha256>.jpg`, or `.png` where something is transparent, as in the placeholder.
        placeholder: True for our own picture "Image not available".
        code: why it is the placeholder, for machines; None for a real picture.
        sentence: the same, for people.
        passing: True when the reason may pass by itself (a server that is down), so that asking again is worth it.
    """

    url: str
    sha256: str
    filename: str
    placeholder: bool = False
    code: str | None = None
    sentence: str | None = None
    passing: bool = False
