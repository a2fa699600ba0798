"""Quotes and their lines: written with what is known, completed as Boeing answers. And what is known of a part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from boeing_data_hub.model.part_numbers import base_number
from boeing_data_hub.model.quotes import (
    BUYER,
    Known,
    LineAnswer,
    Quote,
    QuoteRequest,
    QuoteState,
    QuoteTerms,
    SettledItem,
    StoreOffer,
)
from boeing_data_hub.store import hand_data, products
from boeing_data_hub.store.staging import search_key
from boeing_data_hub.store.work import Work

_FEWEST_SIGNS = 3  # of a number whose variants are looked for: a shorter one is the beginning of half the catalogue
_MOST_VARIANTS = 50

# An item that is at its end, or gone: nothing more will come of it.
_AT_ITS_END: LiteralString = "(i.state IS NULL OR i.state IN ('normalized', 'failed', 'cancelled'))"
_DUE: LiteralString = (
    "q.state = 'pending' AND EXISTS (SELECT 1 FROM hub.quote_lines l LEFT JOIN hub.batch_items i"  # noqa: S608 - constants
    "   ON i.part_number = l.part_number AND i.batch_id = q.batch_id"
    f"  WHERE l.quote_id = q.id AND l.state = 'pending' AND {_AT_ITS_END})"
)


def insert(work: Work, request: QuoteRequest, *, request_hash: str, terms: QuoteTerms) -> int | None:
    """Insert a quote without lines; its id. None when its number is taken (two at once: one waits, then loses)."""
    return work.value(
        "INSERT INTO hub.quotes (rfq_number, request_hash, rfq_sub_url, buyer_company_name, buyer_name, buyer_address,"
        "   buyer_phone, buyer_email, deliver_to_address, terms, owner)"
        " VALUES (%(rfq_number)s, %(hash)s, %(url)s, %(buyer_company_name)s, %(buyer_name)s, %(buyer_address)s,"
        "   %(buyer_phone)s, %(buyer_email)s, %(deliver_to_address)s, %(terms)s, %(owner)s)"
        " ON CONFLICT ON CONSTRAINT quotes_rfq_number DO NOTHING RETURNING id",
        {
            **{name: request.buyer.get(name) for name in BUYER},
            "rfq_number": request.rfq_number,
            "hash": request_hash,
            "url": request.rfq_sub_url or None,
            "terms": Jsonb(terms.as_json()),
            "owner": request.actor,
        },
    )


def insert_lines(work: Work, quote_id: int, lines: Sequence[tuple[str, int]]) -> None:
    """Insert the lines, all of them pending: (part number, quantity), in order."""
    work.do(
        "INSERT INTO hub.quote_lines (quote_id, position, part_number, quantity)"
        " SELECT %s, l.position, l.part, l.quantity"
        " FROM unnest(%b::text[], %b::int[]) WITH ORDINALITY AS l(part, quantity, position)",
        [quote_id, [part for part, _ in lines], [quantity for _, quantity in lines]],
    )


def answer_lines(work: Work, quote_id: int, answers: Mapping[int, LineAnswer]) -> None:
    """Write what is answered, by the place of the line."""
    if not answers:
        return
    records = [{"position": place, **asdict(answers[place])} for place in sorted(answers)]
    work.do(
        "UPDATE hub.quote_lines l SET state = a.state, source = a.source, price = a.price, currency = a.currency,"
        "   qty_available = a.qty_available, uom = a.uom, condition = a.condition, code = a.code, note = a.note,"
        "   known_at = a.known_at, settled_at = CASE WHEN a.state <> 'pending' THEN now() END"
        " FROM json_to_recordset(%s::json) AS a(position int, state text, source text, price numeric, currency text,"
        "   qty_available int, uom text, condition text, code text, note text, known_at timestamptz)"
        " WHERE l.quote_id = %s AND l.position = a.position",
        [msgspec.json.encode(records).decode(), quote_id],
    )


def move(work: Work, quote_id: int, state: QuoteState, *, batch_id: UUID | None) -> None:
    """Give a quote its state, and the search it waits for or was completed by."""
    work.do(
        "UPDATE hub.quotes SET state = %(state)s, batch_id = %(batch)s, updated_at = now(),"
        "   completed_at = CASE WHEN %(state)s <> 'pending' THEN now() END WHERE id = %(id)s",
        {"state": str(state), "batch": batch_id, "id": quote_id},
    )


def by_number(work: Work, rfq_number: str) -> Quote | None:
    """The quote of this number, or None."""
    return _whole(work, work.row("SELECT * FROM hub.quotes WHERE rfq_number = %s", [rfq_number]))


def get(work: Work, quote_id: int) -> Quote | None:
    """The quote of this id, or None."""
    return _whole(work, work.row("SELECT * FROM hub.quotes WHERE id = %s", [quote_id]))


def hold(work: Work, quote_id: int) -> Quote | None:
    """The same, for the one who changes it: others wait until the commit."""
    return _whole(work, work.row("SELECT * FROM hub.quotes WHERE id = %s FOR UPDATE", [quote_id]))


def _whole(work: Work, row: dict[str, Any] | None) -> Quote | None:
    return _with_lines(work, [row])[0] if row else None


def _with_lines(work: Work, rows: Sequence[dict[str, Any]]) -> list[Quote]:
    lines: dict[int, list[dict[str, Any]]] = {row["id"]: [] for row in rows}
    for line in work.rows(
        "SELECT * FROM hub.quote_lines WHERE quote_id = ANY(%s) ORDER BY quote_id, position", [list(lines)]
    ):
        lines[line["quote_id"]].append(line)
    return [Quote.from_row(row, lines[row["id"]]) for row in rows]


def page(
    work: Work, *, limit: int, state: str | None = None, search: str | None = None, before: int | None = None
) -> list[Quote]:
    """Quotes, newest first, behind the one of id `before`; `search` is how the RFQ number begins."""
    rows = work.rows(
        "SELECT * FROM hub.quotes WHERE (%(before)s::bigint IS NULL OR id < %(before)s)"
        "   AND (%(state)s::text IS NULL OR state = %(state)s)"
        "   AND (%(search)s::text IS NULL OR starts_with(rfq_number, %(search)s))"
        " ORDER BY id DESC LIMIT %(limit)s",
        {"before": before, "state": state, "search": search or None, "limit": limit},
    )
    return _with_lines(work, rows)


def due(work: Work, *, limit: int) -> list[int]:
    """Quotes that wait for a part which is at its end, oldest first."""
    rows = work.rows(f"SELECT q.id FROM hub.quotes q WHERE {_DUE} ORDER BY q.id LIMIT %s", [limit])  # noqa: S608 - constant
    return [row["id"] for row in rows]


def is_due(work: Work, quote_id: int) -> bool:
    """Whether this one does."""
    return bool(work.value(f"SELECT EXISTS (SELECT 1 FROM hub.quotes q WHERE q.id = %s AND {_DUE})", [quote_id]))  # noqa: S608


def is_pending(work: Work, quote_id: int) -> bool:
    """Whether a line of it still waits."""
    return bool(work.value("SELECT state = 'pending' FROM hub.quotes WHERE id = %s", [quote_id]))


def settled(work: Work, batch_id: UUID | None, part_numbers: Sequence[str]) -> dict[str, SettledItem]:
    """Those of these parts whose item is at its end, or gone."""
    rows = work.rows(
        "SELECT a.part, i.state, i.skus, i.error_code, i.error FROM unnest(%b::text[]) AS a(part)"  # noqa: S608
        " LEFT JOIN hub.batch_items i ON i.part_number = a.part AND i.batch_id = %s"
        f" WHERE {_AT_ITS_END}",
        [list(part_numbers), batch_id],
    )
    return {
        row["part"]: SettledItem(
            state=row["state"], skus=tuple(row["skus"] or ()), error_code=row["error_code"], error=row["error"]
        )
        for row in rows
    }


def known(work: Work, part_numbers: Sequence[str], *, with_store: bool) -> dict[str, Known]:
    """What the rows know of parts: the store's offer, the catalogue's row, a person's word, Boeing's last answer."""
    parts = sorted(set(part_numbers))
    rows = work.rows(
        "SELECT a.part, p.price, p.stock, p.published_at, p.state = 'live' AND p.product_id IS NOT NULL AS is_live,"
        "   coalesce(h.excluded, false) AS excluded, h.price_override, n.skus, n.fetched_at"
        " FROM unnest(%b::text[]) AS a(part)"
        " LEFT JOIN hub.products p ON p.sku = a.part AND p.shop = %s"
        " LEFT JOIN hub.hand_data h ON h.sku = a.part"
        " LEFT JOIN hub.part_answers n ON n.part_number = a.part",
        [parts, products.current_shop(work) if with_store else None],
    )
    staged = hand_data.for_publishing(work, parts)
    relatives = _variants(work, parts)
    return {
        row["part"]: Known(
            part_number=row["part"],
            in_store=_offer(row),
            staged=staged.get(row["part"]),
            excluded=row["excluded"],
            price_override=row["price_override"],
            answered=(tuple(row["skus"]), row["fetched_at"]) if row["fetched_at"] is not None else None,
            variants=tuple(relatives.get(row["part"], ())),
        )
        for row in rows
    }


def _offer(row: Mapping[str, Any]) -> StoreOffer | None:
    if not row["is_live"] or row["published_at"] is None:
        return None
    pieces = sum(int(quantity) for quantity in row["stock"].values())
    return StoreOffer(price=row["price"], pieces=pieces, published_at=row["published_at"])


def _variants(work: Work, part_numbers: Sequence[str]) -> dict[str, list[str]]:
    """Staged SKUs of the same base number, by the index the catalogue is searched by; the SKU stands in it, too."""
    asked = [(part, base) for part in part_numbers if len(search_key(base := base_number(part))) >= _FEWEST_SIGNS]
    rows = work.rows(
        "SELECT a.part, s.sku FROM unnest(%b::text[], %b::text[], %b::text[]) AS a(part, base, key)"
        " CROSS JOIN LATERAL (SELECT sku FROM hub.product_staging s WHERE s.search_key ~>=~ a.key"
        # Keys are capital letters and digits, so nothing that begins with this one is behind it with a tilde.
        "   AND s.search_key ~<~ (a.key || '~') AND split_part(s.sku, '=', 1) = a.base AND s.sku <> a.part"
        "   LIMIT %s) s",
        [
            [part for part, _ in asked],
            [base for _, base in asked],
            [search_key(base) for _, base in asked],
            _MOST_VARIANTS,
        ],
    )
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row["part"], []).append(row["sku"])
    return found


def moment(work: Work) -> datetime:
    """Now, by the clock that answers are dated by."""
    return work.value("SELECT now()")
