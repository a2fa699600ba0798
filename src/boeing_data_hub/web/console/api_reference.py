"""The API's description of itself as a person reads it: operations, their fields, answers and examples. Pure."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

Json = Mapping[str, Any]

_NOTHING: Final[Json] = {}
_UNSAID: Final = "Successful Response"  # FastAPI's, where a route says nothing
_DEEPEST: Final = 6  # levels of objects; no schema of ours is deeper
_LONGEST_PATTERN: Final = 60  # characters; a longer one tells a person nothing
_KINDS: Final = {"integer": "whole number", "boolean": "true or false", "string": "text", "null": "null"}
_SAMPLES: Final = {
    "date-time": "2027-01-31T09:00:00Z",
    "date": "2027-01-31",
    "uuid": "0192f0c1-2f0e-7c55-9d3a-6f1f4a1f0c11",
    "binary": "(file)",
}
_BOUNDS: Final = (
    ("minimum", "at least {}"), ("exclusiveMinimum", "more than {}"), ("maximum", "at most {}"),
    ("exclusiveMaximum", "less than {}"), ("multipleOf", "a multiple of {}"), ("minLength", "at least {} characters"),
    ("maxLength", "at most {} characters"), ("minItems", "at least {} entries"), ("maxItems", "at most {} entries"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a body, or a parameter.

    Attributes:
        name: with the path to it, such as `rules[].markup`.
        kind: what it may be, such as "text or null".
        where: path, query or header; empty in a body.
        is_required: it must be sent; in an answer, it is always there.
        rules: its bounds, in words.
        means: its description.
    """

    name: str
    kind: str
    where: str = ""
    is_required: bool = False
    rules: tuple[str, ...] = ()
    means: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer with its fields and a sample. `kinds`: its media types; none if it has no body."""

    status: int
    phrase: str
    means: str
    kinds: tuple[str, ...]
    headers: tuple[str, ...]
    fields: tuple[Field, ...]
    sample: str


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation. `examples` are whole commands for a shell."""

    name: str
    method: str
    path: str
    tag: str
    title: str
    means: tuple[str, ...]
    parameters: tuple[Field, ...]
    body_kind: str
    fields: tuple[Field, ...]
    examples: tuple[str, ...]
    answers: tuple[Answer, ...]


def operations(description: Json, address: str) -> dict[str, Operation]:
    """Every operation by its id, in the description's order.

    Args:
        description: the OpenAPI document.
        address: the API's public URL, for examples.
    """
    reader = _Reader(description, address)
    return {
        operation["operationId"]: reader.operation(method.upper(), path, operation)
        for path, methods in description["paths"].items()
        for method, operation in methods.items()
    }


class _Reader:
    def __init__(self, description: Json, address: str) -> None:
        self._description = description
        self._address = address

    def operation(self, method: str, path: str, raw: Json) -> Operation:
        parameters = [self._resolved(one) for one in raw.get("parameters", ())]
        content: Json = raw.get("requestBody", {}).get("content", {})
        kind = next(iter(content), "")
        schema = self._resolved(content[kind]["schema"]) if kind else _NOTHING
        title, *means = str(raw.get("description", "")).split("\n\n")
        return Operation(
            name=raw["operationId"],
            method=method,
            path=path,
            tag=(raw.get("tags") or ["other"])[0],
            title=" ".join(title.split()),
            means=tuple(" ".join(one.split()) for one in means),
            parameters=tuple(self._parameter(one) for one in parameters),
            body_kind=kind,
            fields=tuple(self._fields(schema)),
            examples=tuple(self._commands(method, path, parameters, kind, schema)),
            answers=tuple(self._answer(int(status), self._resolved(one)) for status, one in raw["responses"].items()),
        )

    def _answer(self, status: int, raw: Json) -> Answer:
        content: Json = raw.get("content", {})
        as_json = next((kind for kind in content if kind.endswith("json")), "")
        schema = self._resolved(content[as_json].get("schema", _NOTHING)) if as_json else _NOTHING
        is_told = bool(schema) and status < HTTPStatus.BAD_REQUEST
        return Answer(
            status=status,
            phrase=HTTPStatus(status).phrase,
            means=" ".join(str(raw.get("description", "")).split()).replace(_UNSAID, ""),
            kinds=tuple(content),
            headers=tuple(raw.get("headers", ())),
            fields=tuple(self._fields(schema)) if is_told else (),
            sample=_written(self._sample(schema)) if is_told else "",
        )

    def _parameter(self, raw: Json) -> Field:
        schema = raw.get("schema", {})
        return Field(
            name=raw["name"],
            kind=self._kind(schema),
            where=raw["in"],
            is_required=bool(raw.get("required")),
            rules=tuple(self._rules(schema)),
            means=str(raw.get("description") or schema.get("description") or ""),
        )

    def _fields(self, schema: Json, prefix: str = "", depth: int = 0) -> Iterator[Field]:
        """The fields of an object, each followed by those inside it."""
        if depth == _DEEPEST:
            return
        needed = schema.get("required", ())
        for name, raw in schema.get("properties", {}).items():
            path = f"{prefix}{name}"
            yield Field(
                name=path,
                kind=self._kind(raw),
                is_required=name in needed,
                rules=tuple(self._rules(raw)),
                means=str(raw.get("description") or self._resolved(raw).get("description") or ""),
            )
            for inner, mark in self._inside(raw):
                yield from self._fields(inner, f"{path}{mark}.", depth + 1)
        for inner, mark in self._inside(schema) if not schema.get("properties") else ():
            yield from self._fields(inner, f"{prefix}{mark}.", depth + 1)

    def _inside(self, raw: Json) -> Iterator[tuple[Json, str]]:
        """The objects inside a value, with how a path writes that they are entries of a list."""
        for one in self._choices(raw):
            if one.get("properties"):
                yield one, ""
            if isinstance(one.get("items"), Mapping):
                yield from ((inner, f"[]{mark}") for inner, mark in self._inside(one["items"]))
            if isinstance(one.get("additionalProperties"), Mapping):
                yield from ((inner, f".*{mark}") for inner, mark in self._inside(one["additionalProperties"]))

    def _choices(self, raw: Json) -> list[Json]:
        """The schemas of which a value fits one."""
        found = self._resolved(raw)
        several = found.get("anyOf") or found.get("oneOf") or ()
        return [inner for one in several for inner in self._choices(one)] or [found]

    def _kind(self, raw: Json) -> str:
        return " or ".join(dict.fromkeys(self._one_kind(one) for one in self._choices(raw)))

    def _one_kind(self, schema: Json) -> str:
        if "const" in schema:
            return json.dumps(schema["const"])
        if "enum" in schema:
            return f"one of {', '.join(json.dumps(one) for one in schema['enum'])}"
        kind = str(schema.get("type", "any value"))
        if kind == "array":
            return f"list of {self._kind(schema.get('items', {}))}"
        return f"{_KINDS.get(kind, kind)} ({schema['format']})" if "format" in schema else _KINDS.get(kind, kind)

    def _rules(self, raw: Json) -> Iterator[str]:
        for schema in self._choices(raw):
            for name, words in _BOUNDS:
                if name in schema:
                    is_filled = name in {"minLength", "minItems"} and schema[name] == 1
                    yield "not empty" if is_filled else words.format(f"{schema[name]:,}")
            pattern = str(schema.get("pattern", ""))
            if pattern:
                yield f"pattern {pattern}" if len(pattern) <= _LONGEST_PATTERN else "a pattern; see openapi.json"
            if isinstance(schema.get("items"), Mapping):
                yield from (f"each: {rule}" for rule in self._rules(schema["items"]))
        if raw.get("default") not in (None, "", []):
            yield f"default {json.dumps(raw['default'])}"

    def _commands(self, method: str, path: str, parameters: list[Json], kind: str, schema: Json) -> Iterator[str]:
        """A command for each example of the body; one without, if there is none."""
        address = self._address + path
        for one in parameters:
            if one["in"] == "path":
                address = address.replace(f"{{{one['name']}}}", one["name"].upper())
        start = f'curl -X {method} {shlex.quote(address)} -H "Authorization: Bearer $KEY"'
        if not kind:
            yield start
        elif kind == "application/json":
            for example in schema.get("examples") or [self._sample(schema, needed_only=True)]:
                yield f"{start} \\\n  -H {shlex.quote(f'Content-Type: {kind}')} -d {shlex.quote(json.dumps(example))}"
        elif kind == "multipart/form-data":
            yield f"{start} -F file=@parts.csv"
        else:
            yield f"{start} \\\n  -H {shlex.quote(f'Content-Type: {kind}')} --data-binary @body"

    def _sample(self, raw: Json, depth: int = 0, *, needed_only: bool = False) -> Any:
        """A value that fits a schema."""
        schema = self._choices(raw)[0]
        given: list[Any] = schema.get("examples") or schema.get("enum") or []
        if "const" in schema:
            given = [schema["const"]]
        elif not given and raw.get("default") is not None:
            given = [raw["default"]]
        return given[0] if given else self._made(schema, depth, needed_only=needed_only)

    def _made(self, schema: Json, depth: int, *, needed_only: bool) -> Any:
        kind = schema.get("type") if depth < _DEEPEST else None
        if kind == "object":
            names = schema.get("required", ()) if needed_only else schema.get("properties", ())
            return {
                name: self._sample(schema["properties"][name], depth + 1, needed_only=needed_only) for name in names
            }
        if kind == "array":
            return [self._sample(schema.get("items", _NOTHING), depth + 1)]
        plain = {"integer": 1, "number": 1, "boolean": True, "string": _SAMPLES.get(str(schema.get("format")), "text")}
        return schema.get("minimum", plain.get(str(kind)))

    def _resolved(self, raw: Json) -> Json:
        """What a reference leads to; anything else is itself."""
        while "$ref" in raw:
            found: Any = self._description
            for step in str(raw["$ref"]).removeprefix("#/").split("/"):
                found = found[step]
            raw = found
        return raw


def _written(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
