"""The API describes itself completely: every route, every refusal, examples."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.services


@pytest.fixture
def description(anonymous):
    return anonymous.app.openapi()


def operations(description):
    return [
        (f"{method.upper()} {path}", operation)
        for path, methods in description["paths"].items()
        for method, operation in methods.items()
    ]


def test_every_operation_says_what_it_does(description):
    assert [name for name, operation in operations(description) if not operation.get("description")] == []


def test_every_operation_but_health_describes_its_refusals_as_problem_documents(description):
    for name, operation in operations(description):
        if "/health" in name or "/ready" in name:
            continue
        for status in ("400", "401", "403", "404", "409", "413", "422", "503"):
            assert "application/problem+json" in operation["responses"][status]["content"], (name, status)


def test_the_search_request_has_examples(description):
    assert description["components"]["schemas"]["BulkSearchRequest"]["examples"]
