"""Approving a plan takes hold once, also when Postgres commits it and the reply is lost."""

from __future__ import annotations

import pytest
import redis
from tests.support.lost_commits import LostCommits

from boeing_data_hub.batches.requests import PublishRequest
from boeing_data_hub.values.states import Stage
from boeing_data_hub.web import plans

pytestmark = pytest.mark.services


def test_an_approval_whose_commit_is_not_answered_takes_hold_once_and_can_be_repeated(
    make_desk, make_store_hub, database_url, redis_url
):
    desk = make_desk()
    skus = desk.stage(*desk.make_parts(1))
    plan = plans.make(desk.hub, PublishRequest(part_numbers=skus, owner="test", plan=True))[0].batch
    cable = LostCommits(database_url, "plan.approve")
    behind_it = make_store_hub(database_url=cable.url)
    try:
        redis.Redis.from_url(redis_url).flushdb()
        first = plans.approve(behind_it, plan.id, actor="test")
        assert cable.lost == 1
        assert desk.hub.wake_ups.waiting(Stage.PUBLISHING) > 0
        again = plans.approve(behind_it, plan.id, actor="test")
    finally:
        cable.close()
    assert first.id == again.id == plan.id
    assert first.options == again.options
    assert len(desk.rows("SELECT 1 FROM hub.audit_log WHERE action = 'plan.approve'")) == 1
    desk.judge(desk.to_the_end(again))
