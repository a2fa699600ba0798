"""People get one digest a day, whatever is down, killed or duplicated meanwhile."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest

from boeing_data_hub.clock import now
from boeing_data_hub.errors import Conflict
from boeing_data_hub.health import notices
from boeing_data_hub.health.notice import Document

EMPTY = Document(kind="digest", title="", console="", sections=())

pytestmark = pytest.mark.services


@pytest.fixture
def told_world(make_world, receiver):
    """A world whose digest is due at the beginning of this hour."""

    def make(**settings):
        at = now().strftime("%H:00")
        return make_world(hub_digest_webhook_url=receiver.url, hub_digest_at=at, **settings)

    return make


def go_on(world, turns=6):
    for _ in range(turns):
        world.hub.upkeep.turn(lambda: True)


def the_wait_is_over(world):
    world.do("UPDATE hub.notices SET not_before = now(), taken_until = NULL WHERE state = 'due'")
    world.do("UPDATE hub.chores SET due_at = now()")


def test_the_digest_of_the_day_is_sent_once(told_world, receiver):
    world = told_world()
    world.searched("AN3-1", unknown=["NO-SUCH"])
    world.do("UPDATE hub.batches SET completed_at = completed_at - interval '1 hour'")
    world.do("UPDATE hub.boeing_raw_data SET fetched_at = fetched_at - interval '1 hour'")
    for _ in range(3):
        go_on(world)
        the_wait_is_over(world)
    assert receiver.ids == [f"digest:{now():%Y-%m-%d}"]
    document = json.loads(receiver.posts[0][1])
    assert document["figures"]["parts_failed"] == 1
    assert document["figures"]["boeing_answers"] == 1
    assert document["figures"]["boeing_calls_possible"] == 28_800
    assert "1 part (not_found), e.g. NO-SUCH" in document["text"]


def test_no_digest_is_sent_before_the_time_of_day(make_world, receiver):
    later = now() + timedelta(hours=2)
    world = make_world(hub_digest_webhook_url=receiver.url, hub_digest_at=f"{later:%H:%M}")
    world.hub.database.run(
        lambda work: notices.add(
            work, "digest:x", channels=["webhook"], kind="digest", document=EMPTY,
            covers=(now(), datetime.now(UTC) - timedelta(hours=22)),  # noqa: TID251 - a moment of the test
        )
    )  # fmt: skip
    world.do("UPDATE hub.notices SET state = 'sent'")
    go_on(world)
    assert receiver.posts == []


def test_a_receiver_that_is_down_gets_the_same_digest_when_it_is_up_again(told_world, receiver):
    world = told_world()
    receiver.answers = [503, 0, 500]
    for _ in range(4):
        go_on(world)
        (row,) = world.rows("SELECT state, attempts, error, not_before > now() AS waits FROM hub.notices")
        if row["state"] == "due":
            assert row["error"]
            assert row["waits"]
        the_wait_is_over(world)
    assert len(set(receiver.ids)) == 1
    assert len(receiver.posts) == 4
    assert len({body for _, body in receiver.posts}) == 1, "every try says the same"
    go_on(world)
    the_wait_is_over(world)
    go_on(world)
    assert len(receiver.posts) == 4
    assert world.one("SELECT state FROM hub.notices") == "sent"


def test_the_waits_grow_to_an_hour(told_world, receiver):
    world = told_world()
    receiver.answers = [500] * 20
    waits = []
    for _ in range(10):
        go_on(world)
        waits.append(world.one("SELECT extract(epoch FROM not_before - now())::int FROM hub.notices"))
        the_wait_is_over(world)
    assert waits == sorted(waits)
    assert (waits[0] <= 30, 3500 <= waits[-1] <= 3600) == (True, True)


def test_a_receiver_that_is_gone_for_a_week_is_given_up_and_the_next_digest_says_so(told_world, receiver):
    world = told_world()
    receiver.answers = [410] * 3
    go_on(world)
    world.time_passes(8)
    the_wait_is_over(world)
    world.hub.upkeep.notifications.deliver()
    assert world.one("SELECT state FROM hub.notices ORDER BY created_at LIMIT 1") == "given_up"
    go_on(world)
    assert "could not be delivered" in world.hub.upkeep.notifications.preview(None).sections[1].lines[0].text


def test_two_workers_send_it_once(told_world, receiver):
    worlds = [told_world() for _ in range(4)]
    threads = [Thread(target=go_on, args=[world]) for world in worlds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(receiver.posts) == 1


def test_one_that_was_killed_while_it_sent_is_replaced_under_the_same_id(told_world, receiver):
    world = told_world()
    world.hub.upkeep.chores.turn(lambda: True)
    channels = list(world.hub.upkeep.channels)
    while world.one("SELECT count(*) FROM hub.notices") == 0:
        world.hub.upkeep.chores.turn(lambda: True)
    killed = world.hub.database.run(lambda work: notices.take(work, channels=channels, seconds=300))
    world.hub.upkeep.notifications.deliver()
    assert receiver.posts == [], "it may still be sending"
    world.do("UPDATE hub.notices SET taken_until = now() - interval '1 second'")
    world.hub.upkeep.notifications.deliver()
    assert receiver.ids == [killed.id]
    assert not world.hub.database.run(lambda work: notices.sent(work, killed)), "the one that wakes up changes nothing"


def test_both_channels_get_it_and_a_failing_one_does_not_repeat_the_other(told_world, receiver, make_mail_server):
    server = make_mail_server(refuse=[b"451 later"])
    world = told_world(
        hub_digest_email_to="a@example.com", hub_digest_email_from="hub@example.com", hub_smtp_host="127.0.0.1",
        hub_smtp_port=server.port, hub_smtp_security="none",
    )  # fmt: skip
    for _ in range(3):
        go_on(world)
        the_wait_is_over(world)
    assert (len(receiver.posts), len(server.letters)) == (1, 1)
    assert b"nothing to report" in server.letters[0][1]


def test_a_digest_can_be_ordered_and_is_not_duplicated_by_it(told_world, receiver):
    world = told_world()
    telling = world.hub.upkeep.notifications
    assert telling.order(None, again=False) == f"digest:{now():%Y-%m-%d}"
    assert telling.deliver() == 1
    go_on(world)
    telling.order(None, again=False)
    assert telling.deliver() == 0
    assert len(receiver.posts) == 1
    telling.order(None, again=True)
    assert telling.deliver() == 1
    assert len(set(receiver.ids)) == 1
    with pytest.raises(Conflict, match="is due at"):
        telling.order(now().date() + timedelta(days=2), again=False)


def test_missed_days_are_covered_by_one_digest(told_world, receiver):
    world = told_world()
    go_on(world)
    world.time_passes(3)
    world.do("UPDATE hub.notices SET day = day - 3, id = 'digest:' || (day - 3)")
    the_wait_is_over(world)
    go_on(world)
    first, second = (json.loads(body) for _, body in receiver.posts)
    length = datetime.fromisoformat(second["until"]) - datetime.fromisoformat(second["since"])
    assert (first["day"], second["day"]) == (f"{now():%Y-%m-%d}", f"{now():%Y-%m-%d}")
    assert length == timedelta(days=3)
