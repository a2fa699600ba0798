"""Stores webhooks that arrive at the same time in one transaction.

The store sends them in bursts. One transaction for each would take every connection of the pool, and the time of three
round trips to a remote Postgres each.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from threading import Lock

from boeing_data_hub.db.unit_of_work import Database
from boeing_data_hub.shopify import webhook_rows
from boeing_data_hub.shopify.webhooks import Webhook


@dataclass(frozen=True, slots=True, eq=False)
class _Arrived:
    webhook: Webhook
    stored: Future[bool] = field(default_factory=Future[bool])


class Inbox:
    """One process's arriving webhooks.

    Args:
        database: returns the database.
    """

    def __init__(self, database: Callable[[], Database]) -> None:
        self._database = database
        self._arrived: list[_Arrived] = []
        self._adding = Lock()
        self._storing = Lock()

    def store(self, webhook: Webhook) -> bool:
        """Store a webhook, and with it all that arrived while others were stored. False if it was received before.

        Raises:
            Unavailable: Postgres did not answer; it may be stored. The store delivers it again.
        """
        mine = _Arrived(webhook)
        with self._adding:
            self._arrived.append(mine)
        with self._storing:
            if not mine.stored.done():
                self._store_all()
        return mine.stored.result()

    def _store_all(self) -> None:
        with self._adding:
            arrived, self._arrived = self._arrived, []
        try:
            new = self._database().run(lambda work: webhook_rows.add(work, [one.webhook for one in arrived]))
        except Exception as error:  # noqa: BLE001 - each of the waiting requests raises it
            for one in arrived:
                one.stored.set_exception(error)
            return
        for one in arrived:
            one.stored.set_result(one.webhook.webhook_id in new)
            new.discard(one.webhook.webhook_id)
