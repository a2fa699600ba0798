"""/api/failures: the parts whose latest result is a failure, over all runs; retry or ignore them by filter."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse, StreamingResponse
from pydantic import BaseModel, Field

from boeing_data_hub.app import Hub
from boeing_data_hub.batches.failure_groups import what_to_do
from boeing_data_hub.batches.open_failures import OpenFailures
from boeing_data_hub.clock import now
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.errors import BadInput
from boeing_data_hub.values.counted import counted
from boeing_data_hub.web import failure_export
from boeing_data_hub.web.access import Principal, Reader, TheHub, insist
from boeing_data_hub.web.bodies import WHOLE, Body, Flag
from boeing_data_hub.web.downloads import AS_FILE, download
from boeing_data_hub.web.failure_cursor import CURSOR, cursor_of, position_of
from boeing_data_hub.web.limits import STORABLE
from boeing_data_hub.web.problems import may
from boeing_data_hub.work import open_failures
from boeing_data_hub.work.open_failures import FailureFilter, Kind, ListCount, OpenFailure

router = APIRouter(prefix="/api/failures", tags=["failures"])

_LONGEST_AGE: Final = 24 * 3650  # hours
_Hours = Annotated[int | None, Query(ge=0, le=_LONGEST_AGE)]


class OpenFailureResponse(BaseModel):
    """A part whose latest result is a failure."""

    id: int
    part_number: str
    kind: Kind = Field(description="Of the run: `search`, `publish` or `undo`.")
    batch_id: UUID = Field(description="The run in which it last failed.")
    list: str | None = Field(description="The name of that run's list.")
    error_code: str
    error: str | None
    what_to_do: str
    since: datetime = Field(description="When it first failed, after its last success.")
    failed_at: datetime = Field(description="When it last failed.")
    is_waiting: bool = Field(description="True if it is waiting in a run or plan of this kind.")
    is_ignored: bool
    ignored_at: datetime | None = Field(description="When it was last ignored.")
    ignored_by: str | None
    ignored_reason: str | None

    @classmethod
    def of(cls, one: OpenFailure) -> OpenFailureResponse:
        """The same in the API's form."""
        return cls(
            **{name: getattr(one, name) for name in OpenFailure.__dataclass_fields__},
            what_to_do=what_to_do(one.error_code),
        )


class CauseResponse(BaseModel):
    """How many parts fail for one cause."""

    code: str
    parts: int = Field(description="Counted to 1,000.")
    oldest: datetime
    newest: datetime
    what_to_do: str


class OpenFailuresResponse(BaseModel):
    """One page of failures, with all causes, and the lists of the newest 5,000."""

    failures: list[OpenFailureResponse]
    causes: list[CauseResponse]
    lists: list[ListCount]
    next_after: str | None = Field(description="Send it as `after` for the next page; null at the end.")


class FailureChoice(Body):
    """Which open failures are meant: those that fit everything given."""

    kind: Kind = Field(description="`search` needs the scope `search`, the others `publish`.")
    code: Annotated[str, Field(min_length=1, max_length=100, pattern=STORABLE)] | None = Field(
        default=None, description="This cause."
    )
    batch_id: UUID | None = Field(default=None, description="Those that last failed in this run.")
    older_than_hours: Annotated[int, Field(strict=True, ge=0, le=_LONGEST_AGE), WHOLE] | None = Field(
        default=None, description="Open for at least this long."
    )
    newer_than_hours: Annotated[int, Field(strict=True, ge=0, le=_LONGEST_AGE), WHOLE] | None = Field(
        default=None, description="Open for at most so long."
    )
    part_numbers: (
        Annotated[list[Annotated[str, Field(max_length=100, pattern=STORABLE)]], Field(min_length=1, max_length=1000)]
        | None
    ) = Field(default=None, description="These parts.")
    all_open: Flag = Field(default=False, description="Every failure of the kind; needed when nothing else is given.")

    def read(self) -> FailureFilter:
        """The filter. Raises BadInput if nothing but the kind is given."""
        found = _filter(
            kind=self.kind,
            code=self.code,
            batch_id=self.batch_id,
            older=self.older_than_hours,
            newer=self.newer_than_hours,
            parts=self.part_numbers,
        )
        if found == FailureFilter(kind=self.kind) and not self.all_open:
            raise BadInput(
                "Name the failures: by code, batch_id, age or part_numbers; or send all_open for every one. "
                "Nothing was changed.",
                code="no_filter",
            )
        return found


class IgnoreBody(FailureChoice):
    """Which open failures are ignored, and why."""

    reason: Annotated[str, Field(min_length=1, max_length=200, pattern=STORABLE)] = Field(
        description="Why; the audit log keeps it."
    )


class FailuresRetried(BaseModel):
    """The run that retries failures."""

    message: str
    batch_id: UUID | None = Field(
        description="Null: no failure matches, or all that match are already waiting in a run."
    )
    parts: int
    remaining: int = Field(description="How many more match, counted up to 10,001.")


class FailuresMarked(BaseModel):
    """How many failures were ignored or reopened."""

    message: str
    parts: int
    remaining: int = Field(description="How many more match, counted up to 10,001.")


def _filter(
    *,
    kind: Kind | None,
    code: str | None,
    batch_id: UUID | None,
    older: int | None,
    newer: int | None,
    parts: list[str] | None = None,
    ignored: bool = False,
) -> FailureFilter:
    return FailureFilter(
        kind=kind,
        code=code or None,
        batch_id=batch_id,
        until=None if older is None else now() - timedelta(hours=older),
        from_=None if newer is None else now() - timedelta(hours=newer),
        parts=None if parts is None else [part.strip().upper() for part in parts],
        ignored=ignored,
    )


@router.get("", response_model=OpenFailuresResponse, responses=AS_FILE)
def list_open_failures(
    hub: TheHub,
    _principal: Reader,
    request: Request,
    state: Annotated[Literal["open", "ignored"], Query(description="ignored: those that people ignore.")] = "open",
    kind: Kind | None = None,
    code: Annotated[str | None, Query(max_length=100, pattern=STORABLE, description="Only this cause.")] = None,
    batch_id: Annotated[UUID | None, Query(description="Only those that last failed in this run.")] = None,
    older_than_hours: _Hours = None,
    newer_than_hours: _Hours = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    after: Annotated[str, Query(pattern=CURSOR, description="`next_after` of the last page.")] = "",
    format: Annotated[  # noqa: A002 - its name in the address
        Literal["json", "csv", "xlsx"] | None, Query(description="csv, xlsx: every failure that fits.")
    ] = None,
) -> OpenFailuresResponse | StreamingResponse | FileResponse:
    """Parts whose latest result is a failure, the newest first. A part disappears when it succeeds."""
    wanted = _filter(
        kind=kind,
        code=code,
        batch_id=batch_id,
        older=older_than_hours,
        newer=newer_than_hours,
        ignored=state == "ignored",
    )
    if format is None and "text/csv" in request.headers.get("accept", ""):
        format = "csv"  # noqa: A001 - same
    if format is not None and format != "json":
        return download(failure_export.failures(hub.database, wanted), format, name=f"{state}-failures")
    position = position_of(after)

    def step(work: Work) -> OpenFailuresResponse:
        found = open_failures.page(work, wanted, limit=limit, after=position)
        return OpenFailuresResponse(
            failures=[OpenFailureResponse.of(one) for one in found],
            causes=[
                CauseResponse(
                    code=one.code,
                    parts=one.parts,
                    oldest=one.oldest,
                    newest=one.newest,
                    what_to_do=what_to_do(one.code),
                )
                for one in open_failures.causes(work, ignored=wanted.ignored)
            ],
            lists=open_failures.lists(work, ignored=wanted.ignored),
            next_after=cursor_of(found[-1]) if len(found) == limit else None,
        )

    return hub.database.run(step)


@router.post("/retry", status_code=202, responses=may(409))
def retry_failures(body: FailureChoice, hub: TheHub, principal: Reader) -> FailuresRetried:
    """Search for, or publish, the parts that fit, in one new run. Parts already waiting in a run are skipped.

    One request takes at most as many parts as a run may have; `remaining` says how many more fit. An undo is retried
    in its own run. Needs the scope of the kind.
    """
    done = _acting(hub, principal, body).retry(body.read(), actor=principal.owner)
    if done.batch is None:
        message = "No failure matches, or all that match are already waiting in a run. Nothing was started."
    else:
        message = f"{counted(done.parts, 'part')} in a new run."
    return FailuresRetried(
        message=message, batch_id=done.batch.id if done.batch else None, parts=done.parts, remaining=done.remaining
    )


@router.post("/ignore")
def ignore_failures(body: IgnoreBody, hub: TheHub, principal: Reader) -> FailuresMarked:
    """Ignore failures that fit, until they fail for another cause; at most 10,000 at a time. Needs the kind's scope."""
    done = _acting(hub, principal, body).ignore(body.read(), actor=principal.owner, reason=body.reason.strip())
    return FailuresMarked(
        message=f"{counted(done.parts, 'failure')} ignored.", parts=done.parts, remaining=done.remaining
    )


@router.post("/reopen")
def reopen_failures(body: FailureChoice, hub: TheHub, principal: Reader) -> FailuresMarked:
    """Show ignored failures that fit again; at most 10,000 at a time. Needs the kind's scope."""
    done = _acting(hub, principal, body).reopen(body.read(), actor=principal.owner)
    return FailuresMarked(
        message=f"{counted(done.parts, 'failure')} reopened.", parts=done.parts, remaining=done.remaining
    )


def _acting(hub: Hub, principal: Principal, choice: FailureChoice) -> OpenFailures:
    insist(principal, "search" if choice.kind == "search" else "publish")
    return OpenFailures(hub.database, hub.intake, most_searched=hub.settings.max_bulk_search_size)
