"""How requests are taken, refused, priced and lost (behaviours 1 to 6)."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import httpx2
import pytest

from boeing_data_hub_sandbox.shopify.control_client import environment

SHOP = "{ shop { name } }"
DEAR = """{ products(first: 250) { nodes { id variants(first: 250) { nodes { inventoryItem {
  inventoryLevels(first: 250) { nodes { id location { id } } } } } } } } }"""
MANY = "{ products(first: 50) { nodes { id variants(first: 50) { nodes { id } } } } }"


def test_a_query_is_answered_under_the_version_asked_for(shop):
    reply = shop.post(SHOP)
    assert reply.status_code == 200
    assert reply.json()["data"] == {"shop": {"name": "Sandbox Parts"}}
    assert reply.headers["x-shopify-api-version"] == "2026-10"


def test_a_retired_version_falls_forward_and_the_header_says_so(shop):
    assert shop.post(SHOP, version="2024-10").headers["x-shopify-api-version"] == "2026-10"


def test_a_wrong_token_is_a_401_with_shopifys_sentence(shop):
    reply = shop.post(SHOP, token="revoked")
    assert reply.status_code == 401
    assert reply.json()["errors"].startswith("[API] Invalid API key or access token")


def test_a_token_can_be_revoked_and_replaced_while_we_run(shop):
    shop.control.settings(tokens=["another"])
    assert shop.post(SHOP).status_code == 401
    shop.control.settings(tokens=["sandbox-token"])
    assert shop.post(SHOP).status_code == 200


@pytest.mark.parametrize(
    ("kind", "status"),
    [("unauthorized", 401), ("payment_required", 402), ("forbidden", 403), ("not_found", 404), ("locked", 423),
     ("rejected", 430), ("http_429", 429)],
)  # fmt: skip
def test_a_refusal_can_be_injected(shop, kind, status):
    shop.control.fault(kind, times=1)
    assert shop.post(SHOP).status_code == status
    assert shop.post(SHOP).status_code == 200


def test_a_5xx_before_commits_nothing_and_a_5xx_after_has_committed(shop, documents):
    shop.define()
    shop.control.fault("error_before", times=1, status=502, match={"operation": "productSet"})
    reply = shop.post(documents["upsert"], **shop.part("A"))
    assert reply.status_code == 502
    assert "html" in reply.headers["content-type"]
    assert shop.control.store()["products"] == 0
    shop.control.fault("error_after", times=1, match={"operation": "productSet"})
    assert shop.post(documents["upsert"], **shop.part("A")).status_code == 503
    assert shop.control.store()["products"] == 1
    assert shop.control.ledger(operation="productSet")[0]["replied"] is False


def test_a_dropped_reply_has_committed_and_the_upsert_can_be_sent_again(shop, documents):
    shop.define()
    shop.control.fault("drop_after", times=1, match={"custom_id": "A"})
    with pytest.raises(httpx2.HTTPError):
        shop.post(documents["upsert"], **shop.part("A"))
    assert shop.upsert("A")["product"]["handle"] == "a"
    assert [entry["effect"] for entry in shop.control.ledger(operation="productSet")] == ["created", "updated"]
    assert [entry["replied"] for entry in shop.control.ledger(operation="productSet")] == [False, True]


def test_a_connection_dropped_before_leaves_nothing(shop, documents):
    shop.define()
    shop.control.fault("drop_before", times=1, match={"sku": "A*"})
    with pytest.raises(httpx2.HTTPError):
        shop.post(documents["upsert"], **shop.part("A1"))
    assert shop.control.store()["products"] == 0


def test_half_a_reply_can_be_sent(shop):
    shop.control.fault("truncated_reply", times=1)
    with pytest.raises((httpx2.HTTPError, json.JSONDecodeError)):
        shop.post(SHOP).json()


def test_slowness_can_be_injected(shop):
    shop.control.fault("slow", times=1, seconds=0.2)
    started = time.monotonic()
    shop.ask(SHOP)
    assert time.monotonic() - started >= 0.2


def test_the_cost_block_charges_what_was_asked_and_refunds_what_was_not_needed(shop):
    shop.control.settings(plan="standard")
    cost = shop.ask(MANY)["extensions"]["cost"]
    assert cost["requestedQueryCost"] > cost["actualQueryCost"] == 2
    status = cost["throttleStatus"]
    assert (status["maximumAvailable"], status["restoreRate"]) == (2000.0, 100.0)
    assert status["currentlyAvailable"] >= 1997


@pytest.mark.parametrize(
    ("plan", "rate", "size"), [("standard", 100, 2_000), ("advanced", 200, 4_000), ("plus", 1_000, 20_000)]
)
def test_each_plan_has_its_bucket(shop, plan, rate, size):
    shop.control.settings(plan=plan)
    status = shop.ask(SHOP)["extensions"]["cost"]["throttleStatus"]
    assert (status["restoreRate"], status["maximumAvailable"]) == (rate, size)


def test_an_empty_bucket_throttles_with_http_200_and_refills(shop, wait):
    shop.control.settings(plan="standard")
    shop.control.drain(10_000)
    body = shop.ask(MANY)
    assert "data" not in body
    assert body["errors"][0]["message"] == "Throttled"
    assert body["errors"][0]["extensions"]["code"] == "THROTTLED"
    assert body["extensions"]["cost"]["actualQueryCost"] is None
    wait(lambda: "data" in shop.ask(MANY))


def test_a_throttle_can_come_as_http_429_too(shop):
    shop.control.settings(throttle_status=429)
    shop.control.fault("throttle", times=1)
    reply = shop.post(SHOP)
    assert (reply.status_code, reply.headers["retry-after"]) == (429, "2.0")


def test_a_query_above_the_cost_limit_is_rejected_permanently(shop):
    error = shop.ask(DEAR)["errors"][0]
    assert error["extensions"]["code"] == "MAX_COST_EXCEEDED"
    assert error["extensions"]["maxCost"] == 1000
    assert error["message"].startswith(f"Query cost is {error['extensions']['cost']}, which exceeds")


@pytest.mark.parametrize(
    ("query", "code", "message"),
    [
        ("{ shop { nope } }", "undefinedField", "Field 'nope' doesn't exist on type 'Shop'"),
        ("{ shop(a: 1) { id } }", "argumentNotAccepted", "Field 'shop' doesn't accept argument 'a'"),
        ("{ product { id } }", "missingRequiredArguments", "Field 'product' is missing required arguments: id"),
        ("query Q($x: ID!) { shop { id } }", "variableNotUsed", "Variable $x is declared by Q but not used"),
    ],
)
def test_a_document_that_does_not_fit_the_schema_is_refused_without_cost(shop, query, code, message):
    body = shop.ask(query)
    assert body["errors"][0]["extensions"]["code"] == code
    assert body["errors"][0]["message"] == message
    assert body["errors"][0]["locations"][0]["line"] == 1
    assert body["errors"][0]["path"]
    assert "extensions" not in body


def test_text_that_is_no_document_is_a_syntax_error(shop):
    body = shop.ask("{ shop {")
    assert "syntax error" in body["errors"][0]["message"]
    assert "extensions" not in body


def test_an_unknown_input_field_is_an_invalid_variable_with_its_path(shop):
    body = shop.ask(
        "mutation S($input: InventorySetQuantitiesInput!) { inventorySetQuantities(input: $input) "
        '@idempotent(key: "1") { userErrors { code } } }',
        input={"name": "available", "reason": "correction", "quantities": [], "ignoreCompareQuantity": True},
    )
    error = body["errors"][0]
    assert error["message"] == (
        "Variable $input of type InventorySetQuantitiesInput! was provided invalid value for ignoreCompareQuantity "
        "(Field is not defined on InventorySetQuantitiesInput)"
    )
    assert error["extensions"]["code"] == "INVALID_VARIABLE"
    assert error["extensions"]["problems"][0]["path"] == ["ignoreCompareQuantity"]
    assert "extensions" not in body


def test_a_missing_scope_is_access_denied_and_the_data_null(shop, documents):
    shop.define()
    shop.control.settings(scopes=["read_products"])
    body = shop.ask(documents["upsert"], **shop.part("A"))
    assert body["data"] == {"productSet": None}
    error = body["errors"][0]
    assert (error["path"], error["extensions"]["code"]) == (["productSet"], "ACCESS_DENIED")
    assert "write_products" in error["extensions"]["requiredAccess"]


def test_an_internal_error_carries_its_request_id(shop):
    shop.control.fault("internal_error", times=1)
    extensions = shop.ask(SHOP)["errors"][0]["extensions"]
    assert extensions["code"] == "INTERNAL_SERVER_ERROR"
    assert extensions["requestId"]


def test_seeded_dice_fall_the_same_way_twice(shop):
    def falls() -> list[int]:
        shop.control.clear()
        shop.control.settings(seed=7)
        shop.control.fault("error_before", probability=0.5)
        return [shop.post(SHOP).status_code for _ in range(20)]

    first = falls()
    assert first == falls()
    assert {200, 503} == set(first)


def test_the_environment_points_the_hub_at_the_sandbox():
    assert environment("http://127.0.0.1:9") == {
        "SHOPIFY_STORE_DOMAIN": "http://127.0.0.1:9",
        "SHOPIFY_CLIENT_ID": "sandbox-client-id",
        "SHOPIFY_CLIENT_SECRET": "sandbox-client-secret",
        "SHOPIFY_ADMIN_API_TOKEN": "",
        "SHOPIFY_API_VERSION": "2026-10",
        "SHOPIFY_PUBLICATION": "Online Store",
    }


def test_a_bad_setting_or_fault_is_refused_by_name(shop):
    with pytest.raises(ValueError, match="plan"):
        shop.control.settings(plan="free")
    with pytest.raises(ValueError, match="kind"):
        shop.control.fault("earthquake")


def test_an_unknown_plan_on_the_command_line_is_a_usage_error():
    command = [sys.executable, "-m", "boeing_data_hub_sandbox.shopify", "--plan", "free"]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 2
