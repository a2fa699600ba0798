"""Digests, immediate notifications and ended runs: each is stored once, and sent until its receiver accepts it.

Storing and sending are two steps. If a worker is killed between them, another one sends the row under the same id, by
which a receiver recognizes a repetition.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from typing import Any, Final

import structlog

from boeing_data_hub.batches.retention import Portion
from boeing_data_hub.db.statements import beside
from boeing_data_hub.db.unit_of_work import Database, Work
from boeing_data_hub.errors import Conflict, HubError, Retry
from boeing_data_hub.health import alarms, attention, conditions, digest, digest_facts, events, notices, pauses, targets
from boeing_data_hub.health.calendar import Period, Timetable
from boeing_data_hub.health.channels import Channels
from boeing_data_hub.health.chores import Chore
from boeing_data_hub.health.conditions import Condition
from boeing_data_hub.health.notice import Channel, Document, Notice
from boeing_data_hub.health.targets import Target
from boeing_data_hub.retry import RetryPolicy
from boeing_data_hub.settings import Settings
from boeing_data_hub.settings.notices import zone_of
from boeing_data_hub.shopify import leftover_products
from boeing_data_hub.sync.rows import OWNER as SYNC
from boeing_data_hub.work import batches, upstreams
from boeing_data_hub.work.rate_limit import RateLimit

_SQL: Final = beside(__file__)

log = structlog.get_logger(__name__)

_LOOK_EVERY: Final = 30.0
_TAKEN_SECONDS: Final = 300.0  # longer than any attempt: a mail server may be slow at each step
_WEEK: Final = 7 * 86_400.0
_RETRY: Final = RetryPolicy(first=30.0, longest=3600.0, total=_WEEK)
_AT_ONCE: Final = 5
_RUNS: Final = 50  # ended runs in one portion


class Notifications:
    """Stores digests and notifications, and delivers them.

    Args:
        settings: the environment.
        database: Postgres.
        channels: those of the settings, and of notification targets; without any, nothing is stored.
        limit: of Boeing calls.
        stalled: finds stalled work.
    """

    def __init__(
        self,
        settings: Settings,
        database: Database,
        channels: Channels,
        *,
        limit: RateLimit | None,
        stalled: Callable[[Work], list[Condition]],
    ) -> None:
        self._database = database
        self._channels = channels
        self._limit = limit
        self._stalled = stalled
        self._stalled_after = settings.hub_stuck_after
        self._console = f"{settings.public_url}/console"
        self._timetable = Timetable(time.fromisoformat(settings.hub_digest_at), zone_of(settings.hub_digest_time_zone))

    def chores(self) -> list[Chore]:
        """Store the digest that is due, the immediate notifications, and those of ended runs."""
        return [
            Chore("digest", "the daily digest", self._digest_if_due, every=_LOOK_EVERY),
            Chore("alarms", "immediate notices", self._alarms, every=_LOOK_EVERY),
            Chore("run_ends", "notices of ended runs", self._ended_runs, every=_LOOK_EVERY),
        ]

    def _digest_channels(self, work: Work) -> list[str]:
        """The channels that get digests."""
        chosen = [one.channel for one in targets.switched_on(work) if events.DIGEST in one.events]
        return [*self._channels.of_settings, *chosen]

    def has_receivers(self) -> bool:
        """True if anybody gets digests."""
        return bool(self._database.run(self._digest_channels, patience=5))

    def _digest_if_due(self, work: Work, _cursor: Any) -> Portion:
        if not self._digest_channels(work):
            return Portion(0, is_last=True)
        now: datetime = work.value(_SQL["moment"])
        period = self._timetable.due(now, told_to=notices.covered_to(work))
        if period is None or notices.has_digest(work, period.day):  # the time of day may have changed since
            return Portion(0, is_last=True)
        return Portion(self._write(work, period), is_last=True)

    def _write(self, work: Work, period: Period) -> int:
        return notices.add(
            work,
            period.notice_id,
            channels=self._digest_channels(work),
            kind="digest",
            document=self.document(work, period),
            day=period.day,
            covers=(period.since, period.until),
        )

    def document(self, work: Work, period: Period) -> Document:
        """The digest of a period."""
        facts = digest_facts.gather(work, period, limit=self._limit)
        return digest.document(facts, console=self._console)

    def _alarms(self, work: Work, _cursor: Any) -> Portion:
        chosen = targets.switched_on(work)
        if not chosen and not self._channels.of_settings:
            return Portion(0, is_last=True)
        now: datetime = work.value(_SQL["moment"])
        new = 0
        for one in alarms.lasting(self._conditions(work, chosen), now=now, after=self._stalled_after):
            channels = [target.channel for target in chosen if events.wants(target.events, one)]
            if one.urgent:
                channels += self._channels.of_settings
            if channels:
                document = alarms.document(one, console=self._console)
                notice_id = alarms.notice_id(one, now)
                new += notices.add(work, notice_id, channels=channels, kind="alarm", document=document)
        return Portion(new, is_last=True)

    def _conditions(self, work: Work, chosen: Sequence[Target]) -> list[Condition]:
        """The conditions that hold now; what waits for a person only if somebody is notified of that."""
        found = [
            *filter(None, (pauses.pause_of(name, upstreams.look(work, name)[0]) for name in ("boeing", "shopify"))),
            *self._stalled(work),
        ]
        if staying := leftover_products.count_stubborn(work, attempts=alarms.STUBBORN_AFTER):
            found.append(conditions.leftovers_stay(staying))
        if any(events.needs_counts(target.events) for target in chosen):
            found += attention.everything(work).conditions()
        return found

    def _ended_runs(self, work: Work, _cursor: Any) -> Portion:
        ended = targets.ended_runs(work, sync=SYNC, most=_RUNS)
        runs = {one.id: one for one in batches.get_many(work, list({each.batch_id for each in ended}))}
        for each in ended:
            document = alarms.run_document(runs[each.batch_id], console=self._console)
            channel = f"target:{each.target_id}"
            notices.add(work, f"run:{each.batch_id}", channels=[channel], kind="run", document=document)
        return Portion(len(ended), is_last=len(ended) < _RUNS)

    def preview(self, day: date | None) -> Document:
        """The digest of a day, or of the time since the last one. Stores and sends nothing."""

        def step(work: Work) -> Document:
            if day is not None:
                return self.document(work, self._timetable.of_day(day))
            now: datetime = work.value(_SQL["moment"])
            return self.document(work, self._timetable.so_far(now, told_to=notices.covered_to(work)))

        return self._database.run(step, patience=5)

    def order(self, day: date | None, *, again: bool) -> str:
        """Send the digest of a day now (None: the last one that was due). Returns its id.

        A digest that was sent before is sent again only with `again`.

        Raises:
            Conflict: the day has not ended yet.
        """

        def step(work: Work) -> str:
            timetable = self._timetable
            now: datetime = work.value(_SQL["moment"])
            period = timetable.of_day(day or timetable.latest(now))
            if period.until > now:
                raise Conflict(
                    f"The digest of {period.day} is due at {period.until:%Y-%m-%d %H:%M} UTC. Nothing was sent. "
                    "`bdh digest show` shows its current content.",
                    code="digest_not_due",
                )
            if not self._write(work, period) and again:
                notices.send_again(work, period.notice_id)
            return period.notice_id

        return self._database.run(step, patience=5)

    def deliver(self, keep_going: Callable[[], bool] = lambda: True) -> int:
        """Deliver due notifications, a few at a time. Returns how many were accepted."""
        delivered = 0
        for _ in range(_AT_ONCE):
            if not keep_going():
                break
            taken = self._database.run(self._take, patience=5)
            if taken is None:
                break
            delivered += self._send(*taken)
        return delivered

    def _take(self, work: Work) -> tuple[Notice, Target | None] | None:
        """Claim a due notification, and read its target if it has one."""
        chosen = {target.channel: target for target in targets.switched_on(work)}
        notice = notices.take(work, channels=[*self._channels.of_settings, *chosen], seconds=_TAKEN_SECONDS)
        return None if notice is None else (notice, chosen.get(notice.channel))

    def _send(self, notice: Notice, target: Target | None) -> bool:
        try:
            channel: Channel = self._channels.of(target) if target else self._channels.of_settings[notice.channel]
            channel.send(digest.message_of(notice.id, notice.document))
        except Exception as error:  # noqa: BLE001 - any error is noted, and retried
            self._postpone(notice, target, error)
            return False

        def step(work: Work) -> None:
            notices.sent(work, notice)
            if target is not None:
                targets.delivered(work, target.id)

        self._database.run(step, patience=60)
        log.info("notification delivered", notice=notice.id, channel=notice.channel, attempts=notice.attempts + 1)
        return True

    def _postpone(self, notice: Notice, target: Target | None, error: Exception) -> None:
        said = error.message if isinstance(error, HubError) else f"Internal error ({type(error).__name__})."
        wait = _RETRY.wait(notice.attempts + 1, asked=error.retry_after if isinstance(error, Retry) else None)
        log.warning(
            "a notification could not be delivered; it is retried", notice=notice.id, channel=notice.channel, error=said
        )
        code = error.code if isinstance(error, HubError) else "internal_error"

        def step(work: Work) -> None:
            notices.postpone(work, notice, seconds=wait, error=said, give_up_after=_WEEK)
            if target is not None:
                targets.failed(work, target.id, code=code, said=said)

        self._database.run(step, patience=60)
