"""Creating, approving and discarding plans, for the API and the console."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from boeing_data_hub.app import Hub
from boeing_data_hub.batches.requests import Accepted, PublishRequest
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.errors import Conflict, NotFound
from boeing_data_hub.shopify import plans
from boeing_data_hub.shopify.forecast import PlanForecast
from boeing_data_hub.values.states import BatchStatus
from boeing_data_hub.web.places import APPROVALS, PLANS
from boeing_data_hub.work import batches
from boeing_data_hub.work.batch import Batch


def make(
    hub: Hub, asked: PublishRequest, *, told: Callable[[int], None] = lambda _done: None
) -> tuple[Accepted, PlanForecast | None]:
    """Create a plan, and store it until it is approved. Changes nothing in the store.

    Args:
        hub: this process's hub.
        asked: the parts to plan.
        told: called from time to time with the number of parts that have been checked.

    Returns:
        its batch and its forecast; no forecast if the same request was planned before.

    Raises:
        Unavailable: Shopify does not respond, or a person must act first.
        BadInput: the idempotency key was used for another request; or no store is configured.
    """
    _ = hub.shop.access  # raises when no store is configured
    known = hub.intake.known(asked)
    if known is not None:
        return known, None
    plan = hub.shop.planning.plan(asked.part_numbers, told=told)

    def keep(work: Work, batch: UUID) -> None:
        plans.save(work, batch, plan.rows(), plan.forecast)

    return hub.intake.publish(asked, also=keep), plan.forecast


def make_at_once(hub: Hub, asked: PublishRequest) -> tuple[Accepted, PlanForecast | None]:
    """Make a plan within a request: `make`, for a few requests at a time. Raises Unavailable for more."""
    with PLANS.one():
        return make(hub, asked)


def existing(work: Work, plan_id: UUID) -> Batch:
    """The batch of a plan. Raises NotFound."""
    batch = batches.get(work, plan_id)
    if batch is None or not batch.options.planned:
        raise NotFound("No such plan. Create one with a dry run.", code="plan_not_found")
    return batch


def approve(hub: Hub, plan_id: UUID, *, actor: str) -> Batch:
    """Run a plan exactly as shown. Approving it again returns the same batch.

    Raises:
        NotFound: there is no such plan.
        Conflict: it was discarded, or something has changed since (`plan_changed`, with the details).
        Unavailable: Shopify does not respond, or too many plans are being approved.
    """
    with APPROVALS.one():
        hub.shop.planning.approve(plan_id, actor=actor)
    hub.intake.wake_publishing()
    return hub.database.run(lambda work: existing(work, plan_id))


def discard(hub: Hub, plan_id: UUID, *, actor: str) -> None:
    """Discard a plan. Raises NotFound, or Conflict if it no longer waits for approval."""
    batch = hub.database.run(lambda work: existing(work, plan_id))
    if batch.status is not BatchStatus.PENDING:
        raise Conflict("This plan was already run or discarded. Nothing was changed.", code="plan_decided")
    hub.intake.cancel(plan_id, actor=actor)
