"""Pauses by hand: no slot is granted while one is in force, and automatic pauses are neither disturbed nor lifted."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.support.patience import until

from boeing_data_hub.clock import now
from boeing_data_hub.errors import PauseUpstream
from boeing_data_hub.work import manual_pauses, upstreams
from boeing_data_hub.work.pacing import Pacing

pytestmark = pytest.mark.services


@pytest.fixture(params=[("boeing", "boeing"), ("shopify", "publishing")], ids=["boeing", "publishing"])
def paced(request, database):
    upstream, what = request.param
    return Pacing(database, upstream, None), upstream, what


def pause(database, what, *, end=None, reason=""):
    database.run(lambda work: manual_pauses.pause(work, what, until=end, reason=reason, author="Ann", actor="key:1"))


def test_nothing_is_called_while_a_person_has_paused_it(database, paced):
    pacing, _, what = paced
    assert pacing.reserve(wanted=1, horizon=1).calls == 1
    pause(database, what)
    assert pacing.reserve(wanted=1, horizon=1).calls == 0
    assert database.run(lambda work: manual_pauses.resume(work, what, actor="key:1"))
    assert pacing.reserve(wanted=1, horizon=1).calls == 1
    assert not database.run(lambda work: manual_pauses.resume(work, what, actor="key:1"))


def test_a_pause_ends_automatically_at_its_time(database, paced):
    pacing, _, what = paced
    pause(database, what, end=now() + timedelta(seconds=0.5))
    assert pacing.reserve(wanted=1, horizon=1).calls == 0
    until(lambda: pacing.reserve(wanted=1, horizon=1).calls == 1, seconds=5)


def test_an_automatic_pause_is_neither_disturbed_nor_lifted(database, paced):
    pacing, upstream, what = paced
    pacing.failed(PauseUpstream("Rejected.", code="credentials"), fresh=True, called_at=0.0)
    before = database.run(lambda work: upstreams.look(work, upstream)[0])
    assert before.pause_reason == "credentials"
    pause(database, what)
    pacing.reserve(wanted=1, horizon=1)
    database.run(lambda work: manual_pauses.resume(work, what, actor="key:1"))
    assert database.run(lambda work: upstreams.look(work, upstream)[0]) == before


def test_one_pause_says_nothing_about_the_others(database):
    pause(database, "sync")
    assert Pacing(database, "boeing", None).reserve(wanted=1, horizon=1).calls == 1
    assert set(database.run(manual_pauses.in_force)) == {"sync"}


def test_a_pause_says_who_until_when_and_why(database):
    end = now().replace(hour=23, minute=59, second=30)
    pause(database, "boeing", end=end, reason="stocktake")
    told = database.run(manual_pauses.in_force)["boeing"].sentence
    assert told == "Paused by Ann until 23:59 UTC: stocktake."
    pause(database, "boeing")
    assert database.run(manual_pauses.in_force)["boeing"].sentence == "Paused by Ann."
