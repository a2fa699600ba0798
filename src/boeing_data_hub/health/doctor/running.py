"""Runs independent checks in parallel, so that one that hangs does not delay the others."""

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
    "a check took longer than the doctor waits",
    "A firewall that drops packets may be the cause: check the address, and that this host may connect to it.",
)
BROKEN = Advice(
    "check_failed",
    "(any)",
    "error",
    "a check itself failed",
    "This is an error in the hub: report it with the version from `bdh --version`. The other findings are valid.",
)


@dataclass(frozen=True, slots=True)
class Check:
    """A check.

    Attributes:
        name: what is checked, e.g. `postgres`.
        look: yields its findings as it finds them.
    """

    name: str
    look: Callable[[], Iterable[Finding]]


class _Running:
    """A check in its own thread: a daemon, because name resolution cannot be interrupted."""

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
            self._add(_of(BROKEN, name, f"The check of {name} failed ({type(error).__name__})."))

    def wait(self, seconds: float) -> list[Finding]:
        self._thread.join(max(0.0, seconds))
        with self._lock:
            found = list(self._found)
        if self._thread.is_alive():
            found.append(_of(TIMED_OUT, self.check.name, f"The check of {self.check.name} took too long."))
        return found


def _of(advice: Advice, name: str, message: str) -> Finding:
    return Finding(name, advice.level, message, advice.remedy, advice.code)


def side_by_side(checks: Sequence[Check], *, seconds: float) -> list[Finding]:
    """Run all checks in parallel. Returns their findings in the order of the checks, after at most `seconds`."""
    ends_at = monotonic() + seconds
    running = [_Running(check) for check in checks]
    return [finding for one in running for finding in one.wait(ends_at - monotonic())]
