"""Turns an image address from the catalogue into one that Shopify can fetch: re-encoded, or the placeholder.

A bad image never blocks a part: the part gets the placeholder, with the reason.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import structlog

from boeing_data_hub.clock import monotonic
from boeing_data_hub.errors import PauseUpstream, Reject
from boeing_data_hub.images.guards import ImageRefused
from boeing_data_hub.images.image_store import ImageStore, StoredImage
from boeing_data_hub.images.picture import FetchedImage
from boeing_data_hub.images.placeholder import placeholder
from boeing_data_hub.images.product_image import HOST_RESTING, Picture
from boeing_data_hub.images.single_flight import SingleFlight

log = structlog.get_logger(__name__)

_REMEMBERED: Final = 10_000  # images; a run may need the same one several times, e.g. after a retry
_REMEMBER_SECONDS: Final = 600.0


class Gallery:
    """The images of one process; thread-safe.

    Args:
        fetch: returns the image of a source, such as an address, or raises ImageRefused.
        store: where images are kept.
        clock: monotonic seconds; replaced in tests.
    """

    def __init__(
        self, fetch: Callable[[str], FetchedImage], store: ImageStore, *, clock: Callable[[], float] = monotonic
    ) -> None:
        self._fetch = fetch
        self._store = store
        self._pictures: SingleFlight[Picture] = SingleFlight(seconds=_REMEMBER_SECONDS, most=_REMEMBERED, clock=clock)
        self._placeholder: SingleFlight[StoredImage] = SingleFlight(seconds=float("inf"), most=1, clock=clock)

    def picture(self, source: str | None) -> Picture:
        """The stored image of this address, or the placeholder with the reason.

        Threads that ask for the same address at the same time share one fetch. The result is cached for ten
        minutes, unless the host's circuit was open, which says nothing about the image.

        Raises:
            Retry: the image store is temporarily unavailable.
            PauseUpstream: the image store needs attention, e.g. its key is invalid or it rejects even the placeholder.
        """
        if source is None or not source.strip():
            return self._instead("image_missing", "Boeing has no image for this part. It gets the placeholder.")
        return self._pictures.get(source, lambda: self._had(source), keep=lambda had: had.code != HOST_RESTING)

    def _had(self, source: str) -> Picture:
        try:
            stored = self._store.put(self._fetch(source))
        except ImageRefused as refused:
            return self._instead(refused.code, refused.message, passing=refused.passing)
        except Reject as rejected:  # the store rejected this image, so the next one may succeed
            log.warning("image rejected by the store", code=rejected.code)
            return self._instead(rejected.code, f"{rejected.message} The product gets the placeholder.")
        return Picture(stored.url, stored.sha256, _name_of(stored))

    def _instead(self, code: str, sentence: str, *, passing: bool = False) -> Picture:
        stored = self._placeholder.get("", self._stored_placeholder)
        return Picture(
            stored.url,
            stored.sha256,
            _name_of(stored),
            placeholder=True,
            code=code,
            sentence=sentence,
            passing=passing,
        )

    def _stored_placeholder(self) -> StoredImage:
        try:
            return self._store.put(placeholder())
        except Reject as rejected:
            raise PauseUpstream(
                "The image storage rejects even the placeholder, a small PNG. Configure it to accept image/png and"
                " image/jpeg of up to 20 MB; nothing is lost.",
                code="storage_refused_placeholder",
            ) from rejected


def _name_of(stored: StoredImage) -> str:
    return stored.path.rpartition("/")[2]
