"""GET /api/freshness: how much of the catalogue is likely up to date, and who used Boeing's calls."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel

from boeing_data_hub.sync import freshness
from boeing_data_hub.web.access import Reader, TheHub

router = APIRouter(prefix="/api/freshness", tags=["products"])


class Estimate(BaseModel, from_attributes=True):
    """An estimate: the share of `parts` staged parts that likely match Boeing's current data."""

    at: datetime
    parts: int
    likely_right: float
    oldest: datetime


class CallUse(BaseModel, from_attributes=True):
    """Calls within a period. `idle`: what the limit allowed besides; null without a limit."""

    people: int
    sync: int
    idle: int | None


class Calls(BaseModel, from_attributes=True):
    """Calls within the last day and the last week."""

    day: CallUse
    week: CallUse


class Freshness(BaseModel, from_attributes=True):
    """How fresh the catalogue is; `estimate` is the newest one, and `week` has those of the last seven days."""

    estimate: Estimate | None
    calls: Calls
    week: list[Estimate]


@router.get("")
def get_freshness(hub: TheHub, _principal: Reader) -> Freshness:
    """How much of the catalogue is likely right, how old its oldest answer is, and who used Boeing's calls."""
    found = hub.database.run(lambda work: freshness.look(work, hub.boeing_limit))
    return Freshness.model_validate(found, from_attributes=True)
