"""Staged uploads and bulk operations (behaviours 23 to 27)."""

from __future__ import annotations

import json

import httpx2
import pytest

FILE = {"filename": "parts.jsonl", "mimeType": "text/jsonl", "resource": "BULK_MUTATION_VARIABLES"}
TWO_FIELDS = """mutation { a: tagsAdd(id: "1", tags: []) { userErrors { message } }
  b: tagsAdd(id: "1", tags: []) { userErrors { message } } }"""
TWO_CONNECTIONS = """mutation P($input: ProductSetInput!) { productSet(input: $input) {
  product { variants(first: 1) { nodes { id } } media(first: 1) { nodes { id } } } userErrors { message } } }"""
CANCEL = (
    "mutation C($id: ID!) { bulkOperationCancel(id: $id) { bulkOperation { id status } userErrors { field message } } }"
)


@pytest.fixture
def parts(shop):
    shop.define()
    return [shop.part(f"P{number}") for number in range(30)]


def results(shop, row):
    return {
        line["__lineNumber"]: line for line in shop.lines(row["url"] or row["partialDataUrl"]) if "__lineNumber" in line
    }


def test_a_staged_form_needs_its_parameters_with_the_file_last(shop, documents):
    target = shop.field(documents["stage"], input=[{**FILE, "httpMethod": "POST"}])["stagedTargets"][0]
    form = {each["name"]: each["value"] for each in target["parameters"]}
    assert form["key"].startswith("tmp/")
    assert {"Content-Type", "success_action_status", "acl", "policy", "x-goog-signature"} <= set(form)
    good = [(name, (None, value)) for name, value in form.items()]
    file = ("file", ("parts.jsonl", b"{}", "text/jsonl"))
    assert shop.client.post(target["url"], files=[file, *good]).status_code == 400
    assert shop.client.post(target["url"], files=[*good[:-1], file]).status_code == 403
    assert shop.client.post(target["url"], files=[*good, file]).status_code == 201


def test_a_file_can_be_put_to_a_signed_address(shop, documents):
    target = shop.field(documents["stage"], input=[{**FILE, "httpMethod": "PUT"}])["stagedTargets"][0]
    assert shop.client.put(target["url"], content=b"{}").status_code == 200
    assert shop.client.put(target["resourceUrl"], content=b"{}").status_code == 403


def test_files_are_offered_under_the_name_the_store_was_called_by(shop, documents):
    reply = shop.client.post(
        "/admin/api/2026-10/graphql.json",
        json={"query": documents["stage"], "variables": {"input": [{**FILE, "httpMethod": "PUT"}]}},
        headers={"X-Shopify-Access-Token": "sandbox-token", "Host": "shop.example:9100"},
    )
    target = reply.json()["data"]["stagedUploadsCreate"]["stagedTargets"][0]
    assert target["url"].startswith("http://shop.example:9100/staged/")


def test_an_upload_can_fail_and_be_dropped(shop, documents):
    target = shop.field(documents["stage"], input=[{**FILE, "httpMethod": "PUT"}])["stagedTargets"][0]
    shop.control.fault("upload_error", times=1, status=500)
    assert shop.client.put(target["url"], content=b"{}").status_code == 500
    shop.control.fault("upload_drop", times=1)
    with pytest.raises(httpx2.HTTPError):
        shop.client.put(target["url"], content=b"{}")


def test_a_run_is_created_runs_and_completes_with_counts_as_text(shop, parts, documents):
    answer = shop.field(
        documents["run"], mutation=documents["bulk_upsert"], path=shop.stage(parts), client="job-000001"
    )
    created = answer["bulkOperation"]
    assert (created["status"], created["objectCount"], created["url"], created["type"]) == (
        "CREATED",
        "0",
        None,
        "MUTATION",
    )
    row = shop.finished(created["id"])
    assert (row["status"], row["objectCount"], row["errorCode"]) == ("COMPLETED", "30", None)
    assert row["fileSize"] == str(len(shop.client.get(row["url"]).content))
    assert shop.control.store()["products"] == 30


def test_results_come_in_any_order_with_escaped_slashes_and_line_numbers(shop, parts):
    row = shop.finished(shop.run(parts))
    text = shop.client.get(row["url"]).text
    assert r"gid:\/\/shopify\/Product\/" in text
    numbers = [json.loads(line)["__lineNumber"] for line in text.splitlines()]
    assert sorted(numbers) == list(range(30))
    assert numbers != sorted(numbers)
    assert results(shop, row)[4]["data"]["productSet"]["product"]["handle"] == "p4"


def test_lines_fail_by_themselves_and_the_run_completes(shop, parts):
    wrong = {**parts[1], "input": {**parts[1]["input"], "handle": "p0"}}
    unknown = {**parts[2], "input": {**parts[2]["input"], "colour": "red"}}
    row = shop.finished(shop.run([parts[0], wrong, unknown, "{not json"]))
    assert row["status"] == "COMPLETED"
    lines = results(shop, row)
    assert lines[0]["data"]["productSet"]["userErrors"] == []
    assert lines[1]["data"]["productSet"]["userErrors"][0]["code"] == "HANDLE_NOT_UNIQUE"
    assert lines[2]["errors"][0]["extensions"]["code"] == "INVALID_VARIABLE"
    assert "errors" in lines[3]


@pytest.mark.parametrize(
    ("mutation", "code", "said"),
    [
        ("mutation {", "INVALID_MUTATION", "Failed to parse the mutation - "),
        ("{ shop { id } }", "INVALID_MUTATION", "Invalid operation type. Only `mutation` operations are supported."),
        (
            TWO_FIELDS,
            None,
            "You must specify a single top level mutation.",
        ),
        (
            'mutation { bulkOperationRunQuery(query: "", groupObjects: false) { userErrors { message } } }',
            None,
            "You must use an allowed mutation name.",
        ),
        (
            TWO_CONNECTIONS,
            None,
            "Bulk mutations cannot contain more than 1 connection.",
        ),
    ],
)
def test_a_mutation_that_cannot_run_in_bulk_is_refused(shop, parts, documents, mutation, code, said):
    answer = shop.field(documents["run"], mutation=mutation, path=shop.stage(parts))
    assert answer["bulkOperation"] is None
    assert answer["userErrors"][0]["code"] == code
    assert answer["userErrors"][0]["message"].startswith(said)


def test_a_missing_and_an_empty_file_are_refused(shop, documents):
    missing = shop.field(documents["run"], mutation=documents["bulk_upsert"], path="tmp/nothing")["userErrors"][0]
    assert (missing["code"], missing["field"]) == ("NO_SUCH_FILE", None)
    empty = shop.field(documents["run"], mutation=documents["bulk_upsert"], path=shop.stage([""]))["userErrors"][0]
    assert (empty["code"], empty["message"]) == ("INVALID_STAGED_UPLOAD_FILE", "The input file is empty.")


def test_the_sixth_run_is_told_which_five_are_running(shop, parts, documents):
    shop.control.settings(bulk_lines_per_second=5)
    running = [shop.run(parts) for _ in range(5)]
    error = shop.field(documents["run"], mutation=documents["bulk_upsert"], path=shop.stage(parts))["userErrors"][0]
    assert error["code"] == "OPERATION_IN_PROGRESS"
    assert all(identifier in error["message"] for identifier in running)


def test_a_cancelled_run_keeps_what_it_did(shop, parts, documents, wait):
    shop.control.settings(bulk_lines_per_second=50)
    identifier = shop.run(parts)
    wait(lambda: int(shop.field(documents["poll"], id=identifier)["objectCount"]) > 2)
    assert shop.field(CANCEL, id=identifier)["bulkOperation"]["status"] == "CANCELING"
    row = shop.finished(identifier)
    assert row["status"] == "CANCELED"
    assert len(results(shop, row)) == shop.control.store()["products"] < 30
    late = shop.field(CANCEL, id=identifier)
    assert (late["bulkOperation"]["id"], late["userErrors"][0]["field"]) == (identifier, None)
    assert shop.field(CANCEL, id="gid://shopify/BulkOperation/1")["bulkOperation"] is None


def test_a_failed_run_leaves_partial_data(shop, parts):
    shop.control.fault("bulk_failed", times=1, fraction=0.4, error_code="TIMEOUT")
    row = shop.finished(shop.run(parts))
    assert (row["status"], row["errorCode"], row["url"]) == ("FAILED", "TIMEOUT", None)
    assert len(results(shop, row)) == shop.control.store()["products"] == 12


def test_partial_data_can_come_late(shop, parts, documents, wait):
    shop.control.fault("bulk_failed", times=1)
    shop.control.fault("bulk_late_partial", times=1)
    row = shop.finished(shop.run(parts))
    assert row["partialDataUrl"] is None
    wait(lambda: shop.field(documents["poll"], id=row["id"])["partialDataUrl"])


def test_an_expired_run_has_no_results_and_its_effects_stand(shop, parts):
    shop.control.fault("bulk_expired", times=1)
    row = shop.finished(shop.run(parts))
    assert (row["status"], row["url"], row["partialDataUrl"]) == ("EXPIRED", None, None)
    assert shop.control.store()["products"] == 15


def test_a_result_can_be_cut_in_the_middle_of_a_line(shop, parts):
    shop.control.fault("bulk_truncated", times=1, fraction=0.7)
    row = shop.finished(shop.run(parts))
    last = shop.client.get(row["url"]).text.splitlines()[-1]
    with pytest.raises(json.JSONDecodeError):
        json.loads(last)
    assert shop.control.store()["products"] == 30


def test_a_line_can_be_applied_and_missing_from_the_results(shop, parts):
    shop.control.fault("bulk_line_missing", match={"sku": "P3"})
    shop.control.fault("bulk_line_error", match={"sku": "P4"})
    lines = results(shop, shop.finished(shop.run(parts)))
    assert 3 not in lines
    assert lines[4]["errors"][0]["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    assert shop.control.product("P3") is not None
    assert shop.control.product("P4") is None


def test_a_result_address_expires(shop, parts):
    row = shop.finished(shop.run(parts))
    shop.control.expire_bulk(row["id"])
    assert shop.client.get(row["url"]).status_code == 403


def test_a_connection_can_come_as_child_lines(shop, parts):
    shop.control.settings(bulk_child_lines=True)
    lines = shop.lines(shop.finished(shop.run(parts[:1]))["url"])
    parent = next(line for line in lines if "__lineNumber" in line)["data"]["productSet"]["product"]
    child = next(line for line in lines if "__parentId" in line)
    assert child["__parentId"] == parent["id"]
    assert child["inventoryItem"]["id"]
    assert "variants" not in parent


def test_a_stuck_run_stays_created_until_it_is_cancelled(shop, parts, documents):
    shop.control.fault("bulk_stuck", times=1)
    identifier = shop.run(parts)
    assert shop.field(documents["poll"], id=identifier)["status"] == "CREATED"
    shop.field(CANCEL, id=identifier)
    assert shop.finished(identifier)["status"] == "CANCELED"


def test_running_operations_can_be_listed_and_a_wrong_filter_matches_everything_with_a_warning(shop, parts):
    identifier = shop.run(parts)
    shop.finished(identifier)
    query = "query R($q: String!) { bulkOperations(first: 25, query: $q) { nodes { id status } } }"
    assert shop.field(query, q="operation_type:mutation status:running")["nodes"] == []
    body = shop.ask(query, q="operaton_type:nothing")
    assert body["data"]["bulkOperations"]["nodes"][0]["id"] == identifier
    assert body["extensions"]["search"][0]["warnings"][0]["code"] == "invalid_field"


SNAPSHOT = """{ products { edges { node { id handle variants { edges { node { id sku inventoryItem { id
  inventoryLevels { edges { node { id quantities(names: ["available"]) { quantity } } } } } } } } } } } }"""
SNAP = """mutation S($query: String!) { bulkOperationRunQuery(query: $query, groupObjects: false) {
  bulkOperation { id status } userErrors { code field message } } }"""


def test_a_snapshot_of_the_whole_store_comes_as_lines_with_parents(shop):
    for number in range(120):
        shop.control.seed_product(sku=f"S{number}", quantities={"Atlanta": number})
    answer = shop.field(SNAP, query=SNAPSHOT)
    row = shop.finished(answer["bulkOperation"]["id"])
    assert (row["rootObjectCount"], row["objectCount"]) == ("120", "360")
    lines = shop.lines(row["url"])
    products = {line["id"] for line in lines if "/Product/" in line["id"]}
    variants = [line for line in lines if "/ProductVariant/" in line["id"]]
    assert {line["__parentId"] for line in variants} == products
    assert shop.field(SNAP, query="{ nope }")["userErrors"][0]["code"] == "INVALID"


def test_the_lines_of_a_snapshot_have_no_order(shop):
    for number in range(50):
        shop.control.seed_product(sku=f"S{number}", quantities={"Atlanta": number})
    row = shop.finished(shop.field(SNAP, query=SNAPSHOT)["bulkOperation"]["id"])
    kinds = [line["id"].split("/")[3] for line in shop.lines(row["url"])]
    assert kinds != ["Product", "ProductVariant", "InventoryLevel"] * 50
    assert sorted(kinds) == sorted(["Product", "ProductVariant", "InventoryLevel"] * 50)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("{ shop { name } }", "at least one connection"),
        ("{ products { edges { node { id } } } locations { edges { node { id } } } }", "single top-level"),
        ('{ nodes(ids: ["gid://shopify/Product/1"]) { id } }', "single top-level"),
        (
            """{ products { edges { node { id metafields { edges { node { id } } } media { edges { node { id } } }
            more: metafields { edges { node { id } } } variants { edges { node { id metafields { edges { node { id }
            } } } } } } } } }""",
            "more than 5 connections",
        ),
        (
            """{ products { edges { node { variants { edges { node { inventoryItem { inventoryLevels { edges { node {
            item { variants(first: 1) { edges { node { id } } } } } } } } } } } } } } }""",
            "nesting depth greater than 2",
        ),
    ],
)
def test_a_bulk_query_has_one_root_and_few_connections(shop, query, said):
    (error,) = shop.field(SNAP, query=query)["userErrors"]
    assert (error["code"], said in error["message"]) == ("INVALID", True), error


def test_only_so_many_bulk_queries_run_at_a_time(shop):
    shop.control.settings(bulk_concurrent=1, bulk_start_delay=0.5)
    first = shop.field(SNAP, query=SNAPSHOT)["bulkOperation"]["id"]
    (error,) = shop.field(SNAP, query=SNAPSHOT)["userErrors"]
    assert (error["code"], first in error["message"]) == ("OPERATION_IN_PROGRESS", True)
