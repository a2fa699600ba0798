"""Documents: parsed, checked against the schema and priced once, then kept by their text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from graphql import (
    ArgumentNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    VariableDefinitionNode,
    parse,
    validate,
)

from boeing_data_hub_sandbox.shopify.cost import Price, priced

Problem = dict[str, Any]
_KEPT = 2_000
_PARSE_DEPTH = 20_000  # tokens; far above any document of ours, and small enough to be no trap


@dataclass(slots=True)
class Document:
    """One operation of one text. With `problems` it must not be executed."""

    text: str
    problems: list[Problem]
    syntax: DocumentNode | None = None
    operation: OperationDefinitionNode | None = None
    first_field: str = ""
    fields: tuple[str, ...] = ()
    price: Price | None = None
    name: str | None = None

    @property
    def is_mutation(self) -> bool:
        """True when the operation may change something."""
        return self.operation is not None and self.operation.operation.value == "mutation"


class Documents:
    """The cache of checked documents."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._kept: dict[tuple[str, str | None], Document] = {}

    def get(self, text: str, name: str | None = None) -> Document:
        """The document of this text; `name` chooses among several operations."""
        key = (text, name)
        document = self._kept.get(key)
        if document is None:
            if len(self._kept) >= _KEPT:
                self._kept.clear()
            document = self._kept[key] = self._read(text, name)
        return document

    def _read(self, text: str, name: str | None) -> Document:
        try:
            syntax = parse(text, max_tokens=_PARSE_DEPTH)
        except GraphQLSyntaxError as error:
            return Document(text, [_syntax_problem(error)])
        operations = [each for each in syntax.definitions if isinstance(each, OperationDefinitionNode)]
        chosen = [each for each in operations if name is None or (each.name and each.name.value == name)]
        if len(chosen) != 1:
            what = "An operation name is required" if chosen else f'No operation named "{name}"'
            return Document(text, [{"message": what}])
        operation = chosen[0]
        problems = [_problem(error) for error in validate(self._schema, syntax)]
        fields = tuple(each.name.value for each in operation.selection_set.selections if isinstance(each, FieldNode))
        document = Document(
            text,
            problems,
            syntax=syntax,
            operation=operation,
            first_field=fields[0] if fields else "",
            fields=fields,
            name=operation.name.value if operation.name else None,
        )
        if not problems:
            fragments = {
                each.name.value: each for each in syntax.definitions if isinstance(each, FragmentDefinitionNode)
            }
            document.price = priced(operation, fragments, self._schema)
        return document


def _syntax_problem(error: GraphQLSyntaxError) -> Problem:
    places = [{"line": place.line, "column": place.column} for place in error.locations or []]
    where = f" at [{places[0]['line']}, {places[0]['column']}]" if places else ""
    said = error.message.removeprefix("Syntax Error: ").rstrip(".")
    return {"message": f"syntax error, {said[:1].lower()}{said[1:]}{where}", "locations": places}


_UNDEFINED = re.compile(r"^Cannot query field '(\w+)' on type '(\w+)'")
_ARGUMENT = re.compile(r"^Unknown argument '(\w+)' on field '(\w+)\.(\w+)'")
_UNUSED = re.compile(r"^Variable '\$(\w+)' is never used(?: in operation '(\w+)')?")
_UNDECLARED = re.compile(r"^Variable '\$(\w+)' is not defined(?: by operation '(\w+)')?")


def _problem(error: GraphQLError) -> Problem:
    """The validation error in Shopify's words, as far as we know them; else in the library's."""
    message, more = _in_their_words(error)
    problem: Problem = {
        "message": message,
        "locations": [{"line": place.line, "column": place.column} for place in error.locations or []],
        "path": _path(error),
    }
    if more:
        problem["extensions"] = more
    return problem


def _in_their_words(error: GraphQLError) -> tuple[str, dict[str, Any]]:
    said = error.message
    if found := _UNDEFINED.match(said):
        field, kind = found.groups()
        more = {"code": "undefinedField", "typeName": kind, "fieldName": field}
        return f"Field '{field}' doesn't exist on type '{kind}'", more
    if found := _ARGUMENT.match(said):
        argument, kind, field = found.groups()
        more = {"code": "argumentNotAccepted", "name": field, "typeName": "Field", "argumentName": argument}
        return f"Field '{field}' doesn't accept argument '{argument}'", more
    if " is required" in said and (found := re.search(r"'([\w.]+)\((\w+):\)'|'(\w+)' of type|Field '([\w.]+)'", said)):
        field = (found[1] or found[4] or "").rsplit(".", 1)[-1]
        missing = found[2] or found[3] or ""
        if not missing and (argument := re.search(r"argument '(\w+)'", said)):
            missing = argument[1]
        more = {"code": "missingRequiredArguments", "className": "Field", "name": field, "arguments": missing}
        return f"Field '{field}' is missing required arguments: {missing}", more
    if found := _UNUSED.match(said):
        more = {"code": "variableNotUsed", "variableName": found[1]}
        return f"Variable ${found[1]} is declared by {found[2] or 'anonymous mutation'} but not used", more
    if found := _UNDECLARED.match(said):
        more = {"code": "variableNotDefined", "variableName": found[1]}
        return f"Variable ${found[1]} is used by {found[2] or 'anonymous mutation'} but not declared", more
    return said, {}


def _path(error: GraphQLError) -> list[str]:
    """The way to the guilty node, as far as the node tells: the response path of a field, or the variable."""
    for node in error.nodes or []:
        if isinstance(node, FieldNode | ArgumentNode | VariableDefinitionNode):
            name = node.variable.name.value if isinstance(node, VariableDefinitionNode) else node.name.value
            return [name]
    return []
