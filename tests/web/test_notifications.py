"""Notification targets over the API, the console and the CLI: chosen, tested, and never shown whole again."""

from __future__ import annotations

import json

import pytest
from tests.support.receivers import receiver

__all__ = ["receiver"]

pytestmark = pytest.mark.services

PAGE = "/api/notifications/targets"


@pytest.fixture
def settings(receiver):
    return {"hub_notification_hosts": receiver.url.partition("://")[2].partition("/")[0]}


def body(receiver, **more):
    return {"name": "desk", "kind": "slack", "address": receiver.url, "events": ["urgent"], **more}


def test_a_target_is_added_tested_changed_and_removed(api, receiver):
    made = api.post(PAGE, json=body(receiver))
    assert made.status_code == 201, made.text
    target = made.json()
    assert target["address"] == f"{receiver.url.split('/')[2]}/\u2026"
    assert "canary" not in made.text
    tested = api.post(f"{PAGE}/{target['id']}/test").json()
    assert tested["delivered"] is True
    assert "test of desk" in json.loads(receiver.posts[0][1])["text"]
    changed = api.put(f"{PAGE}/{target['id']}", json={"name": "desk", "events": ["digest", "plans"], "is_on": False})
    assert (changed.json()["events"], changed.json()["is_on"]) == (["digest", "plans"], False)
    assert "canary" not in api.get(PAGE).text
    assert api.delete(f"{PAGE}/{target['id']}").status_code == 204
    assert api.get(PAGE).json() == {"targets": []}
    assert api.post(f"{PAGE}/{target['id']}/test").status_code == 404


def test_a_failed_test_says_what_to_do(api, receiver):
    target = api.post(PAGE, json=body(receiver)).json()
    receiver.answers = [404]
    receiver.headers = {"Content-Length": "0"}
    tested = api.post(f"{PAGE}/{target['id']}/test").json()
    assert tested["delivered"] is False
    assert "create a new one" in tested["message"]
    assert api.get(PAGE).json()["targets"][0]["failing_since"] is not None


def test_invalid_targets_are_refused_with_a_code_and_without_the_address(api, receiver):
    for change, code in [
        ({"address": "https://canary.example/x"}, "bad_address"),
        ({"events": ["everything"]}, "bad_event"),
        ({"secret": "s"}, "bad_secret"),
        ({"kind": "email", "address": "a@example.com"}, "no_mail_server"),
    ]:
        answer = api.post(PAGE, json=body(receiver, **change))
        assert (answer.status_code, answer.json()["code"]) == (422, code)
        assert "canary" not in answer.text
    assert api.post(PAGE, json=body(receiver, kind="pager")).status_code == 422
    api.post(PAGE, json=body(receiver))
    assert api.post(PAGE, json=body(receiver)).status_code == 409


def test_people_change_their_own_targets_and_readers_none(api, receiver, make_key):
    first = api.post(PAGE, json=body(receiver)).json()
    searcher = {"Authorization": f"Bearer {make_key('search')}"}
    mine = api.post(PAGE, json=body(receiver, name="mine"), headers=searcher).json()
    assert api.post(f"{PAGE}/{first['id']}/test", headers=searcher).status_code == 403
    assert api.delete(f"{PAGE}/{mine['id']}", headers=searcher).status_code == 204
    reader = {"Authorization": f"Bearer {make_key('read')}"}
    assert api.post(PAGE, json=body(receiver, name="other"), headers=reader).status_code == 403
    assert "urgent" in [one["name"] for one in api.get("/api/notifications/events", headers=reader).json()["events"]]
