"""What looks like an error in Boeing's data stays out of the store and waits in Reviews."""

from __future__ import annotations

from decimal import Decimal

import pytest
from tests.support.publishing import Part

from boeing_data_hub.batches.reviewing import Reviewing
from boeing_data_hub.shopify import reviews
from boeing_data_hub.shopify.reviews import ReviewFilter

pytestmark = pytest.mark.services

EVERY = ReviewFilter()


@pytest.fixture
def desk(make_desk):
    """A hub with guards as they are by default."""
    return make_desk(hub_guards=True)


@pytest.fixture(params=[100_000, 20], ids=["one by one", "in bulk"])
def either_way(make_desk, request):
    """The same, whichever way parts go."""
    return make_desk(hub_guards=True, hub_bulk_publish_from=request.param)


def waiting(desk, state="open"):
    found = desk.hub.database.run(lambda work: reviews.listed(work, EVERY, state=state, limit=1000))
    return {(one.sku, one.field): (one.cause, one.old, one.new) for one in found}


def decide(desk, decision, **wanted):
    reviewing = Reviewing(desk.hub.database, desk.hub.intake)
    return getattr(reviewing, decision)(ReviewFilter(**wanted), actor="test")


def shown(desk, sku):
    product = desk.product(sku)
    return product["price"], sum(product["quantities"].values())


def test_a_day_of_nonsense_from_boeing_changes_nothing_and_its_reviews_close(either_way):
    desk = either_way
    sound = [Part(f"DAY{n}=K3", f"{100 + n}.00", {"Dallas Central": 40}) for n in range(40)]
    desk.run(desk.stage(*sound))
    before = {one.sku: desk.product(one.sku) for one in sound}

    cheap, gone, foreign, both = sound[:10], sound[10:34], sound[34:37], sound[37:]
    desk.stage(
        *(one.but(price=f"{Decimal(one.price) / 20:.2f}") for one in cheap),
        *(one.but(stock={"Dallas Central": 0}) for one in gone),
        *(one.but(currency="EUR", status="blocked", status_reason="currency_differs") for one in foreign),
        *(one.but(price="5.00", stock={"Dallas Central": 0}) for one in both),
    )
    seq = desk.seq()
    done = desk.run([one.sku for one in sound])
    assert desk.batch(done.id).outcome == "succeeded"
    assert {item.outcome for item in desk.items(done).values()} == {"unchanged"}
    assert all("waits for your review" in item.reason for item in desk.items(done).values())
    assert {one.sku: desk.product(one.sku) for one in sound} == before
    assert [entry for entry in desk.since(seq) if entry["kind"] in {"product", "stock"}] == []
    held = waiting(desk)
    assert {held[one.sku, "price"][0] for one in (*cheap, *both)} == {"price_fell"}
    assert {held[one.sku, "stock"][0] for one in (*gone, *both)} == {"run_sold_out"}
    assert {held[one.sku, "currency"] for one in foreign} == {("currency_changed", "USD", "EUR")}
    assert len(held) == len(cheap) + len(gone) + len(foreign) + 2 * len(both)

    desk.stage(*(one.but(currency="USD", status="fetched", status_reason=None) for one in sound))
    while desk.hub.database.run(desk.hub.shop.run_guards.judge_again):
        pass
    assert waiting(desk) == {}
    assert set(waiting(desk, "closed")) == set(held)
    assert {one.sku: desk.product(one.sku) for one in sound} == before


def test_what_waits_for_review_still_waits_when_the_rest_of_the_part_is_sent(either_way):
    desk = either_way
    sound = [Part(f"SENT{n}=K3", "100.00", {"Dallas Central": 40}) for n in range(24)]
    desk.run(desk.stage(*sound))
    desk.stage(*(one.but(price="3.64", country_of_origin="Germany") for one in sound))
    done = desk.run([one.sku for one in sound])
    assert {item.outcome for item in desk.items(done).values()} == {"updated"}
    assert set(waiting(desk)) == {(one.sku, "price") for one in sound}


def test_a_held_price_keeps_no_stock_from_the_store_and_held_stock_no_price(desk):
    one, other = Part("P=K3", "100.00", {"Dallas Central": 200}), Part("S=K3", "100.00", {"Dallas Central": 200})
    desk.run(desk.stage(one, other))
    desk.stage(
        one.but(price="3.64", stock={"Dallas Central": 150}),
        other.but(price="110.00", stock={"Dallas Central": 99_000}),
    )
    planned = {part.sku: part for part in desk.hub.shop.planning.plan(["P=K3", "S=K3"]).parts}
    assert [change.field for change in planned["P=K3"].as_row().changes] == ["stock.Dallas"]
    assert "from 100.00 to 3.64" in planned["P=K3"].as_row().sentence
    assert desk.hub.shop.planning.plan(["P=K3", "S=K3"]).forecast.totals.held == 2
    done = desk.run(["P=K3", "S=K3"])
    assert shown(desk, "P=K3") == ("100.00", 150)
    assert shown(desk, "S=K3") == ("110.00", 200)
    assert "from 100.00 to 3.64" in desk.item(done, "P=K3").reason
    assert "from 200 to 99000 pieces" in desk.item(done, "S=K3").reason
    assert waiting(desk) == {
        ("P=K3", "price"): ("price_fell", "100.00", "3.64"),
        ("S=K3", "stock"): ("stock_jumped", "200", "99000"),
    }


def test_what_is_approved_is_published_at_once_and_holds_for_its_value_only(desk):
    sound = Part("A=K3", "100.00")
    desk.run(desk.stage(sound))
    desk.stage(sound.but(price="40.00"))
    desk.run(["A=K3"])
    done = decide(desk, "approve", cause="price_fell")
    assert (done.decided, done.remaining) == (1, 0)
    desk.to_the_end(done.batch)
    assert shown(desk, "A=K3")[0] == "40.00"
    assert waiting(desk) == {}
    again = decide(desk, "approve", cause="price_fell")
    assert (again.decided, again.batch) == (0, None)

    desk.stage(sound.but(price="9.00"))
    desk.run(["A=K3"])
    assert shown(desk, "A=K3")[0] == "40.00"
    assert waiting(desk) == {("A=K3", "price"): ("price_fell", "40.00", "9.00")}


def test_what_is_refused_stays_out_until_the_value_is_another(desk):
    sound = Part("R=K3", "100.00")
    desk.run(desk.stage(sound))
    desk.stage(sound.but(price="40.00"))
    desk.run(["R=K3"])
    assert decide(desk, "refuse", sku_prefix="r").decided == 1
    done = desk.run(["R=K3"])
    assert "refused in a review" in desk.item(done, "R=K3").reason
    assert (shown(desk, "R=K3")[0], waiting(desk)) == ("100.00", {})
    desk.stage(sound.but(price="41.00"))
    desk.run(["R=K3"])
    assert waiting(desk) == {("R=K3", "price"): ("price_fell", "100.00", "41.00")}
    desk.stage(sound.but(price="90.00"))
    desk.run(["R=K3"])
    assert (shown(desk, "R=K3")[0], waiting(desk)) == ("90.00", {})


def test_a_new_part_below_cost_is_not_created_until_it_is_approved(desk):
    desk.stage(Part("NEW=K3", "100.00"))
    desk.do("INSERT INTO hub.hand_data (sku, price_override, updated_by) VALUES ('NEW=K3', 50.00, 'me')")
    done = desk.run(["NEW=K3"])
    item = desk.item(done, "NEW=K3")
    assert (item.state, item.error_code) == ("not_for_sale", "review_below_cost")
    desk.judge(done, absent=["NEW=K3"])
    desk.to_the_end(decide(desk, "approve", field="price").batch)
    assert shown(desk, "NEW=K3")[0] == "50.00"


def test_a_price_that_a_person_changed_in_the_store_is_corrected_without_a_review(desk):
    desk.run(desk.stage(Part("MINE=K3", "100.00")))
    desk.store.load({"edit": [{"sku": "MINE=K3", "set": {"price": "1.00"}}]})
    desk.run(["MINE=K3"])
    assert (shown(desk, "MINE=K3")[0], waiting(desk)) == ("100.00", {})


def test_many_small_runs_are_held_like_one_large_one(desk):
    sound = [Part(f"SMALL{n:02}=K3", "100.00") for n in range(24)]
    skus = desk.stage(*sound)
    desk.run(skus)
    desk.stage(*(one.but(stock={"Dallas Central": 0}) for one in sound))
    for start in range(0, 24, 6):
        desk.run(skus[start : start + 6])
    assert sum(shown(desk, sku)[1] == 0 for sku in skus) == 6
    done = decide(desk, "approve", cause="run_sold_out")
    desk.to_the_end(done.batch)
    assert sum(shown(desk, sku)[1] == 0 for sku in skus) == 24


def test_a_correction_that_arrives_while_the_part_is_being_judged_is_not_overlooked(desk):
    sound = Part("LATE=K3", "100.00")
    desk.run(desk.stage(sound))
    desk.stage(sound.but(price="3.64"))
    desk.run(["LATE=K3"])
    judged_by = desk.rows("SELECT fetched_at FROM hub.product_staging WHERE sku = 'LATE=K3'")[0]["fetched_at"]
    desk.stage(sound)
    # As if its answer had come between the claim and the save: before the review was written.
    desk.do("UPDATE hub.product_staging SET fetched_at = %s + interval '1 microsecond'", judged_by)
    assert desk.hub.database.run(desk.hub.shop.run_guards.judge_again) == 1
    assert waiting(desk) == {}
    assert desk.hub.database.run(desk.hub.shop.run_guards.judge_again) == 0
