"""GET /api/boeing/product-search: one part, answered while one waits; beyond that, the batch to watch."""

from __future__ import annotations

from threading import Event, Thread

import pytest
from tests.support.patience import allow

from boeing_data_hub.work.time_slice import TimeSlice
from boeing_data_hub_sandbox.boeing.answers import variants

pytestmark = pytest.mark.services

SEARCH = "/api/boeing/product-search"


@pytest.fixture
def working(hub):
    """Both stages at work in threads, as workers would be."""
    stopping = Event()

    def work(stage):
        while not stopping.is_set():
            stage.work(TimeSlice(stopping, 1))
            stopping.wait(0.02)

    threads = [Thread(target=work, args=[stage]) for stage in (hub.extraction, hub.normalization)]
    for thread in threads:
        thread.start()
    yield
    stopping.set()
    for thread in threads:
        thread.join(timeout=allow(20))


def test_a_part_boeing_knows_is_a_list_of_one_product(api, working):
    answer = api.get(SEARCH, params={"query": " p512777=k3 "})
    assert answer.status_code == 200
    [product] = answer.json()
    assert product["sku"] == "P512777=K3"
    assert product["price"] == "473.01"
    detail = api.get("/api/products/staging/P512777=K3").json()
    assert {name: detail[name] for name in product} == product
    assert detail["hand_data"] is None
    [batch] = api.get("/api/batches").json()["batches"]
    assert (batch["total_items"], batch["outcome"]) == (1, "succeeded")


def test_a_part_boeing_does_not_know_is_an_empty_list(api, working, boeing):
    boeing.set_part("GONE", unknown=True)
    answer = api.get(SEARCH, params={"query": "GONE"})
    assert (answer.status_code, answer.json()) == (200, [])


def test_all_variants_of_a_part_are_given(api, working, boeing):
    base = next(name for name in (f"AN3-{n}A" for n in range(1000)) if len(variants(name)) == 2)
    answer = api.get(SEARCH, params={"query": base})
    assert answer.status_code == 200
    assert [p["sku"] for p in answer.json()] == sorted(variants(base))


def test_a_part_that_boeing_rejects_is_reported_with_its_code(api, working, boeing):
    boeing.fault("bad_request", parts=["REFUSED-1"])
    answer = api.get(SEARCH, params={"query": "REFUSED-1"})
    assert answer.status_code == 422
    assert answer.json()["code"] == "boeing_rejected"
    assert answer.headers["content-type"] == "application/problem+json"


def test_beyond_the_wait_the_answer_is_the_batch_to_watch(api, stages):
    answer = api.get(SEARCH, params={"query": "P512777=K3", "wait": 0})
    assert answer.status_code == 202
    told = answer.json()
    assert answer.headers["location"] == f"/api/batches/{told['id']}"
    assert (told["status"], told["total_items"]) == ("processing", 1)
    assert told["waiting_for"]["reason"] == "no_worker"
    stages.settle()
    assert api.get(answer.headers["location"]).json()["outcome"] == "succeeded"


class TestUnderALimit:
    @pytest.fixture
    def settings(self):
        return {"boeing_api_rate_limit": "1/m"}

    @pytest.fixture
    def used_up(self, hub, stages):
        stages.pulse("extraction")
        assert hub.pacing.reserve(wanted=1, horizon=2).calls == 1  # as another worker would

    def test_when_the_limit_is_used_up_the_batch_says_so(self, api, used_up, working):
        answer = api.get(SEARCH, params={"query": "P512777=K3", "wait": 0.3})
        assert answer.status_code == 202
        assert answer.json()["waiting_for"]["reason"] == "boeing_limit"


def test_an_invalid_search_is_rejected_and_nothing_is_started(api):
    questions = [{}, {"query": ""}, {"query": " "}, {"query": "A" * 51}, {"query": "A" * 201}, {"query": "A\0B"}]
    waits = [{"query": "A", "wait": wait} for wait in ("-1", "61", "long", "nan", "inf")]
    for params in [*questions, *waits]:
        answer = api.get(SEARCH, params=params)
        assert answer.status_code == 422, params
        assert answer.headers["content-type"] == "application/problem+json"
    assert api.get("/api/batches").json()["total"] == 0


def test_reading_does_not_allow_asking_boeing(anonymous, make_key):
    assert anonymous.get(SEARCH, params={"query": "A"}, headers={"X-API-Key": make_key("read")}).status_code == 403
