"""How long the preview of a price list takes over 1,000,000 parts, and how much memory.

`python -m benchmarks.prices` starts an embedded Postgres and fills it: only the database, not the system around it.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
from collections.abc import Generator
from decimal import Decimal
from pathlib import Path
from time import process_time

import psycopg
from psycopg import sql

from boeing_data_hub.catalogue import price_comparison
from boeing_data_hub.catalogue.price_preview import PricePreview
from boeing_data_hub.catalogue.price_rules import PriceRule
from boeing_data_hub.catalogue.pricing import GUIDE_RULES, PriceRules
from boeing_data_hub.cli import output
from boeing_data_hub.clock import monotonic
from boeing_data_hub.db import schema
from boeing_data_hub.db.unit_of_work import Database
from boeing_data_hub_sandbox.services.postgres import start_postgres

_SHOP = "gid://shopify/Shop/1"
_FILL = """
INSERT INTO hub.product_staging (sku, search_key, title, vendor, list_price, net_price, currency, inventory_quantity,
  supplier_name, base_uom, hazmat_code, weight, weight_unit, condition, cert, pma, estimated_lead_time_days, status,
  raw_id, fetched_at)
SELECT p || '=K3', p || 'K3', p, 'BDI', n % 900 + 1, n % 900 * 0.9 + 1, 'USD', n % 300,
  (ARRAY['Boeing', 'Monogram', 'Moog'])[n % 3 + 1], 'EA', CASE n % 50 WHEN 1 THEN 'ZND' END, n % 7 + 0.5, 'LB',
  'NE', 'FAA 8130-3', false, 3, 'fetched', 1, now()
FROM (SELECT n, (ARRAY['AN', 'MS', 'NAS', 'BACB'])[n % 4 + 1] || lpad((n::bigint * 7919 % 10000019)::text, 8, '0') AS p
      FROM generate_series(1, %s::int) n) x;
INSERT INTO hub.stock_locations (sku, location, quantity) SELECT sku, 'Dallas Central', inventory_quantity
FROM hub.product_staging;
INSERT INTO hub.products (shop, sku, custom_id, search_key, handle, title, price, state, product_id, form, listing_hash,
  stock_hash, published_at)
SELECT 'gid://shopify/Shop/1', sku, sku, search_key, lower(title), title, round(list_price * 1.1, 2), 'live',
  'x', '{}', 'x', 'x', now() FROM hub.product_staging WHERE inventory_quantity %% 4 = 0;
"""
_FEW = (
    PriceRule(name="hardware", prefixes=("AN", "MS"), markup=Decimal("1.3"), rounding=".99"),
    PriceRule(name="dear", cost_from=Decimal(500), margin=Decimal(8), minimum_margin=Decimal(5)),
)
_MANY = tuple(
    PriceRule(
        name=f"band {band}",
        cost_from=Decimal(band * 90),
        cost_below=Decimal((band + 1) * 90),
        suppliers=frozenset({"MOOG"}),
        markup=Decimal("1.2") + Decimal(band) / 100,
        rounding=".95",
    )
    for band in range(10)
)
_EVERYTHING = (
    PriceRule(
        name="all",
        locations=frozenset({"DALLAS CENTRAL"}),
        weight_below=Decimal(2),
        hazardous=False,
        units=frozenset({"EA"}),
        stock_from=10,
        markup=Decimal("1.2"),
    ),
    *_FEW,
)


def _exhausted(computing: Generator[int, None, PricePreview]) -> PricePreview:
    while True:
        try:
            next(computing)
        except StopIteration as end:
            return end.value


def main() -> None:
    """Fill the database, and preview lists of few rules, of many, and with every condition."""
    parser = argparse.ArgumentParser(prog="benchmarks.prices", description=__doc__)
    parser.add_argument("--parts", type=int, default=1_000_000)
    parts: int = parser.parse_args().parts
    with tempfile.TemporaryDirectory(prefix="bdh-bench-") as name, start_postgres(Path(name), fast=True) as server:
        schema.upgrade(server.url)
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute(sql.SQL(_FILL.replace("%s", str(parts)).replace("%%", "%")))  # pyright: ignore[reportArgumentType]
            connection.execute("VACUUM ANALYZE")
        database = Database(server.url, size=2, name="bench")
        rows: list[tuple[str, str]] = []
        for what, rules in (("2 rules", _FEW), ("10 rules", _MANY), ("3 rules, every condition", _EVERYTHING)):
            began, used = monotonic(), process_time()
            wanted = PriceRules(version=1, listed=rules)
            found = _exhausted(price_comparison.preview(database, wanted, GUIDE_RULES, shop=_SHOP))
            seconds = monotonic() - began
            pace = f"{found.parts:,} parts in {seconds:.1f} s, {process_time() - used:.1f} s of them computing"
            rows.append((what, f"{pace}. {found.sentence}"))
            output.note(": ".join(rows[-1]))
        began = monotonic()
        differing = sum(1 for _ in price_comparison.to_publish(database, PriceRules(listed=_FEW), shop=_SHOP))
        rows.append(("to publish", f"{differing:,} parts in {monotonic() - began:.1f} s"))
        rows.append(("memory, peak", f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB"))
        database.close()
    output.table("Measured", ["what", "figure"], rows)


if __name__ == "__main__":
    main()
