"""Creates quotes: a quote with its lines, and the search for unknown parts, in one transaction; answers complete it.

The waiting request, a later look-up and the sweep all complete a quote.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import BoundedSemaphore
from uuid import UUID

import structlog

from boeing_data_hub.batches.requests import SearchRequest
from boeing_data_hub.batches.run import Intake
from boeing_data_hub.catalogue import history
from boeing_data_hub.catalogue.listing_policy import ListingPolicy
from boeing_data_hub.clock import monotonic
from boeing_data_hub.db import audit
from boeing_data_hub.db.unit_of_work import Database, Work
from boeing_data_hub.errors import Conflict, NotFound, Unavailable
from boeing_data_hub.quotes import quote_rows
from boeing_data_hub.quotes.lines import answer_of, as_variant, for_line, only_variant, state_of
from boeing_data_hub.quotes.quote import (
    Known,
    LineAnswer,
    LineState,
    Quote,
    QuoteLine,
    QuoteRequest,
    QuoteState,
    QuoteTerms,
    SettledItem,
)
from boeing_data_hub.quotes.requests import fingerprint
from boeing_data_hub.quotes.terms import terms_in_force
from boeing_data_hub.settings import Settings
from boeing_data_hub.work.batch import Batch

log = structlog.get_logger(__name__)

_LOOK_EVERY = 0.15  # seconds
_MOST_WAITING = 16  # threads of a process that may wait for Boeing, because the rest of the API needs some, too
_ONE_SWEEP = 500  # quotes


@dataclass(frozen=True, slots=True)
class Asked:
    """The quote of a request, and True if this call created it."""

    quote: Quote
    is_new: bool


class Quoting:
    """Makes quotes, and completes them.

    Args:
        database: the rows.
        searches: for parts that are not known.
        settings: HUB_QUOTE_..., and those that quotes share with searches and the store.
        policy: returns how parts are offered now, prices included.
    """

    def __init__(
        self, *, database: Database, searches: Intake, settings: Settings, policy: Callable[[], ListingPolicy]
    ) -> None:
        self._database = database
        self._searches = searches
        self._places = BoundedSemaphore(_MOST_WAITING)
        self._settings = settings
        self._policy = policy

    def ask(self, request: QuoteRequest) -> Asked:
        """Create the quote of a request, and wait briefly for Boeing's answers.

        Repeating the same request with the same number returns the same quote, even at the same time.

        Raises:
            Conflict: the number was used for another request.
        """
        deadline = monotonic() + self._settings.hub_quote_answer_seconds
        digest = fingerprint(request)

        def step(work: Work) -> tuple[Asked, Sequence[Batch]]:
            quote_id = quote_rows.insert(work, request, request_hash=digest, terms=terms_in_force(self._settings))
            if quote_id is None:
                known = quote_rows.by_number(work, request.rfq_number)
                if known is None or known.request_hash != digest:
                    raise Conflict(
                        f"A quote for {request.rfq_number} was requested before, with other parts, quantities or "
                        "another buyer. That quote is unchanged. Use a new number for a new request, or repeat "
                        "the request exactly.",
                        code="rfq_number_taken",
                    )
                return Asked(known, is_new=False), ()
            quote_rows.insert_lines(work, quote_id, request.lines)
            quote = _there(quote_rows.get(work, quote_id))
            details = {"lines": len(request.lines)}
            audit.record(work, actor=request.actor, action="quote.ask", target=target_of(quote), details=details)
            started = self._answer(work, quote, quote.lines, actor=request.actor, afresh=False)
            return Asked(_there(quote_rows.get(work, quote_id)), is_new=True), started

        asked, started = self._database.run(step, patience=5)
        for batch in started:
            self._searches.wake(batch)
        return Asked(self._waited_for(asked.quote, deadline), asked.is_new)

    def look(self, quote: Quote) -> Quote:
        """The current quote, completed with Boeing's answers since."""
        if quote.is_pending:
            self.complete(quote.id)
        return self._database.run(lambda work: quote_rows.get(work, quote.id)) or quote

    def find(self, rfq_number: str) -> Quote:
        """The current quote with this number. Raises NotFound."""
        known = self._database.run(lambda work: quote_rows.by_number(work, rfq_number))
        if known is None:
            raise NotFound(
                f"No quote for {rfq_number[:100]!r}. `bdh quotes list` shows all quotes.",
                code="quote_not_found",
            )
        return self.look(known) if known.is_pending else known

    def ask_again(self, quote: Quote, *, actor: str) -> Quote:
        """Search the unanswered lines of a quote again. A repeated request starts no second search.

        Raises:
            Conflict: there are none.
        """

        def step(work: Work) -> tuple[Quote, Sequence[Batch]]:
            held = _there(quote_rows.hold(work, quote.id))
            again = [line for line in held.lines if line.answer.state is LineState.UNANSWERED]
            if held.is_pending:
                return held, ()
            if not again:
                raise Conflict(
                    "Every line of this quote has an answer, so there is nothing to retry. Nothing was changed.",
                    code="nothing_unanswered",
                )
            details = {"lines": len(again)}
            audit.record(work, actor=actor, action="quote.retry", target=target_of(held), details=details)
            started = self._answer(work, held, again, actor=actor, afresh=True)
            return _there(quote_rows.get(work, held.id)), started

        after, started = self._database.run(step, patience=5)
        for batch in started:
            self._searches.wake(batch)
        return after

    def complete(self, quote_id: int) -> bool:
        """Complete the lines whose search has finished. Returns True if there were any. Safe to repeat."""
        if not self._database.run(lambda work: quote_rows.is_due(work, quote_id)):
            return False

        def step(work: Work) -> bool:
            quote = quote_rows.hold(work, quote_id)
            if quote is None or not quote.is_pending:
                return False
            waiting = [line for line in quote.lines if line.answer.state is LineState.PENDING]
            settled = quote_rows.settled(work, quote.batch_id, sorted({line.part_number for line in waiting}))
            lines = [line for line in waiting if line.part_number in settled]
            answers = self._answers(work, quote, lines, settled)
            _write(work, quote, answers, batch_id=quote.batch_id)
            return bool(answers)

        return self._database.run(step)

    def sweep(self) -> int:
        """Complete all quotes that wait for a part whose search has finished. Returns how many.

        A quote that cannot be completed is logged and skipped.
        """
        completed = 0
        for quote_id in self._database.run(lambda work: quote_rows.due(work, limit=_ONE_SWEEP)):
            try:
                completed += self.complete(quote_id)
            except Unavailable:
                raise  # Postgres is down, which affects all of them
            except Exception:
                log.exception("a quote could not be completed", quote=quote_id)
        return completed

    def _answer(
        self, work: Work, quote: Quote, lines: Sequence[QuoteLine], *, actor: str, afresh: bool
    ) -> Sequence[Batch]:
        """Answer the known lines, and start a search for the others; `afresh`: it ignores cached answers.

        It has no idempotency key, because the quote already identifies a repeated request. Returns it, or nothing.
        """
        answers = self._answers(work, quote, lines, {})
        unknown = dict.fromkeys(line.part_number for line in lines if answers[line.position].state is LineState.PENDING)
        request = SearchRequest(
            part_numbers=list(unknown),
            owner=quote.owner,
            actor=actor,
            force_refresh=afresh,
            source=f"Quote {quote.rfq_number}",
            quote=quote.id,
            urgent=self._settings.hub_quote_urgent,
        )
        started = [self._searches.search_within(work, request)] if unknown else []
        _write(work, quote, answers, batch_id=started[0].id if started else quote.batch_id)
        return started

    def _answers(
        self, work: Work, quote: Quote, lines: Sequence[QuoteLine], settled: Mapping[str, SettledItem]
    ) -> dict[int, LineAnswer]:
        times = Counter(line.part_number for line in quote.lines)
        known = quote_rows.known(work, [line.part_number for line in lines], with_store=self._settings.has_store)
        fresh_from = history.moment(work) - timedelta(seconds=self._settings.hub_reuse_fresh_for)
        policy = self._policy()
        found = {
            part: answer_of(one, policy, quote.terms, fresh_from=fresh_from, settled=settled.get(part))
            for part, one in known.items()
        }
        if self._settings.hub_quote_offer_variant:
            found |= self._only_variants(
                work, found, known, settled, policy=policy, terms=quote.terms, fresh_from=fresh_from
            )
        return {
            line.position: for_line(found[line.part_number], line.quantity, lines=times[line.part_number])
            for line in lines
        }

    def _only_variants(
        self,
        work: Work,
        found: Mapping[str, LineAnswer],
        known: Mapping[str, Known],
        settled: Mapping[str, SettledItem],
        *,
        policy: ListingPolicy,
        terms: QuoteTerms,
        fresh_from: datetime,
    ) -> dict[str, LineAnswer]:
        """The answers for numbers with only one variant, if that variant is offered."""
        variants = {
            part: variant
            for part, answer in found.items()
            if answer.code == "other_variants" and (variant := only_variant(known[part], settled.get(part))) is not None
        }
        if not variants:
            return {}
        there = quote_rows.known(work, list(variants.values()), with_store=self._settings.has_store)
        return {
            part: as_variant(
                found[part],
                answer_of(there[variant], policy, terms, fresh_from=fresh_from),
                asked=part,
                variant=variant,
            )
            for part, variant in variants.items()
        }

    def _waited_for(self, quote: Quote, deadline: float) -> Quote:
        """The quote, after waiting briefly for Boeing; at once if too many requests wait already."""
        quote_id = quote.id
        if not quote.is_pending or not self._places.acquire(blocking=False):
            return quote
        try:
            while quote.is_pending and (left := deadline - monotonic()) > 0:
                time.sleep(min(_LOOK_EVERY, left))
                due, waits = self._database.run(
                    lambda work: (quote_rows.is_due(work, quote_id), quote_rows.is_pending(work, quote_id))
                )
                # If nothing is pending any more, another thread completed it, such as the sweep.
                if due or not waits:
                    quote = self.look(quote)
        finally:
            self._places.release()
        return quote


def target_of(quote: Quote) -> str:
    """The target of a quote in the audit log."""
    return f"quote:{quote.rfq_number}"


def _write(work: Work, quote: Quote, answers: Mapping[int, LineAnswer], *, batch_id: UUID | None) -> None:
    """Save answers, and the quote's resulting state."""
    quote_rows.answer_lines(work, quote.id, answers)
    state = state_of([answers.get(line.position, line.answer).state for line in quote.lines])
    quote_rows.move(work, quote.id, state, batch_id=batch_id)
    if state is not QuoteState.PENDING:
        details = {"state": str(state)}
        audit.record(work, actor="hub", action="quote.complete", target=target_of(quote), details=details)


def _there(quote: Quote | None) -> Quote:
    assert quote is not None  # noqa: S101 - its row is in this transaction, and nothing deletes it
    return quote
