"""The door itself: one call, within the shared budget. Nothing is repeated in here: asking again is decided above."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Protocol

from boeing_data_hub import telemetry
from boeing_data_hub.errors import RateLimited
from boeing_data_hub.model.budget import Sighting
from boeing_data_hub.shopify import answers, cost, documents
from boeing_data_hub.shopify.access import ShopifyAccess
from boeing_data_hub.shopify.answers import Answer
from boeing_data_hub.shopify.exchange import Exchange, NotSentError, Reply, stopped
from boeing_data_hub.shopify.failures import sort_status

_log = logging.getLogger(__name__)


class Budget(Protocol):
    """What the client needs of the shared budget; see `SharedBudget` for the meaning of each."""

    def take(self, points: float, *, keep_going: Callable[[], bool] = ...) -> bool: ...  # noqa: D102
    def learn(self, points: float, *, spent: float | None, seen: Sighting | None = None) -> None: ...  # noqa: D102
    def refused(self, seconds: float) -> None: ...  # noqa: D102


class NoAccount:
    """A budget that grants everything: for a doctor, whose few calls must not wait for Postgres.

    Attributes:
        seen: what the store last said of its bucket.
    """

    seen: Sighting | None = None

    def take(self, points: float, *, keep_going: Callable[[], bool] = lambda: True) -> bool:
        """Always."""
        del points
        return keep_going()

    def learn(self, points: float, *, spent: float | None, seen: Sighting | None = None) -> None:
        """Only what was seen is kept: the shared account is put right by the store's next answer."""
        del points, spent
        self.seen = seen or self.seen

    def refused(self, seconds: float) -> None:
        """Nothing is kept."""


class ShopifyClient:
    """Asks the store. One per process, made after a fork; its threads share connections and the budget.

    Args:
        access: address, token and limits.
        budget: the account every process shares.

    Attributes:
        version: the API version the store answered as last; empty before, and where it does not say.
        dated: the `Date` of its last answer.
    """

    def __init__(self, access: ShopifyAccess, budget: Budget) -> None:
        self._access = access
        self._budget = budget
        self._exchange = Exchange(access)
        self._version_told = False
        self.version = ""
        self.dated = ""

    def run(
        self,
        name: str,
        variables: Mapping[str, Any],
        *,
        points: float | None = None,
        keep_going: Callable[[], bool] = lambda: True,
    ) -> dict[str, Any]:
        """Wait for the budget, make one call, and return its `data`.

        Args:
            name: the document's name.
            variables: its variables, as JSON knows them; money as strings.
            points: what the call may cost at most; None: reckoned from the document and its variables.
            keep_going: looked at while waiting for the budget, and once more when the call is about to leave.

        Returns:
            `data`, with fractions as Decimal. It holds no user errors.

        Raises:
            NotSentError: nothing was sent: the store is unreachable, or `keep_going` said no.
            OutcomeUnknown: a mutation without a usable answer; it may have been carried out.
            RateLimited: throttled; nothing was done, and no attempt is to be counted.
            DailyLimit: no more variants are created today.
            Retry: anything else that may pass.
            UserErrors: refused, with the store's own words.
            Reject: the call itself is wrong or too dear.
            StopTheLine: `shopify_credentials`, `shopify_store_closed`, `shopify_api_version`, `shopify_scope`,
                `shopify_setup`.
            Unavailable: Postgres, where the budget lives, did not answer; nothing was sent.
            KeyError: there is no document of this name.
        """
        document = documents.load(name)
        price = cost.points(name, variables) if points is None else points
        content = json.dumps({"query": document.text, "variables": variables}).encode()
        if not self._budget.take(price, keep_going=keep_going):
            raise stopped()
        spent: float | None = None
        seen: Sighting | None = None
        try:
            with telemetry.outside_call("shopify", name) as call:
                reply = self._exchange.send(content, changes=document.changes, keep_going=keep_going)
                answer = self._sort(reply, changes=document.changes)
                if answer.error is not None:
                    call.outcome = answer.error.code
            seen, spent = answer.cost.bucket, _spent(reply.status, answer)
        except NotSentError:
            spent = 0.0
            raise
        finally:
            self._budget.learn(price, spent=spent, seen=seen)
        if isinstance(answer.error, RateLimited) and seen is None:
            self._budget.refused(answer.error.retry_after or 0.0)
        if answer.error is not None:
            raise answer.error
        return answer.data

    def _sort(self, reply: Reply, *, changes: bool) -> Answer:
        self._look_at_version(reply)
        if reply.status == HTTPStatus.OK:
            return answers.read(reply.body, changes=changes)
        error = sort_status(reply.status, reply.headers, reply.body, changes=changes)
        if not isinstance(error, RateLimited):
            return Answer({}, answers.Cost(), error)
        # Sources disagree on whether a throttled query is a 200 or a 429; either may tell the bucket's level.
        return Answer({}, answers.read(reply.body, changes=changes).cost, error)

    def _look_at_version(self, reply: Reply) -> None:
        answered = reply.headers.get("x-shopify-api-version")
        self.version, self.dated = answered or "", reply.headers.get("date", "")
        if answered and answered != self._access.api_version and not self._version_told:
            self._version_told = True
            _log.warning(
                "Shopify answers as version %s, not %s: the configured one has expired or is unknown.",
                answered[:20],
                self._access.api_version,
            )

    def close(self) -> None:
        """Close all connections."""
        self._exchange.close()


def _spent(status: int, answer: Answer) -> float | None:
    """What the call really cost, as far as the answer tells."""
    if isinstance(answer.error, RateLimited):
        return 0.0
    if answer.cost.actual is not None:
        return answer.cost.actual
    # An answer without a cost, good or bad, was refused before anything was charged; a 5xx may have been charged.
    return 0.0 if status < HTTPStatus.INTERNAL_SERVER_ERROR and answer.cost.requested is None else None
