"""The metafields of a product. A value that the store's definition would reject is left out and reported, because one
rejected metafield rejects the whole product. Pure.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from boeing_data_hub.catalogue.listing_policy import ListingPolicy
from boeing_data_hub.catalogue.listings import LeftOut, Metafield
from boeing_data_hub.catalogue.staged_part import CataloguePart, StagedPart
from boeing_data_hub.catalogue.stock import figure_of
from boeing_data_hub.shopify.part_metafields import part_fields
from boeing_data_hub.values.clean_text import MANY_LINES, line, lines

_LINE: Final = "single_line_text_field"
_MOST_BYTES: Final = 16 * 1024  # of a text
_LONGEST_CONDITION: Final = 3
_LENGTH_OF_CODE: Final = 3
_MOST_DAYS: Final = 3_650
_LONGEST_ADDRESS: Final = 2_000
_TRACE_HOSTS: Final = ("https://cdn.shopify.com/", "https://www.getsmartcert.com/")

_UNITS: Final = {
    **dict.fromkeys(("EA", "EACH", "PC", "PCS", "PIECE", "PIECES", "UNIT", "UNITS"), "EA"),
    **dict.fromkeys(("IN", "INCH", "INCHES"), "Inches"),
    **dict.fromkeys(("LB", "LBS", "POUND", "POUNDS"), "Pound"),
    **dict.fromkeys(("PK", "PKS", "PACK", "PACKS"), "Pack (1PK = 25EA)"),
}
# The first match wins; the numbers of the regulations come last, because other names contain digits, too.
_TRACES: Final = (
    (re.compile(r"8130"), "FAA 8130-3"),
    (re.compile(r"SEGV|BRAZIL"), "Brazil Form SEGV00 003"),
    (re.compile(r"TRANSPORT CANADA|\bTCCA\b"), "Transport Canada Form 1"),
    (re.compile(r"\bCAA\b"), "CAA UK"),
    (re.compile(r"EASA"), "EASA Form 1"),
    (re.compile(r"\bOEM\b"), "OEM Cert"),
    (re.compile(r"\bC ?(?:OF|O|/) ?C\b|CERTIFICATE OF CONFORM"), "C of C"),
    (re.compile(r"\b(?:121|129|145)\b"), "121/129/145 Trace"),
)


class _Sheet:
    """Collects metafields, and the reasons why others were left out."""

    __slots__ = ("left_out", "metafields", "namespace")

    def __init__(self, namespace: str) -> None:
        self.namespace = namespace
        self.metafields: list[Metafield] = []
        self.left_out: list[LeftOut] = []

    def write(self, key: str, kind: str, value: str) -> None:
        if len(value.encode()) > _MOST_BYTES:
            self.leave_out(key, "Longer than Shopify allows.")
        elif value:
            self.metafields.append(Metafield(self.namespace, key, kind, value))

    def leave_out(self, key: str, reason: str) -> None:
        self.left_out.append(LeftOut(f"metafields.{key}", reason))


def metafields_of(
    staged: CataloguePart, policy: ListingPolicy, part_number: str
) -> tuple[tuple[Metafield, ...], tuple[LeftOut, ...]]:
    """The metafields of a staged part in a fixed order, and those that are left out although there is a value.

    Args:
        staged: the part, whatever its values are.
        policy: namespace, choices and defaults.
        part_number: as shoppers know it, without the variant suffix.
    """
    sheet = _Sheet(policy.namespace)
    sheet.write("part_number", _LINE, part_number)
    sheet.write("part_name", _LINE, line(staged.boeing_name))
    sheet.write("manufacturer", _LINE, line(staged.supplier_name))
    _unit(sheet, line(staged.base_uom), policy)
    _condition(sheet, line(staged.override.condition or staged.condition) or policy.condition)
    _trace(sheet, line(staged.override.cert or staged.cert) or policy.cert, policy)
    _trace_document(sheet, line(staged.override.trace))
    _expiration(sheet, staged.override.expiration_date)
    sheet.write("notes", MANY_LINES, lines(staged.override.notes))
    _shelf_area(sheet, staged, policy)
    if policy.send_lead_time:
        figure = figure_of(staged, policy)
        _lead_time(sheet, staged.estimated_lead_time_days if figure is None else figure.lead_days)
    for field in part_fields(staged, policy.part_metafields):
        if field.problem is None:
            sheet.write(field.key, field.kind, field.value)
        else:
            sheet.leave_out(field.key, field.problem)
    return tuple(sheet.metafields), tuple(sheet.left_out)


def _unit(sheet: _Sheet, unit: str, policy: ListingPolicy) -> None:
    choice = unit if unit in policy.unit_choices else _UNITS.get(unit.upper().rstrip("."))
    if choice in policy.unit_choices:
        sheet.write("unit_of_measure", _LINE, choice or "")
    elif unit:
        sheet.leave_out("unit_of_measure", f"The unit {unit[:50]!r} is not one of the store's choices.")


def _condition(sheet: _Sheet, condition: str) -> None:
    if len(condition) <= _LONGEST_CONDITION:
        sheet.write("condition", _LINE, condition)
    else:
        sheet.leave_out("condition", f"At most {_LONGEST_CONDITION} characters are allowed.")


def _trace(sheet: _Sheet, cert: str, policy: ListingPolicy) -> None:
    """The certificate. The store calls it `trace` and shows it as Cert; `tracedoc` is the document itself."""
    choice = cert if cert in policy.trace_choices else None
    if choice is None:
        choice = next((name for pattern, name in _TRACES if pattern.search(cert.upper())), None)
    if choice in policy.trace_choices:
        sheet.write("trace", _LINE, choice or "")
    elif cert:
        sheet.leave_out("trace", f"The certificate {cert[:50]!r} is not one of the store's choices.")


def _trace_document(sheet: _Sheet, address: str) -> None:
    if not address:
        return
    known = any(address.startswith(host) and len(address) > len(host) for host in _TRACE_HOSTS)
    if known and len(address) <= _LONGEST_ADDRESS and not re.search(r'[\s"<>\\]', address) and address.isascii():
        sheet.write("tracedoc", "url", address)
    else:
        sheet.leave_out("tracedoc", f"Only web addresses at {' and '.join(_TRACE_HOSTS)} are allowed.")


def _expiration(sheet: _Sheet, day: date | None) -> None:
    if day is not None:
        sheet.write("expiration_date", "date", day.isoformat())


def _shelf_area(sheet: _Sheet, staged: StagedPart, policy: ListingPolicy) -> None:
    """The code of the first location with stock that we sell from."""
    codes = policy.inventory_location_codes
    for place in staged.locations:
        name = place.location
        store = policy.location_map.get(name, name if policy.sells_unmapped else None)
        code = codes.get(name) or codes.get(store or "")
        if not place.quantity or store is None or code is None or not policy.stock_rules.sells_from(name):
            continue
        if len(code) == _LENGTH_OF_CODE and code == line(code):
            sheet.write("inventory_location", _LINE, code)
        else:
            sheet.leave_out("inventory_location", f"The code must have exactly {_LENGTH_OF_CODE} characters.")
        return


def _lead_time(sheet: _Sheet, days: int | None) -> None:
    if days is None:
        return
    if 0 <= days <= _MOST_DAYS:
        sheet.write("estimated_lead_time", "number_integer", str(days))
    else:
        sheet.leave_out("estimated_lead_time", "Not a valid number of days.")
