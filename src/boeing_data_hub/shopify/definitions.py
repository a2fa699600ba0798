"""The metafield definitions that a store needs: for our custom ids, and for the facts that shoppers see. Pure.

Keys, types and validations match those of the hub's first store. Each is created once, and never changed.
"""

from __future__ import annotations

import json
from typing import Final

from boeing_data_hub.catalogue.listing_policy import ListingPolicy
from boeing_data_hub.shopify.part_metafields import NAMES
from boeing_data_hub.shopify.shapes import Input

_TRACE_HOSTS: Final = ("cdn.shopify.com", "www.getsmartcert.com")

Slot = tuple[str, str]


def custom_id_definition(policy: ListingPolicy) -> Input:
    """The definition of type `id`. The store enforces unique values, so it must exist before any product."""
    return _definition(policy.custom_id_namespace, policy.custom_id_key, "Part key", "id")


def wanted_definitions(policy: ListingPolicy) -> list[Input]:
    """All definitions, the custom id's first, as `metafieldDefinitionCreate` takes them."""
    space = policy.namespace
    text = "single_line_text_field"
    return [
        custom_id_definition(policy),
        _definition(space, "part_number", "Part number", text),
        _definition(space, "part_name", "Part name", text),
        _definition(space, "manufacturer", "Manufacturer", text),
        _definition(space, "unit_of_measure", "Unit of measure", text, choices=json.dumps(list(policy.unit_choices))),
        _definition(space, "condition", "Condition", text, max="3"),
        _definition(space, "trace", "Cert", text, choices=json.dumps(list(policy.trace_choices))),
        _definition(space, "tracedoc", "Trace document", "url", allowed_domains=json.dumps(list(_TRACE_HOSTS))),
        _definition(space, "expiration_date", "Expiration date", "date"),
        _definition(space, "notes", "Notes", "multi_line_text_field"),
        _definition(space, "inventory_location", "Inventory location", text, min="3", max="3"),
        _definition(space, "estimated_lead_time", "Estimated lead time (days)", "number_integer", min="0"),
        *(_definition(space, key, *NAMES[key]) for key in NAMES if key in policy.part_metafields),
    ]


def slot_of(definition: Input) -> Slot:
    """Namespace and key."""
    return definition["namespace"], definition["key"]


def keys_of_facts(policy: ListingPolicy) -> list[str]:
    """The keys of the metafields that shoppers see, in the policy's namespace."""
    return [definition["key"] for definition in wanted_definitions(policy)[1:]]


def _definition(namespace: str, key: str, name: str, kind: str, **validations: str) -> Input:
    return {
        "name": name,
        "namespace": namespace,
        "key": key,
        "type": kind,
        "ownerType": "PRODUCT",
        "validations": [{"name": rule, "value": value} for rule, value in validations.items()],
    }
