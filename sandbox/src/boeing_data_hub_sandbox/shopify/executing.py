"""Runs a checked document and gives its answer the API's shape."""

# Inputs and answers are JSON here; the schema has checked their shape, and Python cannot know it.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false

from __future__ import annotations

from typing import Any

import structlog
from graphql import GraphQLError, execute_sync

from boeing_data_hub_sandbox.shopify.call import Call
from boeing_data_hub_sandbox.shopify.documents import Document

_log = structlog.get_logger("sandbox.shopify")


def answer(call: Call, document: Document, variables: dict[str, Any]) -> dict[str, Any]:
    """`data`, and `errors` when there are any."""
    assert document.syntax is not None  # noqa: S101 - a document with problems is never executed
    result = execute_sync(
        call.world.schema,
        document.syntax,
        context_value=call,
        variable_values=variables,
        operation_name=document.name,
    )
    body: dict[str, Any] = {"data": result.data}
    if result.errors:
        body["errors"] = [_shaped(call, error) for error in result.errors]
    return body


def _shaped(call: Call, error: GraphQLError) -> dict[str, Any]:
    shaped: dict[str, Any] = {"message": error.message}
    if error.locations:
        shaped["locations"] = [{"line": place.line, "column": place.column} for place in error.locations]
    shaped["path"] = [str(step) if isinstance(step, int) else step for step in error.path or []]
    shaped["extensions"] = dict(error.extensions or {})
    if error.original_error is not None and not isinstance(error.original_error, GraphQLError):
        _log.error("the sandbox itself failed", exc_info=error.original_error)
        shaped["message"] = (
            f"Internal error. Looks like something went wrong on our end.\nRequest ID: {call.request_id}"
        )
        shaped["extensions"] = {"code": "INTERNAL_SERVER_ERROR", "requestId": call.request_id}
    return shaped
