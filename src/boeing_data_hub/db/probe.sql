-- Run by probe.py; see db/statements.py for the form.

-- name: moment
SELECT clock_timestamp()

-- name: server
SELECT current_setting('server_version_num')::int AS version, current_user AS role,
pg_is_in_recovery() OR current_setting('default_transaction_read_only') = 'on' AS read_only,
r.rolsuper OR r.rolbypassrls AS bypasses,
CASE WHEN to_regnamespace('hub') IS NOT NULL THEN has_schema_privilege('hub', 'USAGE') END AS usable,
current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
   - coalesce(current_setting('reserved_connections', true), '0')::int AS connections,
(SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend') AS connected
FROM pg_roles r WHERE r.rolname = current_user

-- name: schema_open_to
SELECT DISTINCT CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END AS who
FROM pg_namespace n, aclexplode(n.nspacl) a WHERE n.nspname = 'hub'
   AND (a.grantee = 0 OR a.grantee::regrole::text = ANY(%s))

-- name: tables
SELECT c.relname AS name, c.relrowsecurity AS secured, c.relforcerowsecurity AS forced,
ARRAY(SELECT DISTINCT CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END
   FROM aclexplode(c.relacl) a
   WHERE a.grantee = 0 OR a.grantee::regrole::text = ANY(%s) ORDER BY 1) AS strangers,
has_table_privilege(c.oid, 'SELECT') AND (c.relname = 'alembic_version' OR has_table_privilege(c.oid, 'INSERT')
   AND (c.relname = 'audit_log' OR has_table_privilege(c.oid, 'UPDATE') AND has_table_privilege(c.oid, 'DELETE')))
   AND (NOT c.relforcerowsecurity OR %s OR EXISTS (SELECT FROM pg_policy p, unnest(p.polroles) o
     WHERE p.polrelid = c.oid AND (o = 0 OR pg_has_role(o, 'USAGE'))))
   AS writable
FROM pg_class c WHERE c.relnamespace = to_regnamespace('hub') AND c.relkind IN ('r', 'p')
ORDER BY c.relname

-- name: backend
-- The server process that answers, and its age in seconds.
SELECT pg_backend_pid() AS pid, extract(epoch FROM clock_timestamp() - backend_start)::float8 AS age
FROM pg_stat_activity WHERE pid = pg_backend_pid()
