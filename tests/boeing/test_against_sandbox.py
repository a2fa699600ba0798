"""The client and the stand-in are written apart; here they meet, fault by fault."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from pydantic import SecretStr
from tests.support.patience import allow

from boeing_data_hub.boeing.access import BoeingAccess
from boeing_data_hub.boeing.client import BoeingClient, TokenRefused
from boeing_data_hub.boeing.wire import Answer
from boeing_data_hub.errors import PauseUpstream, RateLimited, Reject, Retry
from boeing_data_hub_sandbox.boeing.control_client import BoeingSandboxControl, environment


@pytest.fixture(scope="module")
def control():
    command = [sys.executable, "-m", "boeing_data_hub_sandbox.boeing", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address = process.stdout.readline().split()[-1]
        with BoeingSandboxControl(address) as opened:
            opened.settings(limit=0)
            yield opened
        process.terminate()


@pytest.fixture
def make_client(control):
    named = environment(control.base_url)
    made: list[BoeingClient] = []

    def make(**changes):
        values = {
            "oauth_url": named["BOEING_OAUTH_TOKEN_URL"],
            "part_token_url": named["BOEING_PNA_OAUTH_URL"],
            "price_url": named["BOEING_PNA_PRICE_URL"],
            **{name: SecretStr(f"canary-{name}") for name in ("client_id", "client_secret", "username", "password")},
        }
        made.append(BoeingClient(BoeingAccess(**{**values, **changes})))
        return made[-1]

    control.clear_faults()
    control.reset()
    yield make
    for client in made:
        client.close()


def test_a_part_is_answered(make_client):
    (item,) = make_client().ask(["P512777=K3"]).line_items
    assert (item["quantity"], str(item["listPrice"])) == (557, "430.01")


def test_eight_threads_survive_the_end_of_all_tokens_with_one_login(make_client, control):
    client = make_client()
    client.ask(["P512777=K3"])
    control.expire_tokens()
    start = threading.Barrier(8)

    def ask(_):
        start.wait(allow(10))
        for _ in range(2):
            try:
                return client.ask(["P512777=K3"])
            except TokenRefused:
                continue
        return None

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(8)))
    assert all(isinstance(answer, Answer) for answer in answers)


@pytest.mark.alone
def test_every_fault_of_the_stand_in_is_an_answer_or_one_of_our_errors(make_client, control):
    met = {}
    for kind in control.kinds():
        client = make_client(call_deadline=allow(0.2), token_timeout=allow(0.2))
        number = control.fault(kind, times=1)
        try:
            outcome = client.ask(["P512777=K3", "WF338109=K3"])
        except (Retry, Reject, PauseUpstream) as error:
            outcome = error
        assert control.faults()[number]["fired"] == 1, kind
        control.clear_faults()
        met[kind] = type(outcome), getattr(outcome, "code", None)
    assert len(met) > 20
    assert met["oauth_refused"] == met["part_token_refused"] == (PauseUpstream, "boeing_credentials")
    assert met["token_expired"] == met["token_rejected"] == (TokenRefused, "boeing_token_refused")
    assert met["forbidden"] == (Reject, "boeing_forbidden")
    assert met["bad_request"] == (Reject, "boeing_rejected")
    assert met["rate_limited"] == (RateLimited, "rate_limited")
    assert met["drip"] == met["never_answers"] == met["slow"] == (Retry, "boeing_timeout")
    assert met["closed"] == met["cut"] == (Retry, "boeing_connection_lost")
    for kind in ("html", "truncated", "gzip_bomb", "endless", "deep_nesting", "bad_number"):
        assert met[kind] == (Retry, "boeing_malformed"), kind
    assert met["renamed_field"] == (Retry, "boeing_schema_changed")
    assert met["not_found"] == met["no_line_items"] == (Answer, None)
