"""The one map from states and outcomes to the word a person reads, its tone (a colour class) and its icon."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

from boeing_data_hub.model.batches import Batch
from boeing_data_hub.model.states import BatchStatus

Tone = Literal["good", "bad", "warn", "busy", "idle"]


@dataclass(frozen=True, slots=True)
class Word:
    """How a state is shown. Colour is never alone: the word says the same, and the icon has its own shape."""

    text: str
    tone: Tone
    icon: str
    means: str = ""


RUN: Final[dict[str, Word]] = {
    "running": Word("Running", "busy", "dots", "Its parts are being worked on."),
    "waiting": Word("Waiting", "warn", "clock", "It goes on by itself; the page says what it waits for."),
    "stopping": Word("Being cancelled", "warn", "clock", "What is being sent at this moment is brought to an end."),
    "pending": Word("Waiting for approval", "warn", "clock", "It waits for a person's word."),
    "succeeded": Word("Succeeded", "good", "check", "Every part succeeded."),
    "finished_with_failures": Word("Finished with failures", "warn", "alert", "Some parts failed."),
    "failed": Word("Failed", "bad", "cross", "No part succeeded."),
    "cancelled": Word("Cancelled", "idle", "stop", "A person stopped it; what was done stays."),
}
ITEM: Final[dict[str, Word]] = {
    "pending": Word("Waiting for Boeing", "idle", "clock"),
    "retrying": Word("Asked again", "warn", "clock"),
    "extracted": Word("Answered", "busy", "dots"),
    "normalized": Word("Staged", "good", "check"),
    "published": Word("In the store", "good", "check"),
    "to_send": Word("Not sent yet", "idle", "clock"),
    "sent_again": Word("Tried again", "warn", "clock"),
    "taken_back": Word("Taken back", "good", "undo"),
    "failed": Word("Failed", "bad", "cross"),
    "cancelled": Word("Cancelled", "idle", "stop"),
}
PART: Final[dict[str, Word]] = {
    "fetched": Word("Ready", "good", "check", "Priced and in stock: nothing speaks against selling it."),
    "blocked": Word("Blocked", "warn", "stop", "Read well, and not for sale as it stands."),
    "needs_review": Word("Needs review", "bad", "alert", "A person should look before it is sold."),
    "published": Word("In the store", "good", "check", "Live in the store."),
    "excluded": Word("Excluded", "idle", "stop", "A person has excluded it from publishing."),
    "unknown": Word("Not staged", "idle", "stop", "Boeing has not answered with this part."),
}
CHECK: Final[dict[str, Word]] = {
    "ok": Word("Well", "good", "check"),
    "skipped": Word("Not looked at", "idle", "stop"),
    "warning": Word("Warning", "warn", "alert"),
    "error": Word("Trouble", "bad", "cross"),
}
KEY: Final[dict[str, Word]] = {
    "live": Word("In use", "good", "check"),
    "revoked": Word("Revoked", "idle", "stop"),
    "expired": Word("Expired", "idle", "stop"),
}
PLAN: Final[dict[str, Word]] = {
    "create": Word("Create", "good", "plus", "The store gets a new product."),
    "update": Word("Update", "busy", "refresh", "Fields of a product that is there are changed."),
    "restock": Word("Restock", "busy", "parts", "Only the pieces in stock are changed."),
    "unchanged": Word("Unchanged", "idle", "check", "The store has it already as it is to be; nothing is sent."),
    "blocked": Word("Blocked", "warn", "stop", "It may not be published as it stands; nothing is sent."),
    "conflict": Word("Conflict", "bad", "alert", "The store has it from somebody else; a person must decide."),
}
OUTCOME: Final[dict[str, Word]] = {
    "created": Word("Created", "good", "plus", "A new product in the store."),
    "updated": Word("Updated", "good", "refresh", "Fields or stock of a product were changed."),
    "unchanged": Word("Unchanged", "idle", "check", "The store had it already; nothing was sent."),
    "blocked": Word("Blocked", "warn", "stop", "It may not be published as it stands."),
    "conflict": Word("Conflict", "bad", "alert", "The store has it from somebody else; a person must decide."),
    "failed": Word("Failed", "bad", "cross"),
    "cancelled": Word("Cancelled", "idle", "stop"),
    "pending": Word("To go", "idle", "clock"),
}
BULK: Final[dict[str, Word]] = {
    "prepared": Word("Prepared", "idle", "clock", "Its file is written; it waits for one of the store's lanes."),
    "starting": Word("Starting", "busy", "dots", "Its file is being uploaded."),
    "running": Word("Running", "busy", "dots", "The store works through it."),
    "finished": Word("Reading results", "busy", "dots", "The store is done; its results are being read."),
    "ended": Word("Ended", "good", "check"),
}
STORE: Final[dict[str, Word]] = {
    "live": Word("Live", "good", "check", "It is in the store."),
    "archived": Word("Archived", "idle", "stop", "It was taken out of sale by an undo, and can be published anew."),
    "missing": Word("Missing", "bad", "alert", "The store does not have it any more; publishing makes it anew."),
    "intended": Word("Being sent", "busy", "dots"),
}
CONFLICT: Final[dict[str, Word]] = {
    "sku_taken": Word("SKU taken", "warn", "alert", "The store has another product with this SKU."),
    "handle_taken": Word("Address taken", "warn", "alert", "Another product has the address of this one's page."),
    "adopt": Word("Taken over", "good", "check"),
    "leave": Word("Left alone", "idle", "stop"),
}
QUOTE: Final[dict[str, Word]] = {
    "pending": Word("Waiting for Boeing", "busy", "clock", "It is completed by itself."),
    "quoted": Word("Quoted", "good", "check", "Every line has a price."),
    "partly_quoted": Word("Partly quoted", "warn", "check", "Some lines have a price; the others are no quotes."),
    "no_quote": Word("No quote", "idle", "stop", "No line is offered."),
    "unanswered": Word("Unanswered", "bad", "alert", "Of a line at least it could not be found out. Ask again."),
}
QUOTE_LINE: Final[dict[str, Word]] = {
    "pending": Word("Waiting for Boeing", "busy", "clock"),
    "quoted": Word("Quoted", "good", "check"),
    "no_quote": Word("No quote", "idle", "stop", "This part is not offered; the note says why."),
    "unanswered": Word("Unanswered", "bad", "alert", "It could not be found out; the note says why."),
}
KINDS: Final[dict[str, dict[str, Word]]] = {"run": RUN, "item": ITEM, "part": PART, "check": CHECK, "key": KEY,
    "plan": PLAN, "outcome": OUTCOME, "bulk": BULK, "store": STORE, "conflict": CONFLICT,
    "quote": QUOTE, "quote_line": QUOTE_LINE,
}  # fmt: skip
ROLES: Final = {"admin": "Administrator", "operator": "Operator", "viewer": "Viewer"}

# What a field of a product in the store is called.
FIELDS: Final[dict[str, str]] = {
    "price": "Price",
    "cost": "Cost",
    "title": "Title",
    "description_html": "Description",
    "status": "Status in the store",
    "tags": "Tags",
    "weight": "Weight",
    "country_of_origin": "Country of origin",
    "hs_code": "HS code",
    "image_source": "Image",
    "handle": "Address of its page",
    "product_type": "Type",
    "price_override": "Price set by hand",
    "expiration_date": "Expiration date",
    "cert": "Certificate",
    "excluded": "Excluded from publishing",
}

# Causes whose sentence names one part, told for all of them.
CAUSES: Final[dict[str, str]] = {
    "sku_taken": "The store has these SKUs from somebody else. Nothing of theirs was touched.",
    "handle_taken": "Other products of the store have the addresses these parts need.",
    "changed_since": "People have changed these products in the store since. They were left as they are.",
    "plan_changed": "These parts have changed since the plan was made. Nothing was sent for them.",
}

# What an audit line's action is called.
ACTIONS: Final[dict[str, str]] = {
    "batch.search": "Started a search",
    "batch.cancel": "Cancelled a run",
    "batch.publish": "Started publishing",
    "batch.plan": "Made a publish plan",
    "plan.approve": "Approved a plan",
    "quote.ask": "Asked for a quote",
    "quote.complete": "Completed a quote",
    "quote.retry": "Had lines of a quote asked again",
    "part.edit": "Edited a part by hand",
    "parts.exclude": "Excluded parts from publishing",
    "parts.include": "Included parts again",
    "conflict.adopt": "Took a product over",
    "conflict.leave": "Left somebody else's product alone",
    "orphan.retry": "Had an orphan tried again",
    "orphan.keep": "Let an orphan stay",
    "store.setup": "Set up the store's metafields",
    "key.create": "Created an API key",
    "key.revoke": "Revoked an API key",
    "session.begin": "Signed in",
    "session.end": "Signed out",
}


def word(kind: str, state: str) -> Word:
    """The word of a state. A state nobody has named yet is shown as it is, rather than not at all."""
    known = KINDS[kind].get(state)
    return known or Word(state.replace("_", " ").capitalize(), "idle", "dots")


def run_state(batch: Batch, waiting_for: Any = None) -> str:
    """The state of a run, for `RUN`: its outcome, or what it is doing."""
    if batch.outcome:
        return batch.outcome
    if batch.status is BatchStatus.PENDING:
        return "pending"
    if batch.status is BatchStatus.CANCELLED:
        return "stopping"
    return "waiting" if waiting_for else "running"


def field_name(field: str) -> str:
    """What a changed field is called: `stock.Dallas` is "Stock at Dallas"."""
    kind, dot, rest = field.partition(".")
    if dot and kind == "stock":
        return f"Stock at {rest}" if rest else "Stock"
    if dot and kind == "metafields":
        return f"Metafield {rest}"
    return FIELDS.get(field) or field.replace("_", " ").capitalize()
