"""Makes one call to Boeing, with new tokens if needed, and verifies a 404."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import structlog

from boeing_data_hub.boeing.choosing import STANDARD_PART
from boeing_data_hub.boeing.client import BoeingClient
from boeing_data_hub.boeing.failures import TokenRefused
from boeing_data_hub.boeing.outcome import Call
from boeing_data_hub.boeing.wire import Answer
from boeing_data_hub.db.unit_of_work import Database
from boeing_data_hub.errors import Complaint, PauseUpstream, Reject, Retry
from boeing_data_hub.work import witnesses
from boeing_data_hub.work.time_slice import TimeSlice

log = structlog.get_logger(__name__)


class ToldToStop(Retry):
    """The call was stopped, which counts neither against its parts nor against the upstream."""


class Asking:
    """Makes calls.

    Args:
        database: has parts that Boeing has answered.
        boeing: the client.
        another_slot: waits for one more slot; False if it is time to stop.
    """

    def __init__(self, *, database: Database, boeing: BoeingClient, another_slot: Callable[[TimeSlice], bool]) -> None:
        self._database = database
        self._boeing = boeing
        self._another_slot = another_slot

    def ask(self, call: Call, keep_going: TimeSlice) -> None:
        """Make a call, and set its answer or its error. Any further calls it needs wait for their own slots.

        Args:
            call: the call, whose slot has come.
            keep_going: False when it is time to stop.
        """
        call.at = call.clock.now()
        try:
            try:
                call.answer = self._boeing.ask(call.part_numbers)
            except TokenRefused as refused:
                # The tokens are new now; the repeated call needs its own slot.
                if not self._another_slot(keep_going):
                    call.error = refused
                    return
                call.answer = self._boeing.ask(call.part_numbers)
            call.at = call.clock.now()
            if call.answer.unproven:
                self._prove(call, call.answer, keep_going)
        except (Retry, Reject, PauseUpstream) as error:
            call.answer, call.error = None, error
        except Exception as error:  # a bug must not block a batch: it is counted, retried, and named in the item
            log.exception("unexpected error in a Boeing call")
            call.answer = None
            call.error = Retry(
                f"The hub met an unexpected error ({type(error).__name__}) while asking Boeing.", code="internal_error"
            )

    def _prove(self, call: Call, answer: Answer, keep_going: TimeSlice) -> None:
        """Verify a 404 without an answer's structure: Boeing must accept another call, and then answer 404 again."""
        if not call.control:
            known = self._database.run(lambda work: witnesses.find(work, but=call.part_numbers), patience=20)
            if not self._asked_in_turn([known or STANDARD_PART], keep_going).unproven:
                call.answer = self._asked_in_turn(call.part_numbers, keep_going)
                call.at = call.clock.now()
                return
        call.answer, call.disproved = None, True
        raise Complaint(
            "Boeing's price address answered 404 even for a part that Boeing should know. No part counts"
            " as not found. If this continues, check BOEING_PNA_PRICE_URL.",
            code="boeing_404",
            raw=answer.raw,
            words=answer.said,
        )

    def _asked_in_turn(self, parts: Sequence[str], keep_going: TimeSlice) -> Answer:
        if not self._another_slot(keep_going):
            raise ToldToStop("The hub stopped before an answer was complete.", whole_line=True)
        return self._boeing.ask(parts)
