"""Remembers images by their address in the catalogue, so that later runs need not fetch them again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from boeing_data_hub.db.statements import beside
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.images.product_image import HOST_RESTING, Picture
from boeing_data_hub.retry import every

_SQL: Final = beside(__file__)

_LONGEST_SOURCE: Final = 2048  # bytes; longer addresses are never fetched, and a Postgres index takes 2,704 at most
_PASSING: Final = every(3600.0)  # for a placeholder with a temporary reason


@dataclass(frozen=True, slots=True)
class RememberedPicture:
    """An image, when it was fetched (UTC), and its age in seconds, by the database's clock."""

    picture: Picture
    fetched_at: datetime
    age: float


def reusable(row: RememberedPicture, retry_after: float, *, base_url: str = "") -> bool:
    """True if a remembered image can be used without fetching.

    A real image always can. A placeholder can for `retry_after` seconds, or for at most an hour if its reason may
    have passed, and never if only its host's circuit was open.

    Args:
        row: the remembered image.
        retry_after: `HUB_IMAGE_RETRY_AFTER`, in seconds.
        base_url: of the image store. Images elsewhere cannot be used, e.g. after a move from a folder to Supabase.
    """
    picture = row.picture
    if not picture.url.startswith(base_url):
        return False
    if not picture.placeholder:
        return True
    if picture.code == HOST_RESTING:
        return False
    seconds = min(_PASSING.wait(1), retry_after) if picture.passing else retry_after
    return row.age < seconds


def known(work: Work, sources: Iterable[str]) -> dict[str, RememberedPicture]:
    """The remembered images of these addresses; unknown addresses are left out."""
    rows = work.rows(_SQL["known"], [[source for source in set(sources) if _is_storable(source)]])
    return {
        row["source"]: RememberedPicture(
            Picture(
                row["url"],
                row["sha256"],
                row["filename"],
                placeholder=row["is_placeholder"],
                code=row["code"],
                sentence=row["sentence"],
                passing=row["passing"],
            ),
            row["fetched_at"],
            row["age"],
        )
        for row in rows
    }


def remember(work: Work, pictures: Mapping[str, Picture]) -> None:
    """Remember images by their address, with the current time. A placeholder never replaces a real image.

    Addresses that are too long or that Postgres cannot store are skipped: rejecting them again costs nothing.
    """
    ordered = [(source, pictures[source]) for source in sorted(pictures) if _is_storable(source)]  # one lock order
    if not ordered:
        return
    work.do(
        _SQL["remember"],
        [
            [source for source, _ in ordered],
            [picture.url for _, picture in ordered],
            [picture.sha256 for _, picture in ordered],
            [picture.filename for _, picture in ordered],
            [picture.placeholder for _, picture in ordered],
            [picture.code for _, picture in ordered],
            [picture.sentence for _, picture in ordered],
            [picture.passing for _, picture in ordered],
        ],
    )


def _is_storable(source: str) -> bool:
    try:
        return "\0" not in source and len(source.encode()) <= _LONGEST_SOURCE
    except UnicodeEncodeError:  # a lone surrogate, which JSON allows
        return False
