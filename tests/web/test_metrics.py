"""GET /metrics: the whole system's figures, for whom may read them, also while a service is away."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr
from starlette.testclient import TestClient
from tests.health.alerts.conftest import Gate

from boeing_data_hub.app import Hub
from boeing_data_hub.db import api_keys
from boeing_data_hub.errors import PauseUpstream
from boeing_data_hub.web.app import create_app

pytestmark = pytest.mark.services


@pytest.fixture
def settings():
    return {"boeing_api_rate_limit": "60/m"}


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


def test_without_a_key_that_may_read_metrics_reveal_nothing(anonymous):
    assert anonymous.get("/metrics").status_code == 401
    assert anonymous.get("/metrics", headers={"Authorization": "Bearer bdh_no"}).status_code == 401


def test_a_key_that_may_read_is_enough_sent_as_prometheus_sends_it(anonymous, make_key):
    answer = anonymous.get("/metrics", headers={"Authorization": f"Bearer {make_key('read')}"})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")


def test_waiting_work_and_its_outcomes_are_counted(scrape, search, stages):
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


def test_requests_are_counted_by_template_and_unknown_paths_as_one(scrape, api, search):
    batch = search("A-1")
    api.get(f"/api/batches/{batch}")
    api.get("/console/part/SOME-PART-NUMBER")
    api.get("/made-up/SOME-PART-NUMBER")
    api.request("BREW", "/api/batches")
    api.post("/api/batches/x", content=b"x", headers={"content-length": "999999999"})
    told = [dict(labels) for labels in scrape()["hub_http_request_duration_seconds_count"]]
    routes = {each["route"] for each in told}
    assert {"/api/batches/{batch_id}", "/api/bulk-search", "none", "refused"} <= routes
    assert not any(word in str(told) for word in ("SOME-PART-NUMBER", str(batch), "BREW"))


def test_an_outage_of_postgres_is_reported_to_keys_that_were_known_only(hub, make_key, database_url):
    key = make_key("read")
    gate = Gate(urlsplit(database_url).hostname, urlsplit(database_url).port)
    settings = hub.settings.model_copy(update={"database_url": SecretStr(gate.url(database_url))})
    behind = Hub(settings, name="test")
    with TestClient(create_app(behind), raise_server_exceptions=False) as client:
        known = {"Authorization": f"Bearer {key}"}
        assert client.get("/metrics", headers=known).status_code == 200
        gate.close()
        behind.figures.forget()
        answer = client.get("/metrics", headers=known)
        assert answer.status_code == 200
        assert 'hub_service_up{service="postgres"} 0.0' in answer.text
        assert 'hub_service_up{service="redis"} 1.0' in answer.text
        assert "hub_due_items{" not in answer.text
        assert client.get("/metrics", headers={"Authorization": f"Bearer {key}x"}).status_code in {401, 503}
        assert client.get("/metrics").status_code == 401
        gate.open()
        hub.database.run(lambda work: api_keys.revoke(work, api_keys.find(work, key).id))
        behind.figures.forget()
        assert client.get("/metrics", headers=known).status_code in {200, 401}  # remembered for three seconds
    gate.close()


def test_slots_are_counted_as_they_are_granted(scrape, hub, wait):
    before = scrape()
    assert before.of("hub_boeing_slots_used") == 0
    assert before.of("hub_boeing_slots_limit") == 60
    granted = hub.pacing.reserve(wanted=4, horizon=4.0)
    assert granted.calls == 4
    hub.pacing.give_back(granted, 1)
    assert scrape().of("hub_boeing_slots_used") <= 3
    wait.until(lambda: scrape().of("hub_boeing_slots_used") == 3, seconds=10, what="the slots that were kept")


def test_a_pause_and_its_reason_are_reported_while_it_lasts(scrape, hub):
    hub.pacing.failed(PauseUpstream("no", code="boeing_credentials"), fresh=True, called_at=0.0)
    paused = scrape()["hub_line_paused"]
    assert paused[frozenset({("line", "boeing"), ("reason", "credentials")})] == 1
    hub.pacing.answered()
    paused = scrape()["hub_line_paused"]
    assert frozenset({("line", "boeing"), ("reason", "credentials")}) not in paused
    assert paused[frozenset({("line", "boeing"), ("reason", "none")})] == 0
