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


@dataclass(frozen=True, slots=True)
class Settled:
    """A part whose answer was normalized: what became of it, and why where it cannot be published."""

    raw_id: int
    part_number: str
    outcome: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A part whose answer could not be normalized, with the failure's code and sentence."""

    raw_id: int
    part_number: str
    code: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Found:
    """A part that Boeing answered for: the answer, and the SKUs in it that serve the part."""

    raw_id: int
    skus: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a call did not answer for a part: the code for machines and the sentence for people."""

    code: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Postponed:
    """A part that is asked again.

    Attributes:
        wait: seconds until then.
        attempts: failed calls that count against it.
        call_group: parts of one group are asked together, and with no others; None: with any.
        why: why it was not answered for.
    """

    wait: float
    attempts: int
    call_group: int | None
    why: Failure


@dataclass(slots=True)
class Verdicts:
    """What becomes of parts after their calls, by part number.

    Attributes:
        found: go on to normalization.
        missing: the raw id of the answer that left the part out: Boeing does not have it.
        again: are asked again later.
        failed: will not be asked again.
        ago: seconds since the part's call had failed, where that was not just now.
    """

    found: dict[str, Found] = field(default_factory=dict[str, Found])
    missing: dict[str, int] = field(default_factory=dict[str, int])
    again: dict[str, Postponed] = field(default_factory=dict[str, Postponed])
    failed: dict[str, Failure] = field(default_factory=dict[str, Failure])
    ago: dict[str, float] = field(default_factory=dict[str, float])
