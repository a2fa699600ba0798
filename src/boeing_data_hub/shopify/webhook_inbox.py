"""Stores webhooks that arrive at the same time in one transaction.

The store sends them in bursts. One transaction for each would take every connection of the pool, and the time of three
round trips to a remote Postgres each; one thread for each would cost more than everything else about it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from anyio import CapacityLimiter, to_thread

from boeing_data_hub.db.unit_of_work import Database
from boeing_data_hub.shopify import webhook_rows
from boeing_data_hub.shopify.webhooks import Webhook

_AT_ONCE: Final = 1_000


@dataclass(frozen=True, slots=True, eq=False)
class _Arrived:
    webhook: Webhook
    stored: asyncio.Future[bool]


class Inbox:
    """One process's arriving webhooks. Used from its event loop alone.

    Args:
        database: returns the database.
    """

    def __init__(self, database: Callable[[], Database]) -> None:
        self._database = database
        self._arrived: list[_Arrived] = []
        self._storing: asyncio.Task[None] | None = None
        self._one = CapacityLimiter(1)  # a thread of its own, however many requests wait for theirs

    async def store(self, webhook: Webhook) -> bool:
        """Store a webhook together with all that arrived while others were stored. False if it was received before.

        Returns after the commit.

        Raises:
            Unavailable: Postgres did not answer; it may be stored. The store delivers it again.
        """
        mine = _Arrived(webhook, asyncio.get_running_loop().create_future())
        self._arrived.append(mine)
        if self._storing is None or self._storing.done():
            self._storing = asyncio.create_task(self._store_all())
        return await mine.stored

    async def _store_all(self) -> None:
        while self._arrived:
            some, self._arrived = self._arrived[:_AT_ONCE], self._arrived[_AT_ONCE:]
            try:
                new = await to_thread.run_sync(self._add, [one.webhook for one in some], limiter=self._one)
            except BaseException as error:
                # Each of the waiting requests raises it.
                _settle(some, lambda one, error=error: one.stored.set_exception(error))
                if not isinstance(error, Exception):
                    raise
            else:
                for one in some:
                    is_new = one.webhook.webhook_id in new
                    new.discard(one.webhook.webhook_id)
                    _settle([one], lambda one, is_new=is_new: one.stored.set_result(is_new))

    def _add(self, webhooks: Sequence[Webhook]) -> set[str]:
        return self._database().run(lambda work: webhook_rows.add(work, webhooks))


def _settle(some: Sequence[_Arrived], settle: Callable[[_Arrived], None]) -> None:
    for one in some:
        if not one.stored.done():  # its request was given up
            settle(one)
