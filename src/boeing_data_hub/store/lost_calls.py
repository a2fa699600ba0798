"""Calls whose answer may be lost: kept before they are made, written down when it was learnt what became of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from boeing_data_hub.model.publications import Confirmed, Intent
from boeing_data_hub.store import intents, products
from boeing_data_hub.store.work import Work


def keep_stock_call(work: Work, shop: str, key: UUID, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep a call that sets stock, and name it in the intents of its SKUs, before it is made."""
    intents.save_stock_call(work, shop, key, rows)
    work.do(
        "UPDATE hub.products SET intent = jsonb_set(intent, '{stock_call}', %s)"
        " WHERE shop = %s AND sku = ANY(%b) AND intent IS NOT NULL",
        [Jsonb(str(key)), shop, sorted({str(row["sku"]) for row in rows})],
    )


def learn(work: Work, shop: str, intent: Intent, confirmed: Confirmed) -> bool:
    """Write down that what was intended has happened; False where somebody has written about this part since."""
    still = work.value(
        "SELECT true FROM hub.products WHERE shop = %s AND sku = %s AND intent->>'batch_id' = %s"
        " AND intent->>'action' = %s AND (intent->>'stock_call') IS NOT DISTINCT FROM %s FOR UPDATE",
        [
            *(shop, confirmed.sku, str(intent.batch_id), intent.action),
            str(intent.stock_call) if intent.stock_call else None,
        ],
    )
    if still:
        products.confirm(work, shop, [confirmed])
    return bool(still)


def done_by(work: Work, batch_ids: Sequence[UUID], skus: Sequence[str]) -> dict[tuple[UUID, str], Any]:
    """What batches have done about SKUs so far (`created`, `updated`), by batch and SKU."""
    rows = work.rows(
        "SELECT batch_id, sku, action FROM hub.publish_changes WHERE batch_id = ANY(%s) AND sku = ANY(%b)",
        [list(batch_ids), list(skus)],
    )
    return {(row["batch_id"], row["sku"]): row["action"] for row in rows}
