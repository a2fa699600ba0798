"""What is found in a store, or done to it, written down in a file: products made by hand, edits, deletions, sales
channels, settings. Loaded at the start (`bdh sandbox shopify --load FILE`) or while the sandbox runs.
"""

# What is loaded is JSON; every key is looked at by name.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from boeing_data_hub_sandbox.shopify.behind_our_back import delete_product, edit_product, seed_product
from boeing_data_hub_sandbox.shopify.effects import product_facts
from boeing_data_hub_sandbox.shopify.handles import slug
from boeing_data_hub_sandbox.shopify.knobs import Knobs
from boeing_data_hub_sandbox.shopify.records import Product

if TYPE_CHECKING:
    from collections.abc import Mapping

    from boeing_data_hub_sandbox.shopify.world import World

_LISTS = frozenset({"products", "edit", "delete", "publications"})


def settings_in(given: Mapping[str, Any]) -> dict[str, Any]:
    """The sandbox's own settings in a file, such as `MEDIA_FAIL_RATE`, by the names they have here.

    Raises:
        ValueError: a key is neither a list of this module nor a setting.
    """
    named = {key: key.casefold() for key in given if key not in _LISTS}
    unknown = [key for key, name in named.items() if name not in Knobs.model_fields]
    if unknown:
        raise ValueError(f"cannot load {', '.join(map(repr, unknown))}: it is no list of this sandbox, and no setting")
    return {name: given[key] for key, name in named.items()}


def load(world: World, given: Mapping[str, Any]) -> dict[str, Any]:
    """Do to the store what a file says: channels first, then products, edits and deletions.

    Args:
        world: the sandbox.
        given: `products` (see `seed_product`), `edit` (`sku` or `id`, and `set`), `delete` (`sku` or `id`) and
            `publications` (names, or objects of `name` and `handle`).

    Returns:
        What was done, as facts of the products.

    Raises:
        ValueError: it asks for something that is not there; what came before it in the file was done.
    """
    done: dict[str, Any] = {}
    if "publications" in given:
        named = [_channel(each) for each in given["publications"]]
        world.store.channels(named, auto_publish=world.knobs.auto_publish)
        done["publications"] = [{"name": name, "handle": handle} for name, handle in named]
    if "products" in given:
        done["products"] = [product_facts(seed_product(world, dict(each))) for each in given["products"]]
    for each in given.get("edit") or ():
        product = _product(world, each)
        edit_product(world, product, dict(each["set"]))
        done.setdefault("edited", []).append(product_facts(product))
    for each in given.get("delete") or ():
        product = _product(world, each)
        done.setdefault("deleted", []).append(product_facts(product))
        delete_product(world, product)
    return done


def _channel(given: Any) -> tuple[str, str]:
    if isinstance(given, str):
        return given, slug(given)
    return str(given["name"]), str(given.get("handle") or slug(given["name"]))


def _product(world: World, given: Mapping[str, Any]) -> Product:
    if given.get("id"):
        found = world.store.products.get(str(given["id"]))
    else:
        variants = world.store.with_sku(str(given["sku"]))
        found = variants[0].product if variants else None
    if found is None:
        raise ValueError(f"the store has no product {given.get('id') or given['sku']!r}")
    return found
