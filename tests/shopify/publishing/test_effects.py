"""The loop of effects: one row at a time under its lease, put off or given up by one rule for all kinds."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import uuid4

import pytest

from boeing_data_hub.errors import PauseUpstream, RateLimited, Reject, Retry, Unavailable
from boeing_data_hub.retry import RetryPolicy
from boeing_data_hub.shopify.effects import EffectKind, Effects
from boeing_data_hub.shopify.publications import StoreFacts
from boeing_data_hub.shopify.row_lease import Holder, Taking
from boeing_data_hub.work.leases import HeldLeases, LeaseLostError

pytestmark = pytest.mark.services

FACTS = StoreFacts(shop="gid://shop")


@dataclass(frozen=True)
class Row:
    sku: str
    attempts: int = 0


@dataclass
class Kind:
    """An effect whose tries end as the test says, kept in this list instead of a table."""

    due: list[Row]
    ends: object = None
    tries: int | None = None
    carried_out: list[str] = field(default_factory=list)
    put_off: list[tuple[str, float, int, str]] = field(default_factory=list)
    given_up: list[str] = field(default_factory=list)

    def kind(self) -> EffectKind[Row]:
        return EffectKind(
            name="a test",
            next_due=lambda _work, _facts: self.due[0] if self.due else None,
            held_as=lambda row: row.sku,
            carry_out=self._carry_out,
            retry=lambda _row: RetryPolicy(attempts=self.tries, first=4.0),
            put_off=lambda _work, _facts, row, later: self.put_off.append(
                (row.sku, later.wait, later.attempts, later.note)
            ),
            give_up=(lambda taken, _facts, _failed: self.given_up.append(taken.row.sku)) if self.tries else None,
        )

    def _carry_out(self, taken, _facts):
        self.carried_out.append(taken.row.sku)
        if isinstance(self.ends, BaseException):
            raise self.ends
        return self.ends() if callable(self.ends) else None


@pytest.fixture
def effects(hub):
    return Effects(Taking(hub.database, Holder(HeldLeases(30.0), f"test-{uuid4()}", 30.0)))


def leases(hub):
    return hub.database.run(lambda work: work.value("SELECT count(*) FROM hub.leases"))


def test_nothing_is_done_where_nothing_is_due(effects):
    kind = Kind([])
    assert not effects.take_one(kind.kind(), FACTS)
    assert kind.carried_out == []


def test_an_effect_is_carried_out_under_its_lease_which_is_then_free_again(hub, effects):
    held = []
    kind = Kind([Row("A")], ends=lambda: held.append(leases(hub)))
    assert effects.take_one(kind.kind(), FACTS)
    assert (kind.carried_out, kind.put_off, held, leases(hub)) == (["A"], [], [1], 0)


ITS_OWN = {
    "a rejection": (Reject("Shopify rejected it."), "Shopify rejected it."),
    "an answer that did not come": (Retry("No answer."), "No answer."),
    "an error in our own code": (
        KeyError("id"),
        "The hub met an unexpected error (KeyError) with a test.",
    ),
}


@pytest.mark.parametrize(("error", "note"), ITS_OWN.values(), ids=ITS_OWN)
def test_an_error_of_the_effect_counts_as_a_try_and_keeps_nothing_else_waiting(hub, effects, error, note):
    kind = Kind([Row("A", attempts=1)], ends=error)
    assert effects.take_one(kind.kind(), FACTS)
    assert kind.put_off == [("A", 8.0, 2, note)]
    assert leases(hub) == 0


@pytest.mark.parametrize(("error", "note"), ITS_OWN.values(), ids=ITS_OWN)
def test_after_its_last_try_an_effect_is_given_up(effects, error, note):
    del note
    kind = Kind([Row("A", attempts=2)], ends=error, tries=3)
    assert effects.take_one(kind.kind(), FACTS)
    assert (kind.given_up, kind.put_off) == (["A"], [])


def test_a_throttled_effect_waits_a_second_and_loses_no_try(effects):
    kind = Kind([Row("A", attempts=2)], ends=RateLimited("Slow down.", retry_after=1.0), tries=3)
    assert effects.take_one(kind.kind(), FACTS)
    assert kind.put_off == [("A", 1.0, 2, "Slow down.")]


@pytest.mark.parametrize(
    "error", [PauseUpstream("The token is wrong."), Retry("The store is down.", whole_line=True)], ids=["pause", "down"]
)
def test_an_error_that_affects_every_call_is_raised_and_is_no_evidence_against_the_effect(hub, effects, error):
    kind = Kind([Row("A", attempts=2)], ends=error, tries=3)
    with pytest.raises(type(error)):
        effects.take_one(kind.kind(), FACTS)
    assert kind.put_off == [("A", 1.0, 2, error.message)]
    assert leases(hub) == 0


def test_an_effect_may_end_with_an_error_that_affects_every_call(effects):
    kind = Kind([Row("A")], ends=lambda: PauseUpstream("The channel is gone."))
    with pytest.raises(PauseUpstream):
        effects.take_one(kind.kind(), FACTS)
    assert kind.put_off == []


@pytest.mark.parametrize("error", [LeaseLostError(), Unavailable("Postgres does not answer.")], ids=["lease", "rows"])
def test_what_concerns_the_rows_is_not_saved_in_them(effects, error):
    kind = Kind([Row("A")], ends=error)
    with pytest.raises(type(error)):
        effects.take_one(kind.kind(), FACTS)
    assert (kind.put_off, kind.given_up) == ([], [])


def test_nothing_is_saved_once_another_worker_has_the_row(hub, effects):
    def lose():
        hub.database.run(lambda work: work.do("DELETE FROM hub.leases"))
        raise Reject("Shopify rejected it.")

    kind = Kind([Row("A")], ends=lose)
    with pytest.raises(LeaseLostError):
        effects.take_one(kind.kind(), FACTS)
    assert kind.put_off == []
