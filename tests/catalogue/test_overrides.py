"""Overrides: an edit sets the fields it names, whoever else edits the same part."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from tests.support.patience import until

from boeing_data_hub.catalogue import overrides
from boeing_data_hub.catalogue.listings import Change

pytestmark = pytest.mark.services


def test_an_edit_leaves_the_other_fields_alone_and_returns_what_changed(database):
    database.run(lambda work: overrides.save(work, "A=K3", {"notes": "dented", "cert": "C"}, actor="ann"))
    changed = database.run(lambda work: overrides.save(work, "A=K3", {"notes": None, "cert": "C"}, actor="bob"))
    found = database.run(lambda work: overrides.get(work, "A=K3"))
    assert changed == [Change("notes", "dented", None)]
    assert (found.notes, found.cert, found.excluded, found.updated_by) == (None, "C", False, "bob")


@pytest.mark.parametrize("already_edited", [False, True])
@pytest.mark.parametrize(
    "first", [{"price_override": Decimal("9.99")}, {"excluded": True}], ids=["a price", "an exclusion"]
)
def test_two_people_who_edit_one_part_at_once_keep_both_edits(database, first, already_edited):
    """The second edit starts before the first one is committed."""
    if already_edited:
        database.run(lambda work: overrides.save(work, "A=K3", {"cert": "C"}, actor="ann"))

    def second():
        return database.run(lambda work: overrides.save(work, "A=K3", {"notes": "new"}, actor="bob"))

    with ThreadPoolExecutor(1) as other:

        def step(work):
            overrides.save(work, "A=K3", first, actor="ann")
            waiting = other.submit(second)
            until(lambda: waiting.done() or database.run(is_waiting), seconds=10)
            return waiting

        assert database.run(step).result() == [Change("notes", None, "new")]
    found = database.run(lambda work: overrides.get(work, "A=K3"))
    assert found.notes == "new"
    assert {name: getattr(found, name) for name in first} == first


def is_waiting(work):
    return work.value(
        "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
