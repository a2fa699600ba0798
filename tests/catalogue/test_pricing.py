from __future__ import annotations

from decimal import Decimal

import pytest

from boeing_data_hub.catalogue import pricing
from boeing_data_hub.catalogue.priceable import PriceFacts, base_price
from boeing_data_hub.catalogue.pricing import DOUBTS, GUIDE_RULES, PriceRules, Prices, selling_price
from boeing_data_hub.catalogue.screening import Reason

LIST, NET = Decimal("99.86"), Decimal("88.49")


def prices_of(listed, net, rules, *, reason=None):
    return pricing.prices_of(PriceFacts("P1022=K3", listed, net, reason), rules)


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


def test_our_price_is_base_times_markup():
    assert prices_of(LIST, NET, PriceRules("net_then_list", Decimal("1.25"))) == Prices(
        NET, Decimal("110.61"), cost=NET
    )


@pytest.mark.parametrize("reason", sorted(DOUBTS))
def test_with_one_price_in_doubt_the_other_does_not_pass_for_it(reason):
    assert prices_of(None, NET, GUIDE_RULES, reason=Reason(reason)) == Prices()
    assert prices_of(LIST, None, GUIDE_RULES, reason=reason) == Prices()


def test_a_price_in_doubt_is_the_first_reason_of_all_that_leave_one_standing():
    """So the one reason that is stored is enough to know it by."""
    order = [str(reason) for reason in Reason]
    assert set(order[: len(DOUBTS)]) == DOUBTS


@pytest.mark.parametrize("reason", [None, *(str(reason) for reason in Reason if reason not in DOUBTS)])
def test_every_other_reason_leaves_the_price_as_it_is(reason):
    assert prices_of(LIST, NET, GUIDE_RULES, reason=reason).price == Decimal("109.85")


@pytest.mark.parametrize("basis", ["list_then_net", "net_then_list", "list", "net"])
def test_a_price_of_0_is_absent(basis):
    assert prices_of(Decimal(0), Decimal("0.0000"), PriceRules(basis)) == Prices()


def test_a_price_below_half_a_cent_is_no_price_instead_of_zero():
    assert selling_price(Decimal("0.0040"), Decimal("1.10")) is None
    assert selling_price(Decimal("0.0046"), Decimal("1.10")) == Decimal("0.01")
    assert selling_price(None, Decimal("1.10")) is None
