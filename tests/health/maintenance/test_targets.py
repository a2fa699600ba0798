"""People are notified of what they chose, once, and a target that fails says so."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from boeing_data_hub.clock import now
from boeing_data_hub.errors import BadInput, Conflict, Forbidden
from boeing_data_hub.health import attention, events, lost_work, notices, targets
from boeing_data_hub.health.conditions import NO_WORKER, plans, reviews
from boeing_data_hub.health.doctor.stalled_work import judge_stalled_work
from boeing_data_hub.health.pauses import pause_of
from boeing_data_hub.health.target_desk import Editor, Wanted
from boeing_data_hub.work.rates import UpstreamPace

ADMIN = Editor("key:admin", is_admin=True)
SOMEBODY = Editor("key:somebody", is_admin=False)


def test_a_target_is_notified_of_the_groups_and_single_conditions_it_chose():
    missing, waiting = NO_WORKER.found("extraction"), plans(2)
    pause = pause_of("shopify", UpstreamPace(now(), pause_reason="upstream", paused_since=now()))
    assert events.wants([events.URGENT], missing)
    assert not events.wants([events.URGENT], waiting)
    assert events.wants([events.ATTENTION], waiting)
    assert events.wants(["plans"], waiting)
    assert not events.wants(["reviews"], waiting)
    assert not events.wants([events.ATTENTION], missing)
    assert events.wants(["no_worker"], missing)
    assert events.wants(["store_paused"], pause)
    assert not events.wants([events.URGENT, "boeing_paused"], pause)
    assert events.wants(["reviews"], reviews(1))


@pytest.fixture
def pair(receiver):
    return receiver.url.partition("://")[2].partition("/")[0]


@pytest.fixture
def noticed(make_world, pair):
    """A world without receivers in its settings."""
    return lambda **settings: make_world(hub_notification_hosts=pair, hub_digest_at=now().strftime("%H:00"), **settings)


def add(world, receiver, *chosen, kind="webhook", editor=ADMIN, name="desk", **more):
    wanted = Wanted(name=name, events=chosen, address=more.pop("address", receiver.url), **more)
    return world.hub.upkeep.targets.add(kind, wanted, editor)


def go_on(world):
    """One turn of what stores notifications, and one of their delivery."""
    for chore in world.hub.upkeep.notifications.chores():
        world.hub.database.run(lambda work, chore=chore: chore.do(work, None))
    world.hub.upkeep.notifications.deliver()


def try_again(world):
    world.do("UPDATE hub.notices SET not_before = now(), taken_until = NULL WHERE state = 'due'")


def sent(receiver):
    return [json.loads(body) for _, body in receiver.posts]


pytestmark = pytest.mark.services


def test_without_a_receiver_nothing_is_stored(noticed):
    world = noticed()
    world.do("UPDATE hub.pacing SET pause_reason = 'credentials', paused_since = now() WHERE line = 'boeing'")
    go_on(world)
    assert world.one("SELECT count(*) FROM hub.notices") == 0


def test_an_urgent_condition_reaches_a_target_once_and_one_that_did_not_choose_it_never(noticed, receiver):
    world = noticed()
    add(world, receiver, events.URGENT)
    add(world, receiver, "plans", name="plans only")
    world.do("UPDATE hub.pacing SET pause_reason = 'credentials', paused_since = now(), paused_until = now()"
             " WHERE line = 'boeing'")  # fmt: skip
    go_on(world)
    go_on(world)
    assert [one["kind"] for one in sent(receiver)] == ["alarm"]
    assert world.rows("SELECT channel, state FROM hub.notices") == [{"channel": "target:1", "state": "sent"}]
    (told,) = world.hub.database.run(targets.every)[:1]
    assert told.delivered_at is not None


def test_the_digest_reaches_the_targets_that_chose_it(noticed, receiver):
    world = noticed()
    add(world, receiver, events.DIGEST)
    add(world, receiver, events.URGENT, name="urgent")
    go_on(world)
    assert receiver.ids == [f"digest:{now():%Y-%m-%d}"]
    assert world.hub.upkeep.notifications.has_receivers()


def test_my_runs_are_the_authors_and_runs_are_everybodys_but_syncs(noticed, receiver):
    world = noticed()
    add(world, receiver, events.MY_RUNS, editor=Editor("test", is_admin=False), name="mine")
    add(world, receiver, events.MY_RUNS, editor=SOMEBODY, name="not mine")
    add(world, receiver, events.RUNS, name="all")
    world.searched("AN3-1", unknown=["NO-SUCH"], source="bom.xlsx")
    ours = world.many_items(3, ended_days_ago=0)
    world.do("UPDATE hub.batches SET owner = 'sync', completed_at = now() WHERE id = %s", ours)
    go_on(world)
    go_on(world)
    found = sent(receiver)
    assert [one["title"] for one in found] == [
        "Boeing Data Hub: Search bom.xlsx: 2 parts, finished with failures, 1 failed."
    ] * 2
    assert len(set(receiver.ids)) == 1
    channels = world.rows("SELECT channel FROM hub.notices ORDER BY 1")
    assert [row["channel"] for row in channels] == ["target:1", "target:3"]


def test_runs_that_ended_before_the_target_was_added_are_not_told(noticed, receiver):
    world = noticed()
    world.searched("AN3-1")
    add(world, receiver, events.RUNS)
    go_on(world)
    assert receiver.posts == []


def test_what_waits_for_a_person_is_told_once_a_day_with_its_page(noticed, receiver):
    world = noticed()
    world.do("INSERT INTO hub.batches (id, batch_type, status, total_items, owner, request_hash, options)"
             " VALUES (gen_random_uuid(), 'publish', 'pending', 1, 't', 'x', '{\"planned\": true}')")  # fmt: skip
    add(world, receiver, "plans")
    go_on(world)
    go_on(world)
    (told,) = sent(receiver)
    assert told["title"] == "Boeing Data Hub: 1 publish plan is waiting for approval."
    assert told["sections"][0]["lines"][0]["link"].endswith("/console/attention#plans")


def test_two_targets_fail_apart_and_a_failing_one_is_tried_until_it_is_up(noticed, receiver, make_mail_server):
    server = make_mail_server(refuse=[b"451 later"])
    world = noticed(
        hub_digest_email_from="hub@example.com", hub_smtp_host="127.0.0.1", hub_smtp_port=server.port,
        hub_smtp_security="none",
    )  # fmt: skip
    add(world, receiver, events.DIGEST)
    add(world, receiver, events.DIGEST, kind="email", name="by mail", address="a@example.com; b@example.com")
    for _ in range(3):
        go_on(world)
        try_again(world)
    assert (len(receiver.posts), len(server.letters)) == (1, 1)
    assert server.letters[0][0] == ["a@example.com", "b@example.com"]


def test_a_revoked_webhook_is_marked_with_what_to_do_until_it_is_corrected(noticed, receiver):
    world = noticed()
    target = add(world, receiver, events.DIGEST, name="Parts desk")
    receiver.answers = [410]
    receiver.headers = {"Content-Length": "0"}
    go_on(world)
    found = world.hub.database.run(lambda work: targets.get(work, target.id))
    assert (found.failure_code, found.failures) == ("webhook_gone", 1)
    assert "create a new one" in found.failure
    (condition,) = world.hub.database.run(attention.everything).conditions()
    assert condition.message.startswith(
        "Notifications can't be delivered to \u201cParts desk\u201d. The webhook answered"
    )
    assert condition.link == "/settings/notifications"
    lost = world.hub.database.run(lambda work: lost_work.look(work, after=60))
    assert "target_failing" in [each.code for each in judge_stalled_work(lost)]
    assert world.one("SELECT not_before > now() FROM hub.notices") is True
    wanted = Wanted(name="Parts desk", events=[events.DIGEST], address=receiver.url.replace("hook", "other"))
    world.hub.upkeep.targets.edit(target.id, wanted, ADMIN)
    go_on(world)
    assert len(receiver.posts) == 2, "what waited was sent at once"
    assert world.hub.database.run(targets.failing) == []
    assert list(world.hub.database.run(attention.everything).conditions()) == []


def test_one_failure_that_may_pass_is_no_condition_yet_and_three_are(noticed, receiver):
    world = noticed()
    add(world, receiver, events.DIGEST)
    receiver.answers = [503, 503, 503]
    receiver.headers = {"Content-Length": "0"}
    counts = []
    for _ in range(3):
        go_on(world)
        counts.append(len(world.hub.database.run(targets.failing)))
        try_again(world)
    assert counts == [0, 0, 1]
    go_on(world)
    assert world.hub.database.run(targets.failing) == []


def test_one_that_is_off_or_removed_gets_nothing(noticed, receiver):
    world = noticed()
    target = add(world, receiver, events.DIGEST)
    receiver.answers = [503]
    receiver.headers = {"Content-Length": "0"}
    go_on(world)
    world.hub.upkeep.targets.edit(target.id, Wanted(name="desk", events=[events.DIGEST], is_on=False), ADMIN)
    go_on(world)
    assert len(receiver.posts) == 1
    world.hub.upkeep.targets.remove(target.id, ADMIN)
    go_on(world)
    assert len(receiver.posts) == 1
    assert world.one("SELECT count(*) FROM hub.notices") == 0


def test_a_worker_that_is_killed_while_it_sends_to_a_target_is_replaced_under_the_same_id(noticed, receiver):
    world = noticed()
    add(world, receiver, events.DIGEST)
    world.hub.upkeep.notifications.order(None, again=False)
    killed = world.hub.database.run(lambda work: notices.take(work, channels=["target:1"], seconds=300))
    world.hub.upkeep.notifications.deliver()
    assert receiver.posts == []
    world.do("UPDATE hub.notices SET taken_until = now() - interval '1 second'")
    world.hub.upkeep.notifications.deliver()
    assert receiver.ids == [killed.id]


def test_a_test_says_what_the_receiver_answered_and_clears_the_failure(noticed, receiver):
    world = noticed()
    target = add(world, receiver, events.URGENT, secret="s")
    receiver.answers = [404]
    receiver.headers = {"Content-Length": "0"}
    failed = world.hub.upkeep.targets.test(target.id, ADMIN)
    assert (failed.is_delivered, "404" in failed.message) == (False, True)
    assert len(world.hub.database.run(targets.failing)) == 1
    assert world.hub.upkeep.targets.test(target.id, ADMIN).is_delivered
    assert world.hub.database.run(targets.failing) == []
    assert sent(receiver)[1]["kind"] == "test"
    assert "webhook-signature" in receiver.posts[1][0]


def test_invalid_targets_are_refused(noticed, receiver):
    world = noticed()
    for kind, chosen, address, code in [
        ("slack", [events.URGENT], "https://example.com/x", "bad_address"),
        ("webhook", [events.URGENT], "http://example.com/x", "bad_address"),
        ("webhook", [], receiver.url, "bad_event"),
        ("webhook", ["everything"], receiver.url, "bad_event"),
        ("email", [events.URGENT], "a@example.com", "no_mail_server"),
    ]:
        with pytest.raises(BadInput) as caught:
            add(world, receiver, *chosen, kind=kind, address=address)
        assert caught.value.code == code
    add(world, receiver, events.URGENT)
    with pytest.raises(Conflict):
        add(world, receiver, events.URGENT)


def test_only_its_author_and_administrators_change_a_target(noticed, receiver):
    world = noticed()
    target = add(world, receiver, events.URGENT)
    mine = add(world, receiver, events.URGENT, editor=SOMEBODY, name="mine")
    with pytest.raises(Forbidden):
        world.hub.upkeep.targets.test(target.id, SOMEBODY)
    with pytest.raises(Forbidden):
        world.hub.upkeep.targets.remove(target.id, SOMEBODY)
    world.hub.upkeep.targets.remove(mine.id, ADMIN)
    assert receiver.posts == []
    actions = world.rows("SELECT actor, action FROM hub.audit_log WHERE action LIKE 'notifications.%%' ORDER BY id")
    assert [(row["actor"], row["action"]) for row in actions] == [
        ("key:admin", "notifications.add"),
        ("key:somebody", "notifications.add"),
        ("key:admin", "notifications.remove"),
    ]


def test_neither_address_nor_secret_is_in_a_repr_or_in_the_audit_log(noticed, receiver):
    world = noticed()
    target = add(world, receiver, events.URGENT, secret="canary-secret")
    assert "canary" not in repr(target)
    assert "canary" not in str(world.rows("SELECT details FROM hub.audit_log"))
    assert target.shown_address == f"{receiver.url.split('/')[2]}/\u2026"


def test_a_run_that_ended_long_ago_is_not_told_after_an_outage(noticed, receiver):
    world = noticed()
    add(world, receiver, events.RUNS)
    world.do("UPDATE hub.notification_targets SET created_at = now() - interval '9 days'")
    old = world.many_items(1, ended_days_ago=2)
    assert world.one("SELECT completed_at < now() - interval '1 day' FROM hub.batches WHERE id = %s", old)
    go_on(world)
    assert receiver.posts == []
    world.do("UPDATE hub.batches SET completed_at = now() - %s", timedelta(hours=20))
    go_on(world)
    assert len(receiver.posts) == 1
