"""The costs in a forecast are those that the calls are charged."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boeing_data_hub.shopify import cost, forecast


def upsert(metafields, pictures):
    return {
        "input": {
            "variants": [{"sku": "A"}],
            "files": [{"originalSource": "https://example.com/a.jpg"}] * pictures,
            "metafields": [{"key": str(number)} for number in range(metafields)],
        }
    }


@given(metafields=st.integers(0, 50))
def test_the_forecast_of_a_new_product_is_the_cost_of_its_upsert(metafields):
    foretold = forecast.create_cost(metafields)
    assert foretold == cost.points("product_upsert_lean", upsert(metafields + 1, pictures=1))


@given(metafields=st.none() | st.integers(0, 50))
def test_the_forecast_of_a_changed_product_is_the_cost_of_its_upsert(metafields):
    sent = 0 if metafields is None else metafields + 1
    assert forecast.update_cost(metafields) == cost.points("product_upsert_lean", upsert(sent, pictures=0))


@pytest.mark.parametrize("parts", [50, 100, 250])
def test_a_share_of_a_call_for_many_is_no_more_than_the_whole_call_divided(parts):
    added = {"input": {"publishablesToAdd": [{}] * parts}}
    assert cost.points("publication_add", added) / parts >= cost.OFFERED_IN_BULK
