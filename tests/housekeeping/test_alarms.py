"""The worst is told at once, and once."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from boeing_data_hub.clock import now
from boeing_data_hub.model.rates import Line
from boeing_data_hub.reporting.alarms import alarms
from boeing_data_hub.reporting.stuck import Stuck

NOW = now()


def found(lines=None, stuck=(), orphans=0):
    return list(alarms(lines or {}, stuck, stubborn_orphans=orphans, now=NOW, after=300))


def resting(reason, **more):
    return Line(NOW, pause_reason=reason, paused_since=NOW, paused_until=NOW, **more)


def test_a_line_that_needs_a_person_is_told_and_one_that_mends_itself_is_not():
    assert [a.message for a in found({"shopify": resting("shopify_scope", pause_note="It lacks a scope.")})] == [
        "The store: It lacks a scope."
    ]
    assert found({"boeing": resting("upstream"), "shopify": resting("limit")}) == []


def test_the_same_trouble_has_the_same_id_and_a_new_one_another():
    first, again = (found({"boeing": resting("credentials")})[0].id for _ in range(2))
    later = Line(NOW, pause_reason="credentials", paused_since=NOW + timedelta(hours=1))
    assert first == again != found({"boeing": later})[0].id


@pytest.mark.parametrize(("seconds", "told"), [(10, 0), (400, 1)])
def test_a_queue_without_a_worker_is_told_when_it_lasts(seconds, told):
    one = Stuck("no_worker", "extraction", NOW - timedelta(seconds=seconds), "message", "remedy")
    assert len(found(stuck=[one])) == told


def test_orphans_that_do_not_go_are_told_once_a_day():
    assert found(orphans=2)[0].message.startswith("2 products")


@pytest.mark.services
def test_refused_credentials_reach_the_webhook_once(make_world, receiver):
    world = make_world(hub_digest_webhook_url=receiver.url, hub_digest_webhook_secret="s")
    world.do("UPDATE hub.pacing SET pause_reason = 'credentials', paused_since = now(), paused_until = now()"
             " WHERE line = 'boeing'")  # fmt: skip
    for _ in range(5):
        world.hub.household.turn(lambda: True)
        world.do("UPDATE hub.chores SET due_at = now()")
    told = [json.loads(body) for _, body in receiver.posts]
    assert [one["kind"] for one in told].count("alarm") == 1
    alarm = next(one for one in told if one["kind"] == "alarm")
    assert "Boeing" in alarm["title"]
    assert "webhook-signature" in receiver.posts[0][0]
