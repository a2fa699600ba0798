"""A number that Boeing has in exactly one variant: offered under the variant's own name, where the setting says so."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.services

OFFERED = {"shopify_unmapped_locations": "sell_from_default", "hub_quote_answer_seconds": 0}


@pytest.fixture
def settings():
    return {**OFFERED, "hub_quote_offer_variant": True}


@pytest.fixture
def line(api, stages):
    """The line of a quote for one part, once Boeing has answered."""

    def ask(number, part):
        body = {"rfq_number": number, "requested_parts": part, "requested_qty": 2}
        assert api.post("/api/zap/webhook", json=body).status_code == 200
        stages.settle()
        [told] = api.get(f"/api/quotes/{number}").json()["quote_details"]["items"]
        return told

    return ask


@pytest.fixture
def one_variant(boeing):
    """A number without a suffix that Boeing has as `=K3` only; the number."""
    from boeing_data_hub_sandbox.boeing.answers import variants

    base = next(n for n in (f"AN3-{i}A" for i in range(1000)) if [*variants(n)] == [f"{n}=K3"])
    boeing.set_part(base, unknown=False, listPrice=100.0, netPrice=90.0, quantity=7)
    return base


def test_the_only_variant_is_offered_under_its_own_name(line, one_variant):
    told = line("RFQ-1", one_variant)
    assert (told["status"], told["price_usd"]) == ("quoted", "110.00")
    assert (told["part_no"], told["requested_part_no"]) == (f"{one_variant}=K3", one_variant)
    assert "only variant" in told["note"]


def test_a_fresh_answer_offers_it_at_once(line, one_variant):
    line("RFQ-1", one_variant)
    assert line("RFQ-2", one_variant)["part_no"] == f"{one_variant}=K3"


def test_of_two_variants_none_is_offered(line, boeing):
    from boeing_data_hub_sandbox.boeing.answers import variants

    base = next(n for n in (f"AN3-{i}A" for i in range(1000)) if len(variants(n)) == 2)
    told = line("RFQ-1", base)
    assert (told["status"], told["code"], told["part_no"]) == ("no_quote", "other_variants", base)


def test_a_variant_that_may_not_be_sold_is_not_offered(line, boeing, one_variant, api):
    assert line("RFQ-1", one_variant)["status"] == "quoted"
    assert api.patch(f"/api/products/staging/{one_variant}=K3", json={"excluded": True}).status_code == 200
    told = line("RFQ-2", one_variant)
    assert told["status"] == "no_quote"
    assert f"{one_variant}=K3" in told["note"]


class TestSwitchedOff:
    @pytest.fixture
    def settings(self):
        return OFFERED

    def test_the_no_quote_names_the_variant(self, line, one_variant):
        told = line("RFQ-1", one_variant)
        assert (told["status"], told["code"], told["part_no"]) == ("no_quote", "other_variants", one_variant)
        assert f"{one_variant}=K3" in told["note"]
