"""The judge's book: every effect that took hold, in order, whether or not its caller ever heard of it."""

from __future__ import annotations

from typing import Any

from boeing_data_hub.clock import now


class Ledger:
    """Committed effects. Entries are plain mappings, ready for JSON."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []
        self.requests: dict[str, int] = {}
        self.answers: dict[str, int] = {}

    def record(self, operation: str, effect: str, **facts: Any) -> dict[str, Any]:
        """Append an effect: `created`, `updated`, `deleted`, `set`, ... `replied` is None until the answer is out."""
        entry = {
            "seq": len(self.entries) + 1,
            "time": now().isoformat(timespec="milliseconds"),
            "operation": operation,
            "effect": effect,
            "replied": None,
            **facts,
        }
        self.entries.append(entry)
        return entry

    def asked(self, operation: str) -> None:
        """Count a request by the name of its first field."""
        self.requests[operation] = self.requests.get(operation, 0) + 1

    def answered(self, outcome: str) -> None:
        """Count an answer by what it was: ok, user_errors, errors, throttled, http_503, dropped, ..."""
        self.answers[outcome] = self.answers.get(outcome, 0) + 1

    def select(self, *, after: int = 0, limit: int = 1_000, **wanted: str) -> list[dict[str, Any]]:
        """Entries with a sequence number above `after` whose facts equal those wanted, at most `limit`."""
        found: list[dict[str, Any]] = []
        for entry in self.entries[after:]:
            if all(str(entry.get(key)) == value for key, value in wanted.items()):
                found.append(entry)
                if len(found) >= limit:
                    break
        return found
