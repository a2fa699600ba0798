"""The image for products without one. It ships with the package, so that no third party is needed."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Final

from boeing_data_hub.images.picture import FetchedImage, described

WIDTH: Final = 800
HEIGHT: Final = 600


@cache
def placeholder() -> FetchedImage:
    """The image "Image not available", to be stored like any other."""
    content = files("boeing_data_hub.images").joinpath("image-not-available.png").read_bytes()
    return described(content, WIDTH, HEIGHT, "PNG")
