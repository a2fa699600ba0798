"""A hub that runs as another user than the tables' owner does its work, and can alter nothing that it must not."""

from __future__ import annotations

import psycopg
import pytest
from tests.db.conftest import NEXT
from tests.db.test_closed import open_things

from boeing_data_hub.db import audit, schema
from boeing_data_hub.db.unit_of_work import Database
from boeing_data_hub.errors import Conflict, Unavailable
from boeing_data_hub.health import record_retention

pytestmark = pytest.mark.services


@pytest.fixture
def two(owned, make_role):
    """The addresses of an owner and of the user that runs the hub, after an upgrade."""
    owner = owned("bdh_owner")
    runner = owner.replace("bdh_owner:", f"{make_role('bdh_running')}:")
    schema.upgrade(owner, runner=runner)
    yield owner, runner
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute("DROP OWNED BY CURRENT_USER CASCADE")


@pytest.fixture
def running(two):
    database = Database(two[1], size=2, name="test")
    yield database
    database.close()


def rows(url, query):
    with psycopg.connect(url) as connection:
        return connection.execute(query).fetchall()


def refused(url, statement):
    with psycopg.connect(url) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement)


def test_it_may_work_on_every_table_and_change_none(two, running):
    names = [name for (name,) in rows(two[0], "SELECT tablename FROM pg_tables WHERE schemaname = 'hub'")]
    assert len(names) > 25
    for name in names:
        assert running.run(lambda work, name=name: work.value(f"SELECT count(*) >= 0 FROM hub.{name}")), name  # noqa: S608
        if name not in {"audit_log", "alembic_version"}:
            running.run(lambda work, name=name: work.do(f"DELETE FROM hub.{name} WHERE false"))  # noqa: S608
        for forbidden in (f"TRUNCATE hub.{name}", f"DROP TABLE hub.{name}", f"ALTER TABLE hub.{name} ADD x int"):
            refused(two[1], forbidden)
    refused(two[1], "CREATE TABLE hub.another ()")


def test_it_adds_to_the_audit_log_and_can_neither_change_nor_remove_an_entry(two, running):
    running.run(lambda work: audit.record(work, actor="key:1", action="key.create", target="x"))
    for statement in (
        "UPDATE hub.audit_log SET actor = 'somebody else'",
        "DELETE FROM hub.audit_log",
        "TRUNCATE hub.audit_log",
        "ALTER TABLE hub.audit_log DISABLE ROW LEVEL SECURITY",
        "DROP FUNCTION hub.remove_audit_log",
        "UPDATE hub.alembic_version SET version_num = '0001'",
    ):
        refused(two[1], statement)
    assert running.run(lambda work: record_retention.remove_audit(work, 0, None)).removed == 0
    assert running.run(lambda work: work.value("SELECT hub.remove_audit_log(0, 1000, -9)")) == 0
    assert [entry.actor for entry in running.run(lambda work: audit.page(work, limit=9))] == ["key:1"]


def test_it_removes_entries_whose_term_is_over(two, running):
    running.run(lambda work: audit.record_each(work, actor="a", action="b", targets=["old", "young"], details={}))
    with psycopg.connect(two[0]) as connection:
        connection.execute("UPDATE hub.audit_log SET at = now() - interval '31 days' WHERE target = 'old'")
    assert running.run(lambda work: record_retention.count_audit(work, 30)) == 1
    assert running.run(lambda work: record_retention.remove_audit(work, 30, None)).removed == 1
    assert [entry.target for entry in running.run(lambda work: audit.page(work, limit=9))] == ["young"]


def test_an_upgrade_can_be_repeated_and_grants_nobody_else_access(two, visitors, tools):
    before = tools.dump(two[0])
    schema.upgrade(two[0], runner=two[1])
    assert tools.dump(two[0]) == before
    assert open_things(two[0]) == []


def test_an_upgrade_without_a_second_user_keeps_the_running_users_rights(two, running):
    schema.upgrade(two[0])
    assert running.run(lambda work: work.value("SELECT count(*) FROM hub.pacing")) == 3


def test_he_himself_cannot_upgrade(two):
    with pytest.raises(Conflict, match="HUB_OWNER_DATABASE_URL"):
        schema.upgrade(two[1], versions=[schema.VERSIONS, NEXT])


def test_a_running_user_who_cannot_sign_in_stops_the_upgrade_before_it_begins(two):
    with pytest.raises(Unavailable):
        schema.upgrade(two[0], runner=two[1].replace(":pw@", ":wrong@"))


def test_the_same_user_for_both_is_the_owner(two):
    schema.upgrade(two[0], runner=two[0])
    assert rows(two[0], "SELECT count(*) FROM pg_policy WHERE polname = 'hub_running'")[0][0] > 25
