"""The API does nothing for pages of other sites, although some of its reads start work."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.services

READS = ["/api/batches", "/api/boeing/product-search?query=A&wait=0", "/api/shopify/check"]


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
@pytest.mark.parametrize("path", READS)
def test_a_page_of_another_site_gets_nothing_even_with_a_key(api, path, site):
    answer = api.get(path, headers={"Sec-Fetch-Site": site})
    assert (answer.status_code, answer.json()["code"]) == (403, "cross_site")
    assert api.get("/api/batches").json()["total"] == 0


def test_nor_does_its_form(api):
    answer = api.post("/api/bulk-search", json={"part_numbers": ["A"]}, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert api.get("/api/batches").json()["total"] == 0


@pytest.mark.parametrize("site", ["same-origin", "none"])
def test_our_own_pages_and_a_typed_address_are_answered(api, site):
    assert api.get("/api/batches", headers={"Sec-Fetch-Site": site}).status_code == 200
