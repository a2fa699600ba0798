"""A store that another system filled is adopted without a duplicate, and nothing foreign is touched."""

from __future__ import annotations

from collections import Counter

import pytest
from tests.support.publishing import Part

from boeing_data_hub.errors import BadInput, Conflict
from boeing_data_hub.shopify.adoption_rows import RowFilter

pytestmark = pytest.mark.services

DIFFERENTLY = "Its vendor, title, handle, barcode or variants have changed, so that it matches differently."


def test_a_plan_changes_nothing_and_says_what_every_product_is(adopter):
    filled = adopter.fill(60)
    before = adopter.products()
    seq = adopter.desk.seq()
    plan = adopter.plan()
    assert (plan.state, plan.products, plan.parts) == ("waiting", len(before), len(filled.parts))
    found = {row.product_id: row for row in adopter.rows(plan)}
    assert set(found) == set(before)
    for part, ids in filled.ours.items():
        best, *others = (found[each] for each in ids)
        assert (best.part, best.keep) == (part, True)
        assert best.confidence == ("doubtful" if others else "certain")
        assert [(one.doubt, one.keep, one.choice) for one in others] == [("duplicate", False, None)] * len(others)
    assert {found[each].confidence for each in filled.foreign} == {"doubtful"}
    assert {(found[each].doubt, found[each].choice) for each in filled.foreign} <= {
        ("better_match", None), ("other_vendor", None)
    }  # fmt: skip
    assert {(found[each].doubt, found[each].part) for each in filled.ambiguous} == {("several_parts", None)}
    assert adopter.products() == before
    assert not {entry.get("id") for entry in adopter.desk.since(seq)} & set(before)


def test_after_adopting_and_publishing_everything_no_part_has_two_products_and_nothing_foreign_was_touched(adopter):
    filled = adopter.fill(300)
    untouched = adopter.products()
    seq = adopter.desk.seq()
    plan = adopter.plan()
    adopter.adoptions.choose(plan.id, RowFilter(doubt="duplicate"), "adopt", actor="test")
    adopter.adoptions.choose(plan.id, RowFilter(), "archive", actor="test")
    adopted = adopter.adopt(plan)
    assert adopted.state == "adopted"
    copies = [each for ids in filled.ours.values() for each in ids[1:]]
    assert adopter.states(plan) == {"done": len(filled.ours) + len(copies)}
    assert adopter.linked() == {part: ids[0] for part, ids in filled.ours.items()}
    now = adopter.products()
    for part, (best, *others) in filled.ours.items():
        assert {**now[best], "updatedAt": 0} == {
            **untouched[best], "updatedAt": 0, "customIds": {"boeing_data_hub.part_key": part},
            "metafields": {"boeing_data_hub.part_key": part},
        }, part  # fmt: skip
        assert [now[each]["status"] for each in others] == ["ARCHIVED"] * len(others)

    batch = adopter.desk.run(filled.parts)
    conflicts = [item.part_number for item in adopter.desk.items(batch).values() if item.state.value == "failed"]
    assert {each.partition("=")[0] for each in conflicts} == {now[each]["sku"] for each in filled.ambiguous}, (
        "only parts of ambiguous products wait for a person"
    )
    now = adopter.products()
    assert len(now) == len(untouched), "publishing created a product"
    assert adopter.linked() == {part: ids[0] for part, ids in filled.ours.items()}
    changed = {entry["id"] for entry in adopter.desk.since(seq) if entry.get("id") in untouched}
    assert not changed & {*filled.foreign, *filled.ambiguous}
    assert all(now[each] == untouched[each] for each in (*filled.foreign, *filled.ambiguous))
    prices = Counter(price for ids in filled.ours.values() for price in now[ids[0]]["prices"])
    assert prices == {"10.37": len(filled.ours)}


@pytest.mark.parametrize("complete_skus", [False, True])
def test_a_cut_sku_stays_unless_a_person_lets_it_be_completed(adopter, complete_skus):
    adopter.desk.store.load({"products": [{"sku": "WF338109", "price": "1.00", "vendor": "BDI"}]})
    (sku,) = adopter.desk.stage(Part("WF338109=K3"))
    adopter.adopt(adopter.plan(), complete_skus=complete_skus)
    wanted = sku if complete_skus else "WF338109"
    for price in ("10.37", "11.00", "12.00"):
        adopter.desk.stage(Part(sku, price))
        assert adopter.desk.run([sku]).published_count == 1
        (product,) = adopter.desk.store.products()
        assert (product["sku"], product["prices"], list(product["customIds"].values())) == (wanted, [price], [sku])
    assert adopter.desk.calls_during(lambda: adopter.desk.run([sku])) == {}, "an unchanged product is sent again"


def test_an_adopted_product_that_a_person_deletes_is_created_again_with_the_whole_sku(adopter):
    adopter.desk.store.load({"products": [{"sku": "WF338109", "price": "1.00", "vendor": "BDI"}]})
    (sku,) = adopter.desk.stage(Part("WF338109=K3"))
    adopter.adopt(adopter.plan())
    adopter.desk.store.load({"delete": [{"sku": "WF338109"}]})
    for _ in range(2):
        adopter.desk.run([sku])
        assert [one["sku"] for one in adopter.desk.store.products()] == [sku]
    adopter.desk.store.load({"delete": [{"sku": sku}]})
    adopter.desk.run([sku])
    assert [one["sku"] for one in adopter.desk.store.products()] == [sku]


def test_what_changed_between_plan_and_approval_is_left_and_said(adopter):
    adopter.desk.store.load({"products": [{"sku": f"WF{number}", "vendor": "BDI"} for number in range(100, 108)]})
    adopter.desk.stage(*(Part(f"WF{number}=K3") for number in range(100, 108)))
    plan = adopter.plan()
    adopter.desk.store.load({
        "edit": [
            {"sku": "WF100", "set": {"sku": "WF999"}},
            {"sku": "WF101", "set": {"vendor": "Satair"}},
            {"sku": "WF102", "set": {"metafields": {"boeing_data_hub.part_key": "SOMETHING"}}},
            {"sku": "WF104", "set": {"title": "A better title", "price": "3.00"}},
        ],
        "delete": [{"sku": "WF103"}],
    })  # fmt: skip
    adopter.desk.stage(Part("WF105=E5"))  # the cut SKU may be another part's now
    adopter.desk.run(["WF106=K3"])  # a conflict, which adopting ends
    assert adopter.desk.rows("SELECT sku FROM hub.conflicts") == [{"sku": "WF106=K3"}]
    adopter.adopt(plan)
    found = {row.part: (row.state, row.note) for row in adopter.rows(plan)}
    assert found == {
        "WF100=K3": ("changed", "Its SKU was 'WF100' and is 'WF999' now."),
        "WF101=K3": ("changed", DIFFERENTLY),
        "WF102=K3": ("changed", "It has the custom ID 'SOMETHING' now."),
        "WF103=K3": ("changed", "It is no longer in your store."),
        "WF104=K3": ("done", None),
        "WF105=K3": ("changed", "Your parts have changed: it matches others now."),
        "WF106=K3": ("done", None),
        "WF107=K3": ("done", None),
    }  # fmt: skip
    assert set(adopter.linked()) - {"SOMETHING"} == {"WF104=K3", "WF106=K3", "WF107=K3"}
    assert adopter.desk.rows("SELECT sku FROM hub.conflicts") == []


def test_a_person_says_which_part_an_ambiguous_product_is_and_which_duplicate_is_kept(adopter):
    made = adopter.desk.store.load({"products": [
        {"sku": "P1000", "vendor": "BDI"},
        {"sku": "WF100", "vendor": "BDI"}, {"sku": "WF100", "vendor": "BDI"},
    ]})["products"]  # fmt: skip
    ambiguous, older, newer = (one["id"] for one in made)
    adopter.desk.stage(Part("P1000=K3"), Part("P1000=E5"), Part("WF100=K3"))
    plan = adopter.plan()
    choose = adopter.adoptions.choose_one
    with pytest.raises(BadInput, match="P1000=E5, P1000=K3"):
        choose(plan.id, ambiguous, "adopt", actor="test")
    with pytest.raises(BadInput, match="matches no part"):
        choose(plan.id, ambiguous, "adopt", part="WF100=K3", actor="test")
    with pytest.raises(BadInput, match="Choose the product to adopt first"):
        choose(plan.id, older, "archive", actor="test")
    choose(plan.id, ambiguous, "adopt", part="P1000=E5", actor="test")
    choose(plan.id, older, "adopt", actor="test")
    choose(plan.id, newer, "adopt", actor="test")
    choose(plan.id, older, "archive", actor="test")
    adopter.adopt(plan)
    assert adopter.linked() == {"P1000=E5": ambiguous, "WF100=K3": newer}
    assert adopter.products()[older]["status"] == "ARCHIVED"
    with pytest.raises(Conflict):
        choose(plan.id, older, "leave", actor="test")


def test_the_number_that_a_person_confirms_must_be_the_one_that_is_chosen(adopter):
    adopter.fill(20)
    plan = adopter.plan()
    with pytest.raises(Conflict, match="you confirmed 3"):
        adopter.adoptions.approve(plan.id, expected=3, complete_skus=False, actor="test")
    adopter.adoptions.choose(plan.id, RowFilter(), "leave", actor="test")
    with pytest.raises(BadInput, match="No product is chosen"):
        adopter.adoptions.approve(plan.id, expected=0, complete_skus=False, actor="test")


def test_a_second_plan_finds_everything_linked_and_has_nothing_to_do(adopter):
    filled = adopter.fill(40)
    first = adopter.plan()
    adopter.adoptions.choose(first.id, RowFilter(doubt="duplicate"), "adopt", actor="test")
    adopter.adopt(first)
    again = adopter.plan()
    found = {row.product_id: row for row in adopter.rows(again)}
    assert {found[ids[0]].confidence for ids in filled.ours.values()} == {"linked"}
    copies = {found[each].doubt for ids in filled.ours.values() for each in ids[1:]}
    assert copies == {"linked"}
    assert not any(row.choice for row in found.values())
    copy = next(ids[1] for ids in filled.ours.values() if len(ids) > 1)
    with pytest.raises(BadInput, match="already manages another product"):
        adopter.adoptions.choose_one(again.id, copy, "adopt", actor="test")
