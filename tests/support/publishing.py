"""Staged rows and the listings made of them; and a desk: a hub and the sandbox store, with parts staged by SQL and a
judge who reads the store's own ledger.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from threading import Event
from types import MappingProxyType
from typing import Any
from uuid import UUID

import pytest
from psycopg.types.json import Jsonb
from tests.support.patience import Deadline

from boeing_data_hub.app import Hub
from boeing_data_hub.batches.run import PublishRequest
from boeing_data_hub.catalogue.listing_policy import ListingPolicy
from boeing_data_hub.catalogue.listings import Listing
from boeing_data_hub.catalogue.pricing import GUIDE_RULES
from boeing_data_hub.catalogue.staged_part import CataloguePart, Override, StockLocation
from boeing_data_hub.shopify.listing import build_listing
from boeing_data_hub.work import batches, items
from boeing_data_hub.work.batch import Batch, Item
from boeing_data_hub.work.time_slice import TimeSlice
from boeing_data_hub_sandbox.shopify.control_client import ShopifyControl, environment

MAP = {
    "Dallas Central": "Dallas",
    "Miami, FL": "Miami",
    "Goodyear AZ": "Phoenix",
    "New York, NY": "New York",
    "Los Angeles, CA": "Los Angeles",
    "Chicago, IL": "Chicago",
}
POLICY = ListingPolicy(location_map=MappingProxyType(MAP), inventory_location_codes={"Dallas": "1D1"})

P512777 = CataloguePart(
    sku="P512777=K3",
    title="P512777",
    body_html=None,
    vendor="BDI",
    list_price=Decimal("430.0100"),
    net_price=None,
    currency="USD",
    inventory_quantity=557,
    inventory_status="in_stock",
    location_summary=None,
    weight=Decimal("0.600000"),
    weight_unit="LB",
    country_of_origin="United States",
    dim_length=None,
    dim_width=None,
    dim_height=None,
    dim_uom=None,
    base_uom="EA",
    hazmat_code=None,
    faa_approval_code=None,
    eccn=None,
    schedule_b_code="8481809025",
    supplier_name="Monogram Systems",
    boeing_name="GASKET, O-RING",
    boeing_description=None,
    boeing_image_url="https://www.aviall.com/content-images/P512777_280.JPG",
    boeing_thumbnail_url=None,
    condition="NE",
    cert="FAA 8130-3",
    pma=False,
    estimated_lead_time_days=3,
    status="fetched",
    status_reason=None,
    status_detail=None,
    locations=(
        StockLocation("Dallas Central", 463),
        StockLocation("Germany CSC", 53),
        StockLocation("Goodyear AZ", 11),
        StockLocation("Los Angeles, CA", 14),
        StockLocation("Miami, FL", 10),
        StockLocation("New York, NY", 6),
    ),
    raw_id=1,
    fetched_at=datetime(2026, 11, 25, 12, tzinfo=UTC),
    created_at=datetime(2026, 11, 25, 12, tzinfo=UTC),
    updated_at=datetime(2026, 11, 25, 12, tzinfo=UTC),
    absent_days=None,
    price_days=None,
    stock_days=None,
)
_BY_HAND = {"trace", "expiration_date", "notes", "price_override", "excluded"}


class Rows:
    """Staged rows, and the listings made of them."""

    policy = POLICY

    @staticmethod
    def staged(**changes: Any) -> CataloguePart:
        """The part with other values: those that only people set go into its override."""
        by_hand = {name: changes.pop(name) for name in list(changes) if name in _BY_HAND}
        return replace(P512777, override=Override(**by_hand), **changes)

    @staticmethod
    def listing(policy: ListingPolicy = POLICY, **changes: Any) -> Listing:
        built = build_listing(Rows.staged(**changes), policy)
        assert isinstance(built, Listing), built
        return built


@pytest.fixture(scope="session")
def rows() -> Rows:
    return Rows()


# --- The desk: a hub, the sandbox store, and a judge ------------------------------------------------------------------

STORE_MAP = {
    "Dallas Central": "Dallas",
    "Dallas East": "Dallas",
    "Miami, FL": "Miami",
    "New York, NY": "New York",
    "Chicago, IL": "Chicago",
}
PLACES = ("Chicago", "Dallas", "Miami", "New York")
UNMAPPED = ("Germany CSC", "Singapore")
_AMOUNT = re.compile(r"\d+\.\d{2}")
_HOSTILE = (
    'SEAL "A" & <script>alert(1)</script>',
    "O-RING, 3/8\" x 1'; DROP TABLE hub.products; --",
    "Dichtung \u00fc\u00df \u6771\u4eac \U0001f6e9\ufe0f",
    "BOLT {{ product.title }} %s {0} \\n",
    "NUT  SELF-LOCKING",
    "GASKET\u2028LINE\u0007BELL\u200bZERO",
    "x" * 400,
)


@dataclass(frozen=True)
class Part:
    """A part as Boeing's answer was staged: what the judge expects is reckoned from this alone."""

    sku: str
    price: str | None = "10.37"
    stock: Mapping[str, int] = field(default_factory=lambda: {"Dallas Central": 7})
    columns: Mapping[str, Any] = field(default_factory=dict)

    @property
    def expected_stock(self) -> dict[str, int]:
        wanted = dict.fromkeys(PLACES, 0)
        for place, pieces in self.stock.items():
            if place in STORE_MAP:
                wanted[STORE_MAP[place]] += pieces
        return wanted

    def but(self, **changes: Any) -> Part:
        """The same with another price or stock; other names are columns of the staged row."""
        own = {name: changes.pop(name) for name in ("price", "stock") if name in changes}
        return replace(self, **own, columns={**self.columns, **changes})


def boeing_price(ours: str | None) -> Decimal | None:
    """The list price that becomes ours by the rules that are the default."""
    return (Decimal(ours) / GUIDE_RULES.markup).quantize(Decimal("0.0001")) if ours else None


def make_parts(count: int, start: int = 0) -> list[Part]:
    """Parts of all kinds, each with a price, and stock at a location we sell from."""
    dice = random.Random(start + 11)  # noqa: S311 - the same parts every time
    made = []
    for number in range(start, start + count):
        stock = {place: dice.randrange(1, 900) for place in dice.sample(sorted(STORE_MAP), dice.randrange(1, 5))}
        if number % 3 == 0:
            stock[dice.choice(UNMAPPED)] = dice.randrange(1, 99)
        columns: dict[str, Any] = {"boeing_name": _HOSTILE[number % len(_HOSTILE)]}
        if number % 5 == 0:
            columns |= {"weight": None, "country_of_origin": "Germany", "schedule_b_code": "nonsense"}
        if number % 7 == 0:
            columns |= {"base_uom": "BOX", "net_price": Decimal("505.5845") + number}
        suffix = ("K3", "9B", "1N")[number % 3]
        price = f"{dice.randrange(0, 3000)}.{dice.randrange(1, 100):02}"
        made.append(Part(f"PN{number}={suffix}", price, stock, columns))
    return made


_STAGED: dict[str, Any] = {
    "currency": "USD", "weight": Decimal("0.6"), "weight_unit": "LB",
    "country_of_origin": "United States", "base_uom": "EA", "schedule_b_code": "8481809025",
    "supplier_name": "Monogram", "boeing_name": "GASKET", "condition": "NE", "cert": "FAA 8130-3", "pma": False,
    "status": "fetched", "raw_id": 1,
}  # fmt: skip


_WAITS = (
    "UPDATE hub.pacing SET paused_until = now() WHERE paused_until > now()",
    "UPDATE hub.batch_items SET not_before = now() WHERE not_before > now()",
    "UPDATE hub.orphans SET not_before = now() WHERE not_before > now()",
)


class Desk:
    """A hub at work on the sandbox store.

    Args:
        hub: with the store's settings.
        store: what tests hold of the store.
    """

    make_parts = staticmethod(make_parts)

    def __init__(self, hub: Hub, store: ShopifyControl) -> None:
        self.hub = hub
        self.store = store
        self.staged: dict[str, Part] = {}

    # What goes in.

    def stage(self, *parts: Part) -> list[str]:
        """Stage parts as a search would, replacing earlier rows of the same SKUs; returns the SKUs."""
        records = [self._record(part) for part in parts]
        names = sorted({name for record in records for name in record})
        values = ", ".join(f"r.{name}" for name in names)
        sets = ", ".join(f"{name} = excluded.{name}" for name in names if name not in {"sku", "status"})

        def step(work: Any) -> None:
            work.do(
                f"INSERT INTO hub.product_staging AS s ({', '.join(names)}, fetched_at) SELECT {values}, now()"  # noqa: S608
                " FROM jsonb_populate_recordset(NULL::hub.product_staging, %s) r"
                f" ON CONFLICT (sku) DO UPDATE SET {sets}, fetched_at = now(), updated_at = now(), status = CASE"
                " WHEN s.status = 'published' AND excluded.status = 'fetched' THEN s.status ELSE excluded.status END",
                [Jsonb(records)],
            )
            work.do("DELETE FROM hub.stock_locations WHERE sku = ANY(%s)", [[part.sku for part in parts]])
            shelves = [(part.sku, place, pieces) for part in parts for place, pieces in part.stock.items()]
            work.do(
                "INSERT INTO hub.stock_locations SELECT * FROM unnest(%s::text[], %s::text[], %s::int[])",
                [[row[n] for row in shelves] for n in range(3)],
            )

        self.hub.database.run(step)
        self.staged |= {part.sku: part for part in parts}
        return [part.sku for part in parts]

    @staticmethod
    def _record(part: Part) -> dict[str, Any]:
        base = part.sku.partition("=")[0]
        row = {
            **_STAGED,
            "sku": part.sku,
            "search_key": re.sub(r"[^A-Z0-9]", "", part.sku.upper()),
            "title": base,
            "list_price": boeing_price(part.price),
            "inventory_quantity": sum(part.stock.values()),
            **part.columns,
        }
        return {name: str(value) if isinstance(value, Decimal) else value for name, value in row.items()}

    def publish(self, part_numbers: Sequence[str], **request: Any) -> Batch:
        """Accept a publishing of these part numbers."""
        wanted = PublishRequest(part_numbers=list(part_numbers), owner="test", **request)
        return self.hub.intake.publish(wanted).batch

    def undo(self, batch: Batch) -> Batch:
        """Accept the undoing of a batch."""
        rows = self.rows("SELECT sku FROM hub.publish_changes WHERE batch_id = %s ORDER BY sku", batch.id)
        return self.publish([row["sku"] for row in rows], undo_of=batch.id)

    # What is done.

    def work(self, seconds: float = 3.0) -> int:
        """Work until nothing is due, or for so long."""
        return self.hub.shop.publishing.work(TimeSlice(Event(), seconds))

    def to_the_end(self, *wanted: Batch, seconds: float = 60.0) -> Any:
        """Work until these batches have ended; returns them as they are then (one alone if one was given)."""
        deadline = Deadline(seconds)
        while True:
            self.work(0.5)
            now = [self.batch(each.id) for each in wanted]
            if all(each.outcome is not None for each in now):
                return now[0] if len(now) == 1 else now
            assert not deadline.passed, [now, self.rows("SELECT * FROM hub.pacing")]
            self.hub.recovery.sweep()
            for query in _WAITS:  # nobody waits here for a wait to be over
                self.do(query)
            Event().wait(0.02)

    def run(self, part_numbers: Sequence[str], **request: Any) -> Batch:
        """Publish these part numbers, to the end."""
        return self.to_the_end(self.publish(part_numbers, **request))

    def the_wait_is_over(self) -> None:
        """Let every pause of the line to the store, every wait of a part and of an orphan be over, as time would."""
        for query in (
            *_WAITS,
            "UPDATE hub.bulk_runs SET not_before = now() WHERE not_before > now()",
            "UPDATE hub.store_snapshots SET not_before = now() WHERE not_before > now()",
            "UPDATE hub.store_jobs SET not_before = now() WHERE not_before > now()",
            "UPDATE hub.access_tokens SET failed_until = now() WHERE failed_until > now()",
        ):
            self.do(query)

    # What is seen.

    def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        """Rows of the hub's database."""
        return self.hub.database.run(lambda work: work.rows(query, list(values)))

    def do(self, query: str, *values: Any) -> int:
        """Change rows of the hub's database."""
        return self.hub.database.run(lambda work: work.do(query, list(values)))

    def batch(self, batch_id: UUID) -> Batch:
        found = self.hub.database.run(lambda work: batches.get(work, batch_id))
        assert found is not None
        return found

    def items(self, batch: Batch) -> dict[str, Item]:
        """The items of a batch by part number."""
        found = self.hub.database.run(lambda work: items.page(work, batch.id, limit=5000))
        return {item.part_number: item for item in found}

    def item(self, batch: Batch, part_number: str) -> Item:
        return self.items(batch)[part_number]

    def row(self, sku: str) -> dict[str, Any] | None:
        """What the hub knows of a SKU in the store."""
        return next(iter(self.rows("SELECT * FROM hub.products WHERE sku = %s", sku)), None)

    def product(self, sku: str) -> dict[str, Any]:
        """What the store has under a SKU."""
        found = self.store.product(sku)
        assert found is not None, f"the store has no {sku}"
        found["media"] = [each["source"] for each in found["media"]]  # how far the store is with it is its own matter
        return found

    def calls(self) -> dict[str, int]:
        """Requests the store has seen so far, by name."""
        return self.store.stats()["requests"]

    def calls_during(self, act: Callable[[], object], *, looks: bool = False) -> dict[str, int]:
        """The requests an act makes, those asked about the store itself left out; and, unless `looks`, the one by which
        a hundred known products are looked at.
        """
        before = self.calls()
        act()
        about = {"shop", "locations", "publications", "metafieldDefinitions", "metafieldDefinitionCreate"}
        about |= set() if looks else {"products"}
        after = self.calls()
        return {
            name: count - before.get(name, 0)
            for name, count in after.items()
            if count > before.get(name, 0) and name not in about
        }

    def since(self, seq: int, **wanted: Any) -> list[dict[str, Any]]:
        """Effects in the store's ledger after a sequence number."""
        return [entry for entry in self.store.ledger(**wanted) if entry["seq"] > seq]

    def seq(self) -> int:
        """The sequence number of the store's latest effect."""
        return max((entry["seq"] for entry in self.store.ledger()), default=0)

    def sold(self) -> dict[str, int]:
        """The pieces that the hub counted as sold, by SKU."""
        rows = self.rows("SELECT sku, sum(pieces)::int AS pieces FROM hub.sold_pieces GROUP BY sku")
        return {row["sku"]: row["pieces"] for row in rows}

    # What is judged.

    def judge(
        self,
        *done: Batch,
        sold: Mapping[tuple[str, str], int] | None = None,
        absent: Sequence[str] = (),
        only: Sequence[str] | None = None,
    ) -> None:
        """The store, the rows and the batches agree, and everything staged is sold as it was staged.

        Args:
            done: batches, all of them at their end.
            sold: pieces sold by (SKU, store location), to be missing from the stock.
            absent: staged SKUs that must not be in the store.
            only: judge these SKUs' prices and stock; all that were staged without it.
        """
        store = self.store.store()
        assert (store["duplicateSkus"], store["duplicateCustomIds"]) == ({}, {})
        ours = [each for each in self.store.products() if each["customIds"]]
        by_sku = {each["sku"]: each for each in ours}
        assert len(by_sku) == len(ours)
        known = {
            row["product_id"]: row
            for row in self.rows("SELECT * FROM hub.products WHERE state IN ('live', 'archived')")
        }
        assert {each["id"] for each in ours} == set(known), "rows and products differ"
        assert self.rows("SELECT sku FROM hub.products WHERE intent IS NOT NULL") == []
        assert self.rows("SELECT sku FROM hub.orphans WHERE state = 'due' AND not_before <= now()") == []
        assert self.rows("SELECT owner FROM hub.leases") == []
        for entry in self.store.ledger():
            for name in ("priceSent", "costSent"):
                sent = entry.get(name)
                assert sent is None or _AMOUNT.fullmatch(sent), (name, entry)
        for sku in only if only is not None else self.staged:
            if sku in absent:
                assert sku not in by_sku, f"{sku} must not be in the store"
                continue
            assert sku in by_sku, f"{sku} is not in the store"
            self._judge_product(by_sku[sku], self.staged[sku], known[by_sku[sku]["id"]], sold or {})
        for batch in done:
            self._judge_batch(batch)

    @staticmethod
    def _judge_product(
        there: Mapping[str, Any], part: Part, row: Mapping[str, Any], sold: Mapping[tuple[str, str], int]
    ) -> None:
        sku = part.sku
        wanted = {place: pieces - sold.get((sku, place), 0) for place, pieces in part.expected_stock.items()}
        assert there["prices"] == [str(part.price)], sku
        assert there["quantities"] == wanted, sku
        assert there["customIds"] == {"boeing_data_hub.part_key": sku}
        assert (there["variants"], there["status"], there["vendor"]) == (1, "ACTIVE", "BDI"), sku
        assert "Online Store" in there["publications"], sku
        assert len(there["images"]) >= 1, sku
        assert there["images"][0], sku
        assert "\x07" not in there["descriptionHtml"]
        assert "<script" not in there["descriptionHtml"]
        assert (row["state"], str(row["price"]), row["on_channel"]) == ("live", part.price, True), sku
        assert row["form"]["stock"] == part.expected_stock, sku

    def _judge_batch(self, batch: Batch) -> None:
        now = self.batch(batch.id)
        states = [item.state.value for item in self.items(batch).values()]
        assert now.outcome is not None, "the batch has no end"
        counted = {
            "published": now.published_count,
            "not_for_sale": now.not_for_sale_count,
            "failed": now.failed_count,
            "cancelled": now.cancelled_count,
        }
        assert set(states) <= set(counted), states
        assert counted == {name: states.count(name) for name in counted}
        assert len(states) == now.total_items == now.settled_count


@pytest.fixture
def store(running_store: ShopifyControl) -> ShopifyControl:
    """The sandbox store, empty, with its settings as they were at first."""
    running_store.settings(**running_store.opening)
    running_store.clear()
    return running_store


@pytest.fixture
def make_store_hub(make_hub: Callable[..., Hub], store: ShopifyControl, tmp_path: Path) -> Callable[..., Hub]:
    """Makes hubs that publish to the sandbox store, directly unless told otherwise; settings as keyword arguments."""

    def make(**settings: object) -> Hub:
        values: dict[str, object] = {
            **{name.lower(): value for name, value in environment(store.url).items()},
            "shopify_location_map": json.dumps(STORE_MAP),
            "hub_data_dir": tmp_path,
            "hub_bulk_publish_from": 100_000,
            "hub_publish_retry_seconds": 0.05,
            "hub_lease_seconds": 60,
            "hub_guards": False,  # parts of these tests move as no market does; guards have tests of their own
            **settings,
        }
        return make_hub(**values)

    return make


@pytest.fixture
def make_desk(make_store_hub: Callable[..., Hub], store: ShopifyControl) -> Callable[..., Desk]:
    return lambda **settings: Desk(make_store_hub(**settings), store)


@pytest.fixture
def desk(make_desk: Callable[..., Desk]) -> Desk:
    """A hub that publishes directly to an empty sandbox store."""
    return make_desk()
