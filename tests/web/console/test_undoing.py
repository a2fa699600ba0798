"""A change that can be taken back is confirmed with a form that does so, exactly, without JavaScript."""

from __future__ import annotations

import html
import re
from urllib.parse import quote

import pytest

pytestmark = pytest.mark.services


@pytest.fixture
def person(signed_in):
    return signed_in("search", "publish")


@pytest.fixture
def press_undo():
    def press(person, answer):
        page = person.get(answer.headers["location"]).text
        [form] = re.findall(r'<form method="post" action="/console/undo">.*?</form>', page, re.DOTALL)
        fields = {name: html.unescape(value) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', form)}
        del fields["csrf"]
        return person.send("/console/undo", **fields), fields

    return press


def excluded(api):
    found = api.get("/api/products/staging", params={"limit": 100}).json()["products"]
    sku = [one["sku"] for one in found]
    return {one for one in sku if (api.get(f"/api/products/staging/{one}").json()["hand_data"] or {}).get("excluded")}


def test_undo_includes_exactly_the_parts_that_were_excluded_just_now(person, finished, api, press_undo):
    finished("U-1=K3", "U-2=K3", "U-3=K3")
    api.patch("/api/products/staging/U-1=K3", json={"excluded": True})  # somebody else did, before
    answer = person.send("/console/parts/exclude", q="U")
    assert excluded(api) == {"U-1=K3", "U-2=K3", "U-3=K3"}
    api.patch("/api/products/staging/U-3=K3", json={"notes": "checked"})  # and somebody edits one of them
    undone, fields = press_undo(person, answer)
    assert undone.headers["location"] == "/console/parts?q=U&said=undone"
    assert excluded(api) == {"U-1=K3", "U-3=K3"}
    again = person.send("/console/undo", **fields)
    assert "it was changed since" in person.follow(again)


def test_undo_excludes_again_what_was_included(person, finished, api, press_undo):
    finished("U-1=K3", "U-2=K3")
    person.send("/console/parts/exclude", which="selected", sku=["U-1=K3"])
    answer = person.send("/console/parts/include")
    press_undo(person, answer)
    assert excluded(api) == {"U-1=K3"}


@pytest.mark.parametrize("number", ["U-1=K3", "U/1=K3"])
def test_undo_is_offered_on_the_page_of_one_part_too(person, finished, api, hub, press_undo, number):
    def excluded_now():
        return hub.database.run(lambda work: work.value("SELECT excluded FROM hub.hand_data WHERE sku = %s", [number]))

    finished(number, "U-2=K3")
    assert person.send(f"/console/part/{quote(number, safe='')}/include").status_code == 303, "it was never excluded"
    answer = person.send(f"/console/part/{quote(number, safe='')}/exclude")
    assert excluded_now()
    undone, _ = press_undo(person, answer)
    assert "Undone." in person.follow(undone)
    assert not excluded_now()


def test_undo_shows_ignored_failures_again(person, finished, api, boeing, press_undo):
    boeing.set_part("U-1=K3", unknown=True)
    boeing.set_part("U-2=K3", unknown=True)
    finished("U-1=K3", "U-2=K3")
    person.send("/console/failures/ignore", kind="search", part="U-1=K3", reason="known")
    answer = person.send("/console/failures/ignore", kind="search", reason="old list")
    press_undo(person, answer)
    listed = [one["part_number"] for one in api.get("/api/failures").json()["failures"]]
    assert listed == ["U-2=K3"]


def test_nobody_takes_back_what_somebody_else_did(person, signed_in, finished, api, press_undo):
    finished("U-1=K3")
    answer = person.send("/console/parts/exclude", q="U")
    other = signed_in("publish")
    undone, _ = press_undo(other, answer)
    assert "it was changed since" in other.follow(undone)
    assert excluded(api) == {"U-1=K3"}
    for mark in ("", "yesterday", "2026-01-01T00:00:00"):
        assert other.send("/console/undo", mark=mark).status_code == 422
