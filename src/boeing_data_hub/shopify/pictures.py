"""The pictures of many parts at once: known ones are looked up, the others are fetched, and every result is saved."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import BoundedSemaphore, Event, Thread
from typing import Final

from boeing_data_hub import telemetry
from boeing_data_hub.clock import monotonic
from boeing_data_hub.db.unit_of_work import Database
from boeing_data_hub.images import known_images as images
from boeing_data_hub.images.gallery import Gallery
from boeing_data_hub.images.product_image import Picture

_LOOK_SECONDS: Final = 0.25  # between two checks if the pictures are still wanted


@dataclass(frozen=True, slots=True)
class _Fetched:
    """The result of one fetch: a picture, or an error."""

    source: str
    picture: Picture | None = None
    error: Exception | None = None


class Pictures:
    """Gets pictures for parts.

    Args:
        database: stores which were fetched.
        gallery: fetches and stores one; the placeholder replaces a picture that is not available.
        retry_after: seconds after which a picture that was not available is tried again.
        base_url: of the current image storage; a picture stored elsewhere is fetched again.
        at_once: fetches of this process at a time.
    """

    def __init__(
        self, *, database: Database, gallery: Gallery, retry_after: float, base_url: str, at_once: int
    ) -> None:
        self._database = database
        self._gallery = gallery
        self._retry_after = retry_after
        self._base_url = base_url
        self._at_once = at_once
        self._places = BoundedSemaphore(at_once)

    def images(
        self, sources: Collection[str | None], still_wanted: Callable[[], Collection[str | None]]
    ) -> dict[str | None, Picture]:
        """The pictures by address. The address None means a part without a picture.

        Args:
            sources: addresses.
            still_wanted: called several times a second for those still to be fetched. Addresses that it drops are
                left out, and a fetch in progress is abandoned.

        Raises:
            Retry: the image storage is temporarily unavailable.
            PauseUpstream: a person must correct the image storage.
        """
        named = list(dict.fromkeys(source for source in sources if source))
        remembered = self._database.run(lambda work: images.known(work, named), patience=20) if named else {}
        found: dict[str | None, Picture] = {
            source: row.picture
            for source, row in remembered.items()
            if images.reusable(row, self._retry_after, base_url=self._base_url)
        }
        found |= self._fetch([source for source in named if source not in found], still_wanted)
        return found | {source: self._gallery.picture(None) for source in sources if not source}

    def _fetch(
        self, sources: Sequence[str], still_wanted: Callable[[], Collection[str | None]]
    ) -> dict[str | None, Picture]:
        waiting, answers, stopped = SimpleQueue[str](), SimpleQueue[_Fetched](), Event()
        for source in sources:
            waiting.put(source)

        def work_off(_number: int) -> None:
            while True:
                with self._places:
                    if stopped.is_set():
                        return
                    try:
                        source = waiting.get_nowait()
                    except Empty:
                        return
                    answers.put(self._one(source))

        # Not a pool: the end of a process waits for a pool's threads, and a slow picture must not delay it.
        act = telemetry.carried(work_off)
        for number in range(min(self._at_once, len(sources))):
            Thread(target=act, args=[number], name=f"picture-{number}", daemon=True).start()
        try:
            fetched = _gathered(answers, set(sources), still_wanted)
        finally:
            stopped.set()
        had = {one.source: one.picture for one in fetched if one.picture is not None}
        if had:
            self._database.run(lambda work: images.remember(work, had), patience=20)
        error = next((one.error for one in fetched if one.error is not None), None)
        if error is not None:
            raise error
        return {**had}

    def _one(self, source: str) -> _Fetched:
        try:
            return _Fetched(source, self._gallery.picture(source))
        except Exception as error:  # noqa: BLE001 - raised in the thread that waits for it
            return _Fetched(source, error=error)


def _gathered(
    answers: SimpleQueue[_Fetched], wanted: set[str], still_wanted: Callable[[], Collection[str | None]]
) -> list[_Fetched]:
    """Collect results until all that are still wanted have arrived, or one is an error."""
    found: list[_Fetched] = []
    looked_at = monotonic()
    while wanted:
        try:
            one = answers.get(timeout=_LOOK_SECONDS)
        except Empty:
            pass
        else:
            found.append(one)
            wanted.discard(one.source)
            if one.error is not None:
                break
        if monotonic() - looked_at >= _LOOK_SECONDS:
            looked_at = monotonic()
            wanted.intersection_update(source for source in still_wanted() if source)
    return found
