"""Files that say what is in the store, or what people do to it: loaded at the start, or while the sandbox runs."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from tests.support.patience import allow

from boeing_data_hub_sandbox.shopify.knobs import Knobs
from boeing_data_hub_sandbox.shopify.loading import load, settings_in
from boeing_data_hub_sandbox.shopify.search import parsed, words_of
from boeing_data_hub_sandbox.shopify.wiring import new_world

BY_HAND = {
    "products": [
        {"sku": "NAS6604", "handle": "p1", "title": "Bolt", "price": "9"},
        {"sku": "MS21042-4 ", "handle": "p2", "title": "Nut", "price": "9", "barcode": "0123"},
    ]
}


def test_products_edits_deletions_and_channels_are_loaded():
    world = new_world(Knobs())
    load(world, BY_HAND)
    load(world, {"publications": ["Verkaufsstelle", {"name": "Onlineshop", "handle": "online_store"}]})
    edited = load(
        world, {"edit": [{"sku": "NAS6604", "set": {"price": "1.00", "status": "DRAFT", "quantities": {"Dallas": 0}}}]}
    )
    assert (edited["edited"][0]["price"], edited["edited"][0]["status"]) == ("1.00", "DRAFT")
    load(world, {"delete": [{"sku": "NAS6604"}]})
    assert [product.variants[0].sku for product in world.store.products.values()] == ["MS21042-4 "]
    assert [(each.name, each.handle) for each in world.store.publications.values()] == [
        ("Verkaufsstelle", "verkaufsstelle"), ("Onlineshop", "online_store"),
    ]  # fmt: skip


def test_what_is_not_there_and_what_is_no_setting_are_refused():
    world = new_world(Knobs())
    with pytest.raises(ValueError, match="no product 'MS21042-4'"):
        load(world, {"delete": [{"sku": "MS21042-4"}]})
    with pytest.raises(ValueError, match="'nonsense'"):
        settings_in({"nonsense": []})
    assert settings_in({"MEDIA_FAIL_RATE": 0.5, **BY_HAND}) == {"media_fail_rate": 0.5}


def test_a_file_is_loaded_at_the_start_and_into_a_running_sandbox(tmp_path):
    from boeing_data_hub_sandbox.shopify.control_client import ShopifyControl

    first, second = tmp_path / "first.json", tmp_path / "second.json"
    first.write_text(json.dumps(BY_HAND))
    second.write_text(json.dumps({"MEDIA_FAIL_RATE": 0.25, "edit": [{"sku": "NAS6604", "set": {"price": "2"}}]}))
    program = [sys.executable, "-m", "boeing_data_hub_sandbox.shopify"]
    with subprocess.Popen([*program, "--load", str(first)], stdout=subprocess.PIPE, text=True) as running:
        try:
            assert running.stdout is not None
            url = running.stdout.readline().removeprefix("listening on ").strip()
            done = subprocess.run(
                [*program, "--load", str(second), "--into", url],
                check=True,
                capture_output=True,
                text=True,
                timeout=allow(20),
            )
            assert json.loads(done.stdout)["edited"][0]["price"] == "2.00"
            with ShopifyControl(url) as control:
                assert control.settings()["media_fail_rate"] == 0.25
                assert {product["sku"] for product in control.products()} == {"NAS6604", "MS21042-4 "}
                with pytest.raises(ValueError, match="422"):
                    control.load({"nonsense": 1})
        finally:
            running.terminate()


@pytest.mark.parametrize(
    ("query", "title", "found"),
    [
        ('title:"NAS6604-12"', "Bolt NAS6604 12, steel", True),
        ('title:"NAS6604-12"', "Bolt NAS6604-1", False),
        ('title:"BACB30NN4K5"', "BACB30NN4K5", True),
        ('title:"BACB30NN4K"', "BACB30NN4K5", False),
        ("title:BACB30*", "BACB30NN4K5", True),
    ],
)
def test_a_title_is_searched_word_by_word(query, title, found):
    search = parsed(query, {"title": lambda it: [it]}, ())
    assert search.test(title) is found


def test_words_are_letters_and_digits():
    assert words_of('O-Ring, 3/8" (MS21042-4)') == ("o", "ring", "3", "8", "ms21042", "4")
