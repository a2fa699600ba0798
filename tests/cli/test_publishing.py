"""Publishing on the command line: what it prints, what it asks, and its exit codes."""

from __future__ import annotations

import re
from csv import reader
from uuid import uuid4

import psycopg
import pytest
from python_calamine import CalamineWorkbook

from boeing_data_hub.cli.start import local_key
from boeing_data_hub_sandbox.system import LOCATIONS, System, SystemPlan

pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def system(postgres, as_hubs_see_it, redis, services_dir):
    """One hub with a store for all tests of this file."""
    name = f"test_{uuid4().hex[:12]}"
    url = as_hubs_see_it(f"{postgres.url.rpartition('/')[0]}/{name}")
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template_hub STRATEGY FILE_COPY")
    settings = {
        "DATABASE_URL": url,
        "REDIS_URL": redis.url,
        "BOEING_API_RATE_LIMIT": "unlimited",
        "HUB_SWEEP_SECONDS": "0.5",
        "HUB_REUSE_FRESH_FOR": "0",
        "SHOPIFY_LOCATION_MAP": LOCATIONS,
    }
    plan = SystemPlan(
        data_dir=services_dir / name, settings=settings, sandbox=("--limit", "0"), shopify=("--plan", "unlimited")
    )
    with System(plan) as running:
        running.wait_until_ready()
        yield running
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def at(bdh, system):
    """`bdh` with that hub."""
    key, _ = local_key(system.environment["DATABASE_URL"], system.plan.data_dir)
    bdh.environment |= {"HUB_API_URL": system.url, "HUB_API_KEY": key}
    return bdh


@pytest.fixture
def found(at, system):
    """Searches for parts of this price, all of which can be sold; the batch's id."""

    def search(*parts, price=10.0):
        for part in parts:
            system.boeing.set_part(
                part, unknown=False, listPrice=price, netPrice=price, locations={"Dallas Central": 5}
            )
        ended = at("search", *parts, "--json")
        assert ended.code == 0, ended.err
        return ended.json["id"]

    return search


def fresh(count=2):
    run = uuid4().hex[:6].upper()
    return [f"P{run}-{n}=K3" for n in range(count)]


def skus_of(at, batch_id):
    items = at("plan", "--from", batch_id, "--json").json["plan"]
    return [part["sku"] for action in ("create", "update", "restock", "unchanged") for part in items[action]]


def test_what_a_search_found_is_planned_published_checked_and_undone(at, found, system):
    parts = fresh()
    search = found(*parts)
    planned = at("plan", "--from", search)
    assert planned.code == 0, planned.err
    assert planned.out.startswith("Plan: 2 to create.")
    assert "Nothing has been changed yet." in planned.out
    plan_id = planned.out.split("bdh plans approve ")[1].strip()
    shown = at("plans", "show", plan_id)
    assert shown.code == 0
    assert all(part in shown.out for part in parts)
    waiting = at("batches", "show", plan_id)
    assert "aiting for approval" in waiting.out

    ended = at("plans", "approve", plan_id)
    assert ended.code == 0, ended.err
    assert ended.out == "Finished: all 2 parts succeeded.\n"
    sku = skus_of(at, search)[0]
    assert at("store", "check", sku).out.strip().endswith("(managed by the hub)")
    assert at("store", "check", sku.lower(), "--json").json["ours"] is True
    assert at("store", "check", "NOBODY").out == "The store has no product with this SKU.\n"
    assert sku in at("store", "products", "--search", sku).out
    again = at("publish", "--from", search, "--json")
    assert (again.code, again.json["outcome"]) == (0, "succeeded")

    undone = at("batches", "undo", plan_id)
    assert undone.code == 0, undone.err
    assert system.shopify.product(sku)["status"] == "ARCHIVED"
    assert at("batches", "undo", plan_id, "--no-wait").code == 0
    assert at("plans", "approve", plan_id, "--no-wait").code == 0


@pytest.mark.parametrize("kind", ["csv", "stdin", "arguments"])
def test_a_list_is_read_from_a_file_from_stdin_and_from_arguments(at, found, tmp_path, kind):
    parts = fresh(3)
    skus = skus_of(at, found(*parts))
    path = tmp_path / "parts.csv"
    path.write_text("Part Number\n" + "\n".join(skus))
    what = {"csv": [path], "stdin": ["-"], "arguments": skus}[kind]
    planned = at("plan", *what, "--json", stdin="\n".join(skus))
    assert planned.json["plan"]["counts"]["create"] == 3
    ended = at("publish", *what, "--json", stdin="\n".join(skus))
    assert ended.code == 0, ended.err
    assert (ended.json["published_count"], ended.json["batch_type"]) == (3, "publish")


def test_parts_that_fail_end_it_with_their_own_code_and_are_exported_and_retried(at, found, tmp_path):
    parts = fresh(1)
    [sku] = skus_of(at, found(*parts))
    late = fresh(1)[0]
    ended = at("publish", sku, late)
    assert ended.code == 3
    assert "not_staged: Search for these parts first" in ended.out
    assert late in ended.out
    batch_id = at("batches", "list", "--limit", "1", "--json").json["batches"][0]["id"]
    path = tmp_path / "failures.csv"
    assert at("batches", "export", batch_id, "--to", path).code == 0
    found(late)
    assert at("batches", "retry", batch_id).code == 0
    again = at("publish", path, "--json")
    assert (again.code, again.json["total_items"]) == (0, 1)


def test_an_outdated_plan_is_rejected_with_the_changes(at, found):
    parts = fresh()
    plan = at("plan", "--from", found(*parts), "--json").json
    found(*parts, price=12.0)
    refused = at("plans", "approve", plan["plan_id"])
    assert refused.code == 6
    assert "Nothing was sent" in refused.err
    assert f"  {plan['plan']['create'][0]['part_number']}: create → create" in refused.err
    told = at("publish", "--plan", plan["plan_id"], "--json")
    assert (told.code, told.json["error"]["code"], told.json["error"]["changed_count"]) == (6, "plan_changed", 2)
    discarded = at("plans", "discard", plan["plan_id"])
    assert discarded.out == "Plan discarded. Nothing was sent.\n"
    assert at("plans", "discard", plan["plan_id"]).code == 6


def test_a_plan_shows_every_field_old_and_new(at, found):
    parts = fresh(1)
    at("publish", "--from", found(*parts))
    planned = at("plan", "--from", found(*parts, price=12.0))
    assert "1 to update:" in planned.out
    assert "price: 11.00 → 13.20" in planned.out


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["publish"], 2),
        (["plan"], 2),
        (["publish", "A", "--from", "00000000-0000-4000-8000-000000000000"], 2),
        (["publish", "A", "--plan", "00000000-0000-4000-8000-000000000000"], 2),
        (["plan", "--from", "nonsense"], 5),
        (["plan", "nowhere.csv"], 2),
        (["publish", "-"], 2),
        (["publish", "X" * 60], 2),
        (["publish", "--from", "00000000-0000-4000-8000-000000000000"], 5),
        (["publish", "--plan", "00000000-0000-4000-8000-000000000000"], 5),
        (["publish", "--plan", "../batches"], 5),
        (["plans", "show", "nonsense"], 5),
        (["plans", "approve", "a/b"], 5),
        (["plans", "discard", "00000000-0000-4000-8000-000000000000"], 5),
        (["store", "adopt", "NOBODY"], 5),
        (["store", "leave", "A/../B?x#y"], 5),
        (["store", "keep-orphan", "1"], 5),
        (["store", "retry-orphan", "x"], 2),
        (["batches", "undo", "nonsense"], 5),
    ],
)
def test_what_cannot_be_done_ends_with_its_own_code(at, arguments, code):
    ended = at(*arguments)
    assert ended.code == code, ended.err
    assert ended.err


def test_a_key_that_may_not_publish_is_rejected(at, system):
    own = {"DATABASE_URL": system.environment["DATABASE_URL"]}
    searcher = at("keys", "create", "searcher", "--scope", "search", **own).out.strip()
    for arguments in (["publish", "A"], ["plan", "A"]):
        refused = at(*arguments, "--json", HUB_API_KEY=searcher)
        assert (refused.code, refused.json["error"]["code"]) == (4, "forbidden")
    assert at("store", "conflicts", HUB_API_KEY=searcher).code == 0


def test_a_conflict_is_listed_and_decided(at, found, system):
    [sku] = skus_of(at, found(*fresh(1)))
    system.shopify.seed_product(sku=sku, title="Some body's\tpart")
    with psycopg.connect(system.environment["DATABASE_URL"], autocommit=True) as connection:
        connection.execute("DELETE FROM hub.store_sightings")
    assert at("publish", sku).code == 3
    assert sku in at("store", "conflicts").out
    assert [one["sku"] for one in at("store", "conflicts", "--json").json["conflicts"]] == [sku]
    adopted = at("store", "adopt", sku)
    assert adopted.out.startswith("Product linked.")
    assert at("publish", sku).code == 0
    assert at("store", "orphans", "--json").json["orphans"] == []


def test_many_look_alikes_are_counted_and_then_decided(at, found, system):
    skus = skus_of(at, found(*fresh(2)))
    for sku in skus:
        base = sku.partition("=")[0]
        system.shopify.seed_product(sku=f"{base}=" if "=" not in sku else base, title="By hand")
    with psycopg.connect(system.environment["DATABASE_URL"], autocommit=True) as connection:
        connection.execute("DELETE FROM hub.store_sightings")
    alike = [sku for sku in skus if "=" in sku]
    at("publish", *skus)
    filters = ["--all-matching", "kind=look_alike", "cause=cut_suffix"]
    counted = at("store", "adopt", *filters)
    assert counted.code == 0
    if alike:
        assert "Nothing was changed. Repeat with --yes" in counted.err
        decided = at("store", "adopt", *filters, "--yes")
        assert f"{len(alike)} of {len(alike)} decided" in decided.out
    assert at("store", "adopt", "--all-matching", "colour=red").code == 2
    assert at("store", "adopt").code == 2
    assert at("store", "differences").code == 0
    assert at("store", "pictures", "--json").json["pictures"] == []


def test_a_whole_store_is_adopted_by_a_plan_and_that_is_undone(at, found, system, tmp_path):
    skus = skus_of(at, found(*fresh(3)))
    cut = sorted({sku.partition("=")[0] for sku in skus if "=" in sku})
    for number in cut:
        system.shopify.seed_product(sku=number, title="By hand", vendor="BDI")
    to = tmp_path / "plan.csv"
    made = at("store", "adopt", "--all", "--to", str(to), "--json")
    assert made.code == 0, made.err
    plan = made.json
    assert plan["state"] == "waiting"
    assert all(number in to.read_text(encoding="utf-8-sig") for number in cut)
    asked = at("store", "adopt", "--plan", plan["id"])
    assert asked.code == 0
    if plan["chosen"]:
        assert "certain" in asked.out
        assert "Nothing was changed" in asked.err
        done = at("store", "adopt", "--plan", plan["id"], "--yes")
        assert f"{plan['chosen']}  linked or archived" in done.out, done.out
        assert f"{plan['chosen']}  undone" in at("store", "adopt", "--undo", plan["id"]).out
    assert at("store", "adopt", "--cancel", plan["id"]).code == 6
    assert at("store", "adopt", "--undo", "00000000-0000-0000-0000-000000000000").code == 5


def test_the_whole_store_is_compared(at, found, system, tmp_path):
    skus = skus_of(at, found(*fresh(2)))
    at("publish", *skus)
    system.shopify.load({"edit": [{"sku": skus[0], "set": {"price": "0.01"}}]})
    shown = at("store", "compare", "--prefix", skus[0])
    assert shown.code == 0
    assert ("products compared" in shown.out, skus[0] in shown.out, "0.01" in shown.out) == (True, True, True)
    told = at("store", "compare", "--prefix", skus[0], "--json").json
    assert [each["field"] for one in told["differences"] for each in one["differences"]] == ["price"]
    assert at("store", "compare", "--csv", "--prefix", skus[0]).out.splitlines()[0].startswith('"sku"')
    file = tmp_path / "d.xlsx"
    assert at("store", "compare", "--to", str(file)).code == 0
    assert file.read_bytes().startswith(b"PK")


def test_the_store_is_set_up_once(at):
    first, second = at("store", "setup"), at("store", "setup", "--json")
    definitions, webhooks = first.out.splitlines()
    assert definitions.startswith("Created ")
    assert sum(int(n) for n in re.findall(r"\d+", definitions)) == 12  # a decided conflict has created the first one
    assert webhooks.startswith("Subscribed to ")
    assert sum(int(n) for n in re.findall(r"\d+", webhooks)) == 10
    assert (second.code, second.json["created"], len(second.json["existing"])) == (0, [], 12)
    assert (second.json["webhooks"]["created"], len(second.json["webhooks"]["existing"])) == ([], 10)


# bdh doctor. What it finds is tested in tests/health/doctor.


def test_doctor_finds_nothing_wrong_with_a_store_that_is_set_up(at, system):
    at("store", "setup")
    at.environment |= {**system.environment, "HUB_DATA_DIR": str(system.plan.data_dir)}
    ended = at("doctor", "--json")
    assert ended.code == 0
    assert [one for one in ended.json if one["level"] in {"error", "warning"}] == []
    assert {"store", "store locations", "sales channel", "metafields", "api", "key"} <= {
        one["name"] for one in ended.json
    }
    assert list(ended.json[0]) == ["name", "level", "code", "message", "remedy"]


def test_warnings_count_for_the_doctor_only_where_it_is_strict(at, system):
    at("store", "setup")
    at.environment |= {**system.environment, "HUB_DATA_DIR": str(system.plan.data_dir), "PRICE_MARKUP": "0.5"}
    ended = at("doctor", "--quiet")
    assert (ended.code, ended.out.splitlines()[0].split(":")[0]) == (0, "warning prices")
    assert at("doctor", "--strict").code == 1


def test_a_plan_is_exported_as_csv_and_xlsx(at, found, tmp_path):
    plan_id = at("plan", "--from", found("EXPORT-1", "EXPORT-2"), "--json").json["plan_id"]
    csv, xlsx = tmp_path / "plan.csv", tmp_path / "plan.xlsx"
    for path in (csv, xlsx):
        assert at("plans", "export", plan_id, "--to", path).code == 0
    rows = at("plans", "export", plan_id).out.splitlines()
    assert rows == csv.read_text(encoding="utf-8-sig").splitlines()
    heading, *read = reader(rows)
    assert heading == ["part_number", "sku", "action", "code", "reason", "field", "old", "new"]
    assert [(row[2], row[5], row[7]) for row in read if row[0].startswith("EXPORT-1")] == [
        ("create", "title", "EXPORT-1"),
        ("create", "price", "11.00"),
        ("create", "cost", "10.00"),
        ("create", "stock.Dallas", "5"),
    ]
    sheet = CalamineWorkbook.from_path(xlsx).get_sheet_by_index(0).to_python()
    assert sheet[0][2] == "action"
    assert len(sheet) == len(rows)
    at("publish", "--plan", plan_id)
    found("EXPORT-1", price=12.5)
    changed = at("plan", "EXPORT-1", "--json").json["plan_id"]
    assert ',"update","","","price",' in at("plans", "export", changed).out
    assert at("plans", "export", str(uuid4())).code == 5


def test_failures_are_exported_as_xlsx(at, system, tmp_path):
    system.boeing.set_part("NO-SUCH-1", unknown=True)
    failed = at("search", "NO-SUCH-1", "--json").json["id"]
    assert at("batches", "export", failed, "--to", tmp_path / "failures.xlsx").code == 0
    sheet = CalamineWorkbook.from_path(tmp_path / "failures.xlsx").get_sheet_by_index(0).to_python()
    assert [row[0] for row in sheet] == ["part_number", "NO-SUCH-1"]


def test_plans_that_wait_are_listed_and_known_by_their_first_digits(at, found):
    plan_id = at("plan", *found("WAITS-1"), "--name", "For Monday", "--json").json["plan_id"]
    assert "For Monday" in next(line for line in at("plans", "list").out.splitlines() if plan_id in line)
    assert at("plans", "show", plan_id[:8], "--json").json["plan_id"] == plan_id
    assert at("plans", "discard", plan_id[:12]).code == 0
    assert plan_id not in at("plans", "list").out
