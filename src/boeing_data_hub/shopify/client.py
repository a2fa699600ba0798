"""The store's client: one call at a time, within the shared budget. Retries are up to callers."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import Any, Protocol

from boeing_data_hub import telemetry
from boeing_data_hub.errors import PauseUpstream, RateLimited, Retry, Unavailable
from boeing_data_hub.shopify import answers, cost, documents
from boeing_data_hub.shopify.access import ShopifyAccess
from boeing_data_hub.shopify.answers import Answer
from boeing_data_hub.shopify.exchange import Exchange, NotSentError, Reply, stopped
from boeing_data_hub.shopify.failures import sort_status
from boeing_data_hub.shopify.tokens import LastingToken, StoreToken, StoreTokens
from boeing_data_hub.work.bucket import StoreFigures

_log = logging.getLogger(__name__)


class Budget(Protocol):
    """What the client needs of the shared budget; see `SharedBudget`."""

    def take(self, points: float, *, keep_going: Callable[[], bool] = ...) -> bool: ...  # noqa: D102
    def learn(self, points: float, *, spent: float | None, seen: StoreFigures | None = None) -> None: ...  # noqa: D102
    def refused(self, seconds: float) -> None: ...  # noqa: D102


class NoAccount:
    """A budget without a limit, for the doctor, whose few calls must not wait for Postgres.

    Attributes:
        seen: the store's last figures for its bucket.
    """

    seen: StoreFigures | None = None

    def take(self, points: float, *, keep_going: Callable[[], bool] = lambda: True) -> bool:
        """Always True."""
        del points
        return keep_going()

    def learn(self, points: float, *, spent: float | None, seen: StoreFigures | None = None) -> None:
        """Keep the store's figures only: its next answer corrects the shared account."""
        del points, spent
        self.seen = seen or self.seen

    def refused(self, seconds: float) -> None:
        """Do nothing."""


class ShopifyClient:
    """Calls the store. One per process, created after a fork; its threads share connections and the budget.

    Args:
        access: address and limits.
        budget: the account that all processes share.
        tokens: the source of access tokens; None: the permanent one of `access`.

    Attributes:
        version: the API version of the last response; empty before the first, and if the store gives none.
        dated: the `Date` of the last response.
    """

    def __init__(self, access: ShopifyAccess, budget: Budget, tokens: StoreTokens | None = None) -> None:
        self._access = access
        self._budget = budget
        self._tokens = tokens or LastingToken(access.token)
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
            variables: its variables as JSON values; money as strings.
            points: the maximum cost of the call; None: computed from the document and its variables.
            keep_going: checked while waiting for the budget, and once more just before the call is sent.

        Returns:
            `data`, with fractions as Decimal and without user errors.

        Raises:
            NotSentError: nothing was sent: the store is unreachable, or `keep_going` returned False.
            OutcomeUnknown: a mutation had no usable answer; it may have been carried out.
            RateLimited: throttled; nothing was done, and it does not count as an attempt.
            DailyLimit: the store creates no more variants today.
            Retry: any other temporary failure.
            UserErrors: rejected, with the store's messages.
            Reject: the call is invalid or too expensive.
            PauseUpstream: `shopify_credentials`, `shopify_store_closed`, `shopify_api_version`, `shopify_scope`,
                `shopify_setup`.
            Unavailable: Postgres, which has the budget, did not answer; nothing was sent.
            KeyError: there is no document of this name.
        """
        document = documents.load(name)
        price = cost.points(name, variables) if points is None else points
        content = json.dumps({"query": document.text, "variables": variables}).encode()
        self._token(self._tokens.current)  # before points are taken, so that waiting for a token delays no other call
        if not self._budget.take(price, keep_going=keep_going):
            raise stopped()
        spent: float | None = None
        seen: StoreFigures | None = None
        try:
            with telemetry.outside_call("shopify", name) as call:
                reply = self._send(content, changes=document.changes, keep_going=keep_going)
                answer = self._sort(reply, changes=document.changes)
                if answer.error is not None:
                    call.outcome = answer.error.code
            seen, spent = answer.cost.bucket, _spent(reply.status, answer)
        except (NotSentError, PauseUpstream):
            spent = 0.0
            raise
        finally:
            self._budget.learn(price, spent=spent, seen=seen)
        if isinstance(answer.error, RateLimited) and seen is None:
            self._budget.refused(answer.error.retry_after or 0.0)
        if answer.error is not None:
            raise answer.error
        return answer.data

    def _send(self, content: bytes, *, changes: bool, keep_going: Callable[[], bool]) -> Reply:
        """Send with the current token, and once more with a new one if the store rejects it.

        A call that was rejected with 401 was not carried out, so even a mutation is safe to repeat.
        """
        token = self._token(self._tokens.current)
        for tries_left in (2, 1, 0):
            reply = self._exchange.send(content, token=token.value, changes=changes, keep_going=keep_going)
            if reply.status != HTTPStatus.UNAUTHORIZED:
                break
            other = self._token(lambda stale=token: self._tokens.refused(stale))
            if not tries_left:
                break
            token = other
        if reply.status == HTTPStatus.OK:
            with suppress(Unavailable):  # a note for other processes; the answer has arrived
                self._tokens.accepted(token)
        return reply

    def _token(self, ask: Callable[[], StoreToken]) -> StoreToken:
        """The current token. If it cannot be fetched, our call was not sent."""
        try:
            return ask()
        except Retry as error:
            raise NotSentError(error.message, code=error.code, retry_after=error.retry_after, whole_line=True) from None

    def _sort(self, reply: Reply, *, changes: bool) -> Answer:
        self._look_at_version(reply)
        if reply.status == HTTPStatus.OK:
            return answers.read(reply.body, changes=changes)
        error = sort_status(reply.status, reply.headers, reply.body, changes=changes)
        if not isinstance(error, RateLimited):
            return Answer({}, answers.Cost(), error)
        # Sources disagree on whether a throttled query is a 200 or a 429; either may contain the bucket's level.
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
    """The actual cost of the call, as far as the answer shows it."""
    if isinstance(answer.error, RateLimited):
        return 0.0
    if answer.cost.actual is not None:
        return answer.cost.actual
    # A call whose answer has no cost was rejected before it was charged; a 5xx may have been charged.
    return 0.0 if status < HTTPStatus.INTERNAL_SERVER_ERROR and answer.cost.requested is None else None
