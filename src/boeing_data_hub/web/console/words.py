"""The words for states and outcomes, with tone (a colour class) and icon: the only map of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from boeing_data_hub.health.batch_status import WaitingFor
from boeing_data_hub.values.states import BatchStatus
from boeing_data_hub.work.batch import Batch

Tone = Literal["good", "bad", "warn", "busy", "idle"]


@dataclass(frozen=True, slots=True)
class Word:
    """How a state is shown: never by colour alone, but by a word and an icon too."""

    text: str
    tone: Tone
    icon: str
    means: str = ""


RUN: Final[dict[str, Word]] = {
    "running": Word("Running", "busy", "dots", "Its parts are being processed."),
    "waiting": Word("Waiting", "warn", "clock", "It continues automatically; the page says what it is waiting for."),
    "stopping": Word("Cancelling", "warn", "clock", "Parts already being sent are finishing first."),
    "pending": Word("Waiting for approval", "warn", "clock", "Nothing is sent until someone approves it."),
    "succeeded": Word("Succeeded", "good", "check", "No part failed."),
    "finished_with_failures": Word(
        "Finished with failures", "warn", "alert", "Some parts failed; the others are done."
    ),
    "failed": Word("Failed", "bad", "cross", "Every part failed."),
    "cancelled": Word("Cancelled", "idle", "stop", "Someone cancelled it. Parts already done are kept."),
}
ITEM: Final[dict[str, Word]] = {
    "pending": Word("Queued", "idle", "clock"),
    "retrying": Word("Retrying", "warn", "clock"),
    "extracted": Word("Received", "busy", "dots"),
    "normalized": Word("Done", "good", "check"),
    "published": Word("Published", "good", "check"),
    "to_send": Word("Queued", "idle", "clock"),
    "sent_again": Word("Retrying", "warn", "clock"),
    "taken_back": Word("Undone", "good", "undo"),
    "not_for_sale": Word("Not for sale", "idle", "stop", "It can't be sold as it is. Nothing was sent."),
    "failed": Word("Failed", "bad", "cross"),
    "cancelled": Word("Cancelled", "idle", "stop"),
}
PART: Final[dict[str, Word]] = {
    "fetched": Word("Ready", "good", "check", "Priced and in stock. It can be published."),
    "blocked": Word("Not for sale", "idle", "stop", "It can't be sold as it is. Its page says why."),
    "needs_review": Word("Needs review", "bad", "alert", "Check this part before it is sold."),
    "published": Word("Published", "good", "check", "It is in your store."),
    "excluded": Word("Excluded", "idle", "stop", "Someone excluded it from publishing."),
    "unknown": Word("Not in catalog", "idle", "stop", "Boeing has returned no data for it."),
}
CHECK: Final[dict[str, Word]] = {
    "ok": Word("OK", "good", "check"),
    "skipped": Word("Skipped", "idle", "stop"),
    "warning": Word("Warning", "warn", "alert"),
    "error": Word("Error", "bad", "cross"),
}
KEY: Final[dict[str, Word]] = {
    "live": Word("Active", "good", "check"),
    "revoked": Word("Revoked", "idle", "stop"),
    "expired": Word("Expired", "idle", "stop"),
}
PLAN: Final[dict[str, Word]] = {
    "create": Word("Create", "good", "plus", "A new product is created in your store."),
    "update": Word("Update", "busy", "refresh", "Some fields of an existing product change."),
    "restock": Word("Restock", "busy", "parts", "Only the stock changes."),
    "unchanged": Word("Unchanged", "idle", "check", "Your store is up to date. Nothing is sent."),
    "blocked": Word("Not for sale", "idle", "stop", "It can't be sold as it is. Nothing is sent."),
    "conflict": Word("Conflict", "bad", "alert", "Another product in your store may be this part. You decide."),
}
OUTCOME: Final[dict[str, Word]] = {
    "created": Word("Created", "good", "plus", "A new product in your store."),
    "updated": Word("Updated", "good", "refresh", "Fields or stock of a product changed."),
    "unchanged": Word("Unchanged", "idle", "check", "Your store was up to date. Nothing was sent."),
    "blocked": Word("Not for sale", "idle", "stop", "It can't be sold as it is. Nothing was sent."),
    "conflict": Word("Conflict", "bad", "alert", "Another product in your store may be this part. You decide."),
    "failed": Word("Failed", "bad", "cross"),
    "cancelled": Word("Cancelled", "idle", "stop"),
    "undone": Word("Undone", "good", "undo", "The product was archived, or is as it was before the run."),
    "pending": Word("Queued", "idle", "clock"),
}
REVIEW: Final[dict[str, Word]] = {
    "price_rose": Word("Price rose sharply", "warn", "alert"),
    "price_fell": Word("Price fell sharply", "warn", "alert"),
    "below_cost": Word("Price below cost", "warn", "alert"),
    "below_floor": Word("Price below your minimum", "warn", "alert"),
    "stock_jumped": Word("Stock changed by a large factor", "warn", "alert"),
    "unit_changed": Word("Unit of measure changed", "warn", "alert"),
    "currency_changed": Word("Currency changed", "warn", "alert"),
    "run_prices": Word("Most prices of a run moved", "warn", "alert"),
    "run_sold_out": Word("Most parts of a run sold out", "warn", "alert"),
}
BULK: Final[dict[str, Word]] = {
    "prepared": Word("Prepared", "idle", "clock", "It is waiting for its turn at Shopify."),
    "starting": Word("Starting", "busy", "dots", "Its file is being uploaded."),
    "running": Word("Running", "busy", "dots", "Shopify is processing it."),
    "finished": Word("Reading results", "busy", "dots", "Shopify is done; the results are being read."),
    "ended": Word("Finished", "good", "check"),
}
STORE: Final[dict[str, Word]] = {
    "live": Word("Live", "good", "check", "It is in your store."),
    "archived": Word("Archived", "idle", "stop", "An undo took it off sale. You can publish it again."),
    "missing": Word("Missing", "bad", "alert", "It was deleted in your store. A plan says if it comes back."),
    "intended": Word("Being sent", "busy", "dots"),
}
CONFLICT: Final[dict[str, Word]] = {
    "sku_taken": Word("SKU taken", "warn", "alert", "Another product in your store uses this SKU."),
    "look_alike": Word("Look-alike", "warn", "alert", "Another product in your store looks like this part."),
    "publish_new": Word("Separate product", "good", "check", "The part can be published as a separate product."),
    "handle_taken": Word("URL taken", "warn", "alert", "Another product uses the URL handle this part needs."),
    "adopt": Word("Linked", "good", "check"),
    "leave": Word("Not published", "idle", "stop"),
}
QUOTE: Final[dict[str, Word]] = {
    "pending": Word("Waiting for Boeing", "busy", "clock", "It is completed automatically."),
    "quoted": Word("Quoted", "good", "check", "Every line has a price."),
    "partly_quoted": Word("Partly quoted", "warn", "check", "Some lines have a price, others don't."),
    "no_quote": Word("No quote", "idle", "stop", "No lines could be quoted."),
    "unanswered": Word("Unanswered", "bad", "alert", "At least one line got no answer. Retry."),
}
QUOTE_LINE: Final[dict[str, Word]] = {
    "pending": Word("Waiting for Boeing", "busy", "clock"),
    "quoted": Word("Quoted", "good", "check"),
    "no_quote": Word("No quote", "idle", "stop", "This part isn't offered; the note says why."),
    "unanswered": Word("Unanswered", "bad", "alert", "No answer; the note says why. Retry."),
}
ADOPTION: Final[dict[str, Word]] = {
    "planning": Word("Reading your store", "busy", "dots"),
    "waiting": Word("Waiting for approval", "warn", "clock"),
    "failed": Word("Failed", "bad", "cross", "Your store could not be read. Create another plan."),
    "adopting": Word("In progress", "busy", "dots"),
    "adopted": Word("Done", "good", "check"),
    "stopped": Word("Stopped", "idle", "stop", "It can be continued or undone."),
    "undoing": Word("Being undone", "busy", "undo"),
    "undone": Word("Undone", "idle", "undo"),
}
MATCHED: Final[dict[str, Word]] = {
    "certain": Word("Certain", "good", "check"),
    "doubtful": Word("Doubtful", "warn", "alert"),
    "linked": Word("Linked", "idle", "check", "The hub already manages it."),
    "unmatched": Word("No match", "idle", "stop"),
}
ADOPTED: Final[dict[str, Word]] = {
    "planned": Word("Not started", "idle", "clock"),
    "sending": Word("In progress", "busy", "dots"),
    "done": Word("Changed", "good", "check"),
    "linked": Word("Already linked", "idle", "check"),
    "changed": Word("Skipped: changed since the plan", "warn", "alert"),
    "refused": Word("Rejected by Shopify", "bad", "alert"),
    "undoing": Word("Being undone", "busy", "undo"),
    "undone": Word("Undone", "idle", "undo"),
    "left": Word("Skipped by the undo", "warn", "alert"),
}
DRAFT_ORDER: Final[dict[str, Word]] = {
    "due": Word("Creating", "busy", "clock"),
    "created": Word("Created", "good", "check"),
    "refused": Word("Rejected", "bad", "cross"),
}
TARGET: Final[dict[str, Word]] = {
    "on": Word("On", "good", "check"),
    "failing": Word("Failing", "bad", "cross"),
    "off": Word("Off", "idle", "clock"),
}
KINDS: Final[dict[str, dict[str, Word]]] = {"run": RUN, "item": ITEM, "part": PART, "check": CHECK, "key": KEY,
    "plan": PLAN, "outcome": OUTCOME, "bulk": BULK, "store": STORE, "conflict": CONFLICT, "review": REVIEW,
    "target": TARGET, "draft_order": DRAFT_ORDER,
    "quote": QUOTE, "quote_line": QUOTE_LINE, "adoption": ADOPTION, "matched": MATCHED, "adopted": ADOPTED,
}  # fmt: skip
ROLES: Final = {"admin": "Administrator", "operator": "Operator", "viewer": "Viewer"}

# Why a part cannot be sold, in a few words.
REASONS: Final[dict[str, str]] = {
    "no_stock": "Out of stock",
    "no_price": "No price",
    "stock_reserved": "All stock in reserve",
    "held_by_rule": "Held back by a rule",
    "only_unmapped_locations": "No stock at a location you sell from",
    "currency_differs": "Different currency",
    "currency_missing": "Currency missing",
    "part_number_unreadable": "Part number unreadable",
    "rows_disagree": "Prices disagree",
    "price_unreadable": "Price unreadable",
    "price_negative": "Negative price",
    "quantity_unreadable": "Stock unreadable",
    "quantity_negative": "Negative stock",
    "quantity_missing": "Stock missing",
    "stock_contradicts": "Stock contradictory",
    "stock_figures_differ": "Stock figures differ",
    "excluded": "Excluded",
}

# Why a product has the placeholder, by the code of what happened to its picture.
PLACEHOLDERS: Final[dict[str, str]] = {
    "image_missing": "Boeing has no image",
    "image_not_found": "Boeing has no image at this address",
    "image_host_resting": "Boeing's image server didn't respond",
    "image_timeout": "Boeing's image server was too slow",
    "image_unavailable": "Boeing's image server didn't respond",
    "image_unreachable": "Boeing's image server didn't respond",
    "image_too_large": "the image is too large",
    "image_too_small": "the image is too small",
    "image_not_an_image": "the file isn't an image",
    "image_damaged": "the image is damaged",
    "image_refused": "the image couldn't be stored",
    "image_storage_failed": "the image couldn't be stored",
    "image_forbidden_address": "the image address isn't allowed",
    "image_too_many_redirects": "the image address redirects too often",
}

# Names of a product's fields.
FIELDS: Final[dict[str, str]] = {
    "price": "Price",
    "cost": "Cost",
    "title": "Title",
    "description_html": "Description",
    "status": "Product status",
    "tags": "Tags",
    "custom_id": "Custom ID",
    "sku": "SKU",
    "deleted": "Deleted",
    "weight": "Weight",
    "country_of_origin": "Country of origin",
    "hs_code": "HS code",
    "image_source": "Image",
    "handle": "URL handle",
    "product_type": "Type",
    "price_override": "Manual price",
    "expiration_date": "Expiration date",
    "cert": "Certificate",
    "excluded": "Excluded from publishing",
}

# Names of metafields that differ from their keys.
METAFIELDS: Final[dict[str, str]] = {"trace": "Certificate", "tracedoc": "Trace document"}

# Causes whose sentence is about one part, reworded for many.
CAUSES: Final[dict[str, str]] = {
    "not_found": "Boeing doesn't recognize these part numbers.",
    "no_stock": "Out of stock at Boeing.",
    "no_price": "Boeing returned no price for these parts.",
    "held_by_rule": "A hold rule keeps these parts out of your store.",
    "stock_reserved": "All of Boeing's stock of these parts is kept in reserve.",
    "only_unmapped_locations": "All stock is at locations you don't sell from.",
    "excluded": "These parts are excluded from publishing.",
    "sku_taken": "These SKUs belong to products the hub did not create. They were left unchanged.",
    "look_alike": "Your store has products that look like these parts. Nothing was created.",
    "handle_taken": "Other products in your store use the URL handles these parts need.",
    "changed_since": "Someone changed these products in your store. They were left unchanged.",
    "plan_changed": "These parts changed after the plan was created. Nothing was sent for them.",
}

PACED: Final = frozenset({"boeing_limit", "shopify_bulk_operation", "shopify_bulk_waits", "access_token"})
"""Waits that are normal for a healthy run."""


def word(kind: str, state: str) -> Word:
    """The word for a state. A state without one is shown by its own name."""
    known = KINDS[kind].get(state)
    return known or Word(state.replace("_", " ").capitalize(), "idle", "dots")


def run_state(batch: Batch, waiting_for: WaitingFor | None = None) -> str:
    """The state of a run, for `RUN`: its outcome, or what it is doing."""
    if batch.outcome:
        return batch.outcome
    if batch.status is BatchStatus.PENDING:
        return "pending"
    if batch.status is BatchStatus.CANCELLED:
        return "stopping"
    return "waiting" if waiting_for and waiting_for.reason not in PACED else "running"


def field_name(field: str) -> str:
    """The name of a changed field: `stock.Dallas` is "Stock at Dallas"."""
    kind, dot, rest = field.partition(".")
    if dot and kind == "stock":
        return f"Stock at {rest}" if rest else "Stock"
    if dot and kind == "metafields":
        return METAFIELDS.get(rest) or FIELDS.get(rest) or rest.replace("_", " ").capitalize()
    return FIELDS.get(field) or field.replace("_", " ").capitalize()
