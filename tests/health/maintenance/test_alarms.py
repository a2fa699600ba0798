"""The worst problems are reported at once, and only once."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from boeing_data_hub.clock import now
from boeing_data_hub.health.alarms import notice_id, urgent
from boeing_data_hub.health.conditions import NO_SCHEDULER, NO_WORKER, leftovers, leftovers_stay
from boeing_data_hub.health.pauses import pause_of
from boeing_data_hub.work.rates import UpstreamPace

NOW = now()


def told_at_once(*conditions):
    return list(urgent(conditions, now=NOW, after=300))


def paused(upstream, reason, since=NOW, **more):
    return pause_of(upstream, UpstreamPace(NOW, pause_reason=reason, paused_since=since, paused_until=NOW, **more))


def test_people_are_notified_of_a_pause_that_needs_a_person_and_not_of_one_that_ends_by_itself():
    (pause,) = told_at_once(paused("shopify", "shopify_scope", pause_note="The app lacks a scope."))
    assert pause.message.startswith("The app lacks a scope.")
    assert told_at_once(paused("boeing", "upstream"), paused("shopify", "limit")) == []


def test_the_same_condition_has_the_same_id_and_a_new_one_another():
    first, again = (notice_id(paused("boeing", "credentials"), NOW) for _ in range(2))
    assert first == again != notice_id(paused("boeing", "credentials", since=NOW + timedelta(hours=1)), NOW)


@pytest.mark.parametrize(("seconds", "told"), [(10, 0), (400, 1)])
def test_people_are_notified_of_a_queue_without_a_worker_when_it_lasts(seconds, told):
    assert len(told_at_once(NO_WORKER.found("extraction", since=NOW - timedelta(seconds=seconds)))) == told


def test_a_missing_scheduler_and_leftovers_wait_for_the_digest():
    assert told_at_once(NO_SCHEDULER.found("default"), leftovers(3)) == []


def test_people_are_notified_once_a_day_of_leftover_products_that_stay():
    (one,) = told_at_once(leftovers_stay(2))
    assert one.message.startswith("2 leftover products")
    assert notice_id(one, NOW) != notice_id(one, NOW + timedelta(days=1))


@pytest.mark.services
def test_refused_credentials_reach_the_webhook_once(make_world, receiver):
    world = make_world(hub_digest_webhook_url=receiver.url, hub_digest_webhook_secret="s")
    world.do("UPDATE hub.pacing SET pause_reason = 'credentials', paused_since = now(), paused_until = now()"
             " WHERE line = 'boeing'")  # fmt: skip
    for _ in range(5):
        world.hub.upkeep.turn(lambda: True)
        world.do("UPDATE hub.chores SET due_at = now()")
    told = [json.loads(body) for _, body in receiver.posts]
    assert [one["kind"] for one in told].count("alarm") == 1
    alarm = next(one for one in told if one["kind"] == "alarm")
    assert "Boeing" in alarm["title"]
    assert "webhook-signature" in receiver.posts[0][0]
