"""Which parts are asked next: fair, never twice at once, split calls together."""

from __future__ import annotations

from uuid import uuid4

import pytest
from tests.support.wake_ups import NoWakeUps

from boeing_data_hub.batches.run import Intake, SearchRequest
from boeing_data_hub.settings import Settings
from boeing_data_hub.work import batches, items, leases

pytestmark = pytest.mark.services


@pytest.fixture
def search(database):
    intake = Intake(database=database, wake_ups=NoWakeUps(), settings=Settings(_env_file=None))

    def accept(parts, **options):
        return intake.search(SearchRequest(part_numbers=parts, owner="test", **options)).batch

    accept.intake = intake
    return accept


def due(database, wanted, **options):
    return [part.part_number for part in database.run(lambda work: items.due_parts(work, wanted=wanted, **options))]


def lease(database, parts, seconds=60):
    lease_id = uuid4()
    database.run(
        lambda work: leases.take(work, lease_id, stage="extraction", owner="test", seconds=seconds, part_numbers=parts)
    )
    return lease_id


def test_parts_are_asked_in_the_order_they_were_handed_in(database, search):
    search(["C", "A", "B"])
    assert due(database, 2) == ["C", "A"]


def test_batches_take_turns(database, search):
    search([f"L{n}" for n in range(100)])
    search(["S1", "S2", "S3"])
    chosen = due(database, 10)
    assert len(chosen) == 10
    assert {"S1", "S2", "S3"} <= set(chosen)


@pytest.mark.parametrize("options", [{}, {"untried_first": True}])
def test_an_urgent_search_takes_the_next_calls_whole(database, search, options):
    search([f"L{n}" for n in range(100)])
    search([f"M{n}" for n in range(100)])
    search([f"U{n}" for n in range(25)], urgent=True)
    assert due(database, 20, **options) == [f"U{n}" for n in range(20)]
    chosen = due(database, 40, **options)
    assert chosen[:25] == [f"U{n}" for n in range(25)]
    assert {one[0] for one in chosen[25:]} == {"L", "M"}


def test_two_urgent_searches_take_turns(database, search):
    search([f"L{n}" for n in range(100)])
    search([f"U{n}" for n in range(30)], urgent=True)
    search([f"V{n}" for n in range(30)], urgent=True)
    chosen = due(database, 20)
    assert {one[0] for one in chosen} == {"U", "V"}
    assert sum(one[0] == "U" for one in chosen) == 10


def test_beyond_its_share_an_urgent_search_takes_turns(database, search):
    search([f"L{n}" for n in range(100)])
    search([f"U{n}" for n in range(100)], urgent=True)
    chosen = database.run(lambda work: items.due_parts(work, wanted=10, urgent_first=False))
    assert sum(part.part_number[0] == "U" for part in chosen) == 5
    assert not any(part.urgent for part in chosen)


def test_a_part_that_an_urgent_search_wants_too_comes_first(database, search):
    search([f"L{n}" for n in range(100)])
    search(["L90"], urgent=True)
    assert due(database, 2)[0] == "L90"


def test_a_call_is_filled_although_most_batches_have_little(database, search):
    for n in range(12):
        search([f"B{n}-{m}" for m in range(3)])
    search([f"L{n}" for n in range(100)])
    assert len(due(database, 10)) == 10
    assert len(set(due(database, 120))) == 120


def test_a_part_wanted_by_several_batches_is_offered_once(database, search):
    search(["A", "B"])
    search(["B", "C"])
    assert sorted(due(database, 10)) == ["A", "B", "C"]


def test_a_part_that_is_being_asked_is_not_asked_again(database, search):
    search(["A", "B"])
    lease(database, ["A"])
    search(["A", "C"])
    assert sorted(due(database, 10)) == ["B", "C"]


def test_a_part_waits_until_its_time(database, search):
    batch = search(["A", "B"])
    database.run(
        lambda work: work.do(
            "UPDATE hub.batch_items SET not_before = now() + interval '1 hour' WHERE batch_id = %s AND position = 1",
            [batch.id],
        )
    )
    assert due(database, 10) == ["B"]


def test_the_parts_of_a_split_call_come_together(database, search):
    search(["A", "B", "C", "D"])
    database.run(lambda work: work.do("UPDATE hub.batch_items SET call_group = 7 WHERE part_number IN ('A', 'D')"))
    found = database.run(lambda work: items.due_parts(work, wanted=1))
    assert [(part.part_number, part.call_group) for part in found] == [("A", 7), ("D", 7)]


def test_a_cancelled_batch_has_nothing_due(database, search):
    batch = search(["A"])
    search.intake.cancel(batch.id, actor="test")
    assert due(database, 10) == []


def test_a_lease_that_expired_is_taken_away_and_its_fence_holds(database, search):
    search(["A"])
    gone = lease(database, ["A"], seconds=-1)
    expired = database.run(lambda work: leases.take_expired(work, leases.expired(work)))
    assert (expired.id, expired.part_numbers) == (gone, ["A"])
    with pytest.raises(leases.LeaseLostError):
        database.run(lambda work: leases.release(work, gone))


def test_a_renewed_lease_does_not_expire(database, search):
    kept = lease(database, ["A"], seconds=-1)
    database.run(lambda work: leases.renew(work, [kept], seconds=60))
    assert database.run(leases.expired) is None
    assert database.run(lambda work: leases.take_expired(work, kept)) is None


def test_counts_that_do_not_add_up_are_refused_by_the_table(database, search):
    batch = search(["A"])
    with pytest.raises(Exception, match="batches_counts_add_up"):
        database.run(lambda work: batches.move_counts(work, {batch.id: {"failed": 2, "extracted": 1}}))
