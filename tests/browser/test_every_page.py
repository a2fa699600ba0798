"""Every page: axe finds nothing, in light and in dark; nothing is wider than the window, narrow or wide."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from tests.support.patience import Deadline

from boeing_data_hub.cli.client import Api

AXE = (Path(__file__).parent / "vendor" / "axe-4.14.1.min.js").read_text(encoding="utf-8")
EVERYTHING = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# The same elements in other colours and another width: only what looks at these can find something new.
LOOKS_AGAIN = [
    "color-contrast",
    "link-in-text-block",
    "target-size",
    "scrollable-region-focusable",
    "aria-hidden-focus",
]


def ended(api, batch_id):
    """The batch's id, once it has ended."""
    deadline = Deadline(60)
    while not api.call("GET", f"/api/batches/{batch_id}")["outcome"]:
        assert not deadline.passed
    return batch_id


def of_publishing(api, system, key):
    """The pages of publishing, each with something of every kind on it."""
    wanted = {"limit": 100, "search": "each", "status": "fetched"}
    skus = [product["sku"] for product in api.call("GET", "/api/products/staging", params=wanted)["products"]]
    system.shopify.seed_product(sku=skus[0], title="<b>Somebody's</b>", price="1.00")

    def publish(parts, **more):
        return api.call("POST", "/api/bulk-publish", json={"part_numbers": parts, **more})["batch_id"]

    run = ended(api, publish([*skus[:8], "EACH-2", "NOT-STAGED"]))
    api.call("PATCH", f"/api/products/staging/{quote(skus[1], safe='')}", json={"price_override": "9.99", "notes": "x"})
    plan = publish([*skus[:12], "EACH-2"], dry_run=True)
    undone = ended(api, publish(skus[12:14]))
    undo = ended(api, api.call("POST", f"/api/batches/{undone}/undo")["batch_id"])
    for number in (1, 2):
        system.shopify.seed_product(sku=skus[20].partition("=")[0], title=f"Cut {number}", vendor="BDI")
    adoption = api.call("POST", "/api/store/adoptions")["id"]
    deadline = Deadline(60)
    while api.call("GET", f"/api/store/adoptions/{adoption}")["state"] == "planning":
        assert not deadline.passed
    with psycopg.connect(system.environment["DATABASE_URL"], autocommit=True) as connection:
        connection.execute(
            "INSERT INTO hub.orphans (shop, sku, product_id, reason, error, not_before) SELECT"
            " shop, 'ORPHAN', 'gid://shopify/Product/1', 'It came in all the same.', 'x', now() + interval '1 d'"
            " FROM hub.current_store"
        )
        connection.execute(
            "INSERT INTO hub.price_history SELECT sku, fetched_at - d * interval '1 day', 100 + d, 80 + d, 'USD'"
            " FROM hub.price_history, generate_series(1, 60) d WHERE sku = %s",
            [skus[1]],
        )
        (draft,) = connection.execute(
            "INSERT INTO hub.search_drafts (id, owner, source, part_numbers, duplicates, rejected, duplicate_count,"
            " rejected_count) VALUES (gen_random_uuid(), %s, 'long.csv', '{A,B}', '[]', '[]', 0, 0) RETURNING id",
            [f"key:{key.split('_')[1]}"],
        ).fetchone()
    return [
        "/console/publish",
        f"/console/plans/{plan}",
        f"/console/publish/{draft}/plan",
        f"/console/runs/{run}",
        f"/console/runs/{undo}",
        "/console/attention",
        "/console/attention?state=decided",
        "/console/parts?store=differs",
        f"/console/part/{quote(skus[1], safe='')}",
        "/console/adoptions",
        f"/console/adoptions/{adoption}",
    ]


def of_quotes(api, system, sku):
    """The pages of quotes, with lines of every kind."""
    system.boeing.set_part("EACH-Q=K3", unknown=True)

    def ask(number, parts):
        body = {
            "rfq_number": number,
            "requested_parts": parts,
            "requested_qty": ",".join("9" for _ in parts.split(",")),
        }
        buyer = dict.fromkeys(
            ("buyer_company_name", "buyer_address", "rfq_sub_url"), "Example Air, 1 Airport Road " * 9
        )
        return api.call("POST", "/api/zap/webhook", json={**body, **buyer})

    ask("RFQ-each", f"{sku},EACH-2,EACH-Q=K3,EACH-9")
    system.boeing.settings(latency_ms=20_000)
    gone = ask("RFQ-gone", "EACH-GONE=K3")
    [batch] = api.call("GET", "/api/batches", params={"limit": 1, "status": "processing"})["batches"]
    api.call("DELETE", f"/api/batches/{batch['id']}")
    waiting = ask("RFQ-waits", "EACH-WAITS=K3")
    system.boeing.restore_settings(limit=0)
    done = api.call("GET", "/api/quotes/RFQ-each")["id"]
    pages = [f"/console/quotes/{one}" for one in (done, gone["id"], waiting["id"])]
    return ["/console/quotes", "/console/quotes?state=no_quote&q=nothing", *pages]


@pytest.fixture(scope="module")
def addresses(system, key):
    """Every page there is, with something on it."""
    system.boeing.set_part("EACH-1", unknown=True)
    system.boeing.set_part("EACH-2", quantity=0)
    sku = system.boeing.set_part("EACH-3", unknown=False, quantity=3)[0]["aviallPartNumber"].replace("=", "%3D")
    api = Api(system.url, key)
    parts = [f"EACH-{n}" for n in range(1, 30)]
    searched = ended(api, api.call("POST", "/api/bulk-search", json={"part_numbers": parts})["batch_id"])
    published = of_publishing(api, system, key)
    quotes = of_quotes(api, system, sku.replace("%3D", "="))
    saved = api.call("POST", "/api/lists", json={"name": "Stock of the week"})["id"]
    rule = {"name": "Each", "prefixes": ["EACH"], "markup": "2", "rounding": ".99"}
    drafted = api.call("POST", "/api/prices/lists", json={"name": "Autumn", "rules": [rule]})["version"]
    running = api.call("POST", "/api/bulk-search", json={"part_numbers": [f"ALL-{n}" for n in range(20_000)]})
    yield [
        "/console",
        "/console/search",
        "/console/runs",
        "/console/runs?outcome=failed&mine=true",
        f"/console/runs/{searched}?state=failed",
        f"/console/runs/{running['batch_id']}?q=all-1999",
        "/console/parts?q=each",
        "/console/parts?q=nothing-like-it",
        f"/console/part/{sku}",
        "/console/part/EACH-1",
        "/console/runs/cancel",
        "/console/find?q=each",
        "/console/find?q=nothing-like-it",
        "/console/settings",
        "/console/settings/pauses",
        "/console/settings/api",
        "/console/settings/api/bulk_publish",
        "/console/failures",
        "/console/failures?state=ignored",
        "/console/lists",
        "/console/lists/new",
        "/console/prices",
        "/console/prices/new",
        "/console/prices/new?as=text",
        "/console/prices/0",
        f"/console/prices/{drafted}",
        f"/console/prices/{drafted}/edit",
        f"/console/prices/{drafted}/edit?as=text",
        f"/console/lists/{saved}",
        f"/console/lists/{saved}/edit",
        "/console/system",
        "/console/settings/notifications",
        "/console/settings/keys",
        "/console/settings/sessions",
        "/console/settings/audit",
        *published,
        *quotes,
    ]
    api.call("DELETE", f"/api/batches/{running['batch_id']}")
    api.close()


LOOKS = (("light", 1920, EVERYTHING), ("dark", 360, LOOKS_AGAIN))


def wrong(page):
    """What axe finds, and whether the page is wider than its window: light and wide, dark and narrow."""
    page.evaluate(AXE)
    told = []
    for scheme, width, rules in LOOKS:
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 1000})
        options = {"runOnly": rules, "resultTypes": ["violations"]}
        found = page.evaluate("options => axe.run(document, options)", options)
        told.extend(
            (scheme, one["id"], node["target"], node.get("failureSummary", "")[:300])
            for one in found["violations"]
            for node in one["nodes"][:3]
        )
        if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            told.append((scheme, "wider than the window", page.evaluate("document.documentElement.scrollWidth")))
    return told


PARTS = 6  # of the addresses, so that no test takes minutes


@pytest.mark.parametrize("nth", range(PARTS))
def test_axe_finds_nothing_and_nothing_is_too_wide(page, addresses, nth):
    found = {}
    for address in addresses[nth::PARTS]:
        answer = page.goto(address)
        assert answer.status == 200, address
        if told := wrong(page):
            found[address] = told
    assert found == {}, json.dumps(found, indent=1)


def test_axe_finds_nothing_on_pages_that_follow_a_form(page, addresses):
    found = {}

    def look(name):
        if told := wrong(page):
            found[name] = told

    page.goto("/console/search")
    page.get_by_label("Part numbers").fill("EACH-1\nEACH-1\nnot\u20acone")
    page.get_by_role("button", name="Preview list").click()
    look("a list before it starts")
    page.goto("/console/settings")
    page.get_by_role("button", name="Test connections").click()
    page.get_by_text("Boeing gave").first.wait_for()
    look("tested connections")
    page.goto("/console/settings/keys")
    page.get_by_label("Name").fill("axe")
    page.get_by_label("read").check()
    page.get_by_role("button", name="Create key").click()
    page.locator("summary").filter(has_text="Revoke").first.click()
    look("a new key, and the question before one is revoked")
    page.goto(addresses[5])
    page.locator("summary", has_text="Cancel run").click()
    look("the question before a run is cancelled")
    page.goto(addresses[8])
    page.locator("summary", has_text="Details").click()
    look("a raw answer")
    page.goto("/console/publish")
    page.get_by_label("Part numbers").fill("EACH-3\nnot\u20acone")
    page.get_by_role("button", name="Create plan from list", exact=True).click()
    look("a list to be published that has lines which are none")
    page.goto(next(one for one in addresses if one.endswith("attention")))
    page.locator("summary", has_text="Keep product").click()
    look("the question before an orphan stays")
    page.goto("/console/parts?q=each")
    page.locator("summary", has_text="Exclude or include").click()
    look("the question before parts are excluded")
    page.goto(addresses[-2])
    page.locator("summary", has_text="Retry").click()
    look("the question before lines are asked again")
    page.context.clear_cookies()
    page.goto("/sign-in")
    look("the door")
    assert found == {}, json.dumps(found, indent=1)
