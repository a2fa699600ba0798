"""Links into Shopify's admin, where the store is a real one."""

from __future__ import annotations

import re
from typing import Final

from boeing_data_hub.app import Hub

_DOMAIN: Final = re.compile(r"([a-z0-9][a-z0-9-]*)\.myshopify\.com")
_DRAFT_ORDER: Final = re.compile(r"gid://shopify/DraftOrder/([0-9]{1,20})")
_PRODUCT: Final = re.compile(r"(?:gid://shopify/Product/)?([0-9]{1,20})")


def admin_link(hub: Hub, product_id: str | None) -> str | None:
    """The product's page in Shopify's admin; None if the store is a sandbox or the id is not one of Shopify's."""
    return _page(hub, "products", _PRODUCT.fullmatch(product_id or ""))


def draft_order_link(hub: Hub, draft_order_id: str | None) -> str | None:
    """The same for a draft order."""
    return _page(hub, "draft_orders", _DRAFT_ORDER.fullmatch(draft_order_id or ""))


def _page(hub: Hub, kind: str, found: re.Match[str] | None) -> str | None:
    domain = _DOMAIN.fullmatch(hub.settings.shopify_store_domain.strip().removeprefix("https://").rstrip("/").lower())
    if domain is None or found is None:
        return None
    return f"https://admin.shopify.com/store/{domain[1]}/{kind}/{found[1]}"


def picture_link(hub: Hub, url: str | None) -> str | None:
    """The address of the image that was sent to the store; None if that address is not to be trusted."""
    ours = f"{hub.settings.public_url}/media/"
    if url and url.startswith(ours):
        return "/media/" + url.removeprefix(ours)
    return url if url and url.startswith("https://") and url.isprintable() else None
