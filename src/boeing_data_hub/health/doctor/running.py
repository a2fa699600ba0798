"""Checks of independent things run side by side, and whatever hangs does not hold up the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from threading import Lock, Thread

from boeing_data_hub.clock import monotonic
from boeing_data_hub.errors import HubError
from boeing_data_hub.health.doctor.finding import Advice, Finding

TIMED_OUT = Advice(
    "not_in_time",
    "(any)",
    "error",
    "something did not answer within the doctor's time",
    "A firewall that swallows packets looks like this: check the address, and that this host may connect to it.",
)
BROKEN = Advice(
    "check_failed",
    "(any)",
    "error",
    "a check itself failed",
    "This is a fault of the hub: report it with the version of `bdh --version`. The other findings hold.",
)


@dataclass(frozen=True, slots=True)
class Check:
    """Something to look at.

    Attributes:
        name: what, e.g. `postgres`.
        look: looks, and says what it finds as it goes.
    """

    name: str
    look: Callable[[], Iterable[Finding]]


class _Running:
    """One check in a thread of its own: a daemon, because a name that does not resolve cannot be interrupted."""

    def __init__(self, check: Check) -> None:
        self.check = check
        self._found: list[Finding] = []
        self._lock = Lock()
        self._thread = Thread(target=self._run, name=f"check {check.name}", daemon=True)
        self._thread.start()

    def _add(self, finding: Finding) -> None:
        with self._lock:
            self._found.append(finding)

    def _run(self) -> None:
        name = self.check.name
        try:
            for finding in self.check.look():
                self._add(finding)
        except HubError as error:
            self._add(Finding(name, "error", error.message, "", error.code))
        except Exception as error:  # noqa: BLE001 - one check that fails must not take the others with it
            # The error's own text may quote a secret.
            self._add(_of(BROKEN, name, f"The check of {name} failed itself ({type(error).__name__})."))

    def wait(self, seconds: float) -> list[Finding]:
        self._thread.join(max(0.0, seconds))
        with self._lock:
            found = list(self._found)
        if self._thread.is_alive():
            found.append(_of(TIMED_OUT, self.check.name, f"The check of {self.check.name} was not over in time."))
        return found


def _of(advice: Advice, name: str, message: str) -> Finding:
    return Finding(name, advice.level, message, advice.remedy, advice.code)


def side_by_side(checks: Sequence[Check], *, seconds: float) -> list[Finding]:
    """Run all checks at once; their findings in the order of the checks, after `seconds` at the latest."""
    ends_at = monotonic() + seconds
    running = [_Running(check) for check in checks]
    return [finding for one in running for finding in one.wait(ends_at - monotonic())]
