"""Publishing by bulk while tokens end and the secret is rotated: every part is right, and people see one pause."""

from __future__ import annotations

import pytest
from tests.system.shop import Shop

from boeing_data_hub_sandbox.shopify.running import running_shopify

pytestmark = [pytest.mark.services, pytest.mark.timeout(300)]

PARTS = 150
LIFE = 6.0  # seconds, of a token
WORKERS = 2


@pytest.fixture
def shop(make_rig):
    with running_shopify() as store:
        rig = make_rig(HUB_BULK_PUBLISH_FROM="20", HUB_BULK_LINES="75")
        opened = Shop(rig, store)
        store.settings(tokens=[], token_life=LIFE, bulk_lines_per_second=PARTS / LIFE / 8)
        yield opened
        opened.close()


def pauses(shop):
    """The pauses of the line at this moment: its reason, and since when."""
    rows = shop.hub.database.run(
        lambda work: work.rows("SELECT pause_reason, paused_since, pause_note FROM hub.pacing WHERE line = 'shopify'")
    )
    return {(row["pause_reason"], row["paused_since"], row["pause_note"]) for row in rows if row["pause_reason"]}


def test_parts_published_by_bulk_outlive_their_tokens_and_a_rotated_secret(shop):
    skus = shop.stage("ROT", PARTS, "12.50")
    shop.start(WORKERS)
    batch = shop.publish(skus)
    seen: set[object] = set()

    def tokens():
        seen.update(pauses(shop))
        return shop.store.stats()["tokens"]

    shop.rig.wait(lambda: tokens().get("issued.client_credentials", 0) >= 3, "renewals in the middle of a bulk run", 60)
    assert [each["status"] for each in shop.store.store()["bulkOperations"]].count("RUNNING") > 0
    assert shop.store.stats()["answers"].get("http_401", 0) == 0
    assert seen == set()
    shop.store.settings(client_secret="rotated-by-a-person")
    shop.rig.wait(lambda: tokens() and seen, "the pause", 90)
    refused_before = tokens()["refused.invalid_client"]
    until = "SELECT paused_until FROM hub.pacing WHERE line = 'shopify'"
    first = shop.ask(until)
    shop.rig.wait(lambda: tokens() and shop.ask(until) not in {first, None}, "a probe that finds it unchanged", 90)
    assert shop.ask("SELECT count(*) FROM hub.batch_items WHERE batch_id = %s AND state = 'failed'", batch) == 0
    for number in range(WORKERS):
        shop.rig.kill(f"publishing-{number}", start_again=False)
    shop.rig.kill("default", start_again=False)
    shop.rig.environment["SHOPIFY_CLIENT_SECRET"] = "rotated-by-a-person"
    for number in range(WORKERS):
        shop.rig.start_worker("publishing", f"publishing-again-{number}")
    shop.rig.start_worker("default", "default-again")
    query = "SELECT completed_at IS NOT NULL FROM hub.batches WHERE id = %s"
    shop.rig.wait(lambda: tokens() and shop.ask(query, batch), "the end", 120)
    shop.rig.check_counts(batch)
    assert shop.ask("SELECT published_count FROM hub.batches WHERE id = %s", batch) == PARTS
    shop.judge(skus)
    assert pauses(shop) == set()
    assert {reason for reason, _since, _note in seen} == {"shopify_credentials"}
    assert len({since for _reason, since, _note in seen}) == 1
    assert all("SHOPIFY_CLIENT_SECRET" in note for _reason, _since, note in seen)
    counted = shop.store.stats()
    assert counted["answers"].get("http_401", 0) == 0
    assert refused_before <= counted["tokens"]["refused.invalid_client"] <= 4
    logs = "\n".join(path.read_text() for path in shop.rig.logs.glob("*.log"))
    assert "shpat_sandbox" not in logs


def test_workers_that_start_together_fetch_one_token(shop):
    shop.store.settings(token_life=3600.0, bulk_lines_per_second=0)
    shop.start(3)
    batch = shop.publish(shop.stage("ONE", 30, "3.00"))
    shop.rig.wait(
        lambda: shop.ask("SELECT completed_at IS NOT NULL FROM hub.batches WHERE id = %s", batch), "the end", 60
    )
    assert shop.store.stats()["tokens"] == {"asked.client_credentials": 1, "issued.client_credentials": 1}
