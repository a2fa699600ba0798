"""Calls whose answer may be lost: saved before they are made, and resolved once their outcome is known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal
from uuid import UUID

from psycopg.types.json import Jsonb

from boeing_data_hub.db.statements import beside
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.shopify import confirmation, intents
from boeing_data_hub.shopify.inventory_plan import StockRow
from boeing_data_hub.shopify.publications import Confirmed, Intent

_SQL: Final = beside(__file__)


def keep_stock_call(work: Work, shop: str, key: UUID, rows: Sequence[StockRow]) -> None:
    """Save an inventory call, and its key in the intents of its SKUs, before it is made."""
    intents.save_stock_call(work, shop, key, rows)
    work.do(_SQL["name_stock_call"], [Jsonb(str(key)), shop, sorted({row.sku for row in rows})])


def learn(work: Work, shop: str, intent: Intent, confirmed: Confirmed) -> bool:
    """Save that an intent was carried out; False if the part was written to since."""
    still = work.value(
        _SQL["still_intended"],
        [
            *(shop, confirmed.sku, str(intent.batch_id), intent.action),
            str(intent.stock_call) if intent.stock_call else None,
        ],
    )
    if still:
        confirmation.write_down(work, shop, [confirmed])
    return bool(still)


def done_by(
    work: Work, batch_ids: Sequence[UUID], skus: Sequence[str]
) -> dict[tuple[UUID, str], Literal["created", "updated"]]:
    """What batches have done to SKUs so far, by batch and SKU."""
    rows = work.rows(_SQL["done_by"], [list(batch_ids), list(skus)])
    return {(row["batch_id"], row["sku"]): row["action"] for row in rows}
