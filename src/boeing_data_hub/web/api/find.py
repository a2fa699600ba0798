"""GET /api/find: parts, runs, plans and quotes by one text."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from boeing_data_hub.web import finding
from boeing_data_hub.web.access import Reader, TheHub
from boeing_data_hub.web.finding import LONGEST_TEXT, Hit, Kind
from boeing_data_hub.web.limits import STORABLE

router = APIRouter(prefix="/api/find", tags=["find"])


class HitResponse(BaseModel):
    """One thing that was found."""

    kind: Kind
    id: str = Field(description="A part's SKU, a run's or plan's id, a quote's RFQ number.")
    name: str
    about: str = Field(description="A part's name, a run's number of parts, a quote's buyer; may be empty.")
    state: str = Field(
        description="A part's status, or `unknown` if it is not in the catalog; a run's outcome, `running`, or "
        "`pending` if it waits for approval; a quote's state."
    )
    at: datetime = Field(description="When the part was last updated, or the run or quote was requested.")
    is_exact: bool = Field(description="The text is its part number, with or without suffix, its id, or its name.")

    @classmethod
    def of(cls, hit: Hit) -> HitResponse:
        """The same in the API's form."""
        return cls(**{name: getattr(hit, name) for name in cls.model_fields})


class FindResponse(BaseModel):
    """What was found, parts first; exact hits come first among the parts."""

    hits: list[HitResponse]
    more: list[Kind] = Field(description="Kinds with more hits than `limit`.")


@router.get("")
def find_everything(
    hub: TheHub,
    _principal: Reader,
    text: Annotated[
        str,
        Query(
            min_length=1,
            max_length=LONGEST_TEXT,
            pattern=STORABLE,
            description="The beginning of a part number, SKU, RFQ number or run id, or any piece of a run's name. For "
            "part numbers, dashes and case do not matter.",
        ),
    ],
    limit: Annotated[int, Query(ge=1, le=50, description="Most hits of each kind.")] = 10,
) -> FindResponse:
    """Find parts, runs, plans and quotes by one text. Names are those of the newest 2,000 runs."""
    found = hub.database.run(lambda work: finding.find(work, text, limit=limit), hurry=True)
    return FindResponse(hits=[HitResponse.of(hit) for hit in found.hits], more=list(found.more))
