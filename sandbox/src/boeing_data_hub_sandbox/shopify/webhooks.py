"""Webhooks: subscriptions, and deliveries that are signed, retried, doubled, late, forged or never made."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx2

from boeing_data_hub.clock import now
from boeing_data_hub_sandbox.shopify.call import Call
from boeing_data_hub_sandbox.shopify.effects import product_body
from boeing_data_hub_sandbox.shopify.faults import Fault
from boeing_data_hub_sandbox.shopify.outcomes import user_error
from boeing_data_hub_sandbox.shopify.records import BulkOperation, Level, Product, Webhook, number_of
from boeing_data_hub_sandbox.shopify.store import stamp
from boeing_data_hub_sandbox.shopify.world import World

_RETRIES = 8
_ANSWER_WITHIN = httpx2.Timeout(5.0, connect=1.0)


def subscribe(call: Call, topic: str, given: dict[str, Any]) -> dict[str, Any]:
    """WebhookSubscriptionCreate. Plain http is taken too: this is a sandbox."""
    store = call.world.store
    uri = given.get("uri") or given.get("callbackUrl") or ""
    if urlsplit(uri).scheme not in {"http", "https"} or not urlsplit(uri).netloc:
        error = user_error(["webhookSubscription", "callbackUrl"], "Address is invalid")
        return {"webhookSubscription": None, "userErrors": [error]}
    if any(each.topic == topic and each.uri == uri for each in store.webhooks.values()):
        said = "Address for this topic has already been taken"
        error = user_error(["webhookSubscription", "callbackUrl"], said)
        return {"webhookSubscription": None, "userErrors": [error]}
    moment = stamp()
    made = Webhook(
        store.next_id("WebhookSubscription"),
        topic,
        uri,
        given.get("format") or "JSON",
        moment,
        moment,
        given.get("filter"),
        given.get("name"),
        given.get("includeFields") or [],
        given.get("metafieldNamespaces") or [],
    )
    store.webhooks[made.id] = made
    call.record("webhookSubscriptionCreate", "created", id=made.id, topic=topic, uri=uri)
    return {"webhookSubscription": made, "userErrors": []}


def unsubscribe(call: Call, identifier: str) -> dict[str, Any]:
    """WebhookSubscriptionDelete."""
    if call.world.store.webhooks.pop(identifier, None) is None:
        error = user_error(["id"], "Webhook subscription does not exist")
        return {"deletedWebhookSubscriptionId": None, "userErrors": [error]}
    call.record("webhookSubscriptionDelete", "deleted", id=identifier)
    return {"deletedWebhookSubscriptionId": identifier, "userErrors": []}


def signature(secret: str, body: bytes) -> str:
    """The value of X-Shopify-Hmac-SHA256."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def announce(world: World, topic: str, what: Any) -> None:
    """Tell the subscribers of a topic of a record, or of a body as it is, without making anybody wait."""
    subscribed = [each for each in world.store.webhooks.values() if each.topic == topic]
    if not subscribed:
        return
    body = _body(what)
    for webhook in subscribed:
        chosen = {name: body[name] for name in webhook.include_fields if name in body} or body
        raw = json.dumps(chosen, separators=(",", ":"), ensure_ascii=False).encode()
        world.run(_deliver(world, webhook, raw))


def _body(what: Any) -> dict[str, Any]:
    """A record as a webhook carries it."""
    if isinstance(what, Product):
        return product_body(what)
    if isinstance(what, Level):
        return {
            "inventory_item_id": number_of(what.item.id),
            "location_id": number_of(what.location.id),
            "available": what.available,
            "updated_at": what.updated_at,
            "admin_graphql_api_id": what.id,
        }
    if isinstance(what, BulkOperation):
        return {
            "admin_graphql_api_id": what.id,
            "completed_at": what.completed_at,
            "created_at": what.created_at,
            "error_code": what.error_code.lower() if what.error_code else None,
            "status": what.status.lower(),
            "type": what.type.lower(),
        }
    return what


async def _deliver(world: World, webhook: Webhook, raw: bytes) -> None:
    facts = {"topic": webhook.topic, "url": webhook.uri}
    if world.faults.strike(frozenset({"webhook_lost"}), **facts):
        world.deliveries.append({"topic": webhook.topic, "outcome": "lost"})
        return
    if late := world.faults.strike(frozenset({"webhook_late"}), **facts):
        await asyncio.sleep(late.seconds)
    forged = world.faults.strike(frozenset({"webhook_forged"}), **facts)
    doubled = world.faults.strike(frozenset({"webhook_duplicate"}), **facts)
    headers = _headers(world, webhook, raw, forged)
    wait = world.knobs.webhook_retry_seconds
    for _ in range(1 + _RETRIES):
        status = await _post(world, webhook, raw, headers)
        if 200 <= status < 300:  # noqa: PLR2004 - the class of success
            if doubled:
                await _post(world, webhook, raw, headers)
            return
        await asyncio.sleep(wait)
        wait *= 2
    webhook.failures += 1
    world.store.webhooks.pop(webhook.id, None)


def _headers(world: World, webhook: Webhook, raw: bytes, forged: Fault | None) -> dict[str, str]:
    topic, _, action = webhook.topic.lower().rpartition("_")
    secret = "not-the-secret" if forged else world.knobs.client_secret
    return {
        "Content-Type": "application/json",
        "X-Shopify-Topic": f"{topic}/{action}",
        "X-Shopify-Shop-Domain": world.knobs.shop_domain,
        "X-Shopify-API-Version": world.knobs.api_versions[-1],
        "X-Shopify-Webhook-Id": str(uuid4()),
        "X-Shopify-Event-Id": str(uuid4()),
        "X-Shopify-Triggered-At": now().isoformat(timespec="microseconds").replace("+00:00", "Z"),
        "X-Shopify-Hmac-SHA256": signature(secret, raw),
    }


async def _post(world: World, webhook: Webhook, raw: bytes, headers: dict[str, str]) -> int:
    try:
        reply = await world.http().post(webhook.uri, content=raw, headers=headers, timeout=_ANSWER_WITHIN)
        status = reply.status_code
    except httpx2.HTTPError:
        status = 0
    outcome = "delivered" if 200 <= status < 300 else "refused"  # noqa: PLR2004 - the class of success
    identity = headers["X-Shopify-Webhook-Id"]
    world.deliveries.append({"topic": webhook.topic, "outcome": outcome, "status": status, "webhookId": identity})
    return status
