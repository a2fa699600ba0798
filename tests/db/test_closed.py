"""Nobody but the owner reaches anything in the schema: not by what Supabase grants, not by what somebody granted before
or since, and not in a table that its revision forgot to close.
"""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest
from tests.db.conftest import NEXT, VISITORS

from boeing_data_hub.db import schema
from boeing_data_hub.errors import Conflict

pytestmark = pytest.mark.services

_ALL = "anon, authenticated, service_role"
_KINDS = ("TABLES", "SEQUENCES", "FUNCTIONS")
# What may stand in the database before the first upgrade.
BEFORE: dict[str, list[str]] = {
    "nothing": [],
    "what Supabase sets": [
        f"GRANT USAGE ON SCHEMA public TO {_ALL}",
        *(f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON {kind} TO {_ALL}" for kind in _KINDS),
    ],
    "the same for every schema": [
        *(f"ALTER DEFAULT PRIVILEGES GRANT ALL ON {kind} TO {_ALL}, PUBLIC" for kind in (*_KINDS, "SCHEMAS")),
    ],
    "a schema made to be exposed": [
        "CREATE SCHEMA hub",
        f"GRANT ALL ON SCHEMA hub TO {_ALL}, PUBLIC",
        *(f"ALTER DEFAULT PRIVILEGES IN SCHEMA hub GRANT ALL ON {kind} TO {_ALL}, PUBLIC" for kind in _KINDS),
    ],
}
# Supabase's own recipe for a schema that its API is to show.
EXPOSE = [
    f"GRANT USAGE ON SCHEMA hub TO {_ALL}",
    f"GRANT ALL ON ALL TABLES IN SCHEMA hub TO {_ALL}",
    f"GRANT ALL ON ALL ROUTINES IN SCHEMA hub TO {_ALL}",
    f"GRANT ALL ON ALL SEQUENCES IN SCHEMA hub TO {_ALL}",
    f"GRANT SELECT (name), UPDATE (name) ON hub.api_keys TO {_ALL}, PUBLIC",
    *(f"ALTER DEFAULT PRIVILEGES FOR ROLE CURRENT_USER IN SCHEMA hub GRANT ALL ON {kind} TO {_ALL}" for kind in _KINDS),
]

# Everything in the schema, whatever it is, and who may do anything with it, by whatever way it came to that.
_OPEN = """
WITH visitors AS (SELECT unnest(%s::text[]) AS visitor)
SELECT visitor, 'schema' AS what FROM visitors WHERE has_schema_privilege(visitor, 'hub', 'USAGE, CREATE')
UNION ALL SELECT visitor, oid::regclass::text FROM visitors, pg_class
WHERE relnamespace = 'hub'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f')
  AND (has_table_privilege(visitor, oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')
    OR has_any_column_privilege(visitor, oid, 'SELECT, INSERT, UPDATE, REFERENCES'))
UNION ALL SELECT visitor, oid::regclass::text FROM visitors, pg_class
WHERE relnamespace = 'hub'::regnamespace AND relkind = 'S'
  AND has_sequence_privilege(visitor, oid, 'USAGE, SELECT, UPDATE')
UNION ALL SELECT visitor, oid::regprocedure::text FROM visitors, pg_proc
WHERE pronamespace = 'hub'::regnamespace AND has_function_privilege(visitor, oid, 'EXECUTE')
UNION ALL SELECT coalesce(r.rolname, 'PUBLIC'), 'default privileges' FROM pg_default_acl d
CROSS JOIN aclexplode(d.defaclacl) a LEFT JOIN pg_roles r ON r.oid = a.grantee
WHERE d.defaclnamespace = 'hub'::regnamespace AND (a.grantee = 0 OR r.rolname = ANY(%s))
"""
_TABLES = """
SELECT 'hub.' || relname AS name, relrowsecurity AND relforcerowsecurity AS closed, ARRAY(
    SELECT polname || ' ' || (SELECT string_agg(pg_get_userbyid(role), ',') FROM unnest(polroles) role)
    FROM pg_policy WHERE polrelid = c.oid) AS policies, pg_get_userbyid(relowner) AS owner
FROM pg_class c WHERE relnamespace = 'hub'::regnamespace AND relkind IN ('r', 'p') ORDER BY 1
"""


def open_things(url: str) -> list[tuple[str, str]]:
    with psycopg.connect(url) as connection:
        return connection.execute(_OPEN, [list(VISITORS), list(VISITORS)]).fetchall()


def tables(url: str) -> list[str]:
    """All tables, each with row level security on and forced, and one policy, for its owner."""
    with psycopg.connect(url) as connection:
        found = connection.execute(_TABLES).fetchall()
    for name, closed, policies, owner in found:
        assert closed, f"{name}: row level security is not on and forced"
        assert policies == [f"hub_only {owner}"], name
    return [row[0] for row in found]


def do(url: str, *statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


def refused_everything(url: str, as_visitor: Callable[..., psycopg.Connection]) -> None:
    """Each visitor tries each thing."""
    names = tables(url)
    assert len(names) > 25
    assert "hub.alembic_version" in names
    with psycopg.connect(url) as connection:
        sequences = [
            row[0]
            for row in connection.execute(
                "SELECT 'hub.' || relname FROM pg_class WHERE relnamespace = 'hub'::regnamespace AND relkind = 'S'"
            )
        ]
    tried = [
        "CREATE TABLE hub.x ()",
        *(
            form.format(name)
            for name in names
            for form in ("TABLE {}", "INSERT INTO {} DEFAULT VALUES", "DELETE FROM {}", "TRUNCATE {}")
        ),
        *(f"SELECT nextval('{name}')" for name in sequences),
    ]
    for role in VISITORS:
        visitor = as_visitor(url, role)
        for statement in tried:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                visitor.execute(statement)


@pytest.mark.parametrize("before", BEFORE)
def test_whatever_was_granted_before_nothing_is_open_after_an_upgrade(empty_url, visitors, as_visitor, before):
    do(empty_url, *BEFORE[before])
    schema.upgrade(empty_url)
    assert open_things(empty_url) == []
    refused_everything(empty_url, as_visitor)


def test_later_grants_show_no_row_and_are_revoked_by_the_next_upgrade(direct_url, visitors, as_visitor):
    do(direct_url, *EXPOSE)
    for role in ("anon", "authenticated"):
        visitor = as_visitor(direct_url, role)
        assert visitor.execute("SELECT count(*) FROM hub.pacing").fetchone() == (0,)
        assert visitor.execute("DELETE FROM hub.pacing").rowcount == 0
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
            visitor.execute("INSERT INTO hub.pacing (line) VALUES ('x')")
    assert as_visitor(direct_url, "service_role").execute("SELECT count(*) FROM hub.pacing").fetchone() == (3,)
    assert len(open_things(direct_url)) > 75
    schema.upgrade(direct_url)
    assert open_things(direct_url) == []
    refused_everything(direct_url, as_visitor)


def test_a_table_that_a_revision_forgets_to_close_is_closed_anyway(empty_url, visitors, as_visitor):
    do(empty_url, *BEFORE["the same for every schema"])
    schema.upgrade(empty_url, versions=[schema.VERSIONS, NEXT])
    assert "hub.next_things" in tables(empty_url)
    assert open_things(empty_url) == []
    refused_everything(empty_url, as_visitor)
    for role in VISITORS:
        for statement in ("SELECT * FROM hub.next_view", "SELECT hub.next_function()"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                as_visitor(empty_url, role).execute(statement)


def test_a_readers_grant_survives_an_upgrade_and_shows_no_row_without_a_policy(direct_url, make_role):
    reader = make_role("bdh_reader")
    do(direct_url, f"GRANT USAGE ON SCHEMA hub TO {reader}", f"GRANT SELECT ON hub.pacing TO {reader}")
    schema.upgrade(direct_url)
    with psycopg.connect(direct_url, autocommit=True) as connection:
        connection.execute(f"SET ROLE {reader}")
        assert connection.execute("SELECT count(*) FROM hub.pacing").fetchone() == (0,)
    do(direct_url, f"REVOKE ALL ON hub.pacing FROM {reader}", f"REVOKE ALL ON SCHEMA hub FROM {reader}")


def test_tables_made_in_the_editor_are_its_users_alone(owned, make_role, tools, visitors, as_visitor):
    url = owned("bdh_editor")
    do(url, *BEFORE["the same for every schema"])
    assert tools.psql(url, schema.as_sql()).stderr == ""
    assert open_things(url) == []
    refused_everything(url, as_visitor)
    other = url.replace("bdh_editor:", f"{make_role('bdh_other')}:")
    with pytest.raises(Conflict, match="Run the upgrade as the user that owns the tables"):
        schema.upgrade(other, versions=[schema.VERSIONS, NEXT])
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        do(other, "SELECT * FROM hub.batches")


def test_tables_given_to_another_user_are_his_alone_after_an_upgrade(owned, make_role, postgres):
    url = owned("bdh_first")
    schema.upgrade(url)
    second = make_role("bdh_second")
    database = url.rsplit("/", 1)[1]
    do(
        f"{postgres.url.rsplit('/', 1)[0]}/{database}",
        # REASSIGN takes the objects in any order; here the schema comes after its tables.
        "ALTER SCHEMA hub OWNER TO CURRENT_USER",
        "ALTER SCHEMA hub OWNER TO bdh_first",
        f"GRANT USAGE, CREATE ON SCHEMA hub TO {second}",
        f"REASSIGN OWNED BY bdh_first TO {second}",
    )
    new = url.replace("bdh_first:", f"{second}:")
    with psycopg.connect(new) as connection:
        assert connection.execute("SELECT count(*) FROM hub.pacing").fetchone() == (0,)  # the policy is another's
    schema.upgrade(new)
    tables(new)
    with psycopg.connect(new) as connection:
        assert connection.execute("SELECT count(*) FROM hub.pacing").fetchone() == (3,)
