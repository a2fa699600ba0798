"""Parts on the direct way into the store: one call each, one product each, true to the cent and the piece."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.services


def test_parts_of_all_kinds_become_products_true_to_the_cent_and_the_piece(desk):
    skus = desk.stage(*desk.make_parts(60))
    done = desk.run(skus)
    desk.judge(done)
    assert (done.outcome, done.published_count) == ("succeeded", 60)
    assert {item.outcome for item in desk.items(done).values()} == {"created"}


def test_what_has_not_changed_costs_no_call(desk):
    skus = desk.stage(*desk.make_parts(30))
    desk.run(skus)
    calls = desk.calls_during(lambda: desk.judge(desk.run(skus)))
    assert calls == {}
