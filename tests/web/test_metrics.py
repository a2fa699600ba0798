"""GET /metrics: the whole system's figures, for whom may read them, also while a service is away."""

from __future__ import annotations

import pytest
from prometheus_client.parser import text_string_to_metric_families

pytestmark = pytest.mark.services


@pytest.fixture
def scrape(api, hub):
    """Samples by name; each a dictionary from labels (as a frozenset of pairs) to value."""

    def now():
        hub.figures.forget()
        answer = api.get("/metrics")
        assert answer.status_code == 200, answer.text
        found = {}
        for family in text_string_to_metric_families(answer.text):
            for sample in family.samples:
                found.setdefault(sample.name, {})[frozenset(sample.labels.items())] = sample.value
        return Samples(found)

    return now


class Samples(dict):
    def of(self, name, **labels):
        return self[name][frozenset(labels.items())]


def test_strangers_and_keys_that_may_not_read_learn_nothing(anonymous):
    assert anonymous.get("/metrics").status_code == 401
    assert anonymous.get("/metrics", headers={"Authorization": "Bearer bdh_no"}).status_code == 401


def test_a_key_that_may_read_is_enough_sent_as_prometheus_sends_it(anonymous, make_key):
    answer = anonymous.get("/metrics", headers={"Authorization": f"Bearer {make_key('read')}"})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")


def test_what_waits_and_what_came_of_it_is_told(scrape, search, stages):
    search("A-1", "A-2", "A-3")
    before = scrape()
    assert before.of("hub_due_items", stage="extraction") == 3
    assert before.of("hub_batches_open", type="search", status="processing") == 1
    assert before.of("hub_oldest_due_seconds", stage="extraction") > 0
    stages.settle()
    after = scrape()
    assert after.of("hub_due_items", stage="extraction") == 0
    assert after.of("hub_batches_open", type="search", status="processing") == 0
    assert after.of("hub_batch_completion_ratio", type="search") == 1
    ends = [after.of("hub_items_settled", type="search", end=end) for end in ("normalized", "failed")]
    assert sum(ends) == 3
    assert after.of("hub_outside_calls_total", service="boeing", operation="price", outcome="ok") >= 1
