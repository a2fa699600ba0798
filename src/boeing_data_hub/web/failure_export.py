"""Open failures as a spreadsheet file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from boeing_data_hub.batches.failure_groups import what_to_do
from boeing_data_hub.db.unit_of_work import Database
from boeing_data_hub.web.sheets import Row, Sheet
from boeing_data_hub.work import open_failures
from boeing_data_hub.work.open_failures import FailureFilter, OpenFailure

COLUMNS: Final = (
    "part_number", "kind", "error_code", "error", "what_to_do", "list", "batch_id", "since", "failed_at",
    "ignored_reason",
)  # fmt: skip
_WIDTHS: Final = (24, 10, 24, 60, 60, 30, 38, 28, 28, 40)
_ROWS_AT_A_TIME: Final = 2000


def failures(database: Database, wanted: FailureFilter) -> Sheet:
    """Parts whose latest result is a failure, to be corrected and uploaded again."""
    return Sheet("failures", COLUMNS, _WIDTHS, map(_row, _all(database, wanted)))


def _all(database: Database, wanted: FailureFilter) -> Iterator[OpenFailure]:
    after = None
    while found := database.run(
        lambda work, after=after: open_failures.page(work, wanted, limit=_ROWS_AT_A_TIME, after=after)
    ):
        yield from found
        after = (found[-1].since, found[-1].id)


def _row(one: OpenFailure) -> Row:
    return (
        one.part_number,
        one.kind,
        one.error_code,
        one.error or "",
        what_to_do(one.error_code),
        one.list or "",
        str(one.batch_id),
        one.since.isoformat(),
        one.failed_at.isoformat(),
        (one.ignored_reason or "") if one.is_ignored else "",
    )
