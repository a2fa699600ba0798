"""One line of a bulk run: what may run at all, a line executed, its result written, a query's answer flattened."""

# Inputs and answers are JSON here; the schema has checked their shape, and Python cannot know it.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false

from __future__ import annotations

import json
from typing import Any

from graphql import GraphQLSyntaxError, OperationDefinitionNode, parse

from boeing_data_hub_sandbox.shopify.call import Call
from boeing_data_hub_sandbox.shopify.cost import Price
from boeing_data_hub_sandbox.shopify.documents import Document
from boeing_data_hub_sandbox.shopify.executing import answer
from boeing_data_hub_sandbox.shopify.outcomes import user_error
from boeing_data_hub_sandbox.shopify.records import BulkOperation
from boeing_data_hub_sandbox.shopify.request_facts import facts_of
from boeing_data_hub_sandbox.shopify.variables import refused
from boeing_data_hub_sandbox.shopify.world import World

_NOT_WITHIN = {"bulkOperationRunMutation", "bulkOperationRunQuery", "bulkOperationCancel"}
_LONGEST = 65_535
_MOST_CONNECTIONS = 5
_DEEPEST = 2


def checked_mutation(  # noqa: PLR0911 - each refusal has its own sentence
    world: World, text: str, client: str | None
) -> tuple[dict[str, Any] | None, Document | None]:
    """Why the mutation cannot be run in bulk, or its document."""
    if client is not None and not 10 <= len(client) <= 255:  # noqa: PLR2004 - the documented length
        return user_error(["clientIdentifier"], "Client identifier must have 10 to 255 characters."), None
    if len(text.encode()) > _LONGEST:
        return user_error(["mutation"], f"Mutation is too long (maximum is {_LONGEST} bytes)", "INVALID_MUTATION"), None
    try:
        definitions = parse(text).definitions
    except GraphQLSyntaxError as error:
        return user_error(["mutation"], f"Failed to parse the mutation - {error.message}", "INVALID_MUTATION"), None
    operations = [each for each in definitions if isinstance(each, OperationDefinitionNode)]
    if any(each.operation.value != "mutation" for each in operations):
        said = "Invalid operation type. Only `mutation` operations are supported."
        return user_error(["mutation"], said, "INVALID_MUTATION"), None
    if len(operations) != 1 or len(operations[0].selection_set.selections) != 1:
        return user_error(["mutation"], "You must specify a single top level mutation."), None
    document = world.documents.get(text)
    if document.problems or document.price is None:
        said = f"Failed to parse the mutation - {document.problems[0]['message']}"
        return user_error(["mutation"], said, "INVALID_MUTATION"), None
    if document.first_field in _NOT_WITHIN:
        return user_error(["mutation"], "You must use an allowed mutation name."), None
    if _connections(document.price) > 1:
        return user_error(["mutation"], "Bulk mutations cannot contain more than 1 connection."), None
    return None, document


def checked_query(world: World, text: str) -> tuple[dict[str, Any] | None, Document | None]:
    """Why the query cannot be run in bulk, or its document."""
    document = world.documents.get(text)
    if said := _why_no_bulk_query(document):
        return user_error(["query"], f"Invalid bulk query: {said}", "INVALID"), None
    return None, document


def _why_no_bulk_query(document: Document) -> str | None:
    if document.problems or document.price is None:
        return document.problems[0]["message"]
    connections = _connections(document.price)
    refusals = {
        "Bulk queries must be queries.": document.is_mutation,
        "Bulk queries must have a single top-level connection.": len(document.fields) != 1
        or document.first_field in {"node", "nodes"},
        "Bulk queries must contain at least one connection.": not connections,
        f"Bulk queries cannot contain more than {_MOST_CONNECTIONS} connections.": connections > _MOST_CONNECTIONS,
        f"Bulk queries cannot contain connections with a nesting depth greater than {_DEEPEST}.": _depth(document.price)
        - 1
        > _DEEPEST,
    }
    return next((said for said, is_so in refusals.items() if is_so), None)


def _depth(price: Price) -> int:
    return price.paged + max((_depth(each) for each in price.inner), default=0)


def _connections(price: Price) -> int:
    return price.paged + sum(_connections(each) for each in price.inner)


def executed(world: World, operation: BulkOperation, document: Document, index: int, line: str) -> list[str]:
    """Execute a line and write its result: one line, or several where connections are written apart, or none."""
    call = Call(world, f"{operation.id}#{index}", via="bulk", bulk_operation=operation.id)
    reply = _outcome(call, document, line)
    if world.faults.strike(frozenset({"bulk_line_missing"}), **_facts(document, line)):
        call.settle(replied=False)
        return []
    call.settle(replied=True)
    children: list[dict[str, Any]] = []
    if world.knobs.bulk_child_lines and isinstance(reply.get("data"), dict):
        for payload in reply["data"].values():
            _take_children(payload, None, children)
    return [written({**reply, "__lineNumber": index}), *(written(child) for child in children)]


def _facts(document: Document, line: str) -> dict[str, str | None]:
    try:
        variables = json.loads(line)
    except ValueError:
        variables = {}
    return {**facts_of(document, variables if isinstance(variables, dict) else {}), "via": "bulk"}


def _outcome(call: Call, document: Document, line: str) -> dict[str, Any]:
    try:
        variables = json.loads(line)
    except ValueError as error:
        return {"errors": [{"message": f"Failed to parse the line: {error}"}]}
    if not isinstance(variables, dict):
        return {"errors": [{"message": "Variables must be a JSON object."}]}
    given: dict[str, Any] = variables
    assert document.operation is not None  # noqa: S101 - only checked documents get here
    if errors := refused(call.world.schema, document.operation, given):
        return {"errors": errors}
    if call.world.faults.strike(frozenset({"bulk_line_error"}), **_facts(document, line)):
        said = f"Internal error. Looks like something went wrong on our end.\nRequest ID: {call.request_id}"
        return {"data": None, "errors": [{"message": said, "extensions": {"code": "INTERNAL_SERVER_ERROR"}}]}
    return answer(call, document, given)


def written(value: dict[str, Any]) -> str:
    """One result line as the API writes it: compact, slashes escaped, newline at the end."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).replace("/", "\\/") + "\n"


def _rows(value: Any) -> list[dict[str, Any]] | None:
    """The nodes of a connection's answer, or None when it is none."""
    if not isinstance(value, dict):
        return None
    given: dict[str, Any] = value
    if isinstance(given.get("nodes"), list):
        return given["nodes"]
    if isinstance(given.get("edges"), list):
        return [edge["node"] for edge in given["edges"]]
    return None


def _take_children(value: Any, parent: str | None, into: list[dict[str, Any]]) -> None:
    """Move the nodes of every connection below `value` into lines of their own, naming their parent."""
    if isinstance(value, list):
        for each in value:  # pyright: ignore[reportUnknownVariableType]
            _take_children(each, parent, into)
        return
    if not isinstance(value, dict):
        return
    given: dict[str, Any] = value
    parent = given.get("id") or parent
    for key in list(given):
        rows = _rows(given[key])
        if rows is None:
            _take_children(given[key], parent, into)
            continue
        del given[key]
        for row in rows:
            place = len(into)
            into.append(row)
            _take_children(row, parent, into)
            into[place] = {**row, "__parentId": parent}


def flattened(data: dict[str, Any]) -> tuple[list[str], int]:
    """The lines of a bulk query's answer, children after their parents, and how many of them are roots."""
    lines: list[dict[str, Any]] = []
    roots = 0
    for value in data.values():
        for row in _rows(value) or []:
            roots += 1
            lines.append(row)
            _take_children(row, None, lines)
    return [written(line) for line in lines], roots
