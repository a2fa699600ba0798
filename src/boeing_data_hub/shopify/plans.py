"""Plans: what a publish run would do to each part, saved so that exactly this can be run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import msgspec

from boeing_data_hub.db.statements import beside
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.shopify.forecast import PlanForecast
from boeing_data_hub.shopify.planned import PlanItem, PlanReason, PlanRow, Shown
from boeing_data_hub.work.batch import Batch

_SQL: Final = beside(__file__)


def save(work: Work, batch_id: UUID, rows: Sequence[PlanRow], forecast: PlanForecast) -> None:
    """Save a plan: its forecast and its parts."""
    work.do(_SQL["save_forecast"], [msgspec.json.encode(forecast).decode(), batch_id])
    work.do(_SQL["save_items"], [batch_id, msgspec.json.encode(rows).decode()])


def forecast_of(batch: Batch) -> PlanForecast | None:
    """The forecast that was made with a plan; None for another batch, or if a version before this one wrote it."""
    try:
        return msgspec.convert(batch.options.forecast, PlanForecast | None)
    except msgspec.ValidationError:
        return None


def page(
    work: Work,
    batch_id: UUID,
    *,
    limit: int,
    after: int = 0,
    action: str | None = None,
    code: str | None = None,
    search: str | None = None,
) -> list[PlanItem]:
    """`limit` parts of a plan in list order, after position `after`; one item for each SKU of them.

    `search` is how a part number or SKU begins.
    """
    return work.records(
        PlanItem,
        _SQL["page"],
        {"batch": batch_id, "after": after, "action": action, "code": code, "search": search, "limit": limit},
    )


def reasons(work: Work, batch_id: UUID) -> list[PlanReason]:
    """Why parts of a plan are not published, the commonest reason first."""
    return work.records(PlanReason, _SQL["reasons"], [batch_id])


def waiting(work: Work, *, limit: int = 100) -> list[Batch]:
    """Plans that wait for approval, newest first."""
    return work.records(Batch, _SQL["waiting"], [limit])


def count_waiting(work: Work) -> int:
    """How many plans wait for approval, counted up to 1,000."""
    return work.value(_SQL["count_waiting"])


def counts(work: Work, batch_id: UUID) -> dict[str, int]:
    """How many parts a plan creates, updates and so on."""
    rows = work.rows(_SQL["counts"], [batch_id])
    return {row["action"]: row["parts"] for row in rows}


def digests(work: Work, batch_id: UUID, skus: Sequence[str] | None = None) -> dict[str, Shown]:
    """What a plan showed, by SKU."""
    rows = work.rows(_SQL["digests"], {"batch": batch_id, "skus": None if skus is None else list(skus)})
    return {row["sku"]: Shown(row["action"], row["digest"]) for row in rows}


def approve(work: Work, batch_id: UUID, *, bulk: bool) -> bool:
    """Run a plan. False if it no longer waits for approval."""
    return bool(
        work.do(
            _SQL["approve"],
            [bulk, batch_id],
        )
    )
