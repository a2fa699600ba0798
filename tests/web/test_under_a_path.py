"""The whole hub under a path of a host that others share, whether the proxy passes the path on or strips it."""

from __future__ import annotations

import html
import re
from urllib.parse import urljoin, urlsplit

import pytest
from starlette.testclient import TestClient

from boeing_data_hub.web.app import create_app

pytestmark = pytest.mark.services

PREFIX = "/parts/boeing-hub"
HOST = "https://example.com"
FOLLOWED = re.compile(
    r'\s(?:href|src|action|formaction|poster|srcset|data-[a-z]+|hx-(?:get|post|put|patch|delete)|sse-connect)="(/[^"]*)"'
)


def stripped(app):
    """The app behind a proxy that takes the prefix off, as `proxy_pass http://hub/;` does."""

    async def proxied(scope, receive, send):
        if scope["type"] == "http":
            assert scope["path"].startswith(PREFIX), f"{scope['path']} never reaches the hub"
            inner = scope["path"].removeprefix(PREFIX) or "/"
            raw = scope["raw_path"].removeprefix(PREFIX.encode()) or b"/"
            scope = {**scope, "path": inner, "raw_path": raw}
        await app(scope, receive, send)

    return proxied


def passed(app):
    """The app behind a proxy that passes the address on as it came."""

    async def proxied(scope, receive, send):
        if scope["type"] == "http":
            assert scope["path"].startswith(PREFIX), f"{scope['path']} never reaches the hub"
        await app(scope, receive, send)

    return proxied


@pytest.fixture
def settings(tmp_path):
    return {"hub_public_url": f"{HOST}{PREFIX}/", "hub_data_dir": tmp_path}


@pytest.fixture(params=[stripped, passed])
def browser(hub, request):
    # Secure cookies are kept, and no redirect is followed unseen.
    app = request.param(create_app(hub))
    return TestClient(app, base_url=HOST, follow_redirects=False, raise_server_exceptions=False)


def sign_in(browser, key, **more):
    return browser.post(f"{PREFIX}/sign-in", data={"key": key, **more}, headers={"Origin": HOST})


def addresses(page):
    return [html.unescape(found) for found in FOLLOWED.findall(page)]


def crawl(browser, *starts):
    """Every page that can be reached by links; insists that none leads out of the prefix or nowhere."""
    waiting, seen = list(starts), set()
    while waiting:
        at = waiting.pop()
        path = at.partition("#")[0]
        if path in seen:
            continue
        seen.add(path)
        answer = browser.get(path)
        assert answer.status_code in {200, 303, 307}, (path, answer.status_code)
        if "location" in answer.headers:
            waiting.append(urljoin(path, answer.headers["location"]))
            assert waiting[-1].startswith((f"{PREFIX}/", f"{HOST}{PREFIX}/")), (path, waiting[-1])
            continue
        if not answer.headers["content-type"].startswith("text/html"):
            continue
        found = addresses(answer.text)
        outside = [one for one in found if not one.startswith(f"{PREFIX}/") and one != PREFIX]
        assert outside == [], (path, outside)
        assert f'data-prefix="{PREFIX}"' in answer.text or "data-prefix" not in answer.text
        links = re.findall(r'<(?:a|link|script|img)[^>]*\s(?:href|src)="(/[^"]*)"', answer.text)
        waiting += [html.unescape(one) for one in links]
    return seen


def test_every_page_is_reached_and_every_address_has_the_prefix(browser, finished, api, make_key, boeing):
    boeing.set_part("MISSING-1", unknown=True)
    finished("AN3-5A", "MS20470AD4-6", "MISSING-1")
    quote = {"rfq_number": "R/1", "parts": [{"part_number": "AN3-5A", "quantity": 1}]}
    api.post("/api/zap/webhook", json=quote)
    assert sign_in(browser, make_key("admin")).status_code == 303
    seen = crawl(browser, f"{PREFIX}/")
    kinds = {re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "ID", one.partition("?")[0]).removeprefix(PREFIX) for one in seen}
    for kind in (
        "/console",
        "/console/search",
        "/console/publish",
        "/console/runs",
        "/console/runs/ID",
        "/console/parts",
    ):
        assert kind in kinds, kinds
    for kind in ("/console/quotes", "/console/attention", "/console/settings", "/console/settings/keys"):
        assert kind in kinds, kinds
    assert any(one.startswith("/static/") and one.endswith("console.css") for one in kinds)
    assert any(one.startswith("/static/") and one.endswith("console.js") for one in kinds)
    assert any(one.startswith("/console/part/") for one in kinds)


def test_signing_in_returns_to_the_requested_page(browser, make_key):
    sent = browser.get(f"{PREFIX}/console/runs?mine=true")
    assert sent.status_code == 303
    assert sent.headers["location"] == f"{PREFIX}/sign-in?next=%2Fconsole%2Fruns%3Fmine%3Dtrue"
    crawl(browser, sent.headers["location"])
    back = sign_in(browser, make_key("read"), next="/console/runs?mine=true")
    assert back.headers["location"] == f"{PREFIX}/console/runs?mine=true"
    assert browser.get(back.headers["location"]).status_code == 200


def test_cookies_are_for_the_prefix_only(browser, make_key):
    [cookie] = sign_in(browser, make_key("read")).headers.get_list("set-cookie")
    assert cookie.startswith("__Secure-bdh=")  # browsers throw `__Host-` away where there is a path
    assert re.search(rf"(?i)path={PREFIX}(;|$)", cookie)
    token = re.search(r'name="csrf" value="([^"]+)"', browser.get(f"{PREFIX}/console").text)[1]
    form = {"csrf": token, "theme": "dark", "back": "/console/runs?mine=true"}
    themed = browser.post(f"{PREFIX}/console/theme", data=form, headers={"Origin": HOST})
    assert themed.headers["location"] == f"{PREFIX}/console/runs?mine=true"
    assert re.search(rf"(?i)path={PREFIX}(;|$)", themed.headers["set-cookie"])
    out = browser.post(f"{PREFIX}/console/sign-out", data={"csrf": token}, headers={"Origin": HOST})
    assert out.headers["location"] == f"{PREFIX}/sign-in"
    assert re.search(rf"(?i)path={PREFIX}(;|$)", out.headers["set-cookie"])
    assert browser.get(f"{PREFIX}/console").status_code == 303


def test_fragments_redirect_to_the_sign_in_under_the_prefix(browser):
    assert browser.get(f"{PREFIX}/console/parts", headers={"HX-Request": "true"}).headers["hx-redirect"] == (
        f"{PREFIX}/sign-in"
    )


def test_an_address_without_its_last_slash_and_one_with_too_much_stay_under_the_prefix(browser):
    assert browser.get(PREFIX).headers["location"] == f"{PREFIX}/console"
    answer = browser.get(f"{PREFIX}/health/")
    assert answer.status_code == 307
    assert urlsplit(answer.headers["location"]).path == f"{PREFIX}/health"


def paths_in(told):
    """Every text of a document that is an absolute address by itself."""
    if isinstance(told, dict):
        return [one for value in told.values() for one in paths_in(value)]
    if isinstance(told, list):
        return [one for value in told for one in paths_in(value)]
    return [told] if isinstance(told, str) and re.fullmatch(r"(https?:/)?/[^\s]*", told) else []


def test_answers_of_the_api_lead_on_under_the_prefix(browser, make_key, stages, boeing):
    boeing.set_part("MISSING-1", unknown=True)
    key = make_key("admin")
    browser.headers["Authorization"] = f"Bearer {key}"
    started = browser.post(f"{PREFIX}/api/bulk-search", json={"part_numbers": ["AN3-5A", "MISSING-1"]})
    assert started.status_code == 202
    at = started.headers["location"]
    assert at == f"{PREFIX}/api/batches/{started.json()['batch_id']}"
    stages.settle()
    batch = browser.get(at).json()
    assert batch["failures_url"] == f"{at}/failures"
    assert browser.get(batch["failures_url"]).status_code == 200
    quote = {"rfq_number": "R-2", "parts": [{"part_number": "AN3-5A", "quantity": 1}]}
    told = [
        batch,
        browser.get(f"{PREFIX}/api/batches").json(),
        browser.post(f"{PREFIX}/api/zap/webhook", json=quote).json(),
        browser.get(f"{PREFIX}/api/quotes").json(),
    ]
    found = paths_in(told)
    assert found
    assert [one for one in found if not urlsplit(one).path.startswith(f"{PREFIX}/")] == []


def test_the_description_names_the_public_address_as_its_server(browser, make_key):
    found = browser.get(f"{PREFIX}/openapi.json", headers={"Authorization": f"Bearer {make_key('read')}"})
    assert found.status_code == 200
    assert found.json()["servers"] == [{"url": f"{HOST}{PREFIX}"}]


def test_events_of_a_page_carry_the_prefix_in_what_they_bring(hub, finished, make_key):
    # The stream of the overview: its pieces are rendered once for all who look, outside of any request of theirs.
    batch_id = finished("AN3-5A")
    with TestClient(create_app(hub), base_url=HOST, follow_redirects=False) as browser:
        sign_in(browser, make_key("read"))
        assert f'sse-connect="{PREFIX}/console/events"' in browser.get(f"{PREFIX}/console").text
        brought = browser.get(f"{PREFIX}/console/runs/{batch_id}/events").text  # ends, as the run has
        assert "event: live" in brought
        assert [one for one in addresses(brought) if not one.startswith(f"{PREFIX}/")] == []
        assert f'href="{PREFIX}/console/settings' in brought or addresses(brought) == []


def test_large_uploads_and_scrapes_are_known_under_the_prefix(browser, make_key):
    browser.headers["Authorization"] = f"Bearer {make_key('admin')}"
    body = "AN3-5A\n" * 2_000_000  # 14 MB: too large for any request but an upload
    answer = browser.post(f"{PREFIX}/api/uploads", files={"file": ("list.csv", body.encode())})
    assert answer.json().get("code") != "body_too_large"
    assert browser.get(f"{PREFIX}/metrics").status_code == 200


def test_what_asks_this_machine_directly_needs_no_prefix(hub):
    direct = TestClient(create_app(hub), base_url="http://127.0.0.1:8000", follow_redirects=False)
    assert direct.get("/health").status_code == 200
    assert direct.get("/sign-in").status_code == 200
    assert direct.get(f"{PREFIX}x/health").status_code == 404


def test_pictures_are_offered_to_the_store_under_the_prefix(hub, browser):
    assert hub.images.store.base_url == f"{HOST}{PREFIX}/media/"


def test_digests_lead_to_the_console_under_the_prefix(hub):
    assert hub.upkeep.notifications._console == f"{HOST}{PREFIX}/console"  # noqa: SLF001 - no channel shows it here


@pytest.mark.parametrize("public", ["", "https://hub.example.com"])
def test_without_a_prefix_nothing_changes(sandboxed, public, tmp_path):
    alone = sandboxed(hub_public_url=public, hub_data_dir=tmp_path)
    browser = TestClient(create_app(alone), base_url=HOST, follow_redirects=False)
    assert browser.get("/").headers["location"] == "/console"
    assert browser.get("/console").headers["location"] == "/sign-in?next=%2Fconsole"
    page = browser.get("/sign-in").text
    assert 'action="/sign-in"' in page
    assert 'data-prefix=""' in page or "data-prefix" not in page
    assert "servers" not in create_app(alone).openapi()
