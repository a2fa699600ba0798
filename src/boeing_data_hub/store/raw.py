"""Raw answers: kept as Boeing sent them, so that normalization can be repeated without asking again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from boeing_data_hub.model.answers import RawAnswer
from boeing_data_hub.store.work import Work


def next_ids(work: Work, count: int) -> list[int]:
    """Ids for answers still to come."""
    rows = work.rows("SELECT nextval('hub.boeing_raw_data_id_seq') AS id FROM generate_series(1, %s)", [count])
    return [row["id"] for row in rows]


def insert(work: Work, answers: Sequence[RawAnswer]) -> None:
    """Keep answers; usable ones fall due for normalization."""
    if not answers:
        return
    work.do(
        "INSERT INTO hub.boeing_raw_data (id, search_query, raw_payload, matches, state, error, fetched_at)"
        " SELECT a.id, a.query, a.payload::jsonb, a.matches::jsonb, a.state, a.error, a.fetched_at"
        " FROM unnest(%b::bigint[], %b::text[], %b::text[], %b::text[], %b::text[], %b::text[], %b::timestamptz[])"
        "   AS a(id, query, payload, matches, state, error, fetched_at)",
        [
            [a.id for a in answers],
            [a.search_query for a in answers],
            [a.raw_payload for a in answers],
            [json.dumps(a.matches) for a in answers],
            [_first_state(a) for a in answers],
            [a.error for a in answers],
            [a.fetched_at for a in answers],
        ],
    )


def _first_state(answer: RawAnswer) -> str:
    if not answer.usable:
        return "unusable"
    return "extracted" if any(answer.matches.values()) else "normalized"


def remember_answers(work: Work, answers: Sequence[RawAnswer]) -> None:
    """Note for each part which answer is its newest, so that other batches can use it while it is fresh."""
    parts: dict[str, tuple[int, str, datetime]] = {}
    for answer in answers:
        if answer.usable:
            for part, skus in answer.matches.items():
                parts[part] = (answer.id, "\x1f".join(skus), answer.fetched_at)
    if not parts:
        return
    ordered = sorted(parts)
    work.do(
        "INSERT INTO hub.part_answers AS p (part_number, raw_id, skus, fetched_at)"
        " SELECT a.part, a.raw_id, string_to_array(a.skus, chr(31)), a.fetched_at"
        " FROM unnest(%b::text[], %b::bigint[], %b::text[], %b::timestamptz[]) AS a(part, raw_id, skus, fetched_at)"
        " ON CONFLICT (part_number) DO UPDATE SET raw_id = excluded.raw_id, skus = excluded.skus,"
        "   fetched_at = excluded.fetched_at WHERE p.fetched_at < excluded.fetched_at",
        [ordered, *([parts[p][n] for p in ordered] for n in range(3))],
    )


def due(work: Work, *, wanted: int) -> list[int]:
    """Ids of answers that wait for normalization and that nobody works on, oldest first."""
    rows = work.rows(
        "SELECT id FROM hub.boeing_raw_data WHERE state = 'extracted'"
        " AND id NOT IN (SELECT unnest(raw_ids) FROM hub.leases WHERE stage = 'normalization')"
        " ORDER BY id LIMIT %s",
        [wanted],
    )
    return [row["id"] for row in rows]


def load(work: Work, ids: Sequence[int]) -> list[dict[str, Any]]:
    """Answers as text, to be parsed with exact numbers; and the batches that wait for each, with their traces."""
    return work.rows(
        "SELECT r.id, r.raw_payload::text AS payload, r.matches, r.fetched_at, w.batches, w.traces"
        " FROM hub.boeing_raw_data r CROSS JOIN LATERAL (SELECT array_agg(DISTINCT b.id) AS batches,"
        "   array_remove(array_agg(DISTINCT b.options->>'trace'), NULL) AS traces FROM hub.batch_items i"
        "   JOIN hub.batches b ON b.id = i.batch_id WHERE i.raw_id = r.id AND i.state = 'extracted') w"
        " WHERE r.id = ANY(%s) ORDER BY r.fetched_at, r.id",
        [list(ids)],
    )


def mark_normalized(work: Work, ids: Sequence[int]) -> None:
    """These answers are staged. Comes before their items are moved: an intake that reuses one of them waits here."""
    work.do("UPDATE hub.boeing_raw_data SET state = 'normalized', attempts = 0 WHERE id = ANY(%s)", [list(ids)])


def count_attempt(work: Work, ids: Sequence[int], *, at_most: int) -> list[int]:
    """Count a normalization that died; returns the answers that have died too often and are now set aside."""
    rows = work.rows(
        "UPDATE hub.boeing_raw_data SET attempts = attempts + 1,"
        "  state = CASE WHEN attempts + 1 >= %(most)s THEN 'unusable' ELSE state END"
        " WHERE id = ANY(%(ids)s) AND state = 'extracted' RETURNING id, state",
        {"ids": list(ids), "most": at_most},
    )
    return [row["id"] for row in rows if row["state"] == "unusable"]


def again(work: Work, *, skus: Sequence[str] | None = None) -> int:
    """Make kept answers due for normalization again, without asking Boeing. All of them, or those of some SKUs."""
    return work.do(
        "UPDATE hub.boeing_raw_data SET state = 'extracted' WHERE state = 'normalized' AND id IN"
        " (SELECT raw_id FROM hub.product_staging WHERE %(skus)s::text[] IS NULL OR sku = ANY(%(skus)s))",
        {"skus": list(skus) if skus is not None else None},
    )


def newest_for(work: Work, part_number: str) -> dict[str, Any] | None:
    """The newest answer kept for a part (as asked, or as Boeing spells it)."""
    return work.row(
        "SELECT r.raw_payload, r.search_query, r.fetched_at FROM hub.boeing_raw_data r WHERE r.id = coalesce("
        " (SELECT raw_id FROM hub.part_answers WHERE part_number = %(part)s),"
        " (SELECT raw_id FROM hub.product_staging WHERE sku = %(part)s))",
        {"part": part_number},
    )


def about_part(work: Work, raw_id: int, part_number: str) -> dict[str, Any] | None:
    """A kept answer, laid out for people by Postgres, so that its numbers stay exact: the line items of one part where
    the answer names it, else all of it.
    """
    return work.row(
        "SELECT id, search_query, state, error, fetched_at, jsonb_pretty(coalesce("
        "   (SELECT jsonb_agg(item) FROM jsonb_array_elements(CASE jsonb_typeof(raw_payload -> 'lineItems')"
        "        WHEN 'array' THEN raw_payload -> 'lineItems' ELSE '[]' END) AS item"
        "     WHERE upper(trim(item ->> 'aviallPartNumber')) = %s), raw_payload)) AS payload"
        " FROM hub.boeing_raw_data WHERE id = %s",
        [part_number, raw_id],
    )


def newest_id(work: Work, part_number: str) -> int | None:
    """The id of the newest answer kept for a part, as asked or as Boeing spells it."""
    return work.value(
        "SELECT coalesce((SELECT raw_id FROM hub.product_staging WHERE sku = %(part)s),"
        " (SELECT raw_id FROM hub.part_answers WHERE part_number = %(part)s))",
        {"part": part_number},
    )


def lately(work: Work, *, seconds: float, most: int) -> tuple[int, datetime | None]:
    """How many answers came within the last `seconds`, counted no further than `most`, and when the newest came."""
    row = work.row(
        "SELECT count(*) FILTER (WHERE fetched_at > now() - %s * interval '1 second') AS answers,"
        " max(fetched_at) AS newest FROM (SELECT fetched_at FROM hub.boeing_raw_data ORDER BY id DESC LIMIT %s) r",
        [seconds, most],
    )
    assert row is not None  # noqa: S101 - an aggregate always has one row
    return row["answers"], row["newest"]
