"""Other people's products that look like a part: reported before anything is created, and decided by a person."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.patience import rounds

from boeing_data_hub.shopify.look_alikes import cause_of, is_in_title, search_terms, taken_apart

ALIKE = [
    ("NAS6604=K1", "NAS6604", "", None, "cut_suffix"),
    ("NAS6604-12=K1", "nas6604-12", "", None, "cut_suffix"),
    ("NAS6604-12=K1", "NAS6604 12", "", None, "cut_suffix"),
    ("NAS6604-12", "NAS6604-12=K1", "", None, "cut_suffix"),
    ("MS21042-4", "MS21042-4 ", "", None, "blank"),
    ("MS21042-4", "MS21042 -4", "", None, "blank"),
    ("MS21042-4", "MS21042\u20114", "", None, "blank"),
    ("MS21042-4", "MS21042 4", "", None, "blank"),
    ("AN960-10L", "AN96010L", "", None, "hyphen"),
    ("AN96010L", "AN960-10L", "", None, "hyphen"),
    ("BACB30-NN-4K5", "BACB30NN-4K5", "", None, "hyphen"),
    ("BACB30NN4K5", "SHELF-1", "BACB30NN4K5", None, "title"),
    ("BACB30NN4K5=A", "SHELF-1", "Bolt BACB30NN4K5, steel", None, "title"),
    ("AN960-10L", "X", "Washer AN960 10L", None, "title"),
    ("AN960-10L", "X", "Washer (AN96010L)", None, "title"),
    ("NAS6604=K1", "X", "NAS6604=K1 bolt", None, "title"),
    ("NAS6604-12=K1", None, "Bolt", "NAS6604-12", "barcode"),
    ("NAS6604-12=K1", "", "Bolt", "NAS6604-12=K1", "barcode"),
]
DIFFERENT = [
    ("NAS6604-1", "NAS6604-12", "", None),
    ("NAS6604-12", "NAS6604-1", "", None),
    ("NAS6604-12", "NAS66041-2", "", None),
    ("MS21042-4", "MS21042L4", "", None),
    ("MS21042-4", "MS21042-04", "", None),
    ("NAS6604=K1", "NAS6604=K3", "", None),
    ("NAS6604=K1", "NAS6604-12", "NAS6604-12", None),
    ("NAS6604=K1", "X", "NAS6604=K3", None),
    ("NAS6604=K1", "X", "NAS6604-12 bolt", None),
    ("NAS6604=K1", "X", "NAS6604 12", None),
    ("NAS6604-12", "X", "NAS6604-123", None),
    ("NAS6604-12", "X", "XNAS6604-12", None),
    ("NAS6604-12", "X", "ABC-NAS6604-12", None),
    ("10L", "X", "AN960-10L", None),
    ("A1", "A-1", "A1", "A1"),
    ("WF338109=K3", "WF338109=K31", "", None),
    ("BOLT-X", "Y", "BOLT-X", None),
]


@pytest.mark.parametrize(("sku", "other", "title", "barcode", "cause"), ALIKE)
def test_what_looks_like_a_part_is_found_with_its_cause(sku, other, title, barcode, cause):
    assert cause_of(sku, other=other, title=title, barcode=barcode) == cause


@pytest.mark.parametrize(("sku", "other", "title", "barcode"), DIFFERENT)
def test_another_part_is_not_alike(sku, other, title, barcode):
    assert cause_of(sku, other=other, title=title, barcode=barcode) is None


def test_the_very_sku_is_no_mere_likeness():
    assert cause_of("NAS6604=K1", other="nas6604=k1", title="NAS6604=K1") is None


_GROUP = st.text("ABCDEFGHKLMNS0123456789", min_size=1, max_size=6)
NUMBERS = (
    st.lists(_GROUP, min_size=1, max_size=3)
    .map("-".join)
    .filter(lambda number: 5 <= len(re.sub("-", "", number)) <= 18 and re.search(r"\d", number))
)
SUFFIXES = st.sampled_from(["", "=K1", "=K3", "=9B"])


@given(NUMBERS, SUFFIXES, st.data())
def test_every_spelling_with_fewer_hyphens_or_blanks_is_alike_and_searched_for(number, suffix, data):
    kept = [data.draw(st.sampled_from(["-", "", " "])) for _ in range(number.count("-"))]
    parts = number.split("-")
    spelt = parts[0] + "".join(between + part for between, part in zip(kept, parts[1:], strict=True))
    sku = number + suffix
    if spelt.casefold() == sku.casefold():
        return
    assert cause_of(sku, other=spelt) is not None
    searched = {value.casefold() for field, value in search_terms(sku) if field == "sku"}
    if len(set(kept)) <= 1 or " " not in kept:
        assert spelt.casefold() in searched


@given(NUMBERS, NUMBERS, SUFFIXES, SUFFIXES)
def test_a_likeness_never_joins_other_letters_digits_or_suffixes(first, second, suffix, other_suffix):
    cause = cause_of(first + suffix, other=second + other_suffix)
    if cause is not None:
        assert first.replace("-", "") == second.replace("-", "")
        assert not (suffix and other_suffix) or suffix == other_suffix
    assert (cause is None) == (cause_of(second + other_suffix, other=first + suffix) is None)


@given(NUMBERS, st.sampled_from("0123456789AZ"))
def test_a_number_within_a_longer_one_is_not_found_in_a_title(number, more):
    assert is_in_title(number, f"Bolt {number}")
    assert not is_in_title(number, f"Bolt {number}{more}")
    assert not is_in_title(number, f"Bolt {more}{number}")
    assert not is_in_title(number, f"Bolt {number}-{more}")


@given(st.text(max_size=40), st.text(max_size=60))
def test_whatever_the_texts_are_nothing_breaks(sku, other):
    cause_of(sku, other=other, title=other, barcode=other)
    search_terms(sku)
    taken_apart(other)


# --- In a store -------------------------------------------------------------------------------------------------------

BY_HAND = {
    "products": [
        {"sku": "NAS6604", "handle": "p1", "title": "Bolt", "price": "9", "vendor": "Old system"},
        {"sku": "MS21042-4 ", "handle": "p2", "title": "Nut", "price": "9"},
        {"sku": "AN96010L", "handle": "p3", "title": "Washer", "price": "9"},
        {"sku": "SHELF-1", "handle": "p4", "title": "BACB30NN4K5", "price": "9"},
        {"sku": "NAS6604-12", "handle": "p5", "title": "Another bolt", "price": "9"},
        {"sku": "WF338109=K1", "handle": "p6", "title": "Another suffix", "price": "9"},
    ]
}
WANTED = {"NAS6604=K1": "cut_suffix", "MS21042-4": "blank", "AN960-10L": "hyphen", "BACB30NN4K5": "title"}
OTHERS = ["NAS6604-1", "MS21042L4", "WF338109=K3"]


@pytest.fixture
def alike(desk):
    """A store with products made by hand, and parts that look like them staged beside parts that do not."""
    desk.store.load(BY_HAND)
    part = type(desk.make_parts(1)[0])
    desk.stage(*(part(sku) for sku in [*WANTED, *OTHERS]))
    return desk


def settle(desk):
    """Let every job of people run to its end."""
    for _ in rounds(12):
        desk.work(0.5)
        if not desk.rows("SELECT 1 FROM hub.store_jobs WHERE state = 'open'"):
            return
    raise AssertionError(desk.rows("SELECT * FROM hub.store_jobs"))


@pytest.mark.services
def test_plan_and_run_report_look_alikes_before_anything_is_created(alike):
    desk, before = alike, alike.store.products()
    plan = {part.sku: part.as_row() for part in desk.hub.shop.planning.plan([*WANTED, *OTHERS]).parts}
    assert {sku: plan[sku].action for sku in plan} == {
        **dict.fromkeys(WANTED, "conflict"), **dict.fromkeys(OTHERS, "create")
    }  # fmt: skip
    done = desk.run([*WANTED, *OTHERS])
    for sku, item in desk.items(done).items():
        assert item.error_code == ("look_alike" if sku in WANTED else None)
        assert item.outcome == ("conflict" if sku in WANTED else "created")
    rows = {row["sku"]: row for row in desk.rows("SELECT * FROM hub.conflicts")}
    assert {sku: row["cause"] for sku, row in rows.items()} == WANTED
    assert rows["NAS6604=K1"]["vendor"] == "Old system"
    assert [each for each in desk.store.products() if not each["customIds"]] == before


@pytest.mark.services
def test_many_are_decided_together_and_published_as_decided(alike):
    from boeing_data_hub.shopify.store_job import ConflictFilter

    desk = alike
    desk.run(list(WANTED))
    decide = desk.hub.shop.decisions
    told = decide.preview(ConflictFilter(kind="look_alike", cause="cut_suffix"))
    assert (told.total, told.sample[0].sku) == (1, "NAS6604=K1")
    adopted = decide.start(ConflictFilter(skus=("NAS6604=K1", "MS21042-4")), "adopt", actor="key:x", expected=2)
    decide.start(ConflictFilter(cause="title"), "publish_new", actor="key:x", expected=1)
    decide.start(ConflictFilter(sku_prefix="an96"), "leave", actor="key:x", expected=1)
    settle(desk)
    decided = {row["sku"]: row["decision"] for row in desk.rows("SELECT * FROM hub.conflicts")}
    assert decided == {
        "NAS6604=K1": "adopt", "MS21042-4": "adopt", "BACB30NN4K5": "publish_new", "AN960-10L": "leave"
    }  # fmt: skip
    (job,) = desk.rows("SELECT * FROM hub.store_jobs WHERE id = %s", adopted.id)
    assert (job["state"], job["total"], job["done"], job["failed"]) == ("ended", 2, 2, 0)
    lines = desk.rows("SELECT target, actor, details FROM hub.audit_log WHERE action = 'conflict.adopt'")
    assert {line["target"] for line in lines} == {"NAS6604=K1", "MS21042-4"}
    assert {line["details"]["job"] for line in lines} == {str(adopted.id)}

    before = {each["id"] for each in desk.store.products()}
    done = desk.run(list(WANTED))
    assert {sku: item.outcome for sku, item in desk.items(done).items()} == {
        "NAS6604=K1": "updated", "MS21042-4": "updated", "BACB30NN4K5": "created", "AN960-10L": "conflict"
    }  # fmt: skip
    assert len({each["id"] for each in desk.store.products()} - before) == 1
    assert desk.product("NAS6604=K1")["id"] in before
    assert desk.product("AN96010L")["customIds"] == {}


@pytest.mark.services
def test_a_decision_for_another_number_of_conflicts_than_was_seen_decides_nothing(alike):
    from boeing_data_hub.errors import Conflict
    from boeing_data_hub.shopify.store_job import ConflictFilter

    desk = alike
    desk.run(list(WANTED))
    with pytest.raises(Conflict, match="4"):
        desk.hub.shop.decisions.start(ConflictFilter(kind="look_alike"), "adopt", actor="x", expected=3)
    with pytest.raises(Conflict, match="No open conflicts"):
        desk.hub.shop.decisions.start(ConflictFilter(vendor="Nobody"), "adopt", actor="x", expected=0)
    assert desk.rows("SELECT 1 FROM hub.store_jobs") == []


@pytest.mark.services
def test_one_that_the_store_refuses_stays_open_with_why_and_stops_no_other(alike):
    from boeing_data_hub.shopify.store_job import ConflictFilter

    desk = alike
    desk.run(list(WANTED))
    gone = desk.product("NAS6604")["id"]
    desk.store.delete_product(gone)
    job = desk.hub.shop.decisions.start(ConflictFilter(), "adopt", actor="x", expected=4)
    settle(desk)
    shown = desk.hub.shop.decisions.show(job.id)
    assert (shown.job.done, shown.job.failed) == (4, 1)
    assert [one.sku for one in shown.refused] == ["NAS6604=K1"]
    assert desk.rows("SELECT sku FROM hub.conflicts WHERE decided_at IS NULL") == [{"sku": "NAS6604=K1"}]


@pytest.mark.services
def test_the_search_may_be_switched_off(make_desk):
    desk = make_desk(hub_look_alikes=False)
    desk.store.load(BY_HAND)
    desk.stage(type(desk.make_parts(1)[0])("NAS6604=K1"))
    assert desk.item(desk.run(["NAS6604=K1"]), "NAS6604=K1").outcome == "created"


@pytest.mark.services
def test_a_search_for_many_parts_costs_few_points_each(desk):
    skus = desk.stage(*desk.make_parts(100))
    before = desk.store.stats()["pointsSpent"]
    desk.hub.shop.storefront.resembling(skus)
    assert desk.store.stats()["pointsSpent"] - before <= 2.5 * len(skus)
