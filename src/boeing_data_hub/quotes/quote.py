"""A quote and its lines as frozen values: what was asked, what is answered, and on which terms."""

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
"""What is kept of a buyer, by the names of the request, of the answer and of the table."""


class LineState(StrEnum):
    """Where a quote line stands. All but the first are final, unless a person has unanswered ones asked again."""

    PENDING = "pending"  #: Boeing is asked; completed by itself
    QUOTED = "quoted"  #: has a price and pieces
    NO_QUOTE = "no_quote"  #: this part is not offered; the note says why
    UNANSWERED = "unanswered"  #: it could not be found out; the note says why


class QuoteState(StrEnum):
    """What a quote comes to."""

    PENDING = "pending"  #: a line of it is
    QUOTED = "quoted"  #: every line has a price
    PARTLY_QUOTED = "partly_quoted"  #: some lines have one, the others are no quotes
    NO_QUOTE = "no_quote"  #: no line is offered
    UNANSWERED = "unanswered"  #: of a line at least, it could not be found out


@dataclass(frozen=True, slots=True)
class AskedLine:
    """One part that is asked for: a clean part number, and how many pieces."""

    part_number: str
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteRequest:
    """A request for a quote, checked.

    Attributes:
        rfq_number: the buyer's side's own number of the request; one number, one quote.
        rfq_sub_url: where the buyer's side wants the quote handed in. Repeated in the answer, never called.
        buyer: by the names in `BUYER`; empty texts are left out.
        lines: in the order asked; a part may come twice.
        actor: who asks, for the audit log.
    """

    rfq_number: str
    rfq_sub_url: str
    buyer: Mapping[str, str]
    lines: Sequence[AskedLine]
    actor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteTerms:
    """What is said on a quote besides parts and prices (settings HUB_QUOTE_...), as it was when it was asked for.

    Attributes:
        condition: stated on every quoted line; empty: the part's own.
        uom: where the part names none.
        traceability_store: of lines from the store; `traceability_boeing` of the others.
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
        """Build from the column `terms`; what a later version has added or dropped does no harm."""
        return cls(**{name: str(given[name]) for name in cls.__slots__ if name in given})

    def as_json(self) -> dict[str, str]:
        """What the column `terms` holds."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class LineAnswer:
    """What is known of one part for a quote.

    Attributes:
        price: in whole cents, above 0; of a quoted line, as are the four that follow.
        qty_available: pieces that may be sold, whatever the quantity asked for.
        code: why there is no price, for machines.
        note: for a person.
        known_at: how old what it stands on is.
        offered: the part that is offered, where it is another than asked for: its only variant. None: the very part.
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
    """One line of a quote, in the order asked; `position` counts from 1."""

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
        batch_id: the search that asks Boeing for what was not known; None where everything was.
        owner: who asked.
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
        """Build from a row of `hub.quotes` and those of its lines."""
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
        """Whether a line of it still waits."""
        return self.state is QuoteState.PENDING

    def count(self, state: LineState) -> int:
        """How many of its lines are in this state."""
        return sum(line.answer.state == state for line in self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreOffer:
    """What we last published of a SKU that is live in the store; what was sold since is not in `pieces`."""

    price: Decimal | None
    pieces: int
    published_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SettledItem:
    """What became of a part that Boeing was asked for: the end of its item, None where the item is gone."""

    state: str | None
    skus: tuple[str, ...] = ()
    error_code: str | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the rows know of a part at one moment.

    Attributes:
        staged: the staged part, with what a person has set of it; `fetched_at` is when Boeing said it.
        excluded: a person does not want it sold.
        price_override: a person's price, which goes before every other.
        answered: what Boeing answered when this very number was last asked for; None: it never was.
        variants: other SKUs of its base number.
    """

    part_number: str
    in_store: StoreOffer | None = None
    staged: CataloguePart | None = None
    excluded: bool = False
    price_override: Decimal | None = None
    answered: LastAnswer | None = None
    variants: tuple[str, ...] = ()
