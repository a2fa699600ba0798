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
    "failed": Word("Failed", "bad", "cross"),
    "cancelled": Word("Cancelled", "idle", "stop"),
}
PART: Final[dict[str, Word]] = {
    "fetched": Word("Ready", "good", "check", "Priced and in stock: nothing speaks against selling it."),
    "blocked": Word("Blocked", "warn", "stop", "Read well, and not for sale as it stands."),
    "needs_review": Word("Needs review", "bad", "alert", "A person should look before it is sold."),
    "published": Word("In the store", "good", "check", "Live in the store."),
    "unknown": Word("Not staged", "idle", "stop", "Boeing has not answered with this part."),
}
CHECK: Final[dict[str, Word]] = {
    "ok": Word("Well", "good", "check"),
    "warning": Word("Warning", "warn", "alert"),
    "error": Word("Trouble", "bad", "cross"),
}
KEY: Final[dict[str, Word]] = {
    "live": Word("In use", "good", "check"),
    "revoked": Word("Revoked", "idle", "stop"),
    "expired": Word("Expired", "idle", "stop"),
}
KINDS: Final[dict[str, dict[str, Word]]] = {"run": RUN, "item": ITEM, "part": PART, "check": CHECK, "key": KEY}
ROLES: Final = {"admin": "Administrator", "operator": "Operator", "viewer": "Viewer"}

# What an audit line's action is called.
ACTIONS: Final[dict[str, str]] = {
    "batch.search": "Started a search",
    "batch.cancel": "Cancelled a run",
    "batch.publish": "Started publishing",
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
    return "waiting" if waiting_for else "running"
