"""Rates, places and security events: one caller's excess is rejected at once, reported, and costs others nothing."""

from __future__ import annotations

import threading
from contextlib import ExitStack

import anyio
import pytest
from fastapi import Request
from fastapi.testclient import TestClient

from boeing_data_hub import telemetry
from boeing_data_hub.web import rates
from boeing_data_hub.web.app import create_app
from boeing_data_hub.web.places import APPROVALS, PLANS, STORE_CALLS
from boeing_data_hub.web.rates import Policy, Rates
from boeing_data_hub.web.security_events import SENTENCES

services = pytest.mark.services


def counted(event):
    return telemetry.REGISTRY.get_sample_value("hub_security_events_total", {"event": event}) or 0.0


def test_a_rate_counts_each_caller_and_policy_separately():
    counting = Rates()
    policies = [Policy("requests", 3), Policy("changes", 2), Policy("unlimited", 0)]
    for _ in range(2):
        assert not any(one.is_over for one in counting.take("a", policies))
    over = [one for one in counting.take("a", policies) if one.is_over]
    assert [(one.policy.name, one.is_first_over) for one in over] == [("changes", True)]
    again = [one for one in counting.take("a", policies) if one.policy.name == "changes"]
    assert [(one.is_over, one.is_first_over) for one in again] == [(True, False)]
    assert not any(one.is_over for one in counting.take("b", policies))


def test_the_header_fields_are_those_of_the_draft():
    standings = Rates().take("a", [Policy("requests", 3), Policy("changes", 2)])
    told = rates.fields(standings)
    assert told["RateLimit-Policy"] == '"requests";q=3;w=60, "changes";q=2;w=60'
    assert told["RateLimit"] == '"requests";r=2;t=60, "changes";r=1;t=60'


@services
class TestWithSmallRates:
    @pytest.fixture
    def settings(self):
        return {
            "hub_rate_requests": 6,
            "hub_rate_changes": 2,
            "hub_quote_rate": 1,
            "hub_quote_webhook_secret": "s" * 32,
        }

    def test_a_key_sees_its_remaining_requests_and_is_then_rejected(self, api, make_key):
        before = counted("rate_limited")
        answers = [api.get("/api/batches") for _ in range(8)]
        assert [answer.status_code for answer in answers] == [200] * 6 + [429] * 2
        assert answers[0].headers["ratelimit"].startswith('"requests";r=5;t=')
        assert answers[6].json()["code"] == "rate_limited"
        assert 1 <= int(answers[6].headers["retry-after"]) <= 60
        assert counted("rate_limited") == before + 1  # for the minute, not for each
        assert api.get("/api/batches", headers={"Authorization": f"Bearer {make_key('read')}"}).status_code == 200
        assert api.get("/health").status_code == 200

    def test_what_starts_something_has_a_rate_of_its_own(self, api):
        answers = [api.post("/api/bulk-search", json={"part_numbers": [f"A{n}"]}) for n in range(3)]
        assert [answer.status_code for answer in answers] == [202, 202, 429]
        assert api.get("/api/batches").status_code == 200

    def test_the_quote_webhook_has_one(self, anonymous):
        secret = {"X-Webhook-Secret": "s" * 32}
        asked = {"rfq_number": "1", "requested_parts": "A1", "requested_qty": "1"}
        answers = [anonymous.post("/api/zap/webhook", json=asked, headers=secret) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [200, 429]

    def test_strangers_use_up_nobody_s_rate(self, api, anonymous):
        for _ in range(20):
            api.get("/api/batches", headers={"Authorization": "Bearer bdh_00000000_x"})
        assert api.get("/api/batches").status_code == 200


@services
class TestEvents:
    def test_a_rejected_key_leaves_a_line_without_it_and_a_count(self, anonymous, capfd):
        before = counted("key_rejected")
        key = "bdh_0a1b2c3d_" + "canary" * 7
        for method in ("GET", "POST"):
            anonymous.request(
                method, "/api/bulk-search" if method == "POST" else "/api/batches", headers={"X-API-Key": key}
            )
        assert counted("key_rejected") == before + 2
        out, err = capfd.readouterr()
        assert "an API key was rejected" in out + err
        assert "0a1b2c3d" in out + err
        assert "canary" not in out + err

    def test_so_do_a_missing_scope_a_used_link_and_throttled_sign_ins(self, anonymous, make_key):
        before = {event: counted(event) for event in SENTENCES}
        anonymous.post("/api/bulk-search", json={"part_numbers": ["A"]}, headers={"X-API-Key": make_key("read")})
        ours = {"Origin": "http://testserver", "Sec-Fetch-Site": "same-origin"}
        anonymous.post("/sign-in/unknown", headers=ours)
        for _ in range(11):
            anonymous.post("/sign-in", data={"key": "wrong"}, headers=ours)
        anonymous.post("/sign-in", data={"key": "wrong"}, headers={"Origin": "https://testserver"})
        anonymous.post("/api/zap/webhook", headers={"X-Webhook-Secret": "wrong"})
        told = {event for event in SENTENCES if counted(event) > before[event]}
        signing_in = {"link_rejected", "sign_in_failed", "sign_in_throttled", "form_cross_site"}
        assert signing_in | {"scope_missing", "webhook_rejected"} <= told


@services
def test_where_no_place_is_free_the_answer_is_503_at_once(api):
    with ExitStack() as full:
        for places, most in ((PLANS, 16), (APPROVALS, 4), (STORE_CALLS, 8)):
            for _ in range(most):
                full.enter_context(places.one())
        answer = api.post("/api/plans/00000000-0000-0000-0000-000000000000/approve")
        assert (answer.status_code, answer.json()["code"]) == (503, "busy")
        assert answer.headers["retry-after"] == "5"


@services
def test_health_and_readiness_answer_while_all_threads_and_connections_are_busy(anonymous, hub, stages):
    stages.pulse("extraction", "normalization", "default")
    go_on = threading.Event()

    async def hold_every_thread():
        limiter = anyio.to_thread.current_default_thread_limiter()
        held = [object() for _ in range(int(limiter.total_tokens))]
        for one in held:
            limiter.acquire_on_behalf_of_nowait(one)
        return limiter, held

    async def release(limiter, held):
        for one in held:
            limiter.release_on_behalf_of(one)

    def hold_a_connection():
        hub.database.run(lambda _work: go_on.wait())

    users = [threading.Thread(target=hold_a_connection) for _ in range(hub.settings.hub_database_pool)]
    for one in users:
        one.start()
    limiter, held = anonymous.portal.call(hold_every_thread)
    try:
        assert anonymous.get("/health").json() == {"status": "healthy"}
        assert anonymous.get("/ready").status_code == 200
        assert anonymous.get("/api/nowhere").status_code == 404
        assert anonymous.post("/api/bulk-search", headers={"X-API-Key": "wrong"}, content=b"[" * 100).status_code == 401
    finally:
        go_on.set()
        anonymous.portal.call(release, limiter, held)
        for one in users:
            one.join()


@services
def test_an_answer_to_an_unexpected_error_has_the_safe_headers(hub, make_key):
    app = create_app(hub)

    @app.get("/api/broken")
    def broken(request: Request):
        raise RuntimeError(str(request.url))

    with TestClient(app, raise_server_exceptions=False) as client:
        answer = client.get("/api/broken")
    assert answer.status_code == 500
    for name in ("x-frame-options", "content-security-policy", "cache-control", "x-content-type-options"):
        assert answer.headers[name]


@services
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/quotes?before=9223372036854775808"),
        ("GET", "/api/batches/00000000-0000-0000-0000-000000000000/items?after=99999999999999999999"),
        ("GET", "/api/plans/00000000-0000-0000-0000-000000000000/items?after=99999999999999999999"),
        ("POST", "/api/orphans/9223372036854775808/keep"),
    ],
)
def test_numbers_beyond_what_postgres_holds_are_errors_of_the_caller(api, method, path):
    assert api.request(method, path).status_code in {404, 422}
