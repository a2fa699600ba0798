"""Plans to adopt a store as rows, and the rows of products that adopting writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from boeing_data_hub.catalogue.staging import search_key
from boeing_data_hub.db.statements import beside
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.shopify.adoption import Adoption, AdoptionGroup, AdoptionRow, Choice, in_order, row_of
from boeing_data_hub.shopify.adoption_matching import Match, OurPart
from boeing_data_hub.shopify.handles import handle_of

_SQL: Final = beside(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class RowFilter:
    """Selects products of a plan. Every field that is given must match; an empty rule or doubt matches none."""

    confidence: str | None = None
    rule: str | None = None
    doubt: str | None = None
    state: str | None = None
    part: str | None = None

    def values(self, adoption_id: UUID) -> dict[str, Any]:
        """Its parameters."""
        return {"id": adoption_id, **{name: getattr(self, name) for name in self.__slots__}}


@dataclass(frozen=True, slots=True)
class Marked:
    """The state that a product of a plan is in now, and why."""

    position: int
    state: str
    note: str | None = None


def add(work: Work, adoption_id: UUID, *, shop: str, job_id: UUID, actor: str) -> None:
    """Save a plan whose job has just been started."""
    work.do(_SQL["add"], [adoption_id, shop, job_id, actor])


def get(work: Work, adoption_id: UUID) -> Adoption | None:
    """One plan of the current store."""
    return _one(work.row(_SQL["get"], [adoption_id]))


def of_job(work: Work, job_id: UUID) -> Adoption | None:
    """The plan that a job works on."""
    return _one(work.row(_SQL["of_job"], [job_id]))


def latest(work: Work, *, limit: int) -> list[Adoption]:
    """Plans of the current store, newest first."""
    return [Adoption(**row) for row in work.rows(_SQL["latest"], [limit])]


def waiting(work: Work) -> Adoption | None:
    """The newest plan for the current store, if it waits for a decision; an older one is out of date."""
    newest = next(iter(latest(work, limit=1)), None)
    return newest if newest is not None and newest.state == "waiting" else None


def busy(work: Work) -> Adoption | None:
    """The plan of the current store that a job works on now. Until the commit nobody else can start one."""
    work.do(_SQL["one_at_a_time"])
    return _one(work.row(_SQL["busy"]))


def lock(work: Work, adoption_id: UUID) -> None:
    """Lock the plan until the commit."""
    work.do(_SQL["lock"], [adoption_id])


def set_job(work: Work, adoption_id: UUID, job_id: UUID) -> None:
    """Save the job that works on it from now on."""
    work.do(_SQL["set_job"], [job_id, adoption_id])


def approve(work: Work, adoption_id: UUID, *, complete_skus: bool, actor: str) -> None:
    """Save who approved it."""
    work.do(_SQL["approve"], [complete_skus, actor, adoption_id])


def parts(work: Work) -> list[OurPart]:
    """All staged parts."""
    return [_part(row) for row in work.rows(_SQL["parts"])]


def parts_of(work: Work, skus: Sequence[str]) -> list[OurPart]:
    """The staged parts whose numbers begin as these do, so that every one that may be meant is among them."""
    return [_part(row) for row in work.rows(_SQL["parts_of"], [list(skus)])]


def known(work: Work, shop: str) -> dict[str, str]:
    """The part of each product that the hub manages already, by product id."""
    return {row["product_id"]: row["sku"] for row in work.rows(_SQL["known"], [shop])}


def fill(work: Work, adoption_id: UUID, found: Sequence[Match], *, parts: int, seen_at: datetime | None) -> None:
    """Save how every product was matched, replacing what an earlier attempt saved."""
    records = [row_of(one, position) for position, one in enumerate(in_order(found), 1)]
    work.do(_SQL["forget_rows"], [adoption_id])
    work.do(_SQL["fill"], [adoption_id, msgspec.json.encode(records).decode().replace("\\u0000", "\ufffd")])
    work.do(_SQL["seen"], [seen_at, len(found), parts, adoption_id])


def groups(work: Work, adoption_id: UUID) -> list[AdoptionGroup]:
    """The products by confidence, rule and doubt."""
    return [AdoptionGroup(**row) for row in work.rows(_SQL["groups"], [adoption_id])]


def states(work: Work, adoption_id: UUID) -> dict[str, int]:
    """How many of the chosen products are in each state; those to be left do not count."""
    found: dict[str, int] = {}
    for row in work.rows(_SQL["states"], [adoption_id]):
        if row["choice"] != "leave":
            found[row["state"]] = found.get(row["state"], 0) + row["products"]
    return found


def page(work: Work, adoption_id: UUID, wanted: RowFilter, *, limit: int, after: int = 0) -> list[AdoptionRow]:
    """Products in the plan's order, after a position."""
    values = {**wanted.values(adoption_id), "after": after, "limit": limit}
    return [AdoptionRow(**row) for row in work.rows(_SQL["page"], values)]


def by_products(work: Work, adoption_id: UUID, product_ids: Sequence[str]) -> list[AdoptionRow]:
    """These products."""
    return [AdoptionRow(**row) for row in work.rows(_SQL["by_products"], [adoption_id, list(product_ids)])]


def of_parts(work: Work, adoption_id: UUID, skus: Sequence[str]) -> list[AdoptionRow]:
    """All products of these parts."""
    return [AdoptionRow(**row) for row in work.rows(_SQL["of_parts"], [adoption_id, list(skus)])]


def choose(work: Work, adoption_id: UUID, wanted: RowFilter, choice: Choice) -> int:
    """Choose for every product that matches and for which the choice is possible. Returns for how many."""
    values = wanted.values(adoption_id)
    match choice:
        case "adopt":
            return work.do(_SQL["choose_adopt"], values)
        case "archive":
            return work.do(_SQL["choose_archive"], values)
        case "leave":
            return work.do(_SQL["choose_leave"], values)


def choose_one(work: Work, adoption_id: UUID, product_id: str, choice: Choice, *, part: str | None = None) -> bool:
    """Choose for one product. If it is to be adopted, the one chosen for its part before is left. False if it is
    carried out already.
    """
    if choice == "adopt" and part is not None:
        work.do(_SQL["leave_rivals"], [adoption_id, part, product_id])
    return bool(work.do(_SQL["choose_one"], [choice, part, adoption_id, product_id]))


def count(
    work: Work, adoption_id: UUID, *, states: Sequence[str], choices: Sequence[Choice] = ("adopt", "archive")
) -> int:
    """How many chosen products are in one of these states."""
    return work.value(_SQL["open_rows"], {"id": adoption_id, "choices": list(choices), "states": list(states)})


def next_rows(work: Work, adoption_id: UUID, *, choice: Choice, states: Sequence[str], limit: int) -> list[AdoptionRow]:
    """The next chosen products in one of these states whose parts no worker publishes now."""
    values = {"id": adoption_id, "choice": choice, "states": list(states), "limit": limit}
    return [AdoptionRow(**row) for row in work.rows(_SQL["next_rows"], values)]


def mark(work: Work, adoption_id: UUID, marked: Sequence[Marked]) -> None:
    """Save the states of products."""
    if marked:
        work.do(_SQL["mark"], [msgspec.json.encode(marked).decode(), adoption_id])


def published_meanwhile(work: Work, shop: str, skus: Sequence[str]) -> set[str]:
    """The parts among these whose product the hub knows."""
    return {row["sku"] for row in work.rows(_SQL["published_meanwhile"], [shop, list(skus)])}


def take_over(work: Work, shop: str, rows: Sequence[AdoptionRow], *, complete_skus: bool) -> None:
    """Manage these products from now on: the next publish of their parts updates them, and creates none."""
    records = [
        {
            "sku": row.part,
            "search_key": search_key(row.part or ""),
            "handle": handle_of(row.part or ""),
            "title": row.title or row.part,
            "kept_sku": None if complete_skus or not row.sku or row.sku == row.part else row.sku,
        }
        for row in sorted(rows, key=lambda one: one.part or "")
    ]
    if records:
        work.do(_SQL["take_over"], [shop, msgspec.json.encode(records).decode()])


def untouched(work: Work, shop: str, skus: Sequence[str]) -> set[str]:
    """Those of these adopted parts that were not published since."""
    return {row["sku"] for row in work.rows(_SQL["untouched"], [shop, list(skus)])}


def forget_products(work: Work, shop: str, skus: Sequence[str]) -> None:
    """Forget the products of these parts, which were adopted and never published."""
    if skus:
        work.do(_SQL["forget_products"], [shop, sorted(skus)])


def _one(row: Mapping[str, Any] | None) -> Adoption | None:
    return Adoption(**row) if row else None


def _part(row: Mapping[str, Any]) -> OurPart:
    return OurPart(row["sku"], tuple(each for each in row["names"] if each))
