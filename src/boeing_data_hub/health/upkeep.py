"""What a worker does besides its stages: housekeeping, watching for stalled work, digests and notifications.

Components are created when first used, as in `app.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import time
from functools import cached_property
from typing import Any, Final

from boeing_data_hub.batches.refreshing import SavedLists
from boeing_data_hub.batches.retention import Portion
from boeing_data_hub.catalogue.staged_part import NormalizationRules
from boeing_data_hub.clock import now
from boeing_data_hub.connections import network
from boeing_data_hub.db.unit_of_work import Database, Work
from boeing_data_hub.health import stalls
from boeing_data_hub.health.calendar import Timetable
from boeing_data_hub.health.channels import Channels
from boeing_data_hub.health.chores import AN_HOUR, Chore, removals
from boeing_data_hub.health.conditions import Condition
from boeing_data_hub.health.freezing import freeze
from boeing_data_hub.health.maintenance import Housekeeping
from boeing_data_hub.health.notice import Channel
from boeing_data_hub.health.notifications import Notifications
from boeing_data_hub.health.rescreening import rescreen
from boeing_data_hub.health.stall_watch import watch
from boeing_data_hub.health.target_desk import TargetDesk
from boeing_data_hub.health.webhook import Webhook
from boeing_data_hub.settings import Settings
from boeing_data_hub.settings.notices import zone_of
from boeing_data_hub.shopify import below_cost, nightly
from boeing_data_hub.shopify.run_guards import RunGuards
from boeing_data_hub.sync import freshness
from boeing_data_hub.values.freezes import freezes_of
from boeing_data_hub.work.rate_limit import RateLimit

_REVIEW_EVERY: Final = 30.0  # seconds
_COMPARE_EVERY: Final = 60.0  # seconds between two looks at the clock


class Upkeep:
    """The upkeep of a process.

    Args:
        settings: the environment.
        database: provides Postgres; called only when needed.
        limit: of Boeing calls.
        queues: that must have a worker.
        rules: provides the rules for screening parts.
        run_guards: judges held changes again whose data has changed.
        refresh_lists: provides what refreshes a saved list that is due. It waits for other servers, so it is no chore,
            whose portions are transactions.
    """

    def __init__(
        self,
        settings: Settings,
        database: Callable[[], Database],
        *,
        limit: RateLimit | None,
        queues: Sequence[str],
        rules: Callable[[], NormalizationRules],
        run_guards: Callable[[], RunGuards],
        refresh_lists: Callable[[], SavedLists],
    ) -> None:
        self._settings = settings
        self._give_database = database
        self._limit = limit
        self._queues = queues
        self._rules = rules
        self._run_guards = run_guards
        self._refresh_lists = refresh_lists

    @cached_property
    def _database(self) -> Database:
        return self._give_database()

    def stalled(self, work: Work, seen: Mapping[str, stalls.Progress] | None = None) -> list[Condition]:
        """Stalled work, by the last recorded progress or the given one; see `stalls.py`."""
        s = self._settings
        return stalls.stalled(
            work, queues=self._queues, silent_after=s.hub_worker_silent_after, after=s.hub_stuck_after, seen=seen
        )

    @cached_property
    def chores(self) -> Housekeeping:
        """Every chore."""
        return Housekeeping(
            self._database,
            [
                *removals(self._settings),
                watch(self.stalled),
                rescreen(self._rules),
                freeze(freezes_of(self._settings.hub_freeze), zone_of(self._settings.hub_digest_time_zone)),
                Chore("freshness", "estimate of what is up to date", freshness.measure, every=AN_HOUR),
                Chore("below_cost", "products sold below cost", _check_costs, every=AN_HOUR),
                Chore("reviews", "held changes whose data has changed", self._review, every=_REVIEW_EVERY),
                *self._store_comparison(),
                *self.notifications.chores(),
            ],
        )

    def _store_comparison(self) -> list[Chore]:
        at, zone = self._settings.hub_drift_snapshot_at, zone_of(self._settings.hub_digest_time_zone)
        if not at:
            return []
        timetable = Timetable(time.fromisoformat(at), zone)

        def start(work: Work, _cursor: Any) -> Portion:
            present = now()
            due_since = timetable.moment(timetable.latest(present))
            return Portion(int(nightly.start(work, due_since=due_since)), is_last=True)

        return [Chore("store_comparison", "daily comparison of the store", start, every=_COMPARE_EVERY)]

    def _review(self, work: Work, _cursor: Any) -> Portion:
        return Portion(0, is_last=not self._run_guards().judge_again(work))

    @cached_property
    def _channels(self) -> Channels:
        return Channels(self._settings, network(self._settings))

    @property
    def webhook(self) -> Webhook | None:
        """The webhook of the settings that receives digests and notifications; None: not configured."""
        return self._channels.webhook

    @property
    def channels(self) -> dict[str, Channel]:
        """The channels of the settings, by name."""
        return self._channels.of_settings

    @cached_property
    def notifications(self) -> Notifications:
        """Digests and immediate notifications."""
        return Notifications(self._settings, self._database, self._channels, limit=self._limit, stalled=self.stalled)

    @cached_property
    def targets(self) -> TargetDesk:
        """Adds, changes and tests notification targets."""
        return TargetDesk(self._database, self._channels, console=f"{self._settings.public_url}/console")

    def turn(self, keep_going: Callable[[], bool]) -> int:
        """Run a few portions of chores, deliver notifications, refresh a saved list. Returns how many of all."""
        done = self.chores.turn(keep_going)
        done += self.notifications.deliver(keep_going)
        return done + self._refresh_lists().turn(keep_going)

    def close(self) -> None:
        """Close all connections."""
        if (channels := self.__dict__.get("_channels")) is not None:
            channels.close()


def _check_costs(work: Work, _cursor: Any) -> Portion:
    below_cost.check(work)
    return Portion(0, is_last=True)
