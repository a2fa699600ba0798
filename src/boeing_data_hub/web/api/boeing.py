"""GET /api/boeing/product-search: one part, in the response. It takes the same path as a batch of 50,000."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated
from urllib.parse import quote as escaped

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from boeing_data_hub.app import Hub
from boeing_data_hub.batches.requests import SearchRequest
from boeing_data_hub.catalogue import history, staging
from boeing_data_hub.catalogue.pricing import PriceRules
from boeing_data_hub.catalogue.staged_part import CataloguePart
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.errors import BadInput, Conflict, Unavailable
from boeing_data_hub.values.part_numbers import BadPartNumber, clean
from boeing_data_hub.values.states import ItemState
from boeing_data_hub.web.access import Searcher, TheHub
from boeing_data_hub.web.api.batch_status import Unfinished, still_running
from boeing_data_hub.web.api.staged_product import KnownAnswer, StagedProduct, staged_of
from boeing_data_hub.web.problems import may
from boeing_data_hub.web.waiters import Waiters, unfinished
from boeing_data_hub.work import items
from boeing_data_hub.work.batch import Batch

router = APIRouter(prefix="/api/boeing", tags=["boeing"])


class UnfinishedSearch(Unfinished):
    """The batch of a search that Boeing has not answered yet."""

    known: KnownAnswer | None = Field(description="Boeing's last answer; null: the part was never searched.")


@router.get(
    "/product-search",
    response_model=list[StagedProduct],
    responses={
        202: {"model": UnfinishedSearch, "description": "Boeing has not answered yet: what is known, and links."},
        **may(409),
    },
)
def product_search(
    request: Request,
    hub: TheHub,
    principal: Searcher,
    query: Annotated[
        str,
        Query(
            min_length=1,
            max_length=200,
            description="A part number, with or without its suffix.",
            json_schema_extra={"format": "part-number"},
        ),
    ],
    wait: Annotated[float, Query(ge=0, le=60, description="Seconds to wait for Boeing.")] = 25.0,
) -> list[StagedProduct] | Response:
    """The staged products for a part number: all variants that Boeing knows, or an empty list.

    If Boeing cannot answer within `wait`, the response is 202, at once: with the batch to watch, the last known answer
    (`known`, with its age), and `links` to the result. A repeated request meanwhile returns the same batch.
    """
    try:
        part = clean(query)
    except BadPartNumber as bad:
        raise BadInput(f"{bad} Nothing was asked.", code="bad_part_numbers") from None
    waiters: Waiters = request.app.state.waiters
    batch = waiters.wait_for(
        hub, _search(hub, part, principal.owner), seconds=wait, has_ended=lambda one: one.status.is_final
    )
    if not batch.status.is_final:
        result = f"/api/boeing/product-search?query={escaped(part, safe='')}"
        rules = hub.prices
        known = hub.database.run(lambda work: _known(work, part, rules))
        return still_running(unfinished(UnfinishedSearch, hub, batch, known=known, look_at=result))
    item = hub.database.run(lambda work: items.page(work, batch.id, limit=1)[0])
    if item.state is ItemState.CANCELLED:
        raise Conflict(
            "The search was cancelled before Boeing answered. Search again.",
            code="cancelled",
            details={"batch_id": str(batch.id)},
        )
    if item.error_code in {"boeing_rejected", "boeing_forbidden"}:
        raise BadInput(item.error or "Boeing rejected this part number.", code=item.error_code)
    if item.error_code and item.error_code != "not_found":
        raise Unavailable(item.error or "Boeing did not answer.", code=item.error_code, retry_after=30)
    found = hub.database.run(lambda work: staging.get_many(work, item.skus))
    return _shown(found, hub.prices)


def _search(hub: Hub, part: str, owner: str) -> Batch:
    """The search for a part: the caller's running one, or a new one."""
    under_way = hub.database.run(lambda work: history.search_under_way(work, part, owner=owner))
    return under_way or hub.intake.search(SearchRequest(part_numbers=[part], owner=owner)).batch


def _known(work: Work, part: str, rules: PriceRules) -> KnownAnswer | None:
    """Boeing's last answer for a part, with its age; None: the part was never searched."""
    last = history.last_answer(work, part)
    products = staging.get_many(work, last.skus if last else [part])
    if last is None and not products:
        return None
    at = last.fetched_at if last else products[0].fetched_at
    age = max(0, round((history.moment(work) - at).total_seconds()))
    return KnownAnswer(fetched_at=at, age_seconds=age, products=_shown(products, rules))


def _shown(products: Sequence[CataloguePart], rules: PriceRules) -> list[StagedProduct]:
    return [staged_of(product, rules) for product in products]
