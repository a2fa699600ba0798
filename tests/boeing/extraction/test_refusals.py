"""Whose fault a refusal is, tried on sequences of answers by a simulated Boeing."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from boeing_data_hub.boeing.choosing import Waiting, choose, refused_before
from boeing_data_hub.boeing.judging import REFUSES_ALL, AskedPart, after_failure
from boeing_data_hub.errors import Reject
from boeing_data_hub.retry import RetryPolicy
from boeing_data_hub.work import rates, refusals
from boeing_data_hub.work.rates import UpstreamPace
from boeing_data_hub.work.refusals import Finding, Refused

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
RULES = RetryPolicy(attempts=5, first=2.0, longest=60.0)


@dataclass
class Simulation:
    """Parts, a line, and a Boeing that refuses by a rule; time passes with every call."""

    refuses: object
    waiting: dict[str, Waiting]
    line: UpstreamPace = field(default_factory=lambda: UpstreamPace(NOON))
    now: datetime = NOON
    calls: int = 0
    failed: set[str] = field(default_factory=set)
    found: set[str] = field(default_factory=set)
    pauses: int = 0
    groups: int = 0

    def step(self):  # noqa: C901 - one call from choosing to verdict
        probe = self.line.pause_reason is not None
        if probe:
            assert self.line.paused_until is not None
            self.now = max(self.now, self.line.paused_until)
        chosen = choose(list(self.waiting.values()), self.line, size=10, calls=1, probe=probe)
        parts = ["CONTROL"] if chosen.control else list(chosen.calls[0])
        began, self.now = self.now, self.now + timedelta(seconds=1)
        self.calls += 1
        if not self.refuses(parts, self.calls):
            was_refused = self.line.pause_reason == refusals.REFUSED
            if self.line.is_unwell:
                self.line = rates.answered(self.line, self.now)
            for part in parts:
                if self.waiting.pop(part, None):
                    self.found.add(part)
            if was_refused:
                # Those that only the pause has hit are as they were before it; what was split stays split.
                self.waiting = {
                    part: one if one.refused_at else Waiting(part, one.group) for part, one in self.waiting.items()
                }
            return
        asked = [self.waiting[part] for part in parts if part in self.waiting]
        what = Refused(
            alone=len(parts) == 1,
            fresh=not chosen.control and all(one.group is None and one.refused_at is None for one in asked),
            before=refused_before(asked),
            called_at=began,
            control=chosen.control,
        )
        self.line, finding = refusals.judge(self.line, self.now, what, note="", words="no")
        self.pauses += finding is Finding.UPSTREAM
        if chosen.control:
            return
        old = [AskedPart(one.part_number, 0, one.group, one.refused_at) for one in asked]
        verdict = after_failure(old, Reject("no", code="boeing_rejected"), RULES, finding=finding)
        for part in verdict.failed:
            del self.waiting[part]
            self.failed.add(part)
        for again in verdict.again:
            self.groups += 1
            moment = None if verdict.code == REFUSES_ALL else self.now
            for part in again.part_numbers:
                self.waiting[part] = Waiting(part, self.groups if again.alone else None, moment, untried=False)


def parts(count):
    return {f"P{n}": Waiting(f"P{n}") for n in range(count)}


@given(count=st.integers(1, 60))
def test_where_everything_is_refused_no_part_fails_and_calls_are_few(count):
    boeing = Simulation(lambda _parts, _call: True, parts(count))
    began = boeing.now
    while boeing.now - began < timedelta(hours=3):
        boeing.step()
    assert boeing.failed == set()
    assert boeing.calls <= 8 + 4 + 2 * 3 + 2  # until the pause; the first hour; two more
    boeing.refuses = lambda _parts, _call: False
    while boeing.waiting:
        boeing.step()
    assert len(boeing.found) == count


@settings(max_examples=200)
@given(count=st.integers(1, 40), data=st.data())
def test_guilty_parts_fail_all_and_alone(count, data):
    guilty = data.draw(st.sets(st.sampled_from(sorted(parts(count)))))
    boeing = Simulation(lambda asked, _call: bool(guilty & set(asked)), parts(count))
    while boeing.waiting:
        boeing.step()
        assert boeing.calls < 40 + 30 * count
    assert boeing.failed == guilty
    assert len(boeing.found) == count - len(guilty)


@settings(max_examples=200)
@given(count=st.integers(1, 40), first=st.integers(1, 30), length=st.integers(1, 40))
def test_a_time_in_which_everything_is_refused_fails_no_part(count, first, length):
    boeing = Simulation(lambda _parts, call: first <= call < first + length, parts(count))
    while boeing.waiting:
        boeing.step()
        assert boeing.calls < 1000
    assert boeing.failed == set()


@settings(max_examples=200)
@given(count=st.integers(1, 40), refused=st.lists(st.booleans(), max_size=200))
def test_occasional_rejections_delay_no_part_for_ever(count, refused):
    boeing = Simulation(lambda _parts, call: call <= len(refused) and refused[call - 1], parts(count))
    while boeing.waiting:
        boeing.step()
        assert boeing.calls < 1000
    assert len(boeing.found) + len(boeing.failed) == count
