"""The overview shows what a trader asks first, and the system page shows the machinery behind it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from tests.support.publishing import Part

from boeing_data_hub.boeing import call_use
from boeing_data_hub.boeing.call_use import HourOfCalls
from boeing_data_hub.health import first_steps
from boeing_data_hub.health.results_by_day import by_day
from boeing_data_hub.shopify import below_cost
from boeing_data_hub.web.console.system import every_hour

services = pytest.mark.services


@pytest.fixture
def settings(store_settings):
    return store_settings


@pytest.fixture
def person(signed_in):
    return signed_in("admin")


@pytest.fixture
def staged(desk):
    columns = {"estimated_lead_time_days": 3}
    desk.stage(*(Part(f"AN{n}=K3", "110.00", {"Dallas Central": 5}, columns) for n in range(1, 5)))


def raise_cost(hub, *skus, net):
    """Boeing charges more since these parts were published."""
    hub.database.run(
        lambda work: work.do(
            "UPDATE hub.product_staging SET net_price = %s, list_price = %s WHERE sku = ANY(%s)", [net, net, list(skus)]
        )
    )


def check(hub):
    hub.database.run(below_cost.check)


def counted(hub):
    return hub.database.run(lambda work: below_cost.count(work, most=100))


@services
def test_the_overview_says_what_can_be_sold_and_what_is_live(person, staged, published):
    assert "Can be sold 4" in person.read("/console")
    published("AN1=K3", "AN2=K3")
    page = person.read("/console")
    assert "Can be sold 4 2 not published yet" in page
    assert "Live in your store 2" in page
    assert "Sold below cost 0" in page
    assert "Shopify API budget" not in page


@services
def test_products_that_boeing_made_dearer_than_we_sell_them_are_counted_and_listed(hub, person, staged, published):
    published("AN1=K3", "AN2=K3", "AN3=K3")
    check(hub)
    assert counted(hub) == 0
    raise_cost(hub, "AN1=K3", "AN3=K3", net="500.00")
    check(hub)
    assert "Sold below cost 2" in person.read("/console")
    listed = person.read("/console/parts?store=below_cost")
    assert "AN1=K3" in listed
    assert "AN2=K3" not in listed
    assert "costs 500.00" in listed
    assert "AN3=K3" not in person.read("/console/parts?store=below_cost&q=AN1")


@services
def test_the_list_of_parts_leads_to_shopify_s_admin_where_the_store_is_a_real_one(hub, person, staged, published):
    published("AN1=K3")
    assert "Open in Shopify" not in person.get("/console/parts").text, "a sandbox has no admin"
    hub.settings = hub.settings.model_copy(update={"shopify_store_domain": "parts-shop.myshopify.com"})
    page = person.get("/console/parts").text
    assert re.findall(r'href="(https://admin\.shopify\.com/store/parts-shop/products/\d+)"', page) != []
    assert page.count("Open in Shopify") == 1


@services
def test_a_corrected_price_is_no_longer_below_cost_before_the_next_check(hub, person, staged, published):
    published("AN1=K3", "AN2=K3")
    raise_cost(hub, "AN1=K3", "AN2=K3", net="500.00")
    check(hub)
    assert counted(hub) == 2
    raise_cost(hub, "AN1=K3", net="90.00")
    assert counted(hub) == 1
    check(hub)
    assert counted(hub) == 1


@services
def test_a_part_with_doubtful_prices_has_no_cost_to_compare_with(hub, staged, published):
    published("AN1=K3")
    raise_cost(hub, "AN1=K3", net="500.00")
    reason = "UPDATE hub.product_staging SET status = 'needs_review', status_reason = 'price_unreadable'"
    hub.database.run(lambda work: work.do(reason))
    check(hub)
    assert counted(hub) == 0


@services
def test_each_day_counts_what_was_published_and_what_failed(hub, person, staged, published):
    published("AN1=K3", "AN2=K3")
    days = hub.database.run(lambda work: by_day(work, days=14))
    assert len(days) == 14
    assert (days[-1].published, days[-1].failed) == (2, 0)
    assert all(day.published == day.failed == 0 for day in days[:-1])
    assert "Published and failed per day" in person.read("/console")
    picture = person.get("/console/results.svg?theme=dark&narrow=true")
    assert picture.headers["content-type"] == "image/svg+xml"
    assert len(picture.content) < 100_000


@services
def test_the_first_steps_tick_themselves_and_go_when_all_are_done(hub, person, signed_in, staged, published):
    fresh = hub.database.run(first_steps.look)
    assert (fresh.searched, fresh.published, fresh.set_up) == (True, False, False)
    page = person.read("/console")
    assert "Done: Search your first list" in page
    assert "Done: Publish your first parts" not in page
    assert "Done: Set up the store" not in page
    assert "Test connections" not in signed_in("read").read("/console"), "a reader is offered what they may not do"
    published("AN1=K3")
    assert "Done: Publish your first parts" in person.read("/console")
    person.send("/console/settings/metafields")
    assert hub.database.run(first_steps.look).are_done
    assert "First steps" not in person.read("/console")
    hub.database.run(lambda work: work.do("UPDATE hub.current_store SET since = now() - interval '40 days'"))
    hub.database.run(lambda work: work.do("DELETE FROM hub.audit_log"))
    assert hub.database.run(first_steps.look).are_done, "the list came back when the audit log was pruned"


@services
def test_a_successful_test_of_the_connections_ticks_the_store(hub, person, store):
    assert not hub.database.run(first_steps.look).store
    person.send("/console/settings/test")
    assert hub.database.run(first_steps.look).store


@services
def test_before_anything_was_asked_every_first_step_is_open(hub):
    empty = hub.database.run(first_steps.look)
    assert not any((empty.boeing, empty.searched, empty.published, empty.set_up, empty.are_done))


@services
def test_the_system_page_shows_limits_and_who_used_the_calls(hub, person):
    assert "Shopify API budget" in person.read("/console/system")
    hub.database.run(lambda work: call_use.count(work, people=7, sync=3))
    page = person.read("/console/system")
    assert "Calls per hour" in page
    assert "Next Boeing call" in page
    assert person.get("/console/calls.svg").content.startswith(b"<?xml")


def test_hours_without_calls_are_shown_between_the_others_and_up_to_now():
    first = datetime(2026, 3, 1, 9, tzinfo=UTC)
    found = [HourOfCalls(first, 4, 1), HourOfCalls(first + timedelta(hours=2), 0, 5)]
    hours = every_hour(found, until=first + timedelta(hours=3, minutes=59))
    assert [(one.people, one.sync) for one in hours] == [(4, 1), (0, 0), (0, 5), (0, 0)]
    assert every_hour([], until=first) == []
