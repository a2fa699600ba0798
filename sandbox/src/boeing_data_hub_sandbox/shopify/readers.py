"""What each kind of record shows to a search."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from boeing_data_hub.clock import monotonic
from boeing_data_hub_sandbox.shopify.call import Call
from boeing_data_hub_sandbox.shopify.records import Product, Variant, number_of
from boeing_data_hub_sandbox.shopify.search import Readers, words_of
from boeing_data_hub_sandbox.shopify.store import sku_key


def _slots(product: Product) -> list[str]:
    return [f"{field.namespace}.{field.key}:{field.value}" for field in product.metafields.values()]


def _skus(product: Product) -> list[str]:
    return [variant.sku for variant in product.variants if variant.sku]


PRODUCTS: Readers = {
    "id": lambda it: [str(number_of(it.id))],
    "handle": lambda it: [it.handle],
    "title": lambda it: [it.title],
    "sku": _skus,
    "barcode": lambda it: [variant.barcode for variant in it.variants if variant.barcode],
    "vendor": lambda it: [it.vendor],
    "product_type": lambda it: [it.product_type],
    "status": lambda it: [it.status],
    "tag": lambda it: it.tags,
    "created_at": lambda it: [it.created_at],
    "updated_at": lambda it: [it.updated_at],
    "published_status": lambda it: ["published" if it.publications else "unpublished"],
    "metafield": _slots,
}
VARIANTS: Readers = {
    "id": lambda it: [str(number_of(it.id))],
    "sku": lambda it: [it.sku] if it.sku else [],
    "barcode": lambda it: [it.barcode] if it.barcode else [],
    "title": lambda it: [it.title],
    "product_id": lambda it: [str(number_of(it.product.id))],
    "product_title": lambda it: [it.product.title],
    "product_status": lambda it: [it.product.status],
    "vendor": lambda it: [it.product.vendor],
    "product_type": lambda it: [it.product.product_type],
    "tag": lambda it: it.product.tags,
    "updated_at": lambda it: [it.updated_at],
}
ITEMS: Readers = {
    "id": lambda it: [str(number_of(it.id))],
    "sku": lambda it: [it.sku] if it.sku else [],
    "created_at": lambda it: [it.created_at],
    "updated_at": lambda it: [it.updated_at],
}
BULK: Readers = {
    "id": lambda it: [str(number_of(it.id))],
    "status": lambda it: [it.status],
    "operation_type": lambda it: [it.type],
    "created_at": lambda it: [it.created_at],
    "completed_at": lambda it: [it.completed_at] if it.completed_at else [],
}
LOCATIONS: Readers = {
    "id": lambda it: [str(number_of(it.id))],
    "name": lambda it: [it.name],
    "active": lambda it: ["true" if it.is_active else "false"],
}
DEFINITIONS: Readers = {
    "id": lambda it: [str(number_of(it.id))],
    "key": lambda it: [it.key],
    "namespace": lambda it: [it.namespace],
    "type": lambda it: [it.type],
}
FILES: Readers = {
    "id": lambda it: [str(number_of(it.id))],
    "filename": lambda it: [it.source.rpartition("/")[2]],
    "status": lambda it: [it.status],
    "created_at": lambda it: [it.created_at],
}
DRAFT_ORDERS: Readers = {
    "id": lambda it: [str(number_of(it.id))],
    "status": lambda it: [it.status],
    "tag": lambda it: it.tags,
    "name": lambda it: [it.name],
    "email": lambda it: [it.email] if it.email else [],
    "created_at": lambda it: [it.created_at],
    "updated_at": lambda it: [it.updated_at],
}
WEBHOOKS: Readers = {"id": lambda it: [str(number_of(it.id))], "topic": lambda it: [it.topic]}


def visible_products(call: Call) -> Sequence[Product]:
    """Products a search can already see: the index lags behind the store."""
    lag = call.world.knobs.search_lag
    rows = list(call.world.store.products.values())
    if not lag:
        return rows
    latest = monotonic() - lag
    return [row for row in rows if row.born <= latest]


def quick_products(call: Call, wanted: list[tuple[str, str]]) -> Sequence[Product] | None:
    """The products these exact terms could mean, found by index; None when there is no index for them."""
    variants = quick_variants(call, [term for term in wanted if term[0] == "sku"])
    found: dict[str, Product] = {variant.product.id: variant.product for variant in variants or ()}
    words = [(name, value) for name, value in wanted if name in {"title", "barcode"}]
    if words:
        found |= {product.id: product for product in _with_words(call.world.store.products.values(), words)}
    for name, value in wanted:
        if name == "handle":
            if (product := call.world.store.by_handle.get(value.casefold())) is not None:
                found[product.id] = product
        elif name == "id":
            if (product := call.world.store.products.get(f"gid://shopify/Product/{value}")) is not None:
                found[product.id] = product
        elif name not in {"sku", "title", "barcode"}:
            return None
    latest = monotonic() - call.world.knobs.search_lag
    return [product for product in found.values() if product.born <= latest]


def _with_words(products: Iterable[Product], wanted: list[tuple[str, str]]) -> Iterator[Product]:
    """Products that may bear one of these titles or barcodes: the search looks at each of them again."""
    first = {words[0] for name, value in wanted if name == "title" and (words := words_of(value))}
    codes = {value.casefold() for name, value in wanted if name == "barcode"}
    for product in products:
        if not first.isdisjoint(words_of(product.title)) or any(
            variant.barcode and variant.barcode.casefold() in codes for variant in product.variants
        ):
            yield product


def quick_variants(call: Call, wanted: list[tuple[str, str]]) -> Sequence[Variant] | None:
    """The variants with these SKUs; None when anything else is asked for."""
    found: dict[str, Variant] = {}
    for name, value in wanted:
        if name != "sku":
            return None
        found |= call.world.store.by_sku.get(sku_key(value), {})
    latest = monotonic() - call.world.knobs.search_lag
    return [variant for variant in found.values() if variant.product.born <= latest]
