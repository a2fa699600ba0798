"""The API describes itself completely: every route, every refusal, examples."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from boeing_data_hub.web.app import create_app

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


def quote_form(description):
    """What the quote webhook describes as its body, in JSON and as a form alike."""
    content = description["paths"]["/api/zap/webhook"]["post"]["requestBody"]["content"]
    [schema, other] = [content[kind]["schema"] for kind in ("application/json", "application/x-www-form-urlencoded")]
    assert schema == other
    return schema


def test_every_operation_says_what_it_does(description):
    assert [name for name, operation in operations(description) if not operation.get("description")] == []


def test_every_operation_but_health_describes_its_refusals_as_problem_documents(description):
    for name, operation in operations(description):
        if "/health" in name or "/ready" in name:
            continue
        for status in ("400", "401", "403", "404", "409", "408", "413", "422", "429", "500", "503"):
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
    schemas = {**description["components"]["schemas"], "QuoteForm": quote_form(description)}
    for name in ("BulkSearchRequest", "BulkPublishRequest", "PublishPart", "HandData", "Decision", "QuoteForm"):
        for field, schema in schemas[name]["properties"].items():
            assert schema.get("description") or field in told, (name, field)


def test_a_request_for_a_quote_has_an_example_and_its_answer_is_described(description):
    form = quote_form(description)
    [example] = form["examples"]
    assert set(example) <= set(form["properties"])
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


def test_only_health_and_images_need_no_key(anonymous, description):
    for name, operation in operations(description):
        method, path = name.split()
        if path.startswith(("/health", "/ready", "/media")):
            continue
        for parameter in operation.get("parameters", []):
            path = path.replace(f"{{{parameter['name']}}}", "1")
        answer = anonymous.request(method, path, json={})
        assert answer.status_code == 401, name
        assert answer.headers["content-type"] == "application/problem+json"


def test_every_operation_says_which_key_it_needs(description, anonymous):
    schemes = description["components"]["securitySchemes"]
    assert set(schemes) == {"bearer", "apiKey", "webhookSecret", "storeSignature"}
    for name, operation in operations(description):
        assert all(scheme in schemes for one in operation["security"] for scheme in one), name
        method, path = name.split(" ")
        if "{" not in path:
            asks = anonymous.request(method, path).status_code == 401
            assert asks == bool(operation["security"]), name


def test_not_being_ready_is_described(description):
    assert "503" in description["paths"]["/ready"]["get"]["responses"]


def test_https_is_required_of_subdomains_only_where_the_setting_says_so(sandboxed):
    for setting, expected in ((False, "max-age=31536000"), (True, "max-age=31536000; includeSubDomains")):
        app = create_app(sandboxed(hub_hsts_subdomains=setting))
        answer = TestClient(app, base_url="https://testserver").get("/health")
        assert answer.headers["strict-transport-security"] == expected
