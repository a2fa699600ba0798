"""Sales channels: publishablePublish, publishableUnpublish and publicationUpdate."""

# Inputs and answers are JSON here; the schema has checked their shape, and Python cannot know it.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false

from __future__ import annotations

from typing import Any

from boeing_data_hub_sandbox.shopify.call import Call
from boeing_data_hub_sandbox.shopify.effects import product_facts
from boeing_data_hub_sandbox.shopify.outcomes import user_error
from boeing_data_hub_sandbox.shopify.records import Product, Publication
from boeing_data_hub_sandbox.shopify.store import stamp

_AT_ONCE = 50


def publish(call: Call, identifier: str, given: list[dict[str, Any]], *, withdraw: bool = False) -> dict[str, Any]:
    """Put a product on channels, or take it off. Twice is as good as once."""
    store = call.world.store
    product = store.products.get(identifier)
    if product is None:
        return {"publishable": None, "shop": {}, "userErrors": [user_error(["id"], "Resource does not exist")]}
    errors = [
        user_error(["input", str(index), "publicationId"], "Publication does not exist or is not publishable")
        for index, each in enumerate(given)
        if (each.get("publicationId") or "") not in store.publications
    ]
    if not errors:
        for each in given:
            _move(call, product, store.publications[each["publicationId"]], each.get("publishDate"), withdraw=withdraw)
    return {"publishable": product, "shop": {}, "userErrors": errors}


def _move(call: Call, product: Product, publication: Publication, date: str | None, *, withdraw: bool) -> None:
    if withdraw:
        changed = product.publications.pop(publication.id, None) is not None
    else:
        changed = publication.id not in product.publications
        product.publications.setdefault(publication.id, date or stamp())
    effect = ("unpublished" if withdraw else "published") if changed else "same"
    operation = "publishableUnpublish" if withdraw else "publishablePublish"
    call.record(operation, effect, publication=publication.name, **product_facts(product))


def update(call: Call, identifier: str, given: dict[str, Any]) -> dict[str, Any]:
    """publicationUpdate: the setting, and up to 50 products at once."""
    store = call.world.store
    publication = store.publications.get(identifier)
    if publication is None:
        error = user_error(["id"], "Publication does not exist.", "PUBLICATION_NOT_FOUND")
        return {"publication": None, "userErrors": [error]}
    adds, removes = given.get("publishablesToAdd") or [], given.get("publishablesToRemove") or []
    if len(adds) + len(removes) > _AT_ONCE:
        said = f"The limit for simultaneous publication updates has been exceeded. The limit is {_AT_ONCE}."
        return {
            "publication": None,
            "userErrors": [user_error(["input"], said, "PUBLICATION_UPDATE_LIMIT_EXCEEDED")],
        }
    errors = [
        user_error(["input", name, str(index)], "Publishable ID not found.", "INVALID_PUBLISHABLE_ID")
        for name, listed in (("publishablesToAdd", adds), ("publishablesToRemove", removes))
        for index, each in enumerate(listed)
        if each not in store.products
    ]
    if errors:
        return {"publication": None, "userErrors": errors}
    if given.get("autoPublish") is not None:
        publication.auto_publish = given["autoPublish"]
    for each in adds:
        _move(call, store.products[each], publication, None, withdraw=False)
    for each in removes:
        _move(call, store.products[each], publication, None, withdraw=True)
    return {"publication": publication, "userErrors": []}
