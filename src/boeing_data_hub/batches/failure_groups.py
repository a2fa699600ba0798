"""Failures grouped by cause, with count, time, an example and a remedy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from boeing_data_hub.catalogue import screening
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.work import items
from boeing_data_hub.work.items import Group

# Remedies by code. Other codes get the general one.
WHAT_TO_DO = {
    "not_found": "Check the suffix (for example =K3). Fix the numbers in the failure file and upload it.",
    "boeing_rejected": "Boeing rejects this part number. Correct it or leave it out.",
    "boeing_forbidden": "Your Boeing account can't see these parts. Ask Boeing Distribution for access, then retry.",
    "boeing_complained": "Boeing returned an error for these parts. Retry them later.",
    "boeing_incomplete": "Boeing's responses were incomplete. Retry the failed parts later.",
    "boeing_timeout": "Boeing was too slow. Retry the failed parts later.",
    "boeing_connection_lost": "The connection to Boeing failed several times. Retry the failed parts later.",
    "boeing_malformed": "Boeing's responses couldn't be read. Retry later; the responses are kept.",
    "boeing_schema_changed": "Boeing changed its data format. The hub needs an update; nothing was used.",
    "boeing_wrong_answer": "Boeing returned other parts several times. Retry later.",
    "worker_lost": "The worker stopped at these parts several times. Check its log, then retry.",
    "poison": "Processing this response failed. Check the worker's log; the response is kept.",
    "normalization_failed": "Search for these parts again.",
    "not_staged": "Search for these parts first, then publish them.",
    "no_price": "Ask Boeing for a quote or set a manual price, then publish again.",
    "no_stock": "Search again later. They can be published once Boeing has stock.",
    "held_by_rule": "Publish them by hand if they may be sold, or change HUB_HOLD_RULES.",
    "stock_reserved": "Wait until Boeing has more, or lower HUB_STOCK_RESERVE or HUB_STOCK_RESERVE_PERCENT.",
    "only_unmapped_locations": "Add one of their locations to SHOPIFY_LOCATION_MAP, or leave them out.",
    "price_unreadable": "Search again. If the price is still unreadable, set a manual price.",
    "price_override_unusable": "Correct the manual price, then publish again.",
    "quantity_unreadable": "Search again. Boeing's response is kept.",
    "part_number_unreadable": "Boeing's part number can't be used as a SKU. Leave these parts out.",
    "currency_missing": "Search again. Prices without a currency can't be used.",
    "product_missing": "Publish again. If the product is gone, it is created again.",
    "currency_differs": "Check HUB_CURRENCY against the store's currency, then search again.",
    "needs_review": "Review the parts. Search again once Boeing has corrected its data.",
    "rows_disagree": "Ask Boeing which price is right, then search again.",
    "price_negative": "Search again once Boeing has corrected its price, or set a manual price.",
    "quantity_negative": "Search again once Boeing has corrected its stock.",
    "quantity_missing": "Search again once Boeing reports stock.",
    "stock_figures_differ": "Ask Boeing which stock figure is right, or search again later.",
    "stock_contradicts": "Ask Boeing which stock figure is right, or search again later.",
    "review_below_cost": "Approve the price in Reviews, or correct the price rules or the manual price.",
    "review_below_floor": "Approve the price in Reviews, or correct the manual price or HUB_GUARD_PRICE_FLOOR.",
    "excluded": "Include them to publish them.",
    "sku_taken": "Link each part to the existing product, or don't publish it.",
    "look_alike": "Link each part to the existing product, publish it separately, or don't publish it.",
    "handle_taken": "Change the other product's URL handle in your store, then retry.",
    "deleted_in_store": "To sell them again, set HUB_DRIFT_DELETED=create and publish them.",
    "several_variants": "Keep only one variant of each product in your store, or exclude these parts. Then publish "
    "again.",
    "plan_changed": "Create a new plan for these parts.",
    "metafield_refused": "Correct the value with an override, or correct the metafield definition; or set "
    "HUB_METAFIELD_REFUSAL=leave_out.",
    "shopify_refused": "Correct the part or your store's settings, then retry.",
    "shopify_rejected": "Shopify rejected the request. Check the worker's log and report it.",
    "shopify_too_dear": "The request costs more API points than Shopify allows. Check the worker's log and report it.",
    "shopify_upload_refused": "Shopify rejected the file. Retry the failed parts; check the worker's log.",
    "shopify_scope": "Run `bdh doctor` to see which app scope is missing, grant it, then retry.",
    "shopify_credentials": "Run `bdh doctor` to see what is wrong with the store access, correct it, then retry.",
    "changed_since": "Review these products in your store.",
    "published_since": "Undo the later run first, or publish again.",
    "undo_nothing": "Nothing to do: the run didn't change these parts.",
    "undo_gone": "Nothing to do: the products aren't in your store.",
    "undo_unknown": "Correct these products in your store, or publish them again.",
    "shopify_outcome_unknown": "Retry the failed parts. The hub checks your store first, so no duplicates are created.",
    "internal_error": "An error in the hub. Check the worker's log and report it. You can retry safely.",
}
_GENERAL = "Retry the failed parts. If it happens again, check the worker's log."


_SHOPIFY_DOWN = "Shopify didn't respond several times. Retry the failed parts later; no duplicates are created."
_BOEING_DOWN = "Boeing didn't respond several times. Retry the failed parts later."


_HELD = frozenset({("normalized", "blocked"), ("normalized", "needs_review"), ("not_for_sale", "blocked")})


def what_to_do(code: str | None) -> str:
    """The remedy for a failure code."""
    if code and code.startswith("boeing_5"):
        return _BOEING_DOWN
    if code and code not in WHAT_TO_DO and code.startswith("shopify_"):
        return _SHOPIFY_DOWN
    return WHAT_TO_DO.get(code or "", _GENERAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureGroup:
    """Items of a batch that share a cause. `kind` is what became of them; `sample`, their first part numbers."""

    kind: str
    code: str
    message: str | None
    what_to_do: str
    count: int
    sample: Sequence[str]
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Failures:
    """The failures of a batch, grouped by cause. `not_publishable` are parts that were found, but cannot be sold."""

    batch_id: UUID
    failed: int
    groups: Sequence[FailureGroup]
    not_publishable: Sequence[FailureGroup]


def grouped(work: Work, batch_id: UUID) -> Failures:
    """The failures of a batch."""
    failed: list[FailureGroup] = []
    held: list[FailureGroup] = []
    for group in items.groups(work, batch_id):
        (held if (group.state, group.outcome) in _HELD else failed).append(_told(group))
    count = sum(group.count for group in failed)
    return Failures(batch_id=batch_id, failed=count, groups=failed, not_publishable=held)


def _told(group: Group) -> FailureGroup:
    code = group.code or "unknown"
    if group.state != "normalized":
        sentence, advice = group.error, what_to_do(code)
    else:
        sentence = screening.SENTENCES.get(code, "These parts can't be sold as they are.")
        advice = f"Not offered for sale. {WHAT_TO_DO.get(code, 'Search again later.')}"
    return FailureGroup(
        kind=group.outcome,
        code=code,
        message=sentence,
        what_to_do=advice,
        count=group.items,
        sample=group.sample,
        first_at=group.first_at,
        last_at=group.last_at,
    )
