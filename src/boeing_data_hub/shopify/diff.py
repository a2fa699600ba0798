"""Compares a listing with the last published one. Unchanged parts need no call. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from boeing_data_hub.catalogue.listings import Change, Decision, Listing, Published
from boeing_data_hub.shopify.snapshot import PLAIN_FIELDS, form_of, hashes_of, stock_hash


def compare(wanted: Listing, known: Published | None) -> Decision:
    """The decision, with exactly the fields that differ. Amounts and weights are compared by value.

    Without a known product id, the decision is to create: an upsert by custom id finds a product that an unanswered
    call created. Equal hashes save the comparison; otherwise the fields decide, so another spelling of the same value
    updates nothing.
    """
    if known is None or known.product_id is None:
        return Decision("create")
    new = form_of(wanted)
    same = known.listing_hash == hashes_of(new)[0]
    changes = () if same else tuple(_changes(known.form, new))
    stock = () if known.stock_hash == stock_hash(wanted) else tuple(_stock(wanted, known))
    if changes:
        return Decision("update", changes, stock)
    return Decision("restock", (), stock) if stock else Decision("unchanged")


def stock_to_set(wanted: Listing, known: Published | None) -> dict[str, int]:
    """Pieces for every location of the listing, and 0 for locations we once stocked that it no longer names."""
    before: Mapping[str, Any] = _part(known.form, "stock") if known else {}
    return {**dict.fromkeys(before, 0), **wanted.stock}


def _changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    for name in (*PLAIN_FIELDS, "tags"):
        if old.get(name) != new[name]:
            yield Change(name, old.get(name), new[name])
    for name in ("price", "cost"):
        if number(old.get(name)) != number(new[name]):
            yield Change(name, old.get(name), new[name])
    before, after = _part(old, "weight"), _part(new, "weight")
    if (number(before.get("value")), before.get("unit")) != (number(after.get("value")), after.get("unit")):
        yield Change("weight", dict(before) or None, dict(after) or None)
    facts, wanted = _facts(old), _facts(new)
    for slot in dict.fromkeys((*wanted, *facts)):
        was, is_now = facts.get(slot), wanted.get(slot)
        if was != is_now:
            yield Change(f"metafields.{slot[1]}", was[1] if was else None, is_now[1] if is_now else None)


def _stock(wanted: Listing, known: Published) -> Iterator[Change]:
    before = _part(known.form, "stock")
    for name, pieces in stock_to_set(wanted, known).items():
        # A location that is new to us is set even to 0: its stock did not come from Boeing.
        if before.get(name) != pieces:
            yield Change(f"stock.{name}", before.get(name), pieces)


def _facts(form: Mapping[str, Any]) -> dict[tuple[str, str], tuple[str, str]]:
    """Type and value of every metafield, by namespace and key."""
    return {(space, key): (kind, value) for space, key, kind, value in form.get("metafields") or ()}


def _part(form: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    return form.get(name) or {}


def number(value: object) -> Decimal | str | None:
    """The amount in a form; unreadable text is only equal to itself."""
    if value is None:
        return None
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return str(value)
