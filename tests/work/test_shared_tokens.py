"""All processes share one token: one fetches, the others wait or continue, and nobody asks more often than useful."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import psycopg
import pytest
from tests.support.patience import allow

from boeing_data_hub.db.unit_of_work import Database
from boeing_data_hub.errors import HubError, PauseUpstream, RateLimited, Retry, Unavailable
from boeing_data_hub.work import access_token_rows, token_state
from boeing_data_hub.work.access_token import FreshToken, TokenRules
from boeing_data_hub.work.shared_tokens import SharedTokens
from boeing_data_hub.work.token_memory import PostgresMemory, fingerprint
from boeing_data_hub.work.token_state import TokenState

pytestmark = pytest.mark.services

NEVER_GOOD = PauseUpstream("Tokens are handed out and then refused.", code="credentials")


class Issuer:
    """The other side: counts what it hands out, and can be slow or refuse."""

    def __init__(self, *, lives=3600.0, slow=0.0):
        self.lives = lives
        self.slow = threading.Event() if slow else None
        self.seconds = slow
        self.fetches = 0
        self.error = None
        self.olds = []
        self.lock = threading.Lock()

    def __call__(self, old):
        with self.lock:
            self.fetches += 1
            number = self.fetches
            self.olds.append(old)
        if self.slow is not None:
            self.slow.wait(self.seconds)
        if self.error is not None:
            raise self.error
        return FreshToken(secret={"token": f"secret-{number}"}, lives=self.lives, facts={"scope": "write_products"})


@pytest.fixture
def processes(database_url):
    """Makes what each process has: a pool of its own, and a memory of its own."""
    pools = []

    def make(issuer, *, credentials="first", rules=None):
        pools.append(Database(database_url))
        memory = PostgresMemory(pools[-1], "shopify:parts", fingerprint(credentials))
        return SharedTokens(memory, issuer, never_good=NEVER_GOOD, rules=rules or TokenRules())

    yield make
    for pool in pools:
        pool.close()


def age(url, seconds):
    """Let so many seconds pass by the database's clock."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "UPDATE hub.access_tokens SET obtained_at = obtained_at - %(by)s * interval '1 second',"
            " renew_at = renew_at - %(by)s * interval '1 second',"
            " expires_at = expires_at - %(by)s * interval '1 second',"
            " fetch_until = fetch_until - %(by)s * interval '1 second',"
            " failed_until = failed_until - %(by)s * interval '1 second'",
            {"by": seconds},
        )


def together(acts):
    start = threading.Barrier(len(acts))

    def run(act):
        start.wait(allow(10))
        try:
            return act()
        except HubError as error:
            return error

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def test_processes_and_threads_that_meet_fetch_one_token(processes):
    issuer = Issuer(slow=0.3)
    several = [processes(issuer) for _ in range(4)]
    tokens = together([each.current for each in several for _ in range(4)])
    assert issuer.fetches == 1
    assert {token.secret["token"] for token in tokens} == {"secret-1"}
    assert {token.generation for token in tokens} == {1}
    assert tokens[0].facts == {"scope": "write_products"}


def test_a_process_that_starts_later_uses_the_same_token(processes):
    issuer = Issuer()
    processes(issuer).current()
    assert processes(issuer).current().secret["token"] == "secret-1"
    assert issuer.fetches == 1


def test_at_four_fifths_of_its_life_one_renews_and_the_others_go_on(processes, direct_url):
    issuer = Issuer(lives=1000.0)
    quick = TokenRules(look_every=0.0)
    one, other = processes(issuer, rules=quick), processes(issuer, rules=quick)
    assert one.current() == other.current()
    age(direct_url, 799)
    assert one.current().generation == 1
    age(direct_url, 2)
    issuer.slow, issuer.seconds = threading.Event(), 30
    with ThreadPoolExecutor(1) as pool:
        renewing = pool.submit(one.current)
        while issuer.fetches < 2:
            threading.Event().wait(0.01)
        assert other.current().generation == 1  # without waiting
        issuer.slow.set()
        assert renewing.result(20).generation == 2
    assert other.current().generation == 2
    assert issuer.olds[1].secret["token"] == "secret-1"


def test_many_who_were_refused_the_same_token_fetch_one(processes):
    issuer = Issuer(slow=0.2)
    several = [processes(issuer) for _ in range(3)]
    stale = several[0].current()
    tokens = together([lambda each=each: each.renew(stale.generation) for each in several for _ in range(3)])
    assert {token.generation for token in tokens} == {2}
    assert issuer.fetches == 2


def test_an_expired_token_is_never_handed_out(processes, direct_url):
    issuer = Issuer(lives=100.0)
    processes(issuer).current()
    age(direct_url, 101)
    assert processes(issuer).current().generation == 2


def test_changed_credentials_never_use_an_old_token_nor_an_old_failure(processes):
    issuer = Issuer()
    old, new = processes(issuer), processes(issuer, credentials="second")
    assert old.current().secret["token"] == "secret-1"
    assert new.current().secret["token"] == "secret-2"
    assert old.current().secret["token"] == "secret-1"
    issuer.error = PauseUpstream("refused", code="credentials")
    for each in (old, new):
        with pytest.raises(PauseUpstream):
            each.renew(1)
    issuer.error = None
    assert processes(issuer, credentials="third").current().secret["token"] == "secret-5"


@pytest.mark.parametrize(
    ("error", "shared"),
    [
        (PauseUpstream("The secret was refused.", code="shopify_credentials"), 60.0),
        (Retry("It did not answer.", code="timeout", whole_line=True), 1.0),
        (RateLimited("Too many.", code="throttled", retry_after=40.0, whole_line=True), 40.0),
    ],
)
def test_a_failed_fetch_is_the_failure_of_all_for_a_while(processes, direct_url, error, shared):
    issuer = Issuer(slow=0.2)
    issuer.error = error
    several = [processes(issuer) for _ in range(4)]
    failures = together([each.current for each in several for _ in range(3)])
    assert issuer.fetches == 1
    assert {type(failure) for failure in failures} == {type(error)}
    assert {(failure.code, failure.message) for failure in failures} == {(error.code, error.message)}
    with psycopg.connect(direct_url) as connection:
        (lasts,) = connection.execute("SELECT failed_until - updated_at FROM hub.access_tokens").fetchone()
    assert shared <= lasts.total_seconds() < shared + allow(20)
    age(direct_url, shared + 60)
    issuer.error = None
    assert several[0].current().generation == 1
    assert several[1].current().generation == 1


def test_refused_credentials_cost_a_few_fetches_an_hour(processes, direct_url):
    issuer = Issuer()
    issuer.error = PauseUpstream("refused", code="credentials")
    tokens = processes(issuer)
    for _second in range(0, 3600, 10):
        with pytest.raises(PauseUpstream):
            tokens.current()
        age(direct_url, 10)
    assert 3 <= issuer.fetches <= 7


def test_a_person_who_insists_is_not_held_up_by_a_failure_of_before(processes):
    issuer = Issuer()
    issuer.error = PauseUpstream("refused", code="credentials")
    workers, doctor = processes(issuer), processes(issuer)
    with pytest.raises(PauseUpstream):
        workers.current()
    issuer.error = None
    assert doctor.renew(0, insist=True).generation == 1
    assert workers.current().generation == 1


@pytest.mark.parametrize("error", [Retry("later", whole_line=True), PauseUpstream("the secret was rotated")])
def test_a_token_is_used_until_it_expires_while_renewing_fails(processes, direct_url, error):
    issuer = Issuer(lives=100.0)
    tokens = processes(issuer, rules=TokenRules(look_every=0.0))
    tokens.current()
    issuer.error = error
    age(direct_url, 85)
    for _ in range(5):
        assert tokens.current().generation == 1
    assert issuer.fetches == 2
    assert tokens.state().failure.message == error.message
    age(direct_url, 16)
    with pytest.raises(type(error)):
        processes(issuer).current()


def test_tokens_that_are_given_and_refused_count_as_refused_credentials(processes):
    issuer = Issuer()
    one, other = processes(issuer), processes(issuer)
    first = one.current()
    second = one.refused(first)
    assert second.on_probation
    with pytest.raises(PauseUpstream, match="handed out"):
        other.refused(second)
    for _ in range(3):
        with pytest.raises(PauseUpstream, match="handed out"):
            processes(issuer).current()
    assert issuer.fetches == 2


def test_a_late_refusal_of_an_old_token_changes_nothing(processes):
    issuer = Issuer()
    one, other = processes(issuer), processes(issuer)
    first = one.current()
    second = one.refused(first)
    one.accepted(second)
    assert other.refused(first) == second
    assert other.refused(first) == second
    assert issuer.fetches == 2


def test_an_accepted_token_ends_the_probation(processes):
    issuer = Issuer()
    tokens = processes(issuer)
    first = tokens.current()
    tokens.accepted(first)
    second = tokens.refused(first)
    tokens.accepted(second)
    third = tokens.refused(second)
    assert (third.generation, third.on_probation) == (3, True)
    tokens.accepted(third)
    assert tokens.current() == third


_HOLDER = """
import sys, time
from boeing_data_hub.errors import PauseUpstream
from boeing_data_hub.db.unit_of_work import Database
from boeing_data_hub.work.token_memory import PostgresMemory, fingerprint
from boeing_data_hub.work.token_state import TokenState
from boeing_data_hub.work.shared_tokens import SharedTokens

def fetch(old):
    print("fetching", flush=True)
    time.sleep(600)

memory = PostgresMemory(Database(sys.argv[1]), "shopify:parts", fingerprint("first"))
SharedTokens(memory, fetch, never_good=PauseUpstream("x")).current()
"""


def test_the_claim_of_a_killed_process_ends_within_seconds_and_another_one_fetches(processes, database_url):
    with subprocess.Popen(
        [sys.executable, "-c", _HOLDER, database_url], stdout=subprocess.PIPE, env=dict(os.environ), text=True
    ) as holder:
        assert holder.stdout.readline() == "fetching\n"
        holder.send_signal(signal.SIGKILL)
    issuer = Issuer()
    several = [processes(issuer, rules=TokenRules(patience=20.0)) for _ in range(3)]
    tokens = together([each.current for each in several])
    assert {token.generation for token in tokens} == {1}
    assert issuer.fetches == 1


def test_a_run_says_that_it_waits_for_an_access_token(processes, database):
    issuer = Issuer(slow=30)
    tokens = processes(issuer)
    assert database.run(access_token_rows.awaited) == frozenset()
    with ThreadPoolExecutor(1) as pool:
        pending = pool.submit(tokens.current)
        while not issuer.fetches:
            threading.Event().wait(0.01)
        assert database.run(access_token_rows.awaited) == {"shopify"}
        issuer.slow.set()
        pending.result(20)
    assert database.run(access_token_rows.awaited) == frozenset()


def test_a_fetch_may_take_longer_than_its_claim_lasts_without_a_heartbeat(processes):
    issuer = Issuer(slow=2.5)
    several = [processes(issuer, rules=TokenRules(claim=0.6)) for _ in range(3)]
    tokens = together([each.current for each in several])
    assert {token.generation for token in tokens} == {1}
    assert issuer.fetches == 1


def test_a_fetch_whose_claim_has_ended_does_not_replace_what_came_after_it(processes, direct_url):
    slow, quick = Issuer(slow=30), Issuer()
    with ThreadPoolExecutor(1) as pool:
        late = pool.submit(processes(slow, rules=TokenRules(claim=60.0)).current)  # frozen: no heartbeat for 20 s
        while not slow.fetches:
            threading.Event().wait(0.01)
        age(direct_url, 61)
        other = processes(quick)
        quick.fetches = 10
        assert other.current().secret["token"] == "secret-11"
        slow.slow.set()
        assert late.result(20).secret["token"] == "secret-11"
    assert processes(quick).current().secret["token"] == "secret-11"


def test_waiting_for_another_process_has_an_end(processes, direct_url):
    slow = Issuer(slow=30)
    with ThreadPoolExecutor(1) as pool:
        late = pool.submit(processes(slow).current)
        while not slow.fetches:
            threading.Event().wait(0.01)
        with pytest.raises(Retry) as awaited:
            processes(Issuer(), rules=TokenRules(patience=0.2)).current()
        assert awaited.value.whole_line
        slow.slow.set()
        late.result(20)


def test_a_fetch_that_breaks_off_releases_its_claim(processes):
    issuer = Issuer()
    issuer.error = ValueError("a fault of ours")
    tokens = processes(issuer)
    with pytest.raises(ValueError, match="of ours"):
        tokens.current()
    issuer.error = None
    assert tokens.current().generation == 1


def test_without_postgres_a_known_token_serves_on_and_an_unknown_one_is_unavailable(direct_url):
    pool = Database(direct_url)
    issuer = Issuer()
    memory = PostgresMemory(pool, "shopify:parts", "f")
    tokens = SharedTokens(memory, issuer, never_good=NEVER_GOOD, rules=TokenRules(look_every=0.0))
    tokens.current()
    pool.close()
    gone = Database("postgresql://nobody@127.0.0.1:1/nothing")
    try:
        tokens_without = SharedTokens(PostgresMemory(gone, "shopify:parts", "f"), issuer, never_good=NEVER_GOOD)
        with pytest.raises(Unavailable):
            tokens_without.current()
    finally:
        gone.close()


def test_no_secret_shows_in_a_repr(processes):
    tokens = processes(Issuer())
    held = tokens.current()
    state = tokens.state()
    for each in (held, state, tokens, FreshToken(secret={"token": "secret-1"}), replace(state, token=held)):
        assert "secret-1" not in repr(each)


def test_fingerprints_tell_apart_what_only_joins_to_the_same():
    assert fingerprint("ab", "c") != fingerprint("a", "bc")
    assert fingerprint("ab", "c") == fingerprint("ab", "c")


def test_credentials_that_are_long_out_of_use_are_forgotten(processes, direct_url):
    issuer = Issuer(lives=100.0)
    processes(issuer).current()
    age(direct_url, 200)
    with psycopg.connect(direct_url, autocommit=True) as connection:
        connection.execute("UPDATE hub.access_tokens SET updated_at = now() - interval '3 days'")
        processes(issuer, credentials="second").current()
        assert connection.execute("SELECT count(*) FROM hub.access_tokens").fetchone() == (1,)


def test_a_rejected_token_is_still_there_to_be_renewed_by(processes):
    issuer = Issuer()
    tokens = processes(issuer)
    tokens.refused(tokens.current())
    assert issuer.olds[1].secret["token"] == "secret-1"


def test_a_token_that_a_person_brings_replaces_what_was_refused(processes):
    issuer = Issuer()
    one, other = processes(issuer), processes(issuer)
    second = one.refused(one.current())
    with pytest.raises(PauseUpstream):
        one.refused(second)
    other.give(FreshToken(secret={"token": "brought"}))
    assert one.current().secret["token"] == "brought"
    assert not one.current().on_probation


def test_a_claim_whose_commit_had_no_reply_is_taken_again_by_its_own_process_and_by_no_other():
    now = datetime(2026, 11, 30, tzinfo=UTC)
    claimed, first = token_state.ask(TokenState(), now, TokenRules(), stale=0, who="this one")
    _, again = token_state.ask(claimed, now, TokenRules(), stale=0, who="this one")
    _, other = token_state.ask(claimed, now, TokenRules(), stale=0, who="another")
    assert (type(first), type(again), type(other)) == (token_state.Fetch, token_state.Fetch, token_state.Wait)
