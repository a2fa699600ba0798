"""The household's side of the composition root: what is removed when, what is watched, and whom people are told by.

Parts are made when first asked for, as in `hub.py`, which hands over settings and database.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import time
from functools import cached_property
from typing import Any

from boeing_data_hub.housekeeping.chores import Terms, removals
from boeing_data_hub.housekeeping.run import Housekeeping
from boeing_data_hub.housekeeping.telling import Telling, TellingRules
from boeing_data_hub.housekeeping.watching import watch
from boeing_data_hub.model.notices import EMAIL, WEBHOOK, Channel
from boeing_data_hub.model.rates import RateLimit
from boeing_data_hub.post.mail import Mail, MailServer
from boeing_data_hub.post.webhook import Webhook
from boeing_data_hub.reporting import stuck
from boeing_data_hub.reporting.calendar import Timetable
from boeing_data_hub.reporting.stuck import Stuck
from boeing_data_hub.settings import Settings
from boeing_data_hub.settings.notices import zone_of
from boeing_data_hub.store.work import Database, Work


class Household:
    """One process's housekeeping.

    Args:
        settings: the environment.
        database: gives Postgres; asked only by what needs it.
        limit: of Boeing calls.
        queues: that must have a worker.
    """

    def __init__(
        self, settings: Settings, database: Callable[[], Database], *, limit: RateLimit | None, queues: Sequence[str]
    ) -> None:
        self._settings = settings
        self._give_database = database
        self._limit = limit
        self._queues = queues

    @cached_property
    def _database(self) -> Database:
        return self._give_database()

    def stuck(self, work: Work, seen: Mapping[str, Any] | None = None) -> list[Stuck]:
        """Work that does not get on, by the last look or by this one; see `reporting/stuck.py`."""
        s = self._settings
        return stuck.stuck(
            work,
            queues=self._queues,
            silent_after=s.hub_worker_silent_after,
            after=s.hub_stuck_after,
            seen=seen,
        )

    @property
    def terms(self) -> Terms:
        """How long things are kept. An answer that may still be used again is never past its term."""
        s = self._settings
        reusable = -(-s.hub_reuse_fresh_for // 86_400) + 1
        return Terms(
            keys=s.hub_keep_keys_days,
            answers=max(s.hub_keep_answers_days, reusable) if s.hub_keep_answers_days else 0,
            items=s.hub_keep_items_days,
            changes=s.hub_keep_changes_days,
            calls=s.hub_keep_calls_days,
            audit=s.hub_keep_audit_days,
            quotes=s.hub_keep_quotes_days,
            plans=s.hub_keep_plans_days,
        )

    @cached_property
    def chores(self) -> Housekeeping:
        """What is done now and then."""
        return Housekeeping(self._database, [*removals(self.terms), watch(self.stuck), *self.telling.chores()])

    @cached_property
    def webhook(self) -> Webhook | None:
        """Where digests are posted; None: nowhere."""
        s = self._settings
        if not s.hub_digest_webhook_url.get_secret_value():
            return None
        return Webhook(s.hub_digest_webhook_url, s.hub_digest_webhook_secret)

    @cached_property
    def channels(self) -> dict[str, Channel]:
        """The ways to people that are set."""
        s = self._settings
        found: dict[str, Channel] = {}
        if self.webhook is not None:
            found[WEBHOOK] = self.webhook
        if s.hub_digest_email_to:
            server = MailServer(
                s.hub_smtp_host, s.hub_smtp_port, s.hub_smtp_security, s.hub_smtp_username, s.hub_smtp_password
            )
            found[EMAIL] = Mail(server, sender=s.hub_digest_email_from, recipients=s.hub_digest_email_to)
        return found

    @cached_property
    def telling(self) -> Telling:
        """Digests and notices."""
        s = self._settings
        return Telling(
            self._database,
            self.channels,
            TellingRules(
                timetable=Timetable(time.fromisoformat(s.hub_digest_at), zone_of(s.hub_digest_time_zone)),
                limit=self._limit,
                console=f"{s.public_url}/console",
                stuck=self.stuck,
                stuck_after=s.hub_stuck_after,
            ),
        )

    def turn(self, keep_going: Callable[[], bool]) -> int:
        """Do a few portions of what is due, and hand over what people are to be told."""
        done = self.chores.turn(keep_going)
        return done + self.telling.deliver(keep_going)

    def close(self) -> None:
        """Close what was opened."""
        if self.__dict__.get("webhook") is not None:
            self.__dict__["webhook"].close()
