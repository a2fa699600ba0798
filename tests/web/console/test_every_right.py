"""Every page and form of the console against the right that it needs, and every form against other sites.

A form that is added must be put into the table below, and a page that is not for everybody, or this is red.
"""

from __future__ import annotations

import re

import pytest
from tests.support.tables import contents
from tests.web.console.test_access import FIELDS, filled, inside

pytestmark = pytest.mark.services

KINDS = ("read", "search", "publish", "admin")
NEEDS = {
    ("search", "admin"): """
        GET /console/lists/new /console/lists/{list_id}/edit /console/search /console/search/{draft_id}
        POST /console/failures/ignore /console/failures/reopen /console/failures/retry
        POST /console/lists /console/lists/upload/{list_id} /console/lists/{list_id}/delete
        POST /console/lists/{list_id}/edit /console/lists/{list_id}/refresh /console/lists/{list_id}/search
        POST /console/part/{number:path}/refresh /console/parts/refresh /console/quotes/{quote_id}/retry
        POST /console/runs/cancel /console/search/paste /console/search/sample /console/search/upload
        POST /console/search/{draft_id}/choose /console/search/{draft_id}/start
        POST /console/settings/notifications /console/settings/notifications/{target_id}
        POST /console/settings/notifications/{target_id}/remove /console/settings/notifications/{target_id}/test
    """,
    ("publish", "admin"): """
        GET /console/prices/new /console/prices/{version}/edit
        GET /console/publish /console/publish/{draft_id} /console/publish/{draft_id}/plan
        POST /console/adoptions /console/adoptions/{adoption_id}/approve /console/adoptions/{adoption_id}/choose
        POST /console/adoptions/{adoption_id}/product /console/adoptions/{adoption_id}/{what}
        POST /console/attention/conflict /console/attention/conflicts /console/attention/orphan
        POST /console/differences/compare /console/part/{number:path}/edit /console/part/{number:path}/exclude
        POST /console/part/{number:path}/include /console/part/{number:path}/publish
        POST /console/parts/exclude /console/parts/include /console/parts/publish
        POST /console/plans/{plan_id}/again /console/plans/{plan_id}/approve /console/plans/{plan_id}/discard
        POST /console/prices /console/prices/plan /console/prices/rows /console/prices/{version}/delete
        POST /console/prices/{version}/edit /console/prices/{version}/preview /console/prices/{version}/rows
        POST /console/publish/paste /console/publish/upload /console/publish/run/{batch_id}
        POST /console/publish/{draft_id}/choose /console/publish/{draft_id}/plan
        POST /console/quotes/{quote_id}/draft-order /console/reviews/decide /console/runs/{batch_id}/undo
        POST /console/undo
    """,
    ("search", "publish", "admin"): """
        POST /console/runs/{batch_id}/cancel /console/runs/{batch_id}/rename /console/runs/{batch_id}/retry
    """,  # then the run's kind decides
    ("admin",): """
        GET /console/settings/audit /console/settings/keys /console/settings/sessions
        POST /console/prices/back /console/prices/{version}/activate
        POST /console/settings/keys /console/settings/keys/{key_id}/revoke /console/settings/metafields
        POST /console/settings/pauses/{what} /console/settings/pauses/{what}/resume
        POST /console/settings/sessions/{session_id}/end /console/settings/test
    """,
    KINDS: """
        POST /console/theme /console/sign-out
    """,
}  # fmt: skip
ENDLESS = ("/events", "/console/live")


def table():
    """Who may: (method, path) → the kinds of keys."""
    found = {}
    for kinds, text in NEEDS.items():
        for line in text.strip().splitlines():
            method, *paths = line.split()
            found.update({(method, path): kinds for path in paths})
    return found


def address(path):
    return re.sub(r"\{[^}]+\}", "1", filled(path))


def changes(app):
    return [path for method, path in inside(app) if method != "GET"]


def test_every_form_has_its_right_in_the_table(anonymous):
    there = set(inside(anonymous.app))
    known = set(table())
    assert {one for one in there if one[0] != "GET"} - known == set()
    assert known - there == set()
    assert {method for method, _ in there} == {"GET", "POST"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_and_a_form_open_exactly_for_those_in_the_table(anonymous, signed_in, kind):
    person, rights = signed_in(kind), table()
    for method, path in inside(anonymous.app):
        if path == "/console/sign-out" or path.endswith(ENDLESS):
            continue
        answer = person.get(address(path)) if method == "GET" else person.send(address(path), **FIELDS.get(path, {}))
        may = kind in rights.get((method, path), KINDS)
        assert (answer.status_code != 403) == may, (method, path, answer.status_code)
        assert answer.status_code != 401, (method, path)


@pytest.mark.parametrize(
    ("without", "headers"),
    [
        ("its token", {"Origin": "http://testserver"}),
        ("an origin", {}),
        ("our origin", {"Origin": "https://evil.example"}),
        ("our site", {"Origin": "http://testserver", "Sec-Fetch-Site": "cross-site"}),
    ],
)
def test_no_form_is_taken_from_an_administrator_without(admin, anonymous, hub, without, headers):
    data = {} if without == "its token" else {"csrf": admin.token()}
    before = contents(hub)
    for path in changes(anonymous.app):
        sent = {**data, **FIELDS.get(path, {})}
        for files in (None, {"file": ("a.csv", b"part\nAN3-5\n", "text/csv")}):
            answer = admin.browser.post(address(path), data=sent, files=files, headers=headers)
            assert answer.status_code == 403, (path, without, answer.status_code)
    assert contents(hub) == before
    assert admin.get("/console").status_code == 200
