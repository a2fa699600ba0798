"""productSet (behaviours 7 to 17): identity, handles, lists, variants, images, the daily cap."""

from __future__ import annotations

import pytest

VARIANT = {"optionValues": [{"optionName": "Title", "name": "Default Title"}]}
OPTIONS = [{"name": "Title", "values": [{"name": "Default Title"}]}]


def bare(shop, documents, **given):
    """A productSet without any identifier."""
    return shop.field(documents["upsert"], input=given)


def test_an_unknown_category_is_an_error_at_the_top_and_nothing_is_made(shop, documents):
    shop.define()
    body = shop.ask(documents["upsert"], **shop.part("A", category="gid://shopify/TaxonomyCategory/xx-9"))
    assert body["data"] == {"productSet": None}
    assert body["errors"][0]["message"] == "Invalid product_taxonomy_node_id"
    assert body["errors"][0]["extensions"]["code"] == "INVALID_PRODUCT_TAXONOMY_NODE_ID"
    assert shop.upsert("A", category="gid://shopify/TaxonomyCategory/vp-1-1")["userErrors"] == []


def test_user_errors_name_the_field_with_text_indexes(shop):
    shop.define()
    answer = shop.upsert("A", variant={"inventoryItem": {"cost": "-1"}})
    assert answer["product"] is None
    assert answer["userErrors"] == [
        {
            "code": "INVALID_VARIANT",
            "field": ["input", "variants", "0", "inventoryItem", "cost"],
            "message": "Cost per item must be greater than or equal to 0",
        }
    ]


def test_too_long_a_title_is_two_errors_at_once(shop, documents):
    errors = bare(shop, documents, title="x" * 256)["userErrors"]
    assert [(error["field"], error["message"]) for error in errors] == [
        (["input", "title"], "is too long (maximum is 255 characters)"),
        (["input"], "Handle is too long (maximum is 255 characters)"),
    ]


def test_an_id_together_with_an_identifier_is_not_allowed(shop, documents):
    shop.define()
    part = shop.part("A")
    part["input"]["id"] = "gid://shopify/Product/1"
    assert shop.field(documents["upsert"], **part)["userErrors"][0]["code"] == "ID_NOT_ALLOWED"


def test_the_same_variant_twice_is_refused_at_the_second(shop, documents):
    sizes = [{"name": "Size", "values": [{"name": "S"}]}]
    variant = {"optionValues": [{"optionName": "Size", "name": "S"}]}
    error = bare(shop, documents, title="A", productOptions=sizes, variants=[variant, variant])["userErrors"][0]
    assert error["field"] == ["input", "variants", "1"]
    assert error["message"] == "The variant 'S' already exists. Please change at least one option value."


def test_options_without_variants_are_refused(shop, documents):
    error = bare(shop, documents, title="A", productOptions=OPTIONS)["userErrors"][0]
    assert error["message"] == "Variants input is required when updating product options"


def test_a_rejected_update_returns_the_unchanged_product_with_its_errors(shop):
    shop.define()
    shop.upsert("A")
    shop.upsert("B")
    answer = shop.upsert("B", title="New title", handle="a")
    assert answer["product"]["title"] == "B"
    assert answer["userErrors"][0] == {
        "code": "HANDLE_NOT_UNIQUE",
        "field": ["input", "handle"],
        "message": "Handle 'a' already in use. Please provide a new handle.",
    }


def test_a_generated_handle_that_is_taken_becomes_another_parts_handle(shop, documents):
    handles = [bare(shop, documents, title="AN960-416")["product"]["handle"] for _ in range(2)]
    assert handles == ["an960-416", "an960-417"]
    assert [bare(shop, documents, title="Bolt")["product"]["handle"] for _ in range(3)] == ["bolt", "bolt-1", "bolt-2"]


@pytest.mark.parametrize(
    ("given", "handle"),
    [
        ("  MS24665/132 ", "ms24665-132"),
        ("A -- b__c", "a-b-c"),
        ("東京 1", "東京-1"),
        ("", "the-title"),
        ("///", "product"),
    ],
)
def test_handles_are_slugs(shop, documents, given, handle):
    assert bare(shop, documents, title="The Title", handle=given)["product"]["handle"] == handle


def test_a_change_of_title_moves_no_handle(shop):
    shop.define()
    shop.upsert("A")
    assert shop.upsert("A", title="Quite another", handle=None)["product"]["handle"] == "a"


def test_without_an_identifier_every_call_makes_a_product(shop, documents):
    for _ in range(2):
        bare(shop, documents, title="A", productOptions=OPTIONS, variants=[{**VARIANT, "sku": "A"}])
    assert shop.control.store()["duplicateSkus"] == {"a": 2}


def test_an_upsert_by_custom_id_makes_one_product_however_often_it_is_sent(shop):
    shop.define()
    first = shop.upsert("A")["product"]
    again = shop.upsert("A", title="New")["product"]
    assert again["id"] == first["id"]
    assert again["variants"]["nodes"][0]["id"] == first["variants"]["nodes"][0]["id"]
    assert again["title"] == "New"
    assert shop.control.store()["duplicateCustomIds"] == {}


def test_a_custom_id_without_its_definition_is_not_found_at_the_top(shop, documents):
    body = shop.ask(documents["upsert"], **shop.part("A"))
    assert body["data"] == {"productSet": None}
    assert body["errors"][0]["extensions"]["code"] == "NOT_FOUND"
    assert "type 'id' is required" in body["errors"][0]["message"]


def test_a_custom_id_must_stand_among_the_metafields_when_any_are_sent(shop):
    shop.define()
    answer = shop.upsert("A", metafields=[])
    assert answer["userErrors"][0]["code"] == "METAFIELD_MISMATCH"
    made = shop.upsert("A", metafields=None)["product"]
    assert made["metafields"]["nodes"] == [{"key": "part_key", "value": "A"}]


def test_a_custom_id_belongs_to_one_product(shop, documents):
    shop.define()
    shop.upsert("A")
    metafields = shop.part("A")["input"]["metafields"]
    error = bare(shop, documents, title="Other", metafields=metafields)["userErrors"][0]
    assert error["code"] == "CAPABILITY_VIOLATION"
    assert error["field"] == ["input", "metafields", "0", "value"]


def test_an_unknown_id_is_an_error_and_an_unknown_handle_makes_a_product(shop, documents):
    unknown = {"id": "gid://shopify/Product/1"}
    error = shop.field(documents["upsert"], identifier=unknown, input={"title": "A"})["userErrors"][0]
    assert (error["code"], error["field"]) == ("PRODUCT_DOES_NOT_EXIST", ["input", "id"])
    by_handle = {"identifier": {"handle": "h"}, "input": {"title": "A", "handle": "h"}}
    first = shop.field(documents["upsert"], **by_handle)["product"]["id"]
    assert shop.field(documents["upsert"], **by_handle)["product"]["id"] == first
    missing = shop.field(documents["upsert"], identifier={"handle": "h"}, input={"title": "A"})
    assert missing["userErrors"][0]["code"] == "MISSING_FIELD_REQUIRED"


def test_lists_are_kept_when_absent_and_replaced_when_present(shop):
    shop.define()
    note = {"namespace": "custom", "key": "note", "type": "single_line_text_field", "value": "x"}
    identity = shop.part("A")["input"]["metafields"]
    shop.upsert("A", metafields=[*identity, note], tags=[" b", "B", "a"])
    kept = shop.upsert("A", metafields=None)["product"]
    assert (len(kept["metafields"]["nodes"]), kept["tags"]) == (2, ["a", "b"])
    replaced = shop.upsert("A", tags=["c"])["product"]
    assert (len(replaced["metafields"]["nodes"]), replaced["tags"]) == (1, ["c"])


def test_251_tags_are_too_many(shop, documents):
    body = shop.ask(documents["upsert"], input={"title": "A", "tags": [f"t{number}" for number in range(251)]})
    assert body["errors"][0]["extensions"]["code"] == "MAX_INPUT_SIZE_EXCEEDED"


def test_a_variant_with_other_option_values_is_another_variant(shop, documents):
    def sized(size: str):
        options = [{"name": "Size", "values": [{"name": size}]}]
        variants = [{"optionValues": [{"optionName": "Size", "name": size}], "sku": size}]
        given = {"title": "A", "handle": "a", "productOptions": options, "variants": variants}
        answer = shop.field(documents["upsert"], identifier={"handle": "a"}, input=given)
        return answer["product"]["variants"]["nodes"][0]["inventoryItem"]["id"]

    small = sized("S")
    assert sized("S") == small
    assert sized("L") != small


def test_stock_is_set_at_each_location_and_the_total_is_stale_in_the_answer(shop):
    shop.define()
    first = shop.upsert("A")["product"]
    assert (first["totalInventory"], first["variants"]["nodes"][0]["inventoryQuantity"]) == (0, 7)
    chicago = [{"locationId": shop.location("Chicago"), "name": "available", "quantity": 3}]
    second = shop.upsert("A", variant={"inventoryQuantities": chicago})["product"]
    assert (second["totalInventory"], second["variants"]["nodes"][0]["inventoryQuantity"]) == (7, 10)
    assert shop.control.product("A")["quantities"] == {"Atlanta": 7, "Chicago": 3}


def test_stock_at_an_unstocked_location_can_be_made_to_fail_on_update(shop):
    shop.define()
    shop.upsert("A")
    shop.control.settings(stock_at_new_location="refuse")
    chicago = [{"locationId": shop.location("Chicago"), "name": "available", "quantity": 3}]
    assert "not stocked" in shop.upsert("A", variant={"inventoryQuantities": chicago})["userErrors"][0]["message"]


MEDIA = "query M($id: ID!) { product(id: $id) { media(first: 5) { nodes { id status mediaErrors { code } } } } }"


def media(shop, product):
    return shop.field(MEDIA, id=product["id"])["media"]["nodes"]


def test_an_image_is_ready_some_time_after_the_answer(shop, wait):
    shop.define()
    shop.control.settings(media_delay=0.3)
    product = shop.upsert("A", files=[{"originalSource": "https://img.example/a.jpg", "contentType": "IMAGE"}])[
        "product"
    ]
    assert media(shop, product)[0]["status"] in {"UPLOADED", "PROCESSING"}
    wait(lambda: media(shop, product)[0]["status"] == "READY")


def test_a_failed_image_does_not_fail_the_product(shop, wait):
    shop.define()
    shop.control.fault("media_failed", match={"url": "https://img.example/*"})
    answer = shop.upsert("A", files=[{"originalSource": "https://img.example/a.jpg"}])
    assert answer["userErrors"] == []
    wait(lambda: media(shop, answer["product"])[0]["status"] == "FAILED")
    assert media(shop, answer["product"])[0]["mediaErrors"] == [{"code": "IMAGE_DOWNLOAD_FAILURE"}]


def test_images_can_really_be_fetched_and_judged(shop, outside, wait):
    shop.define()
    shop.control.settings(fetch_images=True)
    sources = [f"{outside.url}/{name}" for name in ("good.png", "page.jpg", "missing.png")]
    product = shop.upsert("A", files=[{"originalSource": source} for source in sources])["product"]
    wait(lambda: {row["status"] for row in media(shop, product)} <= {"READY", "FAILED"})
    assert [(row["mediaErrors"] or [{"code": None}])[0]["code"] for row in media(shop, product)] == [
        None,
        "UNSUPPORTED_IMAGE_FILE_TYPE",
        "IMAGE_DOWNLOAD_FAILURE",
    ]


def test_sending_a_source_again_makes_another_image_and_sending_its_id_does_not(shop):
    shop.define()
    files = [{"originalSource": "https://img.example/a.jpg", "duplicateResolutionMode": "REPLACE"}]
    product = shop.upsert("A", files=files)["product"]
    first = media(shop, product)[0]["id"]
    shop.upsert("A", files=files)
    second = media(shop, product)[0]["id"]
    assert second != first
    shop.upsert("A", files=[{"id": second}])
    assert [row["id"] for row in media(shop, product)] == [second]


OPERATION = "query O($id: ID!) { productOperation(id: $id) { __typename status product { id } } }"


def test_an_asynchronous_set_answers_with_an_operation_that_completes(shop, documents, wait):
    shop.define()
    answer = shop.field(documents["upsert"], **shop.part("A"), synchronous=False)
    assert answer["product"] is None
    assert answer["productSetOperation"]["status"] == "CREATED"
    identifier = answer["productSetOperation"]["id"]
    done = wait(lambda: (row := shop.field(OPERATION, id=identifier))["status"] == "COMPLETE" and row)
    assert done["__typename"] == "ProductSetOperation"
    assert done["product"]["id"] == shop.control.product("A")["id"]


def test_the_daily_cap_stops_new_variants_and_lets_updates_through(shop, documents):
    shop.define()
    shop.control.settings(plan="standard", daily_variant_threshold=1, daily_variant_cap=2)
    shop.upsert("A")
    shop.upsert("B")
    body = shop.ask(documents["upsert"], **shop.part("C"))
    assert body["data"] == {"productSet": None}
    assert body["errors"][0]["path"] == ["productSet"]
    assert body["errors"][0]["extensions"]["code"] == "VARIANT_THROTTLE_EXCEEDED"
    assert shop.upsert("A", title="still")["userErrors"] == []
    shop.control.settings(plan="plus")
    assert shop.upsert("C")["userErrors"] == []


def test_a_price_is_kept_in_cents_and_the_ledger_shows_what_was_sent(shop):
    shop.define()
    shop.upsert("A", variant={"price": 556.1430000000001})
    entry = shop.control.ledger(operation="productSet")[0]
    assert (entry["price"], entry["priceSent"]) == ("556.14", "556.1430000000001")


RULES = [
    ("single_line_text_field", {"choices": '["EA","Inches"]'}, "Pound", "does not exist in provided choices"),
    ("single_line_text_field", {"max": "3"}, "NEW9", "has a maximum length of 3."),
    ("single_line_text_field", {"min": "3"}, "1D", "has a minimum length of 3."),
    ("single_line_text_field", {"regex": "^[A-Z]+$"}, "abc", "validation pattern"),
    ("url", {"allowed_domains": '["https://cdn.shopify.com/"]'}, "https://evil.example/a", "following domains"),
    ("number_integer", {}, "3.5", "must be an integer."),
    ("number_integer", {"max": "60"}, "61", "has a maximum of 60."),
    ("date", {}, "2026-13-01", "YYYY-MM-DD"),
    ("boolean", {}, "True", "must be true or false."),
]


@pytest.mark.parametrize(("kind", "rules", "value", "said"), RULES)
def test_a_value_against_its_definition_is_refused_in_the_stores_words(shop, kind, rules, value, said):
    shop.define()
    rule = [{"name": name, "value": text} for name, text in rules.items()]
    assert shop.define("limited", kind, validations=rule)["userErrors"] == []
    identity = shop.part("A")["input"]["metafields"]
    answer = shop.upsert(
        "A", metafields=[*identity, {"namespace": "parts", "key": "limited", "type": kind, "value": value}]
    )
    error = answer["userErrors"][0]
    assert (error["code"], error["field"]) == ("INVALID_METAFIELD", ["input", "metafields", "1", "value"])
    assert said in error["message"]
    assert shop.control.store()["products"] == 0


def test_a_definition_can_be_made_once_and_uniqueness_only_before_the_first_value(shop):
    assert shop.define()["createdDefinition"]["capabilities"]["uniqueValues"]["enabled"] is True
    assert shop.define()["userErrors"][0]["code"] == "TAKEN"
    note = {"namespace": "parts", "key": "late", "type": "single_line_text_field", "value": "x"}
    shop.upsert("A", metafields=[*shop.part("A")["input"]["metafields"], note])
    late = shop.define("late", "single_line_text_field", capabilities={"uniqueValues": {"enabled": True}})
    assert late["userErrors"][0]["code"] == "INVALID_CAPABILITY"
