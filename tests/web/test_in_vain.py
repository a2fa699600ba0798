"""A wait that cannot succeed is not started: the last known answer is returned at once, with links."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from tests.support.patience import until

from boeing_data_hub.clock import monotonic
from boeing_data_hub.web import waiters
from boeing_data_hub.web.waiters import Waiters

pytestmark = pytest.mark.services

SEARCH = "/api/boeing/product-search"
PART = "P512777=K3"


def search(api, part=PART, **more):
    return api.get(SEARCH, params={"query": part, **more})


class TestAtTwoCallsAMinute:
    @pytest.fixture
    def settings(self):
        return {"boeing_api_rate_limit": "2/m", "hub_reuse_fresh_for": 0}

    @pytest.fixture
    def used_up(self, hub, stages):
        """The next call may start in half a minute."""
        stages.pulse("extraction")
        assert hub.pacing.reserve(wanted=1, horizon=2).calls == 1

    def test_the_answer_comes_at_once_with_links_where_the_next_call_is_later_than_the_wait(self, api, used_up):
        began = monotonic()
        answer = search(api)
        assert monotonic() - began < 10  # of the 25 that it would wait
        assert answer.status_code == 202
        told = answer.json()
        assert told["waiting_for"]["reason"] == "boeing_limit"
        assert told["known"] is None
        assert told["links"]["batch"] == answer.headers["location"] == f"/api/batches/{told['batch_id']}"
        assert api.get(told["links"]["batch"]).status_code == 200
        assert told["links"]["result"] == "/api/boeing/product-search?query=P512777%3DK3"

    def test_the_last_known_answer_is_returned_with_its_age(self, api, hub, stages, finished):
        finished(PART)
        stages.pulse("extraction")
        hub.pacing.reserve(wanted=1, horizon=120)
        hub.database.run(
            lambda work: work.do("UPDATE hub.part_answers SET fetched_at = fetched_at - %s", [timedelta(hours=5)])
        )
        known = search(api).json()["known"]
        assert [product["sku"] for product in known["products"]] == [PART]
        assert 5 * 3600 <= known["age_seconds"] < 5 * 3600 + 600

    def test_a_part_that_boeing_did_not_know_is_known_as_such(self, api, hub, stages, boeing, finished):
        boeing.set_part("GONE", unknown=True)
        finished("GONE")
        stages.pulse("extraction")
        hub.pacing.reserve(wanted=1, horizon=120)
        assert search(api, "GONE").json()["known"]["products"] == []

    def test_asked_again_meanwhile_it_is_the_same_batch(self, api, used_up):
        first, second = search(api).json(), search(api).json()
        assert first["batch_id"] == second["batch_id"]
        assert search(api, "ANOTHER").json()["batch_id"] != first["batch_id"]
        assert api.get("/api/batches").json()["total"] == 2


def test_a_cancelled_search_is_not_reported_as_not_found(api):
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(search, api, wait=20)
        while not (batches := api.get("/api/batches").json()["batches"]):
            pass
        assert api.delete(f"/api/batches/{batches[0]['id']}").status_code == 200
        assert (answer.result().status_code, answer.result().json()["code"]) == (409, "cancelled")


def test_only_so_many_wait_and_the_others_are_answered_at_once(api, monkeypatch):
    api.app.state.waiters = Waiters(2)
    with ThreadPoolExecutor(6) as pool:
        asked = [pool.submit(search, api, f"W{number}", wait=25) for number in range(6)]
        until(lambda: sum(each.done() for each in asked) == 4, what="an answer to all but two")
        monkeypatch.setattr(waiters, "monotonic", lambda: monotonic() + 25)  # the wait of the two is over
        assert {each.result().status_code for each in asked} == {202}
