"""The broker may go at any moment: a worker lets go of what it held there, and lives."""

from __future__ import annotations

import pytest

from boeing_data_hub.broker.address import parse
from boeing_data_hub.broker.transport import client
from boeing_data_hub.values.states import Stage
from boeing_data_hub.work.wake_ups import WakeUps, celery_app

pytestmark = pytest.mark.services


@pytest.fixture
def held(redis_url):
    """A channel that has taken a hint and not acknowledged it."""
    wake_ups = WakeUps(redis_url)
    wake_ups.send(Stage.NORMALIZATION)
    with celery_app(redis_url) as app, app.connection_for_read() as connection:
        channel = connection.channel()
        message = channel.basic_get(Stage.NORMALIZATION.value)
        assert message is not None
        channel.qos.append(message, message.delivery_tag)
        yield channel, wake_ups
    wake_ups.close()


def test_a_channel_whose_connection_is_gone_is_closed_silently(held):
    channel, _ = held
    connection, channel.connection.client = channel.connection.client, None
    channel.close()
    channel.connection = connection.transport


def test_an_unacknowledged_wake_up_is_not_put_back(held):
    channel, wake_ups = held
    channel.close()
    assert wake_ups.waiting(Stage.NORMALIZATION) == 0


def test_results_of_tasks_are_kept_nowhere(redis_url):
    with celery_app(redis_url) as app:
        app.backend.store_result("a-task", 1, "SUCCESS")  # what a worker does at the end of a task
    with client(parse(redis_url), seconds=2) as broker:
        assert broker.keys("*") == []
