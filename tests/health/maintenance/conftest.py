"""A world that grows old: searches answered as Boeing would, publishings, and years that pass over every row."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from threading import Event
from typing import Any
from uuid import UUID

import pytest
from tests.support.publishing import desk, make_desk, make_store_hub, store
from tests.support.receivers import certificate, make_mail_server, receiver

from boeing_data_hub.app import Hub
from boeing_data_hub.batches.requests import SearchRequest
from boeing_data_hub.boeing import raw_answers
from boeing_data_hub.clock import now
from boeing_data_hub.work import batches, items
from boeing_data_hub.work.batch import Batch
from boeing_data_hub.work.time_slice import TimeSlice
from boeing_data_hub.work.verdicts import Found, RawAnswer, Verdicts

__all__ = [
    "certificate",
    "desk",
    "make_desk",
    "make_mail_server",
    "make_store_hub",
    "receiver",
    "store",
]

_MOMENTS = (
    "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'hub'"
    " AND data_type = 'timestamp with time zone' AND table_name NOT IN ('chores', 'workers')"
)


class World:
    """A hub's rows, and the time that passes over them."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub

    def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        return self.hub.database.run(lambda work: work.rows(query, list(values)))

    def one(self, query: str, *values: Any) -> Any:
        return self.hub.database.run(lambda work: work.value(query, list(values)))

    def do(self, query: str, *values: Any) -> int:
        return self.hub.database.run(lambda work: work.do(query, list(values)))

    def time_passes(self, days: float) -> None:
        """Every moment in every row lies so many days further back."""
        by_table: dict[str, list[str]] = {}
        for row in self.rows(_MOMENTS):
            by_table.setdefault(row["table_name"], []).append(row["column_name"])
        for table, columns in by_table.items():
            sets = ", ".join(f"{name} = {name} - %(days)s * interval '1 day'" for name in columns)
            self.hub.database.run(lambda work, t=table, s=sets: work.do(f"UPDATE hub.{t} SET {s}", {"days": days}))  # noqa: S608

    def search(self, *parts: str, **request: Any) -> Batch:
        wanted = SearchRequest(part_numbers=list(parts), owner="test", **{"force_refresh": True, **request})
        return self.hub.intake.search(wanted).batch

    def boeing_answers(self, parts: Sequence[str], *, unknown: Sequence[str] = (), price: str = "10.00") -> int:
        """One call is made for these parts, and answered; returns the id of the answer."""

        def step(work: Any) -> int:
            batches.hold_ledger(work)
            (number,) = raw_answers.next_ids(work, 1)
            lines = [{"aviallPartNumber": p, "listPrice": price, "quantity": 5} for p in parts]
            matches = {**{p: [p] for p in parts}, **{p: [] for p in unknown}}
            payload = json.dumps({"currency": "USD", "lineItems": lines})
            answer = RawAnswer(number, ",".join(matches), payload, matches, now())
            raw_answers.insert(work, [answer])
            raw_answers.remember_answers(work, [answer])
            verdicts = Verdicts(found={p: Found(number, (p,)) for p in parts}, missing=dict.fromkeys(unknown, number))
            batches.move_counts(work, items.apply_verdicts(work, verdicts))
            return number

        return self.hub.database.run(step)

    def normalize(self) -> int:
        return self.hub.normalization.work(TimeSlice(Event(), 20))

    def searched(self, *parts: str, unknown: Sequence[str] = (), price: str = "10.00", **request: Any) -> Batch:
        """A search, from its beginning to its end."""
        batch = self.search(*parts, *unknown, **request)
        self.boeing_answers(parts, unknown=unknown, price=price)
        self.normalize()
        return self.batch(batch.id)

    def batch(self, batch_id: UUID) -> Batch:
        found = self.hub.database.run(lambda work: batches.get(work, batch_id))
        assert found is not None
        return found

    def keep_house(self) -> dict[str, int]:
        """A whole round of everything that is removed."""
        return self.hub.upkeep.chores.whole_round()

    def many_items(self, count: int, *, ended_days_ago: float, batch_type: str = "search") -> UUID:
        """A batch of so many normalized items, by SQL."""
        return self.one(
            "WITH b AS (INSERT INTO hub.batches (id, batch_type, status, total_items, normalized_count,"
            "  extracted_count, owner, request_hash, completed_at, created_at, updated_at) SELECT gen_random_uuid(),"
            "  %s, 'completed', n, n, n, 'test', 'x', at, at, at FROM"
            "  (SELECT %s::int AS n, now() - %s * interval '1 day' AS at) given RETURNING id, completed_at),"
            " i AS (INSERT INTO hub.batch_items (batch_id, position, part_number, state, outcome, updated_at)"
            "  SELECT b.id, n, 'PART-' || n, 'normalized', 'fetched', b.completed_at FROM b, generate_series(1, %s) n)"
            " SELECT id FROM b",
            *(batch_type, count, ended_days_ago, count),
        )


@pytest.fixture
def make_world(make_hub: Callable[..., Hub]) -> Callable[..., World]:
    return lambda **settings: World(make_hub(**settings))


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    return make_world()


@pytest.fixture
def desk_world(desk: Any) -> World:
    return World(desk.hub)
