"""The pictures behind the image addresses, where those lead here: one for every part, but for a few that have none."""

from __future__ import annotations

from functools import cache
from io import BytesIO
from typing import Final
from urllib.parse import unquote

from PIL import Image, ImageDraw

from boeing_data_hub_sandbox.boeing.dice import Dice
from boeing_data_hub_sandbox.boeing.wire import Reply, gateway_error

FOLDER: Final = "/content-images/"
_MISSING: Final = 20  # in a thousand
_SIDE: Final = 280


def has_picture(number: str) -> bool:
    """Whether there is a picture of this full part number."""
    return bool(number) and not Dice(number).chance("no picture", _MISSING)


def picture_reply(path: str) -> Reply:
    """The picture at an address such as `/content-images/P512777=K3_280.JPG`."""
    number = unquote(path.removeprefix(FOLDER)).removesuffix("_280.JPG")
    if not has_picture(number):
        return gateway_error(404)
    return Reply(200, _drawn(Dice(number).throw("picture", 12)), content_type=b"image/jpeg")


@cache
def _drawn(kind: int) -> bytes:
    """A washer, in one of a dozen shades."""
    image = Image.new("RGB", (_SIDE, _SIDE), "white")
    draw = ImageDraw.Draw(image)
    shade = 90 + kind * 10
    draw.ellipse((30, 30, 250, 250), fill=(shade, shade, shade + 20), outline="black", width=2)
    draw.ellipse((100 - kind, 100 - kind, 180 + kind, 180 + kind), fill="white", outline="black", width=2)
    for line in range(0, _SIDE, 7):
        draw.line((line, 30, line + 9, 250), fill=(shade + 12, shade + 12, shade + 30))
    file = BytesIO()
    image.save(file, "JPEG", quality=85)
    return file.getvalue()
