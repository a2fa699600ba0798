"""Carries out adoptions: sets our custom ids on the chosen products, archives chosen copies, and undoes both.

A step reads its products in the store again, saves that it is about to change them, and then changes up to 25 with one
call, which changes nothing that has a custom id already. A killed step is repeated: what it did is seen in the store.
The parts of a step are leased, so that they are not published meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from boeing_data_hub.catalogue.listing_policy import ListingPolicy
from boeing_data_hub.db import audit
from boeing_data_hub.db.unit_of_work import Database, Work
from boeing_data_hub.shopify import adoption_rows, conflict_rows, lookups
from boeing_data_hub.shopify.adoption import Adoption, AdoptionRow, Choice, changed_since
from boeing_data_hub.shopify.adoption_matching import Parts
from boeing_data_hub.shopify.adoption_rows import Marked
from boeing_data_hub.shopify.failures import UserErrors
from boeing_data_hub.shopify.publications import StoreFacts
from boeing_data_hub.shopify.repeatable_calls import AsksStore, patiently
from boeing_data_hub.shopify.row_lease import Taken, Taking
from boeing_data_hub.shopify.store_job import StoreJob
from boeing_data_hub.shopify.storefront import Storefront
from boeing_data_hub.work.leases import LeaseLostError

_AT_ONCE: Final = 100  # products read by one search
_PER_CALL: Final = 25  # metafields that one call sets
HELD: Final = "adoption:"
"""The first name of a lease on parts that are adopted. If its worker dies, they are not blamed for it."""

_OPEN: Final = ("planned", "sending")
_DONE: Final = ("done", "undoing")
_PUBLISHED: Final = "The hub publishes this part as another product, so this one was left."
_SINCE: Final = "The part was published since, so the hub still manages the product."
_NOT_A_COPY: Final = "No product of its part was adopted, so this one was left."
_Rows = Taken[list[AdoptionRow]]


class Adopting:
    """Takes steps of adoptions.

    Args:
        database: the plans.
        client: calls the store.
        storefront: reads the store.
        policy: names our custom id and our vendor.
        taking: holds the parts of a step.
    """

    def __init__(
        self, *, database: Database, client: AsksStore, storefront: Storefront, policy: ListingPolicy, taking: Taking
    ) -> None:
        self._database = database
        self._client = client
        self._storefront = storefront
        self._policy = policy
        self._taking = taking

    def adopt(self, job: StoreJob, facts: StoreFacts) -> int | None:
        """Adopt the next chosen products, or else archive the next copies. Returns how many are settled; None at the
        end.

        Raises:
            HubError: as `ShopifyClient.run`; the step is repeated.
            LeaseLostError: another worker took the step over.
        """
        adoption = self._of(job)
        done = self._step(adoption, "adopt", _OPEN, lambda taken: self._adopted(taken, adoption, facts))
        if done == 0 and not self._left(adoption, ("adopt",), _OPEN):
            done = self._step(adoption, "archive", _OPEN, lambda taken: self._archived(taken, adoption, facts))
        return done or (0 if self._left(adoption, ("adopt", "archive"), _OPEN) else None)

    def undo(self, job: StoreJob, facts: StoreFacts) -> int | None:
        """Undo the next adopted products that have not changed since. Returns and raises as `adopt`."""
        adoption = self._of(job)
        done = self._step(adoption, "archive", _DONE, lambda taken: self._unarchived(taken, adoption, facts))
        if done == 0 and not self._left(adoption, ("archive",), _DONE):
            done = self._step(adoption, "adopt", _DONE, lambda taken: self._undone(taken, adoption, facts))
        return done or (0 if self._left(adoption, ("adopt", "archive"), _DONE) else None)

    def _of(self, job: StoreJob) -> Adoption:
        adoption = self._database.run(lambda work: adoption_rows.of_job(work, job.id), patience=20)
        assert adoption is not None  # noqa: S101 - saved with the job
        return adoption

    def _left(self, adoption: Adoption, choices: Sequence[Choice], states: Sequence[str]) -> int:
        return self._database.run(
            lambda work: adoption_rows.count(work, adoption.id, states=states, choices=choices), patience=20
        )

    def _step(self, adoption: Adoption, choice: Choice, states: Sequence[str], act: Callable[[_Rows], int]) -> int:
        def find(work: Work) -> list[AdoptionRow] | None:
            rows = adoption_rows.next_rows(work, adoption.id, choice=choice, states=states, limit=_AT_ONCE)
            return rows or None

        with self._taking.next(find, held_as=lambda rows: [HELD, *(row.part or "" for row in rows)]) as taken:
            return 0 if taken is None else act(taken)

    def _adopted(self, taken: _Rows, adoption: Adoption, facts: StoreFacts) -> int:
        rows, skus = taken.row, [row.part or "" for row in taken.row]
        now = self._storefront.to_adopt([row.product_id for row in rows])
        parts = self._parts(rows, facts)
        published = self._database.run(
            lambda work: adoption_rows.published_meanwhile(work, facts.shop, skus), patience=20
        )
        settled: list[Marked] = []
        ready: list[AdoptionRow] = []
        for row in rows:
            seen = now.get(row.product_id)
            why = _PUBLISHED if row.part in published else changed_since(row, seen, parts)
            if seen is not None and seen.custom_id == row.part:
                settled.append(Marked(row.position, "done" if row.state == "sending" else "linked"))
            elif why is not None:
                settled.append(Marked(row.position, "changed", why))
            else:
                ready.append(row)
        self._save_adopted(taken, adoption, rows, settled, facts, ready=ready)
        for start in range(0, len(ready), _PER_CALL):
            some = ready[start : start + _PER_CALL]
            refused = self._set(some, taken)
            self._save_adopted(taken, adoption, some, self._outcomes(some, refused), facts)
        return len(rows)

    def _set(self, rows: Sequence[AdoptionRow], taken: _Rows) -> Mapping[int, str]:
        """Set the custom ids of products that have none: of all, or of none. Those that the store rejects are left out.

        Returns:
            The store's message for each rejected row, by position.
        """
        fields = [{**self._field(row), "type": "id", "value": row.part, "compareDigest": None} for row in rows]
        try:
            self._client.run("metafields_set", {"metafields": fields}, keep_going=taken.is_ours)
        except UserErrors as refused:
            told = dict(_by_index(refused))
            named = {row.position: told[index] for index, row in enumerate(rows) if index in told}
            if len(rows) == 1:
                return named or {rows[0].position: refused.message}
            if not named:  # it does not say which: each is tried individually
                return {at: said for row in rows for at, said in self._set([row], taken).items()}
            rest = [row for row in rows if row.position not in named]
            return {**named, **(self._set(rest, taken) if rest else {})}
        return {}

    def _outcomes(self, rows: Sequence[AdoptionRow], refused: Mapping[int, str]) -> list[Marked]:
        """A rejected row may still be ours: an earlier call without an answer may have been carried out late."""
        doubtful = [row.product_id for row in rows if row.position in refused]
        now = self._storefront.to_adopt(doubtful) if doubtful else {}
        return [
            Marked(row.position, "refused", refused[row.position][:500])
            if row.position in refused and (row.product_id not in now or now[row.product_id].custom_id != row.part)
            else Marked(row.position, "done")
            for row in rows
        ]

    def _save_adopted(
        self,
        taken: _Rows,
        adoption: Adoption,
        rows: Sequence[AdoptionRow],
        settled: Sequence[Marked],
        facts: StoreFacts,
        *,
        ready: Sequence[AdoptionRow] = (),
    ) -> None:
        ours = {one.position for one in settled if one.state in {"done", "linked"}}
        own = [row for row in rows if row.position in ours]
        skus = [row.part or "" for row in own]
        actor = adoption.approved_by or adoption.actor

        def step(work: Work) -> None:
            adoption_rows.mark(work, adoption.id, [*settled, *(Marked(row.position, "sending") for row in ready)])
            adoption_rows.take_over(work, facts.shop, own, complete_skus=adoption.complete_skus)
            lookups.forget(work, facts.shop, skus)
            conflict_rows.end(work, facts.shop, skus)
            audit.record_each(
                work, actor=actor, action="adoption.adopt", targets=skus, details={"adoption": str(adoption.id)}
            )

        taken.save(step)

    def _archived(self, taken: _Rows, adoption: Adoption, facts: StoreFacts) -> int:
        rows = taken.row
        now = self._storefront.to_adopt([row.product_id for row in rows])
        parts = self._parts(rows, facts)
        kept = self._database.run(
            lambda work: {
                one.part
                for one in adoption_rows.of_parts(work, adoption.id, [row.part or "" for row in rows])
                if one.confidence == "linked" or (one.choice == "adopt" and one.state in {"done", "linked"})
            },
            patience=20,
        )
        for row in rows:
            seen = now.get(row.product_id)
            if row.state == "sending" and seen is not None and seen.status == "ARCHIVED":
                self._save(taken, adoption, Marked(row.position, "done"), row)
                continue
            why = changed_since(row, seen, parts) or (None if row.part in kept else _NOT_A_COPY)
            if why is None and seen is not None and seen.status != row.status:
                why = f"Its status was {row.status.lower()} and is {seen.status.lower()} now."
            if why is None:
                self._save(taken, adoption, Marked(row.position, "sending"))
                why = self._set_status(row, "ARCHIVED", taken)
                self._save(taken, adoption, Marked(row.position, "refused" if why else "done", why), row)
            else:
                self._save(taken, adoption, Marked(row.position, "changed", why))
        return len(rows)

    def _unarchived(self, taken: _Rows, adoption: Adoption, facts: StoreFacts) -> int:
        del facts
        rows = taken.row
        now = self._storefront.to_adopt([row.product_id for row in rows])
        for row in rows:
            seen = now.get(row.product_id)
            if seen is not None and seen.status == "ARCHIVED" and seen.custom_id is None:
                self._save(taken, adoption, Marked(row.position, "undoing"))
                why = self._set_status(row, row.status, taken)
            else:
                why = None if seen and seen.status == row.status else "It was changed or deleted in your store since."
            self._save(taken, adoption, Marked(row.position, "left" if why else "undone", why))
        return len(rows)

    def _set_status(self, row: AdoptionRow, status: str, taken: _Rows) -> str | None:
        """Set the status of a product, which is safe to repeat. Returns the store's message if it rejects that."""
        try:
            self._client.run(
                "product_update", {"product": {"id": row.product_id, "status": status}}, keep_going=taken.is_ours
            )
        except UserErrors as refused:
            return refused.message[:500]
        return None

    def _undone(self, taken: _Rows, adoption: Adoption, facts: StoreFacts) -> int:
        rows, skus = taken.row, [row.part or "" for row in taken.row]
        now = self._storefront.to_adopt([row.product_id for row in rows])
        untouched = self._database.run(lambda work: adoption_rows.untouched(work, facts.shop, skus), patience=20)
        left: list[Marked] = []
        removed: list[AdoptionRow] = []
        for row in rows:
            seen = now.get(row.product_id)
            if row.part not in untouched:
                left.append(Marked(row.position, "left", _SINCE))
            elif seen is not None and seen.custom_id is not None and seen.custom_id != row.part:
                left.append(Marked(row.position, "left", f"It has the custom ID {seen.custom_id!r} now."))
            else:
                removed.append(row)
        undoing = [Marked(row.position, "undoing") for row in removed]
        taken.save(lambda work: adoption_rows.mark(work, adoption.id, [*left, *undoing]))
        theirs = [row for row in removed if (seen := now.get(row.product_id)) and seen.custom_id == row.part]
        for start in range(0, len(theirs), _PER_CALL):
            fields = [self._field(row) for row in theirs[start : start + _PER_CALL]]
            if not taken.is_ours():
                raise LeaseLostError
            patiently(self._client, "metafields_delete", {"metafields": fields})

        def step(work: Work) -> None:
            own = [row.part or "" for row in removed]
            adoption_rows.mark(work, adoption.id, [Marked(row.position, "undone") for row in removed])
            adoption_rows.forget_products(work, facts.shop, own)
            lookups.forget(work, facts.shop, own)
            details = {"adoption": str(adoption.id)}
            audit.record_each(work, actor=adoption.actor, action="adoption.undo", targets=own, details=details)

        taken.save(step)
        return len(rows)

    def _save(self, taken: _Rows, adoption: Adoption, marked: Marked, archived: AdoptionRow | None = None) -> None:
        def step(work: Work) -> None:
            adoption_rows.mark(work, adoption.id, [marked])
            if archived is not None and marked.state == "done":
                actor, details = adoption.approved_by or adoption.actor, {"adoption": str(adoption.id)}
                audit.record(work, actor=actor, action="adoption.archive", target=archived.product_id, details=details)

        taken.save(step)

    def _field(self, row: AdoptionRow) -> dict[str, str | None]:
        namespace, key = self._policy.custom_id_namespace, self._policy.custom_id_key
        return {"ownerId": row.product_id, "namespace": namespace, "key": key}

    def _parts(self, rows: Sequence[AdoptionRow], facts: StoreFacts) -> Parts:
        numbers = sorted({sku for row in rows for sku in row.candidates})
        found = self._database.run(lambda work: adoption_rows.parts_of(work, numbers), patience=20)
        return Parts.of(found, own_names(self._policy, facts))


def own_names(policy: ListingPolicy, facts: StoreFacts) -> tuple[str, ...]:
    """Vendors of products that may be ours, whatever the part: products that people create have the store's name."""
    return policy.vendor, facts.name, "Boeing"


def _by_index(refused: UserErrors) -> Iterator[tuple[int, str]]:
    for error in refused.errors:
        match error.field.split("."):
            case ["metafields", index, *_] if index.isascii() and index.isdigit():
                yield int(index), error.message
            case _:
                pass
