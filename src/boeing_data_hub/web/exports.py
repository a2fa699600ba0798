"""Failures, plans, prices, quotes and differences as tables, read page by page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, cast
from uuid import UUID

from boeing_data_hub.batches import input_columns
from boeing_data_hub.batches.failure_groups import what_to_do
from boeing_data_hub.catalogue.listings import Change
from boeing_data_hub.catalogue.price_preview import PriceMove
from boeing_data_hub.catalogue.pricing import PriceRules
from boeing_data_hub.db.unit_of_work import Database
from boeing_data_hub.quotes.quote import Quote
from boeing_data_hub.shopify import adoption_rows, plans, store_job_rows
from boeing_data_hub.shopify.adoption import AdoptionRow
from boeing_data_hub.shopify.adoption_rows import RowFilter
from boeing_data_hub.shopify.planned import PlanItem
from boeing_data_hub.shopify.store_job_rows import DifferingProduct
from boeing_data_hub.web.api.quote_answer import item
from boeing_data_hub.web.sheets import Row, Sheet
from boeing_data_hub.work import items
from boeing_data_hub.work.batch import Item

COLUMNS = ("part_number", "error_code", "error", "what_to_do")
QUOTE_COLUMNS = (
    "part_no", "requested_qty", "status", "price_usd", "qty_available", "uom", "condition", "traceability",
    "price_type", "tag_date", "lead_time", "no_quote", "code", "note", "requested_part_no",
)  # fmt: skip
PLAN_COLUMNS = ("part_number", "sku", "action", "code", "reason", "field", "old", "new")
ADOPTION_COLUMNS = (
    "part_number", "confidence", "rule", "doubt", "keep", "choice", "state", "product_id", "title", "vendor",
    "sku_in_store", "status", "stock", "other_parts", "reason", "note",
)  # fmt: skip
DIFFERENCE_COLUMNS = ("sku", "product_id", "field", "published", "in_store", "next_publish", "seen")
PRICE_COLUMNS = ("sku", "old", "new", "ratio", "cost", "below_cost", "rule", "rule_name", "in_store")
_ROWS_AT_A_TIME: Final = 2000


def failures(database: Database, batch_id: UUID, *, with_input: bool = False) -> Sheet:
    """The failed items of a batch, to be corrected and uploaded again.

    Args:
        database: Postgres.
        batch_id: the batch.
        with_input: put the other columns of the batch's file first, if it came from one.
    """
    columns = database.run(lambda work: input_columns.columns(work, batch_id)) if with_input else []
    rows = (
        (*cells, *_failure(item))
        for page in _failed(database, batch_id)
        for item, cells in _with_cells(database, batch_id, page, columns)
    )
    return Sheet("failures", (*columns, *COLUMNS), (*(24 for _ in columns), 24, 24, 60, 60), rows)


def plan(database: Database, batch_id: UUID) -> Sheet:
    """A plan: a row for each field that would change, and one for a part without changes."""
    rows = (row for part in _planned(database, batch_id) for row in _changes(part))
    return Sheet("plan", PLAN_COLUMNS, (24, 24, 12, 24, 60, 24, 40, 40), rows)


def adoption(database: Database, adoption_id: UUID) -> Sheet:
    """A plan to adopt a store: a row for each of its products."""
    rows = (_adopted(row) for row in _adoptions(database, adoption_id))
    return Sheet("adoption", ADOPTION_COLUMNS, (24,) * len(ADOPTION_COLUMNS), rows)


def price_moves(moves: Iterable[PriceMove], rules: PriceRules) -> Sheet:
    """The prices that a price list would change, each with the rule that makes it."""
    names = {place: rule.name for place, rule in enumerate(rules.listed, 1)}
    rows = (
        (
            move.sku,
            _cell(move.old),
            _cell(move.new),
            _cell(move.ratio),
            _cell(move.cost),
            _cell(move.is_below_cost),
            _cell(move.rule),
            names.get(move.rule or 0, "default rule"),
            _cell(move.in_store),
        )
        for move in moves
    )
    return Sheet("prices", PRICE_COLUMNS, (24, 14, 14, 10, 14, 12, 8, 40, 10), rows)


def quote(of: Quote) -> Sheet:
    """The lines of a quote, by the names of the webhook's answer."""
    told = (item(line, of.terms).model_dump(mode="json") for line in of.lines)
    rows = ((of.rfq_number, *(_cell(one[name]) for name in QUOTE_COLUMNS)) for one in told)
    return Sheet("quote", ("rfq_number", *QUOTE_COLUMNS), (24,) * (len(QUOTE_COLUMNS) + 1), rows)


def differences(database: Database, *, field: str | None, prefix: str | None) -> Sheet:
    """What differs in the store: a row for each field of each product."""
    rows = (row for product in _differing(database, field, prefix) for row in _differences(product, field))
    return Sheet("differences", DIFFERENCE_COLUMNS, (24, 40, 24, 40, 40, 14, 24), rows)


def _cell(value: Any) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _with_cells(
    database: Database, batch_id: UUID, page: Sequence[Item], columns: Sequence[str]
) -> Iterator[tuple[Item, Sequence[str]]]:
    """The items, each with the cells of its line in the other columns of the batch's file."""
    lines: Mapping[int, Sequence[str]] = {}
    if columns:
        positions = [item.position for item in page]
        lines = database.run(lambda work: input_columns.lines(work, batch_id, positions))
    empty = [""] * len(columns)
    return ((item, lines.get(item.position, empty)) for item in page)


def _failed(database: Database, batch_id: UUID) -> Iterator[list[Item]]:
    after = 0
    while found := database.run(
        lambda work, after=after: items.page(work, batch_id, limit=_ROWS_AT_A_TIME, after=after, state="failed")
    ):
        yield found
        after = found[-1].position


def _planned(database: Database, batch_id: UUID) -> Iterator[PlanItem]:
    after = 0
    while found := database.run(
        lambda work, after=after: plans.page(work, batch_id, limit=_ROWS_AT_A_TIME, after=after)
    ):
        yield from found
        after = found[-1].position


def _adoptions(database: Database, adoption_id: UUID) -> Iterator[AdoptionRow]:
    after = 0
    while found := database.run(
        lambda work, after=after: adoption_rows.page(work, adoption_id, RowFilter(), limit=_ROWS_AT_A_TIME, after=after)
    ):
        yield from found
        after = found[-1].position


def _adopted(row: AdoptionRow) -> Row:
    others = ", ".join(sku for sku in row.candidates if sku != row.part)
    named = (row.part, row.confidence, row.rule, row.doubt, row.keep, row.choice, row.state, row.product_id, row.title)
    return tuple(map(_cell, (*named, row.vendor, row.sku, row.status, row.pieces, others, row.reason, row.note)))


def _differing(database: Database, field: str | None, prefix: str | None) -> Iterator[DifferingProduct]:
    after = ""
    while found := database.run(
        lambda work, after=after: store_job_rows.differing(
            work, limit=_ROWS_AT_A_TIME, after=after, field=field, prefix=prefix
        )
    ):
        yield from found
        after = found[-1].sku


def _differences(product: DifferingProduct, field: str | None) -> Iterator[Row]:
    for each in product.differences:
        if field is None or str(each["field"]).partition(".")[0] == field:
            said = (
                _listed(each["ours"]),
                _listed(each["there"]),
                "overwrite" if each["policy"] == "put_right" else "keep",
            )
            yield product.sku, product.product_id, str(each["field"]), *said, product.looked_at.isoformat()


def _listed(value: Any) -> str:
    return ", ".join(str(each) for each in cast("list[object]", value)) if isinstance(value, list) else _text(value)


def _failure(item: Item) -> Row:
    return item.part_number, item.error_code or "", item.error or "", what_to_do(item.error_code)


def _changes(part: PlanItem) -> Iterator[Row]:
    named = tuple(_text(getattr(part, name)) for name in ("part_number", "sku", "action", "code", "sentence"))
    for change in part.changes or [Change("", None, None)]:
        yield (*named, *(change.field, _text(change.old), _text(change.new)))


def _text(value: object) -> str:
    return "" if value is None else str(value)
