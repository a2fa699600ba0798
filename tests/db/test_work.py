"""The unit of work: commits once, runs again after a lost connection, and gives up with a clear message."""

from __future__ import annotations

import threading

import pytest
from tests.support.patience import allow

from boeing_data_hub.db import schema
from boeing_data_hub.db.unit_of_work import Database
from boeing_data_hub.errors import Unavailable

pytestmark = pytest.mark.services


def test_a_step_is_committed_when_it_returns(database):
    database.run(lambda work: work.do("INSERT INTO hub.pacing (line) VALUES ('x')"))
    assert database.run(lambda work: work.value("SELECT count(*) FROM hub.pacing WHERE line = 'x'")) == 1


def test_a_step_that_raises_leaves_nothing_behind(database):
    def step(work):
        work.do("INSERT INTO hub.pacing (line) VALUES ('x')")
        raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        database.run(step)
    assert database.run(lambda work: work.value("SELECT count(*) FROM hub.pacing WHERE line = 'x'")) == 0


def test_work_continues_right_after_postgres_restarts(database, postgres):
    before = database.run(lambda work: work.value("SELECT count(*) FROM hub.pacing"))
    postgres.restart(immediate=True)
    assert database.run(lambda work: work.value("SELECT count(*) FROM hub.pacing"), patience=20) == before


def test_a_deadlock_s_victim_runs_again(database):
    both_hold_one = threading.Barrier(2, timeout=allow(10))
    rows = ("a", "b")
    database.run(lambda work: work.do("INSERT INTO hub.pacing (line, failures) VALUES ('a', 0), ('b', 0)"))
    tries = []

    def crosswise(first, second):
        def step(work):
            tries.append(first)
            work.do("UPDATE hub.pacing SET failures = failures + 1 WHERE line = %s", [first])
            if len(tries) <= 2:
                both_hold_one.wait()
            work.do("UPDATE hub.pacing SET failures = failures + 1 WHERE line = %s", [second])

        database.run(step, patience=10)

    threads = [threading.Thread(target=crosswise, args=pair) for pair in (rows, rows[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=allow(20))
    assert len(tries) == 3
    assert database.run(lambda work: work.value("SELECT min(failures) FROM hub.pacing WHERE line IN ('a', 'b')")) == 2


def test_a_database_that_is_not_there_is_named_as_such():
    database = Database("postgresql://nobody:wrong@127.0.0.1:1/none", size=1)
    with pytest.raises(Unavailable, match="Postgres does not answer"):
        database.run(lambda work: work.value("SELECT 1"), patience=0.1)
    database.close()


def test_each_transaction_has_its_own_limits(database):
    def limits(work):
        names = ("statement_timeout", "idle_in_transaction_session_timeout", "jit")
        return [work.value(f"SHOW {name}") for name in names]

    assert database.run(limits) == ["1min", "10s", "off"]
    assert database.run(limits) == ["1min", "10s", "off"]
    for limit in ("lock_timeout = '800ms'", "statement_timeout = '30min'"):
        assert f"SET LOCAL {limit};" in schema.as_sql()
