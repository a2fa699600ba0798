"""One choice of sync among a million rows, in a real Postgres.

`python -m benchmarks.sync_choice` starts an embedded Postgres, fills the table and prints how long a claim takes: only
printed, for it depends on the machine.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path

from boeing_data_hub.db import schema
from boeing_data_hub.db.unit_of_work import Database, Work
from boeing_data_hub.sync import rows
from boeing_data_hub.sync.choice import choose, class_of
from boeing_data_hub_sandbox.services.postgres import start_postgres

_PER_CALL = 10


def fill(work: Work, size: int) -> int:
    """Parts of every class that lognormal weights and rates have; how many classes."""
    chance = random.Random(1)  # noqa: S311 - a simulation
    classes = [class_of(chance.lognormvariate(0.0, 1.5), chance.lognormvariate(-3.0, 1.5)) for _ in range(size)]
    work.do(
        "INSERT INTO hub.sync_parts (sku, part_class, weight, asked_at, learned_at)"
        " SELECT 'P' || n, class, 1, now() - n * interval '1 second', now()"
        " FROM unnest(%b::int[]) WITH ORDINALITY AS c(class, n)",
        [classes],
    )
    return len(set(classes))


def main(argv: list[str] | None = None) -> int:
    """Measure."""
    parser = argparse.ArgumentParser(prog="benchmarks.sync_choice", description=__doc__)
    parser.add_argument("--parts", type=int, default=1_000_000)
    chosen = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)  # as root, Postgres runs as a user of its own
        measure(Path(folder) / "postgres", chosen.parts)
    return 0


def measure(folder: Path, size: int) -> None:
    """Fill the table, choose, print."""
    with start_postgres(folder, fast=True) as server:
        schema.upgrade(server.url)
        database = Database(server.url, size=1, name="bench")
        classes = database.run(lambda work: fill(work, size), patience=60)
        database.run(lambda work: work.do("ANALYZE hub.sync_parts"))

        def claim(work: Work) -> list[str]:
            return choose(
                rows.heads(work), lambda wanted: rows.oldest_of(work, wanted, each=_PER_CALL), count=_PER_CALL
            )

        taken: list[float] = []
        for _ in range(50):
            began = time.monotonic()
            found = database.run(claim)
            taken.append(time.monotonic() - began)
            assert len(found) == _PER_CALL
        database.close()
    sys.stdout.write(f"{size:,} rows in {classes} classes: {statistics.median(taken) * 1000:.1f} ms a choice\n")


if __name__ == "__main__":
    sys.exit(main())
