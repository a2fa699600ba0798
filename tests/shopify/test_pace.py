"""The shared budget against a real bucket: never overdrawn, and hardly a point of the restore rate wasted."""

from __future__ import annotations

import threading

import psycopg
import pytest
from tests.support.patience import allow, until

from boeing_data_hub.clock import monotonic
from boeing_data_hub.db.unit_of_work import Database
from boeing_data_hub.errors import RateLimited, Reject, Retry
from boeing_data_hub.work.bucket import StoreFigures
from boeing_data_hub.work.budget import SharedBudget

pytestmark = pytest.mark.services

NOTHING = {"input": {"id": "gid://shopify/Product/1"}}  # refused for 10 points, and quick


@pytest.fixture
def processes(database_url):
    """Budgets on connections of their own, as three worker processes have them."""
    databases = [Database(database_url, size=4, name=f"process {number}") for number in range(3)]
    yield [SharedBudget(database, "shopify") for database in databases]
    for database in databases:
        database.close()


def work_off(clients, calls, *, threads=3):
    """Make so many calls over all clients; how long it took, and how many were throttled."""
    left, lock, throttled, broken = [calls], threading.Lock(), [], []

    def one(client):
        while True:
            with lock:
                if left[0] <= 0:
                    return
                left[0] -= 1
            try:
                client.run("product_delete", NOTHING)
            except RateLimited as error:
                throttled.append(error)
            except (Reject, Retry):
                pass
            except Exception as error:
                broken.append(error)
                raise

    workers = [threading.Thread(target=one, args=(client,)) for client in clients for _ in range(threads)]
    started = monotonic()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(allow(60))
    assert broken == []
    return monotonic() - started, len(throttled)


@pytest.mark.alone
def test_three_processes_use_the_whole_rate_and_never_overdraw(store, processes, make_client):
    rate, size, calls = 100.0, 300.0, 60  # ten calls a second: a slow machine can make them, too
    store.settings(plan="standard", restore_rate=rate, bucket_size=size)
    seconds, throttled = work_off([make_client(store.url, budget) for budget in processes], calls)
    stats = store.stats()
    assert throttled == stats["throttled"] == 0
    assert stats["bucket"]["lowest"] >= 0
    assert seconds <= (calls * 10 - size) / (0.9 * rate) + allow(0.05)


@pytest.mark.alone
def test_lost_answers_do_not_wear_the_budget_down(store, processes, make_client):
    rate, size, calls = 150.0, 300.0, 60
    store.settings(plan="standard", restore_rate=rate, bucket_size=size)
    for kind in ("drop_before", "drop_after", "error_before"):
        store.fault(kind, probability=0.05)
    seconds, throttled = work_off([make_client(store.url, budget) for budget in processes], calls)
    assert throttled == 0
    assert seconds <= (store.stats()["pointsSpent"] - size) / (0.75 * rate) + allow(0.05)


def test_points_that_others_spend_are_noticed_at_the_next_answer(store, processes, make_client):
    store.settings(plan="standard", restore_rate=10.0, bucket_size=1_000.0)  # a call's points take a second
    first, second, _ = (make_client(store.url, budget) for budget in processes)
    with pytest.raises(Reject):
        first.run("product_delete", NOTHING)
    store.drain(10_000)
    with pytest.raises(RateLimited):
        first.run("product_delete", NOTHING)
    started = monotonic()
    with pytest.raises(Reject):
        second.run("product_delete", NOTHING)
    assert 0.02 < monotonic() - started < allow(5)
    assert store.stats()["throttled"] == 1


def test_a_larger_plan_is_used_from_the_first_answer_on(store, processes, make_client):
    store.settings(plan="plus")
    client = make_client(store.url, processes[0])
    with pytest.raises(Reject):
        client.run("product_delete", NOTHING)
    account = processes[1].look()
    assert (account.maximum, account.restore_rate, account.known) == (20_000.0, 1_000.0, True)
    assert account.free > 15_000


@pytest.mark.alone
def test_a_fast_store_is_not_held_up_by_questions_to_postgres(store, processes, make_client):
    client = make_client(store.url, processes[0])
    with pytest.raises(Reject):
        client.run("product_delete", NOTHING)
    asked = []
    inner = processes[0].take
    processes[0].take = lambda points, **more: asked.append(points) or inner(points, **more)
    seconds, _ = work_off([client], 200, threads=2)
    assert len(asked) == 200
    assert seconds < allow(2)


def test_work_that_is_stopped_gives_its_points_back(processes):
    first, second, _ = processes
    first.take(10.0)
    first.learn(10.0, spent=10.0, seen=StoreFigures(100.0, 5.0, 0.0))
    stop = threading.Event()
    answers = []
    waiting = threading.Thread(target=lambda: answers.append(second.take(10.0, keep_going=lambda: not stop.is_set())))
    waiting.start()
    stop.set()
    waiting.join(allow(5))
    assert answers == [False]
    assert second.look().free > -5


def test_a_question_that_fails_while_waiting_keeps_no_points(processes):
    budget = processes[0]
    budget.take(10.0)
    budget.learn(10.0, spent=10.0, seen=StoreFigures(100.0, 5.0, 0.0))
    looks = iter([True, True])
    with pytest.raises(StopIteration):
        budget.take(10.0, keep_going=lambda: next(looks))
    assert budget.look().held == 0


def test_what_was_taken_ahead_is_not_used_once_the_bucket_is_seen_empty(processes):
    budget = processes[0]
    for level in (1_990.0, 1_980.0):
        assert budget.take(10.0)
        budget.learn(10.0, spent=10.0, seen=StoreFigures(2_000.0, 100.0, level))
    budget.take(10.0)
    budget.learn(10.0, spent=0.0, seen=StoreFigures(2_000.0, 100.0, 0.0))
    started = monotonic()
    assert budget.take(10.0)
    assert monotonic() - started >= 0.4


def test_a_process_that_ends_gives_back_what_it_took_ahead(processes):
    budget = processes[0]
    for _ in range(2):
        assert budget.take(10.0)
        budget.learn(10.0, spent=10.0, seen=StoreFigures(2_000.0, 100.0, 1_900.0))
    assert budget.look().held > 100
    budget.close()
    assert budget.look().held == 0
    assert budget.look().free > 1_700


def test_a_refusal_without_figures_makes_everyone_wait(processes):
    first, second, _ = processes
    first.take(10.0)
    first.learn(10.0, spent=10.0, seen=StoreFigures(2_000.0, 100.0, 1_990.0))
    first.refused(0.5)
    started = monotonic()
    assert second.take(10.0)
    assert monotonic() - started >= 0.45


def test_a_call_dearer_than_the_bucket_waits_for_a_full_one(processes):
    budget = processes[0]
    budget.take(10.0)
    budget.learn(10.0, spent=10.0, seen=StoreFigures(50.0, 100.0, 40.0))
    assert budget.take(500.0)
    budget.learn(500.0, spent=0.0, seen=StoreFigures(50.0, 100.0, 50.0))
    assert budget.take(10.0)


def test_a_slow_account_holds_up_no_thread_that_has_points(processes, database_url):
    budget = processes[0]
    for _ in range(2):  # from the second call on, points are taken ahead
        assert budget.take(10.0)
        budget.learn(10.0, spent=10.0, seen=StoreFigures(2_000.0, 100.0, 1_900.0))
    assert budget.take(10.0)
    with psycopg.connect(database_url) as other:
        other.execute("SELECT * FROM hub.budgets FOR UPDATE")  # whoever asks the account waits
        answers: list[bool] = []
        waiting = threading.Thread(target=lambda: answers.append(budget.take(1_000.0)), daemon=True)
        waiting.start()
        until(lambda: _is_waiting(other), what="a thread that waits for the account")
        budget.learn(10.0, spent=10.0)
        assert budget.take(10.0)
        assert answers == []
        other.rollback()
    waiting.join(allow(20))
    assert answers == [True]


def _is_waiting(connection):
    [[count]] = connection.execute("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchall()
    return count > 0
