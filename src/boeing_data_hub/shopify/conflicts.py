"""People's decisions about the store: whether to adopt a product, and whether a leftover product stays."""

from __future__ import annotations

from typing import Final, Literal
from uuid import UUID

from boeing_data_hub.catalogue.listing_policy import ListingPolicy
from boeing_data_hub.db import audit
from boeing_data_hub.db.unit_of_work import Database, Work
from boeing_data_hub.errors import BadInput, Conflict, NotFound
from boeing_data_hub.shopify import conflict_rows, leftover_products, lookups, products, store_job_rows
from boeing_data_hub.shopify.conflict_rows import StoreConflict
from boeing_data_hub.shopify.failures import OutcomeUnknown
from boeing_data_hub.shopify.handles import handle_of
from boeing_data_hub.shopify.repeatable_calls import AsksStore, patiently
from boeing_data_hub.shopify.store_job import Decision
from boeing_data_hub.shopify.storefront import Storefront

_DECIDED_MEANWHILE: Final = "Someone else decided this conflict, or it changed, at the same time. Review it again."


class Attention:
    """Carries out decisions.

    Args:
        database: has conflicts and leftover products.
        client: calls the store.
        storefront: reads the store.
        policy: names the metafield of custom ids.
    """

    def __init__(self, *, database: Database, client: AsksStore, storefront: Storefront, policy: ListingPolicy) -> None:
        self._database = database
        self._client = client
        self._storefront = storefront
        self._policy = policy

    def decide(self, sku: str, decision: Decision, *, actor: str, job_id: UUID | None = None) -> str:
        """Decide the conflict of a SKU. Returns a sentence about what happens next.

        Args:
            sku: of the part.
            decision: `adopt` takes over the other product, `leave` leaves it and the part unchanged, and `publish_new`
                publishes the part beside a product that only looks like it.
            actor: who decides, for the audit log.
            job_id: the decision on many conflicts that this is one of.

        Raises:
            NotFound: the SKU has no conflict that can be decided.
            BadInput: a part cannot be published beside a product with the same SKU or handle.
            Conflict: it cannot be left, because an earlier attempt to adopt it set our custom id; or someone else
                decided it, or it changed, meanwhile.
            OutcomeUnknown: the store may have set our custom id; nothing is decided.
            HubError: the store rejected our custom id, or does not respond; nothing is decided.
        """
        conflict = self._database.run(lambda work: conflict_rows.to_decide(work, sku), patience=5)
        if conflict is None:
            raise NotFound(f"{sku[:50]!r} has no conflict waiting for a decision.", code="conflict_not_found")
        if decision == "publish_new" and conflict.kind != "look_alike":
            taken = "SKU" if conflict.kind == "sku_taken" else "URL handle"
            raise BadInput(
                f"The other product uses this part's {taken}, so a second product would be a duplicate. Nothing was "
                "decided. Link to the product, or leave it.",
                code="not_a_look_alike",
            )
        if conflict.product_id is not None:
            if decision == "adopt":
                self._claim(sku, conflict.product_id)
            elif decision == "leave":
                self._see_that_it_is_not_ours(sku, conflict.product_id)
        self._database.run(lambda work: _save(work, conflict, decision, actor, job_id), patience=5)
        match decision:
            case "adopt" if conflict.product_id is not None:
                return "Product linked. Publish the part again to update it."
            case "adopt":
                return "Saved. Change the other product's URL handle in your store, then publish the part again."
            case "publish_new":
                return "Saved. Publish the part again to create it as a separate product."
            case _:
                return "Saved. The part won't be published; the other product stays. You can still link it later."

    def _claim(self, sku: str, product_id: str) -> None:
        field = {
            "namespace": self._policy.custom_id_namespace,
            "key": self._policy.custom_id_key,
            "type": "id",
            "value": sku,
        }
        try:
            patiently(self._client, "product_update", {"product": {"id": product_id, "metafields": [field]}})
        except OutcomeUnknown as lost:
            raise OutcomeUnknown(
                f"{lost.message} The product may or may not be linked. Link it again; that is safe.",
                code=lost.code,
            ) from lost

    def _see_that_it_is_not_ours(self, sku: str, product_id: str) -> None:
        """Raise Conflict if it has our custom id: the reply to an earlier adoption may have been lost."""
        found = self._storefront.find(sku)
        if found is not None and found.product_id == product_id:
            raise Conflict(
                f"An earlier attempt to link this product succeeded: it has the custom id {sku!r}. Nothing was "
                "changed. Link it, or remove that metafield in your store first.",
                code="already_adopted",
            )

    def decide_orphan(self, orphan_id: int, what: Literal["retry", "keep"], *, actor: str) -> str:
        """Retry removing a leftover product now, or keep it. Returns a sentence about what happens next.

        Raises:
            NotFound: no such leftover product is due.
        """

        def step(work: Work) -> bool:
            done = (
                leftover_products.keep(work, orphan_id)
                if what == "keep"
                else leftover_products.due_now(work, orphan_id)
            )
            if done:
                audit.record(work, actor=actor, action=f"orphan.{what}", target=str(orphan_id))
            return done

        if not self._database.run(step, patience=5):
            raise NotFound("This leftover product is no longer waiting to be removed.", code="orphan_not_found")
        return "The product stays in your store." if what == "keep" else "Trying again now."


def _save(work: Work, conflict: StoreConflict, decision: Decision, actor: str, job_id: UUID | None) -> None:
    sku = conflict.sku
    if not conflict_rows.decide(work, conflict, decision=decision, actor=actor):
        if conflict_rows.is_decided_so(work, conflict, decision=decision, actor=actor):
            return
        raise Conflict(_DECIDED_MEANWHILE, code="conflict_changed")
    lookups.forget(work, conflict.shop, [sku])
    if decision == "adopt" and conflict.product_id is not None:
        products.adopt(work, conflict.shop, sku=sku, custom_id=sku, handle=handle_of(sku), title=conflict.title or sku)
    told = {"kind": conflict.kind, "product_id": conflict.product_id, **({"job": str(job_id)} if job_id else {})}
    audit.record(work, actor=actor, action=f"conflict.{decision}", target=sku, details=told)
    if job_id is not None:
        store_job_rows.decided(work, job_id, sku)
