"""The pictures of many parts at once: what was had before is looked up, the rest is fetched, and all is remembered."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from boeing_data_hub import telemetry
from boeing_data_hub.clock import now
from boeing_data_hub.model.pictures import Picture
from boeing_data_hub.store import images
from boeing_data_hub.store.work import Database


class GivesPictures(Protocol):
    """What publishing needs of the gallery; see `Gallery.picture`."""

    def picture(self, source: str | None) -> Picture:  # noqa: D102
        ...


class Pictures:
    """Gets pictures for parts.

    Args:
        database: remembers which were had.
        gallery: fetches and stores one; never fails for the part's sake.
        retry_after: seconds after which a picture that could not be had is tried again.
        base_url: of the place pictures are kept now; one kept elsewhere is had anew.
        at_once: fetches at a time.
    """

    def __init__(
        self, *, database: Database, gallery: GivesPictures, retry_after: float, base_url: str, at_once: int
    ) -> None:
        self._database = database
        self._gallery = gallery
        self._retry_after = retry_after
        self._base_url = base_url
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="picture")

    def images(self, sources: Sequence[str | None]) -> list[Picture]:
        """The pictures of these addresses, in order.

        Raises:
            Retry: the place pictures are kept cannot take one just now.
            StopTheLine: it needs a person.
        """
        named = list(dict.fromkeys(source for source in sources if source))
        remembered = self._database.run(lambda work: images.known(work, named), patience=20) if named else {}
        moment = now()
        had = {
            source: row.picture
            for source, row in remembered.items()
            if images.reusable(row, moment, self._retry_after, base_url=self._base_url)
        }
        missing = [source for source in named if source not in had]
        fetched = dict(zip(missing, self._threads.map(telemetry.carried(self._gallery.picture), missing), strict=True))
        if fetched:
            self._database.run(lambda work: images.remember(work, fetched), patience=20)
        known = {**had, **fetched}
        return [known[source] if source else self._gallery.picture(None) for source in sources]
