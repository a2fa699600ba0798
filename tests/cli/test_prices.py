"""`bdh prices`: a list from a file, its preview, and activation, against a hub without a store."""

from __future__ import annotations

import json
from uuid import uuid4

import psycopg
import pytest

from boeing_data_hub.cli.start import local_key
from boeing_data_hub_sandbox.system import System, SystemPlan

pytestmark = pytest.mark.services

RULES = "name,prefixes,markup,rounding\nHardware,AN,2,.99\nOther,MS|NAS,1.5,\n"
STAGED = """
INSERT INTO hub.product_staging (sku, search_key, title, vendor, list_price, currency, inventory_quantity, condition,
  cert, pma, estimated_lead_time_days, status, raw_id, fetched_at)
SELECT sku, replace(sku, '=', ''), sku, 'BDI', 100, 'USD', 5, 'NE', 'C', false, 3, 'fetched', 1, now()
FROM unnest(ARRAY['AN1=K3', 'MS1=K3', 'XX1=K3']) AS sku
"""


@pytest.fixture(scope="module")
def system(postgres, as_hubs_see_it, redis, services_dir):
    name = f"test_{uuid4().hex[:12]}"
    own = f"{postgres.url.rpartition('/')[0]}/{name}"
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template_hub STRATEGY FILE_COPY")
    with psycopg.connect(own, autocommit=True) as connection:
        connection.execute(STAGED)
    settings = {"DATABASE_URL": as_hubs_see_it(own), "REDIS_URL": redis.url, "SHOPIFY_STORE_DOMAIN": ""}
    with System(SystemPlan(data_dir=services_dir / name, settings=settings, sandbox=("--limit", "0"))) as running:
        running.wait_until_ready()
        yield running
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def at(bdh, system):
    key, _ = local_key(system.environment["DATABASE_URL"], system.plan.data_dir)
    bdh.environment |= {"HUB_API_URL": system.url, "HUB_API_KEY": key}
    return bdh


def test_a_price_list_from_file_to_force_and_back(at, tmp_path):
    file = tmp_path / "spring.csv"
    file.write_text(RULES)
    saved = at("prices", "load", file, "--json")
    assert saved.code == 0, saved.err
    version = str(saved.json["version"])
    assert "1. Hardware: prefixes AN, markup 2, rounding .99" in at("prices", "show", version).out
    previewed = at("prices", "preview", version)
    assert previewed.out.startswith("2 prices change, median +36.4 %, 0 would be below cost.\n")
    assert "MS1=K3\t110.00\t150.00\t36.36\t2" in previewed.out
    assert at("prices", "preview", version, "--json").json["changed"] == 2
    assert '"AN1=K3","110.00","200.99","1.8272"' in at("prices", "export", version).out
    unsure = at("prices", "activate", version)
    assert (unsure.code, "Repeat with --yes" in unsure.err) == (2, True)
    done = at("prices", "activate", version, "--yes")
    assert done.out == f"Price list {version} is now active.\n"
    assert "SHOPIFY_STORE_DOMAIN is not set" in done.err
    assert f"{version}\tspring\t2\t" in at("prices", "list").out
    assert at("prices", "activate", version, "--yes").code == 6
    assert at("prices", "back", "--yes", "--json").json["version"] is None
    assert at("prices", "edit", version, file).code == 6


def test_a_file_that_cannot_be_used_is_refused_with_every_problem(at, tmp_path):
    file = tmp_path / "wrong.toml"
    file.write_text("[[rule]]\nmarkup = 0\n[[rule]]\nrounding = 'up'\n")
    refused = at("prices", "load", file)
    assert refused.code == 2
    assert "rule 1, markup: Give a number" in refused.err
    assert "rule 2, rounding: Give one of" in refused.err
    other = tmp_path / "list.txt"
    other.write_text("x")
    assert "a .toml or a .csv file" in at("prices", "load", other).err


def test_a_draft_is_deleted(at, tmp_path):
    file = tmp_path / "draft.toml"
    file.write_text("[[rule]]\nmarkup = 2\n")
    version = json.loads(at("prices", "load", file, "--json").out)["version"]
    assert at("prices", "delete", str(version)).code == 0
    assert at("prices", "show", str(version)).code == 5


def test_a_part_is_shown_with_each_step_to_its_price_and_its_stock(at):
    shown = at("part", "an1=k3")
    assert shown.code == 0, shown.err
    assert "AN1=K3: AN1=K3" in shown.out
    assert "× 1.10 = 110.00" in shown.out
    assert "For sale: 5\n  5 pieces at Boeing\n  Default location: 5\nLead time: 3 days" in shown.out
    assert at("part", "an1=k3", "--json").json["offered"]["pieces"] == 5
    assert at("part", "NOBODY").code == 5
