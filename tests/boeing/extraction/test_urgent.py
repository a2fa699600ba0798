"""Urgent searches take the next calls, but no more than their share of an hour's calls."""

from __future__ import annotations

from uuid import uuid4

import pytest
from tests.support.wake_ups import NoWakeUps

from boeing_data_hub.batches.requests import search_again, search_fingerprint
from boeing_data_hub.batches.run import Intake, SearchRequest
from boeing_data_hub.boeing import call_use
from boeing_data_hub.boeing.claims import Claims
from boeing_data_hub.clock import monotonic
from boeing_data_hub.settings import Settings
from boeing_data_hub.work.pacing import Slots
from boeing_data_hub.work.rate_limit import parse_rate_limit


@pytest.mark.parametrize(
    ("limit", "share", "calls"),
    [("2/m", 0.5, 60), ("2/m", 0.0, 0), ("2/m", 1.0, 120), ("20/m", 0.25, 300), ("unlimited", 0.5, None)],
)
def test_the_share_is_of_the_calls_that_the_limit_allows_in_an_hour(limit, share, calls):
    assert call_use.urgent_allowed(parse_rate_limit(limit), share) == calls


def test_only_an_urgent_search_has_another_fingerprint():
    plain = SearchRequest(part_numbers=["A"], owner="test")
    assert search_fingerprint(plain) == search_fingerprint(SearchRequest(part_numbers=["A"], owner="other"))
    assert search_fingerprint(plain) != search_fingerprint(SearchRequest(part_numbers=["A"], owner="test", urgent=True))


@pytest.mark.services
@pytest.mark.parametrize(("share", "urgent_calls"), [(0.0, 0), (0.05, 3), (1.0, 8)])
def test_an_hour_s_urgent_calls_never_exceed_their_share(database, share, urgent_calls):
    settings = Settings(_env_file=None, boeing_api_rate_limit="1/m", hub_urgent_share=share, boeing_batch_size=10)
    intake = Intake(database=database, wake_ups=NoWakeUps(), settings=settings)
    intake.search(SearchRequest(part_numbers=[f"L{n}" for n in range(200)], owner="test"))
    intake.search(SearchRequest(part_numbers=[f"U{n}" for n in range(80)], owner="test", urgent=True))
    claims = Claims(settings, limit=parse_rate_limit("1/m"), owner="test", idle=None)
    whole = 0
    for _ in range(8):
        claim = database.run(
            lambda work: claims.take(work, Slots(1, 0.0, monotonic(), monotonic(), 60.0, probe=False), uuid4())
        )
        whole += all(part.part_number.startswith("U") for call in claim.calls for part in call.asked)
    assert whole == urgent_calls
    assert database.run(call_use.urgent_this_hour) == urgent_calls


@pytest.mark.services
@pytest.mark.parametrize("urgent", [True, False])
def test_a_retry_is_as_urgent_as_the_search_it_repeats(database, urgent):
    intake = Intake(database=database, wake_ups=NoWakeUps(), settings=Settings(_env_file=None))
    batch = intake.search(SearchRequest(part_numbers=["A"], owner="test", urgent=urgent)).batch
    assert search_again(batch, ["A"], actor="test").urgent is urgent
