"""Sends draft orders of quotes. The store offers no idempotency key for them, so after a lost answer the store is asked
first: the newest draft orders, and those with the quote's tag, are searched for our key.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

import structlog

from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.errors import PauseUpstream, RateLimited, Reject, Retry
from boeing_data_hub.retry import RetryPolicy
from boeing_data_hub.shopify import draft_order_rows as rows
from boeing_data_hub.shopify.draft_order_rows import DueDraftOrder, MadeDraftOrder
from boeing_data_hub.shopify.effects import EffectKind, Effects
from boeing_data_hub.shopify.failures import NotSentError
from boeing_data_hub.shopify.publications import StoreFacts
from boeing_data_hub.shopify.repeatable_calls import AsksStore
from boeing_data_hub.shopify.row_lease import Taken

log = structlog.get_logger(__name__)

SCOPE: Final = "write_draft_orders"
KEY: Final = "hub_quote"
"""The custom attribute that contains our key."""

LATE_SECONDS: Final = 30.0
"""For which the store may still carry out a call after we have stopped waiting for its answer."""

_RETRY: Final = RetryPolicy(first=2.0, longest=600.0)  # without an end: a person waits for it, and sees why
_LACKS_SCOPE: Final = (
    f"The store's app lacks the scope {SCOPE}. Grant it (`bdh doctor` says how), then create the draft order again."
)


def tag_of(quote_id: int) -> str:
    """The tag by which the draft order of a quote is found."""
    return f"hub-quote-{quote_id}"


class DraftOrders:
    """Sends draft orders, one at a time.

    Args:
        client: calls the store.
        effects: the loop.
        late_seconds: how long after it was sent a call may still be carried out; only then is it sent again.
    """

    def __init__(self, *, client: AsksStore, effects: Effects, late_seconds: float) -> None:
        self._client = client
        self._effects = effects
        self._late_seconds = late_seconds
        self._kind: EffectKind[DueDraftOrder] = EffectKind(
            name="a draft order",
            next_due=lambda work, facts: rows.next_due(work, facts.shop),
            held_as=lambda row: f"quote:{row.quote_id}",
            carry_out=self._carry_out,
            retry=lambda _row: _RETRY,
            put_off=lambda work, _facts, row, later: rows.put_off(
                work, row, wait=later.wait, attempts=later.attempts, note=later.note
            ),
        )

    def work(self, facts: StoreFacts) -> bool:
        """Send one draft order that is due. Returns and raises as `Effects.take_one`."""
        return self._effects.take_one(self._kind, facts)

    def _carry_out(self, taken: Taken[DueDraftOrder], _facts: StoreFacts) -> None:
        row = taken.row
        try:
            made = self._found(taken) if row.was_sent else None
            if made is None and row.was_sent and row.sent_ago < self._late_seconds:
                wait = self._late_seconds - row.sent_ago
                note = "The store's answer was lost. The hub is checking whether it has the draft order."
                taken.save(lambda work: rows.put_off(work, row, wait=wait, attempts=row.attempts, note=note))
                return
            made = made or self._sent(taken)
        except PauseUpstream as stopped:
            if stopped.code != "shopify_scope":
                raise
            # Publishing does not need this scope, so it must not pause.
            if row.was_sent:  # it may be in the store, so it stays until the store can be asked
                raise Retry(_LACKS_SCOPE, code="shopify_scope") from None
            taken.save(lambda work: rows.refused(work, row, _LACKS_SCOPE))
            return
        except Reject as rejected:
            said = f"The store rejected the draft order. {rejected.message}"
            taken.save(lambda work: rows.refused(work, row, said))
            return
        taken.save(lambda work: rows.created(work, row, made))
        log.info("created a draft order", quote=row.quote_id, name=made.name)

    def _found(self, taken: Taken[DueDraftOrder]) -> MadeDraftOrder | None:
        """The draft order with our key, if the store has it."""
        tagged = f"tag:{tag_of(taken.row.quote_id)}"
        found = self._client.run("draft_orders_seen", {"tagged": tagged}, keep_going=taken.is_ours)
        nodes = [*found["recent"]["nodes"], *found["tagged"]["nodes"]]
        return next((_made(node) for node in nodes if _has_key(node, taken.row.key)), None)

    def _sent(self, taken: Taken[DueDraftOrder]) -> MadeDraftOrder:
        row = taken.row
        taken.save(lambda work: rows.sending(work, row))
        try:
            answer = self._client.run("draft_order_create", {"input": row.payload}, keep_going=taken.is_ours)
        except (NotSentError, RateLimited, PauseUpstream):
            taken.save(_not_sent(row))
            raise
        return _made(answer["draftOrderCreate"]["draftOrder"])


def _not_sent(row: DueDraftOrder) -> Callable[[Work], None]:
    def step(work: Work) -> None:
        rows.not_sent(work, row)

    return step


def _has_key(node: dict[str, Any], key: UUID) -> bool:
    return any(each["key"] == KEY and each["value"] == str(key) for each in node["customAttributes"])


def _made(node: dict[str, Any]) -> MadeDraftOrder:
    return MadeDraftOrder(str(node["id"]), str(node["name"]), node.get("invoiceUrl"))
