"""What the hub's tables hold, to compare before and after."""

from __future__ import annotations

from collections.abc import Mapping

from boeing_data_hub.app import Hub
from boeing_data_hub.db.unit_of_work import Work

_TABLES = (
    "SELECT tablename FROM pg_tables WHERE schemaname = 'hub' AND tablename NOT IN ('workers', 'pacing') ORDER BY 1"
)
_NOTED = ["last_used_at", "last_seen_at"]  # when a key or a session was last used


def contents(hub: Hub) -> Mapping[str, str]:
    """All rows of all tables, each table as one hash. Heartbeats, paces and last uses do not count."""

    def hashed(work: Work, table: str) -> str:
        each = f"SELECT (to_jsonb(t) - %s::text[])::text AS one FROM hub.{table} t"  # noqa: S608 - a name from the catalog
        return work.value(f"SELECT md5(coalesce(string_agg(one, ',' ORDER BY one), '')) FROM ({each}) x", [_NOTED])  # noqa: S608

    def step(work: Work) -> Mapping[str, str]:
        return {row["tablename"]: hashed(work, row["tablename"]) for row in work.rows(_TABLES)}

    return hub.database.run(step)
