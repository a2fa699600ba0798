"""The results of calls for the parts that were requested, as values passed between the stages and the database."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """An answer as it is stored.

    Attributes:
        search_query: the requested parts, comma-joined (guide, section 5.2).
        raw_payload: the answer as JSON text.
        matches: requested part → matching SKUs in the answer; an empty list: the answer does not contain the part.
        fetched_at: when it was received (UTC).
        usable: False for a malformed answer, which is stored for reference only.
        error: the failure's code, if the answer is not usable.
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
    """A part whose answer was normalized: its outcome, and the reason if it cannot be published."""

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
    """A part that an answer contains: the answer, and its SKUs that match the part."""

    raw_id: int
    skus: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a call brought no answer for a part: a code for programs and a sentence for people."""

    code: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Postponed:
    """A part to request again.

    Attributes:
        wait: seconds until the next call.
        attempts: failed calls counted against the part.
        call_group: parts of a group are requested together, without others; None: with any others.
        why: why there was no answer.
    """

    wait: float
    attempts: int
    call_group: int | None
    why: Failure


@dataclass(slots=True)
class Verdicts:
    """The verdicts on parts after their calls, by part number.

    Attributes:
        found: parts that continue to normalization.
        missing: parts that Boeing does not have, with the raw id of the answer that lacks them.
        again: parts to request again later.
        failed: parts that are not requested again.
        ago: seconds since the part's call failed, if that was a while ago.
    """

    found: dict[str, Found] = field(default_factory=dict[str, Found])
    missing: dict[str, int] = field(default_factory=dict[str, int])
    again: dict[str, Postponed] = field(default_factory=dict[str, Postponed])
    failed: dict[str, Failure] = field(default_factory=dict[str, Failure])
    ago: dict[str, float] = field(default_factory=dict[str, float])
