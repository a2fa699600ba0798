"""The page on which people choose who is notified."""

from __future__ import annotations

import pytest
from tests.support.receivers import receiver

__all__ = ["receiver"]

pytestmark = pytest.mark.services

PAGE = "/console/settings/notifications"


@pytest.fixture
def settings(receiver):
    return {"hub_notification_hosts": receiver.url.partition("://")[2].partition("/")[0]}


def test_a_target_is_added_tested_edited_and_removed_on_the_console(signed_in, receiver):
    person = signed_in("admin")
    assert "No targets yet" in person.read(PAGE)
    added = person.send(PAGE, name="Parts <b> desk", kind="teams", address=receiver.url, event=["urgent", "my_runs"])
    shown = person.follow(added)
    assert "Target added" in shown
    assert "Parts <b> desk" in shown
    assert "canary" not in person.get(PAGE).text
    receiver.answers = [202, 410]
    receiver.headers = {"Content-Length": "0"}
    assert "Check that it arrived" in person.send(f"{PAGE}/1/test").text
    assert "create a new one" in person.send(f"{PAGE}/1/test").text
    assert "Failing since" in person.read(PAGE)
    assert "Saved." in person.follow(person.send(f"{PAGE}/1", name="desk", event=["digest"]))
    assert "Off" in person.read(PAGE)
    assert "No targets yet" in person.follow(person.send(f"{PAGE}/1/remove"))


def test_a_form_with_an_error_keeps_what_was_typed_except_the_address(signed_in):
    person = signed_in("admin")
    answer = person.send(PAGE, name="desk", kind="slack", address="https://canary.example/x", event=["plans"])
    assert answer.status_code == 422
    assert 'value="desk"' in answer.text
    assert 'value="plans" checked' in answer.text
    assert "can&#39;t be used" in answer.text
    assert "canary" not in answer.text
    assert "Choose at least one event" in person.send(PAGE, name="desk", kind="slack", address="x").text


def test_who_may_only_read_sees_targets_without_forms(signed_in, receiver):
    signed_in("admin").send(PAGE, name="desk", kind="webhook", address=receiver.url, event=["urgent"])
    reader = signed_in("read")
    assert "desk" in reader.read(PAGE)
    assert "Send test" not in reader.read(PAGE)
    assert reader.send(f"{PAGE}/1/test").status_code == 403
    assert reader.send(PAGE, name="x", kind="slack", address="x", event=["urgent"]).status_code == 403
