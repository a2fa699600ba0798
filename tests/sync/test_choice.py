from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from heapq import nlargest
from math import log2

from hypothesis import given
from hypothesis import strategies as st

from boeing_data_hub.sync.choice import Candidate, choose, class_of, middle_of, worth

sizes = st.floats(min_value=1e-6, max_value=1e6)
candidates = st.lists(
    st.builds(
        Candidate,
        sku=st.uuids().map(str),
        part_class=st.builds(class_of, st.sampled_from([0.1, 1.0, 7.0]), st.sampled_from([0.01, 0.3, 9.0])),
        age=st.floats(min_value=0.0, max_value=100.0),
    ),
    unique_by=lambda one: one.sku,
    max_size=60,
)


@given(sizes, sizes)
def test_the_members_of_a_class_are_near_its_middle(weight, rate):
    middle_weight, middle_rate = middle_of(class_of(weight, rate))
    assert abs(log2(middle_weight / weight)) <= 0.2501
    assert abs(log2(middle_rate / rate)) <= 0.2501


def test_absurd_sizes_have_a_class_too():
    assert middle_of(class_of(1e300, 1e-300))[0] > 1e6
    assert class_of(0.0, 0.0) == 0


@given(candidates, st.integers(min_value=1, max_value=12))
def test_the_choice_among_the_oldest_of_the_classes_is_the_choice_among_all(everyone, count):
    shelves: dict[int, list[Candidate]] = defaultdict(list)
    for one in sorted(everyone, key=lambda one: -one.age):
        shelves[one.part_class].append(one)
    looked: list[int] = []

    def oldest_of(classes: Sequence[int]) -> Iterable[Candidate]:
        looked.extend(classes)
        return [one for part_class in classes for one in shelves[part_class][:count]]

    chosen = choose([shelf[0] for shelf in shelves.values()], oldest_of, count=count)
    known = {one.sku: one for one in everyone}
    best = nlargest(count, everyone, key=worth)
    assert [worth(known[sku]) for sku in chosen] == [worth(one) for one in best]
    assert len(set(chosen)) == len(chosen)
    assert len(looked) <= count
