from __future__ import annotations

from decimal import Decimal
from types import MappingProxyType
from typing import Any

import pytest

from boeing_data_hub.model.listings import Listing, ListingPolicy
from boeing_data_hub.publishing.listing import build_listing

MAP = {
    "Dallas Central": "Dallas",
    "Miami, FL": "Miami",
    "Goodyear AZ": "Phoenix",
    "New York, NY": "New York",
    "Los Angeles, CA": "Los Angeles",
    "Chicago, IL": "Chicago",
}
POLICY = ListingPolicy(location_map=MappingProxyType(MAP), inventory_location_codes={"Dallas": "1D1"})

P512777: dict[str, Any] = {
    "sku": "P512777=K3",
    "title": "P512777",
    "price": Decimal("473.01"),
    "cost_per_item": Decimal("430.0100"),
    "currency": "USD",
    "inventory_quantity": 557,
    "weight": Decimal("0.600000"),
    "weight_unit": "LB",
    "country_of_origin": "United States",
    "base_uom": "EA",
    "schedule_b_code": "8481809025",
    "supplier_name": "Monogram Systems",
    "boeing_name": "GASKET, O-RING",
    "boeing_description": None,
    "boeing_image_url": "https://www.aviall.com/content-images/P512777_280.JPG",
    "condition": "NE",
    "cert": "FAA 8130-3",
    "estimated_lead_time_days": 3,
    "status": "fetched",
    "status_reason": None,
    "status_detail": None,
    "locations": [
        {"location": "Dallas Central", "quantity": 463},
        {"location": "Germany CSC", "quantity": 53},
        {"location": "Goodyear AZ", "quantity": 11},
        {"location": "Los Angeles, CA", "quantity": 14},
        {"location": "Miami, FL", "quantity": 10},
        {"location": "New York, NY", "quantity": 6},
    ],
}


class Rows:
    """Staged rows, and the listings made of them."""

    policy = POLICY

    @staticmethod
    def staged(**changes: Any) -> dict[str, Any]:
        return {**P512777, **changes}

    @staticmethod
    def listing(policy: ListingPolicy = POLICY, **changes: Any) -> Listing:
        built = build_listing({**P512777, **changes}, policy)
        assert isinstance(built, Listing), built
        return built


@pytest.fixture(scope="session")
def rows() -> Rows:
    return Rows()
