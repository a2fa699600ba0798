"""A quote that had to wait for Boeing is completed without a request, whatever is killed meanwhile."""

from __future__ import annotations

import pytest
import redis as redis_client

pytestmark = [pytest.mark.services, pytest.mark.timeout(150)]

PARTS = [f"QS{n:03d}=K3" for n in range(20)]


def asked(rig, number="RFQ-1"):
    """A quote whose parts are being asked for: slow enough to be met in the middle."""
    for part in PARTS:
        rig.boeing.set_part(part, unknown=False, listPrice=100.0, quantity=5)
    rig.boeing.settings(latency_ms=1500)
    body = {"rfq_number": number, "requested_parts": ",".join(PARTS), "requested_qty": ",".join("1" for _ in PARTS)}
    answer = rig.apis[0].post("/api/zap/webhook", json=body)
    assert answer.status_code == 200, answer.text
    assert answer.json()["status"] == "pending"
    rig.wait(lambda: rig.boeing.stats()["under_way"] > 0 or completed(rig), "a call to Boeing")
    return number


def completed(rig):
    """As the rows say; nobody asks the API."""
    states = rig.database.run(
        lambda work: work.rows("SELECT state, completed_at IS NOT NULL AS ended FROM hub.quotes"), patience=30
    )
    return [(row["state"], row["ended"]) for row in states] == [("quoted", True)]


@pytest.mark.parametrize("victim", ["extraction", "normalization", "default", "beat", "api"])
def test_kill_9_of_one_process_leaves_no_quote_waiting(make_rig, victim):
    rig = make_rig(SHOPIFY_UNMAPPED_LOCATIONS="sell_from_default", HUB_QUOTE_ANSWER_SECONDS="0")
    rig.start_all()
    asked(rig)
    rig.kill(victim, start_again=victim != "api")
    rig.wait(lambda: completed(rig), "the whole quote", 60)
    prices = rig.database.run(lambda work: work.rows("SELECT DISTINCT price::text AS price FROM hub.quote_lines"))
    assert prices == [{"price": "110.00"}]


def test_a_redis_that_loses_everything_costs_a_quote_time_only(make_rig, redis_url):
    rig = make_rig(SHOPIFY_UNMAPPED_LOCATIONS="sell_from_default", HUB_QUOTE_ANSWER_SECONDS="0")
    rig.start_all()
    asked(rig)
    with redis_client.Redis.from_url(redis_url) as client:
        client.flushall()
    rig.wait(lambda: completed(rig), "the whole quote", 60)


def test_a_boeing_that_never_answers_leaves_the_line_unanswered(make_rig):
    rig = make_rig(
        SHOPIFY_UNMAPPED_LOCATIONS="sell_from_default",
        HUB_QUOTE_ANSWER_SECONDS="0",
        HUB_MAX_ATTEMPTS="1",
        BOEING_CALL_TIMEOUT="1",
    )
    rig.start_all()
    rig.boeing.fault("never_answers")
    body = {"rfq_number": "RFQ-1", "requested_parts": PARTS[0], "requested_qty": "1"}
    assert rig.apis[0].post("/api/zap/webhook", json=body).json()["status"] == "pending"
    rig.wait(
        lambda: rig.database.run(lambda work: work.value("SELECT state FROM hub.quotes")) == "unanswered",
        "the end of the quote",
        60,
    )
    [line] = rig.apis[0].get("/api/quotes/RFQ-1").json()["quote_details"]["items"]
    assert (line["no_quote"], line["code"]) == (False, "boeing_timeout")
