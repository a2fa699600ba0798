from __future__ import annotations

from decimal import Decimal

import pytest

from boeing_data_hub.model.products import NormalizationRules
from boeing_data_hub.normalization.fields import Flaw, Problem
from boeing_data_hub.normalization.pricing import Prices, base_price, price, selling_price

LIST, NET = Decimal("99.86"), Decimal("88.49")


@pytest.mark.parametrize(
    ("basis", "both", "no_list", "no_net"),
    [
        ("list_then_net", LIST, NET, LIST),
        ("net_then_list", NET, NET, LIST),
        ("list", LIST, None, LIST),
        ("net", NET, NET, None),
    ],
)
def test_the_base_is_the_price_the_owner_chose(basis, both, no_list, no_net):
    assert base_price(LIST, NET, basis) == both
    assert base_price(None, NET, basis) == no_list
    assert base_price(LIST, None, basis) == no_net
    assert base_price(None, None, basis) is None


def test_our_price_is_base_times_markup_and_both_of_boeings_are_kept():
    rules = NormalizationRules(price_basis="net_then_list", price_markup=Decimal("1.25"))
    assert price(LIST, NET, rules) == Prices(LIST, NET, NET, Decimal("110.61"))


@pytest.mark.parametrize("flaw", list(Flaw))
def test_with_one_price_in_doubt_the_other_does_not_pass_for_it(flaw):
    assert price(Problem("listPrice", flaw), NET, NormalizationRules()) == Prices(None, NET)
    assert price(LIST, Problem("netPrice", flaw), NormalizationRules()) == Prices(LIST, None)


def test_a_price_below_half_a_cent_is_none_rather_than_zero():
    assert selling_price(Decimal("0.0040"), Decimal("1.10")) is None
    assert selling_price(Decimal("0.0046"), Decimal("1.10")) == Decimal("0.01")
    assert selling_price(None, Decimal("1.10")) is None
