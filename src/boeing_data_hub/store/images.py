"""Which pictures were had already, by their address in the catalogue: so that no later run fetches them again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from boeing_data_hub.model.pictures import HOST_RESTING, Picture
from boeing_data_hub.store.work import Work

_LONGEST_SOURCE: Final = 2048  # bytes; no longer address is fetched, and a Postgres index takes 2,704 at most
_PASSING_SECONDS: Final = 3600


@dataclass(frozen=True, slots=True)
class RememberedPicture:
    """A picture, and when it was had (UTC)."""

    picture: Picture
    fetched_at: datetime


def reusable(row: RememberedPicture, now: datetime, retry_after: float, *, base_url: str = "") -> bool:
    """Whether a remembered picture serves, so that nothing is fetched.

    A real picture always does. A placeholder does for `retry_after` seconds, or for an hour at most when its reason may
    have passed, and not at all when its host was only resting.

    Args:
        row: what is remembered.
        now: the present moment.
        retry_after: `HUB_IMAGE_RETRY_AFTER`, in seconds.
        base_url: the store's; what lies elsewhere does not serve, e.g. after a move from a folder to Supabase.
    """
    picture = row.picture
    if not picture.url.startswith(base_url):
        return False
    if not picture.placeholder:
        return True
    if picture.code == HOST_RESTING:
        return False
    seconds = min(_PASSING_SECONDS, retry_after) if picture.passing else retry_after
    return now < row.fetched_at + timedelta(seconds=seconds)


def known(work: Work, sources: Iterable[str]) -> dict[str, RememberedPicture]:
    """What is remembered of these addresses; those of which nothing is are left out."""
    rows = work.rows(
        "SELECT source, url, sha256, filename, is_placeholder, code, sentence, passing, fetched_at FROM hub.images"
        " WHERE source = ANY(%b)",
        [[source for source in set(sources) if _is_storable(source)]],
    )
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
        )
        for row in rows
    }


def remember(work: Work, pictures: Mapping[str, Picture]) -> None:
    """Remember pictures by their address, as had now. A placeholder never takes the place of a real picture.

    An address that Postgres cannot hold, or too long to be fetched, is left out: to refuse it again costs nothing.
    """
    ordered = [(source, pictures[source]) for source in sorted(pictures) if _is_storable(source)]  # one lock order
    if not ordered:
        return
    work.do(
        "INSERT INTO hub.images AS i (source, url, sha256, filename, is_placeholder, code, sentence, passing)"
        " SELECT * FROM unnest(%b::text[], %b::text[], %b::text[], %b::text[], %b::boolean[], %b::text[], %b::text[],"
        "                      %b::boolean[])"
        " ON CONFLICT (source) DO UPDATE SET url = excluded.url, sha256 = excluded.sha256,"
        "   filename = excluded.filename, is_placeholder = excluded.is_placeholder, code = excluded.code,"
        "   sentence = excluded.sentence, passing = excluded.passing, fetched_at = now()"
        " WHERE i.is_placeholder OR NOT excluded.is_placeholder",
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
    except UnicodeEncodeError:  # half of a surrogate pair, as JSON may carry
        return False
