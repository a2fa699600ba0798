"""Parts that are not published, each with a code and a sentence and without a call; what the store itself rejects."""

from __future__ import annotations

import json
import re

import pytest

pytestmark = pytest.mark.services

GOOD = "GOOD=K3"


@pytest.fixture
def part(desk):
    return type(desk.make_parts(1)[0])


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"price": "0.00"}, "no_price"),
        ({"price": None, "status": "blocked", "status_reason": "no_price"}, "no_price"),
        ({"stock": {}, "status": "blocked", "status_reason": "no_stock"}, "no_stock"),
        ({"stock": {"Germany CSC": 4}}, "only_unmapped_locations"),
        ({"status": "needs_review", "status_reason": "absurd", "status_detail": "Look here."}, "needs_review"),
        ({"currency": "EUR"}, "currency_differs"),
        ({"stock": {"Dallas Central": 2_000_000_000}}, "quantity_unreadable"),
    ],
)
def test_what_may_not_be_sold_is_blocked_and_the_others_are_published(desk, part, changes, code):
    skus = desk.stage(part(GOOD), part("BAD=K3").but(**changes))
    done = desk.run(skus)
    item = desk.item(done, "BAD=K3")
    assert (item.state, item.outcome, item.error_code) == ("not_for_sale", "blocked", code)
    assert re.fullmatch(r"[A-Z].*\.", item.error)
    desk.judge(done, absent=["BAD=K3"])
    assert desk.row("BAD=K3") is None


def test_excluded_and_unstaged_parts_are_not_published(desk, part):
    skus = desk.stage(part(GOOD), part("OUT=K3"))
    desk.do("INSERT INTO hub.hand_data (sku, excluded, updated_by) VALUES ('OUT=K3', true, 'me')")
    done = desk.run([*skus, "UNKNOWN=K3"])
    codes = {name: (item.outcome, item.error_code) for name, item in desk.items(done).items()}
    assert codes["OUT=K3"] == ("blocked", "excluded")
    assert codes["UNKNOWN=K3"] == (None, "not_staged")
    desk.judge(done, absent=["OUT=K3"])


def test_a_price_set_by_hand_is_the_one_that_is_sold_for(desk, part):
    desk.stage(part("HAND=K3", None).but(status="blocked", status_reason="no_price"))
    desk.do("INSERT INTO hub.hand_data (sku, price_override, updated_by) VALUES ('HAND=K3', 99.95, 'me')")
    done = desk.run(["HAND=K3"])
    desk.judge(done, only=[])
    assert desk.product("HAND=K3")["prices"] == ["99.95"]


@pytest.fixture
def strict(desk):
    """A store whose own definition of the certificate is stricter than ours."""
    client = desk.hub.shop.client
    definition = {
        "name": "Cert", "namespace": "custom", "key": "trace", "type": "single_line_text_field",
        "ownerType": "PRODUCT", "validations": [{"name": "choices", "value": json.dumps(["EASA Form 1"])}],
    }  # fmt: skip
    client.run("metafield_definition_create", {"definition": definition})
    return desk


def test_a_metafield_the_store_refuses_fails_its_part_with_the_stores_sentence(strict, part):
    desk = strict
    skus = desk.stage(
        part("A=K3").but(cert="EASA Form 1"), part("B=K3").but(cert="C of C"), part("C=K3").but(cert="EASA")
    )
    done = desk.run(skus)
    desk.judge(done, absent=["B=K3"])
    item = desk.item(done, "B=K3")
    assert (item.state, item.error_code) == ("failed", "metafield_refused")
    assert "trace" in item.error
    assert "EASA Form 1" in item.error
    assert desk.row("B=K3") is None


def test_a_metafield_the_store_refuses_is_left_out_where_the_setting_says_so(strict, make_desk, part):
    desk = make_desk(hub_metafield_refusal="leave_out")
    skus = desk.stage(part("A=K3").but(cert="EASA Form 1"), part("B=K3").but(cert="C of C"))
    done = desk.run(skus)
    desk.judge(done)
    assert done.published_count == 2
    assert "trace" in desk.item(done, "B=K3").reason
    assert "custom.trace" not in desk.product("B=K3")["metafields"]
    assert desk.calls_during(lambda: desk.run(skus)) == {}
    desk.stage(part("B=K3", "55.55").but(cert="C of C"))
    desk.judge(desk.run(skus))


def test_a_rejected_change_of_a_metafield_leaves_the_product_as_it_was(strict, part):
    desk = strict
    good = part("A=K3").but(cert="EASA Form 1")
    desk.run(desk.stage(good))
    desk.stage(good.but(cert="C of C", price="11.11"))
    done = desk.run(["A=K3"])
    assert desk.item(done, "A=K3").error_code == "metafield_refused"
    desk.stage(good)
    desk.judge(done)


def test_an_endless_5xx_for_one_part_fails_that_part_alone(desk, part):
    skus = desk.stage(*desk.make_parts(12), part("POISON=K3"))
    desk.store.fault("error_before", match={"operation": "productSet", "custom_id": "POISON=K3"})
    done = desk.run(skus)
    desk.the_wait_is_over()
    desk.work()
    item = desk.item(done, "POISON=K3")
    assert (item.state, item.error_code) == ("failed", "shopify_503")
    assert "The hub tried 5 times" in item.error
    desk.judge(done, absent=["POISON=K3"])


def test_an_update_that_goes_wrong_again_and_again_never_costs_the_product(desk, part):
    desk.run(desk.stage(part(GOOD)))
    desk.stage(part(GOOD, "12.00"))
    desk.store.fault("error_after", match={"operation": "productSet"})
    done = desk.run([GOOD])
    assert desk.item(done, GOOD).error_code == "shopify_503"
    desk.store.clear_faults()
    desk.the_wait_is_over()
    desk.work()
    assert desk.product(GOOD)["price"] == "12.00"
    desk.judge(desk.run([GOOD]))


def test_a_part_number_without_suffix_includes_all_its_variants(desk, part):
    desk.stage(part("X=K3", "10.00"), part("X=9B", "20.00"), part("Y=K3", "0.00"), part("Y=9B", "30.00"))
    for number in ("X", "Y"):
        desk.do(
            "INSERT INTO hub.part_answers (part_number, raw_id, skus, fetched_at) VALUES (%s, 1, %s, now())",
            number,
            [f"{number}=K3", f"{number}=9B"],
        )
    done = desk.run(["X", "Y"])
    desk.judge(done, absent=["Y=K3"])
    assert (desk.item(done, "X").outcome, desk.item(done, "Y").state) == ("created", "published")
    assert "no price" in desk.item(done, "Y").reason
    handles = {each["handle"] for each in desk.store.products()}
    assert len(handles) == 3


def test_absurd_rows_do_not_affect_other_parts(desk, part):
    absurd = [
        part("ABS1=K3").but(weight="-5", country_of_origin="Atlantis", schedule_b_code="12", base_uom="?"),
        part("ABS2=K3").but(title="", boeing_name=None, supplier_name="\u202e" * 300, cert="x" * 999, condition="LONG"),
        part("ABS3=K3").but(boeing_image_url="http://[::1", boeing_thumbnail_url="javascript:alert(1)"),
        part("ABS4=K3", "9999999999.99"),
        part("Ä/Ö?&#=K3"),
        part("=K3"),
        part("ABS5=K3").but(net_price="0.0049", inventory_quantity=-4),
    ]
    skus = desk.stage(*absurd, part(GOOD))
    done = desk.run(skus)
    assert desk.item(done, GOOD).state == "published"
    for item in desk.items(done).values():
        assert item.state == "published" or item.error_code not in {None, "internal_error"}, item
    absent = [name for name, item in desk.items(done).items() if item.state in {"failed", "not_for_sale"}]
    desk.judge(done, absent=absent)
