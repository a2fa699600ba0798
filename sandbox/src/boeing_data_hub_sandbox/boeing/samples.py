"""Part numbers whose real answers are known. The stand-in gives exactly these; everything else it draws.

Figures as seen in June 2026 dumps of a production account.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What is known of one real part; None or absent: drawn like any other part's.

    Attributes:
        list_cents: list price in cents; 0 is Boeing's way of saying that there is none.
        net_cents: net price in cents.
        stock: location → quantity; empty: out of stock.
        quantity: total, where it differs from the sum of the locations.
        fields: other fields of the line item.
    """

    list_cents: int | None = None
    net_cents: int | None = None
    stock: Mapping[str, int] | None = None
    quantity: int | None = None
    fields: Mapping[str, Any] = field(default_factory=dict[str, Any])


def _one_price(cents: int) -> Sample:
    return Sample(list_cents=cents, net_cents=cents)


SAMPLES: Final[Mapping[str, Sample]] = {
    "P512777=K3": Sample(
        list_cents=43001,
        net_cents=43001,
        stock={
            "Dallas Central": 463,
            "Miami, FL": 10,
            "Goodyear AZ": 11,
            "New York, NY": 6,
            "Los Angeles, CA": 14,
            "Germany CSC": 53,
        },
    ),
    "4232-0226-1=9B": Sample(list_cents=0, net_cents=44261, stock={"Dallas Central": 8}),
    "P1022=K3": Sample(list_cents=9986, net_cents=8849, stock={}),
    "P510547=K3": Sample(list_cents=13215, net_cents=13215, stock={"Germany CSC": 17}),
    "WF329398=K3": Sample(stock={"Germany CSC": 8}),
    "SAM222-18=E9": Sample(stock={"Dallas Central": 1}),
    "G030018=K3": _one_price(331),
    "WF337192=K3": _one_price(47060),
    "P13-6739=K3": _one_price(40403),
    "P642387=K3": _one_price(95713),
    "WF336732=K3": _one_price(15969),
    "FI0486=K3": _one_price(3888),
    "P617649=K3": _one_price(174597),
    # The one known answer whose total contradicts its locations.
    "4811-160-3=EZ": Sample(
        list_cents=0,
        net_cents=20223,
        stock={"Dallas Central": 30, "Miami, FL": 28},
        quantity=1,
        fields={
            "name": "VENT,",
            "baseUOM": "EA",
            "countryOfOrigin": "United States",
            "dim": "2.5 x 4 x 2",
            "weight": ".6",
            "eccn": "9A991.d",
            "faaApprovalCode": "PMA",
            "hazmatCode": "ZND",
            "scheduleBCode": "8481809025",
            "supplierName": "Monogram Systems",
        },
    ),
    "WF338109=K3": Sample(),
    "2100002-01-276=E9": Sample(),
    "42400-118=E9": Sample(),
    "727741=9B": Sample(),
    "727734-1=9B": Sample(),
    "0016BM001612B60=9B": Sample(),
    "4066-0074-1=E4": Sample(),
}

SAMPLE_VARIANT: Final[Mapping[str, str]] = {number.partition("=")[0]: number for number in SAMPLES}
"""Bare number → the one full number it is answered with."""
