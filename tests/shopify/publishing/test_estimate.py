"""The estimate of a publish run against real runs: the store's own count of points, and the time."""

from __future__ import annotations

import json

import pytest
from tests.support.patience import allow

from boeing_data_hub.batches import estimating
from boeing_data_hub.batches.estimating import WhatIf
from boeing_data_hub.clock import monotonic

pytestmark = pytest.mark.services

BUSY = allow(10.0)  # seconds that a machine under load may lose: what is judged is the limit's share


def measured(desk, skus, batch=None):
    """Publishes, and tells points and seconds."""
    before, began = desk.store.stats()["pointsSpent"], monotonic()
    desk.judge(desk.run(skus))
    return desk.store.stats()["pointsSpent"] - before, monotonic() - began


def test_one_by_one_points_and_time_lie_within_the_estimate(make_desk, store):
    store.settings(plan="standard", restore_rate=60, bucket_size=300)
    desk = make_desk()
    skus = desk.stage(*desk.make_parts(50))
    told = estimating.reckon(desk.hub.settings, len(skus), part_numbers=skus, what_if=WhatIf(), search=False).publish
    assert (told.way, told.restore_rate) == ("direct", 60)
    points, seconds = measured(desk, skus)
    assert told.points.low <= points <= told.points.high, told
    assert 8 < told.seconds.low <= seconds <= told.seconds.high + BUSY, (seconds, told)

    # What the store has now is known, and may be unchanged.
    again = estimating.reckon(desk.hub.settings, len(skus), part_numbers=skus, what_if=WhatIf(), search=False).publish
    assert again.points.low == 0
    points, _ = measured(desk, skus)
    assert points <= again.points.high
    changed = desk.stage(*(part.but(price="77.07") for part in desk.staged.values()))
    points, _ = measured(desk, changed)
    assert points <= again.points.high


def test_by_bulk_operation_points_and_time_lie_within_the_estimate(make_desk, store):
    store.settings(plan="standard", bulk_lines_per_second=25)
    desk = make_desk(hub_bulk_publish_from=50, hub_bulk_lines=60, hub_bulk_lanes=2)
    skus = desk.stage(*desk.make_parts(120))
    told = estimating.reckon(desk.hub.settings, len(skus), part_numbers=skus, what_if=WhatIf(), search=False).publish
    assert told.way == "bulk"
    points, seconds = measured(desk, skus)
    assert told.points.low <= points <= told.points.high, told
    # The pace of the store's bulk operations was not known then: its own figure is a little above what is assumed.
    assert told.seconds.low * 0.7 <= seconds <= told.seconds.high + BUSY, (seconds, told)
    desk.stage(*(part.but(price="77.07") for part in desk.staged.values()))
    known = estimating.reckon(desk.hub.settings, len(skus), part_numbers=skus, what_if=WhatIf(), search=False).publish
    assert any("this store's own pace" in line for line in known.reckoned)


def test_what_the_store_says_goes_before_what_it_said_and_that_before_what_is_assumed(make_desk, store):
    store.settings(plan="advanced")
    desk = make_desk()

    def rate(**changes):
        told = estimating.reckon(desk.hub.settings.model_copy(update=changes), 10, what_if=WhatIf(), search=False)
        return told.publish.restore_rate, json.dumps(told.assumptions)

    assert rate() == (200, rate()[1])
    assert "did not answer" in rate(shopify_store_domain="http://127.0.0.1:1")[1]
    assert rate(shopify_store_domain="http://127.0.0.1:1")[0] == 100
    desk.run(desk.stage(*desk.make_parts(1)))
    away, said = rate(shopify_store_domain="http://127.0.0.1:1")
    assert (away, "last known API budget" in said) == (200, True)
