"""SQL that grants a second role exactly what the running hub needs: it can neither alter a table nor change an entry of
the audit log. An upgrade by the tables' owner ends with it when the hub runs as another role.
"""

from __future__ import annotations

from typing import Final

from psycopg import sql

_OPEN: Final = sql.SQL("""
DO $opening$
DECLARE
    runner text := {runner};
    it record;
BEGIN
    EXECUTE format('GRANT USAGE ON SCHEMA hub TO %I', runner);
    FOR it IN
        SELECT c.oid::regclass::text AS place, c.relkind = 'S' AS is_sequence, p.oid IS NOT NULL AS has_policy,
               CASE c.relname WHEN 'alembic_version' THEN 'SELECT' WHEN 'audit_log' THEN 'SELECT, INSERT'
                   ELSE 'SELECT, INSERT, UPDATE, DELETE' END AS rights
        FROM pg_class c LEFT JOIN pg_policy p ON p.polrelid = c.oid AND p.polname = 'hub_running'
        WHERE c.relnamespace = 'hub'::regnamespace AND c.relkind IN ('r', 'p', 'S')
    LOOP
        IF it.is_sequence THEN
            EXECUTE format('GRANT USAGE ON SEQUENCE %s TO %I', it.place, runner);
        ELSE
            EXECUTE format('REVOKE ALL ON TABLE %s FROM %I', it.place, runner);
            EXECUTE format('GRANT %s ON TABLE %s TO %I', it.rights, it.place, runner);
            IF it.has_policy THEN
                EXECUTE format('ALTER POLICY hub_running ON %s TO %I', it.place, runner);
            ELSE
                EXECUTE format('CREATE POLICY hub_running ON %s TO %I USING (true) WITH CHECK (true)', it.place,
                               runner);
            END IF;
        END IF;
    END LOOP;
    EXECUTE format('GRANT EXECUTE ON FUNCTION hub.remove_audit_log(bigint, bigint, int) TO %I', runner);
END $opening$
""")


def open_to(runner: str) -> str:
    """The statement for this role. It may be repeated."""
    return _OPEN.format(runner=sql.Literal(runner)).as_string(None)
