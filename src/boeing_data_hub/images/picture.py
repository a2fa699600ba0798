"""Re-encodes a received image: decodes all of it, then writes a new file.

Only pixels survive: no EXIF, comments, profiles or trailing data.
"""

from __future__ import annotations

import hashlib
import warnings
from contextlib import suppress
from dataclasses import dataclass, field
from io import BytesIO
from typing import Final, Literal

from PIL import Image, ImageOps

from boeing_data_hub.images.guards import ImageRefused

MAX_PIXELS: Final = 40_000_000
_MIN_BYTES: Final = 1000  # image servers send smaller, blank images for unknown parts
_MAX_SIDE: Final = 4096  # pixels; Shopify takes at most 25 megapixels
_MAX_PNG: Final = 10_000_000  # bytes
_MAX_SCANS: Final = 64  # a progressive JPEG has about ten scans; each costs a pass over all pixels
_QUALITY: Final = 90

# Pillow warns from the limit on and refuses from twice the limit on; here the limit is the limit. Both are settings of
# the process, and nothing else in it opens images.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS
warnings.simplefilter("error", Image.DecompressionBombWarning)

Format = Literal["JPEG", "PNG"]


@dataclass(frozen=True, slots=True)
class FetchedImage:
    """A re-encoded image.

    Attributes:
        content: the file.
        sha256: of the content, in hex.
        format: JPEG, or PNG if it has transparency.
        width: in pixels.
        height: in pixels.
    """

    content: bytes = field(repr=False)
    sha256: str
    format: Format
    width: int
    height: int

    @property
    def media_type(self) -> str:
        """The value of the Content-Type header."""
        return "image/png" if self.format == "PNG" else "image/jpeg"

    @property
    def suffix(self) -> str:
        """The file name's suffix, with its dot."""
        return ".png" if self.format == "PNG" else ".jpg"


def remade(received: bytes) -> FetchedImage:
    """Re-encode an image, scaled down to at most 4,096 pixels a side.

    Raises:
        ImageRefused: `image_too_small`, `image_not_an_image`, `image_too_large`, `image_damaged`.
    """
    if len(received) <= _MIN_BYTES:
        raise ImageRefused(
            f"The image has only {len(received)} bytes, so it cannot be a real image. The product gets the "
            "placeholder.",
            code="image_too_small",
        )
    kind = _kind(received)
    if kind == "WEBP" and _webp_pixels(received) > MAX_PIXELS:  # the WebP decoder allocates all memory on opening
        raise _too_many_pixels()
    if kind == "JPEG" and received.count(b"\xff\xda") > _MAX_SCANS:
        raise _damaged()
    try:
        with Image.open(BytesIO(received), formats=(kind,)) as opened:
            return _encoded(_upright(_decoded(opened)))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_many_pixels() from None
    except ImageRefused:
        raise
    except Exception:  # noqa: BLE001 - decoders fail at hostile bytes in any way whatever, and all of them mean this
        raise _damaged() from None


def described(content: bytes, width: int, height: int, kind: Format) -> FetchedImage:
    """Wrap an encoded file, with its hash."""
    return FetchedImage(content, hashlib.sha256(content).hexdigest(), kind, width, height)


def _kind(received: bytes) -> Literal["JPEG", "PNG", "WEBP"]:
    if received.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if received.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if received.startswith(b"RIFF") and received[8:12] == b"WEBP":
        return "WEBP"
    raise ImageRefused(
        "The file is not a JPEG, PNG or WebP image. The product gets the placeholder.", code="image_not_an_image"
    )


def _webp_pixels(received: bytes) -> int:
    """Width times height, as declared in the first chunk (RFC 9649)."""
    chunk = received[12:16]
    if chunk == b"VP8X":
        return (1 + int.from_bytes(received[24:27], "little")) * (1 + int.from_bytes(received[27:30], "little"))
    if chunk == b"VP8L":
        bits = int.from_bytes(received[21:25], "little")
        return ((bits & 0x3FFF) + 1) * ((bits >> 14 & 0x3FFF) + 1)
    if chunk == b"VP8 ":
        return (int.from_bytes(received[26:28], "little") & 0x3FFF) * (
            int.from_bytes(received[28:30], "little") & 0x3FFF
        )
    raise _damaged()


def _decoded(image: Image.Image) -> Image.Image:
    """All pixels. Verifying a file without decoding it would accept a truncated JPEG."""
    if image.width * image.height > MAX_PIXELS:
        raise _too_many_pixels()
    image.load()
    return image


def _upright(image: Image.Image) -> Image.Image:
    """Rotate as the EXIF data says, because it is dropped; RGB, or RGBA if it has transparency."""
    with suppress(Exception):  # broken EXIF data fails in many ways, and is not needed
        ImageOps.exif_transpose(image, in_place=True)
    if image.mode.startswith("I"):  # 16-bit grayscale, of which a plain conversion would keep the low byte
        grey = image.convert("I").point(lambda v: v * (1 / 256))  # pyright: ignore[reportUnknownMemberType] - Pillow's
        image = grey.convert("L")
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        darkest = rgba.getchannel("A").getextrema()[0]
        pixels = rgba if isinstance(darkest, tuple) or darkest < 255 else rgba.convert("RGB")  # noqa: PLR2004 - opaque
    else:
        pixels = image.convert("RGB")
    pixels.thumbnail((_MAX_SIDE, _MAX_SIDE), Image.Resampling.LANCZOS)
    pixels.info.clear()  # or the encoders would copy profiles and comments
    return pixels


def _encoded(pixels: Image.Image) -> FetchedImage:
    if pixels.mode == "RGBA":
        png = _saved(pixels, "PNG")
        if len(png) <= _MAX_PNG:
            return described(png, pixels.width, pixels.height, "PNG")
        on_white = Image.new("RGB", pixels.size, "white")
        on_white.paste(pixels, mask=pixels.getchannel("A"))
        pixels = on_white
    return described(_saved(pixels, "JPEG"), pixels.width, pixels.height, "JPEG")


def _saved(pixels: Image.Image, kind: Format) -> bytes:
    file = BytesIO()
    pixels.save(file, kind, **({"quality": _QUALITY} if kind == "JPEG" else {}))
    return file.getvalue()


def _too_many_pixels() -> ImageRefused:
    return ImageRefused(
        f"The image has more than {MAX_PIXELS // 1_000_000} million pixels. The product gets the placeholder.",
        code="image_too_large",
    )


def _damaged() -> ImageRefused:
    return ImageRefused(
        "The image is damaged. The product gets the placeholder.",
        code="image_damaged",
    )
