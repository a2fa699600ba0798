"""The control API: what tests and the demo use to look behind the counter and to make trouble."""

# Inputs and answers are JSON here; the schema has checked their shape, and Python cannot know it.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false

from __future__ import annotations

import json
from collections import Counter
from typing import Any
from urllib.parse import parse_qs

from pydantic import ValidationError

from boeing_data_hub_sandbox.shopify import webhooks
from boeing_data_hub_sandbox.shopify.behind_our_back import delete_product, edit_product, seed_product, sell
from boeing_data_hub_sandbox.shopify.effects import product_facts
from boeing_data_hub_sandbox.shopify.faults import Fault
from boeing_data_hub_sandbox.shopify.knobs import Knobs
from boeing_data_hub_sandbox.shopify.loading import load, settings_in
from boeing_data_hub_sandbox.shopify.records import Location, gid, number_of
from boeing_data_hub_sandbox.shopify.schema import money
from boeing_data_hub_sandbox.shopify.wire import Scope, Send, reply_json
from boeing_data_hub_sandbox.shopify.world import World


class _NotThere(Exception):
    """No such path, or no such thing."""


async def serve(world: World, scope: Scope, parts: list[str], content: bytes, send: Send) -> None:
    """Answer one control request: 200 with JSON, 404, or 422 with what is wrong."""
    query = {name: values[-1] for name, values in parse_qs(scope["query_string"].decode()).items()}
    try:
        given = json.loads(content) if content.strip() else {}
        answer = _answer(world, f"{scope['method']} {parts[0]}", parts[1:], query, given)
    except _NotThere as error:
        await reply_json(send, 404, {"error": str(error)})
    except (ValidationError, ValueError, KeyError, TypeError) as error:
        await reply_json(send, 422, {"error": str(error)})
    else:
        await reply_json(send, 200, answer)


def _answer(  # noqa: C901, PLR0911, PLR0912 - the table of control paths
    world: World, what: str, rest: list[str], query: dict[str, str], given: dict[str, Any]
) -> Any:
    if what in {"GET stats", "GET settings", "GET ledger", "GET store", "GET products", "GET faults", "GET deliveries"}:
        return _look(world, what.removeprefix("GET "), query)
    if what == "PATCH settings":
        _set(world, given)
        return _look(world, "settings", query)
    if what == "POST faults":
        return world.faults.add(Fault.model_validate(given)).model_dump()
    if what == "DELETE faults":
        return {"removed": world.faults.remove(int(rest[0]) if rest else None)}
    if what == "DELETE store":
        world.clear()
        return {"cleared": True}
    if what == "DELETE tokens":
        return {"ended": world.access.revoke()}
    if what == "POST drain":
        world.bucket.drain(float(given["points"]))
        return _look(world, "stats", query)
    if what == "POST load":
        if settings := settings_in(given):
            _set(world, settings)
        return load(world, given)
    if what == "POST products":
        return product_facts(seed_product(world, given))
    if what == "POST sales":
        return sell(world, given["sku"], given["location"], int(given.get("quantity", 1)))
    if what in {"PATCH products", "DELETE products"} and rest:
        product = world.store.products.get(gid("Product", rest[0]))
        if product is None:
            raise _NotThere("no such product")
        facts = product_facts(product)
        if what == "DELETE products":
            delete_product(world, product)
            return facts
        edit_product(world, product, given)
        return product_facts(product)
    if what == "POST bulk" and rest[1:] == ["expire"]:
        operation = world.store.bulk_operations.get(gid("BulkOperation", rest[0]))
        if operation is None:
            raise _NotThere("no such bulk operation")
        operation.expired = True
        return {"expired": operation.id}
    raise _NotThere("no such control path")


def _look(world: World, what: str, query: dict[str, str]) -> Any:
    if what == "settings":
        return world.knobs.model_dump()
    if what == "ledger":
        wanted = dict(query)
        after, limit = int(wanted.pop("after", "0")), int(wanted.pop("limit", "1000"))
        return {"total": len(world.ledger.entries), "entries": world.ledger.select(after=after, limit=limit, **wanted)}
    if what == "faults":
        return [fault.model_dump() for fault in world.faults.active]
    if what == "deliveries":
        return world.deliveries
    if what == "products":
        after, limit = int(query.get("after", "0")), int(query.get("limit", "1000"))
        rows = list(world.store.products.values())
        return {"total": len(rows), "products": [_whole(world, row) for row in rows[after : after + limit]]}
    return _store(world) if what == "store" else _stats(world)


def _stats(world: World) -> dict[str, Any]:
    effects: dict[str, int] = {}
    for entry in world.ledger.entries:
        key = f"{entry['operation']}.{entry['effect']}"
        effects[key] = effects.get(key, 0) + 1
    return {
        "requests": world.ledger.requests,
        "answers": world.ledger.answers,
        "effects": effects,
        "products": len(world.store.products),
        "variants": len(world.store.variants),
        "bucket": {**world.bucket.report(0, 0)["throttleStatus"], "lowest": world.bucket.lowest},
        "pointsSpent": world.bucket.spent,
        "throttled": world.bucket.throttled,
        "tokens": world.access.counts,
    }


def _store(world: World) -> dict[str, Any]:
    """What a judge asks first: how many there are, and what there are two of."""
    store = world.store
    skus = Counter((variant.sku or "").casefold() for variant in store.variants.values() if variant.sku)
    doubles = {sku: count for sku, count in skus.items() if count > 1}
    return {
        "products": len(store.products),
        "variants": len(store.variants),
        "duplicateSkus": doubles,
        "duplicateCustomIds": {
            f"{key[0]}.{key[1]}:{key[2]}": len(owners) for key, owners in store.by_value.items() if len(owners) > 1
        },
        "locations": [
            {"id": each.id, "name": each.name, "active": each.is_active} for each in store.locations.values()
        ],
        "publications": [
            {"id": each.id, "name": each.name, "handle": each.handle} for each in store.publications.values()
        ],
        "definitions": [
            {"namespace": each.namespace, "key": each.key, "type": each.type, "validations": each.validations}
            for each in store.definitions.values()
        ],
        "bulkOperations": [
            {"id": each.id, "status": each.status, "type": each.type, "clientIdentifier": each.client_identifier}
            for each in store.bulk_operations.values()
        ],
        "webhooks": [{"id": each.id, "topic": each.topic, "uri": each.uri} for each in store.webhooks.values()],
    }


def _whole(world: World, product: Any) -> dict[str, Any]:
    facts = product_facts(product)
    published = [
        world.store.publications[each].name for each in product.publications if each in world.store.publications
    ]
    variant = product.variants[0] if product.variants else None
    item = variant.inventory_item if variant else None
    return {
        **facts,
        "vendor": product.vendor,
        "productType": product.product_type,
        "category": product.category,
        "tags": product.tags,
        "descriptionHtml": product.description_html,
        "metafields": {f"{field.namespace}.{field.key}": field.value for field in product.metafields.values()},
        "publications": published,
        "media": [{"id": media.id, "source": media.source, "status": media.status} for media in product.media],
        "options": [list(pair) for pair in variant.options] if variant else [],
        "prices": [money(each.price) for each in product.variants],
        "weight": [item.weight, item.weight_unit] if item else None,
        "origin": item.country_code_of_origin if item else None,
        "hsCode": item.harmonized_system_code if item else None,
        "variantId": variant.id if variant else None,
        "inventoryItemId": item.id if item else None,
        "createdAt": product.created_at,
        "updatedAt": product.updated_at,
    }


def _set(world: World, given: dict[str, Any]) -> None:
    """Change settings, all or none."""
    fresh = Knobs.model_validate({**world.knobs.model_dump(), **given})
    plan_changed = fresh.bucket() != world.knobs.bucket()
    if fresh.revoke_on_rotation and fresh.client_secret != world.knobs.client_secret:
        world.access.revoke()
    for name in Knobs.model_fields:
        setattr(world.knobs, name, getattr(fresh, name))
    if plan_changed:
        world.bucket.reset()
    if "seed" in given:
        world.faults.reseed(fresh.seed)
    before = {place.id: (place, place.name, place.is_active) for place in world.store.locations.values()}
    world.store.relocate(world.knobs)
    _announce_locations(world, before)


def _announce_locations(world: World, before: dict[str, tuple[Location, str, bool]]) -> None:
    """Tell the subscribers of every location that a change of the settings made, changed or took away."""
    after = world.store.locations
    told = [("LOCATIONS_DELETE", place) for key, (place, _, _) in before.items() if key not in after]
    for key, place in after.items():
        _, name, was_active = before.get(key, (place, place.name, place.is_active))
        if key not in before:
            told.append(("LOCATIONS_CREATE", place))
        elif was_active != place.is_active:
            told.append(("LOCATIONS_ACTIVATE" if place.is_active else "LOCATIONS_DEACTIVATE", place))
        elif name != place.name:
            told.append(("LOCATIONS_UPDATE", place))
    for topic, place in told:
        webhooks.announce(world, topic, {"id": number_of(place.id), "name": place.name, "active": place.is_active})
