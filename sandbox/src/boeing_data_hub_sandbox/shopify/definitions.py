"""metafieldDefinitionCreate, -Update and -Delete, and metafieldsSet and -Delete."""

# Inputs and answers are JSON here; the schema has checked their shape, and Python cannot know it.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false

from __future__ import annotations

import re
from typing import Any

from boeing_data_hub_sandbox.shopify import metafields
from boeing_data_hub_sandbox.shopify.call import Call
from boeing_data_hub_sandbox.shopify.metafields import TYPES, slot_of, supported
from boeing_data_hub_sandbox.shopify.outcomes import too_many, user_error
from boeing_data_hub_sandbox.shopify.records import Definition, Product, Variant
from boeing_data_hub_sandbox.shopify.store import stamp

_WORD = re.compile(r"^[A-Za-z0-9_-]+$")
_AT_ONCE = 25
_MIN_NAME = 2


def create(call: Call, definition: dict[str, Any]) -> dict[str, Any]:
    """MetafieldDefinitionCreate."""
    store = call.world.store
    slot = slot_of(definition)
    kind, owner_type = definition["type"], definition["ownerType"]
    errors = _word_errors(slot)
    if kind.removeprefix("list.") not in TYPES:
        errors.append(user_error(["definition", "type"], f"Type name {kind} is not a valid type.", "INCLUSION"))
    elif store.definition(owner_type, slot):
        errors.append(user_error(["definition", "key"], "Key is in use for Product metafields on this shop.", "TAKEN"))
    rules = {each["name"]: each["value"] for each in definition.get("validations") or []}
    errors += [
        user_error(["definition", "validations"], f"Validations has an invalid validation: {name}", "INVALID_OPTION")
        for name in rules
        if name not in supported(kind)
    ]
    wants = ((definition.get("capabilities") or {}).get("uniqueValues") or {}).get("enabled")
    if kind == "id" and wants is False:
        said = "The unique values capability is required for type 'id'."
        errors.append(user_error(["definition", "capabilities"], said, "CAPABILITY_REQUIRED_BUT_DISABLED"))
    unique = kind == "id" or bool(wants)
    owners = store.products if owner_type == "PRODUCT" else store.variants
    if unique and any(slot in owner.metafields for owner in owners.values()):
        said = "Unique values can only be enabled for a definition that has no values yet."
        errors.append(user_error(["definition", "capabilities"], said, "INVALID_CAPABILITY"))
    if errors:
        return {"createdDefinition": None, "userErrors": errors}
    made = Definition(
        store.next_id("MetafieldDefinition"),
        *slot,
        definition["name"],
        definition.get("description"),
        owner_type,
        kind,
        rules,
        unique,
        1 if definition.get("pin") else None,
    )
    store.definitions[made.id] = store.definition_at[owner_type, *slot] = made
    call.record("metafieldDefinitionCreate", "created", namespace=slot[0], key=slot[1], type=kind, id=made.id)
    return {"createdDefinition": made, "userErrors": []}


def _word_errors(slot: tuple[str, str]) -> list[dict[str, Any]]:
    errors: list[dict[str, Any]] = []
    for name, word in zip(("namespace", "key"), slot, strict=True):
        if not _WORD.match(word):
            said = f"{name.capitalize()} contains one or more invalid characters."
            errors.append(user_error(["definition", name], said, "INVALID_CHARACTER"))
        elif len(word) < _MIN_NAME:
            said = f"{name.capitalize()} is too short (minimum is {_MIN_NAME} characters)"
            errors.append(user_error(["definition", name], said, "TOO_SHORT"))
    return errors


def update(call: Call, definition: dict[str, Any]) -> dict[str, Any]:
    """metafieldDefinitionUpdate: name, description, pin and validations."""
    found = call.world.store.definition(definition["ownerType"], slot_of(definition))
    if found is None:
        error = user_error(["definition"], "Definition not found.", "NOT_FOUND")
        return {"updatedDefinition": None, "validationJob": None, "userErrors": [error]}
    if definition.get("name"):
        found.name = definition["name"]
    if "description" in definition:
        found.description = definition["description"]
    if definition.get("pin") is not None:
        found.pinned_position = 1 if definition["pin"] else None
    if definition.get("validations") is not None:
        found.validations = {each["name"]: each["value"] for each in definition["validations"]}
    call.record("metafieldDefinitionUpdate", "updated", namespace=found.namespace, key=found.key, id=found.id)
    return {"updatedDefinition": found, "validationJob": None, "userErrors": []}


def delete(call: Call, **given: Any) -> dict[str, Any]:
    """metafieldDefinitionDelete, with or without the values."""
    store = call.world.store
    which = given.get("identifier")
    found = (
        store.definition(which["ownerType"], slot_of(which)) if which else store.definitions.get(given.get("id") or "")
    )
    if found is None:
        error = user_error(["id"], "Definition not found.", "NOT_FOUND")
        return {"deletedDefinition": None, "deletedDefinitionId": None, "userErrors": [error]}
    if found.type == "id" and not given.get("deleteAllAssociatedMetafields"):
        said = "Deleting an id type metafield definition requires deletion of its associated metafields."
        error = user_error(["id"], said, "ID_TYPE_DELETION_ERROR")
        return {"deletedDefinition": None, "deletedDefinitionId": None, "userErrors": [error]}
    if given.get("deleteAllAssociatedMetafields"):
        for owner in [*store.products.values(), *store.variants.values()]:
            store.remove_metafield(owner, found.slot)
    del store.definitions[found.id], store.definition_at[found.owner_type, found.namespace, found.key]
    call.record("metafieldDefinitionDelete", "deleted", namespace=found.namespace, key=found.key, id=found.id)
    gone = {"key": found.key, "namespace": found.namespace, "ownerType": found.owner_type}
    return {"deletedDefinition": gone, "deletedDefinitionId": found.id, "userErrors": []}


def set_values(call: Call, given: list[dict[str, Any]]) -> dict[str, Any]:
    """metafieldsSet: at most 25, all or none."""
    store = call.world.store
    if len(given) > _AT_ONCE:
        said = f"Exceeded the maximum metafields input limit of {_AT_ONCE}."
        return {"metafields": None, "userErrors": [user_error(["metafields"], said, "LESS_THAN_OR_EQUAL_TO")]}
    writes: list[tuple[Any, Any]] = []
    errors: list[dict[str, Any]] = []
    for index, each in enumerate(given):
        owner = store.find(each["ownerId"])
        if not isinstance(owner, Product | Variant):
            errors.append(user_error(["metafields", str(index), "ownerId"], "Owner does not exist.", "INVALID"))
            continue
        if (stale := _stale(owner, each, index)) is not None:
            errors.append(stale)
            continue
        planned, wrong = metafields.checked(store, type(owner), owner, [each], ["metafields"])
        writes += [(owner, write) for write in planned]
        errors += [
            {**error, "field": ["metafields", str(index), *error["field"][2:]], "code": _code(error["code"])}
            for error in wrong
        ]
    if errors:
        return {"metafields": None, "userErrors": errors}
    written = [store.set_metafield(owner, *write) for owner, write in writes]
    for owner in {id(owner): owner for owner, _ in writes}.values():
        owner.updated_at = stamp()
        call.record("metafieldsSet", "updated", id=owner.id, metafields=[each.key for each in written])
    return {"metafields": written, "userErrors": []}


def _stale(owner: Product | Variant, given: dict[str, Any], index: int) -> dict[str, Any] | None:
    """Why a compare-and-set cannot be done: null says that there is no value yet, and a digest which one there is."""
    if "compareDigest" not in given:
        return None
    there = owner.metafields.get(slot_of(given))
    if given["compareDigest"] == (None if there is None else there.digest):
        return None
    said = "The resource has been updated since it was loaded. Try again with an updated `compareDigest` value."
    return user_error(["metafields", str(index), "compareDigest"], said, "STALE_OBJECT")


def _code(code: str) -> str:
    return "CAPABILITY_VIOLATION" if code == "CAPABILITY_VIOLATION" else "INVALID_VALUE"


def delete_values(call: Call, given: list[dict[str, Any]]) -> dict[str, Any]:
    """metafieldsDelete: what is not there is answered with null."""
    if len(given) > 250:  # noqa: PLR2004 - the limit of every list
        raise too_many(len(given))
    store = call.world.store
    gone: list[dict[str, Any] | None] = []
    for each in given:
        owner = store.find(each["ownerId"])
        found = store.remove_metafield(owner, slot_of(each)) if isinstance(owner, Product | Variant) else None
        gone.append({key: each[key] for key in ("ownerId", "namespace", "key")} if found else None)
        if found:
            call.record("metafieldsDelete", "updated", id=each["ownerId"], metafields=[found.key])
    return {"deletedMetafields": gone, "userErrors": []}
