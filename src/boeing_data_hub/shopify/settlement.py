"""Saves the outcomes of a claim's parts in one transaction: products, items, conflicts, and leftover products."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.shopify import (
    confirmation,
    conflict_rows,
    intents,
    leftover_products,
    lookups,
    outcomes,
    products,
    publish_items,
    reviews,
)
from boeing_data_hub.shopify.claims import Claim
from boeing_data_hub.shopify.item_moves import settled
from boeing_data_hub.shopify.journey import Decided, Done, Dropped, Hold, Later, Leave, NotDone, Send, Sent
from boeing_data_hub.shopify.publications import StoreFacts
from boeing_data_hub.shopify.reviews import Judged
from boeing_data_hub.work import batches, leases

_LATE_SECONDS: Final = 120.0  # after which the store has carried out a call that it did not answer, or never will
_CREATED_LATE: Final = "The call that creates it ended without an answer. The hub checks whether Shopify created it."


def concluded(parts: Mapping[str, Sent]) -> dict[str, Sent]:
    """The parts, each with its outcome."""
    return {sku: part if part.outcome is not None else _concluded(part) for sku, part in parts.items()}


def _concluded(part: Sent) -> Sent:
    if not part.owes and (part.confirmed is not None or isinstance(part.verdict, Leave)):
        return replace(part, outcome=outcomes.done(part))
    return replace(part, outcome=Later())  # nothing was done for it, for a reason that affects other parts, too


def save(
    work: Work, claim: Claim, parts: Mapping[str, Sent], decided: Mapping[str, Decided], facts: StoreFacts
) -> None:
    """Save the results of a claim: products, items, what waits for review, and the batches' counts.

    Args:
        work: the transaction.
        claim: it ends.
        parts: with their outcomes; items of other parts have theirs once a bulk operation has ended.
        decided: all parts of the claim, as they were decided.
        facts: of the store.

    Raises:
        LeaseLostError: another worker holds the parts now; nothing is saved.
    """
    leases.release(work, claim.lease)
    batches.hold_ledger(work)
    write(work, parts, facts)
    reviews.note(work, facts.shop, [judged for part in decided.values() for judged in _judged(part)])
    items = [item for item in claim.items if all(sku in parts for sku in item.skus)]
    batches.move_counts(work, publish_items.settle(work, settled(items, parts)))


def _judged(part: Decided) -> Iterator[Judged]:
    """What guards hold back of a part. One that cannot be sold, or is in conflict, was not judged by them."""
    verdict, item = part.verdict, part.item
    if verdict is None or item.undo_of is not None or item.cancelled:
        return
    if part.staged is not None and (not isinstance(verdict, Hold) or verdict.held):
        yield Judged(part.sku, verdict.held, part.staged.fetched_at, item.batch_id)


def doubt(work: Work, parts: Mapping[str, Sent], facts: StoreFacts) -> list[str]:
    """Handle a lease that was lost during calls. If other workers settled a part since, this worker's call may have
    reached the store after theirs.

    Returns:
        The SKUs that others settled: the next publish asks the store what it has, and corrects it.
    """
    sent = {
        part.sku: part.intent for part in parts.values() if part.late and part.intent is not None and _was_sent(part)
    }
    return intents.doubt(work, facts.shop, sent)


def write(work: Work, parts: Mapping[str, Sent], facts: StoreFacts) -> None:
    """Save what the store has now, what it does not have, and what a person must know."""
    shop = facts.shop
    own = list(parts.values())
    orphaned = [part for part in own if isinstance(part.outcome, NotDone) and part.outcome.orphan]
    kept = [part for part in own if part.confirmed is not None and part not in orphaned]
    confirmation.write_down(work, shop, [part.confirmed for part in kept if part.confirmed is not None])
    lost = [part.sku for part in own if isinstance(part.outcome, Later) and part.outcome.lost]
    lost += [part.sku for part in orphaned]
    if lost:
        products.lose(work, shop, lost)
        lookups.forget(work, shop, lost)
    for part in orphaned:
        assert isinstance(part.outcome, NotDone)  # noqa: S101 - chosen for it
        leftover_products.add(
            work,
            shop,
            sku=part.sku,
            product_id=part.confirmed.product_id if part.confirmed is not None else None,
            reason=part.outcome.sentence,
            batch_id=part.item.batch_id,
        )
    for part in own:
        if _may_come_late(part):
            leftover_products.add(
                work,
                shop,
                sku=part.sku,
                product_id=None,
                reason=_CREATED_LATE,
                batch_id=part.item.batch_id,
                wait=_LATE_SECONDS,
            )
    intents.forget(work, shop, [part.sku for part in own if _surely_not(part) and part not in orphaned])
    conflicts = [dict(one.conflict) for part in own if isinstance(one := part.outcome, NotDone) and one.conflict]
    conflict_rows.note(work, shop, conflicts)
    done = [part.sku for part in own if isinstance(part.outcome, Done)]
    if done:
        conflict_rows.end(work, shop, done)


def _surely_not(part: Sent) -> bool:
    """True if an intent was saved for this claim, and the store certainly did not carry it out."""
    if part.confirmed is not None:
        return False
    if part.intent is None and part.looked and part.found is None and isinstance(part.outcome, Dropped | NotDone):
        return True  # of an earlier claim, and the store was asked
    match part.outcome if part.intent is not None and isinstance(part.verdict, Send) else None:
        case Later(unsure=unsure, lost=lost):
            return not unsure and not lost
        case NotDone(unsure=unsure):
            return not unsure
        case Dropped():
            return True
        case _:
            return False


def _may_come_late(part: Sent) -> bool:
    """True if an earlier claim's creation had no answer, is not in the store yet, and no one goes on with it: the store
    may still carry it out.
    """
    intent = part.product.intent if part.product is not None else None
    return _surely_not(part) and part.intent is None and intent is not None and intent.action == "created"


def _was_sent(part: Sent) -> bool:
    """True if a call of this claim changed the product, or may have."""
    match part.outcome:
        case Later(unsure=True) | NotDone(unsure=True):
            return True
        case _:
            return part.confirmed is not None and isinstance(part.verdict, Send)
