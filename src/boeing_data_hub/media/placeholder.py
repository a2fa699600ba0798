"""The picture of a product that has none: our own, in the package, so that no third party is asked for it."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Final

from boeing_data_hub.media.picture import FetchedImage, described

WIDTH: Final = 800
HEIGHT: Final = 600


@cache
def placeholder() -> FetchedImage:
    """The picture "Image not available", ready to be stored like any other."""
    content = files("boeing_data_hub.media").joinpath("image-not-available.png").read_bytes()
    return described(content, WIDTH, HEIGHT, "PNG")
