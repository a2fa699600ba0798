"""An answer that was set aside because it cannot be used is never used again."""

from __future__ import annotations

from uuid import uuid4

import pytest

from boeing_data_hub.batches import estimate_inputs
from boeing_data_hub.boeing import raw_answers
from boeing_data_hub.clock import now
from boeing_data_hub.values.states import BatchType
from boeing_data_hub.work import batches
from boeing_data_hub.work.batch import BatchOptions, NewBatch
from boeing_data_hub.work.verdicts import RawAnswer, Unreadable

pytestmark = pytest.mark.services


def test_a_search_within_the_hour_does_not_take_it(database):
    def step(work):
        (number,) = raw_answers.next_ids(work, 1)
        answer = RawAnswer(number, "P1", '{"lineItems": []}', {"P1": ["P1"]}, now())
        raw_answers.insert(work, [answer])
        raw_answers.remember_answers(work, [answer])
        assert estimate_inputs.fresh_and_known(work, ["P1"], younger_than=3600) == (1, 1)
        assert raw_answers.count_attempt(work, [number], at_most=1) == [number]
        batch = uuid4()
        new = NewBatch(
            id=batch, batch_type=BatchType.SEARCH, total_items=1, owner="t", idempotency_key=None, request_hash="",
            options=BatchOptions(), retry_of=None,
        )  # fmt: skip
        batches.insert(work, new)
        batches.insert_items(work, batch, ["P1"])
        assert estimate_inputs.fresh_and_known(work, ["P1"], younger_than=3600) == (0, 0)
        return batches.reuse_fresh(work, batch, younger_than=3600), work.value(
            "SELECT state FROM hub.boeing_raw_data WHERE id = %s", [number]
        )

    assert database.run(step) == (0, "unusable")


def test_an_answer_that_could_not_be_normalized_is_asked_again(database):
    def step(work):
        (number,) = raw_answers.next_ids(work, 1)
        answer = RawAnswer(number, "P1,P2", '{"lineItems": []}', {"P1": ["P1"], "P2": ["P2"]}, now())
        raw_answers.insert(work, [answer])
        raw_answers.remember_answers(work, [answer])
        raw_answers.forget(work, [Unreadable(number, "P1", "normalization_failed", "")])
        return [estimate_inputs.fresh_and_known(work, [part], younger_than=3600) for part in ("P1", "P2")]

    assert database.run(step) == [(0, 0), (1, 1)]
