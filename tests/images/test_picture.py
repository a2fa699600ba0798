"""A picture is decoded to its last pixel and written afresh; what only looks like one is refused."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from boeing_data_hub.images.guards import ImageRefused
from boeing_data_hub.images.picture import remade
from boeing_data_hub.images.placeholder import placeholder


def opened(image):
    return Image.open(BytesIO(image.content))


def code_of(received):
    with pytest.raises(ImageRefused) as caught:
        remade(received)
    return caught.value.code


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_the_three_kinds_become_a_jpeg(picture, kind):
    image = remade(picture(kind))
    assert (image.format, image.suffix, image.width, image.height) == ("JPEG", ".jpg", 64, 48)
    assert opened(image).format == "JPEG"
    assert remade(picture(kind)).sha256 == image.sha256, "the same picture has the same name"


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_a_picture_with_transparency_becomes_a_png(picture, kind):
    image = remade(picture(kind, mode="RGBA"))
    assert (image.format, image.suffix, image.media_type) == ("PNG", ".png", "image/png")
    assert opened(image).mode == "RGBA"


def test_transparency_nobody_can_see_is_no_reason_for_a_png(picture):
    solid = Image.open(BytesIO(picture())).convert("RGBA")
    file = BytesIO()
    solid.save(file, "PNG")
    assert remade(file.getvalue()).format == "JPEG"


@pytest.mark.parametrize(("kind", "mode"), [("JPEG", "L"), ("JPEG", "CMYK"), ("PNG", "L"), ("PNG", "P"), ("PNG", "LA")])
def test_every_way_to_write_colour_is_understood(picture, kind, mode):
    assert opened(remade(picture(kind, mode=mode, size=(80, 80)))).mode in {"RGB", "RGBA"}


def test_sixteen_bits_of_grey_keep_their_shade():
    file = BytesIO()
    Image.new("I;16", (900, 900), 0x8000).save(file, "PNG")
    assert opened(remade(file.getvalue())).getpixel((5, 5)) == (128, 128, 128)


def test_nothing_but_pixels_survives(picture):
    exif = Image.Exif()
    exif[0x010E] = "canary-exif"
    profile = b"canary-profile" * 10
    received = (
        picture(exif=exif.tobytes(), icc_profile=profile, comment=b"canary-comment") + b"PK\x03\x04<script>canary"
    )
    assert received.count(b"canary") > 10
    image = remade(received)
    assert b"canary" not in image.content
    assert b"<script" not in image.content
    assert not opened(image).getexif()
    transparent = remade(picture("PNG", mode="RGBA", exif=exif.tobytes(), icc_profile=profile) + b"<script>canary")
    assert b"canary" not in transparent.content


def test_a_picture_taken_sideways_is_rotated_upright(picture):
    exif = Image.Exif()
    exif[0x0112] = 6
    image = remade(picture(exif=exif.tobytes()))
    assert (image.width, image.height) == (48, 64)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_broken_exif_data_does_not_cost_the_picture(picture):
    broken = b"Exif\x00\x00II*\x00\xff\xff\xff\xff" + b"\x12\x01" * 20
    assert remade(picture(exif=broken)).width == 64


def test_a_large_picture_is_made_small_enough_for_a_shop():
    file = BytesIO()
    Image.new("RGB", (4800, 2400), "red").save(file, "JPEG")
    image = remade(file.getvalue())
    assert (image.width, image.height) == (4096, 2048)


def test_a_truncated_jpeg_that_passes_for_whole_is_refused(picture):
    half = picture(size=(200, 200))[:12_000]
    Image.open(BytesIO(half)).verify()  # raises nothing, which is why it is not what we rely on
    assert code_of(half) == "image_damaged"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_every_kind_is_refused_when_it_is_cut_off(picture, kind):
    whole = picture(kind, size=(200, 200))
    assert code_of(whole[: len(whole) // 2]) == "image_damaged"


def png(width, height):
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes(2_000_000))) + chunk(b"IEND", b"")


def jpeg(picture, width, height):
    whole = bytearray(picture())
    start = whole.index(b"\xff\xc0")
    whole[start + 5 : start + 9] = struct.pack(">HH", height, width)
    return bytes(whole)


def webp(kind, width, height):
    if kind == b"VP8X":
        data = b"\x02\x00\x00\x00" + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    elif kind == b"VP8L":
        data = b"\x2f" + (width - 1 | (height - 1) << 14).to_bytes(4, "little")
    else:
        data = b"\x00\x00\x00\x9d\x01\x2a" + struct.pack("<HH", width, height)
    body = b"WEBP" + kind + struct.pack("<I", len(data)) + data + bytes(2000)
    return b"RIFF" + struct.pack("<I", len(body)) + body


@pytest.mark.parametrize(("width", "height"), [(50_000, 50_000), (8000, 5001), (12_000, 6000)])
def test_a_small_file_of_very_many_pixels_is_refused_undecoded(picture, width, height):
    assert code_of(png(width, height)) == "image_too_large"
    assert code_of(jpeg(picture, width, height)) == "image_too_large"


@pytest.mark.parametrize("kind", [b"VP8X", b"VP8L", b"VP8 "])
def test_a_webp_of_very_many_pixels_is_refused_before_its_decoder_sees_it(kind):
    assert code_of(webp(kind, 16_000, 16_000)) == "image_too_large"
    assert code_of(webp(kind, 60, 60)) == "image_damaged"


def test_a_webp_that_begins_with_an_unknown_part_is_refused():
    assert code_of(webp(b"JUNK", 60, 60)) == "image_damaged"


def test_a_jpeg_of_very_many_passes_is_refused_undecoded(picture):
    whole = picture(progressive=True)
    last = whole.rindex(b"\xff\xda")
    assert remade(whole).width == 64
    assert code_of(whole[:-2] + whole[last:-2] * 100 + b"\xff\xd9") == "image_damaged"


def test_a_png_with_an_endless_comment_is_refused(picture):
    text = zlib.compress(bytes(80_000_000))
    data = b"zTXt" + b"Comment\x00\x00" + text
    comment = struct.pack(">I", len(data) - 4) + data + struct.pack(">I", zlib.crc32(data))
    whole = picture("PNG")
    refused_or_dropped = whole[:33] + comment + whole[33:]
    try:
        assert len(remade(refused_or_dropped).content) < 10_000
    except ImageRefused as refused:
        assert refused.code == "image_damaged"  # noqa: PT017 - either is safe


@pytest.mark.parametrize("body", [b"%PDF-1.7", b"PK\x03\x04", b"BM", b"II*\x00", b"\x00\x00\x00\x1cftypavif", b"8BPS"])
def test_other_formats_are_refused_though_a_decoder_may_know_them(body):
    assert code_of(body + bytes(2000)) == "image_not_an_image"


def test_a_page_that_begins_like_a_picture_is_refused():
    for magic in (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\x00\x10\x00\x00WEBPVP8 "):
        assert code_of(magic + b"<html><script>alert(1)</script></html>" * 60) in {"image_damaged", "image_too_large"}


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_a_picture_damaged_anywhere_is_remade_or_refused_and_nothing_else(picture, data):
    whole = bytearray(picture(data.draw(st.sampled_from(["JPEG", "PNG", "WEBP"]))))
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        assert remade(bytes(whole)).format in {"JPEG", "PNG"}
    except ImageRefused as refused:
        assert refused.code.startswith("image_")  # noqa: PT017 - both ends are fine


def test_the_placeholder_is_a_small_picture_of_our_own():
    image = placeholder()
    assert len(image.content) < 20_000
    assert opened(image).size == (image.width, image.height) == (800, 600)
    opened(image).load()
    assert image.format == opened(image).format == "PNG"
    assert image is placeholder()
