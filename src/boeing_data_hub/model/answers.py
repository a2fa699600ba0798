"""What Boeing answered and what it means for the parts that were asked, as values between the stages and the store."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """One Boeing answer as it is kept.

    Attributes:
        search_query: the parts asked, comma-joined (guide, section 5.2).
        raw_payload: the answer as JSON text.
        matches: part asked → SKUs of the answer that serve it; an empty list: Boeing left the part out.
        fetched_at: when it was received (UTC).
        usable: False for a malformed answer, kept for the record only.
        error: the failure's code, for an answer that is not usable.
    """

    id: int
    search_query: str
    raw_payload: str
    matches: dict[str, list[str]]
    fetched_at: datetime
    usable: bool = True
    error: str | None = None


@dataclass(slots=True)
class Verdicts:
    """What becomes of parts after their calls.

    Attributes:
        found: part → (raw id, SKUs): goes on to normalization.
        missing: part → raw id: Boeing answered, without this part.
        again: part → (seconds to wait, attempts, call group, code, sentence): asked again later.
        failed: part → (code, sentence): will not be asked again.
    """

    found: dict[str, tuple[int, tuple[str, ...]]] = field(default_factory=dict[str, tuple[int, tuple[str, ...]]])
    missing: dict[str, int] = field(default_factory=dict[str, int])
    again: dict[str, tuple[float, int, int | None, str, str]] = field(
        default_factory=dict[str, tuple[float, int, int | None, str, str]]
    )
    failed: dict[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])
