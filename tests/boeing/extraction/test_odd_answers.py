"""Whatever Boeing answers, every item ends truly, and nothing wrong is staged."""

from __future__ import annotations

from decimal import Decimal

import pytest

from boeing_data_hub.work import workers

pytestmark = pytest.mark.services

PARTS = tuple(f"ODD-{n}=K3" for n in range(10))


@pytest.fixture
def known(boeing):
    """Ten parts that are surely known and sellable."""
    for part in PARTS:
        boeing.set_part(part, unknown=False, listPrice=100, netPrice=90, quantity=5)
    return PARTS


def test_a_list_price_of_0_falls_back_to_the_net_price(walk):
    batch = walk.to_the_end(walk.search("4232-0226-1=9B"))
    product = walk.product("4232-0226-1=9B")
    assert batch.outcome == "succeeded"
    assert product["list_price"] is None
    assert product["net_price"] == Decimal("442.61")
    assert product["price"] == Decimal("486.87")


def test_stock_at_every_location_is_kept_apart(walk):
    walk.to_the_end(walk.search("P512777=K3"))
    product = walk.product("P512777=K3")
    assert {place["location"]: place["quantity"] for place in product["locations"]} == {
        "Dallas Central": 463,
        "Miami, FL": 10,
        "Goodyear AZ": 11,
        "New York, NY": 6,
        "Los Angeles, CA": 14,
        "Germany CSC": 53,
    }
    assert product["inventory_quantity"] == 557


def test_a_part_in_germany_only_is_staged_and_blocked_where_germany_is_not_mapped(make_walk):
    walk = make_walk(shopify_location_map='{"Dallas Central": "Dallas"}')
    batch = walk.to_the_end(walk.search("P510547=K3"))
    item = walk.items(batch)["P510547=K3"]
    assert (item.state, item.outcome, item.reason) == ("normalized", "blocked", "only_unmapped_locations")
    assert walk.product("P510547=K3")["status"] == "blocked"


def test_a_part_without_stock_and_locations_is_blocked_and_keeps_its_price(walk):
    batch = walk.to_the_end(walk.search("P1022=K3"))
    assert walk.items(batch)["P1022=K3"].reason == "no_stock"
    assert walk.product("P1022=K3")["list_price"] == Decimal("99.86")


def test_a_bare_number_is_served_by_its_only_variant(walk, boeing):
    boeing.set_part("WF338109", unknown=False)
    batch = walk.to_the_end(walk.search("WF338109"))
    assert walk.items(batch)["WF338109"].skus == ("WF338109=K3",)


def test_a_part_boeing_does_not_know_fails_and_says_what_to_do(walk, boeing, known):
    boeing.set_part("NOSUCH=K3", unknown=True)
    batch = walk.to_the_end(walk.search(*known[:3], "NOSUCH=K3"))
    assert (batch.status, batch.outcome) == ("completed", "finished_with_failures")
    item = walk.items(batch)["NOSUCH=K3"]
    assert (item.state, item.error_code) == ("failed", "not_found")
    assert "suffix" in item.error
    assert boeing.stats()["calls"] == 1


def test_where_wanted_a_missing_part_is_confirmed_alone(make_walk, boeing, known):
    walk = make_walk(hub_confirm_missing=True)
    boeing.set_part("NOSUCH=K3", unknown=True)
    batch = walk.to_the_end(walk.search(*known[:3], "NOSUCH=K3"))
    assert walk.items(batch)["NOSUCH=K3"].error_code == "not_found"
    assert [call["parts"] for call in boeing.ledger()][-1] == ["NOSUCH=K3"]


@pytest.mark.parametrize("kind", ["extra_items", "duplicated_items", "other_spelling"])
def test_answers_that_can_be_understood_cost_no_second_call(walk, boeing, known, kind):
    boeing.fault(kind)
    batch = walk.to_the_end(walk.search(*known))
    assert batch.outcome == "succeeded"
    assert batch.normalized_count == 10
    assert boeing.stats()["calls"] == 1
    staged = walk.hub.database.run(lambda work: work.value("SELECT count(*) FROM hub.product_staging"))
    assert staged == 10


def test_swapped_answers_are_asked_again_not_believed(walk, boeing, known):
    boeing.fault("swapped", times=1)
    batch = walk.to_the_end(walk.search(*known))
    assert batch.outcome == "succeeded"
    assert boeing.stats()["calls"] == 2


@pytest.mark.parametrize(
    "kind",
    ["html", "truncated", "bad_number", "deep_nesting", "wrong_type", "gzip_bomb", "closed", "cut", "renamed_field"],
)
def test_an_unreadable_answer_is_asked_again_and_nothing_of_it_is_staged(walk, boeing, known, kind):
    number = boeing.fault(kind, times=1)
    batch = walk.to_the_end(walk.search(*known))
    assert boeing.faults()[number]["fired"] == 1
    assert batch.outcome == "succeeded"
    assert batch.normalized_count == 10
    assert batch.failed_count == 0


@pytest.mark.parametrize("status", [500, 502, 504])
def test_one_502_for_a_whole_call_fails_no_part(walk, boeing, known, status):
    boeing.fault("server_error", times=1, status=status)
    batch = walk.to_the_end(walk.search(*known))
    assert batch.outcome == "succeeded"
    assert boeing.stats()["calls"] == 2


@pytest.mark.parametrize(("kind", "code"), [("bad_request", "boeing_rejected"), ("forbidden", "boeing_forbidden")])
def test_one_bad_part_is_isolated_and_the_other_nine_succeed(walk, boeing, known, kind, code):
    boeing.fault(kind, parts=[known[7]])
    batch = walk.to_the_end(walk.search(*known))
    assert (batch.normalized_count, batch.failed_count) == (9, 1)
    assert walk.items(batch)[known[7]].error_code == code
    assert boeing.stats()["calls"] <= 9


def test_a_part_that_always_breaks_its_call_is_isolated_too(walk, boeing, known):
    boeing.fault("server_error", parts=[known[2]], status=500)
    batch = walk.to_the_end(walk.search(*known), seconds=60)
    assert (batch.normalized_count, batch.failed_count) == (9, 1)
    assert walk.items(batch)[known[2]].error_code == "boeing_500"


def test_a_slow_boeing_is_given_up_at_the_deadline_and_asked_again(make_walk, boeing, known):
    walk = make_walk(boeing_call_timeout=0.5)
    boeing.fault("never_answers", times=1)
    batch = walk.to_the_end(walk.search(*known))
    assert batch.outcome == "succeeded"


@pytest.mark.parametrize("retry_after", [None, 1, -1, 1e9, "soon"])
def test_a_429_slows_everyone_down_and_fails_no_part(walk, boeing, known, retry_after):
    boeing.fault("rate_limited", times=1, retry_after=retry_after)
    batch = walk.to_the_end(walk.search(*known))
    assert batch.outcome == "succeeded"
    assert all(item.attempts == 0 for item in walk.items(batch).values())


def test_an_outage_of_boeing_uses_no_attempt_and_work_resumes_afterwards(walk, boeing, known):
    boeing.fault("down", times=1)
    batch = walk.search(*known)
    walk.extract(1)
    line = walk.hub.database.run(walk.hub.live.situation).boeing
    assert line.pause_reason == "upstream"
    assert all(item.attempts == 0 for item in walk.items(batch).values())
    assert walk.to_the_end(batch).outcome == "succeeded"


def test_wrong_credentials_pause_boeing_and_fail_no_part(walk, boeing, known):
    boeing.fault("oauth_refused")
    batch = walk.search(*known)
    walk.extract(1)
    walk.hub.database.run(
        lambda work: workers.pulse(work, "extraction@test", queues=["extraction"], host="here", pid=1, version="1")
    )
    situation = walk.hub.database.run(walk.hub.live.situation)
    assert situation.boeing.pause_reason == "credentials"
    assert "BOEING_" in situation.waiting_for(walk.batch(batch)).text
    assert {item.state for item in walk.items(batch).values()} == {"pending"}


def test_tokens_that_expire_under_eight_concurrent_calls_are_renewed_once_and_no_item_fails(walk, boeing):
    boeing.settings(latency_ms=20)
    walk.hub.boeing.ensure_tokens()
    batch = walk.search(*(f"TOK-{n}=K3" for n in range(300)))
    before = boeing.stats()
    boeing.expire_tokens()
    done = walk.to_the_end(batch, threads=8)
    after = boeing.stats()
    assert after["oauth_calls"] - before["oauth_calls"] == 1
    assert after["part_token_calls"] - before["part_token_calls"] == 1
    assert all(item.error_code in {None, "not_found"} for item in walk.items(batch).values())
    assert done.status == "completed"


@pytest.mark.parametrize(
    ("fields", "outcome", "reason"),
    [
        ({"listPrice": 0, "netPrice": 0}, "blocked", "no_price"),
        ({"listPrice": None, "netPrice": None}, "blocked", "no_price"),
        ({"listPrice": -5, "netPrice": 10}, "needs_review", "price_negative"),
        ({"listPrice": "on request"}, "needs_review", "price_unreadable"),
        ({"listPrice": "120.40", "netPrice": "100"}, "fetched", None),
        ({"weight": "heavy"}, "fetched", None),
    ],
)
def test_a_price_that_cannot_be_believed_is_staged_and_held_back(walk, boeing, known, fields, outcome, reason):
    boeing.set_part(known[0], **{"listPrice": 100, "netPrice": 90, "quantity": 5, **fields})
    batch = walk.to_the_end(walk.search(known[0]))
    item = walk.items(batch)[known[0]]
    assert (item.state, item.outcome, item.reason) == ("normalized", outcome, reason)


def test_another_currency_is_never_mistaken_for_ours(walk, boeing, known):
    boeing.fault("other_currency")
    batch = walk.to_the_end(walk.search(known[0]))
    assert walk.items(batch)[known[0]].reason == "currency_differs"


def test_an_older_answer_never_overwrites_a_newer_one(walk, boeing, known):
    walk.to_the_end(walk.search(known[0]))
    newest = walk.product(known[0])["fetched_at"]
    walk.hub.database.run(lambda work: work.do("UPDATE hub.boeing_raw_data SET fetched_at = now() - interval '1 day'"))
    walk.hub.normalize_again()
    walk.hub.normalization.work(lambda: True)
    assert walk.product(known[0])["fetched_at"] == newest


def test_normalizing_again_uses_the_rules_in_force_and_asks_boeing_nothing(make_walk, boeing, known):
    walk = make_walk()
    walk.to_the_end(walk.search(known[0]))
    calls = boeing.stats()["calls"]
    dearer = make_walk(price_markup="1.20", hub_condition="OH")
    assert dearer.hub.normalize_again() == 1
    dearer.hub.normalization.work(lambda: True)
    product = dearer.product(known[0])
    assert (product["price"], product["condition"]) == (Decimal("120.00"), "OH")
    assert boeing.stats()["calls"] == calls


def test_a_worker_that_dies_over_a_part_again_and_again_does_not_do_so_for_ever(walk, known):
    from uuid import uuid4

    from boeing_data_hub.work import leases

    batch = walk.search(known[0])
    for _ in range(3):
        walk.hub.database.run(
            lambda work: leases.take(
                work, uuid4(), stage="extraction", owner="dead", seconds=-1, part_numbers=[known[0]]
            )
        )
        walk.hub.recovery.sweep()
    item = walk.items(batch)[known[0]]
    assert (item.state, item.error_code) == ("failed", "worker_lost")
