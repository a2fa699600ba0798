"""The API describes itself completely: every route, every refusal, examples."""

from __future__ import annotations

import json
import re
from dataclasses import fields

import pytest
from starlette.testclient import TestClient

from boeing_data_hub.catalogue.staged_part import CataloguePart, Override
from boeing_data_hub.shopify.products import PublishedProduct
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


def statuses(operation):
    return {int(status) for status in operation["responses"]}


def test_every_operation_describes_the_errors_that_follow_from_its_form(description):
    for name, operation in operations(description):
        method, path = name.split()
        found = statuses(operation)
        assert 500 in found, name
        if operation["security"] and path != "/api/shopify/webhooks":
            assert found >= {401, 403, 429, 503}, name
        if method != "GET":
            assert found >= {400, 408, 413, 503}, name
        if "requestBody" in operation or operation.get("parameters"):
            assert 422 in found, name
        if "{" in path:
            assert 404 in found, name
        assert any(status < 300 for status in found), name


def test_every_error_is_a_problem_document(description):
    parts = description["components"]
    for name, operation in operations(description):
        for status, response in operation["responses"].items():
            if int(status) < 400 or (name == "GET /ready" and status == "503"):
                continue
            told = parts["responses"][response["$ref"].rpartition("/")[2]]
            [(kind, content)] = told["content"].items()
            assert (kind, content["schema"]) == (
                "application/problem+json", {"$ref": "#/components/schemas/Problem"}
            ), (name, status)  # fmt: skip


def test_every_answer_has_a_schema(description):
    for name, operation in operations(description):
        for status, response in operation["responses"].items():
            if int(status) < 300 and status != "204":
                for kind, content in response["content"].items():
                    assert content.get("schema") or kind.startswith("image/"), (name, status, kind)
                    assert content.get("schema", {}).get("additionalProperties") is not True, (name, status)


def test_what_only_the_state_can_forbid_is_described_where_it_can(description):
    conflicts = {name for name, operation in operations(description) if 409 in statuses(operation)}
    assert conflicts == {
        "POST /api/bulk-publish", "POST /api/plans/{plan_id}/approve", "DELETE /api/plans/{plan_id}",
        "DELETE /api/batches/{batch_id}", "POST /api/batches/{batch_id}/retry", "POST /api/batches/{batch_id}/undo",
        "GET /api/boeing/product-search", "POST /api/shopify/publish", "PUT /api/shopify/products/{product_id}",
        "GET /api/shopify/check", "POST /api/shopify/metafields/setup",
        "PUT /api/prices/lists/{version}", "DELETE /api/prices/lists/{version}",
        "POST /api/prices/lists/{version}/activate", "POST /api/prices/back", "POST /api/prices/plan",
        "POST /api/shopify/webhooks", "POST /api/conflicts/{sku}", "POST /api/store/decisions",
        "DELETE /api/store/jobs/{job_id}", "POST /api/zap/webhook",
        "POST /api/quotes/{rfq_number}/retry", "POST /api/store/adoptions",
        "DELETE /api/store/adoptions/{adoption_id}", "POST /api/store/adoptions/{adoption_id}/approve",
        "POST /api/store/adoptions/{adoption_id}/choices", "POST /api/store/adoptions/{adoption_id}/undo",
        "POST /api/store/compare", "DELETE /api/store/snapshots/{snapshot_id}", "POST /api/failures/retry",
        "POST /api/quotes/{rfq_number}/draft-order", "POST /api/lists", "PUT /api/lists/{list_id}",
        "POST /api/notifications/targets", "PUT /api/notifications/targets/{target_id}",
    }  # fmt: skip


def test_the_names_of_operations_are_stable(description):
    """Generated clients name their functions by them: changing one breaks its callers."""
    assert {operation["operationId"] for _, operation in operations(description)} == {
        "approve_adoption", "approve_plan", "ask_for_quote",
        "bulk_publish", "bulk_search", "cancel_batch", "cancel_store_job", "check_sku",
        "decide_conflict", "decide_conflicts", "decide_orphan", "decide_reviews", "discard_plan",
        "end_session", "get_batch", "get_freshness", "get_health", "get_history", "get_image", "get_plan",
        "get_published", "get_quote", "get_raw_answer", "get_readiness", "get_staged", "get_store_job", "list_batches",
        "list_conflicts", "list_differences", "list_failed_pictures", "list_failures", "list_items", "list_orphans",
        "list_plan_items", "list_published", "list_quotes", "list_reviews", "list_sessions", "list_staged",
        "preview_list", "search_list", "list_saved_lists", "create_saved_list", "get_saved_list", "change_saved_list",
        "delete_saved_list", "upload_saved_list", "refresh_saved_list", "search_saved_list", "list_saved_lines",
        "normalize_again", "product_search", "publish_part", "read_metrics", "read_upload_list",
        "receive_store_webhook", "retry_batch", "retry_quote", "set_overrides", "set_up_store", "stream_batch_events",
        "undo_batch", "update_product", "cancel_adoption", "choose_adoptions", "export_adoption", "get_adoption",
        "list_adoption_products", "list_adoptions", "start_adoption", "undo_adoption", "compare_store",
        "get_snapshot", "cancel_snapshot", "export_differences",
        "find_everything", "rename_batch",
        "list_open_failures", "retry_failures", "ignore_failures", "reopen_failures", "cancel_batches",
        "create_draft_order", "get_draft_order",
        "list_notification_events", "list_notification_targets", "add_notification_target",
        "edit_notification_target", "remove_notification_target", "test_notification_target",
        "list_pauses", "pause_work", "resume_work", "list_price_lists", "create_price_list", "get_price_list", "edit_price_list", "delete_price_list", "preview_price_list", "export_price_moves", "activate_price_list", "go_back_to_earlier_prices", "plan_differing_prices",  # noqa: E501 - one list
    }  # fmt: skip


def test_a_product_in_the_description_has_the_fields_of_its_record(description):
    schemas = description["components"]["schemas"]
    staged = {field.name for field in fields(CataloguePart)} - {"override"}
    assert set(schemas["StagedProduct"]["properties"]) == staged | {"price", "cost_per_item", "price_rule"}
    assert set(schemas["PublishedProductResponse"]["properties"]) == {f.name for f in fields(PublishedProduct)}
    assert set(schemas["OverrideResponse"]["properties"]) == {f.name for f in fields(Override)} | {"sku"}


@pytest.mark.parametrize(
    ("path", "body", "told"),
    [
        ("/api/bulk-search", {"parts": ["WF338109"]}, "part_numbers"),
        ("/api/bulk-search", {"part_number": ["WF338109"]}, "part_numbers"),
        ("/api/bulk-search", {"idempotencyKey": "x"}, "idempotency_key"),
        ("/api/bulk-publish", {"dryrun": True}, "dry_run"),
        ("/api/store/decisions", {"decision": "leave", "filter": {"vendors": "x"}}, "vendor"),
        ("/api/shopify/publish", {"part": "WF338109"}, "part_number"),
        ("/api/bulk-search", {"zzz": 1}, None),
    ],
)
def test_an_unknown_field_names_the_nearest_known_one(api, path, body, told):
    answer = api.post(path, json=body)
    assert answer.status_code == 422
    [what] = [error["what"] for error in answer.json()["errors"] if error["what"].startswith("Unknown field")]
    assert what == (f"Unknown field. Did you mean {told}?" if told else "Unknown field")


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/api/batches/00000000-0000-0000-0000-000000000000", "DELETE, GET, PATCH"),
        ("/api/products/staging/normalize", "POST"),
        ("/api/products/staging/AN3-5", "GET, PATCH"),
        ("/api/quotes/RFQ-1/retry", "POST"),
    ],
)
def test_a_rejected_method_names_all_that_the_address_has(api, path, methods):
    answer = api.options(path)
    assert (answer.status_code, answer.headers["allow"]) == (405, methods)


def test_a_literal_path_is_never_taken_for_an_id(api, description):
    """GET /api/lists/preview has no route, although the path fits /api/lists/{list_id}."""
    tried = 0
    for path, methods in description["paths"].items():
        for method in {"get", "put", "delete", "patch", "post"} - set(methods):
            if path.startswith("/api/") and "{" not in path:
                answer = api.request(method, path, json={})
                assert answer.status_code in {404, 405}, (method, path, answer.text)
                tried += 1
    assert tried > 50


def test_whole_numbers_and_events_are_taken_as_they_are_described(api, description):
    """JSON Schema counts 2.0 as whole; and a text that is no event fits no schema."""
    body = {"name": "Stock", "mapping": {"header_row": 2.0, "first_row": 3.0}}
    assert api.post("/api/lists", json=body).status_code == 201
    for name in ("NewTargetBody", "TargetBody"):
        [items] = [description["components"]["schemas"][name]["properties"]["events"]["items"]]
        told = {one["name"] for one in api.get("/api/notifications/events").json()["events"]}
        assert set(items["enum"]) == told, name


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


def test_every_bound_is_written_as_json_schema_knows_it(description):
    """pydantic writes a bound that it cannot place by its own name, which no client understands."""
    names = set(re.findall(r'"(ge|gt|le|lt|multiple_of|min_length|max_length|strict)":', json.dumps(description)))
    assert names == set()
