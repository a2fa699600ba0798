"""Which product of a store is which part: rules on frozen values, and what holds for any store."""

from __future__ import annotations

import random

import pytest

from boeing_data_hub.shopify.adoption_matching import (
    Match,
    OurPart,
    Parts,
    SeenProduct,
    SeenVariant,
    match_all,
)

OWN = ("BDI", "Vertex Aviation")


def product(sku=None, *, number=1, barcode=None, more=(), **fields):
    variants = (SeenVariant(sku, barcode), *(SeenVariant(each) for each in more))
    fields = {"title": "", "vendor": "BDI", **fields}
    return SeenProduct(product_id=f"gid://shopify/Product/{number}", variants=variants, **fields)


def matched(*products, parts=("WF338109=K3", "P512777=K3", "727741=9B")):
    ours = [each if isinstance(each, OurPart) else OurPart(each) for each in parts]
    return match_all(products, Parts.of(ours, OWN))


def told(one: Match):
    return one.confidence, one.part, one.rule, one.doubt


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (product("WF338109=K3"), ("certain", "WF338109=K3", "sku", None)),
        (product("wf338109=k3 "), ("certain", "WF338109=K3", "sku", None)),
        (product("WF338109 = K3"), ("certain", "WF338109=K3", "sku", None)),
        (product("\u200bWF338109\uff1dK3"), ("certain", "WF338109=K3", "sku", None)),
        (product("WF338109"), ("certain", "WF338109=K3", "cut_sku", None)),
        (product(" wf338109\u00a0"), ("certain", "WF338109=K3", "cut_sku", None)),
        (product("WF-338109"), ("doubtful", "WF338109=K3", "spelling", "weak_rule")),
        (product("WF338109", vendor="Satair"), ("doubtful", "WF338109=K3", "cut_sku", "other_vendor")),
        (product("WF338109=K3", vendor="Satair"), ("doubtful", "WF338109=K3", "sku", "other_vendor")),
        (product("WF338109", vendor=""), ("certain", "WF338109=K3", "cut_sku", None)),
        (product("WF338109", vendor="vertex  aviation"), ("certain", "WF338109=K3", "cut_sku", None)),
        (product("WF338109=E5"), ("unmatched", None, None, "other_suffix")),
        (product("WF338109=E5", title="WF338109"), ("unmatched", None, None, "other_suffix")),
        (product("WF3381090"), ("unmatched", None, None, "no_part")),
        (product("WF338109", more=["WF338109-L"]), ("doubtful", "WF338109=K3", "cut_sku", "several_variants")),
        (product(None, barcode="WF338109=K3"), ("certain", "WF338109=K3", "barcode", None)),
        (product(None, barcode="WF338109"), ("doubtful", "WF338109=K3", "barcode", "weak_rule")),
        (product("BIN-7", barcode="WF338109=K3"), ("doubtful", "WF338109=K3", "barcode", "other_sku")),
        (product(None, title="Gasket WF338109 for CF6"), ("doubtful", "WF338109=K3", "title", "weak_rule")),
        (product(None, title="Gasket WF 338109, new"), ("doubtful", "WF338109=K3", "title", "weak_rule")),
        (product("SAT-9", title="Fits WF338109"), ("doubtful", "WF338109=K3", "title", "other_sku")),
        (product("SAT-9", title="Fits WF338109", vendor="Satair"),
         ("doubtful", "WF338109=K3", "title", "other_vendor")),
        (product(None, title="Gasket WF338109-2"), ("unmatched", None, None, "no_part")),
        (product(None, title="Gasket", handle="wf338109"), ("doubtful", "WF338109=K3", "handle", "weak_rule")),
        (product(None, title="Gasket", handle="wf338109-1"), ("doubtful", "WF338109=K3", "handle", "weak_rule")),
        (product("SAT-9", title="Seal", vendor="Satair"), ("unmatched", None, None, "no_part")),
        (product("", title=""), ("unmatched", None, None, "no_part")),
        (product("WF338109", custom_id="WF338109=K3"), ("linked", "WF338109=K3", "custom_id", None)),
        (product("WF338109", custom_id="SOMETHING"), ("unmatched", None, None, "other_custom_id")),
    ],
)  # fmt: skip
def test_a_product_is_matched_by_the_strongest_rule_that_names_a_part(given, expected):
    assert told(*matched(given)) == expected


def test_a_vendor_that_old_systems_wrote_is_ours():
    part = OurPart("WF338109=K3", ("Monogram Systems", "GASKET, O-RING"))
    for vendor in ("MONOGRAM SYSTEMS", "Gasket, O-Ring"):
        assert matched(product("WF338109", vendor=vendor), parts=[part])[0].confidence == "certain"


def test_a_cut_sku_of_several_variants_of_a_number_is_never_certain():
    (one,) = matched(product("WF338109"), parts=["WF338109=K3", "WF338109=E5"])
    assert told(one) == ("doubtful", None, "cut_sku", "several_parts")
    assert (one.candidates, one.keep) == (("WF338109=E5", "WF338109=K3"), False)


def test_the_one_variant_without_a_product_of_its_own_is_suggested_for_the_cut_sku():
    cut, exact = matched(
        product("WF338109", number=1), product("WF338109=E5", number=2), parts=["WF338109=K3", "WF338109=E5"]
    )
    assert told(exact) == ("certain", "WF338109=E5", "sku", None)
    assert told(cut) == ("doubtful", "WF338109=K3", "cut_sku", "several_parts")
    assert cut.keep


def test_a_bare_number_that_is_a_part_and_the_beginning_of_another_is_never_certain():
    (one,) = matched(product("WF338109"), parts=["WF338109", "WF338109=K3"])
    assert told(one) == ("doubtful", None, "sku", "several_parts")


@pytest.mark.parametrize(
    ("kept", "other"),
    [
        ({"number": 9}, {"number": 2, "status": "DRAFT", "pieces": 5}),
        ({"number": 9, "pieces": 1}, {"number": 2}),
        ({"number": 2}, {"number": 9}),
        ({"number": 2}, {"number": 10}),
    ],
)
def test_of_two_products_of_a_part_the_better_one_is_kept_and_neither_is_certain(kept, other):
    for order in (1, -1):
        found = matched(*[product("WF338109", **kept), product("WF338109=K3", **other)][::order])[::order]
        assert [(one.confidence, one.doubt, one.keep) for one in found] == [
            ("doubtful", "duplicate", True), ("doubtful", "duplicate", False)
        ]  # fmt: skip


def test_a_copy_of_a_product_that_is_linked_already_is_never_adopted():
    linked, copy = matched(product("X", custom_id="WF338109=K3", number=7), product("WF338109", number=1))
    assert linked.confidence == "linked"
    assert (copy.confidence, copy.doubt, copy.keep) == ("doubtful", "linked", False)


def test_another_suppliers_product_takes_nothing_from_a_certain_one():
    ours, theirs = matched(product("WF338109", number=2), product("WF338109", number=1, vendor="Satair"))
    assert told(ours) == ("certain", "WF338109=K3", "cut_sku", None)
    assert (theirs.confidence, theirs.doubt, theirs.keep) == ("doubtful", "better_match", False)


def any_store(dice: random.Random):
    """Any parts, and products whose numbers are theirs, nearly theirs, or others'."""
    bases = [dice.choice(["WF", "P", "NAS", ""]) + str(dice.randrange(100, 130)) for _ in range(12)]
    suffixes = ["", "=K3", "=E5", "=9B"]
    parts = sorted({base + dice.choice(suffixes) for base in bases})
    products = []
    for number in range(1, 40):
        base = dice.choice(bases)
        sku = dice.choice([base, base.lower(), f" {base}", base + dice.choice(suffixes), f"SAT-{number}", None, ""])
        products.append(
            product(
                sku,
                number=number,
                barcode=dice.choice([None, base, base + "=K3"]),
                title=dice.choice(["", base, f"Seal {base}", "Seal"]),
                handle=base.lower() if number % 5 == 0 else "",
                vendor=dice.choice(["BDI", "", "Satair"]),
                status=dice.choice(["ACTIVE", "DRAFT"]),
                pieces=dice.randrange(2),
                custom_id=dice.choice(parts) if number % 13 == 0 else None,
                more=[base] if number % 11 == 0 else (),
            )
        )  # fmt: skip
    return parts, products


@pytest.mark.parametrize("seed", range(80))
def test_whatever_a_store_has_only_what_is_certain_is_certain(seed):
    dice = random.Random(seed)  # noqa: S311 - the same stores every time
    parts, products = any_store(dice)
    found = matched(*products, parts=parts)
    assert [one.product for one in found] == products
    linked = {one.custom_id for one in products if one.custom_id}
    kept = [one.part for one in found if one.keep]
    assert len(kept) == len(set(kept)), "two products of one part would be adopted"
    assert not linked & set(kept)
    for one in found:
        assert one.part is None or one.part in parts
        assert set(one.candidates) <= set(parts)
        if one.confidence == "certain":
            assert one.keep
            assert one.product.vendor != "Satair"
            assert len(one.product.variants) == 1
            assert len(one.candidates) == 1
            number = (one.product.sku or one.product.variants[0].barcode or "").strip().upper()
            assert number in {one.part, one.part.partition("=")[0]}
            others = [each for each in parts if each.partition("=")[0] == number.partition("=")[0]]
            assert "=" in number or others == [one.part]
        if one.product.custom_id is None and one.part is None:
            assert not one.keep
    shuffled = products[:]
    dice.shuffle(shuffled)
    again = matched(*shuffled, parts=parts)
    assert sorted(map(repr, again)) == sorted(map(repr, found)), "the order of the store's answer decides nothing"


def test_a_store_of_twenty_thousand_products_is_matched_in_seconds():
    import time

    parts = [f"WF{number}={suffix}" for number in range(338000, 348000) for suffix in ("K3", "E5")]
    products = [
        product(f"WF{number}", number=number, title=f"GASKET, O-RING {number}") for number in range(330000, 350000)
    ]
    began = time.process_time()
    found = matched(*products, parts=parts)
    assert sum(one.doubt == "several_parts" for one in found) == 10_000
    assert time.process_time() - began < 20
