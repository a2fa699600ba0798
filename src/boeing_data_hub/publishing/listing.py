"""From a staged row to the listing we want in the store, or the reason why there is none. Total over any row."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlsplit

from boeing_data_hub.model.listings import Blocked, LeftOut, Listing, ListingPolicy, Weight
from boeing_data_hub.model.money import BadNumber, exact_number
from boeing_data_hub.model.part_numbers import base_number
from boeing_data_hub.model.sale import amount_of, sale_of
from boeing_data_hub.model.wording import line, paragraphs
from boeing_data_hub.publishing.countries import UNKNOWN_TO_STORE, country_code
from boeing_data_hub.publishing.handles import handle_of
from boeing_data_hub.publishing.metafields import metafields_of

_LONGEST: Final = 255  # characters of a title or a tag
_LARGEST_WEIGHT: Final = 10_000_000
_LONGEST_ADDRESS: Final = 2_000

_WEIGHTS: Final = {
    **dict.fromkeys(("LB", "LBS", "POUND", "POUNDS"), "POUNDS"),
    **dict.fromkeys(("OZ", "OUNCE", "OUNCES"), "OUNCES"),
    **dict.fromkeys(("KG", "KGS", "KILO", "KILOS", "KILOGRAM", "KILOGRAMS"), "KILOGRAMS"),
    **dict.fromkeys(("G", "GM", "GMS", "GRAM", "GRAMS"), "GRAMS"),  # GR is left out: to some it is the grain
}
_CODE = re.compile(r"[0-9]{6,13}")
_NOT_IN_CODE = re.compile(r"[ .\-]")
_NOT_IN_TAG = re.compile(r"[^\w]+")


def build_listing(staged: Mapping[str, Any], policy: ListingPolicy, *, live: bool = False) -> Listing | Blocked:
    """The listing of one staged part, or why it may not be published. Never raises, whatever the row holds.

    Args:
        staged: a row of `product_staging` with its `locations` and, where a person has set them, `trace`,
            `expiration_date`, `notes` and `price_override` (a price in the policy's currency, markup included).
        policy: how parts are shown and sold.
        live: it is in the store already. Then stock that is gone is no reason to leave the part alone: it is set to 0
            there, and cannot be sold.
    """
    sku = line(staged.get("sku"))
    if not sku or sku != staged.get("sku") or len(sku) > _LONGEST:
        return Blocked(
            "part_number_unreadable", "This staged row has no usable part number. Search for the part again."
        )
    sale = sale_of(staged, policy, live=live)
    if isinstance(sale, Blocked):
        return sale
    title = line(staged.get("title")).partition("=")[0].rstrip() or base_number(sku) or sku
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
        status=policy.status,
        price=sale.price,
        cost=_cost(staged, left_out),
        weight=_weight(staged, left_out),
        country_of_origin=_country(staged, left_out),
        hs_code=_hs_code(staged, left_out),
        metafields=metafields,
        stock=sale.stock,
        image_source=_image(staged),
        left_out=(*left_out, *refused),
    )


def _cost(staged: Mapping[str, Any], left_out: list[LeftOut]) -> Decimal | None:
    amount = amount_of(staged.get("cost_per_item"))
    if amount is None:
        left_out.append(LeftOut("cost", "It is no believable amount."))
    return amount or None


def _weight(staged: Mapping[str, Any], left_out: list[LeftOut]) -> Weight | None:
    try:
        value = exact_number(staged.get("weight"), largest=_LARGEST_WEIGHT, places=6)
    except (BadNumber, TypeError):
        value = Decimal(-1)
    if not value:
        return None
    unit = line(staged.get("weight_unit"))
    known = _WEIGHTS.get(unit.upper().rstrip("."))
    if value < 0:
        left_out.append(LeftOut("weight", "It is no believable number."))
    elif known is None:
        left_out.append(LeftOut("weight", f"The store does not know its unit, {unit[:50]!r}."))
    else:
        return Weight(value, known)
    return None


def _country(staged: Mapping[str, Any], left_out: list[LeftOut]) -> str | None:
    name = line(staged.get("country_of_origin"))
    code = country_code(name) if name else None
    if code is not None and code not in UNKNOWN_TO_STORE:
        return code
    if name:
        left_out.append(LeftOut("country_of_origin", f"The store knows no country {name[:50]!r}."))
    return None


def _hs_code(staged: Mapping[str, Any], left_out: list[LeftOut]) -> str | None:
    """Boeing's Schedule B number: the six digits of the harmonized system and four of the United States' own."""
    written = line(staged.get("schedule_b_code"))
    code = _NOT_IN_CODE.sub("", written)
    if _CODE.fullmatch(code):
        return code
    if written:
        left_out.append(LeftOut("hs_code", "It is not a number of 6 to 13 digits."))
    return None


def _tags(staged: Mapping[str, Any], policy: ListingPolicy) -> tuple[str, ...]:
    origin = _NOT_IN_TAG.sub("-", line(staged.get("country_of_origin")).lower()).strip("-")
    tags = (*policy.tags, f"origin-{origin}"[:_LONGEST]) if policy.origin_tag and origin else policy.tags
    first: dict[str, str] = {}
    for tag in tags:
        first.setdefault(tag.lower(), tag)  # the store takes two spellings of one tag for one
    return tuple(first.values())


def _description(staged: Mapping[str, Any], policy: ListingPolicy, title: str) -> str:
    return paragraphs(
        [
            ("Part No.", title),
            ("Description:", line(staged.get("boeing_name")) or line(staged.get("boeing_description"))),
            ("Manufacturer:", line(staged.get("supplier_name"))),
            ("Cert:", line(staged.get("cert")) or policy.cert),
            ("Condition:", line(staged.get("condition")) or policy.condition),
            ("Unit of Measure:", line(staged.get("base_uom"))),
        ]
    )


def _image(staged: Mapping[str, Any]) -> str | None:
    for field in ("boeing_image_url", "boeing_thumbnail_url"):
        address = line(staged.get(field))
        try:
            parts = urlsplit(address)
        except ValueError:  # brackets that are no IPv6 address
            continue
        if parts.scheme.lower() in {"http", "https"} and parts.netloc and len(address) <= _LONGEST_ADDRESS:
            return address
    return None
