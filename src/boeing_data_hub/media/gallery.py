"""From an address in the catalogue to a picture the shop can fetch: fetched, made anew and stored, or the placeholder.

A picture never stops a part: whatever is wrong with it, the part gets the placeholder, and the reason is said.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import structlog

from boeing_data_hub.clock import monotonic
from boeing_data_hub.errors import Reject, StopTheLine
from boeing_data_hub.media.fetch import ImageFetcher
from boeing_data_hub.media.guards import ImageRefused
from boeing_data_hub.media.once import Once
from boeing_data_hub.media.placeholder import placeholder
from boeing_data_hub.media.store import ImageStore, StoredImage
from boeing_data_hub.model.pictures import HOST_RESTING, Picture

log = structlog.get_logger(__name__)

_REMEMBERED: Final = 10_000  # pictures; a run may come to the same part several times, e.g. after a retry
_REMEMBER_SECONDS: Final = 600.0


class Gallery:
    """The pictures of one process; safe to use from several threads.

    Args:
        fetcher: how a picture is had; it also knows which hosts rest.
        store: where pictures are kept.
        clock: seconds since any start, for tests.
    """

    def __init__(self, fetcher: ImageFetcher, store: ImageStore, *, clock: Callable[[], float] = monotonic) -> None:
        self._fetcher = fetcher
        self._store = store
        self._pictures: Once[Picture] = Once(seconds=_REMEMBER_SECONDS, most=_REMEMBERED, clock=clock)
        self._placeholder: Once[StoredImage] = Once(seconds=float("inf"), most=1, clock=clock)

    def picture(self, source: str | None) -> Picture:
        """The picture at this address, stored; or the placeholder, with the reason.

        Several threads that ask for the same address at once cause one fetch; what came of it is remembered for ten
        minutes, except that a host was resting, which says nothing about the picture.

        Raises:
            Retry: the store cannot take pictures just now.
            StopTheLine: the store needs a person, e.g. for its key, or because it refuses even the placeholder.
        """
        if source is None or not source.strip():
            return self._instead("image_missing", "Boeing names no image for this part. It gets the placeholder.")
        return self._pictures.get(source, lambda: self._had(source), keep=lambda had: had.code != HOST_RESTING)

    def close(self) -> None:
        """Close the fetcher's connections. The store is the caller's."""
        self._fetcher.close()

    def _had(self, source: str) -> Picture:
        try:
            stored = self._store.put(self._fetcher.fetch(source))
        except ImageRefused as refused:
            return self._instead(refused.code, refused.message, passing=refused.passing)
        except Reject as rejected:  # the store's word about this very picture
            log.warning("image not taken by the store", code=rejected.code)
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
            raise StopTheLine(
                "The image storage refuses even the placeholder, a PNG of a few kilobytes. Let it take image/png and"
                " image/jpeg of up to 20 MB; nothing is lost.",
                code="storage_refused_placeholder",
            ) from rejected


def _name_of(stored: StoredImage) -> str:
    return stored.path.rpartition("/")[2]
