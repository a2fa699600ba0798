"""Whatever is set wrong, the doctor names it, with what to do. Each case breaks one thing of a hub that is well."""

from __future__ import annotations

import base64
import json
import socket
import threading
from contextlib import suppress
from urllib.parse import quote, urlsplit

import psycopg
import pytest
import redis as redis_client
from tests.support.company_network import Authority

from boeing_data_hub.clock import now

pytestmark = pytest.mark.services


def at_port(url: str, port: int) -> str:
    parts = urlsplit(url)
    return url.replace(f":{parts.port}", f":{port}")


def with_password(url: str, password: str) -> str:
    return url.replace(f":{urlsplit(url).password}@", f":{password}@")


def jwt(**claims: object) -> str:
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"eyJhbGciOiJIUzI1NiJ9.{body}.sig-canary"


def untrusted_store(patient):
    """A store whose certificate comes from an authority that nobody here knows."""
    context = Authority(patient.folder).context("localhost")
    listening = socket.create_server(("127.0.0.1", 0))

    def accept():
        with suppress(OSError):
            while True:
                taken, _ = listening.accept()
                with suppress(OSError):
                    context.wrap_socket(taken, server_side=True).close()

    threading.Thread(target=accept, daemon=True).start()
    patient.undo += [listening.close, lambda: listening.shutdown(socket.SHUT_RDWR)]  # the last is done first
    patient.environment["SHOPIFY_STORE_DOMAIN"] = f"https://localhost:{listening.getsockname()[1]}"


def set_to(name: str, value: str):
    """Sets one setting wrong."""

    def act(patient):
        patient.environment[name] = value

    return act


def unset(name: str):
    return set_to(name, "")


def changed(name: str, change):
    """Changes what a setting is."""

    def act(patient):
        patient.environment[name] = change(patient.environment[name])

    return act


def at_silent_port(name: str):
    def act(patient):
        patient.environment[name] = at_port(patient.environment[name], patient.silent)

    return act


def store_has(**settings):
    return lambda patient: patient.shopify.settings(**settings)


def with_app(**changes):
    """A client id and secret in place of the lasting token; and what is wrong with them."""
    app = {
        "SHOPIFY_CLIENT_ID": "sandbox-client-id",
        "SHOPIFY_CLIENT_SECRET": "sandbox-client-secret",
        "SHOPIFY_ADMIN_API_TOKEN": "",
    }
    return lambda patient: patient.environment.update({**app, **changes})


def boeing_has(kind, **options):
    return lambda patient: patient.boeing.fault(kind, **options)


def redis_has(**settings: str):
    """A running Redis is set up otherwise, and set right again in the end."""

    def act(patient):
        client = redis_client.Redis.from_url(patient.redis_url)
        for name, value in settings.items():
            before = client.config_get(name.replace("_", "-"))[name.replace("_", "-")]
            client.config_set(name.replace("_", "-"), value)
            patient.undo.append(lambda name=name, before=before: client.config_set(name.replace("_", "-"), before))

    return act


def a_full_broker(patient):
    used = redis_client.Redis.from_url(patient.redis_url).info("memory")["used_memory"]
    redis_has(maxmemory=str(int(used * 1.1)))(patient)


def alone(act):
    """It changes the database."""
    act.alone = True
    return act


def sql(*statements: str):
    return alone(lambda patient: patient.sql(*statements))


def bucket(**settings):
    return lambda patient: patient.storage.make("product-images", **settings)


def no_bucket(patient):
    patient.storage.buckets.clear()


def a_file_in_its_place(patient):
    (patient.folder / "file").write_text("")
    patient.environment["HUB_DATA_DIR"] = str(patient.folder / "file" / "data")


def forget(patient, role: str) -> None:
    patient.sql(
        f"REVOKE ALL ON ALL TABLES IN SCHEMA hub FROM {role}",
        f"REVOKE ALL ON SCHEMA hub FROM {role}",
        f"DROP ROLE {role}",
    )


def a_stranger_may(*grants: str):
    """Roles of others exist, as at Supabase, and were granted something."""

    def act(patient):
        with psycopg.connect(patient.database_url, autocommit=True) as connection:
            connection.execute("DO $$ BEGIN CREATE ROLE anon; EXCEPTION WHEN duplicate_object THEN NULL; END $$;")
            for grant in grants:
                connection.execute(grant)
            patient.undo.append(lambda: forget(patient, "anon"))

    return alone(act)


@alone
def a_role_that_owns_nothing(patient):
    patient.sql("CREATE ROLE bystander LOGIN PASSWORD 'pw'")
    patient.undo.append(lambda: forget(patient, "bystander"))
    parts = urlsplit(patient.database_url)
    patient.environment["DATABASE_URL"] = patient.database_url.replace(
        f"{parts.username}:{parts.password}@", "bystander:pw@"
    )


@alone
def a_role_that_no_policy_names(patient):
    a_role_that_owns_nothing(patient)
    patient.sql("GRANT USAGE ON SCHEMA hub TO bystander", "GRANT ALL ON ALL TABLES IN SCHEMA hub TO bystander")


@alone
def publishers_on_two_hosts(patient):
    patient.environment.update(SUPABASE_URL="", SUPABASE_SERVICE_ROLE_KEY="")
    patient.sql(
        "INSERT INTO hub.workers (id, queues, host, pid, version, seen_at) SELECT 'other', queues, 'two', pid, version,"
        " seen_at FROM hub.workers WHERE id = 'publishing'"
    )


CASES = {
    # Settings, as such.
    "a number that is none": (set_to("HUB_PORT", "eighty"), "setting_unusable", ["HUB_PORT"]),
    "a number out of bounds": (set_to("BOEING_BATCH_SIZE", "1000"), "setting_unusable", ["BOEING_BATCH_SIZE", "100"]),
    "a map that is no JSON": (set_to("SHOPIFY_LOCATION_MAP", "Dallas"), "setting_unusable", ["SHOPIFY_LOCATION_MAP"]),
    "a limit that is none": (
        set_to("BOEING_API_RATE_LIMIT", "20"), "setting_unusable", ["BOEING_API_RATE_LIMIT", "20/m"]
    ),
    "a database that is no address": (set_to("DATABASE_URL", "localhost"), "setting_unusable", ["DATABASE_URL"]),
    "a broker that is no address": (set_to("REDIS_URL", "localhost:6379"), "setting_unusable", ["REDIS_URL"]),
    "a version that is none": (set_to("SHOPIFY_API_VERSION", "2026-11"), "setting_unusable", ["SHOPIFY_API_VERSION"]),
    "a store that is no address": (set_to("SHOPIFY_STORE_DOMAIN", "a b"), "setting_unusable", ["SHOPIFY_STORE_DOMAIN"]),
    "a Boeing address without scheme": (
        set_to("BOEING_PNA_PRICE_URL", "boeing.example"), "setting_unusable", ["BOEING_PNA_PRICE_URL"]
    ),
    "a Boeing address with a password": (
        set_to("BOEING_PNA_OAUTH_URL", "https://u:canary@boeing.example/x"),
        "setting_unusable", ["BOEING_PNA_OAUTH_URL"],
    ),
    "a name without its dash": (set_to("SHOPIFY_LOCATIONMAP", "{}"), "setting_unknown", ["SHOPIFY_LOCATION_MAP"]),
    "a name of ours that is none": (set_to("BOEING_CLIENTID", "x"), "setting_unknown", ["BOEING_CLIENT_ID"]),
    "a letter too many": (set_to("DATABSE_URL", "x"), "setting_unknown", ["DATABASE_URL"]),
    "a secret in quotation marks": (
        set_to("BOEING_PASSWORD", '"canary-password"'), "setting_quoted", ["BOEING_PASSWORD", "without quotation marks"]
    ),
    "a secret of the example": (set_to("BOEING_CLIENT_SECRET", "..."), "setting_placeholder", ["BOEING_CLIENT_SECRET"]),
    # Contradictions and dangers.
    "more calls than anybody has": (
        lambda p: p.environment.update(BOEING_API_RATE_LIMIT="60/m", **real_boeing()), "boeing_limit_high", ["20"]
    ),
    "no limit at the real Boeing": (
        lambda p: p.environment.update(BOEING_API_RATE_LIMIT="unlimited", **real_boeing()), "boeing_limit_high", ["2/m"]
    ),
    "more parts in a call than proven": (
        lambda p: p.environment.update(BOEING_BATCH_SIZE="50", **real_boeing()), "boeing_batch_large", ["10"]
    ),
    "a price address that ends otherwise": (
        changed("BOEING_PNA_PRICE_URL", lambda url: url + "x"), "boeing_url_odd", ["BOEING_PNA_PRICE_URL", "--price"]
    ),
    "one of three addresses forgotten": (
        set_to("BOEING_PNA_PRICE_URL", "https://boeing.example/price-availability/v1/wtoken"),
        "boeing_urls_differ", ["BOEING_*_URL"],
    ),
    "a stand-in and a real store": (
        set_to("SHOPIFY_STORE_DOMAIN", "parts.myshopify.com"), "sandbox_mixed", ["BOEING_*_URL"]
    ),
    "credentials of Boeing in clear": (
        set_to("BOEING_OAUTH_TOKEN_URL", "http://boeing.example/oauth2/v2.0/token"), "setting_unusable",
        ["BOEING_OAUTH_TOKEN_URL", "https://", "HUB_PLAIN_HOSTS"],
    ),
    "the store's token in clear": (
        set_to("SHOPIFY_STORE_DOMAIN", "http://parts.example"), "setting_unusable",
        ["SHOPIFY_STORE_DOMAIN", "https://", "HUB_PLAIN_HOSTS"],
    ),
    "an API that listens for all": (set_to("HUB_HOST", "0.0.0.0"), "api_open", ["TLS", "127.0.0.1"]),  # noqa: S104 - it is what we look for
    "a public address in clear": (
        set_to("HUB_PUBLIC_URL", "http://hub.example.com"), "public_url_http", ["HUB_PUBLIC_URL"]
    ),
    "sweeps rarer than signs of life": (set_to("HUB_SWEEP_SECONDS", "30"), "worker_silent_soon", ["90"]),
    "leases of a moment": (set_to("HUB_LEASE_SECONDS", "3"), "lease_short", ["HUB_LEASE_SECONDS"]),
    "a markup in per cent": (set_to("PRICE_MARKUP", "10"), "markup_odd", ["1.10"]),
    "a markup that loses": (set_to("PRICE_MARKUP", "0.9"), "markup_odd", ["1.10"]),
    "no map of locations": (set_to("SHOPIFY_LOCATION_MAP", "{}"), "locations_unmapped", ["SHOPIFY_LOCATION_MAP"]),
    "a mapped location that never sells": (
        set_to("HUB_LOCATIONS_NOT_SOLD", "dallas central"), "location_never_sold", ["HUB_LOCATIONS_NOT_SOLD"]
    ),
    "a shelf code of four": (
        set_to("SHOPIFY_INVENTORY_LOCATION_CODES", '{"Dallas": "1D12"}'), "shelf_code_odd", ["three characters"]
    ),
    "no store": (unset("SHOPIFY_STORE_DOMAIN"), "store_unset", ["SHOPIFY_STORE_DOMAIN", "SHOPIFY_CLIENT_ID"]),
    # Postgres.
    "no database": (unset("DATABASE_URL"), "postgres_unset", ["DATABASE_URL", "bdh up"]),
    "a wrong password": (
        changed("DATABASE_URL", lambda url: with_password(url, "canary")), "postgres_password", ["password", "%40"]
    ),
    "a wrong user": (
        changed("DATABASE_URL", lambda url: url.replace("//hub:", "//nobody:")), "postgres_password", ["user"]
    ),
    "an unknown host": (
        changed("DATABASE_URL", lambda url: url.replace("127.0.0.1", "nohost.invalid")), "postgres_host", ["host"]
    ),
    "a wrong port": (
        changed("DATABASE_URL", lambda url: at_port(url, 1)), "postgres_unreachable", ["port", "firewall"]
    ),
    "a port behind a firewall": (at_silent_port("DATABASE_URL"), "postgres_unreachable", ["port", "firewall"]),
    "a wrong database": (
        changed("DATABASE_URL", lambda url: url + "x"), "postgres_database", ["DATABASE_URL", "createdb"]
    ),
    "encryption that is not there": (
        changed("DATABASE_URL", lambda url: url + "?sslmode=require"), "postgres_tls", ["sslmode"]
    ),
    "an option that is none": (
        changed("DATABASE_URL", lambda url: url + "?sslmod=require"), "postgres_address", ["DATABASE_URL"]
    ),
    "no tables": (
        sql("DROP TABLE hub.alembic_version"), "migrations_missing", ["bdh db upgrade"]
    ),
    "old tables": (
        sql("UPDATE hub.alembic_version SET version_num = '0002'"), "migrations_missing", ["bdh db upgrade"]
    ),
    "newer tables": (
        sql("UPDATE hub.alembic_version SET version_num = '9999'"), "migrations_ahead", ["Upgrade this host"]
    ),
    "row level security off": (
        sql("ALTER TABLE hub.batches DISABLE ROW LEVEL SECURITY"), "tables_unsecured", ["ENABLE ROW LEVEL SECURITY"]
    ),
    "row level security not forced": (
        sql("ALTER TABLE hub.batches NO FORCE ROW LEVEL SECURITY"), "tables_unsecured", ["FORCE ROW LEVEL SECURITY"]
    ),
    "a table open to everybody": (
        sql("GRANT SELECT ON hub.api_keys TO PUBLIC"), "tables_open", ["REVOKE"]
    ),
    "a table open to anon": (
        a_stranger_may("GRANT SELECT ON hub.api_keys TO anon"), "tables_open", ["REVOKE", "anon"]
    ),
    "a schema open to anon": (
        a_stranger_may("GRANT USAGE ON SCHEMA hub TO anon"), "tables_open", ["REVOKE"]
    ),
    "a role without rights": (a_role_that_owns_nothing, "schema_forbidden", ["GRANT USAGE", "bystander"]),
    "a role that sees no row": (a_role_that_no_policy_names, "tables_not_writable", ["row level security"]),
    "pools larger than the server": (set_to("HUB_DATABASE_POOL", "200"), "postgres_connections", ["HUB_DATABASE_POOL"]),
    "a key that is none": (set_to("HUB_API_KEY", "bdh_canary"), "cli_key_refused", ["bdh keys create", "HUB_API_KEY"]),
    "a key that was revoked": (
        sql("UPDATE hub.api_keys SET revoked_at = now()"), "cli_key_refused", ["bdh keys create"]
    ),
    "no key": (unset("HUB_API_KEY"), "cli_key_missing", ["bdh keys create", "HUB_API_KEY"]),
    # Workers and work.
    "no extraction worker": (
        sql("DELETE FROM hub.workers WHERE id = 'extraction'"), "worker_missing", ["bdh worker extraction"]
    ),
    "no publishing worker": (
        sql("DELETE FROM hub.workers WHERE id = 'publishing'"), "worker_missing", ["bdh worker publishing"]
    ),
    "no scheduler": (sql("DELETE FROM hub.workers WHERE id = 'sweep'"), "scheduler_missing", ["bdh beat"]),
    "a worker of an older version": (
        sql("UPDATE hub.workers SET version = '0.0.9' WHERE id = 'extraction'"), "versions_differ", ["upgrade"]
    ),
    "images in folders of two hosts": (publishers_on_two_hosts, "images_on_one_host", ["SUPABASE_URL"]),
    "a lease that nobody frees": (
        sql("INSERT INTO hub.leases (id, stage, owner, expires_at)"
            " VALUES (gen_random_uuid(), 'extraction', 'gone', now() - interval '10 minutes')"),
        "leases_expired", ["bdh beat"],
    ),
    "a batch that does not move": (
        sql("INSERT INTO hub.batches (id, batch_type, status, total_items, owner, request_hash, updated_at) VALUES"
            " ('00000000-0000-0000-0000-000000000001', 'search', 'processing', 1, 'x', 'x', now() - interval '1 hour')",
            "INSERT INTO hub.batch_items (batch_id, position, part_number)"
            " VALUES ('00000000-0000-0000-0000-000000000001', 1, 'A')",
            "UPDATE hub.pacing SET updated_at = now() - interval '1 hour'"),
        "batches_still", ["workers", "bdh batches show"],
    ),
    "an orphan that stays": (
        sql("INSERT INTO hub.current_store (shop) VALUES ('s')",
            "INSERT INTO hub.orphans (shop, sku, reason, attempts, error, created_at)"
            " VALUES ('s', 'A=1', 'failed', 9, 'The app lacks a scope.', now() - interval '2 hours')"),
        "orphans_stay", ["bdh store orphans"],
    ),
    "a line that rests": (
        sql("UPDATE hub.pacing SET pause_reason = 'credentials', paused_since = now(), paused_until = now(),"
            " pause_note = 'Boeing does not accept our credentials.' WHERE line = 'boeing'"),
        "line_paused", ["retries automatically"],
    ),
    "a bulk operation that does not move": (
        sql("INSERT INTO hub.current_store (shop) VALUES ('s')",
            "INSERT INTO hub.bulk_runs (id, shop, batch_id, state, lines, note, state_since) VALUES (gen_random_uuid(),"
            " 's', gen_random_uuid(), 'prepared', 5, 'All are taken.', now() - interval '2 hours')"),
        "bulk_still", ["docs/operations.md"],
    ),
    # Redis.
    "no broker": (unset("REDIS_URL"), "redis_unset", ["REDIS_URL"]),
    "a wrong broker password": (
        changed("REDIS_URL", lambda url: with_password(url, "canary")), "redis_password", ["REDIS_URL", "percent"]
    ),
    "no broker password": (
        changed("REDIS_URL", lambda url: url.replace(f":{urlsplit(url).password}@", "")),
        "redis_password", ["REDIS_URL"],
    ),
    "an unknown broker": (
        changed("REDIS_URL", lambda url: url.replace("127.0.0.1", "nohost.invalid")), "redis_unreachable", ["REDIS_URL"]
    ),
    "a broker at a wrong port": (
        changed("REDIS_URL", lambda url: at_port(url, 1)), "redis_unreachable", ["REDIS_URL", "port"]
    ),
    "a broker behind a firewall": (at_silent_port("REDIS_URL"), "redis_unreachable", ["REDIS_URL", "firewall"]),
    "a broker's database that is not there": (
        changed("REDIS_URL", lambda url: url.rpartition("/")[0] + "/999"), "redis_database", ["REDIS_URL", "usually 0"]
    ),
    "encryption that the broker has not": (
        changed("REDIS_URL", lambda url: url.replace("redis://", "rediss://")), "redis_protocol", ["redis://"]
    ),
    "a broker that is a Postgres": (
        lambda p: p.environment.update(REDIS_URL=at_port(p.redis_url, urlsplit(p.database_url).port)),
        "redis_protocol", ["port"],
    ),
    "a broker that throws away": (redis_has(maxmemory_policy="allkeys-lru"), "redis_evicts", ["noeviction"]),
    "a broker that is full": (a_full_broker, "redis_full", ["maxmemory"]),
    "the guide's second broker": (
        set_to("CELERY_BROKER_URL", "redis://127.0.0.1:1/0"), "redis_unreachable", ["CELERY_BROKER_URL"]
    ),
    # Boeing.
    "no password of Boeing's": (unset("BOEING_PASSWORD"), "boeing_unset", ["BOEING_PASSWORD"]),
    "a wrong client secret": (set_to("BOEING_CLIENT_SECRET", "x"), "boeing_client_refused", ["BOEING_CLIENT_SECRET"]),
    "a wrong client": (set_to("BOEING_CLIENT_ID", "x"), "boeing_client_refused", ["BOEING_CLIENT_ID"]),
    "a wrong account": (set_to("BOEING_USERNAME", "x"), "boeing_account_refused", ["BOEING_USERNAME"]),
    "a wrong account password": (set_to("BOEING_PASSWORD", "x"), "boeing_account_refused", ["BOEING_PASSWORD"]),
    "call 1 leads nowhere": (
        changed("BOEING_OAUTH_TOKEN_URL", lambda url: url + "/x"), "boeing_url_wrong", ["BOEING_OAUTH_TOKEN_URL"]
    ),
    "call 2 leads nowhere": (
        changed("BOEING_PNA_OAUTH_URL", lambda url: url + "/x"), "boeing_url_wrong", ["BOEING_PNA_OAUTH_URL"]
    ),
    "an unknown Boeing": (
        set_to("BOEING_OAUTH_TOKEN_URL", "https://nohost.invalid/oauth2/v2.0/token"), "boeing_unreachable",
        ["BOEING_OAUTH_TOKEN_URL", "DNS"],
    ),
    "a Boeing behind a firewall": (
        at_silent_port("BOEING_PNA_OAUTH_URL"), "boeing_unreachable", ["BOEING_PNA_OAUTH_URL", "firewall"]
    ),
    "a proxy's page in place of call 1": (
        boeing_has("html", call="oauth"), "boeing_odd", ["BOEING_OAUTH_TOKEN_URL", "proxy"]
    ),
    "too many logins": (boeing_has("rate_limited", call="oauth"), "boeing_throttled", ["BOEING_API_RATE_LIMIT"]),
    # The store.
    "no credentials of the store": (
        unset("SHOPIFY_ADMIN_API_TOKEN"), "store_access_unset", ["SHOPIFY_CLIENT_ID", "Dev Dashboard", "shpat_"]
    ),
    "a client id without its secret": (
        with_app(SHOPIFY_CLIENT_SECRET=""), "store_access_half", ["SHOPIFY_CLIENT_SECRET"]
    ),
    "a client secret without its id": (with_app(SHOPIFY_CLIENT_ID=""), "store_access_half", ["SHOPIFY_CLIENT_ID"]),
    "an app and a lasting token": (
        with_app(SHOPIFY_ADMIN_API_TOKEN="shpat_canary"), "store_access_both", ["Remove SHOPIFY_ADMIN_API_TOKEN"]
    ),
    "a token in the client secret's place": (
        with_app(SHOPIFY_STORE_DOMAIN="parts.myshopify.com", SHOPIFY_CLIENT_SECRET="shpat_canary"),
        "store_token_kind", ["SHOPIFY_CLIENT_SECRET", "shpss_"],
    ),
    "a wrong secret of the store's app": (
        with_app(SHOPIFY_CLIENT_SECRET="canary"), "store_grant_refused", ["SHOPIFY_CLIENT_SECRET", "Dev Dashboard"]
    ),
    "a wrong id of the store's app": (
        with_app(SHOPIFY_CLIENT_ID="canary"), "store_grant_refused", ["SHOPIFY_CLIENT_ID", "Dev Dashboard"]
    ),
    "an app that is not installed": (
        lambda p: (with_app()(p), store_has(app_installed=False)(p)), "store_grant_refused", ["Install"]
    ),
    "an app of another organisation": (
        lambda p: (with_app()(p), store_has(same_organisation=False)(p)), "store_grant_refused", ["bdh store connect"]
    ),
    "a refusal that nobody knows": (
        lambda p: (with_app()(p), store_has(refuse_tokens="brand_new")(p)), "store_grant_refused", ["Dev Dashboard"]
    ),
    "an app's version with a scope too few": (
        lambda p: (with_app()(p), store_has(scopes=["write_products", "write_inventory", "read_locations"])(p)),
        "scopes_missing", ["write_publications", "Versions"],
    ),
    "a token endpoint that fails": (
        lambda p: (with_app()(p), p.shopify.fault("token_error", status=502)), "store_odd", ["try again"]
    ),
    "the secret key in the token's place": (
        lambda p: p.environment.update(
            SHOPIFY_STORE_DOMAIN="parts.myshopify.com", SHOPIFY_ADMIN_API_TOKEN="shpss_canary"
        ),
        "store_token_kind", ["SHOPIFY_ADMIN_API_TOKEN"],
    ),
    "a token that was revoked": (store_has(tokens=["another"]), "store_token_refused", ["SHOPIFY_CLIENT_ID"]),
    "a store that is closed": (lambda p: p.shopify.fault("payment_required"), "store_closed", ["billing"]),
    "a store that is not there": (lambda p: p.shopify.fault("not_found"), "store_not_found", ["SHOPIFY_STORE_DOMAIN"]),
    "a store at a wrong port": (
        changed("SHOPIFY_STORE_DOMAIN", lambda url: at_port(url, 1)), "store_unreachable", ["SHOPIFY_STORE_DOMAIN"]
    ),
    "a store behind a firewall": (at_silent_port("SHOPIFY_STORE_DOMAIN"), "store_unreachable", ["firewall"]),
    "an unknown store": (
        set_to("SHOPIFY_STORE_DOMAIN", "nohost.invalid"), "store_unreachable", ["SHOPIFY_STORE_DOMAIN"]
    ),
    "a store that is busy": (lambda p: p.shopify.fault("http_429"), "store_busy", ["minute"]),
    "a store with nonsense": (
        lambda p: p.shopify.fault("error_before", status=500), "store_odd", ["SHOPIFY_STORE_DOMAIN"]
    ),
    "a scope too few": (
        store_has(scopes=["write_products", "read_locations", "write_publications"]),
        "scopes_missing", ["write_inventory"],
    ),
    "the scope of locations": (
        store_has(scopes=["write_products", "write_inventory", "write_publications"]),
        "scopes_missing", ["read_locations"],
    ),
    "a version not served": (set_to("SHOPIFY_API_VERSION", "2025-01"), "version_unsupported", ["2026-10"]),
    "a version not checked": (
        lambda p: (p.shopify.settings(api_versions=["2026-10", "2027-01"]),
                   p.environment.update(SHOPIFY_API_VERSION="2027-01")),
        "version_unchecked", ["2026-10"],
    ),
    "another currency": (store_has(currency="EUR"), "currency_mismatch", ["HUB_CURRENCY=EUR"]),
    "a location misspelt": (
        set_to("SHOPIFY_LOCATION_MAP", '{"Dallas Central": "Dalas"}'),
        "location_unknown", ["SHOPIFY_LOCATION_MAP", "'Dallas'"],
    ),
    "a location that is not active": (
        store_has(locations=[{"name": "Dallas", "active": False}, {"name": "Miami"}]), "location_unknown", ["activate"]
    ),
    "a default location misspelt": (
        set_to("SHOPIFY_DEFAULT_LOCATION_NAME", "Miami Beach"), "location_unknown", ["SHOPIFY_DEFAULT_LOCATION_NAME"]
    ),
    "another sales channel": (
        set_to("SHOPIFY_PUBLICATION", "Onlin Store"), "channel_missing", ["SHOPIFY_PUBLICATION", "'Online Store'"]
    ),
    "no sales channel": (
        set_to("SHOPIFY_PUBLICATION", ""), "channel_unset", ["SHOPIFY_PUBLICATION", "'Online Store' (online_store)"]
    ),
    "a sales channel of another language": (
        set_to("SHOPIFY_PUBLICATION", "Verkaufsstelle"), "channel_missing", ["'Point of Sale' (pos)"]
    ),
    "no definitions": (
        set_to("HUB_METAFIELD_NAMESPACE", "other"), "definitions_missing", ["bdh store setup"]
    ),
    "a custom id of another type": (
        lambda p: p.environment.update(HUB_CUSTOM_ID_NAMESPACE="custom", HUB_CUSTOM_ID_KEY="notes"),
        "custom_id_differs", ["HUB_CUSTOM_ID_KEY"],
    ),
    # Images and folders.
    "no bucket": (no_bucket, "storage_bucket_missing", ["SUPABASE_STORAGE_BUCKET"]),
    "a bucket that is private": (bucket(public=False), "storage_bucket_private", ["public"]),
    "a bucket for PDF": (bucket(media_types=["application/pdf"]), "storage_bucket_limits", ["image/png"]),
    "a bucket for small things": (bucket(largest=1_000_000), "storage_bucket_limits", ["20 MB"]),
    "a wrong service key": (
        set_to("SUPABASE_SERVICE_ROLE_KEY", "sb_secret_canary2"), "storage_key_refused", ["SUPABASE_SECRET_KEY"]
    ),
    "the anon key": (
        set_to("SUPABASE_SERVICE_ROLE_KEY", jwt(role="anon")), "storage_key_kind", ["SUPABASE_SERVICE_ROLE_KEY", "anon"]
    ),
    "the publishable key": (
        set_to("SUPABASE_SERVICE_ROLE_KEY", "sb_publishable_canary"), "storage_key_kind", ["secret key"]
    ),
    "the key of another project": (
        lambda p: p.environment.update(
            SUPABASE_URL="https://abc.supabase.co", SUPABASE_SERVICE_ROLE_KEY=jwt(role="service_role", ref="xyz")
        ),
        "storage_key_kind", ["SUPABASE_URL"],
    ),
    "a key that has run out": (
        set_to("SUPABASE_SERVICE_ROLE_KEY", jwt(role="service_role", exp=1_000_000)),
        "storage_key_kind", ["has run out", "SUPABASE_SECRET_KEY"],
    ),
    "a key that runs out soon": (
        set_to("SUPABASE_SERVICE_ROLE_KEY", jwt(role="service_role", exp=int(now().timestamp()) + 5 * 86_400 + 43_200)),
        "storage_key_ends", ["runs out in 5 days", "SUPABASE_SECRET_KEY"],
    ),
    "a key of the old kind": (
        set_to("SUPABASE_SERVICE_ROLE_KEY", jwt(role="service_role", exp=2_000_000_000)),
        "storage_key_ends", ["late in 2026", "remove SUPABASE_SERVICE_ROLE_KEY"],
    ),
    "an account's token in place of a key": (
        set_to("SUPABASE_SERVICE_ROLE_KEY", "sbp_canary"), "storage_key_kind", ["access token"]
    ),
    "two keys that differ": (
        set_to("SUPABASE_KEY", "sb_secret_canary-other"), "storage_keys_differ", ["SUPABASE_KEY", "SERVICE_ROLE_KEY"]
    ),
    "the guide's name for the anon key": (
        lambda p: p.environment.update(SUPABASE_SERVICE_ROLE_KEY="", SUPABASE_KEY=jwt(role="anon")),
        "storage_key_kind", ["SUPABASE_KEY is a key of the role 'anon'"],
    ),
    # The way out.
    "a proxy that is away": (
        lambda p: p.environment.update(HTTPS_PROXY="http://hub:canary-proxy@127.0.0.1:1", **real_boeing()),
        "proxy_refused", ["127.0.0.1:1 cannot be reached", "NO_PROXY"],
    ),
    "a proxy of another kind": (
        set_to("ALL_PROXY", "socks5://127.0.0.1:1080"), "proxy_unusable", ["ALL_PROXY", "socks5"]
    ),
    "certificates that are not there": (
        set_to("SSL_CERT_FILE", "/nowhere/canary.pem"), "ca_unusable", ["SSL_CERT_FILE", "HUB_CA_FILE"]
    ),
    "a certificate of an unknown authority": (untrusted_store, "certificate_refused", ["not trusted", "HUB_CA_FILE"]),
    "a Supabase that is away": (
        changed("SUPABASE_URL", lambda url: at_port(url, 1)), "storage_unreachable", ["SUPABASE_URL"]
    ),
    "a key without its address": (unset("SUPABASE_URL"), "storage_url_unset", ["SUPABASE_URL"]),
    "a data folder that is none": (a_file_in_its_place, "data_dir_unwritable", ["HUB_DATA_DIR"]),
    "pictures where the store cannot reach them": (
        lambda p: p.environment.update(
            SUPABASE_URL="", SUPABASE_SERVICE_ROLE_KEY="", SHOPIFY_STORE_DOMAIN="nohost.invalid"
        ),
        "images_unreachable", ["HUB_PUBLIC_URL"],
    ),
    "no host of pictures": (
        lambda p: p.environment.update(HUB_IMAGE_FALLBACK_ORIGIN="https://nohost.invalid", **real_boeing()),
        "image_host_unreachable", ["HUB_IMAGE_FALLBACK_ORIGIN"],
    ),
    # API and sign-in.
    "no API": (set_to("HUB_API_URL", "http://127.0.0.1:1"), "api_unreachable", ["bdh serve"]),
    "something else in the API's place": (
        lambda p: p.environment.update(HUB_API_URL=p.shopify.url), "api_odd", ["HUB_API_URL"]
    ),
    "no identity provider": (
        lambda p: p.environment.update(
            HUB_OIDC_ISSUER="http://127.0.0.1:1", HUB_OIDC_CLIENT_ID="x", HUB_OIDC_CLIENT_SECRET="canary",
            HUB_OIDC_ROLES='{"it": "admin"}',
        ),
        "oidc_unreachable", ["HUB_OIDC_ISSUER"],
    ),
}  # fmt: skip


def real_boeing() -> dict[str, str]:
    """Addresses that are not this machine's, and lead nowhere."""
    base = "https://nohost.invalid"
    return {
        "BOEING_OAUTH_TOKEN_URL": f"{base}/oauth2/v2.0/token",
        "BOEING_PNA_OAUTH_URL": f"{base}/boeing-part-price-availability/token/v1/oauth",
        "BOEING_PNA_PRICE_URL": f"{base}/boeing-part-price-availability/price-availability/v1/wtoken",
    }


def test_a_healthy_hub_has_no_findings(patient):
    assert patient.wrong() == {}


@pytest.mark.parametrize("case", CASES)
def test_what_is_wrong_is_named_with_its_remedy(request, case):
    break_it, code, words = CASES[case]
    patient = request.getfixturevalue("patient_of_its_own" if getattr(break_it, "alone", False) else "patient")
    break_it(patient)
    wrong = patient.wrong()
    assert code in wrong, {name: found.message for name, found in wrong.items()}
    found = wrong[code]
    assert found.message.endswith("."), found
    for word in words:
        assert word in f"{found.message} {found.remedy}", found
    for each in wrong.values():
        assert "canary" not in f"{each.message} {each.remedy}", each
        assert quote("canary") not in repr(each)


def test_all_wrong_settings_are_named_at_once(patient):
    patient.environment |= {
        "HUB_PORT": "x",
        "BOEING_BATCH_SIZE": "1000",
        "SHOPIFY_LOCATION_MAP": "Dallas",
        "DATABASE_URL": "localhost",
        "REDIS_URL": "localhost",
        "HUB_PUBLIC_URL": "hub.example.com",
        "HUB_IMAGE_FALLBACK_ORIGIN": "shop.boeing.com",
        "BOEING_OAUTH_TOKEN_URL": "x",
        "BOEING_PNA_PRICE_URL": "y",
        "HUB_OIDC_ISSUER": "ftp://x",
        "BOEING_API_RATE_LIMIT": "often",
        "PRICE_BASIS": "guess",
        "BOEING_CLIENTSECRET": "x",
    }
    told = [each for each in patient.examine() if each.level in {"error", "warning"}]
    named = " ".join(each.message for each in told)
    for name in patient.environment:
        if name in {"HUB_PORT", "BOEING_BATCH_SIZE", "DATABASE_URL", "REDIS_URL", "PRICE_BASIS", "BOEING_CLIENTSECRET"}:
            assert name in named, name
    for name in (
        "SHOPIFY_LOCATION_MAP", "HUB_PUBLIC_URL", "HUB_IMAGE_FALLBACK_ORIGIN", "BOEING_OAUTH_TOKEN_URL",
        "BOEING_PNA_PRICE_URL", "HUB_OIDC_ISSUER", "BOEING_API_RATE_LIMIT",
    ):  # fmt: skip
        assert any(each.code == "setting_unusable" and name in each.message for each in told), name


def test_if_everything_is_down_each_check_reports_within_its_time(patient):
    for name in ("DATABASE_URL", "REDIS_URL", "SHOPIFY_STORE_DOMAIN", "BOEING_OAUTH_TOKEN_URL", "SUPABASE_URL"):
        patient.environment[name] = at_port(patient.environment[name], patient.silent)
    wrong = patient.wrong()
    assert {
        "postgres_unreachable", "redis_unreachable", "store_unreachable", "boeing_unreachable", "storage_unreachable"
    } <= set(wrong)  # fmt: skip


def test_the_price_call_is_made_only_when_it_is_wanted_and_finds_a_wrong_address(patient):
    patient.boeing.reset()
    assert any(each.code == "boeing_price_skipped" for each in patient.examine())
    assert patient.boeing.stats()["calls"] == 0
    assert "boeing_price_ok" in {each.code for each in patient.examine(price="P512777=K3")}
    assert patient.boeing.stats()["calls"] == 1
    patient.environment["BOEING_PNA_PRICE_URL"] += "/x"
    found = patient.wrong(price="P512777=K3")["boeing_url_wrong"]
    assert "BOEING_PNA_PRICE_URL" in found.message
    patient.boeing.fault("forbidden", call="price")
    patient.environment["BOEING_PNA_PRICE_URL"] = patient.environment["BOEING_PNA_PRICE_URL"].removesuffix("/x")
    assert "boeing_price_refused" in patient.wrong(price="P512777=K3")


@pytest.mark.parametrize(
    "case", ["call 1 leads nowhere", "a proxy's page in place of call 1", "too many logins", "a wrong client secret"]
)
def test_a_wrong_call_1_is_found_while_the_shared_part_token_is_good(patient, case):
    assert patient.wrong() == {}
    break_it, code, words = CASES[case]
    before = patient.boeing.stats()["part_token_calls"]
    break_it(patient)
    found = patient.wrong()[code]
    assert all(word in f"{found.message} {found.remedy}" for word in words), found
    assert patient.boeing.stats()["part_token_calls"] == before


def test_looking_again_makes_no_second_part_token(patient):
    patient.examine()
    before = patient.boeing.stats()["part_token_calls"]
    told = [each.message for each in patient.examine() if each.name == "boeing"]
    assert patient.boeing.stats()["part_token_calls"] == before
    assert any("Call 2 (account) was not made" in each for each in told), told


def test_nothing_of_the_hub_is_changed_by_looking(patient):
    before = patient.database.run(lambda work: work.rows("SELECT * FROM hub.pacing ORDER BY line"))
    patient.examine()
    assert patient.database.run(lambda work: work.rows("SELECT * FROM hub.pacing ORDER BY line")) == before
    assert {entry["operation"] for entry in patient.shopify.ledger()} == {"metafieldDefinitionCreate"}
