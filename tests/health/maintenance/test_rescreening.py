"""A changed rule reaches the status of every staged part, not only its price."""

from __future__ import annotations

import json

import pytest

from boeing_data_hub.catalogue import staging

pytestmark = pytest.mark.services


def statuses(world):
    parts = world.hub.database.run(lambda work: staging.page(work, limit=10))
    return {part.sku: (part.status, part.status_reason) for part in parts}


def do_chores(world):
    world.do("UPDATE hub.chores SET due_at = now() WHERE name = 'screening'")
    while world.hub.upkeep.chores.turn(lambda: True):
        pass


def test_after_a_rule_has_changed_the_status_follows_without_normalizing_again(make_world):
    before = make_world(price_basis="net_then_list")
    before.searched("A-1", "A-2", "A-3")  # Boeing gives a list price alone
    do_chores(before)
    assert set(statuses(before).values()) == {("fetched", None)}
    answers = before.rows("SELECT id, state, fetched_at FROM hub.boeing_raw_data")

    after = make_world(price_basis="net")
    do_chores(after)
    assert set(statuses(after).values()) == {("blocked", "no_price")}
    assert after.rows("SELECT id, state, fetched_at FROM hub.boeing_raw_data") == answers

    do_chores(before)
    assert set(statuses(before).values()) == {("fetched", None)}


def test_rules_that_stay_the_same_cost_no_look_at_the_parts(world):
    world.searched("A-1")
    do_chores(world)
    screened_at = "SELECT cursor FROM hub.chores WHERE name = 'screening'"
    known = world.one(screened_at)
    world.do("UPDATE hub.product_staging SET status = 'blocked'")
    do_chores(world)
    assert world.one(screened_at) == known
    assert statuses(world) == {"A-1": ("blocked", None)}
    world.do("UPDATE hub.chores SET cursor = %s", json.dumps({"rules": "of another day", "after": "Z"}))
    do_chores(world)
    assert statuses(world) == {"A-1": ("fetched", None)}
