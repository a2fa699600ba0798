"""Telling people: writes digests and notices down once, and hands them over until the receivers have taken them.

Written and sent are two steps. Whoever is killed between them, or while a call runs, leaves a row that another takes
up; it is sent under the same id, by which a receiver knows it again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import structlog

from boeing_data_hub.errors import Conflict, HubError, Retry
from boeing_data_hub.housekeeping.chores import Chore
from boeing_data_hub.model.notices import Channel, Notice
from boeing_data_hub.model.rates import RateLimit
from boeing_data_hub.reporting import alarms, digest, digest_facts
from boeing_data_hub.reporting.calendar import Period, Timetable
from boeing_data_hub.reporting.stuck import Stuck
from boeing_data_hub.store import line as line_store
from boeing_data_hub.store import notices, orphans
from boeing_data_hub.store.keeping import Portion
from boeing_data_hub.store.work import Database, Work

log = structlog.get_logger(__name__)

_LOOK_EVERY: Final = 30.0
_TAKEN_SECONDS: Final = 300.0  # longer than any try: a mail server may be slow in each of its steps
_FIRST_WAIT: Final = 30.0
_LONGEST_WAIT: Final = 3600.0
_GIVE_UP_AFTER: Final = 7 * 86_400.0
_AT_ONCE: Final = 5


@dataclass(frozen=True, slots=True)
class TellingRules:
    """When and of what people are told.

    Attributes:
        timetable: of digests.
        limit: of Boeing calls.
        console: where links lead.
        stuck: finds what is stuck.
        stuck_after: seconds without progress.
    """

    timetable: Timetable
    limit: RateLimit | None
    console: str
    stuck: Callable[[Work], list[Stuck]]
    stuck_after: float


class Telling:
    """Makes digests and notices, and sends them.

    Args:
        database: Postgres.
        channels: name → a way to people; none: nothing is made.
        rules: see `TellingRules`.
    """

    def __init__(self, database: Database, channels: Mapping[str, Channel], rules: TellingRules) -> None:
        self._database = database
        self._channels = channels
        self._rules = rules

    def chores(self) -> list[Chore]:
        """What is to be looked at now and then; nothing where nobody is told."""
        if not self._channels:
            return []
        return [
            Chore("digest", "the daily digest", self._digest_if_due, every=_LOOK_EVERY),
            Chore("alarms", "immediate notices", self._alarms, every=_LOOK_EVERY),
        ]

    def _digest_if_due(self, work: Work, _cursor: Any) -> Portion:
        now: datetime = work.value("SELECT now()")
        period = self._rules.timetable.due(now, told_to=notices.covered_to(work))
        if period is None or notices.of_day(work, period.day):  # the time of day may have been set anew since
            return Portion(0, is_last=True)
        return Portion(self._write(work, period), is_last=True)

    def _write(self, work: Work, period: Period) -> int:
        return notices.add(
            work,
            period.notice_id,
            channels=list(self._channels),
            kind="digest",
            document=self.document(work, period),
            day=period.day,
            covers=(period.since, period.until),
        )

    def document(self, work: Work, period: Period) -> dict[str, Any]:
        """The digest of a period."""
        facts = digest_facts.gather(work, period, limit=self._rules.limit)
        return digest.document(facts, console=self._rules.console)

    def _alarms(self, work: Work, _cursor: Any) -> Portion:
        now: datetime = work.value("SELECT now()")
        found = alarms.alarms(
            {name: line_store.look(work, name)[0] for name in ("boeing", "shopify")},
            self._rules.stuck(work),
            stubborn_orphans=orphans.count_stubborn(work, attempts=alarms.STUBBORN_AFTER),
            now=now,
            after=self._rules.stuck_after,
        )
        new = 0
        for alarm in found:
            document = alarms.document(alarm, console=self._rules.console)
            new += notices.add(work, alarm.id, channels=list(self._channels), kind="alarm", document=document)
        return Portion(new, is_last=True)

    def preview(self, day: date | None) -> dict[str, Any]:
        """The digest of a day, or what would be told if one were made now. Nothing is written or sent."""

        def step(work: Work) -> dict[str, Any]:
            if day is not None:
                return self.document(work, self._rules.timetable.of_day(day))
            now: datetime = work.value("SELECT now()")
            return self.document(work, self._rules.timetable.so_far(now, told_to=notices.covered_to(work)))

        return self._database.run(step, patience=5)

    def order(self, day: date | None, *, again: bool) -> str:
        """Let the digest of a day (the last one due, when None) be sent now. Returns its id.

        One that was sent is not sent again, unless `again`.

        Raises:
            Conflict: the day is not over yet.
        """

        def step(work: Work) -> str:
            timetable = self._rules.timetable
            now: datetime = work.value("SELECT now()")
            period = timetable.of_day(day or timetable.latest(now))
            if period.until > now:
                raise Conflict(
                    f"The digest of {period.day} is due at {period.until:%Y-%m-%d %H:%M} UTC. Nothing was sent. "
                    "`bdh digest show` shows what it would tell now.",
                    code="digest_not_due",
                )
            if not self._write(work, period) and again:
                notices.send_again(work, period.notice_id)
            return period.notice_id

        return self._database.run(step, patience=5)

    def deliver(self, keep_going: Callable[[], bool] = lambda: True) -> int:
        """Hand over what is due, a few at a time. Returns how many were taken by their receivers."""
        delivered = 0
        for _ in range(_AT_ONCE):
            if not self._channels or not keep_going():
                break
            notice = self._database.run(
                lambda work: notices.take(work, channels=list(self._channels), seconds=_TAKEN_SECONDS), patience=5
            )
            if notice is None:
                break
            delivered += self._send(notice)
        return delivered

    def _send(self, notice: Notice) -> bool:
        try:
            self._channels[notice.channel].send(digest.message_of(notice.id, notice.document))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is written down and tried again
            self._postpone(notice, error)
            return False
        self._database.run(lambda work: notices.sent(work, notice), patience=60)
        log.info("told people", notice=notice.id, channel=notice.channel, attempts=notice.attempts + 1)
        return True

    def _postpone(self, notice: Notice, error: Exception) -> None:
        said = error.message if isinstance(error, HubError) else f"A fault of the hub ({type(error).__name__})."
        asked = error.retry_after if isinstance(error, Retry) and error.retry_after else 0.0
        wait = max(asked, min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** min(notice.attempts, 10)))
        log.warning("people could not be told; it is tried again", notice=notice.id, channel=notice.channel, error=said)
        self._database.run(
            lambda work: notices.postpone(work, notice, seconds=wait, error=said, give_up_after=_GIVE_UP_AFTER),
            patience=60,
        )
