"""Lines from the store: what is live there is quoted as it is offered there, without asking anybody."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.services


@pytest.fixture
def settings(store_settings):
    return {**store_settings, "hub_quote_answer_seconds": 0}


@pytest.fixture
def line(api):
    """Asks for one part; its line."""
    numbers = iter(range(1, 100))

    def ask(part, quantity=1):
        body = {"rfq_number": f"RFQ-{next(numbers)}", "requested_parts": part, "requested_qty": str(quantity)}
        answer = api.post("/api/zap/webhook", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()["quote_details"]["items"][0]

    return ask


@pytest.fixture
def live(desk, part, published):
    """A part that is in the store; its SKU."""
    [sku] = desk.stage(part("A1=K3"))
    published(sku)
    return sku


def change(hub, statement):
    hub.database.run(lambda work: work.do(statement))


def test_what_is_live_is_quoted_at_the_store_s_price(line, live, api, hub):
    offered = api.get(f"/api/products/published/{live}").json()
    quoted = line(live)
    assert (quoted["status"], quoted["source"], quoted["traceability"]) == ("quoted", "store", "SHOPIFY")
    assert quoted["price_usd"] == offered["price"]
    assert quoted["qty_available"] == sum(offered["stock"].values())
    # Boeing's price may have moved on; the store still asks this one.
    change(hub, "UPDATE hub.product_staging SET list_price = 999, fetched_at = now()")
    assert line(live)["price_usd"] == offered["price"]


def test_however_old_the_publish_run_is_what_is_live_is_offered(line, live, hub):
    change(hub, "UPDATE hub.products SET published_at = now() - interval '1 year'")
    change(hub, "UPDATE hub.product_staging SET fetched_at = now() - interval '2 years'")
    assert line(live)["source"] == "store"


def test_a_manual_price_overrides_the_store_s(line, live, api):
    api.patch(f"/api/products/staging/{live}", json={"price_override": "5.55"})
    assert (line(live)["price_usd"], line(live)["source"]) == ("5.55", "store")


def test_pieces_are_boeing_s_newest_figure(line, live, hub):
    change(hub, "UPDATE hub.product_staging SET fetched_at = now() + interval '1 second'")
    change(hub, "UPDATE hub.stock_locations SET quantity = 3 WHERE location = 'Dallas Central'")
    change(hub, "DELETE FROM hub.stock_locations WHERE location <> 'Dallas Central'")
    assert line(live)["qty_available"] == 3
    assert "3 of 8 requested pieces available" in line(live, 8)["note"]


@pytest.mark.parametrize(
    "spoil",
    [
        "UPDATE hub.products SET state = 'archived'",
        "UPDATE hub.products SET state = 'missing', product_id = NULL",
        "UPDATE hub.products SET price = 0",
        "UPDATE hub.products SET price = NULL",
        """UPDATE hub.products SET stock = '{"Dallas": 0}', published_at = now() + interval '1 second'""",
    ],
)
def test_what_the_store_does_not_offer_is_quoted_from_the_fresh_answer(line, live, hub, spoil):
    change(hub, spoil)
    quoted = line(live)
    assert (quoted["source"], quoted["traceability"]) == ("boeing", "VENDOR")


def test_an_excluded_part_is_no_quote_although_it_is_live(line, live, api):
    api.patch(f"/api/products/staging/{live}", json={"excluded": True})
    assert (line(live)["status"], line(live)["code"]) == ("no_quote", "excluded")


def test_another_variant_in_the_store_is_never_offered_for_the_one_asked(line, live):
    asked = line("A1=9B")
    assert (asked["status"], asked["price_usd"]) == ("pending", None)
    assert line("A1")["status"] == "pending"


def test_products_of_a_former_store_are_not_offered_without_a_store(live, sandboxed, hub):
    alone = sandboxed(hub_quote_answer_seconds=0)
    assert alone.settings.has_store is False
    assert hub.settings.has_store is True
