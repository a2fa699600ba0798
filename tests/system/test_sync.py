"""Sync on real processes: every idle slot is used, people come first, and what changes reaches the store once."""

from __future__ import annotations

import itertools

import pytest
import redis as redis_client
from tests.system.shop import Shop

from boeing_data_hub_sandbox.shopify.running import running_shopify

pytestmark = [pytest.mark.services, pytest.mark.timeout(240)]

SPACING = 61.5 / 40  # seconds between two slots at 40 calls a minute, see work/rates.py
PARTS = [f"SY{number:02}=K3" for number in range(30)]


@pytest.fixture(scope="module")
def store():
    with running_shopify() as control:
        yield control


@pytest.fixture
def shop(make_rig, store):
    rig = make_rig(
        BOEING_API_RATE_LIMIT="40/m",
        HUB_LEASE_SECONDS="6",
        HUB_SYNC="true",
        HUB_SYNC_REVIEW_SECONDS="1",
        HUB_SYNC_LONGEST_AGE="40",
    )
    made = Shop(rig, store)
    for part in PARTS:
        rig.boeing.set_part(part, listPrice=100, netPrice=90, locations={"Dallas Central": 5})
    rig.start_all(extraction=2)
    rig.start_worker("publishing")
    yield made
    made.close()


def test_sync_uses_idle_slots_for_what_changes_and_lets_people_go_first(shop, redis_url):
    rig, boeing = shop.rig, shop.rig.boeing
    rig.finish(rig.search(PARTS))
    first = shop.publish(PARTS)
    rig.wait(lambda: shop.ask("SELECT completed_at IS NOT NULL FROM hub.batches WHERE id = %s", first), "publishing")
    assert len(shop.store.products()) == len(PARTS)
    rig.wait(lambda: shop.ask("SELECT count(*) FROM hub.sync_parts") == len(PARTS), "sync's first round")

    def price(part: str) -> list[str]:
        found = shop.store.product(part)
        return found["prices"] if found else []

    def calls() -> int:
        return boeing.stats()["calls"]

    # Idle slots: none is left out, and each asks for ten parts.
    began = calls()
    rig.wait(lambda: calls() >= began + 6, "six calls of sync")
    idle = [call for call in boeing.ledger() if call["number"] > began + 1]
    assert all(len(set(call["parts"])) == 10 for call in idle)
    gaps = [later["monotonic"] - earlier["monotonic"] for earlier, later in itertools.pairwise(idle)]
    assert max(gaps) < 2 * SPACING
    assert boeing.stats(window=60)["max_in_window"] <= 40

    # A change reaches the store; so does one while a worker is killed and the broker is emptied.
    boeing.set_part(PARTS[3], listPrice=110, netPrice=90, locations={"Dallas Central": 5})
    rig.wait(lambda: price(PARTS[3]) == ["121.00"], "the first change in the store", 60)
    boeing.set_part(PARTS[7], listPrice=120, netPrice=90, locations={"Dallas Central": 4})
    rig.kill("extraction-0")
    with redis_client.Redis.from_url(redis_url) as broker:
        broker.flushall()
    rig.kill("extraction-1")
    rig.wait(lambda: price(PARTS[7]) == ["132.00"], "the second change in the store", 60)

    # A person's search waits for one call of sync at most.
    before = calls()
    search = rig.search([f"PERSON{number}" for number in range(4)])
    rig.finish(search)
    asked = next(call for call in boeing.ledger() if "PERSON0" in call["parts"])
    assert asked["number"] <= before + 2

    # Nothing was sent twice, and each change stands in the history once, behind the first answer.
    published = shop.ask(
        "SELECT array_agg(i.part_number ORDER BY i.part_number) FROM hub.batch_items i"
        " JOIN hub.batches b ON b.id = i.batch_id WHERE b.owner = 'sync'"
    )
    assert published == [PARTS[3], PARTS[7]]
    moved = "SELECT array_agg(sku ORDER BY sku) FROM (SELECT sku FROM hub.{} GROUP BY sku HAVING count(*) = 2) moved"
    assert shop.ask(moved.format("price_history")) == [PARTS[3], PARTS[7]]
    assert shop.ask(moved.format("stock_history")) == [PARTS[7]]

    assert boeing.stats(window=60)["max_in_window"] <= 40
