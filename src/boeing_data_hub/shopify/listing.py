"""Builds the listing of a staged part, or the reason why it cannot be published. Pure; never raises."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final
from urllib.parse import urlsplit

from boeing_data_hub.catalogue.holding import hold_of, status_by
from boeing_data_hub.catalogue.listing_policy import ListingPolicy
from boeing_data_hub.catalogue.listings import Blocked, LeftOut, Listing, Weight
from boeing_data_hub.catalogue.sale import cost_of, sale_of
from boeing_data_hub.catalogue.staged_part import CataloguePart, StagedPart
from boeing_data_hub.shopify.countries import UNKNOWN_TO_STORE, country_code
from boeing_data_hub.shopify.handles import handle_of
from boeing_data_hub.shopify.metafields import metafields_of
from boeing_data_hub.values.clean_text import line, paragraphs
from boeing_data_hub.values.money import BadNumber, exact_number
from boeing_data_hub.values.part_numbers import base_number
from boeing_data_hub.values.weights import unit_of

_LONGEST: Final = 255  # characters of a title or a tag
_LARGEST_WEIGHT: Final = 10_000_000
_LONGEST_ADDRESS: Final = 2_000

_CODE = re.compile(r"[0-9]{6,13}")
_NOT_IN_CODE = re.compile(r"[ .\-]")
_NOT_IN_TAG = re.compile(r"[^\w]+")


def build_listing(staged: CataloguePart, policy: ListingPolicy, *, live: bool = False) -> Listing | Blocked:
    """The listing of one staged part, or why it may not be published. Never raises, whatever its values are.

    Args:
        staged: the part, with its override.
        policy: how parts are shown and sold.
        live: the part is in the store already. Then missing stock does not block it: its stock is set to 0, and it
            cannot be sold.
    """
    sku = line(staged.sku)
    if not sku or sku != staged.sku or len(sku) > _LONGEST:
        return Blocked("part_number_unreadable", "This part has no valid part number. Search for it again.")
    held = hold_of(staged, policy.hold_rules)
    if held is not None and held.hold == "review":
        return Blocked("held_by_rule", held.sentence)
    sale = sale_of(staged, policy, live=live)
    if isinstance(sale, Blocked):
        return sale
    title = line(staged.title).partition("=")[0].rstrip() or base_number(sku) or sku
    left_out: list[LeftOut] = []
    metafields, refused = metafields_of(staged, policy, title)
    return Listing(
        custom_id=sku,
        custom_id_namespace=policy.custom_id_namespace,
        custom_id_key=policy.custom_id_key,
        handle=handle_of(sku),
        title=title[:_LONGEST],
        sku=sku,
        description_html=_description(staged, policy, title),
        vendor=policy.vendor,
        product_type=policy.product_type,
        category=policy.category,
        tags=_tags(staged, policy),
        status=status_by(held, policy.status),
        price=sale.price,
        cost=_cost(staged, policy, left_out),
        weight=_weight(staged, left_out),
        country_of_origin=_country(staged, left_out),
        hs_code=_hs_code(staged, left_out),
        metafields=metafields,
        stock=sale.stock,
        image_source=_image(staged),
        left_out=(*left_out, *refused),
    )


def _cost(staged: StagedPart, policy: ListingPolicy, left_out: list[LeftOut]) -> Decimal | None:
    amount = cost_of(staged, policy)
    if amount is None:
        left_out.append(LeftOut("cost", "Not a valid amount."))
    return amount or None


def _weight(staged: StagedPart, left_out: list[LeftOut]) -> Weight | None:
    try:
        value = exact_number(staged.weight, largest=_LARGEST_WEIGHT, places=6)
    except (BadNumber, TypeError):
        value = Decimal(-1)
    if not value:
        return None
    unit = line(staged.weight_unit)
    known = unit_of(unit)
    if value < 0:
        left_out.append(LeftOut("weight", "Not a valid number."))
    elif known is None:
        left_out.append(LeftOut("weight", f"Shopify doesn't support the unit {unit[:50]!r}."))
    else:
        return Weight(value, known)
    return None


def _country(staged: StagedPart, left_out: list[LeftOut]) -> str | None:
    name = line(staged.country_of_origin)
    code = country_code(name) if name else None
    if code is not None and code not in UNKNOWN_TO_STORE:
        return code
    if name:
        left_out.append(LeftOut("country_of_origin", f"Shopify doesn't recognize the country {name[:50]!r}."))
    return None


def _hs_code(staged: StagedPart, left_out: list[LeftOut]) -> str | None:
    """Boeing's Schedule B number: six digits of the harmonized system and four of the United States."""
    written = line(staged.schedule_b_code)
    code = _NOT_IN_CODE.sub("", written)
    if _CODE.fullmatch(code):
        return code
    if written:
        left_out.append(LeftOut("hs_code", "Not a number of 6 to 13 digits."))
    return None


def _tags(staged: StagedPart, policy: ListingPolicy) -> tuple[str, ...]:
    origin = _NOT_IN_TAG.sub("-", line(staged.country_of_origin).lower()).strip("-")
    tags = (*policy.tags, f"origin-{origin}"[:_LONGEST]) if policy.origin_tag and origin else policy.tags
    first: dict[str, str] = {}
    for tag in tags:
        first.setdefault(tag.lower(), tag)  # the store treats two spellings of a tag as one
    return tuple(first.values())


def _description(staged: CataloguePart, policy: ListingPolicy, title: str) -> str:
    return paragraphs(
        [
            ("Part No.", title),
            ("Description:", line(staged.boeing_name) or line(staged.boeing_description)),
            ("Manufacturer:", line(staged.supplier_name)),
            ("Cert:", line(staged.override.cert or staged.cert) or policy.cert),
            ("Condition:", line(staged.override.condition or staged.condition) or policy.condition),
            ("Unit of Measure:", line(staged.base_uom)),
        ]
    )


def _image(staged: StagedPart) -> str | None:
    for link in (staged.boeing_image_url, staged.boeing_thumbnail_url):
        address = line(link)
        try:
            parts = urlsplit(address)
        except ValueError:  # brackets without an IPv6 address
            continue
        if parts.scheme.lower() in {"http", "https"} and parts.netloc and len(address) <= _LONGEST_ADDRESS:
            return address
    return None
