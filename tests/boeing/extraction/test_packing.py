from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boeing_data_hub.boeing.packing import Candidate, pack, split


def waiting(*parts):
    return [Candidate(*part) if isinstance(part, tuple) else Candidate(part) for part in parts]


def test_calls_are_filled_in_order():
    assert pack(waiting("A", "B", "C", "D", "E"), 2, 9) == [["A", "B"], ["C", "D"], ["E"]]


def test_no_more_calls_are_made_than_were_granted():
    assert pack(waiting("A", "B", "C", "D", "E"), 2, 2) == [["A", "B"], ["C", "D"]]
    assert pack(waiting("A"), 2, 0) == []
    assert pack(waiting("A"), 2, -1) == []


def test_nothing_waiting_makes_no_call():
    assert pack([], 10, 5) == []


def test_parts_that_came_out_of_a_split_stay_among_themselves():
    candidates = waiting(("A", 7), "B", ("C", 7), ("D", 8), "E")
    assert pack(candidates, 10, 9) == [["A", "C"], ["B", "E"], ["D"]]


def test_a_group_larger_than_a_call_makes_several():
    assert pack(waiting(("A", 1), ("B", 1), "X", ("C", 1)), 2, 9) == [["A", "B"], ["X"], ["C"]]


def test_a_part_is_asked_once():
    assert pack(waiting("A", "B", "A", ("B", 3)), 10, 9) == [["A", "B"]]


def test_a_call_must_hold_something():
    with pytest.raises(ValueError, match="at least one"):
        pack(waiting("A"), 0, 1)


@given(
    st.lists(st.tuples(st.sampled_from("ABCDEFGHIJKL"), st.none() | st.integers(1, 3)), max_size=20),
    st.integers(1, 5),
    st.integers(0, 6),
)
def test_every_call_is_full_enough_and_of_one_group(parts, size, calls):
    candidates = waiting(*parts)
    group_of = {}
    for part, group in parts:
        group_of.setdefault(part, group)
    packed = pack(candidates, size, calls)
    asked = [part for call in packed for part in call]
    assert len(asked) == len(set(asked))
    assert len(packed) <= calls
    assert all(1 <= len(call) <= size and len({group_of[part] for part in call}) == 1 for call in packed)
    everything = pack(candidates, size, 99)
    assert packed == everything[:calls]
    assert {part for call in everything for part in call} == set(group_of)
    for group in set(group_of.values()):
        lengths = [len(call) for call in everything if group_of[call[0]] == group]
        assert all(length == size for length in lengths[:-1])  # only a group's last call may have room left


def test_a_call_is_split_in_halves():
    assert split(["A", "B", "C", "D"]) == [["A", "B"], ["C", "D"]]
    assert split(["A", "B", "C"]) == [["A"], ["B", "C"]]
    assert split(["A"]) == [["A"]]
    assert split([]) == []


@given(st.lists(st.text(max_size=3), max_size=30))
def test_halves_hold_everything_in_order_and_end_at_one_part(parts):
    halves = split(parts)
    assert [part for half in halves for part in half] == parts
    assert all(0 < len(half) <= (len(parts) + 1) // 2 for half in halves)
