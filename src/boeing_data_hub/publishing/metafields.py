"""The facts beside a product, each by the rule the store's own definition holds it to. A value that would be refused
is left out and told, because one refused metafield refuses the whole product.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from boeing_data_hub.model.listings import LeftOut, ListingPolicy, Metafield
from boeing_data_hub.model.stock import shelves
from boeing_data_hub.model.wording import MANY_LINES, line, lines

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
# The first pattern found decides; the numbers of the regulations come last, for other names contain digits, too.
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
    """Takes values, and keeps what is told about those that were not taken."""

    __slots__ = ("left_out", "metafields", "namespace")

    def __init__(self, namespace: str) -> None:
        self.namespace = namespace
        self.metafields: list[Metafield] = []
        self.left_out: list[LeftOut] = []

    def write(self, key: str, kind: str, value: str) -> None:
        if len(value.encode()) > _MOST_BYTES:
            self.leave_out(key, "It is longer than the store keeps.")
        elif value:
            self.metafields.append(Metafield(self.namespace, key, kind, value))

    def leave_out(self, key: str, reason: str) -> None:
        self.left_out.append(LeftOut(f"metafields.{key}", reason))


def metafields_of(
    staged: Mapping[str, Any], policy: ListingPolicy, part_number: str
) -> tuple[tuple[Metafield, ...], tuple[LeftOut, ...]]:
    """The metafields of a staged part in a fixed order, and those it goes without although there is a value.

    Args:
        staged: the row, whatever is in it.
        policy: namespace, choices and defaults in force.
        part_number: the one shoppers know, without the variant suffix.
    """
    sheet = _Sheet(policy.namespace)
    sheet.write("part_number", _LINE, part_number)
    sheet.write("part_name", _LINE, line(staged.get("boeing_name")))
    sheet.write("manufacturer", _LINE, line(staged.get("supplier_name")))
    _unit(sheet, line(staged.get("base_uom")), policy)
    _condition(sheet, line(staged.get("condition")) or policy.condition)
    _trace(sheet, line(staged.get("cert")) or policy.cert, policy)
    _trace_document(sheet, line(staged.get("trace")))
    _expiration(sheet, staged.get("expiration_date"))
    sheet.write("notes", MANY_LINES, lines(staged.get("notes")))
    _shelf_area(sheet, staged, policy)
    if policy.send_lead_time:
        _lead_time(sheet, staged.get("estimated_lead_time_days"))
    return tuple(sheet.metafields), tuple(sheet.left_out)


def _unit(sheet: _Sheet, unit: str, policy: ListingPolicy) -> None:
    choice = unit if unit in policy.unit_choices else _UNITS.get(unit.upper().rstrip("."))
    if choice in policy.unit_choices:
        sheet.write("unit_of_measure", _LINE, choice or "")
    elif unit:
        sheet.leave_out("unit_of_measure", f"The store has no choice for the unit {unit[:50]!r}.")


def _condition(sheet: _Sheet, condition: str) -> None:
    if len(condition) <= _LONGEST_CONDITION:
        sheet.write("condition", _LINE, condition)
    else:
        sheet.leave_out("condition", f"The store takes at most {_LONGEST_CONDITION} characters.")


def _trace(sheet: _Sheet, cert: str, policy: ListingPolicy) -> None:
    """The certificate. The store calls it `trace` and shows it as Cert; `tracedoc` is the document itself."""
    choice = cert if cert in policy.trace_choices else None
    if choice is None:
        choice = next((name for pattern, name in _TRACES if pattern.search(cert.upper())), None)
    if choice in policy.trace_choices:
        sheet.write("trace", _LINE, choice or "")
    elif cert:
        sheet.leave_out("trace", f"The store has no choice for the certificate {cert[:50]!r}.")


def _trace_document(sheet: _Sheet, address: str) -> None:
    if not address:
        return
    known = any(address.startswith(host) and len(address) > len(host) for host in _TRACE_HOSTS)
    if known and len(address) <= _LONGEST_ADDRESS and not re.search(r'[\s"<>\\]', address) and address.isascii():
        sheet.write("tracedoc", "url", address)
    else:
        sheet.leave_out("tracedoc", f"The store takes addresses only below {' and '.join(_TRACE_HOSTS)}.")


def _expiration(sheet: _Sheet, value: object) -> None:
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(value, date):
        sheet.write("expiration_date", "date", value.isoformat())
        return
    text = line(value)
    try:
        good = not text or date.fromisoformat(text).isoformat() == text
    except ValueError:
        good = False
    if not good or (value is not None and not isinstance(value, str)):
        sheet.leave_out("expiration_date", "It is no day written as YYYY-MM-DD.")
    else:
        sheet.write("expiration_date", "date", text)


def _shelf_area(sheet: _Sheet, staged: Mapping[str, Any], policy: ListingPolicy) -> None:
    """The code of the first location we sell from that holds any."""
    codes = policy.inventory_location_codes
    for name, pieces in shelves(staged) or []:
        store = policy.location_map.get(name) if policy.location_map else name
        code = codes.get(name) or codes.get(store or "")
        if not pieces or store is None or code is None:
            continue
        if len(code) == _LENGTH_OF_CODE and code == line(code):
            sheet.write("inventory_location", _LINE, code)
        else:
            sheet.leave_out("inventory_location", f"The store takes codes of exactly {_LENGTH_OF_CODE} characters.")
        return


def _lead_time(sheet: _Sheet, days: object) -> None:
    if isinstance(days, int) and not isinstance(days, bool) and 0 <= days <= _MOST_DAYS:
        sheet.write("estimated_lead_time", "number_integer", str(days))
    elif days is not None:
        sheet.leave_out("estimated_lead_time", "It is no believable number of days.")
