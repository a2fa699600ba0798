"""Pages need a session; changes need the scope, the form token, and a request from the hub's own pages."""

from __future__ import annotations

import re

import pytest

from boeing_data_hub.db import audit, sessions
from boeing_data_hub.web.console.throttle import FAILURES, Throttle, TooManyAttempts

pytestmark = pytest.mark.services

OPEN = {"/", "/sign-in", "/sign-in/{token}", "/sign-in/oidc", "/sign-in/oidc/back", "/static/{rest:path}"}
ANY_UUID = "00000000-0000-0000-0000-000000000000"
# What a form needs besides its token, so that a refusal is one of the right and not of the form.
FIELDS = {"/console/theme": {"theme": "dark"}}
FOR_ADMINISTRATORS = {
    "/console/settings/test",
    "/console/settings/metafields",
    "/console/settings/keys",
    "/console/settings/keys/{key_id}/revoke",
    "/console/settings/sessions",
    "/console/settings/sessions/{session_id}/end",
    "/console/settings/audit",
    "/console/settings/pauses/{what}",
    "/console/settings/pauses/{what}/resume",
    "/console/prices/{version}/activate",
    "/console/prices/back",
}
FOR_EVERYONE_SIGNED_IN = {"/console/theme", "/console/sign-out"}


def pages(app):
    """Method and path of every route that is not the API's."""
    found = set()
    for one in app.routes:
        for route in one.effective_route_contexts() if hasattr(one, "effective_route_contexts") else [one]:
            if not route.path.startswith(("/api", "/health", "/ready", "/metrics", "/openapi", "/media")):
                found.update((method, route.path) for method in route.methods or ())
    return sorted(found)


def filled(path):
    path = path.replace("{batch_id}", ANY_UUID).replace("{draft_id}", ANY_UUID).replace("{key_id}", "0")
    path = path.replace("{plan_id}", ANY_UUID).replace("{quote_id}", "1")
    path = path.replace("{version}", "1").replace("{what}", "boeing")
    return path.replace("{number:path}", "AN3-43A")


def inside(app):
    return [(method, path) for method, path in pages(app) if path not in OPEN and method != "HEAD"]


def test_the_routes_are_found(anonymous):
    found = inside(anonymous.app)
    assert ("GET", "/console") in found
    assert ("POST", "/console/runs/{batch_id}/cancel") in found
    assert len(found) > 25
    assert all(path.startswith("/console") for _, path in found)


def test_without_a_session_pages_redirect_and_forms_are_rejected(someone, anonymous):
    stranger = someone()
    for method, path in inside(anonymous.app):
        headers = {"Origin": stranger.address}
        answer = stranger.browser.request(method, filled(path), headers=headers, data=None)
        if method == "GET":
            assert answer.status_code == 303, (method, path)
            assert answer.headers["location"].startswith("/sign-in?next=%2Fconsole")
        else:
            assert answer.status_code == 401, (method, path)


def test_a_viewer_may_look_and_change_nothing(viewer, anonymous):
    for method, path in inside(anonymous.app):
        if method == "GET" or path in FOR_EVERYONE_SIGNED_IN:
            continue
        answer = viewer.send(filled(path), **FIELDS.get(path, {}))
        assert answer.status_code == 403, (method, path)


def test_an_operator_may_not_do_what_is_for_administrators(operator, anonymous):
    for method, path in inside(anonymous.app):
        if path in FOR_ADMINISTRATORS:
            answer = operator.get(filled(path)) if method == "GET" else operator.send(filled(path))
            assert answer.status_code == 403, (method, path)


def test_what_one_may_not_do_is_not_offered(viewer, operator, admin):
    assert "New search" not in viewer.read("/console")
    assert "/console/settings/audit" not in operator.get("/console/settings").text
    assert "Audit log" in admin.read("/console/settings")


def test_a_wrong_key_opens_nothing(someone):
    for key in ("", "nonsense", "bdh_0_" + "x" * 43, "bdh_\u00e9", "x" * 5000):
        person = someone()
        answer = person.sign_in(key)
        assert answer.status_code in {401, 422}
        assert "set-cookie" not in answer.headers
        assert person.get("/console").status_code == 303


def test_an_administrator_sees_who_is_signed_in_and_ends_a_session(admin, viewer, api):
    assert "Sessions" in admin.read("/console/settings/sessions")
    listed = api.get("/api/sessions").json()["sessions"]
    assert {tuple(one["scopes"]) for one in listed} == {("admin",), ("read",)}
    theirs = next(one["id"] for one in listed if one["scopes"] == ["read"])
    assert viewer.get("/console/settings/sessions").status_code == 403
    assert viewer.send(f"/console/settings/sessions/{theirs}/end").status_code == 403
    assert admin.send(f"/console/settings/sessions/{theirs}/end").status_code == 303
    assert viewer.get("/console").status_code == 303
    assert admin.send(f"/console/settings/sessions/{theirs}/end").status_code == 404
    mine = api.get("/api/sessions").json()["sessions"][0]["id"]
    assert api.delete(f"/api/sessions/{mine}").status_code == 204
    assert api.delete(f"/api/sessions/{mine}").json()["code"] == "session_not_found"
    assert admin.get("/console").status_code == 303


def test_a_revoked_key_ends_its_sessions(admin, signed_in, hub):
    person = signed_in("search")
    hub.database.run(lambda work: work.do("UPDATE hub.api_keys SET revoked_at = now() WHERE 'search' = ANY(scopes)"))
    assert person.get("/console").status_code == 303
    assert admin.get("/console").status_code == 200


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE hub.api_keys SET expires_at = now()",
        "UPDATE hub.sessions SET expires_at = now()",
        "UPDATE hub.sessions SET last_seen_at = now() - interval '31 minutes'",
        "DELETE FROM hub.api_keys",
    ],
)
def test_a_session_ends_with_its_key_its_time_or_its_idleness(operator, hub, statement):
    hub.database.run(lambda work: work.do(statement))
    assert operator.get("/console/runs").status_code == 303


def test_a_session_lasts_twelve_hours_and_looking_keeps_it_from_being_idle(operator, hub):
    assert sessions.LASTS_HOURS == 12
    hub.database.run(lambda work: work.do("UPDATE hub.sessions SET last_seen_at = now() - interval '29 minutes'"))
    operator.read("/console/runs")
    quiet = "SELECT extract(epoch FROM now() - last_seen_at) FROM hub.sessions"
    assert hub.database.run(lambda work: work.value(quiet)) < 5


def test_a_session_planted_before_sign_in_is_worth_nothing(someone, make_key):
    person = someone()
    person.browser.cookies.set("bdh_session", "planted", domain="testserver.local")
    person.sign_in(make_key("read"))
    assert person.browser.cookies.get("bdh_session") != "planted"
    thief = someone()
    thief.browser.cookies.set("bdh_session", "planted")
    assert thief.get("/console").status_code == 303


def test_signing_in_again_ends_the_session_before(operator, make_key, someone):
    before = operator.browser.cookies.get("bdh_session")
    operator.sign_in(make_key("search"))
    other = someone()
    other.browser.cookies.set("bdh_session", before)
    assert other.get("/console").status_code == 303


def test_signing_out_ends_the_session_on_the_server(operator, someone):
    cookie = operator.browser.cookies.get("bdh_session")
    assert operator.send("/console/sign-out").headers["location"] == "/sign-in"
    other = someone()
    other.browser.cookies.set("bdh_session", cookie)
    assert other.get("/console").status_code == 303


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(someone, make_key):
    cookie = someone().sign_in(make_key("read")).headers["set-cookie"].lower()
    assert cookie.startswith("bdh_session=")
    for part in ("httponly", "samesite=lax", "path=/", "max-age=43200"):
        assert part in cookie
    assert "secure" not in cookie


def test_with_https_the_cookie_is_bound_to_the_host(someone, make_key):
    person = someone("https://testserver")
    answer = person.sign_in(make_key("read"))
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-bdh=")
    assert "Secure" in cookie
    assert "domain" not in cookie.lower()
    assert answer.headers["strict-transport-security"]
    assert person.get("/console").status_code == 200


def test_the_database_holds_no_usable_session_or_link(operator, hub, make_key):
    cookie = operator.browser.cookies.get("bdh_session")
    link = hub.database.run(lambda work: sessions.make_link(work, "0"))
    rows = hub.database.run(
        lambda work: (work.rows("SELECT * FROM hub.sessions"), work.rows("SELECT * FROM hub.sign_in_links"))
    )
    assert cookie not in str(rows)
    assert link not in str(rows)


def test_a_form_without_its_token_is_rejected(operator, hub):
    for csrf in ({}, {"csrf": ""}, {"csrf": "wrong"}, {"csrf": "\u00e9"}):
        data = {"parts": "AN3-43A", **csrf}
        answer = operator.browser.post("/console/search/paste", data=data, headers={"Origin": operator.address})
        assert answer.status_code == 403
    assert hub.database.run(lambda work: work.value("SELECT count(*) FROM hub.search_drafts")) == 0


def test_another_session_s_token_is_rejected(operator, signed_in):
    data = {"csrf": signed_in("search").token(), "parts": "AN3-43A"}
    answer = operator.browser.post("/console/search/paste", data=data, headers={"Origin": operator.address})
    assert answer.status_code == 403


ELSEWHERE = (
    {},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://testserver.evil.example"},
    {"Origin": "http://testserver:8001"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "none"},
    {"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"},
)


def test_a_form_from_another_site_is_rejected_even_with_its_token(operator, someone, make_key):
    data = {"csrf": operator.token(), "parts": "AN3-43A"}
    key = make_key("read")
    for headers in ELSEWHERE:
        assert operator.browser.post("/console/search/paste", data=data, headers=headers).status_code == 403, headers
        assert someone().browser.post("/sign-in", data={"key": key}, headers=headers).status_code == 403, headers


def test_a_form_from_our_own_page_is_taken(operator):
    data = {"csrf": operator.token(), "parts": "AN3-43A"}
    headers = {"Sec-Fetch-Site": "same-origin", "Origin": operator.address}
    assert operator.browser.post("/console/search/paste", data=data, headers=headers).status_code == 303


def test_a_link_signs_in_once_and_looking_at_it_does_not_use_it_up(someone, hub, make_key):
    key_id = make_key("search").split("_")[1]
    link = "/sign-in/" + hub.database.run(lambda work: sessions.make_link(work, key_id))
    previewer, person = someone(), someone()
    assert previewer.get(link).status_code == 200
    assert person.get(link).status_code == 200
    assert person.browser.post(link, headers={"Origin": person.address}).status_code == 303
    assert person.get("/console").status_code == 200
    second = previewer.browser.post(link, headers={"Origin": person.address})
    assert second.status_code == 410
    assert previewer.get("/console").status_code == 303


def test_a_link_that_is_too_old_or_whose_key_is_revoked_opens_nothing(someone, hub, make_key):
    key_id = make_key("search").split("_")[1]
    person = someone()
    for spoil in ("UPDATE hub.sign_in_links SET expires_at = now()", "UPDATE hub.api_keys SET revoked_at = now()"):
        link = "/sign-in/" + hub.database.run(lambda work: sessions.make_link(work, key_id))
        hub.database.run(lambda work, spoil=spoil: work.do(spoil))
        assert person.browser.post(link, headers={"Origin": person.address}).status_code == 410


def test_repeated_failures_to_sign_in_are_throttled(someone, make_key):
    person = someone()
    for _ in range(10):
        assert person.sign_in("wrong").status_code == 401
    answer = person.sign_in("wrong")
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 60
    link = person.browser.post("/sign-in/wrong", headers={"Origin": person.address})
    assert link.status_code == 429


def test_failed_sign_ins_do_not_lock_out_others_at_the_same_address(someone, make_key, hub):
    stranger = someone()
    assert [stranger.sign_in("wrong").status_code for _ in range(20)] == [401] * 10 + [429] * 10
    key = make_key("read")
    assert someone().sign_in(key).status_code == 303
    token = hub.database.run(lambda work: sessions.make_link(work, key.split("_")[1]))
    other = someone()
    assert other.browser.post(f"/sign-in/{token}", headers={"Origin": other.address}).status_code == 303


@pytest.mark.parametrize(
    ("tried", "counts_as_one"),
    [
        (["2001:db8::1", "2001:db8::ffff:1", "2001:db8:0:0:9::"], True),
        (["2001:db8:0:1::1", "2001:db8:0:2::1"], False),
        (["192.0.2.1", "192.0.2.2"], False),
        (["unknown", "testclient"], False),
    ],
)
def test_an_address_of_ipv6_counts_as_the_network_that_its_owner_has(tried, counts_as_one):
    throttle = Throttle()
    for address in tried:
        for _ in range(FAILURES // len(tried)):
            throttle.failed(address)
    throttle.failed(tried[0])
    if counts_as_one:
        with pytest.raises(TooManyAttempts):
            throttle.failed(tried[-1])
    else:
        throttle.failed(tried[-1])


class TestBehindAProxyThatTellsNothing:
    """HUB_PUBLIC_URL alone says that browsers come by https."""

    @pytest.fixture
    def settings(self):
        return {"hub_public_url": "https://hub.example.com"}

    def test_cookies_are_for_https_and_this_host_alone(self, someone, make_key):
        person = someone()
        answer = person.browser.post(
            "/sign-in",
            data={"key": make_key("read")},
            headers={"Host": "hub.example.com", "Origin": "https://hub.example.com"},
        )
        assert answer.status_code == 303
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("__Host-bdh=")
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=lax"} <= set(cookie.split("; "))


def test_the_theme_s_cookie_is_guarded_like_the_session_s(someone, make_key):
    person = someone("https://testserver")
    assert person.sign_in(make_key("read")).status_code == 303
    cookie = person.send("/console/theme", theme="dark").headers["set-cookie"]
    assert cookie.startswith("__Host-bdh-theme=dark;")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=lax"} <= set(cookie.split("; "))
    assert 'data-theme="dark"' in person.get("/console").text


@pytest.mark.parametrize("path", ["/console/", "/console/runs/", "/api/batches/", "/sign-in/"])
def test_no_redirect_leads_to_the_host_that_a_request_names(admin, path):
    answer = admin.get(path, Host="evil.example")
    assert answer.status_code in {303, 307}
    assert answer.headers["location"] == path.rstrip("/")


def test_a_link_s_token_is_in_no_line_of_the_log_and_in_no_referrer(someone, hub, make_key, capfd):
    token = hub.database.run(lambda work: sessions.make_link(work, make_key("read").split("_")[1]))
    person = someone()
    assert person.get(f"/sign-in/{token}").headers["referrer-policy"] == "strict-origin"
    elsewhere = person.browser.post(f"/sign-in/{token}", headers={"Origin": "https://evil.example"})
    assert elsewhere.status_code == 403
    assert person.browser.post(f"/sign-in/{token}", headers={"Origin": person.address}).status_code == 303
    logged = "".join(capfd.readouterr())
    assert "/sign-in/…" in logged or "/sign-in/\\u2026" in logged
    assert token not in logged


def test_sign_in_leads_back_into_the_console_and_nowhere_else(someone, make_key):
    key = make_key("read")
    wanted = "/console/runs?outcome=failed"
    assert someone().sign_in(key, next=wanted).headers["location"] == wanted
    for elsewhere in (
        "https://evil.example",
        "//evil.example",
        "/console//evil.example",
        "/console\\evil",
        "javascript:alert(1)",
        "",
    ):
        assert someone().sign_in(key, next=elsewhere).headers["location"] == "/console"


def test_signing_in_and_out_is_in_the_audit_log(operator, admin):
    operator.send("/console/sign-out")
    told = admin.read("/console/settings/audit?action=session.")
    assert "Signed in" in told
    assert "Signed out" in told


def test_a_session_is_no_key_for_the_api(admin):
    assert admin.get("/api/batches").status_code == 401


def test_every_answer_carries_the_headers_of_a_careful_site(someone, admin):
    for answer in (
        admin.get("/console"),
        admin.get("/console/nowhere"),
        someone().get("/console"),
        someone().get("/sign-in"),
        someone().get("/static/nothing"),
        admin.get("/console/runs?outcome=nonsense"),
    ):
        policy = answer.headers["content-security-policy"]
        for part in ("default-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"):
            assert part in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert answer.headers["cache-control"] == "no-store"


def test_no_page_has_inline_script_or_style(admin, someone):
    paths = ["", "/search", "/runs", "/parts", "/settings", "/settings/keys", "/settings/audit", "/nowhere"]
    for answer in (*(admin.get(f"/console{path}") for path in paths), someone().get("/sign-in")):
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|javascript:", answer.text)


def test_static_files_are_kept_for_a_year_under_an_address_of_their_content(someone):
    stranger = someone()
    addresses = re.findall(r'(?:href|src)="(/static/[^"]+)"', stranger.get("/sign-in").text)
    assert len(addresses) >= 4
    for address in addresses:
        answer = stranger.get(address)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
        assert stranger.get(address, **{"If-None-Match": answer.headers["etag"]}).status_code == 304
    assert stranger.get("/static/000000000000/console.css").status_code == 404


def test_the_front_door_leads_to_the_console(someone):
    assert someone().get("/").headers["location"] == "/console"


def test_the_audit_log_says_from_which_address(operator, admin, api, hub):
    api.post("/api/bulk-search", json={"part_numbers": ["A"]})
    batch = api.get("/api/batches").json()["batches"][0]["id"]
    api.delete(f"/api/batches/{batch}")
    hub.database.run(lambda work: audit.record(work, actor="cli", action="key.create", target="x"))
    entries = hub.database.run(lambda work: audit.page(work, limit=50))
    where = {entry.action: entry.address for entry in entries}
    assert where["session.begin"] == where["batch.cancel"] == "testclient"
    assert where["key.create"] is None
    assert "testclient" in admin.read("/console/settings/audit")
