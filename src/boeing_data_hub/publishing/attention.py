"""What people decide about the store: whose a product is, and whether an orphan may stay."""

from __future__ import annotations

from typing import Any, Literal

from boeing_data_hub.errors import Conflict, NotFound
from boeing_data_hub.model.listings import ListingPolicy
from boeing_data_hub.publishing.handles import handle_of
from boeing_data_hub.publishing.patience import AsksStore, patiently
from boeing_data_hub.publishing.storefront import Storefront
from boeing_data_hub.shopify.failures import OutcomeUnknown
from boeing_data_hub.store import audit, orphans, products, sightings
from boeing_data_hub.store.work import Database, Work


class Attention:
    """Carries out decisions.

    Args:
        database: where conflicts and orphans stand.
        client: the one door to the store.
        storefront: what is read of the store.
        policy: names the metafield of custom ids.
    """

    def __init__(self, *, database: Database, client: AsksStore, storefront: Storefront, policy: ListingPolicy) -> None:
        self._database = database
        self._client = client
        self._storefront = storefront
        self._policy = policy

    def decide(self, sku: str, decision: Literal["adopt", "leave"], *, actor: str) -> str:
        """Decide the conflict of a SKU. Returns a sentence on what follows.

        Raises:
            NotFound: none waits for a decision, or was left alone.
            Conflict: to be left alone, but an earlier try to adopt it has given it our custom id.
            OutcomeUnknown: whether the store has taken our custom id is not known; nothing is decided.
            HubError: the store did not take our custom id, or cannot be asked; then nothing is decided.
        """
        conflict = self._database.run(lambda work: sightings.conflict(work, sku), patience=5)
        if conflict is None:
            raise NotFound(f"No conflict of {sku[:50]!r} waits for a decision.", code="conflict_not_found")
        adopting = decision == "adopt" and conflict["product_id"] is not None
        if adopting:
            self._claim(sku, str(conflict["product_id"]))
        elif decision == "leave" and conflict["product_id"] is not None:
            self._see_that_it_is_not_ours(sku, str(conflict["product_id"]))

        def step(work: Work) -> None:
            sightings.decide(work, conflict["shop"], sku, decision=decision, actor=actor)
            sightings.forget(work, conflict["shop"], [sku])
            if adopting:
                products.adopt(
                    work,
                    conflict["shop"],
                    sku=sku,
                    custom_id=sku,
                    handle=handle_of(sku),
                    title=conflict["title"] or sku,
                )
            audit.record(work, actor=actor, action=f"conflict.{decision}", target=sku, details=_told(conflict))

        self._database.run(step, patience=5)
        if adopting:
            return "The product is ours now. Publish the part again: that brings it up to date."
        if decision == "adopt":
            return "Noted. Give the other product another handle in the store, then publish the part again."
        return "The product stays as it is, and the part is not published, now and later. It can still be adopted."

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
                f"{lost.message} Whether it has taken our custom id is not known. Adopt the product once more: that is "
                "safe.",
                code=lost.code,
            ) from lost

    def _see_that_it_is_not_ours(self, sku: str, product_id: str) -> None:
        """The reply to an earlier adoption may have been lost; what carries our custom id would be published over."""
        found = self._storefront.find(sku)
        if found is not None and found["product_id"] == product_id:
            raise Conflict(
                f"An earlier try to adopt it was carried out: the product carries the custom id {sku!r}. Nothing was "
                "changed now. Adopt it, or remove that metafield in the store and leave it then.",
                code="already_adopted",
            )

    def decide_orphan(self, orphan_id: int, what: Literal["retry", "keep"], *, actor: str) -> str:
        """Try again at once to take an orphan out, or let it stay. Returns a sentence on what follows.

        Raises:
            NotFound: no such orphan is due.
        """

        def step(work: Work) -> bool:
            done = orphans.keep(work, orphan_id) if what == "keep" else orphans.due_now(work, orphan_id)
            if done:
                audit.record(work, actor=actor, action=f"orphan.{what}", target=str(orphan_id))
            return done

        if not self._database.run(step, patience=5):
            raise NotFound("No such orphan is waiting to be deleted.", code="orphan_not_found")
        return "It stays in the store." if what == "keep" else "It is tried again at once."


def _told(conflict: dict[str, Any]) -> dict[str, Any]:
    return {"kind": conflict["kind"], "product_id": conflict["product_id"]}
