"""Nobody does anything without a key that allows it."""

from __future__ import annotations

import pytest
from starlette.routing import Route

pytestmark = pytest.mark.services

OPEN = {"/health", "/ready", "/media/{path}"}


def routes(client):
    for path, methods in client.app.openapi()["paths"].items():
        for method in methods:
            yield method.upper(), path.replace("{batch_id}", "00000000-0000-0000-0000-000000000000")


def test_every_route_but_health_needs_a_key(anonymous):
    for method, path in routes(anonymous):
        if path in OPEN:
            continue
        answer = anonymous.request(method, path)
        assert answer.status_code == 401, (method, path)
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.json()["code"] == "unauthorized"


def test_the_description_needs_a_key_too(anonymous, make_key):
    assert anonymous.get("/openapi.json").status_code == 401
    found = anonymous.get("/openapi.json", headers={"X-API-Key": make_key("read")})
    assert "/api/bulk-search" in found.json()["paths"]
    assert anonymous.get("/docs").status_code == 404


def test_no_route_is_left_out_of_the_description(anonymous):
    described = set(anonymous.app.openapi()["paths"])
    served = {route.path for route in anonymous.app.routes if isinstance(route, Route)}
    assert {path for path in served if path.startswith("/api")} <= described


@pytest.mark.parametrize("key", ["nonsense", "bdh_00000000_" + "x" * 43, "", "bdh_\u00e9"])
def test_an_unknown_key_is_rejected(anonymous, key):
    answer = anonymous.get("/api/batches", headers={"X-API-Key": key.encode("utf-8")})
    assert answer.status_code == 401


def test_a_key_may_be_sent_either_way(anonymous, make_key):
    key = make_key("read")
    assert anonymous.get("/api/batches", headers={"X-API-Key": key}).status_code == 200
    assert anonymous.get("/api/batches", headers={"Authorization": f"Bearer {key}"}).status_code == 200


def test_reading_does_not_allow_searching(anonymous, make_key):
    answer = anonymous.post("/api/bulk-search", json={"part_numbers": ["A"]}, headers={"X-API-Key": make_key("read")})
    assert answer.status_code == 403
    assert "search" in answer.json()["detail"]


def test_a_key_for_searching_may_watch(anonymous, make_key):
    assert anonymous.get("/api/batches", headers={"X-API-Key": make_key("search")}).status_code == 200


def test_an_expired_key_is_rejected(anonymous, hub, make_key):
    key = make_key("read", days=1)
    hub.database.run(lambda work: work.do("UPDATE hub.api_keys SET expires_at = now() - interval '1 second'"))
    assert anonymous.get("/api/batches", headers={"X-API-Key": key}).status_code == 401


def test_a_revoked_key_stops_working_within_seconds(anonymous, hub, make_key, wait):
    key = make_key("read")
    assert anonymous.get("/api/batches", headers={"X-API-Key": key}).status_code == 200
    hub.database.run(lambda work: work.do("UPDATE hub.api_keys SET revoked_at = now()"))
    wait.until(lambda: anonymous.get("/api/batches", headers={"X-API-Key": key}).status_code == 401, seconds=5)


def test_the_database_holds_no_usable_key(hub, make_key):
    key = make_key("admin")
    row = hub.database.run(lambda work: work.row("SELECT * FROM hub.api_keys"))
    assert key not in str(row)
    assert key.encode() not in bytes(row["key_hash"])


def test_health_says_the_process_lives(anonymous):
    assert anonymous.get("/health").json() == {"status": "healthy"}


def test_ready_says_what_is_missing_and_nothing_more(anonymous):
    answer = anonymous.get("/ready")
    assert answer.status_code == 503
    assert answer.json()["checks"] == {"postgres": True, "migrations": True, "redis": True, "workers": False}


def test_an_address_that_leads_nowhere_is_a_problem_document(anonymous):
    answer = anonymous.get("/api/nowhere")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_answers_are_kept_out_of_caches_and_frames(anonymous):
    headers = anonymous.get("/api/batches").headers
    assert headers["cache-control"] == "no-store"
    assert headers["x-frame-options"] == "DENY"
    assert headers["x-content-type-options"] == "nosniff"
