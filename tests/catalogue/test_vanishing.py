"""The step for a vanished part: by cause, and by the time that it has been gone."""

from __future__ import annotations

import pytest
from tests.support.publishing import Rows

from boeing_data_hub.catalogue.vanished_policy import DEFAULT_VANISHED, Vanished, VanishedPolicy
from boeing_data_hub.catalogue.vanishing import Gone, sentence, step_of, taken_off

POLICY = VanishedPolicy(
    steps={
        Vanished.NOT_FOUND: "unlist",
        Vanished.NO_STOCK: "keep",
        Vanished.NO_PRICE: "leave",
        Vanished.ONLY_UNMAPPED_LOCATIONS: "draft",
    },
    archive_days=30,
    tag="Gone",
)


@pytest.mark.parametrize(
    ("cause", "days", "step"),
    [
        ("not_found", 0.0, "unlist"),
        ("not_found", 29.9, "unlist"),
        ("not_found", 30.0, "archive"),
        ("not_found", None, "unlist"),
        ("no_stock", 29.0, "keep"),
        ("no_stock", 31.0, "archive"),
        ("no_price", 400.0, "leave"),
        ("only_unmapped_locations", 1.0, "draft"),
    ],
)
def test_the_step_follows_from_the_cause_and_the_days(cause, days, step):
    assert step_of(Gone(Vanished(cause), days), POLICY) == step


@pytest.mark.parametrize("cause", list(Vanished))
def test_nothing_is_archived_by_age_unless_that_is_set(cause):
    assert step_of(Gone(cause, 10_000.0), DEFAULT_VANISHED) in {"keep", "leave"}


@pytest.mark.parametrize("cause", list(Vanished))
@pytest.mark.parametrize("days", [None, 0.0, 99.0])
def test_a_listing_that_is_taken_off_offers_nothing_and_has_the_tag_once(cause, days):
    listing = Rows.listing()
    gone = Gone(cause, days)
    once = taken_off(listing, gone, POLICY, status="ACTIVE")
    assert set(once.stock.values()) == {0}
    assert set(once.stock) == set(listing.stock)
    assert [tag for tag in once.tags if tag.casefold() == "gone"] == ["Gone"]
    assert (once.price, once.title, once.metafields) == (listing.price, listing.title, listing.metafields)
    assert taken_off(once, gone, POLICY, status="ACTIVE") == once
    assert sentence(gone, POLICY).endswith(".")
