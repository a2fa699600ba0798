"""Failures by cause: how many, since when, an example, and what a person can do about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from boeing_data_hub.normalization import screening
from boeing_data_hub.store import items
from boeing_data_hub.store.work import Work

# What to do, by code. A code that is not here gets the general advice.
WHAT_TO_DO = {
    "not_found": "Check the part numbers against Boeing's catalogue, with suffix. Correct them in the download and "
    "upload it again.",
    "boeing_rejected": "Boeing refuses this very number, alone. Correct it or leave it out.",
    "boeing_forbidden": "This account may not see the part. Ask Boeing Distribution to open it, then retry.",
    "boeing_timeout": "Boeing was too slow. Retry the failed items later.",
    "boeing_connection_lost": "The connection to Boeing broke off again and again. Retry the failed items later.",
    "boeing_malformed": "Boeing sent something unreadable, several times. Retry later; the answers are kept.",
    "boeing_schema_changed": "Boeing's answer has a new form. Nothing was staged from it. The hub needs an update.",
    "boeing_wrong_answer": "Boeing answered for other parts, several times. Retry later.",
    "worker_lost": "The worker died over this part again and again. Look at its log, then retry.",
    "poison": "Normalization died over this answer. Look at the worker's log; the raw answer is kept.",
    "normalization_failed": "Search for the part again.",
    "not_staged": "Search for these parts first, then publish them.",
    "no_price": "Ask Boeing for a quote, or set a price by hand; then publish again.",
    "no_stock": "Search again later; with stock they can be published.",
    "only_unmapped_locations": "Add one of their locations to SHOPIFY_LOCATION_MAP, or leave them out.",
    "price_unreadable": "Search again; if Boeing's price stays unreadable, set one by hand.",
    "price_override_unusable": "Correct the price that was set by hand, then publish again.",
    "quantity_unreadable": "Search again; the answers are kept for whoever looks into it.",
    "part_number_unreadable": "Boeing's own part number cannot be used in the store. Leave these parts out.",
    "currency_missing": "Search again; a price without a currency is not sold.",
    "product_missing": "Publish again: the product is looked for by its custom id, and made anew if it is gone.",
    "currency_differs": "Check HUB_CURRENCY against the store's currency, then search again.",
    "needs_review": "Look at the staged parts; search again once Boeing has mended its data.",
    "rows_disagree": "Find out which of Boeing's rows holds, then search again.",
    "price_negative": "Search again once Boeing has mended its price, or set one by hand.",
    "quantity_negative": "Search again once Boeing has mended its stock figures.",
    "quantity_missing": "Search again once Boeing names stock figures.",
    "stock_contradicts": "Ask Boeing which of its stock figures holds, or search again later.",
    "excluded": "Include them again if they are to be published.",
    "sku_taken": "Decide each under conflicts: take the product over, or leave it.",
    "handle_taken": "Give the other product another handle in the store, then retry.",
    "several_variants": "Leave one variant of each product in the store, or exclude these parts; then publish again.",
    "plan_changed": "Make a new plan for these parts.",
    "metafield_refused": "Mend the value by hand, or the store's definition; or set HUB_METAFIELD_REFUSAL=leave_out.",
    "shopify_refused": "The store says what is wrong. Mend the part or the store's settings, then retry.",
    "shopify_rejected": "The store does not take the call as it is. Look at the worker's log, and report it.",
    "shopify_too_dear": "The store holds the call to be too dear. Look at the worker's log, and report it.",
    "shopify_upload_refused": "The store did not take the file. Retry the failed items; look at the worker's log.",
    "shopify_scope": "Grant the app the scope that `bdh doctor` names, then retry.",
    "shopify_credentials": "Set SHOPIFY_ADMIN_API_TOKEN right (`bdh doctor` checks it), then retry.",
    "changed_since": "Look at the products in the store, and decide there.",
    "published_since": "Undo the later publishing first, or publish anew.",
    "undo_nothing": "Nothing is to be done: the batch changed nothing about these parts.",
    "undo_gone": "Nothing is to be done: the products are not in the store.",
    "undo_unknown": "Set these products right in the store by hand, or publish them anew.",
    "shopify_outcome_unknown": "Retry the failed items: it is found out what the store has, and gone on from there.",
    "internal_error": "A fault of the hub. Look at the worker's log and report it; retrying is safe.",
}
_GENERAL = "Retry the failed items; if it happens again, look at the worker's log."


_SHOPIFY_DOWN = "Shopify failed to answer again and again. Retry the failed items later; nothing is doubled by it."
_BOEING_DOWN = "Boeing failed to answer again and again. Retry the failed items later."


_HELD = frozenset({"normalized:blocked", "normalized:needs_review"})


def what_to_do(code: str | None) -> str:
    """Advice for a failure code."""
    if code and code.startswith("boeing_5"):
        return _BOEING_DOWN
    if code and code not in WHAT_TO_DO and code.startswith("shopify_"):
        return _SHOPIFY_DOWN
    return WHAT_TO_DO.get(code or "", _GENERAL)


def grouped(work: Work, batch_id: UUID) -> dict[str, Any]:
    """The failures of a batch grouped by cause, and beside them what is staged but cannot be sold as it is."""
    failed: list[dict[str, Any]] = []
    held: list[dict[str, Any]] = []
    for group in items.groups(work, batch_id):
        told = _told(group)
        (held if group["kind"] in _HELD else failed).append(told)
    return {
        "batch_id": str(batch_id),
        "failed": sum(group["count"] for group in failed),
        "groups": failed,
        "not_publishable": held,
    }


def _told(group: Mapping[str, Any]) -> dict[str, Any]:
    code = group["code"] or "unknown"
    if group["kind"] not in _HELD:
        sentence, advice = group["error"], what_to_do(code)
    else:
        sentence = screening.SENTENCES.get(code, "These parts cannot be sold as they are.")
        advice = "These parts are staged and shown, but not offered for sale until this changes."
    return {
        "kind": str(group["kind"]).removeprefix("normalized:"),
        "code": code,
        "message": sentence,
        "what_to_do": advice,
        "count": group["items"],
        "sample": list(group["sample"]),
        "first_at": group["first_at"],
        "last_at": group["last_at"],
    }
