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


@pytest.mark.parametrize("name", ["BulkSearchRequest", "BulkPublishRequest", "PublishPart", "HandData", "Decision"])
def test_what_is_sent_has_examples_that_are_true_to_its_own_description(description, name):
    schema = description["components"]["schemas"][name]
    assert schema["additionalProperties"] is False
    for example in schema["examples"]:
        assert set(example) <= set(schema["properties"]), name


def test_every_field_that_is_sent_is_described(description):
    told = {"expiration_date", "notes", "condition", "cert"}  # nothing to add to the name
    schemas = description["components"]["schemas"]
    for name in ("BulkSearchRequest", "BulkPublishRequest", "PublishPart", "HandData", "Decision", "QuoteForm"):
        for field, schema in schemas[name]["properties"].items():
            assert schema.get("description") or field in told, (name, field)


def test_a_request_for_a_quote_has_an_example_and_its_answer_is_described(description):
    schemas = description["components"]["schemas"]
    [example] = schemas["QuoteForm"]["examples"]
    assert set(example) <= set(schemas["QuoteForm"]["properties"])
    answered = description["paths"]["/api/zap/webhook"]["post"]["responses"]["200"]["content"]["application/json"]
    assert answered["schema"] == {"$ref": "#/components/schemas/QuoteAnswer"}


def test_the_routes_of_publishing_are_there(description):
    names = {name for name, _ in operations(description)}
    assert names >= {
        "POST /api/bulk-publish", "GET /api/plans/{plan_id}", "GET /api/plans/{plan_id}/items",
        "POST /api/plans/{plan_id}/approve", "DELETE /api/plans/{plan_id}", "POST /api/shopify/publish",
        "PUT /api/shopify/products/{product_id}", "GET /api/shopify/check", "POST /api/shopify/metafields/setup",
        "GET /api/products/published", "GET /api/products/published/{key}", "PATCH /api/products/staging/{sku}",
        "GET /api/conflicts", "POST /api/conflicts/{sku}", "GET /api/orphans", "POST /api/orphans/{orphan_id}/{what}",
        "POST /api/batches/{batch_id}/undo",
    }  # fmt: skip


def test_nothing_but_health_and_images_is_open_to_strangers(anonymous, description):
    for name, operation in operations(description):
        method, path = name.split()
        if path.startswith(("/health", "/ready", "/media")):
            continue
        for parameter in operation.get("parameters", []):
            path = path.replace(f"{{{parameter['name']}}}", "1")
        answer = anonymous.request(method, path, json={})
        assert answer.status_code == 401, name
        assert answer.headers["content-type"] == "application/problem+json"
