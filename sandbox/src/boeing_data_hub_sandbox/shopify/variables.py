"""Why a variable was refused, in the API's own form: one message, and each problem with its path."""

# Inputs and answers are JSON here; the schema has checked their shape, and Python cannot know it.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false
# pyright: reportUnknownParameterType=false

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    OperationDefinitionNode,
    Undefined,
    print_ast,
    type_from_ast,
)
from graphql.execution.values import get_variable_values

Path = tuple[str | int, ...]


def refused(schema: GraphQLSchema, operation: OperationDefinitionNode, given: dict[str, Any]) -> list[dict[str, Any]]:
    """The top-level errors of these variables, empty when all of them fit."""
    definitions = operation.variable_definitions or ()
    checked = get_variable_values(schema, definitions, given)
    if not isinstance(checked, list):
        return []
    errors: list[dict[str, Any]] = []
    for definition in definitions:
        name = definition.variable.name.value
        kind = type_from_ast(schema, definition.type)  # pyright: ignore[reportArgumentType, reportCallIssue]
        value = given.get(name, Undefined)
        if value is Undefined and (definition.default_value is not None or not isinstance(kind, GraphQLNonNull)):
            continue
        problems = list(_problems(value, kind, ()))  # pyright: ignore[reportArgumentType]
        if not problems:
            continue
        listed = ", ".join(f"{'.'.join(map(str, path))} ({why})" if path else f"({why})" for path, why in problems)
        place = definition.loc.start_token if definition.loc else None
        said = f"Variable ${name} of type {print_ast(definition.type)} was provided invalid value"
        errors.append(
            {
                "message": f"{said} for {listed}" if problems[0][0] else said,
                "locations": [{"line": place.line, "column": place.column}] if place else [],
                "extensions": {
                    "code": "INVALID_VARIABLE",
                    "value": None if value is Undefined else value,
                    "problems": [{"path": list(path), "explanation": why} for path, why in problems],
                },
            }
        )
    return errors or [{"message": error.message, "extensions": {"code": "INVALID_VARIABLE"}} for error in checked]


def _problems(  # noqa: C901 - one branch for each kind of type
    value: Any, kind: GraphQLInputType, path: Path
) -> Iterator[tuple[Path, str]]:
    if isinstance(kind, GraphQLNonNull):
        if value is None or value is Undefined:
            yield path, "Expected value to not be null"
            return
        kind = kind.of_type
    if value is None or value is Undefined:
        return
    if isinstance(kind, GraphQLList):
        for index, each in enumerate(value if isinstance(value, list) else [value]):
            yield from _problems(each, kind.of_type, (*path, index))
    elif isinstance(kind, GraphQLInputObjectType):
        yield from _object_problems(value, kind, path)
    elif isinstance(kind, GraphQLEnumType):
        if value not in kind.values:
            yield path, f'Expected "{value}" to be one of: {", ".join(kind.values)}'
    else:
        try:
            fits = kind.coerce_input_value(value) is not Undefined
            why = f"Could not coerce value {value!r} to {kind.name}"
        except GraphQLError as error:
            custom = error.message.startswith("invalid ")
            fits, why = False, error.message if custom else f"Could not coerce value {value!r} to {kind.name}"
        if not fits:
            yield path, why


def _object_problems(value: Any, kind: GraphQLInputObjectType, path: Path) -> Iterator[tuple[Path, str]]:
    if not isinstance(value, dict):
        yield path, f"Expected {value!r} to be a key-value object."
        return
    given: dict[str, Any] = value
    for name in given:
        if name not in kind.fields:
            yield (*path, name), f"Field is not defined on {kind.name}"
    for name, field in kind.fields.items():
        if name in given:
            yield from _problems(given[name], field.type, (*path, name))
        elif isinstance(field.type, GraphQLNonNull) and field.default_value is Undefined:
            yield (*path, name), "Expected value to not be null"
    if kind.is_one_of and sum(each is not None for each in given.values()) != 1:
        yield path, f"'{kind.name}' requires exactly one argument, but {len(given)} were provided."
