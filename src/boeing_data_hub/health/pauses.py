"""Pauses of Boeing and of the store as conditions: since when, until when, and the upstream's message. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from boeing_data_hub.health.condition import Condition, Level
from boeing_data_hub.work.manual_pauses import ManualPause
from boeing_data_hub.work.rates import KNOCK_SECONDS, UpstreamPace

WORTH_TELLING: Final = timedelta(minutes=10)
"""People are notified at once if a quota returns later than this."""

_PACE: Final = timedelta(seconds=2)  # a shorter wait is normal pacing
_PASSING: Final = frozenset({"upstream", "limit"})  # these pauses end without human action
_NAMES: Final = {"boeing": "Boeing", "shopify": "The store", "shopify-creates": "Creating products in the store"}


def upstream_name(upstream: str) -> str:
    """The display name of an upstream."""
    return _NAMES.get(upstream, upstream)


def pause_of(upstream: str, state: UpstreamPace) -> Condition | None:
    """The pause of an upstream; None while calls are allowed, or only paced."""
    if state.pause_reason is None:
        return None
    return _paused(upstream, state, _boeing(state) if upstream == "boeing" else _store(state))


def paused_by_hand(pause: ManualPause | None) -> Condition | None:
    """A pause by hand; None without one."""
    if pause is None:
        return None
    name = {"boeing": "Boeing", "publishing": "Publishing", "sync": "Sync"}[pause.what]
    return Condition(
        code="paused_by_hand",
        level="warning",
        message=f"{name}: {pause.sentence} Nothing is lost.",
        remedy=f"Resume it under Settings, or with `bdh resume {pause.what}`.",
        about=pause.what,
        since=pause.since,
        until=pause.until,
    )


def pace_of_boeing(state: UpstreamPace, now: datetime) -> Condition | None:
    """The wait for the next rate-limit slot; None if it is too short to mention."""
    if state.next_slot - now <= _PACE:
        return None
    message = f"Paced to Boeing's limit: next call {state.next_slot:%H:%M:%S} UTC."
    return _waits("boeing_limit", "boeing", message, state.next_slot)


def throttled_store(until: datetime | None, now: datetime) -> Condition | None:
    """The pause that the store asked for; None: there is none."""
    if until is None or until - now <= _PACE:
        return None
    message = f"Shopify asked us to slow down. Next call {until:%H:%M:%S} UTC."
    return _waits("shopify_throttled", "shopify", message, until, "warning")


def daily_limit_of_store(until: datetime | None, now: datetime) -> Condition | None:
    """The pause of creating products at the store's daily limit; None: there is none."""
    if until is None or until <= now:
        return None
    message = f"Shopify accepts no more new products for now. Next attempt {until:%H:%M} UTC. Updates continue."
    return _waits("shopify_daily_limit", "shopify-creates", message, until, "warning")


def _waits(code: str, about: str, message: str, until: datetime, level: Level = "info") -> Condition:
    return Condition(code=code, level=level, message=message, about=about, until=until)


def _paused(upstream: str, state: UpstreamPace, message: str) -> Condition:
    reason = str(state.pause_reason)
    is_long = state.back_at is not None and state.back_at - (state.paused_since or state.back_at) > WORTH_TELLING
    needs_a_person = reason not in _PASSING
    return Condition(
        code=reason,
        level="error" if needs_a_person else "warning",
        message=message,
        about=upstream,
        since=state.paused_since,
        until=state.back_at or next_attempt(state),
        urgent=needs_a_person or is_long,
    )


def next_attempt(state: UpstreamPace) -> datetime:
    """When the next call may be made."""
    return max(state.next_slot, state.paused_until) if state.paused_until else state.next_slot


def _store(state: UpstreamPace) -> str:
    return " ".join(
        [
            state.pause_note or "Shopify isn't responding correctly. Nothing is lost.",
            *_said(state, "Shopify"),
            f"Paused since {_since(state)} UTC; next attempt {next_attempt(state):%H:%M:%S} UTC.",
        ]
    )


def _boeing(state: UpstreamPace) -> str:
    since, clock = _since(state), f"{next_attempt(state):%H:%M:%S}"
    said = list(_said(state, "Boeing"))
    back = moment(state.back_at, state.paused_since) if state.back_at else ""
    match state.pause_reason:
        case "credentials":
            sentences = [
                f"Boeing has rejected our credentials since {since} UTC.",
                "Correct the BOEING_* settings and restart the workers; runs then continue automatically.",
                f"Next attempt {clock} UTC.",
            ]
        case "refused":
            sentences = [
                state.pause_note or "Boeing rejects every request. No part has failed.",
                *said,
                f"Paused since {since} UTC; next attempt {clock} UTC. Runs then continue automatically.",
            ]
        case "limit" if back:
            sentences = [
                f"Boeing's quota is used up since {since} UTC and resets at {back} UTC.",
                *said,
                "Nothing is lost.",
                f"One call every {KNOCK_SECONDS / 60:.0f} minutes checks whether it is back earlier.",
                f"Next call {clock} UTC.",
            ]
        case "limit":
            sentences = ["Boeing asked us to slow down.", *said, f"Next call {clock} UTC."]
        case _:
            sentences = [
                f"Boeing hasn't responded correctly since {since} UTC.",
                *([state.pause_note] if state.pause_note else []),
                *said,
                *([f"It expects to be back at {back} UTC."] if back else []),
                f"Nothing is lost; next attempt {clock} UTC.",
            ]
    return " ".join(sentences)


def _said(state: UpstreamPace, who: str) -> Iterator[str]:
    if state.words:
        yield f"{who} said: \u201c{state.words}\u201d."


def _since(state: UpstreamPace) -> str:
    return state.paused_since.strftime("%H:%M") if state.paused_since else "?"


def moment(at: datetime, since: datetime | None) -> str:
    """A time of day, with the date unless the pause began on the same day."""
    return at.strftime("%H:%M" if since is not None and since.date() == at.date() else "%Y-%m-%d %H:%M")
