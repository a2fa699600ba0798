"""Whatever happened, and however often the house was kept meanwhile: what is open ends, and what is kept serves."""

from __future__ import annotations

import random
from contextlib import suppress

import pytest

from boeing_data_hub.boeing import raw_answers
from boeing_data_hub.catalogue import history
from boeing_data_hub.errors import Conflict
from boeing_data_hub.web.exports import failures
from boeing_data_hub.web.sheets import as_csv

pytestmark = pytest.mark.services

PARTS = [f"AN3-{number}" for number in range(12)]


class History:
    """Random steps of a hub's life, and what must be true of it at any time."""

    def __init__(self, world, dice):
        self.world, self.dice = world, dice
        self.batches = []
        self.answered = {}  # part -> the price last told, None: not known
        self.staged = {}

    def search(self):
        parts = self.dice.sample(PARTS, self.dice.randrange(1, 5))
        force = self.dice.random() < 0.7
        key = self.dice.choice([None, f"key {self.dice.randrange(1000)}"])
        with suppress(Exception):  # a key that was used for something else
            self.batches.append(self.world.search(*parts, force_refresh=force, idempotency_key=key).id)

    def answer(self):
        waiting = [row["part_number"] for row in self.world.rows(
            "SELECT DISTINCT part_number FROM hub.batch_items WHERE state = 'pending' ORDER BY 1")]  # fmt: skip
        if not waiting:
            return
        asked = self.dice.sample(waiting, self.dice.randrange(1, len(waiting) + 1))
        unknown = [part for part in asked if self.dice.random() < 0.2]
        found = [part for part in asked if part not in unknown]
        price = f"{self.dice.randrange(1, 500)}.00"
        self.world.boeing_answers(found, unknown=unknown, price=price)
        self.answered |= {**dict.fromkeys(found, price), **dict.fromkeys(unknown)}
        self.staged |= dict.fromkeys(found, price)

    def normalize(self):
        self.world.normalize()

    def normalize_again(self):
        self.world.hub.normalize_again()

    def time_passes(self):
        self.world.time_passes(self.dice.choice([0.01, 3, 40, 200, 400, 800]))

    def keep_house(self):
        self.world.keep_house()

    def cancel(self):
        if self.batches:
            with suppress(Conflict):
                self.world.hub.intake.cancel(self.dice.choice(self.batches), actor="test")

    def retry(self):
        if self.batches:
            batch = self.world.batch(self.dice.choice(self.batches))
            gone = batch.items_gone_at is not None and batch.failed_count > 0
            code = None
            try:
                self.batches.append(self.world.hub.intake.retry_failed(batch.id, actor="test").batch.id)
            except Conflict as refused:
                code = refused.code
            assert (code == "items_removed") == gone

    def judge(self):
        """Everything that is kept serves."""
        database = self.world.hub.database
        for part in self.answered:
            assert database.run(lambda work, part=part: raw_answers.about_part(work, part)) is not None
            database.run(lambda work, part=part: history.of_part(work, part, limit=50))
        for batch_id in set(self.batches):
            batch = self.world.batch(batch_id)
            listed = "".join(as_csv(failures(database, batch_id))).count("\r\n") - 1
            assert listed == (0 if batch.items_gone_at else batch.failed_count)
            if batch.outcome is None:
                assert batch.items_gone_at is None
                count = self.world.one("SELECT count(*) FROM hub.batch_items WHERE batch_id = %s", batch_id)
                assert count == batch.total_items

    def end(self):
        """Whatever is open comes to its end, and everything can be made again from the kept answers."""
        while self.world.one("SELECT count(*) FROM hub.batch_items WHERE state = 'pending'"):
            self.answer()
        self.normalize()
        assert all(self.world.batch(one).outcome for one in self.batches)
        prices = "SELECT sku, list_price FROM hub.product_staging ORDER BY sku"
        before = self.world.rows(prices)
        assert {row["sku"] for row in before} == set(self.staged)
        self.keep_house()
        self.world.do("UPDATE hub.product_staging SET list_price = NULL")
        self.normalize_again()
        self.normalize()
        assert self.world.rows(prices) == before


@pytest.mark.parametrize("seed", range(8))
def test_whatever_happened_what_is_open_ends_and_what_is_kept_serves(make_world, seed):
    dice = random.Random(seed)  # noqa: S311 - the same histories every time
    history = History(make_world(hub_keep_items_days=300, hub_reuse_fresh_for=20 * 86_400), dice)
    steps = [history.search, history.search, history.answer, history.answer, history.normalize, history.normalize_again,
             history.time_passes, history.keep_house, history.keep_house, history.cancel, history.retry]  # fmt: skip
    for _ in range(50):
        dice.choice(steps)()
        if dice.random() < 0.2:
            history.judge()
    history.end()
    history.judge()
