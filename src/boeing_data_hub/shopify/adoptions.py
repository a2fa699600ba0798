"""What people do to adopt a store: start a plan, choose, approve, cancel and undo it. Workers do the rest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from uuid import UUID, uuid4

from boeing_data_hub.db import audit
from boeing_data_hub.db.unit_of_work import Database, Work
from boeing_data_hub.errors import BadInput, Conflict, NotFound
from boeing_data_hub.shopify import adoption_rows, current_store, store_job_rows
from boeing_data_hub.shopify.adoption import CANNOT_ADOPT, Adoption, AdoptionRow, Choice
from boeing_data_hub.shopify.adoption_matching import COPIES
from boeing_data_hub.shopify.adoption_rows import RowFilter

_CHOOSABLE: Final = frozenset({"waiting", "stopped"})
_UNDOABLE: Final = frozenset({"adopted", "stopped", "undone"})


class Adoptions:
    """Starts, changes and ends plans.

    Args:
        database: has them.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def start(self, *, actor: str) -> Adoption:
        """Start a plan for the whole store. While another is being made, that one is returned.

        Raises:
            Conflict: no store is connected, or an adoption is being carried out or undone.
        """

        def step(work: Work) -> Adoption:
            shop = current_store.read(work)
            if shop is None:
                raise Conflict("No store is connected yet. Nothing was changed.", code="no_store")
            other = adoption_rows.busy(work)
            if other is not None and other.state == "planning":
                return other
            if other is not None:
                raise _busy(other)
            adoption_id = uuid4()
            request = {"adoption": str(adoption_id)}
            job_id = store_job_rows.add(work, shop=shop, kind="plan_adoption", request=request, total=0, actor=actor)
            adoption_rows.add(work, adoption_id, shop=shop, job_id=job_id, actor=actor)
            audit.record(work, actor=actor, action="adoption.plan", target=str(adoption_id))
            return found(work, adoption_id)

        return self._database.run(step, patience=5)

    def choose(self, adoption_id: UUID, wanted: RowFilter, choice: Choice, *, actor: str) -> int:
        """Choose for all products that match. One of each part can be adopted, and only certain copies are archived.

        Returns:
            How many products the choice was made for.

        Raises:
            NotFound: there is no such plan.
            Conflict: it is not waiting for choices.
        """

        def step(work: Work) -> int:
            self._changeable(work, adoption_id, _CHOOSABLE)
            done = adoption_rows.choose(work, adoption_id, wanted, choice)
            told = {name: value for name in wanted.__slots__ if (value := getattr(wanted, name)) is not None}
            audit.record(
                work, actor=actor, action="adoption.choose", target=str(adoption_id),
                details={**told, "choice": choice, "products": done},
            )  # fmt: skip
            return done

        return self._database.run(step, patience=5)

    def choose_one(
        self, adoption_id: UUID, product_id: str, choice: Choice, *, part: str | None = None, actor: str
    ) -> AdoptionRow:
        """Choose for one product; `part` says which of its candidates it is.

        Raises:
            NotFound: there is no such plan or product.
            BadInput: the choice is not possible for the product.
            Conflict: the plan is not waiting for choices.
        """

        def step(work: Work) -> AdoptionRow:
            self._changeable(work, adoption_id, _CHOOSABLE)
            row = _row(work, adoption_id, product_id)
            wanted = part or row.part
            _possible(work, adoption_id, row, choice, wanted)
            if not adoption_rows.choose_one(work, adoption_id, product_id, choice, part=wanted):
                raise Conflict("This product was adopted already. Nothing was changed.", code="already_adopted")
            details = {"choice": choice, "product": product_id, **({"part": wanted} if wanted else {})}
            audit.record(work, actor=actor, action="adoption.choose", target=str(adoption_id), details=details)
            return _row(work, adoption_id, product_id)

        return self._database.run(step, patience=5)

    def approve(self, adoption_id: UUID, *, expected: int, complete_skus: bool, actor: str) -> Adoption:
        """Carry out what was chosen, in the background. A stopped adoption continues where it stopped.

        Args:
            adoption_id: the plan.
            expected: how many products the person was shown: to be adopted, and copies to be archived.
            complete_skus: the next publish of each part also completes its SKU.
            actor: the person.

        Raises:
            NotFound: there is no such plan.
            Conflict: the number has changed, the plan is not waiting, or another adoption is being carried out.
            BadInput: nothing is chosen.
        """

        def step(work: Work) -> Adoption:
            self._changeable(work, adoption_id, _CHOOSABLE)
            _alone(work, adoption_id)
            total = adoption_rows.count(work, adoption_id, states=["planned", "sending"])
            if total != expected:
                raise Conflict(
                    f"{total:,} products are chosen now, but you confirmed {expected:,}. Nothing was changed. Review "
                    "them again.",
                    code="adoption_changed",
                    details={"total": total},
                )
            if not total:
                raise BadInput("No product is chosen. Nothing was changed.", code="nothing_chosen")
            adoption_rows.approve(work, adoption_id, complete_skus=complete_skus, actor=actor)
            return self._with_job(work, adoption_id, "adopt", total, actor)

        return self._database.run(step, patience=5)

    def undo(self, adoption_id: UUID, *, actor: str) -> Adoption:
        """Undo what was carried out, in the background, where nothing else has happened since.

        Raises:
            NotFound: there is no such plan.
            Conflict: nothing of it was carried out, or an adoption is being carried out.
        """

        def step(work: Work) -> Adoption:
            self._changeable(work, adoption_id, _UNDOABLE)
            _alone(work, adoption_id)
            total = adoption_rows.count(work, adoption_id, states=["done", "undoing"])
            if not total:
                raise Conflict("There is nothing to undo. Nothing was changed.", code="nothing_to_undo")
            return self._with_job(work, adoption_id, "undo_adoption", total, actor)

        return self._database.run(step, patience=5)

    def cancel(self, adoption_id: UUID, *, actor: str) -> Adoption:
        """Stop the adoption within one step. Changes already made stay; they can be continued or undone.

        Raises:
            NotFound: there is no such plan.
            Conflict: nothing is in progress.
        """

        def step(work: Work) -> Adoption:
            if not store_job_rows.cancel(work, found(work, adoption_id).job_id):
                raise Conflict("Nothing is under way. Nothing was changed.", code="job_ended")
            audit.record(work, actor=actor, action="adoption.cancel", target=str(adoption_id))
            return found(work, adoption_id)

        return self._database.run(step, patience=5)

    def read(self, step: Callable[[Work, Adoption], object], adoption_id: UUID) -> object:
        """Read rows of a plan. Raises NotFound."""
        return self._database.run(lambda work: step(work, found(work, adoption_id)), patience=5)

    @staticmethod
    def _changeable(work: Work, adoption_id: UUID, states: frozenset[str]) -> Adoption:
        adoption_rows.lock(work, adoption_id)
        adoption = found(work, adoption_id)
        if adoption.state not in states:
            raise Conflict(f"This plan is {adoption.state}. Nothing was changed.", code="adoption_state")
        return adoption

    @staticmethod
    def _with_job(work: Work, adoption_id: UUID, kind: str, total: int, actor: str) -> Adoption:
        shop = found(work, adoption_id).shop
        request = {"adoption": str(adoption_id)}
        job_id = store_job_rows.add(work, shop=shop, kind=kind, request=request, total=total, actor=actor)
        adoption_rows.set_job(work, adoption_id, job_id)
        action = "adoption.approve" if kind == "adopt" else "adoption.undo"
        audit.record(work, actor=actor, action=action, target=str(adoption_id), details={"products": total})
        return found(work, adoption_id)


def found(work: Work, adoption_id: UUID) -> Adoption:
    """The plan. Raises NotFound."""
    adoption = adoption_rows.get(work, adoption_id)
    if adoption is None:
        raise NotFound("This plan doesn't exist or was deleted.", code="adoption_not_found")
    return adoption


def _busy(other: Adoption) -> Conflict:
    return Conflict(
        f"Another adoption of this store is {other.state}. Nothing was changed. Wait until it has ended, or cancel it.",
        code="adoption_busy",
        details={"adoption": str(other.id)},
    )


def _alone(work: Work, adoption_id: UUID) -> None:
    other = adoption_rows.busy(work)
    if other is not None and other.id != adoption_id:
        raise _busy(other)


def _row(work: Work, adoption_id: UUID, product_id: str) -> AdoptionRow:
    rows = adoption_rows.by_products(work, adoption_id, [product_id])
    if not rows:
        raise NotFound("This product is not in the plan.", code="product_not_found")
    return rows[0]


def _possible(work: Work, adoption_id: UUID, row: AdoptionRow, choice: Choice, part: str | None) -> None:
    """Raise BadInput if the choice is not possible for the product."""
    if choice == "leave":
        return
    if row.confidence in CANNOT_ADOPT or part is None or part not in row.candidates:
        several = len(row.candidates) > 1 and part is None
        raise BadInput(
            f"Say which part it is: {', '.join(row.candidates)}. Nothing was changed." if several
            else "This product matches no part of yours, or not this one. Nothing was changed.",
            code="not_a_candidate",
        )  # fmt: skip
    others = [one for one in adoption_rows.of_parts(work, adoption_id, [part]) if one.product_id != row.product_id]
    if choice == "adopt" and any(one.confidence == "linked" or one.state in {"done", "linked"} for one in others):
        raise BadInput(
            "The hub already manages another product of this part. Nothing was changed.", code="part_has_product"
        )
    kept = any(one.confidence == "linked" or one.choice == "adopt" for one in others)
    if choice == "archive" and row.doubt not in COPIES:
        raise BadInput("It isn't certainly a copy of your product. Nothing was changed.", code="not_a_copy")
    if choice == "archive" and not kept:
        raise BadInput(
            "No other product of its part is chosen. Nothing was changed. Choose the product to adopt first.",
            code="not_a_copy",
        )
