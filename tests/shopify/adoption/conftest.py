"""A store that another system filled, and the adopting of it: see `tests/support/publishing.py`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from tests.support.patience import Deadline
from tests.support.publishing import Desk, Part, desk, make_desk, make_store_hub, rows, store

from boeing_data_hub.shopify import adoption_rows, adoptions
from boeing_data_hub.shopify.adoption import Adoption, AdoptionRow
from boeing_data_hub.shopify.adoption_rows import RowFilter

__all__ = ["desk", "make_desk", "make_store_hub", "rows", "store"]


@dataclass
class Filled:
    """A store as the guide's system and people left it.

    Attributes:
        parts: everything that is staged.
        ours: products by part that certainly are the part's, the better one of duplicates first.
        foreign: products of other suppliers.
        ambiguous: products that may be several parts'.
    """

    parts: list[str] = field(default_factory=list)
    ours: dict[str, list[str]] = field(default_factory=dict)
    foreign: list[str] = field(default_factory=list)
    ambiguous: list[str] = field(default_factory=list)


class Adopter:
    """A person at the desk who adopts a store."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.adoptions = desk.hub.shop.adoptions

    def fill(self, count: int) -> Filled:
        """Fill the store with so many cut products, and a share of duplicates, foreign, handmade and ambiguous ones."""
        filled, products = Filled(), list[dict[str, Any]]()

        def add(kind: list[str] | tuple[str, str], **given: Any) -> None:
            products.append({"price": "1.00", "title": given.get("sku") or "Seal", **given})
            kinds.append(kind)

        kinds: list[Any] = []
        for number in range(count):
            base = f"WF{338000 + number}"
            part = f"{base}={('K3', '9B', 'E9')[number % 3]}"
            filled.parts.append(part)
            handmade = number % 9 == 4
            if number % 10 == 3:  # the worse copy is older
                add(("other", part), sku=base, vendor="BDI", status="DRAFT")
            add(("best", part), sku=part if handmade else base, vendor="" if handmade else "BDI",
                quantities={"Dallas": number})  # fmt: skip
            if number % 7 == 2:
                add(filled.foreign, sku=base, vendor="Satair", title=f"Seal {base}")
            if number % 7 == 5:
                add(filled.foreign, sku=f"SAT-{number}", vendor="Satair", title=f"Replaces {base}")
        for number in range(count // 20):
            base = f"P{777000 + number}"
            filled.parts += [f"{base}=K3", f"{base}=E5"]
            add(filled.ambiguous, sku=base, vendor="BDI")
        made = self.desk.store.load({"products": products})["products"]
        for kind, product in zip(kinds, made, strict=True):
            if isinstance(kind, list):
                kind.append(product["id"])
            else:
                which, part = kind
                filled.ours.setdefault(part, []).insert(0 if which == "best" else 1, product["id"])
        self.desk.stage(*(Part(sku) for sku in filled.parts))
        return filled

    def plan(self) -> Adoption:
        """Have a plan made."""
        self.desk.hub.shop.storefront.facts()
        return self.settle(self.adoptions.start(actor="test").id)

    def settle(self, adoption_id: UUID, *, seconds: float = 60.0) -> Adoption:
        """Work until nothing is under way."""
        deadline = Deadline(seconds)
        while (now := self.get(adoption_id)).state in {"planning", "adopting", "undoing"}:
            self.soon()
            self.desk.work(0.3)
            assert not deadline.passed, [now, self.desk.rows("SELECT * FROM hub.store_jobs")]
        return now

    def soon(self) -> None:
        """Let every wait be over."""
        self.desk.do("UPDATE hub.store_snapshots SET not_before = now()")
        self.desk.do("UPDATE hub.store_jobs SET not_before = now()")
        self.desk.the_wait_is_over()

    def approve(self, plan: Adoption, *, complete_skus: bool = False) -> Adoption:
        """Approve what is chosen; it is not carried out yet."""
        chosen = self.desk.hub.database.run(
            lambda work: adoption_rows.count(work, plan.id, states=["planned", "sending"])
        )
        return self.adoptions.approve(plan.id, expected=chosen, complete_skus=complete_skus, actor="test")

    def adopt(self, plan: Adoption, *, complete_skus: bool = False) -> Adoption:
        """Approve what is chosen, and carry it out."""
        return self.settle(self.approve(plan, complete_skus=complete_skus).id)

    def undo(self, plan: Adoption) -> Adoption:
        """Undo it to the end."""
        return self.settle(self.adoptions.undo(plan.id, actor="test").id)

    def get(self, adoption_id: UUID) -> Adoption:
        return self.desk.hub.database.run(lambda work: adoptions.found(work, adoption_id))

    def rows(self, plan: Adoption, **wanted: str) -> list[AdoptionRow]:
        """Its products."""
        return self.desk.hub.database.run(
            lambda work: adoption_rows.page(work, plan.id, RowFilter(**wanted), limit=100_000)
        )

    def states(self, plan: Adoption) -> Mapping[str, int]:
        return self.desk.hub.database.run(lambda work: adoption_rows.states(work, plan.id))

    def products(self) -> dict[str, dict[str, Any]]:
        """The store's products by id."""
        return {one["id"]: one for one in self.desk.store.products()}

    def linked(self) -> dict[str, str]:
        """Product ids by custom id."""
        found = {
            custom: product_id for product_id, one in self.products().items() for custom in one["customIds"].values()
        }
        assert self.desk.store.store()["duplicateCustomIds"] == {}
        return found


@pytest.fixture
def adopter(desk: Desk) -> Adopter:
    return Adopter(desk)


@pytest.fixture
def make_adopter(make_desk: Callable[..., Desk]) -> Callable[..., Adopter]:
    return lambda **settings: Adopter(make_desk(**settings))
