"""When no call to the store can succeed, publishing pauses and says why; no part fails or loses an attempt."""

from __future__ import annotations

from threading import Event, Thread

import pytest
from tests.support.patience import allow, until

from boeing_data_hub.work.time_slice import TimeSlice

pytestmark = pytest.mark.services


def line(desk, name="shopify"):
    return desk.rows("SELECT * FROM hub.pacing WHERE line = %s", name)[0]


def paused(desk, batch, *, code, says):
    """Publishing is paused for this reason, and no part has failed or lost a try."""
    desk.work(5)
    state = line(desk)
    assert state["pause_reason"] == code, state
    assert state["paused_until"] is not None
    assert says in (state["pause_note"] or ""), state
    items = desk.items(batch).values()
    assert {item.state.value for item in items} == {"pending"}
    assert {item.attempts for item in items} == {0}
    assert desk.batch(batch.id).outcome is None


def continues(desk, batch):
    desk.the_wait_is_over()
    done = desk.to_the_end(batch)
    desk.judge(done)
    assert (done.outcome, done.failed_count) == ("succeeded", 0)
    assert line(desk)["pause_reason"] is None


@pytest.mark.parametrize(
    ("kind", "details", "code", "says"),
    [
        ("unauthorized", {}, "shopify_credentials", "access tokens but then rejects them"),
        ("forbidden", {}, "shopify_credentials", "scopes"),
        ("payment_required", {}, "shopify_store_closed", "billing"),
        ("locked", {}, "shopify_store_closed", "locked"),
        ("rejected", {}, "upstream", ""),  # status 430
        ("error_before", {"status": 502, "match": {"operation": "productSet"}}, "upstream", ""),
    ],
)
def test_what_affects_every_call_fails_no_part(desk, kind, details, code, says):
    skus = desk.stage(*desk.make_parts(8))
    fault = desk.store.fault(kind, **details)
    batch = desk.publish(skus)
    paused(desk, batch, code=code, says=says)
    desk.the_wait_is_over()
    paused(desk, batch, code=code, says=says)
    desk.store.clear_faults(fault)
    continues(desk, batch)


def test_a_revoked_token_in_the_middle_leaves_no_part_half_done(desk):
    parts = desk.make_parts(10)
    desk.run(desk.stage(*parts))
    more = desk.make_parts(20, start=100)
    changed = [part.but(stock={"Dallas Central": 1000}) for part in parts]
    skus = desk.stage(*changed, *more)
    batch = desk.publish(skus)
    for operation in ("publicationUpdate", "inventorySetQuantities", "productSet"):
        fault = desk.store.fault("unauthorized", match={"operation": operation})
        desk.work(5)
        assert line(desk)["pause_reason"] == "shopify_credentials"
        assert {item.state.value for item in desk.items(batch).values()} <= {"pending", "published"}
        desk.store.clear_faults(fault)
        desk.the_wait_is_over()
        if operation != "productSet":
            break
    continues(desk, batch)


def test_publishing_continues_without_a_restart_once_a_permanent_token_is_valid(make_desk):
    desk = make_desk(shopify_client_id="", shopify_client_secret="", shopify_admin_api_token="sandbox-token")
    skus = desk.stage(*desk.make_parts(5))
    desk.store.settings(tokens=["another"])
    batch = desk.publish(skus)
    paused(desk, batch, code="shopify_credentials", says="token")
    desk.store.settings(tokens=["sandbox-token"])
    continues(desk, batch)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"app_installed": False}, "Install"),
        ({"same_organisation": False}, "bdh store connect"),
        ({"client_id": "another"}, "SHOPIFY_CLIENT_ID"),
        ({"client_secret": "rotated"}, "SHOPIFY_CLIENT_SECRET"),
        ({"refuse_tokens": "something_new"}, "something_new"),
    ],
)
def test_rejected_credentials_fail_no_part_say_why_and_publishing_continues_once_they_are_right(desk, wrong, says):
    before = desk.store.settings()
    skus = desk.stage(*desk.make_parts(5))
    desk.store.settings(**wrong)
    batch = desk.publish(skus)
    paused(desk, batch, code="shopify_credentials", says=says)
    assert sum(count for name, count in desk.store.stats()["tokens"].items() if name.startswith("asked")) == 1
    desk.store.settings(**{name: before[name] for name in wrong})
    continues(desk, batch)


@pytest.mark.parametrize("fault", ["token_error", "token_drop", "token_429", "token_nonsense"])
def test_an_outage_of_the_token_endpoint_fails_no_part(desk, fault):
    skus = desk.stage(*desk.make_parts(5))
    number = desk.store.fault(fault, seconds=2)
    batch = desk.publish(skus)
    desk.work(3)
    assert line(desk)["pause_reason"] in {"upstream", "limit"}, line(desk)
    assert {item.attempts for item in desk.items(batch).values()} == {0}
    desk.store.clear_faults(number)
    continues(desk, batch)


@pytest.mark.parametrize("scope", ["write_publications", "write_inventory"])
def test_a_missing_scope_is_named_and_fails_no_part(desk, scope):
    parts = desk.make_parts(4)
    desk.run(desk.stage(*parts))
    desk.hub.shop.storefront.forget()
    skus = desk.stage(
        *(part.but(price="5.05", stock={"Dallas Central": 44}) for part in parts), *desk.make_parts(3, 50)
    )
    scopes = desk.store.settings()["scopes"]
    desk.store.settings(scopes=[name for name in scopes if name != scope])
    batch = desk.publish(skus)
    desk.work(5)
    assert line(desk)["pause_reason"] == "shopify_scope", line(desk)
    assert desk.batch(batch.id).failed_count == 0
    assert desk.batch(batch.id).outcome is None
    desk.store.settings(scopes=scopes)
    continues(desk, batch)


def test_an_unreachable_store_fails_no_part(make_desk, store):
    desk = make_desk(shopify_store_domain="http://127.0.0.1:9")
    skus = desk.stage(*desk.make_parts(3))
    batch = desk.publish(skus)
    paused(desk, batch, code="upstream", says="")
    there = make_desk()
    there.staged |= desk.staged
    continues(there, batch)


@pytest.mark.parametrize(("kind", "status"), [("throttle", 200), ("http_429", 200)])
def test_being_throttled_never_counts_as_a_failure(desk, kind, status):
    desk.store.settings(throttle_status=status)
    desk.store.fault(kind, times=12, seconds=0.01)
    done = desk.run(desk.stage(*desk.make_parts(12)))
    desk.judge(done)
    assert {item.attempts for item in desk.items(done).values()} == {0}


def test_a_location_missing_from_the_store_pauses_publishing_and_is_named(desk):
    skus = desk.stage(*desk.make_parts(3))
    places = desk.store.settings()["locations"]
    desk.store.settings(locations=[each for each in places if each["name"] != "Miami"])
    batch = desk.publish(skus)
    paused(desk, batch, code="location_unknown", says="'Miami'")
    desk.store.settings(locations=places)
    continues(desk, batch)


@pytest.mark.parametrize("bulk_from", [500, 2])
def test_a_location_deactivated_during_a_run_fails_no_part(make_desk, bulk_from):
    desk = make_desk(hub_bulk_publish_from=bulk_from)
    old, *new = desk.make_parts(8)
    desk.run(desk.stage(old))
    places = desk.store.settings()["locations"]
    desk.store.settings(locations=[{**each, "active": each["name"] != "Miami"} for each in places])
    batch = desk.publish(desk.stage(old.but(stock={"Miami, FL": 999}), *new))
    paused(desk, batch, code="location_unknown", says="SHOPIFY_LOCATION_MAP")
    desk.the_wait_is_over()
    paused(desk, batch, code="location_unknown", says="'Miami'")
    desk.store.settings(locations=places)
    continues(desk, batch)


@pytest.mark.parametrize("bulk_from", [500, 2])
def test_a_sales_channel_that_is_replaced_while_parts_are_published_loses_no_product(make_desk, bulk_from):
    desk = make_desk(hub_bulk_publish_from=bulk_from)
    desk.store.load({"publications": ["Point of Sale", "Online Store"]})
    desk.hub.shop.storefront.facts()
    desk.store.load({"publications": ["Online Store"]})  # the same name, another id
    skus = desk.stage(*desk.make_parts(8))
    batch = desk.publish(skus)
    paused(desk, batch, code="channel_unknown", says="SHOPIFY_PUBLICATION")
    assert desk.rows("SELECT * FROM hub.orphans") == []
    continues(desk, batch)
    assert [product["publications"] for product in desk.store.products()] == [["Online Store"]] * 8
    more = desk.stage(*desk.make_parts(5, start=100))
    calls = desk.calls_during(lambda: desk.run(more))
    assert "publishablePublish" not in calls, "products are still offered together"


@pytest.mark.parametrize("bulk_from", [500, 2])
def test_a_category_that_the_store_does_not_know_fails_no_part_and_one_part_tries(make_desk, bulk_from):
    desk = make_desk(hub_category="gid://shopify/TaxonomyCategory/zz-9", hub_bulk_publish_from=bulk_from)
    skus = desk.stage(*desk.make_parts(12))
    batch = desk.publish(skus)
    paused(desk, batch, code="category_unknown", says="HUB_CATEGORY")
    for _ in range(2):
        desk.the_wait_is_over()
        calls = desk.calls_during(lambda: paused(desk, batch, code="category_unknown", says="HUB_CATEGORY"))
        assert (calls.get("productSet"), calls.get("bulkOperationRunMutation")) == (1, None), calls
    there = make_desk(hub_bulk_publish_from=bulk_from)
    there.staged |= desk.staged
    continues(there, batch)


def test_failures_with_successes_between_them_never_pause_publishing(desk):
    for round_ in range(4):
        desk.hub.shop.storefront.forget()
        desk.store.fault("error_before", times=3, match={"operation": "shop"})  # as often as one look asks
        batch = desk.publish(desk.stage(*desk.make_parts(2, start=round_ * 10)))
        desk.work(1)
        desk.judge(desk.to_the_end(batch))
        state = line(desk)
        assert (state["failures"], state["fruitless"], state["pause_reason"]) == (0, 0, None), state


def test_the_daily_limit_makes_creations_wait_while_updates_go_on(desk):
    old = desk.make_parts(6)
    desk.run(desk.stage(*old))
    desk.store.settings(plan="standard", daily_variant_threshold=1, daily_variant_cap=10)
    desk.hub.shop.storefront.forget()
    new = desk.make_parts(8, start=50)
    skus = desk.stage(*new, *(part.but(price="8.80") for part in old))
    batch = desk.publish(skus)
    desk.work(5)
    items = desk.items(batch)
    waiting = [item for item in items.values() if item.state.value == "pending"]
    assert len(waiting) == 4
    for item in waiting:
        assert (item.error_code, item.attempts) == ("shopify_daily_limit", 0)
        assert item.not_before is not None
        assert "Updates of existing products continue" in item.error
    assert all(items[part.sku].outcome == "updated" for part in old)
    assert line(desk)["pause_reason"] is None

    later = desk.publish(desk.stage(*desk.make_parts(2, start=90)))
    assert desk.calls_during(lambda: desk.work(0.5)).get("productSet", 0) == 0
    assert {item.error_code for item in desk.items(later).values()} == {"shopify_daily_limit"}

    desk.the_wait_is_over()
    calls = desk.calls_during(lambda: desk.work(2))
    assert calls.get("productSet") == 1, "one part tries again"
    assert line(desk, "shopify-creates")["pause_reason"] == "shopify_daily_limit"

    desk.store.settings(daily_variant_cap=1000)
    desk.the_wait_is_over()
    done = desk.to_the_end(batch, later)
    desk.judge(*done)
    assert all(each.outcome == "succeeded" for each in done)
    assert line(desk, "shopify-creates")["pause_reason"] is None


def test_postgres_restarts_in_the_middle(make_desk):
    desk = make_desk()
    skus = desk.stage(*desk.make_parts(60))
    desk.store.settings(latency=0.02)
    batch = desk.publish(skus)
    worker = Thread(target=desk.to_the_end, args=[batch])
    worker.start()
    desk.rows(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    worker.join()
    desk.judge(desk.batch(batch.id))
    assert desk.batch(batch.id).published_count == 60


@pytest.mark.parametrize("fault", [{"kind": "throttle"}, {"kind": "http_429", "seconds": 0.1}])
def test_a_plan_waits_where_the_store_throttles_a_look_up(desk, fault):
    skus = desk.stage(*desk.make_parts(3))
    desk.hub.shop.storefront.facts()
    desk.store.fault(**fault, times=2)
    plan = desk.hub.shop.planning.plan(skus)
    assert {part.as_row().action for part in plan.parts} == {"create"}


def test_a_long_retry_after_is_capped_and_the_wait_is_shown(desk):
    desk.hub.shop.storefront.facts()
    desk.store.fault("http_429", times=1, seconds=3000, match={"operation": "productVariants"})
    batch = desk.publish(desk.stage(*desk.make_parts(1)))
    stop = Event()
    worker = Thread(target=desk.hub.shop.publishing.work, args=[TimeSlice(stop, allow(20))], daemon=True)
    worker.start()

    def waits():
        return desk.rows("SELECT paused_until - now() AS rest FROM hub.budgets WHERE paused_until IS NOT NULL")

    until(waits, seconds=20, what="the wait")
    stop.set()
    worker.join(allow(10))
    assert waits()[0]["rest"].total_seconds() <= 120
    told = desk.hub.database.run(lambda work: desk.hub.live.situation(work).store_wait())
    assert told.code == "shopify_throttled"
    assert "slow down" in told.message
    desk.do("UPDATE hub.budgets SET paused_until = NULL")
    desk.hub.intake.cancel(batch.id, actor="test")
