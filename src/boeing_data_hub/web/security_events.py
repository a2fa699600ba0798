"""Security events: each is logged and counted, so that a burst of them raises an alert. They contain no secrets;
`docs/operations.md` lists them.
"""

from __future__ import annotations

from typing import Final, Literal

import structlog

from boeing_data_hub import telemetry

log = structlog.get_logger(__name__)

Event = Literal[
    "key_rejected", "scope_missing", "webhook_rejected", "store_webhook_rejected", "sign_in_failed", "link_rejected",
    "sign_in_throttled", "form_cross_site", "form_without_token", "api_cross_site", "visitor_refused", "rate_limited",
    "body_rejected", "callers_refused",
]  # fmt: skip

SENTENCES: Final[dict[Event, str]] = {
    "key_rejected": "an API key was rejected",
    "scope_missing": "a key lacks the scope for a request",
    "webhook_rejected": "wrong webhook secret rejected",
    "store_webhook_rejected": "a webhook without the store's signature was rejected",
    "sign_in_failed": "a sign-in failed",
    "link_rejected": "a sign-in link that is used up or expired was rejected",
    "sign_in_throttled": "sign-ins from an address are throttled",
    "form_cross_site": "a form from another site was refused",
    "form_without_token": "a form without its token was refused",
    "api_cross_site": "a request of another site's page to the API was refused",
    "visitor_refused": "a visitor was refused",
    "rate_limited": "a caller exceeded its rate",
    "body_rejected": "a request body was rejected",
    "callers_refused": "a request was refused because too many like it are in progress",
}
"""The log message for each."""


def note(event: Event, **details: object) -> None:
    """Log an event and count it.

    Args:
        event: its name, which is also the metric's label.
        details: for the log line only; without secrets, and bounded in length.
    """
    log.warning(SENTENCES[event], security=event, **details)
    telemetry.security_event(event)
