"""Images: given by URL, processed some time after the answer, READY or FAILED; failing never fails the product."""

# Inputs and answers are JSON here; the schema has checked their shape, and Python cannot know it.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import urlsplit

import httpx2

from boeing_data_hub_sandbox.shopify.outcomes import user_error
from boeing_data_hub_sandbox.shopify.records import Media, Product
from boeing_data_hub_sandbox.shopify.store import stamp
from boeing_data_hub_sandbox.shopify.world import World

_LARGEST = 20 * 1024 * 1024
_PATIENCE = 10.0
_BEGINNINGS = {
    b"\xff\xd8\xff": "image/jpeg",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"GIF8": "image/gif",
    b"RIFF": "image/webp",
}


def file_errors(world: World, files: list[dict[str, Any]] | None) -> list[dict[str, Any]]:
    """What is wrong with the files of a productSet."""
    errors: list[dict[str, Any]] = []
    for index, each in enumerate(files or []):
        here = ["input", "files", str(index)]
        source = each.get("originalSource")
        if each.get("id") is not None:
            if each["id"] not in world.store.media:
                errors.append(user_error([*here, "id"], "File does not exist", "INVALID_INPUT"))
        elif not source:
            errors.append(user_error(here, "File id or originalSource is required", "INVALID_INPUT"))
        elif urlsplit(source).scheme not in {"http", "https"} or not urlsplit(source).netloc:
            errors.append(user_error([*here, "originalSource"], "Image URL is invalid", "INVALID_INPUT"))
    return errors


def attach(world: World, product: Product, files: list[dict[str, Any]] | None) -> None:
    """Replace the product's media by those listed. A source always makes a new image, even one sent before."""
    if files is None:
        return
    listed: list[Media] = []
    for each in files:
        if each.get("id") is not None:
            media = world.store.media[each["id"]]
            if each.get("alt") is not None:
                media.alt = each["alt"]
        else:
            media = new_media(world, each["originalSource"], each.get("alt"))
        media.product = product
        listed.append(media)
    for media in product.media:
        if media not in listed:
            media.product = None
    product.media = listed


def new_media(world: World, source: str, alt: str | None) -> Media:
    """An image that will be ready, or not, in a while."""
    moment = stamp()
    media = Media(world.store.next_id("MediaImage"), alt, source, moment, moment)
    world.store.media[media.id] = media
    world.run(_process(world, media))
    return media


async def _process(world: World, media: Media) -> None:
    slow = world.faults.strike(frozenset({"media_slow"}), url=media.source)
    delay = world.knobs.media_delay + (slow.seconds if slow else 0.0)
    await asyncio.sleep(delay / 2)
    media.status = "PROCESSING"
    await asyncio.sleep(delay / 2)
    failed = world.faults.strike(frozenset({"media_failed"}), url=media.source) is not None
    failed = failed or world.faults.happens(world.knobs.media_fail_rate)
    if failed:
        media.failure = "IMAGE_DOWNLOAD_FAILURE"
    elif world.knobs.fetch_images:
        media.failure = await _fetched(world, media)
    media.status = "FAILED" if media.failure else "READY"
    media.mime_type = media.mime_type or (None if media.failure else "image/jpeg")
    media.updated_at = stamp()


async def _fetched(world: World, media: Media) -> str | None:
    """Download the image; the code of what went wrong, or None."""
    content = b""
    try:
        async with (
            asyncio.timeout(_PATIENCE),
            world.http().stream("GET", media.source, follow_redirects=True) as reply,
        ):
            if not reply.is_success:
                return "IMAGE_DOWNLOAD_FAILURE"
            async for chunk in reply.aiter_bytes():
                content += chunk
                if len(content) > _LARGEST:
                    return "INVALID_IMAGE_FILE_SIZE"
    except (httpx2.HTTPError, TimeoutError):
        return "IMAGE_DOWNLOAD_FAILURE"
    media.size = len(content)
    media.mime_type = next((kind for start, kind in _BEGINNINGS.items() if content.startswith(start)), None)
    return None if media.mime_type else "UNSUPPORTED_IMAGE_FILE_TYPE"
