"""GET /api/boeing/product-search: one part, answered while you wait. It walks the same path as a batch of 50,000."""

from __future__ import annotations

import time
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from boeing_data_hub.clock import monotonic
from boeing_data_hub.errors import BadInput, Unavailable
from boeing_data_hub.hub import Hub
from boeing_data_hub.intake.requests import SearchRequest
from boeing_data_hub.model.batches import Batch, Item
from boeing_data_hub.model.part_numbers import BadPartNumber, clean
from boeing_data_hub.reporting.catalogue import product_document
from boeing_data_hub.reporting.live import status_document
from boeing_data_hub.store import batches, items, staging
from boeing_data_hub.store.work import Work
from boeing_data_hub.web.access import Searcher, TheHub

router = APIRouter(prefix="/api/boeing", tags=["boeing"])

_LOOK_EVERY = 0.1  # seconds


@router.get("/product-search")
def product_search(
    hub: TheHub,
    principal: Searcher,
    response: Response,
    query: Annotated[str, Query(min_length=1, max_length=200, description="A part number, with or without suffix.")],
    wait: Annotated[float, Query(ge=0, le=60, description="Seconds to wait for Boeing.")] = 25.0,
) -> list[dict[str, Any]] | dict[str, Any]:
    """The staged products for a part number: all variants Boeing knows, an empty list when it knows none.

    When Boeing's limit makes it last longer than `wait`, the answer is 202 with the batch to watch.
    """
    try:
        part = clean(query)
    except BadPartNumber as bad:
        raise BadInput(f"{bad} Nothing was asked.", code="bad_part_numbers") from None
    accepted = hub.intake.search(SearchRequest(part_numbers=[part], owner=principal.owner))
    deadline = monotonic() + wait
    while True:
        batch, item = _look(hub, accepted.batch)
        if batch.status.is_final:
            break
        if monotonic() >= deadline:
            response.status_code = 202
            response.headers["Location"] = f"/api/batches/{batch.id}"
            return hub.database.run(lambda work, batch=batch: status_document(batch, hub.live.situation(work)))
        time.sleep(_LOOK_EVERY)
    if item.error_code in {"boeing_rejected", "boeing_forbidden"}:
        raise BadInput(item.error or "Boeing refuses this part number.", code=item.error_code)
    if item.error_code and item.error_code != "not_found":
        raise Unavailable(item.error or "Boeing did not answer.", code=item.error_code, retry_after=30)
    found = hub.database.run(lambda work: staging.get_many(work, item.skus))
    return [product_document(product) for product in found]


def _look(hub: Hub, batch: Batch) -> tuple[Batch, Item]:
    def step(work: Work) -> tuple[Batch, Item]:
        return batches.get(work, batch.id) or batch, items.page(work, batch.id, limit=1)[0]

    return hub.database.run(step)
