"""Secrets that are planted in every place where one can stand are found in no log, metric, trace, error, page or row.

A new secret: one line in `PLANTED`, and whatever makes the hub use it.
"""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
from urllib.parse import quote, urlsplit

import httpx2
import psycopg
import pytest
import redis as redis_client
from tests.health.alerts.conftest import Gate
from tests.support.patience import allow
from tests.system.collector import Collector
from tests.system.echoing import HANDED, Echo
from tests.system.shop import Shop

from boeing_data_hub.cli.machine.ports import free_port
from boeing_data_hub_sandbox.shopify.running import running_shopify

pytestmark = [pytest.mark.services, pytest.mark.timeout(300)]

PLANTED = {
    "BOEING_CLIENT_ID": "kanarie-client-id-1a2b",
    "BOEING_CLIENT_SECRET": "kanarie client/secret+3c4d",
    "BOEING_USERNAME": "kanarie-username-5e6f",
    "BOEING_PASSWORD": "kanarie-p@ss:word/7a8b",
    "SHOPIFY_ADMIN_API_TOKEN": "shpat_kanarie9c0d1e2f",
    "SHOPIFY_CLIENT_ID": "kanarie-store-app-9a0b",
    "SHOPIFY_CLIENT_SECRET": "shpss_kanarie3e4f5a6b",
    "SUPABASE_SERVICE_ROLE_KEY": "eyJrYW5hcmll.kanarie-service-role.3f4a",
    "HUB_OIDC_CLIENT_SECRET": "kanarie-oidc-secret-5b6c",
    "OTEL_EXPORTER_OTLP_HEADERS": "x-token=kanarie-otlp-7d8e",
}
OIDC = "/sign-in/oidc"
ROUTES = (
    "/health",
    "/ready",
    "/metrics",
    "/openapi.json",
    "/api/batches",
    "/api/products/staging",
    "/api/products/published",
    "/api/conflicts",
    "/api/orphans",
    "/api/shopify/check?sku=A",
    "/api/boeing/product-search?query=AN3-43A",
    "/api/batches/nonsense",
    "/api/plans/00000000-0000-0000-0000-000000000000",
)
PAGES = (
    "/console",
    "/console/search",
    "/console/publish",
    "/console/runs",
    "/console/parts",
    "/console/attention",
    "/console/settings",
    "/console/settings/keys",
    "/console/settings/audit",
    "/console/no-such-page",
    OIDC,
)
WRONG = "kanarie-wrong"


@pytest.fixture
def echo():
    opened = Echo()
    yield opened
    opened.close()


@pytest.fixture
def collector():
    opened = Collector()
    yield opened
    opened.close()


@pytest.fixture
def gates(database_url, redis_url):
    """Ways to Postgres and Redis that can be closed."""
    made = [Gate(urlsplit(url).hostname or "", urlsplit(url).port or 0) for url in (database_url, redis_url)]
    yield made
    for gate in made:
        gate.close()


def refused(url):
    """The same address with a password that is wrong."""
    return url.replace(f":{urlsplit(url).password}@", f":{WRONG}@")


class Looker:
    """Gathers everything that somebody could read."""

    def __init__(self, rig, api) -> None:
        self.rig = rig
        self.api = api
        self.seen: dict[str, str] = {}
        self.statuses: dict[str, int] = {}

    def ask(self, moment: str) -> None:
        for path in ROUTES:
            self.keep(f"{moment} {path}", lambda path=path: self.api.get(path))
        self.keep(f"{moment} setup", lambda: self.api.post("/api/shopify/metafields/setup"))
        with httpx2.Client(base_url=self.api.base_url, timeout=allow(30), trust_env=False) as browser:
            origin = {"Origin": str(self.api.base_url).rstrip("/")}
            self.keep(f"{moment} wrong key", lambda: browser.get("/api/batches", headers={"X-API-Key": "bdh_kanarie"}))
            browser.post("/sign-in", data={"key": self.rig.key}, headers=origin)
            for path in PAGES:
                self.keep(f"{moment} {path}", lambda path=path: browser.get(path))
            started = browser.get(OIDC)
            if state := re.search(r"state=([^&]+)", started.headers.get("location", "")):
                back = f"{OIDC}/back?code=abc&state={state[1]}"
                self.keep(f"{moment} back", lambda: browser.get(back))
            for row in self.api.get("/api/batches").json().get("batches", []):
                for path in ("", "/items", "/failures", "/failures?format=csv"):
                    address = f"/api/batches/{row['id']}{path}"
                    self.keep(f"{moment} {address}", lambda address=address: self.api.get(address))
                self.keep(f"{moment} run", lambda row=row: browser.get(f"/console/runs/{row['id']}"))

    def keep(self, name, ask) -> None:
        try:
            answer = ask()
        except httpx2.TransportError:
            return
        self.seen[name] = f"{dict(answer.headers)} {answer.text}"
        self.statuses[name] = answer.status_code

    def command(self, *words: str, **environment: str) -> None:
        """What the command line says."""
        done = subprocess.run(
            [sys.executable, "-m", "boeing_data_hub.cli", *words],
            env={**self.rig.environment, "HUB_API_URL": str(self.api.base_url), "PATH": "", **environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=allow(60),
        )
        self.seen[f"bdh {' '.join(words)} {len(self.seen)}"] = done.stdout + done.stderr

    def read_everything(self, database_url, redis_url, collector) -> None:
        """Logs, rows, what Redis holds, and traces."""
        for log in self.rig.logs.glob("*.log"):
            self.seen[log.name] = log.read_text()
        with psycopg.connect(database_url) as connection:
            tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'hub'").fetchall()
            for (table,) in tables:
                # The one place where a token may stand is its own column.
                but = " - 'secret'" if table == "access_tokens" else ""
                rows = connection.execute(f"SELECT (to_jsonb(t){but})::text FROM hub.{table} t").fetchall()  # noqa: S608 - theirs
                self.seen[f"table {table}"] = "\n".join(row[0] for row in rows)
        with redis_client.Redis.from_url(redis_url) as client:
            for key in client.keys("*"):
                held = client.lrange(key, 0, -1) if client.type(key) == b"list" else client.dump(key)
                self.seen[f"redis {key!r}"] = str(held)
        self.seen["traces"] = "\n".join(span.text for span in collector.spans)


def needles(key: str, *addresses: str) -> dict[str, list[str]]:
    """Every secret in every form in which it could be written; of addresses their passwords."""
    secrets = {
        **PLANTED,
        "OTEL_EXPORTER_OTLP_HEADERS": PLANTED["OTEL_EXPORTER_OTLP_HEADERS"].partition("=")[2],
        **{f"password of {urlsplit(url).scheme}": urlsplit(url).password or "" for url in addresses},
        "wrong password": WRONG,
        "HUB_API_KEY": key,
        "oauth token of the sandbox": "sandbox.oauth.",
        "part token of the sandbox": "sandbox.part.",
        "access token of the sandbox store": "shpat_sandbox",
        **{f"{name} token handed out": value for name, value in HANDED.items()},
    }

    def forms(secret: str) -> list[str]:
        encoded = base64.b64encode(secret.encode()).decode().rstrip("=")
        return [secret, quote(secret, safe=""), json.dumps(secret)[1:-1], encoded[: len(encoded) - 2]]

    return {name: forms(secret) for name, secret in secrets.items()}


def test_no_secret_is_found_anywhere(make_rig, gates, echo, collector, database_url, redis_url):
    to_postgres, to_redis = gates
    with running_shopify() as store:
        rig = make_rig(
            OTEL_EXPORTER_OTLP_ENDPOINT=collector.url,
            HUB_LOG_LEVEL="DEBUG",
            HUB_METRICS_PORT=str(free_port()),
            HUB_OIDC_ISSUER=echo.url,
            HUB_OIDC_CLIENT_ID="hub",
            HUB_OIDC_ROLES='{"it": "read"}',
            SUPABASE_URL=echo.url,
            **PLANTED,
        )
        shop = Shop(rig, store)
        rig.environment |= {**PLANTED, "HUB_API_KEY": rig.key}
        rig.environment |= {"DATABASE_URL": to_postgres.url(database_url), "REDIS_URL": to_redis.url(redis_url)}
        store.settings(
            tokens=[], client_id=PLANTED["SHOPIFY_CLIENT_ID"], client_secret=PLANTED["SHOPIFY_CLIENT_SECRET"]
        )
        looker = Looker(rig, rig.start_api())
        _all_is_well(rig, looker)
        _refusals_and_faults(rig, shop, echo, looker)
        proper = dict(rig.environment)
        _everything_is_said_back(rig, shop, echo, looker)
        rig.environment = proper
        _no_services(rig, gates, looker)
        looker.read_everything(database_url, redis_url, collector)
        shop.close()
    heard = "\n".join(echo.heard)
    for name in (
        "SHOPIFY_CLIENT_ID",
        "SHOPIFY_CLIENT_SECRET",
        "SUPABASE_SERVICE_ROLE_KEY",
        "BOEING_USERNAME",
        "BOEING_PASSWORD",
    ):
        assert PLANTED[name] in heard, f"{name} was never sent, so nothing was tested"
    assert HANDED["bearer"] in heard
    assert collector.headers["x-token"].startswith("kanarie")
    found = {
        (name, where)
        for name, forms in needles(rig.key, database_url, redis_url).items()
        for where, text in looker.seen.items()
        if any(form in text for form in forms)
    }
    assert found == set()
    assert len(looker.seen) > 150
    assert all(looker.statuses[f"well {path}"] == 200 for path in PAGES if path not in {"/console/no-such-page", OIDC})
    assert not [
        (where, line[:400])
        for where, text in looker.seen.items()
        for line in text.splitlines()
        if "kanarie" in line.lower()
    ]


def _go_on(shop) -> None:
    """Let no line rest: what is tried again after half a minute is tried at once."""
    shop.hub.database.run(
        lambda work: (
            work.do("UPDATE hub.pacing SET paused_until = NULL, next_slot = now() WHERE paused_until > now()"),
            work.do("UPDATE hub.access_tokens SET failed_until = NULL"),
        )
    )


def _all_is_well(rig, looker):
    for queue in ("extraction", "normalization", "publishing", "default"):
        rig.start_worker(queue)
    rig.start("beat", "boeing_data_hub.worker", "beat")
    rig.finish(rig.search(["AN3-43A", "MS29513-220"]))
    looker.ask("well")
    looker.command("batches", "list")
    looker.command("doctor")


def _refusals_and_faults(rig, shop, echo, looker):
    """Boeing and the store fail in their own ways; images find a storage of the worst kind."""
    for kind in ("server_error", "truncated", "closed", "token_rejected"):
        rig.boeing.fault(kind, times=2)
    failing = rig.search(["FAILS-1"], force_refresh=True)
    rig.wait(lambda: len(rig.boeing.ledger()) >= 4, "calls that failed")
    skus = shop.stage("FAIL", 3, "10.00")
    for kind in ("unauthorized", "forbidden", "truncated_reply", "drop_after"):
        shop.store.fault(kind, times=1)
    shop.publish(skus)
    rig.wait(lambda: _go_on(shop) or "/storage/" in " ".join(echo.heard), "a question to the image storage", 60)
    looker.ask("failing")
    rig.apis[0].delete(f"/api/batches/{failing}")
    shop.store.clear_faults()
    rig.boeing.clear_faults()


def _everything_is_said_back(rig, shop, echo, looker):
    """In the places of Boeing and the store: somebody who says back whatever he hears."""
    rig.kill("extraction", start_again=False)
    rig.kill("publishing", start_again=False)
    rig.environment |= {
        "BOEING_OAUTH_TOKEN_URL": f"{echo.url}/oauth2/token",
        "BOEING_PNA_OAUTH_URL": f"{echo.url}/part/token",
        "BOEING_PNA_PRICE_URL": f"{echo.url}/price",
        "SHOPIFY_STORE_DOMAIN": echo.url,
    }
    rig.start_worker("extraction", "extraction-echoed")
    rig.start_worker("publishing", "publishing-echoed")
    rig.search(["ECHO-1", "ECHO-2"], force_refresh=True)
    shop.publish(shop.stage("ECHO", 2, "11.00"))
    for address in ("oauth2", "/admin/oauth/access_token"):
        rig.wait(lambda address=address: _go_on(shop) or address in " ".join(echo.heard), address, 60)
    looker.ask("echoed, logins refused")
    echo.refuses_logins = False
    rig.kill("extraction-echoed")
    rig.wait(lambda: _go_on(shop) or "/price" in " ".join(echo.heard), "price calls", 60)
    rig.wait(lambda: _go_on(shop) or "graphql" in " ".join(echo.heard), "calls to the store", 60)
    looker.command("doctor", BOEING_OAUTH_TOKEN_URL=f"{echo.url}/oauth2/token", SHOPIFY_STORE_DOMAIN=echo.url)
    looker.ask("echoed")


def _no_services(rig, gates, looker):
    """Postgres and Redis are gone for a while, and then do not take the password."""
    for gate in gates:
        gate.close()
    for path in ("/metrics", "/api/batches"):  # each waits for some seconds
        looker.keep(f"services gone {path}", lambda path=path: looker.api.get(path))
    looker.command("keys", "list")
    for gate in gates:
        gate.open()
    wrong = {name: refused(rig.environment[name]) for name in ("DATABASE_URL", "REDIS_URL")}
    looker.command("keys", "list", DATABASE_URL=wrong["DATABASE_URL"])
    looker.command("doctor", REDIS_URL=wrong["REDIS_URL"])
    looker.command("doctor", BOEING_API_RATE_LIMIT="nonsense")
    rig.environment = {**rig.environment, **wrong}
    rig.start_worker("default", "default-refused")
    log = rig.logs / "default-refused.log"
    rig.wait(lambda: log.exists() and len(log.read_text()) > 2000, "what a refused worker says")
