"""One trace from the request over the batch's row to the calls that were made for it, in other processes."""

from __future__ import annotations

import json
import re

import pytest
from tests.system.collector import Collector
from tests.system.shop import Shop

from boeing_data_hub.clock import monotonic
from boeing_data_hub_sandbox.shopify.running import running_shopify

pytestmark = pytest.mark.services

CALLER = "0af7651916cd43dd8448eb211c80319c"


@pytest.fixture
def collector():
    opened = Collector()
    yield opened
    opened.close()


def test_a_search_is_one_trace_from_the_caller_to_boeing_and_back(make_rig, collector, wait):
    rig = make_rig(
        OTEL_EXPORTER_OTLP_ENDPOINT=collector.url,
        OTEL_EXPORTER_OTLP_HEADERS="x-token=let-me-in",
        HUB_TRACE_OUTSIDE="true",
        HUB_LOG_FORMAT="json",
        HUB_LOG_LEVEL="DEBUG",
    )
    rig.start_all()
    rig.boeing.fault("closed", times=1)  # so that a line is logged about the call
    answer = rig.apis[0].post(
        "/api/bulk-search",
        json={"part_numbers": ["AN3-43A"]},
        headers={"traceparent": f"00-{CALLER}-b7ad6b7169203331-01"},
    )
    batch = answer.json()["batch_id"]
    rig.finish(batch)
    wait.until(lambda: {"POST /api/bulk-search", "boeing price"} <= {span.name for span in ours(collector)})
    spans = {span.name: span for span in ours(collector)}
    assert spans["POST /api/bulk-search"].process == "api"
    assert spans["boeing price"].process == "worker:extraction"
    assert spans["boeing price"].parent == spans["POST /api/bulk-search"].id
    last = rig.boeing.ledger()[-1]["traceparent"]
    assert last.split("-")[1] == CALLER
    sent = last.split("-")[2]
    wait.until(lambda: sent in {span.id for span in ours(collector) if span.name == "boeing price"}, what="its span")
    assert collector.headers["x-token"] == "let-me-in"
    [line] = [each for each in lines(rig, "extraction") if each["event"] == "boeing call failed"]
    assert (line["batch"], line["part"], line["trace"], line["task"]) == (batch, "AN3-43A", CALLER, "extraction")


def test_two_searches_for_one_part_are_one_call_that_points_to_both(make_rig, collector, wait):
    rig = make_rig(OTEL_EXPORTER_OTLP_ENDPOINT=collector.url)
    rig.start_api()
    for number in (1, 2):
        sent = f"00-{CALLER[:-1]}{number}-b7ad6b7169203331-01"
        rig.apis[0].post("/api/bulk-search", json={"part_numbers": ["AN3-43A"]}, headers={"traceparent": sent})
    rig.start_worker("extraction")
    calls = wait.until(lambda: [span for span in collector.spans if span.name == "boeing price"])
    assert len(calls) == 1
    told = {calls[0].trace, *calls[0].links}
    assert told == {f"{CALLER[:-1]}{number}" for number in (1, 2)}
    assert not any(call["traceparent"] for call in rig.boeing.ledger()), "nobody outside is told unless we are told to"


def test_a_publish_run_is_one_trace_to_the_store(make_rig, collector, wait):
    with running_shopify() as store:
        rig = make_rig(OTEL_EXPORTER_OTLP_ENDPOINT=collector.url)
        shop = Shop(rig, store)
        rig.start_api()
        shop.start()
        skus = shop.stage("TRACED", 3, "10.00")
        answer = rig.apis[0].post(
            "/api/bulk-publish",
            json={"part_numbers": skus},
            headers={"traceparent": f"00-{CALLER}-b7ad6b7169203331-01"},
        )
        assert answer.status_code == 202, answer.text
        shop.finish(answer.json()["batch_id"], since=monotonic())
        wait.until(lambda: sum(span.name == "shopify product_upsert_lean" for span in ours(collector)) == 3)
        both = {"POST /api/bulk-publish", "shopify variants_by_sku"}
        wait.until(lambda: both <= {span.name for span in ours(collector)})
        shop.close()


def ours(collector):
    return [span for span in collector.spans if span.trace == CALLER]


def lines(rig, name):
    text = (rig.logs / f"{name}.log").read_text()
    return [json.loads(line) for line in text.splitlines() if re.match(r"\{.*\}$", line)]
