"""A picture that was had once is not fetched again; one that was not is, after a while."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from boeing_data_hub.images import known_images
from boeing_data_hub.images.known_images import RememberedPicture, reusable
from boeing_data_hub.images.product_image import Picture

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
WEEK = 604_800
REAL = Picture("https://hub.example.com/media/parts/aa/aa.jpg", "aa", "aa.jpg")
NONE = Picture(
    "https://hub.example.com/media/parts/bb/bb.png",
    "bb",
    "bb.png",
    placeholder=True,
    code="image_not_found",
    sentence="There is no image at this address. The product gets the placeholder.",
)
DOWN = Picture("u", "bb", "bb.png", placeholder=True, code="image_timeout", sentence="Too late.", passing=True)
RESTING = Picture("u", "bb", "bb.png", placeholder=True, code="image_host_resting", sentence="Rests.", passing=True)

_TABLE = """
CREATE TABLE IF NOT EXISTS hub.images (source text PRIMARY KEY, sha256 text NOT NULL, url text NOT NULL,
    filename text NOT NULL, is_placeholder boolean NOT NULL, code text, sentence text,
    passing boolean NOT NULL DEFAULT false, fetched_at timestamptz NOT NULL DEFAULT now())
"""


@pytest.mark.parametrize(
    ("picture", "seconds", "serves"),
    [
        (REAL, 0, True),
        (REAL, 10 * WEEK, True),
        (NONE, WEEK - 1, True),
        (NONE, WEEK, False),
        (DOWN, 3599, True),
        (DOWN, 3600, False),
        (RESTING, 0, False),
    ],
)
def test_how_long_a_remembered_picture_is_used(picture, seconds, serves):
    row = RememberedPicture(picture, NOW, float(seconds))
    assert reusable(row, WEEK) is serves


def test_a_caller_that_wants_no_placeholder_kept_gets_none_kept():
    assert not reusable(RememberedPicture(NONE, NOW, 0.0), 0)
    assert not reusable(RememberedPicture(DOWN, NOW, 0.0), 0)


def test_a_picture_stored_elsewhere_is_not_reused():
    row = RememberedPicture(REAL, NOW, 0.0)
    assert reusable(row, WEEK, base_url="https://hub.example.com/media/")
    assert not reusable(row, WEEK, base_url="https://abc.supabase.co/storage/v1/object/public/product-images/")


@pytest.fixture
def work_on(database):
    database.run(lambda work: work.do(_TABLE))
    return database.run


@pytest.mark.services
def test_pictures_are_remembered_by_their_address(work_on):
    work_on(lambda work: known_images.remember(work, {"a": REAL, "b": NONE, "c": DOWN}))
    found = work_on(lambda work: known_images.known(work, ["a", "b", "c", "c", "d"]))
    assert {source: row.picture for source, row in found.items()} == {"a": REAL, "b": NONE, "c": DOWN}
    assert found["a"].fetched_at.tzinfo is not None
    work_on(lambda work: known_images.remember(work, {}))
    work_on(lambda work: known_images.remember(work, {"e": REAL}))
    assert work_on(lambda work: known_images.known(work, [])) == {}


@pytest.mark.services
def test_the_newest_word_counts_but_a_placeholder_never_replaces_a_real_picture(work_on):
    before = NOW - timedelta(days=30)
    work_on(lambda work: known_images.remember(work, {"a": REAL, "b": DOWN}))
    work_on(lambda work: work.do("UPDATE hub.images SET fetched_at = %s", [before]))
    work_on(lambda work: known_images.remember(work, {"a": DOWN, "b": NONE}))
    found = work_on(lambda work: known_images.known(work, ["a", "b"]))
    assert (found["a"].picture, found["a"].fetched_at) == (REAL, before)
    assert found["b"].picture == NONE
    assert found["b"].fetched_at > before
    work_on(lambda work: known_images.remember(work, {"b": REAL}))
    assert work_on(lambda work: known_images.known(work, ["b"]))["b"].picture == REAL


@pytest.mark.services
def test_an_address_that_cannot_be_kept_disturbs_no_other(work_on):
    odd = ["https://a/\0", "https://a/" + "x" * 3000, "https://a/" + "é" * 1500, "https://a/\ud800"]
    work_on(lambda work: known_images.remember(work, dict.fromkeys([*odd, "fine"], NONE)))
    assert set(work_on(lambda work: known_images.known(work, [*odd, "fine"]))) == {"fine"}
