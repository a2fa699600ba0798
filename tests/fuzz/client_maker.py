"""Makes a Python client of the API from its description alone: a function for each operation, by its `operationId`."""

from __future__ import annotations

import json
import keyword
from typing import Any


def source(description: dict[str, Any]) -> str:
    """The client as a module. A function takes the parameters by name, and the body; it returns the parsed answer."""
    lines = ["import httpx2", "", "", "class Client:", "    def __init__(self, address, key):"]
    scheme = description["components"]["securitySchemes"]["bearer"]
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
    lines += [
        "        headers = {'Authorization': f'Bearer {key}'}",
        "        self.http = httpx2.Client(base_url=address, headers=headers, trust_env=False, timeout=60)",
        "",
        "    def _call(self, method, path, expected, **sent):",
        "        answer = self.http.request(method, path, **sent)",
        "        assert str(answer.status_code) in expected, (answer.status_code, answer.text)",
        "        return answer.json() if answer.content else None",
    ]
    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            lines += ["", *_function(method.upper(), path, operation)]
    return "\n".join(lines) + "\n"


def _function(method: str, path: str, operation: dict[str, Any]) -> list[str]:
    parameters = operation.get("parameters", [])
    names = {each["name"]: _name(each["name"]) for each in parameters}
    needed = [names[each["name"]] for each in parameters if each["required"]]
    optional = [f"{names[each['name']]}=None" for each in parameters if not each["required"]]
    body = ["body=None"] if "requestBody" in operation else []
    query = {each["name"]: names[each["name"]] for each in parameters if each["in"] == "query"}
    headers = {each["name"]: names[each["name"]] for each in parameters if each["in"] == "header"}
    expected = [status for status in operation["responses"] if status < "300"]
    address = path
    for each in parameters:
        if each["in"] == "path":
            address = address.replace(f"{{{each['name']}}}", f"{{{names[each['name']]}}}")
    return [
        f"    def {operation['operationId']}({', '.join(['self', *needed, *body, *optional])}):",
        f"        sent = {{'params': {_given(query)}, 'headers': {_given(headers)}}}",
        *(["        if body is not None:", "            sent['json'] = body"] if body else []),
        f"        return self._call({method!r}, f{json.dumps(address)}, {expected!r}, **sent)",
    ]


def _name(name: str) -> str:
    safe = name.replace("-", "_").lower()
    return f"{safe}_" if keyword.iskeyword(safe) else safe


def _given(names: dict[str, str]) -> str:
    pairs = ", ".join(f"({sent!r}, {name})" for sent, name in names.items())
    return f"{{k: v for k, v in [{pairs}] if v is not None}}"
