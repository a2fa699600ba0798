"""Pictures that the store cannot process are noticed after the run, reported in the store's words, and sent again."""

from __future__ import annotations

from threading import Event

import pytest
from tests.support.patience import Deadline

from boeing_data_hub.shopify import media_check_rows

pytestmark = pytest.mark.services


@pytest.fixture
def make_looking_desk(make_desk):
    return lambda **settings: make_desk(hub_picture_look_seconds=0.2, **settings)


def states(desk):
    """How the store stands with each part's picture."""
    return {
        product["sku"]: {media["status"] for media in product["media"]}
        for product in desk.store.products()
        if product["customIds"]
    }


def until(desk, what, seconds=40.0):
    """Work until something is so."""
    deadline = Deadline(seconds)
    while not what():
        assert not deadline.passed, (states(desk), desk.rows("SELECT sku, media_state, media_sent FROM hub.products"))
        desk.do("UPDATE hub.products SET media_at = now() - interval '1 minute' WHERE media_state IS NOT NULL")
        desk.work(0.3)
        Event().wait(0.05)


@pytest.mark.parametrize("bulk_from", [100_000, 5])
def test_failed_pictures_are_reported_and_sent_again_until_they_succeed(make_looking_desk, bulk_from):
    desk = make_looking_desk(hub_bulk_publish_from=bulk_from)
    desk.store.load({"MEDIA_FAIL_RATE": 0.5})
    skus = desk.stage(*desk.make_parts(20))
    done = desk.run(skus)
    assert done.outcome == "succeeded"
    until(desk, lambda: desk.rows("SELECT 1 FROM hub.products WHERE media_error IS NOT NULL"))
    told = [item for item in desk.items(done).values() if item.error_code == "image_failed"]
    assert told
    assert all("IMAGE_DOWNLOAD_FAILURE" in item.reason and "sends it again" in item.reason for item in told)
    assert {item.state for item in told} == {"published"}

    desk.store.load({"MEDIA_FAIL_RATE": 0.0})
    until(desk, lambda: not desk.rows("SELECT 1 FROM hub.products WHERE media_state IS NOT NULL"))
    assert set(states(desk)) == set(skus)
    assert all(seen == {"READY"} for seen in states(desk).values())
    assert [item for item in desk.items(done).values() if item.error_code or "Image:" in (item.reason or "")] == []
    desk.judge(done)


def test_after_some_tries_a_person_is_asked_and_the_next_publish_sends_it_again(make_looking_desk):
    desk = make_looking_desk(hub_picture_resends=2)
    desk.store.load({"MEDIA_FAIL_RATE": 1.0})
    skus = desk.stage(*desk.make_parts(2))
    done = desk.run(skus)
    until(desk, lambda: len(desk.rows("SELECT 1 FROM hub.products WHERE media_state = 'failed'")) == 2)
    assert {row["media_sent"] for row in desk.rows("SELECT media_sent FROM hub.products")} == {2}
    assert all("publish the part again" in item.reason for item in desk.items(done).values())
    listed = desk.hub.database.run(lambda work: media_check_rows.listed(work, limit=10))
    assert [(one.sku, one.state) for one in listed] == [(sku, "failed") for sku in sorted(skus)]

    plan = {part.sku: part.as_row() for part in desk.hub.shop.planning.plan(skus).parts}
    assert {row.action for row in plan.values()} == {"update"}
    desk.store.load({"MEDIA_FAIL_RATE": 0.0})
    again = desk.run(skus)
    assert {item.outcome for item in desk.items(again).values()} == {"updated"}
    until(desk, lambda: not desk.rows("SELECT 1 FROM hub.products WHERE media_state IS NOT NULL"))
    assert all(seen == {"READY"} for seen in states(desk).values())
    assert {item.outcome for item in desk.items(desk.run(skus)).values()} == {"unchanged"}


def test_a_part_with_an_unchecked_failed_picture_is_not_unchanged(make_desk):
    desk = make_desk(hub_picture_look_seconds=3600)
    desk.store.load({"MEDIA_FAIL_RATE": 1.0})
    skus = desk.stage(*desk.make_parts(3))
    desk.run(skus)
    deadline = Deadline(20)
    while any(seen != {"FAILED"} for seen in states(desk).values()):
        assert not deadline.passed
        Event().wait(0.05)
    desk.store.load({"MEDIA_FAIL_RATE": 0.0})
    assert {item.outcome for item in desk.items(desk.run(skus)).values()} == {"updated"}


def test_pictures_of_other_people_stay_when_ours_is_sent_again(make_looking_desk):
    desk = make_looking_desk()
    desk.store.load({"MEDIA_FAIL_RATE": 1.0})
    (sku,) = desk.stage(desk.make_parts(1)[0])
    desk.run([sku])
    until(desk, lambda: desk.rows("SELECT 1 FROM hub.products WHERE media_error IS NOT NULL"))
    product = desk.row(sku)
    theirs = {"originalSource": "https://pictures.example.com/theirs.png", "alt": "Theirs", "contentType": "IMAGE"}
    ours = {"id": desk.store.product(sku)["media"][0]["id"]}
    desk.store.load({"MEDIA_FAIL_RATE": 0.0})
    given = {"identifier": {"id": product["product_id"]}, "input": {"files": [ours, theirs]}}
    desk.hub.shop.client.run("product_upsert_lean", given)
    until(desk, lambda: not desk.rows("SELECT 1 FROM hub.products WHERE media_state IS NOT NULL"))
    assert {media["status"] for media in desk.store.product(sku)["media"]} == {"READY"}
    assert "https://pictures.example.com/theirs.png" in {media["source"] for media in desk.store.product(sku)["media"]}


@pytest.fixture
def pictured(make_looking_desk):
    """A part whose picture the store has, and the hub knows by its media id."""
    desk = make_looking_desk()
    part = desk.make_parts(1)[0]
    desk.run(desk.stage(part))
    until(desk, lambda: not desk.rows("SELECT 1 FROM hub.products WHERE media_state IS NOT NULL"))
    product = desk.store.product(part.sku)
    assert [media["id"] for media in product["media"]] == [desk.row(part.sku)["image_media_id"]]
    return desk, part, product


def send_again(desk, part):
    """Let the hub send its picture once more, in the place of the one that is there; returns the media ids then."""
    desk.do("UPDATE hub.products SET media_state = 'resend', media_at = now()")
    until(desk, lambda: not desk.rows("SELECT 1 FROM hub.products WHERE media_state = 'resend'"))
    return {media["id"] for media in desk.store.product(part.sku)["media"]}


def test_a_picture_that_a_person_captioned_with_the_title_is_kept(pictured):
    desk, part, product = pictured
    theirs = {"alt": product["title"], "source": "https://pictures.example.com/theirs.png"}
    desk.store.edit_product(product["id"], add_image=theirs)
    ours, other = [media["id"] for media in desk.store.product(part.sku)["media"]]
    left = send_again(desk, part)
    assert other in left
    assert ours not in left
    assert len(left) == 2
    until(desk, lambda: not desk.rows("SELECT 1 FROM hub.products WHERE media_state IS NOT NULL"))
    assert desk.row(part.sku)["image_media_id"] in left - {other}


def test_our_picture_with_a_persons_caption_is_replaced_and_not_duplicated(pictured):
    desk, part, product = pictured
    desk.store.edit_product(product["id"], captions=["A bolt on a table"])
    assert len(send_again(desk, part)) == 1
