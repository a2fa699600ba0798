"""A quote and its lines as frozen values: the request, the answers, and the terms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, Literal, Self
from uuid import UUID

from boeing_data_hub.catalogue.staged_part import CataloguePart, LastAnswer

Source = Literal["store", "boeing"]

BUYER: Final = (
    "buyer_company_name",
    "buyer_name",
    "buyer_address",
    "buyer_phone",
    "buyer_email",
    "deliver_to_address",
)
"""The buyer's fields, named alike in the request, the answer and the table."""


class LineState(StrEnum):
    """The state of a quote line. All but the first are final, unless a person retries unanswered ones."""

    PENDING = "pending"  #: waits for Boeing; completed automatically
    QUOTED = "quoted"  #: has a price and a quantity
    NO_QUOTE = "no_quote"  #: this part is not offered; the note says why
    UNANSWERED = "unanswered"  #: got no answer; the note says why


class QuoteState(StrEnum):
    """The state of a quote."""

    PENDING = "pending"  #: at least one line is pending
    QUOTED = "quoted"  #: every line has a price
    PARTLY_QUOTED = "partly_quoted"  #: some lines have a price, the others are not offered
    NO_QUOTE = "no_quote"  #: no line is offered
    UNANSWERED = "unanswered"  #: at least one line got no answer


@dataclass(frozen=True, slots=True)
class AskedLine:
    """A requested part: a clean part number, and the number of pieces."""

    part_number: str
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteRequest:
    """A valid quote request.

    Attributes:
        rfq_number: the buyer's number of the request; it identifies the quote.
        rfq_sub_url: where the buyer wants the quote submitted. Repeated in the answer, never called.
        buyer: by the names in `BUYER`, without empty texts.
        lines: in their order; a part may occur twice.
        actor: who makes the request, for the audit log.
    """

    rfq_number: str
    rfq_sub_url: str
    buyer: Mapping[str, str]
    lines: Sequence[AskedLine]
    actor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteTerms:
    """What a quote states besides parts and prices (settings HUB_QUOTE_...), as of its request.

    Attributes:
        condition: stated on every quoted line; empty: the part's own.
        uom: if the part has none.
        traceability_store: of lines from the store; `traceability_boeing`: of the others.
    """

    prepared_by: str = "BDI"
    comments: str = ""
    condition: str = ""
    uom: str = "EA"
    price_type: str = "OUTRIGHT"
    tag_date: str = ""
    lead_time: str = "ON REQUEST"
    traceability_store: str = "SHOPIFY"
    traceability_boeing: str = "VENDOR"

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Self:
        """Build from the column `terms`. Fields that another version added or dropped do no harm."""
        return cls(**{name: str(given[name]) for name in cls.__slots__ if name in given})

    def as_json(self) -> dict[str, str]:
        """The content of the column `terms`."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class LineAnswer:
    """The answer for one part of a quote.

    Attributes:
        price: in whole cents, above 0; only quoted lines have it and the next four.
        qty_available: pieces that can be sold, regardless of the requested quantity.
        code: why there is no price, for programs.
        note: the same for people.
        known_at: the time of the data behind it.
        offered: the offered part if it is the only variant of the requested one; None: the requested part itself.
    """

    state: LineState
    source: Source | None = None
    price: Decimal | None = None
    currency: str | None = None
    qty_available: int | None = None
    uom: str | None = None
    condition: str | None = None
    code: str | None = None
    note: str | None = None
    known_at: datetime | None = None
    offered: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteLine:
    """A line of a quote; `position` counts from 1, in the order of the request."""

    position: int
    part_number: str
    quantity: int
    answer: LineAnswer
    settled_at: datetime | None

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        """Build from a row of `hub.quote_lines`."""
        answer = {name: row[name] for name in LineAnswer.__slots__ if name != "state"}
        return cls(
            position=row["position"],
            part_number=row["part_number"],
            quantity=row["quantity"],
            answer=LineAnswer(state=LineState(row["state"]), **answer),
            settled_at=row["settled_at"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """A quote: a row of `hub.quotes` with its lines.

    Attributes:
        batch_id: the search for the parts that were not known; None if all were known.
        owner: who requested it.
    """

    id: int
    rfq_number: str
    request_hash: str
    state: QuoteState
    rfq_sub_url: str
    buyer: Mapping[str, str]
    terms: QuoteTerms
    batch_id: UUID | None
    owner: str
    created_at: datetime
    updated_at: datetime
    completed_at: datetime | None
    lines: tuple[QuoteLine, ...]

    @classmethod
    def from_row(cls, row: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> Self:
        """Build from a row of `hub.quotes` and the rows of its lines."""
        same = ("id", "rfq_number", "request_hash", "batch_id", "owner", "created_at", "updated_at", "completed_at")
        return cls(
            **{name: row[name] for name in same},
            state=QuoteState(row["state"]),
            rfq_sub_url=row["rfq_sub_url"] or "",
            buyer={name: row[name] for name in BUYER if row[name]},
            terms=QuoteTerms.from_json(row["terms"]),
            lines=tuple(QuoteLine.from_row(line) for line in lines),
        )

    @property
    def is_pending(self) -> bool:
        """True if a line is still pending."""
        return self.state is QuoteState.PENDING

    def count(self, state: LineState) -> int:
        """The number of lines in this state."""
        return sum(line.answer.state == state for line in self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreOffer:
    """What was last published for a SKU that is live in the store; `pieces` does not include sales since then."""

    price: Decimal | None
    pieces: int
    published_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SettledItem:
    """The outcome of a part's search: the end state of its item, or None if the item was deleted."""

    state: str | None
    skus: tuple[str, ...] = ()
    error_code: str | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the database knows about a part.

    Attributes:
        staged: the staged part, with its override; `fetched_at` is the time of Boeing's answer.
        excluded: True if a person excluded it from sale.
        price_override: the manual price, which overrides all others.
        answered: Boeing's last answer for exactly this number; None: it was never requested.
        variants: other SKUs of its base number.
    """

    part_number: str
    in_store: StoreOffer | None = None
    staged: CataloguePart | None = None
    excluded: bool = False
    price_override: Decimal | None = None
    answered: LastAnswer | None = None
    variants: tuple[str, ...] = ()
