"""The loop of outside effects: every change of the store that waits as a row of its own.

Deletions of leftover products, pictures that are sent again, bulk imports, snapshots of the store and people's jobs
run here; parts, which are claimed by the hundred, have `parts.py`. A kind of effect says which row is due, and how to
carry it out, which begins with finding out what became of the try before. Claims, fences, retries and errors are the
loop's, so that no kind can get them wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Generic, Protocol, TypeVar

import structlog

from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.errors import HubError, RateLimited, Retry, Unavailable
from boeing_data_hub.retry import RetryPolicy, every
from boeing_data_hub.shopify.outcomes import affects_every_call
from boeing_data_hub.shopify.publications import StoreFacts
from boeing_data_hub.shopify.row_lease import Taken, Taking
from boeing_data_hub.work.leases import LeaseLostError

log = structlog.get_logger(__name__)

_NOT_COUNTED: Final = every(1.0)  # the store fails as a whole, or throttles us: the effect is not to blame


class Tried(Protocol):
    """A row that counts its failed tries."""

    @property
    def attempts(self) -> int:
        """Failed tries in a row."""
        ...


Row = TypeVar("Row", bound=Tried)


@dataclass(frozen=True, slots=True)
class PutOff:
    """An effect that is tried again later.

    Attributes:
        wait: seconds until then.
        attempts: failed tries in a row.
        note: what went wrong, for people.
    """

    wait: float
    attempts: int
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectKind(Generic[Row]):
    """One kind of effect.

    Attributes:
        name: for the log, such as "a leftover product".
        next_due: the row that has waited longest and that no worker holds.
        held_as: the name of the row's lease: the SKU that it changes, or a word and its id.
        carry_out: does it, or its next step. The row says what the try before came to; calls take `Taken.is_ours` as
            `keep_going`, and results are saved by `Taken.save`. Returns an error that affects every call where the
            effect itself is settled all the same.
        retry: after an error of this row.
        put_off: saves that it is tried again.
        give_up: ends it after its last try; None for a kind that is retried without an end.
    """

    name: str
    next_due: Callable[[Work, StoreFacts], Row | None]
    held_as: Callable[[Row], str]
    carry_out: Callable[[Taken[Row], StoreFacts], HubError | None]
    retry: Callable[[Row], RetryPolicy]
    put_off: Callable[[Work, StoreFacts, Row, PutOff], None]
    give_up: Callable[[Taken[Row], StoreFacts, HubError], None] | None = None


class Effects:
    """Carries out effects, one at a time.

    Args:
        taking: holds their rows.
    """

    def __init__(self, taking: Taking) -> None:
        self._taking = taking

    def take_one(self, kind: EffectKind[Row], facts: StoreFacts) -> bool:
        """Carry out one effect of a kind, or its next step. False if none is due.

        An error of the effect puts it off, and so does an unexpected one: a bug must not keep everything else waiting.

        Raises:
            HubError: an error that affects every call.
            LeaseLostError: the step took too long, and another worker has the row now.
        """
        with self._taking.next(lambda work: kind.next_due(work, facts), held_as=kind.held_as) as taken:
            if taken is None:
                return False
            try:
                error = kind.carry_out(taken, facts)
            except (LeaseLostError, Unavailable):
                raise
            except HubError as failed:
                error = self._failed(kind, taken, facts, failed)
            except Exception as bug:
                log.exception("unexpected error in an effect", kind=kind.name, held_as=kind.held_as(taken.row))
                said = f"The hub met an unexpected error ({type(bug).__name__}) with {kind.name}."
                error = self._failed(kind, taken, facts, Retry(said, code="internal_error"))
        if error is not None:
            raise error
        return True

    @staticmethod
    def _failed(kind: EffectKind[Row], taken: Taken[Row], facts: StoreFacts, failed: HubError) -> HubError | None:
        """Put the effect off, or give it up. Returns the error if it affects every call."""
        row, stops = taken.row, affects_every_call(failed)
        counted = not stops and not isinstance(failed, RateLimited)
        attempts, retry = row.attempts + counted, kind.retry(row)
        log.warning("an effect failed", kind=kind.name, held_as=kind.held_as(row), code=failed.code, attempts=attempts)
        if counted and kind.give_up is not None and retry.gives_up(attempts):
            kind.give_up(taken, facts, failed)
        else:
            wait = retry.wait(attempts) if counted else _NOT_COUNTED.wait(1)
            later = PutOff(wait, attempts, failed.message[:500])
            taken.save(lambda work: kind.put_off(work, facts, row, later))
        return failed if stops else None
