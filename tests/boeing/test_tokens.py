"""Tokens are fetched once, renewed in time, and never by two threads at once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from pydantic import SecretStr
from tests.support.patience import allow

from boeing_data_hub.boeing.exchange import Exchange
from boeing_data_hub.boeing.tokens import Tokens
from boeing_data_hub.errors import HubError, PauseUpstream, RateLimited, Retry


class Clock:
    def __init__(self):
        self.time = 1000.0

    def __call__(self):
        return self.time


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def make_tokens(make_access, clock):
    opened = []

    def make(**changes):
        exchange = Exchange(connect_timeout=allow(1), max_body_bytes=100_000)
        opened.append(exchange)
        return Tokens(make_access(**changes), exchange, monotonic=clock)

    yield make
    for exchange in opened:
        exchange.close()


@pytest.fixture
def tokens(make_tokens):
    return make_tokens()


def together(count, act):
    """Run `act` in threads that start at once; returns values and errors."""
    start = threading.Barrier(count)

    def run(_):
        start.wait(allow(10))
        try:
            return act()
        except HubError as error:
            return error

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def test_a_login_sends_each_secret_where_it_belongs(tokens, boeing):
    headers = tokens.current().headers
    oauth, part = boeing.calls
    assert oauth.body == (
        b"client_id=canary-client-id&client_secret=canary-client-secret"
        b"&scope=api%3A%2F%2Fhelixapis.com%2F.default&grant_type=client_credentials"
    )
    assert part.headers["x-username"] == "canary-username"
    assert part.headers["x-password"] == "canary-password"
    assert part.headers["authorization"] == headers["authorization"] == "Bearer bearer-canary-1"
    assert headers["x-boeing-parts-authorization"] == "part-canary-1"
    assert part.headers["user-agent"].startswith("boeing-data-hub/")


@pytest.mark.parametrize("key", ["x-part-access-token", "access_token"])
def test_the_part_token_may_come_in_the_body(tokens, boeing, respond, key):
    boeing.script["/part-token"] = [respond(body=b'{"%s": "from-body"}' % key.encode())]
    assert tokens.current().headers["x-boeing-parts-authorization"] == "from-body"


def test_no_token_shows(tokens):
    assert "canary" not in repr(tokens.current()) + repr(tokens)


def test_one_login_serves_many_calls(tokens, boeing):
    assert len({tokens.current().generation for _ in range(5)}) == 1
    assert boeing.logins == 1


def test_eight_threads_without_tokens_log_in_once(tokens, boeing):
    pairs = together(8, tokens.current)
    assert {pair.generation for pair in pairs} == {1}
    assert boeing.paths() == ["/oauth", "/part-token"]


def test_eight_threads_with_expired_tokens_log_in_once(tokens, boeing, clock):
    tokens.current()
    clock.time += 3601
    assert {pair.generation for pair in together(8, tokens.current)} == {2}
    assert boeing.paths() == ["/oauth", "/part-token"] * 2


def test_eight_threads_refused_with_the_same_tokens_log_in_once(tokens, boeing):
    pair = tokens.current()
    assert together(8, lambda: tokens.refused(pair)) == [None] * 8
    assert tokens.current().generation == 2
    assert boeing.paths() == ["/oauth", "/part-token"] * 2


@pytest.mark.parametrize(("told", "renewed_after"), [(3600, 2880), ("3600", 2880), (100, 80), (0.5, 0.4)])
def test_tokens_are_renewed_before_their_end(tokens, boeing, clock, told, renewed_after):
    boeing.expires_in = told
    tokens.current()
    clock.time += renewed_after - 0.01
    assert tokens.current().generation == 1
    clock.time += 0.02
    assert tokens.current().generation == 2


@pytest.mark.parametrize("told", [None, 0, -5, "soon", True, [], 10**400])
def test_tokens_of_unknown_life_live_until_they_are_refused(tokens, boeing, clock, told):
    boeing.expires_in = told
    pair = tokens.current()
    clock.time += 1e9
    assert tokens.current() is pair


def test_while_one_thread_renews_in_time_the_others_go_on(tokens, boeing, clock, wait):
    tokens.current()
    clock.time += 3550
    boeing.login_gate.clear()
    renewing = threading.Thread(target=tokens.current)
    renewing.start()
    wait.until(lambda: boeing.count("/oauth") == 2)
    assert tokens.current().generation == 1
    boeing.login_gate.set()
    renewing.join(allow(10))
    assert tokens.current().generation == 2


def test_tokens_near_their_end_serve_on_when_they_cannot_be_renewed(tokens, boeing, respond, clock):
    tokens.current()
    clock.time += 3550
    boeing.script["/oauth"] = [respond(503), respond(503)]
    assert tokens.current().generation == 1
    clock.time += 51
    with pytest.raises(Retry):
        tokens.current()


@pytest.mark.parametrize("path", ["/oauth", "/part-token"])
@pytest.mark.parametrize("status", [400, 401, 403])
def test_wrong_credentials_stop_the_line(tokens, boeing, respond, path, status):
    boeing.script[path] = [respond(status, b"canary-client-secret")]
    with pytest.raises(PauseUpstream) as caught:
        tokens.current()
    assert caught.value.code == "boeing_credentials"
    assert "canary" not in repr(vars(caught.value)) + str(caught.value)


@pytest.mark.parametrize("path", ["/oauth", "/part-token"])
def test_too_many_logins_slow_the_line(tokens, boeing, respond, path):
    boeing.script[path] = [respond(429, retry_after="17")]
    with pytest.raises(RateLimited) as caught:
        tokens.current()
    assert caught.value.retry_after == 17


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("/oauth", {"status": 500, "body": b"bearer-canary"}),
        ("/part-token", {"status": 503}),
        ("/oauth", {"status": 302, "location": "/x"}),
        ("/oauth", {"body": b"<html>bearer-canary"}),
        ("/oauth", {"body": b'{"access_token": ""}'}),
        ("/oauth", {"body": b'{"access_token": "a\\nb"}'}),
        ("/oauth", {"body": b'{"access_token": 5}'}),
        ("/oauth", {"body": b"[" * 100_000}),
        ("/part-token", {"body": b"bearer-canary" * 100_000}),
        ("/part-token", {}),
        ("/part-token", {"body": b'{"token": "part-canary"}'}),
        ("/part-token", {"x_part_access_token": "a b"}),
    ],
)
def test_a_login_that_goes_wrong_concerns_the_whole_line_and_keeps_nothing(tokens, boeing, respond, path, sent):
    boeing.script[path] = [respond(**sent)]
    with pytest.raises(Retry) as caught:
        tokens.current()
    assert caught.value.whole_line
    assert caught.value.raw is None
    assert caught.value.__cause__ is None


def test_a_login_that_hangs_ends_in_time(make_tokens, boeing):
    boeing.script["/oauth"] = [lambda _: boeing.over.wait(allow(10)) and None]
    with pytest.raises(Retry) as caught:
        make_tokens(token_timeout=0.3).current()
    assert (caught.value.code, caught.value.whole_line) == ("boeing_timeout", True)


def test_a_failed_login_is_shared_by_those_who_waited_for_it(tokens, boeing, respond, clock):
    boeing.login_gate.clear()

    def failing(connection):
        boeing.login_gate.wait(allow(10))
        connection.sendall(respond(503, retry_after="4", connection="close"))

    boeing.script["/oauth"] = [failing]
    threading.Timer(0.2, boeing.login_gate.set).start()
    errors = together(8, tokens.current)
    assert {type(error) for error in errors} == {Retry}
    assert {error.retry_after for error in errors} == {4}
    assert len({id(error) for error in errors}) == 8, "each thread has an error of its own"
    assert boeing.count("/oauth") == 1
    clock.time += 4.1
    assert tokens.current().generation == 1


@pytest.mark.parametrize("name", ["client_id", "client_secret", "username", "password"])
@pytest.mark.parametrize("value", ["", "  ", "two\nlines", "nul\x00"])
def test_a_missing_or_unusable_credential_stops_the_line_without_a_call(make_tokens, boeing, name, value):
    with pytest.raises(PauseUpstream, match=f"BOEING_{name.upper()}") as caught:
        make_tokens(**{name: SecretStr(value)}).current()
    assert caught.value.code == "boeing_credentials"
    assert boeing.calls == []


def test_spaces_around_a_credential_are_removed(make_tokens, boeing):
    make_tokens(password=SecretStr("pässword\n")).current()
    assert boeing.calls[1].headers["x-password"].encode("latin-1").decode() == "pässword"


class TestRefusals:
    def test_a_first_refusal_renews(self, tokens):
        tokens.refused(tokens.current())
        assert tokens.current().generation == 2

    def test_a_second_refusal_in_a_row_stops_the_line(self, tokens):
        tokens.refused(tokens.current())
        with pytest.raises(PauseUpstream) as caught:
            tokens.refused(tokens.current())
        assert caught.value.code == "boeing_credentials"

    def test_after_a_stop_each_attempt_is_one_login_and_one_refusal(self, tokens, boeing, clock):
        tokens.refused(tokens.current())
        for logins in (2, 3, 4):
            pair = tokens.current()
            assert boeing.logins == logins
            with pytest.raises(PauseUpstream):
                tokens.refused(pair)
            with pytest.raises(PauseUpstream):
                tokens.current()  # without a login: it is everybody's failure for a while, longer each time
            clock.time += 901

    def test_an_acceptance_ends_the_probation(self, tokens):
        tokens.refused(tokens.current())
        tokens.accepted(tokens.current())
        tokens.refused(tokens.current())
        assert tokens.current().generation == 3

    def test_tokens_that_were_good_for_long_and_ran_out_are_renewed(self, tokens):
        for _ in range(5):
            pair = tokens.current()
            tokens.accepted(pair)
            tokens.refused(pair)

    def test_refusals_of_old_tokens_that_come_late_do_no_harm(self, tokens, boeing):
        old = tokens.current()
        tokens.refused(old)
        tokens.current()
        for _ in range(7):
            tokens.refused(old)
        assert boeing.logins == 2

    def test_tokens_that_lay_unused_for_a_minute_are_renewed(self, tokens, boeing, clock):
        boeing.expires_in = None
        tokens.refused(tokens.current())
        pair = tokens.current()
        clock.time += 61
        tokens.refused(pair)
        assert tokens.current().generation == 3

    def test_refused_tokens_are_not_used_again_when_they_cannot_be_renewed(self, tokens, boeing, respond, clock):
        pair = tokens.current()
        boeing.script["/oauth"] = [respond(500)]
        with pytest.raises(Retry):
            tokens.refused(pair)
        clock.time += 2
        assert tokens.current().generation == 2
