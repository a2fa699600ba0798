"""Every failure a part can end with comes with advice of its own."""

from __future__ import annotations

import re
from pathlib import Path

import boeing_data_hub
from boeing_data_hub.batches.failure_groups import WHAT_TO_DO, what_to_do
from boeing_data_hub.catalogue.screening import SENTENCES

SOURCES = Path(boeing_data_hub.__file__).parent
ENDS = re.compile(r'(?:Hold|NotDone)\(\s*"(?:failed|blocked|conflict)",\s*"([a-z_0-9]+)"|Blocked\(\s*"([a-z_0-9]+)"')


def test_every_end_that_publishing_writes_has_its_advice():
    text = "".join(path.read_text() for path in sorted((SOURCES / "shopify").glob("*.py")))
    codes = {first or second for first, second in ENDS.findall(text)}
    assert len(codes) > 10
    assert sorted(codes - set(WHAT_TO_DO)) == []


def test_every_reason_why_a_staged_part_cannot_be_sold_has_its_advice():
    assert sorted(set(SENTENCES) - set(WHAT_TO_DO)) == []


def test_a_server_that_fails_is_not_the_part_s_fault():
    assert "Shopify" in what_to_do("shopify_503")
    assert "Boeing" in what_to_do("boeing_503")
    assert what_to_do(None) == what_to_do("never_heard_of")
