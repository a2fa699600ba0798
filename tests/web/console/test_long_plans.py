"""A plan of a long list is created while its page shows progress. Nothing depends on the process that creates it."""

from __future__ import annotations

import pytest

from boeing_data_hub.web.app import create_app
from boeing_data_hub_sandbox.shopify.control_client import environment

pytestmark = [
    pytest.mark.services,
    pytest.mark.filterwarnings("ignore:.*SpooledTemporaryFile:pytest.PytestUnraisableExceptionWarning"),
]
PARTS = [f"LONG-{number}" for number in range(1200)]


@pytest.fixture
def settings(store):
    return {name.lower(): value for name, value in environment(store.url).items()}


@pytest.fixture
def publisher(signed_in, hub):
    hub.database.run(
        lambda work: work.do(
            "INSERT INTO hub.product_staging (sku, search_key, title, list_price, currency,"
            " inventory_quantity, weight, weight_unit, country_of_origin, base_uom, boeing_name, condition, cert,"
            " status, raw_id, fetched_at)"
            " SELECT s, s, s, 9, 'USD', 7, 0.6, 'LB', 'Germany', 'EA', 'GASKET', 'NE', 'FAA 8130-3', 'fetched', 1,"
            " now() FROM unnest(%s::text[]) s",
            [PARTS],
        )
    )
    return signed_in("search", "publish")


def brought(person, parts):
    """Where the person is sent with a list."""
    answer = person.send("/console/publish/paste", parts="\n".join(parts))
    assert answer.status_code == 303, answer.text[:500]
    return answer.headers["location"]


def plans(hub):
    return hub.database.run(lambda work: work.rows("SELECT id, status FROM hub.batches WHERE batch_type = 'publish'"))


def arrives(person, wait, where):
    """Where the page of a plan under way leads in the end."""

    def there():
        answer = person.get(where)
        return answer.headers["location"] if answer.status_code == 303 else None

    return wait.until(there, what="the plan")


def test_the_page_says_how_far_it_is_and_leads_to_the_plan(publisher, store, hub, wait):
    store.settings(latency=0.3)
    where = brought(publisher, PARTS)
    assert where.startswith("/console/publish/")
    assert "of 1,200 parts" in publisher.read(where)
    wait.until(lambda: " left" in publisher.read(where), what="some progress")
    assert plans(hub) == []
    plan = arrives(publisher, wait, where)
    assert "1,200 part numbers" in publisher.read(plan)
    assert len(plans(hub)) == 1
    scripted = publisher.get(where, **{"HX-Request": "true"})
    assert (scripted.status_code, scripted.headers["hx-redirect"]) == (200, plan)


def test_a_short_list_is_planned_at_once(publisher):
    assert brought(publisher, PARTS[:500]).startswith("/console/plans/")


def test_a_store_outage_is_shown_and_the_plan_is_created_when_it_is_back(publisher, store, hub, wait):
    store.fault("unauthorized", times=1000)
    where = brought(publisher, PARTS)
    wait.until(lambda: "No plan could be created" in publisher.read(where), what="the reason")
    assert "Create plan for 1,200 parts" in publisher.read(where)
    assert plans(hub) == []
    store.clear_faults()
    assert publisher.send(where).headers["location"] == where
    assert "1,200 part numbers" in publisher.read(arrives(publisher, wait, where))
    assert len(plans(hub)) == 1


def test_when_its_process_has_ended_the_list_is_kept_and_planned_once(publisher, visits, make_key, store, hub, wait):
    key = make_key("search", "publish")
    store.fault("unauthorized", times=1000)
    first, second = visits(create_app(hub)), visits(create_app(hub))
    for person in (first, second):
        assert person.sign_in(key).status_code == 303
    where = brought(first, PARTS)
    assert "Another hub process may be creating it" in second.read(where)
    wait.until(lambda: "No plan could be created" in first.read(where), what="the end of the first try")
    store.clear_faults()
    assert [person.send(where).status_code for person in (second, first, second)] == [303, 303, 303]
    assert arrives(first, wait, where) == arrives(second, wait, where)
    assert len(plans(hub)) == 1


def test_a_long_plan_is_recreated_once_and_the_old_one_is_discarded(publisher, hub, wait):
    plan = arrives(publisher, wait, brought(publisher, PARTS)).partition("?")[0]
    again = [publisher.send(f"{plan}/again").headers["location"] for _ in range(2)]
    assert again[0] == again[1]
    newer = arrives(publisher, wait, again[0]).partition("?")[0]
    assert newer != plan
    assert sorted(row["status"] for row in plans(hub)) == ["cancelled", "pending"]


def test_no_other_person_sees_the_list(publisher, signed_in, store, wait):
    where = brought(publisher, PARTS)
    assert signed_in("search", "publish").get(where).status_code == 404
    arrives(publisher, wait, where)
