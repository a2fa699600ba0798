"""SQL that closes the schema to everyone but its owner. Every upgrade starts and ends with it, so that neither new
tables nor grants made meanwhile leave it open. If everything is closed already, it changes and locks nothing.
"""

from __future__ import annotations

from typing import Final

# Supabase's API becomes one of these for every visitor. service_role passes row level security, so a grant is all it
# needs. Roles that an owner has made for readers of his own are left alone: without a policy they see no row.
CLOSE: Final = """
DO $closing$
DECLARE
    it record;
BEGIN
    -- The one policy names the owner: after a restore under another name the old one would hide every row from him.
    FOR it IN
        SELECT c.oid::regclass AS place, pg_get_userbyid(c.relowner) AS owner, c.relrowsecurity AS is_on,
               c.relforcerowsecurity AS is_forced, p.oid IS NOT NULL AS has_policy,
               p.polroles = ARRAY[c.relowner] AS is_owners
        FROM pg_class c LEFT JOIN pg_policy p ON p.polrelid = c.oid AND p.polname = 'hub_only'
        WHERE c.relnamespace = 'hub'::regnamespace AND c.relkind IN ('r', 'p')
    LOOP
        IF NOT it.is_on THEN
            EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', it.place);
        END IF;
        IF NOT it.is_forced THEN
            EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', it.place);
        END IF;
        IF NOT it.has_policy THEN
            EXECUTE format('CREATE POLICY hub_only ON %s TO %I USING (true) WITH CHECK (true)', it.place, it.owner);
        ELSIF NOT it.is_owners THEN
            EXECUTE format('ALTER POLICY hub_only ON %s TO %I', it.place, it.owner);
        END IF;
    END LOOP;

    -- Grants: those made by hand, those that default privileges gave, and Postgres' own to everybody (functions).
    FOR it IN
        SELECT DISTINCT o.kind, o.name, CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(r.rolname) END AS grantee
        FROM (
            SELECT 'SCHEMA' AS kind, 'hub' AS name, nspacl AS acl FROM pg_namespace WHERE nspname = 'hub'
            UNION ALL
            SELECT CASE relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, oid::regclass::text, relacl
            FROM pg_class WHERE relnamespace = 'hub'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
            UNION ALL
            SELECT 'TABLE', c.oid::regclass::text, t.attacl
            FROM pg_class c JOIN pg_attribute t ON t.attrelid = c.oid
            WHERE c.relnamespace = 'hub'::regnamespace AND t.attacl IS NOT NULL
            UNION ALL
            SELECT 'ROUTINE', oid::regprocedure::text, coalesce(proacl, acldefault('f', proowner))
            FROM pg_proc WHERE pronamespace = 'hub'::regnamespace
        ) o CROSS JOIN aclexplode(o.acl) a LEFT JOIN pg_roles r ON r.oid = a.grantee
        WHERE a.grantee = 0 OR r.rolname IN ('anon', 'authenticated', 'service_role')
    LOOP
        EXECUTE format('REVOKE ALL ON %s %s FROM %s', it.kind, it.name, it.grantee);
    END LOOP;

    -- What would open the next table: privileges set for the future in this very schema.
    FOR it IN
        SELECT DISTINCT pg_get_userbyid(d.defaclrole) AS owner,
               CASE d.defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'T' THEN 'TYPES'
                   ELSE 'FUNCTIONS' END AS kind,
               CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(r.rolname) END AS grantee
        FROM pg_default_acl d CROSS JOIN aclexplode(d.defaclacl) a LEFT JOIN pg_roles r ON r.oid = a.grantee
        WHERE d.defaclnamespace = 'hub'::regnamespace AND pg_has_role(d.defaclrole, 'USAGE')
          AND (a.grantee = 0 OR r.rolname IN ('anon', 'authenticated', 'service_role'))
    LOOP
        EXECUTE format('ALTER DEFAULT PRIVILEGES FOR ROLE %I IN SCHEMA hub REVOKE ALL ON %s FROM %s', it.owner, it.kind,
                       it.grantee);
    END LOOP;
END $closing$
"""
