"""The sandbox must not be what a load test measures."""

from __future__ import annotations

import time

import pytest
from tests.support.patience import allow


@pytest.mark.alone
def test_a_bulk_run_does_hundreds_of_products_a_second(shop):
    shop.define()
    pattern = shop.part("P0")["input"]
    lines = [
        {
            "identifier": {"customId": {"namespace": "parts", "key": "part_key", "value": f"P{number}"}},
            "input": {
                **pattern,
                "title": f"P{number}",
                "handle": f"p{number}",
                "metafields": [{"namespace": "parts", "key": "part_key", "type": "id", "value": f"P{number}"}],
            },
        }
        for number in range(600)
    ]
    shop.control.settings(bulk_start_delay=0)
    started = time.monotonic()
    row = shop.finished(shop.run(lines))
    assert row["objectCount"] == "600"
    assert time.monotonic() - started < allow(1.0)
