"""Plans as both the API and the console ask for them: made, approved as shown, discarded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from boeing_data_hub.errors import Conflict, NotFound
from boeing_data_hub.hub import Hub
from boeing_data_hub.intake.requests import Accepted, PublishRequest
from boeing_data_hub.model.batches import Batch
from boeing_data_hub.model.states import BatchStatus
from boeing_data_hub.store import audit, batches, plans
from boeing_data_hub.store.work import Work


def make(
    hub: Hub, asked: PublishRequest, *, told: Callable[[int], None] = lambda _done: None
) -> tuple[Accepted, dict[str, Any] | None]:
    """Make a plan, and keep it until a person's word. Nothing is changed in the store.

    Args:
        hub: this process's hub.
        asked: what to plan.
        told: is told now and then how many parts have been looked at.

    Returns:
        its batch, and its forecast; no forecast where the same request was planned before.

    Raises:
        Unavailable: the store does not answer, or needs a person.
        BadInput: the idempotency key was used for another request; or no store is set.
    """
    _ = hub.shop.access  # without a store there is nothing to plan for
    known = hub.intake.known(asked)
    if known is not None:
        return known, None
    plan = hub.shop.planning.plan(asked.part_numbers, told=told)

    def keep(work: Work, batch: UUID) -> None:
        plans.save(work, batch, plan.rows(), plan.forecast)

    return hub.intake.publish(asked, also=keep), plan.forecast


def existing(work: Work, plan_id: UUID) -> Batch:
    """The batch of a plan. Raises NotFound."""
    batch = batches.get(work, plan_id)
    if batch is None or not batch.options.get("planned"):
        raise NotFound("There is no such plan. A dry run makes one.", code="plan_not_found")
    return batch


def approve(hub: Hub, plan_id: UUID, *, actor: str) -> Batch:
    """Let a plan run, exactly as it was shown.

    Raises:
        NotFound: there is no such plan.
        Conflict: it was decided before, or something has changed since (`plan_changed`, with the details).
        Unavailable: the store does not answer.
    """
    sending = hub.shop.planning.approve(plan_id)

    def step(work: Work) -> Batch:
        audit.record(work, actor=actor, action="plan.approve", target=str(plan_id), details={"sending": sending})
        return existing(work, plan_id)

    batch = hub.database.run(step)
    hub.intake.wake_publishing()
    return batch


def discard(hub: Hub, plan_id: UUID, *, actor: str) -> None:
    """Discard a plan that waits. Raises NotFound, and Conflict when it waits no more."""
    batch = hub.database.run(lambda work: existing(work, plan_id))
    if batch.status is not BatchStatus.PENDING:
        raise Conflict("This plan has been run or discarded already. Nothing was changed.", code="plan_decided")
    hub.intake.cancel(plan_id, actor=actor)
