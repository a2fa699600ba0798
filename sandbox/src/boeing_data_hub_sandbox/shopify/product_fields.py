"""The plain fields of a product: their limits, and how they are written."""

# Inputs and answers are JSON here; the schema has checked their shape, and Python cannot know it.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false

from __future__ import annotations

import re
from functools import cache
from typing import Any

from boeing_data_hub_sandbox.shopify import handles
from boeing_data_hub_sandbox.shopify.outcomes import TopLevel, user_error
from boeing_data_hub_sandbox.shopify.records import Product

_LONGEST = 255
_LABELS = {"vendor": "Vendor", "productType": "Product type"}
_PLAIN = {
    "title": "title",
    "descriptionHtml": "description_html",
    "vendor": "vendor",
    "productType": "product_type",
    "status": "status",
    "templateSuffix": "template_suffix",
    "category": "category",
}
# A few real nodes of the product taxonomy: id suffix -> name. The tree is in the ids.
TAXONOMY = {
    "vp": "Vehicles & Parts",
    "vp-1": "Vehicle Parts & Accessories",
    "vp-1-1": "Aircraft Parts & Accessories",
    "vp-1-2": "ATV & UTV Parts & Accessories",
    "vp-1-3": "Motor Vehicle Electronics",
    "vp-1-4": "Motor Vehicle Parts",
    "vp-2": "Vehicles",
    "vp-2-1": "Aircraft",
    "ha": "Hardware",
    "ha-7": "Hardware Accessories",
    "ha-7-1": "Brackets & Reinforcement Braces",
    "na": "Uncategorized",
}
PREFIX = "gid://shopify/TaxonomyCategory/"


def checked_category(given: dict[str, Any]) -> None:
    """An unknown category is no userError: the whole field fails.

    Raises:
        TopLevel: with the code of that case.
    """
    category = given.get("category")
    if category is not None and category.removeprefix(PREFIX) not in TAXONOMY:
        raise TopLevel("Invalid product_taxonomy_node_id", "INVALID_PRODUCT_TAXONOMY_NODE_ID")


def field_errors(given: dict[str, Any], *, creating: bool, root: str = "input") -> list[dict[str, Any]]:
    """What is wrong with the plain fields."""
    errors: list[dict[str, Any]] = []
    title = given.get("title")
    if (creating or "title" in given) and not (title or "").strip():
        errors.append(user_error([root, "title"], "Title can't be blank", "INVALID_PRODUCT"))
    if title and len(title) > _LONGEST:
        errors.append(user_error([root, "title"], f"is too long (maximum is {_LONGEST} characters)", "INVALID_PRODUCT"))
    handle = given.get("handle")
    if len(handles.slug(handle if handle and handle.strip() else (title or "") if creating else "")) > _LONGEST:
        said = f"Handle is too long (maximum is {_LONGEST} characters)"
        errors.append(user_error([root], said, "INVALID_PRODUCT"))
    for name, label in _LABELS.items():
        if len(given.get(name) or "") > _LONGEST:
            said = f"{label} is too long (maximum is {_LONGEST} characters)"
            errors.append(user_error([root, name], said, "INVALID_PRODUCT"))
    if any(len(tag) > _LONGEST for tag in given.get("tags") or []):
        errors.append(user_error([root, "tags"], "Product tags is invalid", "INVALID_PRODUCT"))
    return errors


def tidy_tags(tags: list[str]) -> list[str]:
    """Tags as the store keeps them: trimmed, one of each whatever its case, sorted."""
    seen: dict[str, str] = {}
    for tag in tags:
        for part in tag.split(","):
            word = part.strip()
            if word:
                seen.setdefault(word.casefold(), word)
    return sorted(seen.values(), key=str.casefold)


def apply_fields(product: Product, given: dict[str, Any]) -> None:
    """Write those plain fields that are present; those that are absent stay."""
    for name, attribute in _PLAIN.items():
        if name in given and (given[name] is not None or attribute in {"category", "template_suffix"}):
            setattr(product, attribute, given[name])
        elif name in given and attribute in {"description_html", "vendor", "product_type"}:
            setattr(product, attribute, "")
    if given.get("tags") is not None:
        product.tags = tidy_tags(given["tags"])
    if given.get("seo") is not None:
        product.seo = {**product.seo, **given["seo"]}


def plain_text(html: str) -> str:
    """A description without its tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html)).strip()


@cache
def category(identifier: str) -> dict[str, Any] | None:
    """The taxonomy node, as the schema shows it."""
    key = identifier.removeprefix(PREFIX)
    if key not in TAXONOMY:
        return None
    parts = key.split("-")
    ancestors = ["-".join(parts[:length]) for length in range(len(parts) - 1, 0, -1)]
    children = [each for each in TAXONOMY if each.rpartition("-")[0] == key]
    return {
        "id": PREFIX + key,
        "name": TAXONOMY[key],
        "fullName": " > ".join(TAXONOMY[each] for each in [*reversed(ancestors), key]),
        "ancestorIds": [PREFIX + each for each in ancestors],
        "childrenIds": [PREFIX + each for each in children],
        "parentId": PREFIX + ancestors[0] if ancestors else None,
        "isArchived": False,
        "isLeaf": not children,
        "isRoot": not ancestors,
        "level": len(parts),
        "__typename": "TaxonomyCategory",
    }
