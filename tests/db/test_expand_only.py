"""Every revision only adds, so that workers of the one before go on while it is made and after."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import psycopg
import pytest
from tests.db.conftest import NEXT

from boeing_data_hub.db import schema

pytestmark = pytest.mark.services

_COLUMNS = """
SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
       a.atthasdef OR a.attidentity <> '' OR a.attgenerated <> ''
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = 'hub'::regnamespace AND c.relkind IN ('r', 'p')
"""
# What a row may not be: checks, and references; NOT NULL is looked at with the columns.
_RULES = """
SELECT c.relname, k.conname, pg_get_constraintdef(k.oid) FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
WHERE c.relnamespace = 'hub'::regnamespace AND k.contype IN ('c', 'f', 'x', 't')
UNION ALL SELECT c.relname, t.tgname, pg_get_triggerdef(t.oid) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
WHERE c.relnamespace = 'hub'::regnamespace AND NOT t.tgisinternal
"""
# What is unique, whatever the order of the columns: what ON CONFLICT stands on.
_UNIQUE = """
SELECT c.relname,
       ARRAY(SELECT pg_get_indexdef(i.indexrelid, n, true) FROM generate_series(1, i.indnkeyatts) n ORDER BY 1),
       coalesce(pg_get_expr(i.indpred, i.indrelid), '')
FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid WHERE c.relnamespace = 'hub'::regnamespace AND i.indisunique
"""
_SEQUENCES = "SELECT relname FROM pg_class WHERE relnamespace = 'hub'::regnamespace AND relkind = 'S'"

# A check that lets more pass than the one before is written anew: (table, name, revision), and why it is no harm.
LOOSENED: dict[tuple[str, str, str], str] = {
    ("conflicts", "conflicts_kind_check", "0009"): "one more kind of conflict; the old ones still pass",
    ("conflicts", "conflicts_decision_check", "0009"): "one more decision; the old ones still pass",
    ("batch_items", "batch_items_state_check", "0014"): "one more state; the old ones still pass",
    ("batches", "batches_counts_add_up", "0014"): "one more count, which old code leaves at 0; its own still pass",
    ("store_jobs", "store_jobs_kind_check", "0024"): "three more kinds of jobs; the old ones still pass",
    ("batch_items", "open_failures_moved", "0030"): "a trigger that writes a table of its own and refuses no row",
    ("batch_items", "open_failures_begun", "0030"): "the same for new rows",
    ("notices", "notices_channel_check", "0032"): "channels of targets, too; the old two still pass",
    ("notices", "notices_kind_check", "0032"): "one more kind of notification; the old ones still pass",
}


class Shape:
    """What old code relies on."""

    def __init__(self, url: str) -> None:
        with psycopg.connect(url) as connection:
            self.columns: dict[tuple[str, str], Any] = {
                (table, name): (kind, required, filled)
                for table, name, kind, required, filled in connection.execute(_COLUMNS)
            }
            self.rules = {(table, name): text for table, name, text in connection.execute(_RULES)}
            self.unique = {(table, tuple(parts), only) for table, parts, only in connection.execute(_UNIQUE)}
            self.sequences = {name for (name,) in connection.execute(_SEQUENCES)}
        self.tables = {table for table, _ in self.columns}


def harm(old: Shape, new: Shape) -> list[str]:
    """What code written for the old shape would run into in the new one."""
    found = [f"table {table} is gone" for table in old.tables - new.tables]
    for (table, name), (kind, required, filled) in old.columns.items():
        now = new.columns.get((table, name))
        if now is None:
            found.append(f"column {table}.{name} is gone")
        elif now[0] != kind:
            found.append(f"column {table}.{name} was {kind} and is {now[0]}")
        elif (now[1] and not required) or (filled and not now[2]):
            found.append(f"column {table}.{name} must be given now")
    found += [
        f"column {table}.{name} is new and must be given"
        for (table, name), (_, required, filled) in new.columns.items()
        if table in old.tables and (table, name) not in old.columns and required and not filled
    ]
    found += [
        f"rule {name} of {table} is new or another: {text}"
        for (table, name), text in new.rules.items()
        if table in old.tables and old.rules.get((table, name)) != text
    ]
    found += [f"no longer unique: {one}" for one in old.unique - new.unique]
    found += [f"newly unique: {one}" for one in new.unique - old.unique if one[0] in old.tables]
    found += [f"sequence {name} is gone" for name in old.sequences - new.sequences]
    return found


def test_code_of_a_revision_runs_on_the_next_one(empty_url):
    shapes = {}
    for revision in schema.revisions():
        schema.upgrade(empty_url, to=revision)
        shapes[revision] = Shape(empty_url)
    for old, new in pairwise(shapes):
        told = [
            one
            for one in harm(shapes[old], shapes[new])
            if not any(one.startswith(f"rule {name} of {table} ") for table, name, at in LOOSENED if at == new)
        ]
        assert told == [], f"{new} harms code of {old}"


def test_the_revision_that_the_tests_make_up_only_adds_too(direct_url):
    before = Shape(direct_url)
    schema.upgrade(direct_url, versions=[schema.VERSIONS, NEXT])
    assert harm(before, Shape(direct_url)) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("DROP TABLE hub.search_drafts", "table search_drafts is gone"),
        ("ALTER TABLE hub.batches DROP COLUMN rate", "column batches.rate is gone"),
        ("ALTER TABLE hub.batches RENAME rate TO speed", "column batches.rate is gone"),
        ("ALTER TABLE hub.batch_items ALTER attempts TYPE text", "batch_items.attempts was smallint and is text"),
        ("ALTER TABLE hub.batches ALTER rate SET NOT NULL", "column batches.rate must be given now"),
        ("ALTER TABLE hub.batches ALTER status DROP DEFAULT", "column batches.status must be given now"),
        ("ALTER TABLE hub.batches ADD x int NOT NULL", "column batches.x is new and must be given"),
        ("ALTER TABLE hub.images ADD CHECK (sha256 <> '')", "rule images_sha256_check of images is new"),
        ("CREATE UNIQUE INDEX ON hub.batches (request_hash)", "newly unique: ('batches', ('request_hash',), '')"),
        ("ALTER TABLE hub.images DROP CONSTRAINT images_pkey", "no longer unique: ('images', ('source',), '')"),
        ("DROP SEQUENCE hub.call_groups", "sequence call_groups is gone"),
    ],
)
def test_what_old_code_would_run_into_is_told(direct_url, change, told):
    before = Shape(direct_url)
    with psycopg.connect(direct_url, autocommit=True) as connection:
        connection.execute(change)
    assert any(told in one for one in harm(before, Shape(direct_url)))
