"""Boeing keeps one live part token for each account: all processes share one, and nobody ends another's."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.services


def test_two_workers_share_one_login(make_rig):
    rig = make_rig(BOEING_API_RATE_LIMIT="unlimited")
    rig.boeing.settings(one_part_token=True, latency_ms=20)
    for name in ("extraction-1", "extraction-2"):
        rig.start_worker("extraction", name)
    rig.start_worker("normalization")
    rig.start_worker("default")
    rig.start("beat", "boeing_data_hub.worker", "beat")
    rig.start_api()
    before = rig.boeing.stats()
    rig.finish(rig.search([f"ONE-{n}=K3" for n in range(200)]))
    after = rig.boeing.stats()
    assert after["part_token_calls"] - before["part_token_calls"] <= 2
    assert after["oauth_calls"] - before["oauth_calls"] <= 2
    for log in rig.logs.glob("extraction*.log"):
        assert "boeing_credentials" not in log.read_text()
