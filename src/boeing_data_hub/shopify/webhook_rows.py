"""Received webhooks as rows: each is stored once, waits until its product is read, and stays to recognize repeats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from boeing_data_hub.db.statements import beside
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.shopify.webhooks import ABOUT_STORE, Webhook

_SQL: Final = beside(__file__)


@dataclass(frozen=True, slots=True)
class DueWebhook:
    """A webhook whose product is still to be read.

    Attributes:
        sku: of the product of ours that it names; None where it names another.
        location_id, available, changed_at: see `Webhook`.
        age: seconds since it was received.
    """

    webhook_id: str
    topic: str
    sku: str | None
    location_id: str | None
    available: int | None
    changed_at: datetime | None
    age: float


def add(work: Work, webhooks: Sequence[Webhook]) -> set[str]:
    """Store webhooks. Returns the ids of those that were not received before."""
    names = ("webhook_id", "topic", "product_id", "inventory_item_id", "location_id", "available", "changed_at")
    rows = work.rows(_SQL["add"], {name: [getattr(one, name) for one in webhooks] for name in names})
    return {row["webhook_id"] for row in rows}


def anything_due(work: Work) -> bool:
    """Whether a webhook is due."""
    return bool(work.value(_SQL["anything_due"]))


def about_store(work: Work) -> dict[str, str]:
    """Due webhooks about the app's access and the store's locations: the topic of each, by its id."""
    rows = work.rows(_SQL["about_store"], [sorted(ABOUT_STORE)])
    return {row["webhook_id"]: row["topic"] for row in rows}


def take(work: Work, shop: str, *, waited: float, held: float, most: int) -> list[DueWebhook]:
    """Take due webhooks, oldest first. Another worker may take the same ones if they are not settled in time.

    Args:
        work: the transaction.
        shop: the store.
        waited: only webhooks that have waited so many seconds.
        held: seconds in which the taker settles them.
        most: webhooks to take.
    """
    values = {"shop": shop, "waited": waited, "held": held, "most": most}
    return [DueWebhook(**row) for row in work.rows(_SQL["take"], values)]


def finish(work: Work, ids: Sequence[str]) -> None:
    """Their products were read, or are not ours."""
    work.do(_SQL["finish"], [list(ids)])


def put_off(work: Work, ids: Sequence[str], *, wait: float) -> None:
    """Take them again in so many seconds."""
    work.do(_SQL["put_off"], [wait, list(ids)])
