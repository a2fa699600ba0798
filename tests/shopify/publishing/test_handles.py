from __future__ import annotations

import csv
import re
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

import boeing_data_hub_sandbox
from boeing_data_hub.shopify.handles import handle_of
from boeing_data_hub_sandbox.shopify.handles import slug

TRICKY = [
    "MS24665/132", "MS24665-132", "MS24665132", "MS24665 132", "MS24665.132", "MS24665--132", "-MS24665-132",
    "MS24665-132-", "MS24665_132", "AN960-416", "AN960-417", "P512777", "P512777=K3", "P512777=9B", "P512777-K3",
    "=", "==", "-", "/", "A" * 50, "A" * 300, "A" * 301, "東京", "ms24665-132",
]  # fmt: skip


def real_numbers():
    path = Path(boeing_data_hub_sandbox.__file__).with_name("part-numbers.csv")
    with path.open(encoding="utf-8", newline="") as file:
        return [row["part_number"] for row in csv.DictReader(file)]


def test_no_two_real_or_tricky_part_numbers_share_a_handle():
    numbers = set(real_numbers())
    assert len(numbers) > 3_000
    skus = {f"{number}{suffix}" for number in numbers for suffix in ("", "=K3", "=9B")} | set(TRICKY)
    skus |= {handle_of(sku).upper() for sku in skus}  # part numbers made to look like the handle of another
    handles = {handle_of(sku) for sku in skus}
    assert len(handles) == len(skus)


@given(st.text(min_size=1))
def test_the_store_keeps_a_handle_unchanged(sku):
    handle = handle_of(sku)
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", handle)
    assert len(handle) <= 255
    assert slug(handle) == handle == handle_of(sku)


def test_a_plain_part_number_is_spelt_out():
    assert handle_of("AN960-416") == "an960-416"


def test_a_suffix_is_spelled_out_and_distinguished_by_a_digest():
    assert re.fullmatch(r"p512777-k3-[a-z2-7]{10}", handle_of("P512777=K3"))


@given(st.text("AB1-/= ", min_size=1, max_size=6), st.text("AB1-/= ", min_size=1, max_size=6))
def test_different_spellings_have_different_handles(one, other):
    assert (handle_of(one) == handle_of(other)) == (one == other)
