"""A plan to adopt a store: each product, the part it matches, what a person chose, and what was done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from boeing_data_hub.shopify.adoption_matching import (
    Match,
    Parts,
    SeenProduct,
    SeenVariant,
    match_one,
)

Choice = Literal["adopt", "archive", "leave"]
State = Literal["planning", "waiting", "adopting", "adopted", "stopped", "undoing", "undone", "failed"]
FIRST_CHOICE: Final[Choice] = "adopt"
CANNOT_ADOPT: Final = frozenset({"linked", "unmatched"})

SENTENCES: Final[Mapping[str, str]] = {
    "sku": "Its SKU is the part number.",
    "cut_sku": "Its SKU is the part number without the suffix after “=”.",
    "barcode": "Its barcode is the part number.",
    "spelling": "Its SKU is the part number in another spelling.",
    "title": "Its title contains the part number.",
    "handle": "Its URL handle is the part number.",
    "custom_id": "The hub manages it already.",
    "several_parts": "Several of your parts have this number.",
    "duplicate": "Your store has several products of this part.",
    "linked": "The hub already manages another product of this part.",
    "better_match": "Another product matches this part better.",
    "other_vendor": "Its vendor is not yours, so it may be another supplier's.",
    "other_sku": "It has a SKU of its own, which is not the part number.",
    "several_variants": "It has several variants, and publishing needs exactly one.",
    "weak_rule": "The number may be there by chance.",
    "other_suffix": "Its SKU has a suffix that none of your parts has.",
    "other_custom_id": "Its custom ID belongs to none of your parts.",
    "no_part": "Nothing about it is a number of your parts.",
}
"""What each rule and each doubt means, for people."""


_STATES: Final[Mapping[tuple[str, str], State]] = {
    ("plan_adoption", "open"): "planning",
    ("adopt", "open"): "adopting",
    ("adopt", "ended"): "adopted",
    ("undo_adoption", "open"): "undoing",
    ("undo_adoption", "ended"): "undone",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Adoption:
    """A plan to adopt a store's products, and how far it is carried out.

    Attributes:
        job_id: of the job that works on it, or did last; its kind and state are the next two fields.
        complete_skus: the next publish also completes SKUs that were cut; otherwise products keep theirs.
        products: how many the store has.
        parts: how many parts they were compared with.
        seen_at: when the store was read.
        note: of the job: what it waits for, or why it failed.
    """

    id: UUID
    shop: str
    job_id: UUID
    job_kind: str
    job_state: str
    complete_skus: bool
    products: int
    parts: int
    seen_at: datetime | None
    note: str | None
    actor: str
    created_at: datetime
    approved_by: str | None
    approved_at: datetime | None

    @property
    def state(self) -> State:
        """How far it is."""
        if self.job_kind == "plan_adoption" and self.job_state != "open":
            return "waiting" if self.seen_at is not None else "failed"
        return _STATES.get((self.job_kind, self.job_state), "stopped")


@dataclass(frozen=True, slots=True, kw_only=True)
class AdoptionRow:
    """One product of the store in a plan.

    Attributes:
        variants: its first ones, each with `sku` and `barcode`.
        pieces: in stock when it was seen.
        part, candidates, rule, confidence, doubt, keep: see `adoption_matching.Match`.
        choice: `adopt`, `archive` (a copy of an adopted product), `leave`; None while nobody has decided.
        state: `planned`, `sending` (the call may have been made), `done`, `linked` (by someone else), `changed` (since
            the plan, so it was left), `refused` (by the store), `undoing`, `undone`, or `left` by an undo.
        note: why it is in this state, for people.
    """

    position: int
    product_id: str
    title: str
    handle: str
    vendor: str
    status: str
    variants: Sequence[Mapping[str, str | None]]
    pieces: int
    part: str | None
    candidates: Sequence[str]
    rule: str | None
    confidence: str
    doubt: str | None
    keep: bool
    choice: Choice | None
    state: str
    note: str | None

    @property
    def sku(self) -> str | None:
        """Of its first variant."""
        return self.variants[0]["sku"] if self.variants else None

    @property
    def reason(self) -> str:
        """Why it was matched, and why it is not certain, for people."""
        return " ".join(SENTENCES[each] for each in (self.rule, self.doubt) if each)

    @property
    def product(self) -> SeenProduct:
        """The product as the plan saw it."""
        return SeenProduct(
            product_id=self.product_id, title=self.title, handle=self.handle, vendor=self.vendor, status=self.status,
            variants=tuple(SeenVariant(one["sku"], one["barcode"]) for one in self.variants), pieces=self.pieces,
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class AdoptionGroup:
    """The products of a plan with the same rule and the same doubt.

    Attributes:
        offered: how many of them can be adopted together: one of each part.
        copies: how many are certain copies of another product, which can be archived together.
        adopt, archive: how many are chosen for each.
    """

    confidence: str
    rule: str | None
    doubt: str | None
    products: int
    offered: int
    copies: int
    adopt: int
    archive: int

    @property
    def reason(self) -> str:
        """What the rule and the doubt mean, for people."""
        return " ".join(SENTENCES[each] for each in (self.rule, self.doubt) if each)


def row_of(one: Match, position: int) -> dict[str, Any]:
    """The record of a matched product, in its place in the plan."""
    product = one.product
    certain = one.confidence == "certain"
    return {
        "position": position, "product_id": product.product_id, "title": product.title, "handle": product.handle,
        "vendor": product.vendor, "status": product.status, "pieces": product.pieces,
        "variants": [{"sku": each.sku, "barcode": each.barcode} for each in product.variants[:3]],
        "part": one.part, "candidates": list(one.candidates), "rule": one.rule, "confidence": one.confidence,
        "doubt": one.doubt, "keep": one.keep, "choice": FIRST_CHOICE if certain else None,
    }  # fmt: skip


def in_order(found: Sequence[Match]) -> list[Match]:
    """Products in reading order: those of one part together, those without a part last."""
    order = {"linked": 0, "certain": 0, "doubtful": 1, "unmatched": 2}
    return sorted(found, key=lambda one: (one.part is None, one.part or "", order[one.confidence], not one.keep,
                                          one.product.product_id))  # fmt: skip


def changed_since(row: AdoptionRow, now: SeenProduct | None, parts: Parts) -> str | None:
    """Why a product is no longer what its plan showed; None if it is still the same to the same parts.

    Args:
        row: as it was planned.
        now: in the store now; None if it was not found.
        parts: those that have the row's numbers now.
    """
    if now is None:
        return "It is no longer in your store."
    if now.custom_id is not None:
        return f"It has the custom ID {now.custom_id!r} now."
    if (now.sku or "") != (row.sku or ""):
        return f"Its SKU was {row.sku!r} and is {now.sku!r} now."
    then, again = (match_one(each, parts) for each in (row.product, now))
    if (then.rule, then.doubt, then.candidates) != (again.rule, again.doubt, again.candidates):
        return "Its vendor, title, handle, barcode or variants have changed, so that it matches differently."
    if set(again.candidates) != set(row.candidates):
        return "Your parts have changed: it matches others now."
    return None
