"""From settings and rows to a forecast of sync: the limit, the hours, and the rates that were learned."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from boeing_data_hub.db import probe, revision
from boeing_data_hub.db.probe import PostgresRefused
from boeing_data_hub.errors import BadInput
from boeing_data_hub.settings import Settings
from boeing_data_hub.settings.notices import zone_of
from boeing_data_hub.sync import rows
from boeing_data_hub.sync.forecast import forecast, groups_of
from boeing_data_hub.sync.learning import Priors
from boeing_data_hub.sync.timetable import Hours
from boeing_data_hub.work.rate_limit import parse_rate_limit

_SECONDS: Final = 4.0
_DAY: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class Shares:
    """The lowest and the highest share, 0 to 1."""

    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """How fresh sync keeps the store.

    Attributes:
        calls_a_day: to Boeing.
        whole_pass_days: until every part has been asked for, if all are asked in turn.
        wrong: share of the time in which a part is out of date, weighted by demand.
        wrong_in_turn: the same if all are asked in turn.
    """

    calls_a_day: int
    whole_pass_days: float
    wrong: Shares
    wrong_in_turn: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncEstimate:
    """The forecast for so many parts. `assumptions` are sentences for people."""

    parts: int
    sync: Freshness
    assumptions: tuple[str, ...]


def reckon(
    settings: Settings, parts: int, *, at_limit: str | None = None, batch_size: int | None = None, offline: bool = False
) -> SyncEstimate:
    """How fresh sync will keep so many parts.

    Raises:
        BadInput: there is no limit, so no slot is idle and sync asks nothing.
    """
    limit = parse_rate_limit(at_limit or settings.boeing_api_rate_limit)
    if limit is None:
        raise BadInput("Sync needs a limit: set BOEING_API_RATE_LIMIT, or use --at-limit 2/m.", code="no_limit")
    assumed = [
        "Searches are assumed to use no calls; each call they make is one fewer for sync.",
        "Demand is assumed to follow Zipf's law: a few parts have most of it.",
    ]
    priors = None if offline else _learned(settings)
    if priors is None:
        priors = Priors()
        assumed.append("Typical rates of change are assumed, because none have been learned or Postgres was not used.")
    hours = Hours.of(settings.hub_sync_hours, zone_of(settings.hub_digest_time_zone))
    calls = _DAY / limit.spacing * (1.0 - settings.hub_sync_free_share) * hours.share
    each = batch_size or settings.boeing_batch_size
    found = forecast(groups_of(priors, parts=parts), answers_a_day=calls * each)
    return SyncEstimate(
        parts=parts,
        sync=Freshness(
            calls_a_day=round(calls),
            whole_pass_days=round(found.every_days, 2),
            wrong=Shares(round(found.low, 4), round(found.high, 4)),
            wrong_in_turn=round(found.in_turn, 4),
        ),
        assumptions=tuple(assumed),
    )


def _learned(settings: Settings) -> Priors | None:
    url = settings.postgres_url if settings.database_url else ""
    if url:
        with (
            suppress(PostgresRefused, probe.NotAnsweredError),
            probe.connected(url, seconds=_SECONDS) as connection,
            probe.reading(connection) as work,
        ):
            return rows.state(work).priors if revision.is_current(work) else None
    return None
