"""Metafield definitions and the validation of values, in the sentences a store shows."""

from __future__ import annotations

import json
import re
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlsplit

from boeing_data_hub_sandbox.shopify.outcomes import user_error
from boeing_data_hub_sandbox.shopify.records import Definition, Product
from boeing_data_hub_sandbox.shopify.store import Slot, Store

APP_NAMESPACE = "app--1"
_TYPE_NAMES = (
    "boolean color date date_time dimension file_reference id json link money multi_line_text_field number_decimal "
    "number_integer product_reference rating rich_text_field single_line_text_field url variant_reference volume weight"
)
TYPES = frozenset(_TYPE_NAMES.split())
_VALIDATIONS = {
    "single_line_text_field": {"min", "max", "regex", "choices"},
    "multi_line_text_field": {"min", "max", "regex"},
    "id": {"min", "max", "regex"},
    "number_integer": {"min", "max"},
    "number_decimal": {"min", "max", "max_precision"},
    "date": {"min", "max"},
    "date_time": {"min", "max"},
    "url": {"allowed_domains"},
}
_DATE_TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)?$")
_MAX_BYTES = 16 * 1024
_MAX_JSON_BYTES = 128 * 1024


def slot_of(given: dict[str, Any]) -> Slot:
    """Namespace and key of an input; without a namespace it is the app's own."""
    return given.get("namespace") or APP_NAMESPACE, given.get("key") or ""


def owner_type_of(owner_class: type[Any]) -> str:
    """The schema's word for the kind of owner."""
    return "PRODUCT" if owner_class is Product else "PRODUCTVARIANT"


def value_problem(kind: str, value: str, definition: Definition | None) -> str | None:
    """Why the value cannot stand, or None."""
    if not value.strip():
        return "can't be blank."
    if len(value.encode()) > (_MAX_JSON_BYTES if kind == "json" else _MAX_BYTES):
        return f"is too long (maximum is {_MAX_JSON_BYTES if kind == 'json' else _MAX_BYTES} bytes)."
    if (problem := _form_problem(kind, value)) or definition is None:
        return problem
    return _rule_problem(kind, value, definition.validations)


def _form_problem(kind: str, value: str) -> str | None:  # noqa: PLR0911 - one sentence for each type
    if kind in {"single_line_text_field", "id"} and ("\n" in value or "\r" in value):
        return "must be a single line text string."
    if kind == "number_integer" and not re.fullmatch(r"-?\d{1,16}", value):
        return "must be an integer."
    if kind == "number_decimal" and _decimal(value) is None:
        return "must be a decimal."
    if kind == "boolean" and value not in {"true", "false"}:
        return "must be true or false."
    if kind == "date" and not _is_date(value):
        return 'must be in "YYYY-MM-DD" format. For example: 2022-06-01'
    if kind == "date_time" and not _DATE_TIME.match(value):
        return 'must be in "YYYY-MM-DDTHH:MM:SS" format. For example: 2022-06-01T15:30:00'
    if kind == "url" and (urlsplit(value).scheme not in {"http", "https", "mailto", "sms", "tel"} or " " in value):
        return "must be one of the following URL schemes: http, https, mailto, sms, tel."
    if kind in {"json", "dimension", "weight", "volume", "money", "rating", "link", "rich_text_field"}:
        try:
            json.loads(value)
        except ValueError:
            return "must be valid JSON."
    return None


def _rule_problem(kind: str, value: str, rules: dict[str, str]) -> str | None:  # noqa: PLR0911 - a sentence for each rule
    if (choices := rules.get("choices")) and value not in json.loads(choices):
        return f"does not exist in provided choices: {choices}."
    if (pattern := rules.get("regex")) and not re.search(pattern, value):
        return "does not match the validation pattern."
    if domains := rules.get("allowed_domains"):
        allowed: list[str] = json.loads(domains)
        if not any(value.startswith(each if "://" in each else f"https://{each.rstrip('/')}/") for each in allowed):
            return f"must be one of the following domains: {', '.join(allowed)}."
    if kind in {"single_line_text_field", "multi_line_text_field", "id"}:
        if "max" in rules and len(value) > int(rules["max"]):
            return f"has a maximum length of {rules['max']}."
        if "min" in rules and len(value) < int(rules["min"]):
            return f"has a minimum length of {rules['min']}."
        return None
    if "max" in rules and _comparable(kind, value) > _comparable(kind, rules["max"]):
        return f"has a maximum of {rules['max']}."
    if "min" in rules and _comparable(kind, value) < _comparable(kind, rules["min"]):
        return f"has a minimum of {rules['min']}."
    return None


def _comparable(kind: str, value: str) -> Any:
    return Decimal(value) if kind.startswith("number") else value


def _decimal(value: str) -> Decimal | None:
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _is_date(value: str) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def checked(
    store: Store, owner_class: type[Any], owner: Any, given: list[dict[str, Any]], path: list[str]
) -> tuple[list[tuple[Slot, str, str]], list[dict[str, Any]]]:
    """The values to write (slot, type, value) and the userErrors; uniqueness is checked against all other owners."""
    writes: list[tuple[Slot, str, str]] = []
    errors: list[dict[str, Any]] = []
    for index, each in enumerate(given):
        here = [*path, str(index)]
        slot = slot_of(each)
        definition = store.definition(owner_type_of(owner_class), slot)
        existing = owner.metafields.get(slot) if owner is not None else None
        kind = each.get("type") or (definition.type if definition else existing.type if existing else None)
        base = (kind or "").removeprefix("list.")
        value = each.get("value")
        if not slot[1]:
            errors.append(user_error([*here, "key"], "Key can't be blank.", "INVALID_METAFIELD"))
        elif kind is None:
            errors.append(user_error([*here, "type"], "Type can't be blank", "INVALID_METAFIELD"))
        elif base not in TYPES:
            errors.append(user_error([*here, "type"], f"Type {kind} is not a supported type.", "INVALID_METAFIELD"))
        elif definition is not None and kind != definition.type:
            said = f"Type must be consistent with the definition's type: {definition.type}"
            errors.append(user_error([*here, "type"], said, "INVALID_METAFIELD"))
        elif kind == "id" and definition is None:
            said = "Metafield definition of type 'id' is required when using custom ids."
            errors.append(user_error([*here, "type"], said, "INVALID_METAFIELD"))
        elif problem := value_problem(kind, value or "", definition):
            errors.append(user_error([*here, "value"], f"Value {problem}", "INVALID_METAFIELD"))
        elif definition is not None and definition.unique and _taken(store, owner_class, owner, slot, value or ""):
            said = "Value is already assigned to another metafield. Choose a different value to use this metafield."
            errors.append(user_error([*here, "value"], said, "CAPABILITY_VIOLATION"))
        else:
            writes.append((slot, kind, value or ""))
    return writes, errors


def _taken(store: Store, owner_class: type[Any], owner: Any, slot: Slot, value: str) -> bool:
    holder = store.owner_of(slot, value, owner_class)
    return holder is not None and holder is not owner


def supported(kind: str) -> frozenset[str]:
    """The validations a type knows."""
    return frozenset(_VALIDATIONS.get(kind.removeprefix("list."), set()))
