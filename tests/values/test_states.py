"""States of items: which are final, where they occur, and that SQL, words and documents know all of them."""

from __future__ import annotations

from pathlib import Path

from boeing_data_hub.db.statements import Statements
from boeing_data_hub.values.states import ITEM_STATES, BatchType, ItemState
from boeing_data_hub.web.console.words import ITEM


def test_every_state_occurs_in_a_batch_and_every_batch_begins_open_and_ends_final():
    assert {state for states in ITEM_STATES.values() for state in states} == set(ItemState)
    assert set(ITEM_STATES) == set(BatchType)
    for states in ITEM_STATES.values():
        assert not states[0].is_final
        assert states[-1].is_final


def test_every_state_has_a_word_in_the_console():
    assert set(ItemState) <= set(ITEM)


def test_sql_takes_open_and_final_states_from_the_enum(tmp_path: Path):
    file = tmp_path / "rows.sql"
    file.write_text("-- name: both\nSELECT state IN ({states.open}), state IN ({states.final})\n")
    filled = Statements(file)["both"]
    for state in ItemState:
        assert filled.count(f"'{state}'") == 1
        assert (filled.index(f"'{state}'") > filled.index("),")) == state.is_final
