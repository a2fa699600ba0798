"""Hold rules: classes of parts that become drafts or unlisted, or wait for a person."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.publishing import POLICY, Rows

from boeing_data_hub.catalogue.holding import HoldRule, hold_of, status_by
from boeing_data_hub.catalogue.listing_policy import listing_policy
from boeing_data_hub.catalogue.listings import Blocked
from boeing_data_hub.settings import Settings
from boeing_data_hub.shopify.listing import build_listing

EXPORT = HoldRule(name="Export controlled", hold="review", eccn=("9A991*",))
HAZARD = HoldRule(name="Hazardous", hold="draft", hazardous=True)
UNAPPROVED = HoldRule(name="Unapproved", hold="unlist", pma=False, prefixes=("p5",))
RULES = (EXPORT, HAZARD, UNAPPROVED)


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        ({"eccn": "9a991.D", "hazmat_code": "ZND"}, EXPORT),
        ({"eccn": "EAR99", "hazmat_code": "ZND"}, HAZARD),
        ({"eccn": None, "hazmat_code": " "}, UNAPPROVED),
        ({"pma": None}, None),
        ({"pma": True}, None),
        ({"sku": "X1=K3"}, None),
    ],
)
def test_the_first_rule_of_which_all_conditions_hold_decides(values, rule):
    assert hold_of(Rows.staged(**values), RULES) is rule


def test_a_class_becomes_a_draft_or_unlisted_or_is_not_published():
    policy = replace(POLICY, hold_rules=RULES)
    assert Rows.listing(policy, pma=None).status == "ACTIVE"
    assert Rows.listing(policy, hazmat_code="ZND").status == "DRAFT"
    assert Rows.listing(policy).status == "UNLISTED"
    held = build_listing(Rows.staged(eccn="9A991.d"), policy, live=True)
    assert isinstance(held, Blocked)
    assert (held.code, "Export controlled" in held.sentence) == ("held_by_rule", True)


def test_a_hub_that_publishes_drafts_publishes_no_other_status():
    assert Rows.listing(replace(POLICY, hold_rules=RULES, status="DRAFT")).status == "DRAFT"
    assert status_by(None, "ACTIVE") == "ACTIVE"


@given(
    eccn=st.none() | st.text(max_size=8),
    hazmat=st.none() | st.text(max_size=5),
    supplier=st.none() | st.text(max_size=8),
    pma=st.none() | st.booleans(),
    patterns=st.lists(st.text(min_size=1, max_size=4), max_size=3),
)
def test_no_value_and_no_pattern_breaks_a_rule_and_one_without_conditions_fits_all(
    eccn, hazmat, supplier, pma, patterns
):
    part = Rows.staged(eccn=eccn, hazmat_code=hazmat, supplier_name=supplier, pma=pma)
    assert HoldRule(name="all", hold="draft").holds(part)
    found = HoldRule(name="x", hold="draft", eccn=tuple(patterns), suppliers=("*",)).holds(part)
    assert not found or ((not patterns or eccn) and supplier)


def test_the_rules_are_read_from_the_settings():
    written = [
        {"name": " Hazardous ", "hazardous": True, "hold": "draft"},
        {"name": "E", "eccn": ["9A*"], "hold": "review"},
    ]
    policy = listing_policy(Settings(_env_file=None, hub_hold_rules=json.dumps(written)))
    assert policy.hold_rules == (HAZARD, HoldRule(name="E", hold="review", eccn=("9A*",)))
    assert listing_policy(Settings(_env_file=None)).hold_rules == ()


@pytest.mark.parametrize(
    "wrong",
    ["x", '[{"name": "x"}]', '[{"name": "x", "hold": "sell"}]', '[{"name": "x", "hold": "draft", "ecn": ["9"]}]'],
)
def test_rules_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ValueError, match="hub_hold_rules"):
        Settings(_env_file=None, hub_hold_rules=wrong)
