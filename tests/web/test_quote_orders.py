"""A quote becomes one draft order in the store, whatever is lost on the way."""

from __future__ import annotations

import pytest

from boeing_data_hub.health.restored import forget_what_came_after
from boeing_data_hub.shopify import draft_order_rows

pytestmark = pytest.mark.services

SCOPES = ["write_products", "write_inventory", "read_locations", "write_publications", "write_draft_orders"]


@pytest.fixture
def settings(store_settings):
    return {**store_settings, "hub_quote_answer_seconds": 0, "hub_quotes_to_orders": True}


@pytest.fixture(autouse=True)
def granted(store):
    store.settings(scopes=SCOPES)


@pytest.fixture
def quote(api, desk, part, published):
    """A quote with one line from the store, one that is not there, and one without a price."""
    skus = desk.stage(part("A1=K3"), part("B2=K3"))
    published(skus[0])
    body = {
        "rfq_number": "RFQ-7",
        "requested_parts": "A1=K3,B2=K3",
        "requested_qty": "2,3",
        "buyer_email": "ann@example.com",
    }
    answer = api.post("/api/zap/webhook", json=body)
    assert answer.json()["status"] == "quoted", answer.text
    return answer.json()


PATH = "/api/quotes/RFQ-7/draft-order"


def made_in(store):
    return store.ledger(operation="draftOrderCreate")


def time_passes(desk):
    desk.do("UPDATE hub.draft_orders SET not_before = now(), sent_at = sent_at - interval '2 minutes'")
    desk.the_wait_is_over()


def test_a_quote_becomes_a_draft_order_at_the_quoted_prices(api, quote, desk, store):
    accepted = api.post(PATH, json={"po_number": "PO-7", "valid_days": 10})
    assert (accepted.status_code, accepted.json()["state"]) == (202, "due"), accepted.text
    desk.work(1.0)
    told = api.get(PATH).json()
    assert (told["state"], told["name"], told["note"]) == ("created", "#D1", None)
    assert told["admin_url"] is None, "the sandbox has no admin"
    (entry,) = made_in(store)
    assert (entry["email"], entry["poNumber"]) == ("ann@example.com", "PO-7")
    prices = {line["part_no"]: line["price_usd"] for line in quote["quote_details"]["items"]}
    assert [(line["sku"], line["quantity"], line["price"], line["custom"]) for line in entry["lines"]] == [
        ("A1=K3", 2, prices["A1=K3"], False),
        ("B2=K3", 3, prices["B2=K3"], True),
    ]


def test_a_repeated_request_makes_no_second_one(api, quote, desk, store):
    for _ in range(3):
        assert api.post(PATH, json={}).status_code == 202
        desk.work(0.5)
    assert len(made_in(store)) == 1


def test_after_a_lost_reply_the_store_is_asked_and_nothing_is_made_twice(api, quote, desk, store):
    store.fault("drop_after", match={"operation": "draftOrderCreate"}, times=1)
    api.post(PATH, json={})
    for _ in range(3):
        desk.work(0.5)
        desk.the_wait_is_over()
        desk.do("UPDATE hub.draft_orders SET not_before = now()")
    desk.work(0.5)
    assert [entry["replied"] for entry in made_in(store)] == [False]
    assert api.get(PATH).json()["name"] == "#D1"


def test_a_call_that_never_arrived_is_sent_again_only_when_it_cannot_arrive_any_more(api, quote, desk, store):
    store.fault("drop_before", match={"operation": "draftOrderCreate"}, times=1)
    api.post(PATH, json={})
    desk.work(0.5)
    desk.the_wait_is_over()
    desk.do("UPDATE hub.draft_orders SET not_before = now()")
    desk.work(0.5)
    assert made_in(store) == []
    assert "checking" in api.get(PATH).json()["note"]
    time_passes(desk)
    desk.work(1.0)
    assert len(made_in(store)) == 1
    assert api.get(PATH).json()["state"] == "created"


def test_a_worker_that_is_killed_between_the_call_and_its_note_is_replaced_without_a_second_one(
    api, quote, desk, store, hub
):
    api.post(PATH, json={})
    desk.work(1.0)
    desk.do("UPDATE hub.draft_orders SET state = 'due', draft_order_id = NULL, name = NULL, sent_at = now()")
    desk.work(1.0)
    assert len(made_in(store)) == 1
    found = hub.database.run(lambda work: draft_order_rows.get(work, quote["id"]))
    assert (found.state, found.name) == ("created", "#D1")


def test_after_a_restore_one_that_waited_in_the_backup_is_searched_for_first(api, quote, desk, store, hub):
    api.post(PATH, json={})
    desk.work(1.0)
    desk.do("UPDATE hub.draft_orders SET state = 'due', draft_order_id = NULL, name = NULL, sent_at = NULL")
    hub.database.run(lambda work: forget_what_came_after(work, actor="test"))
    desk.work(1.0)
    assert len(made_in(store)) == 1
    assert api.get(PATH).json()["name"] == "#D1"


def test_without_the_scope_it_is_refused_with_the_remedy_and_publishing_goes_on(api, quote, desk, store, publish):
    store.settings(scopes=SCOPES[:-1])
    api.post(PATH, json={})
    desk.work(1.0)
    told = api.get(PATH).json()
    assert (told["state"], "write_draft_orders" in told["note"]) == ("refused", True)
    assert desk.rows("SELECT 1 FROM hub.pacing WHERE line = 'shopify' AND pause_reason IS NOT NULL") == []
    store.settings(scopes=SCOPES)
    api.post(PATH, json={})
    desk.work(1.0)
    assert api.get(PATH).json()["state"] == "created"


def test_what_the_store_rejects_says_why_and_can_be_ordered_again(api, quote, desk, store):
    product = store.product("A1=K3")
    store.delete_product(product["id"])
    api.post(PATH, json={})
    desk.work(1.0)
    told = api.get(PATH).json()
    assert (told["state"], "no longer available" in told["note"]) == ("refused", True)
    desk.do("UPDATE hub.products SET state = 'missing', variant_id = NULL, product_id = NULL, inventory_item_id = NULL")
    api.post(PATH, json={"email": ""})
    desk.work(1.0)
    (entry,) = made_in(store)
    assert entry["email"] is None
    assert [line["custom"] for line in entry["lines"]] == [True, True]


def test_what_cannot_be_ordered_is_refused_before_anything_is_stored(api, quote, make_key):
    assert api.get(PATH).json()["code"] == "draft_order_not_found"
    assert api.post(PATH, json={"email": "nobody"}).json()["code"] == "bad_email"
    assert api.post("/api/quotes/NO-SUCH/draft-order", json={}).status_code == 404
    reader = {"Authorization": f"Bearer {make_key('read')}"}
    assert api.post(PATH, json={}, headers=reader).status_code == 403
    assert api.get(PATH).status_code == 404


class TestSwitchedOff:
    @pytest.fixture
    def settings(self, store_settings):
        return {**store_settings, "hub_quote_answer_seconds": 0}

    def test_nothing_is_ordered_while_it_is_off(self, api, quote):
        assert api.post(PATH, json={}).json()["code"] == "draft_orders_off"
