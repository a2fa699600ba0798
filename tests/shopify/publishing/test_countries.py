from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boeing_data_hub.shopify.countries import _BY_NAME, UNKNOWN_TO_STORE, country_code
from boeing_data_hub_sandbox.shopify.schema import bare_schema


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("United States", "US"), ("UNITED STATES", "US"), ("USA", "US"), ("US", "US"), ("U.S.A.", "US"), ("U.S.", "US"),
        ("United States of America (the)", "US"), ("KOREA REPUBLIC OF", "KR"), ("Korea, Republic of", "KR"),
        ("South Korea", "KR"), ("Korea, Democratic People's Republic of", "KP"), ("UK", "GB"), ("Great Britain", "GB"),
        ("England", "GB"), ("Germany", "DE"), ("DEU", "DE"), ("Czech Republic", "CZ"), ("Czechia", "CZ"),
        ("Türkiye", "TR"), ("Turkey", "TR"), ("Côte d’Ivoire", "CI"), ("Viet\u00a0Nam", "VN"), ("Taiwan, R.O.C.", "TW"),
        ("Taiwan, Province of China", "TW"), ("Hong Kong", "HK"), ("The Netherlands", "NL"), ("Holland", "NL"),
        ("Russian Federation", "RU"), ("Bosnia & Herzegovina", "BA"), ("St. Lucia", "LC"), ("ST", "ST"),
        ("Niger", "NE"), ("Nigeria", "NG"), ("Congo", "CG"), ("Congo, The Democratic Republic of the", "CD"),
        ("Guinea", "GN"), ("Guinea-Bissau", "GW"), ("Dominica", "DM"), ("Dominican Republic", "DO"),
        ("Iran, Islamic Republic of", "IR"), ("Macedonia, the former Yugoslav Republic of", "MK"),
        ("Virgin Islands, U.S.", "VI"), ("  france ", "FR"),
    ],
)  # fmt: skip
def test_a_country_is_recognized_by_every_name_in_use(name, code):
    assert country_code(name) == code


@pytest.mark.parametrize("name", ["", " ", "Atlantis", "XX", "Made in USA or Mexico", "of the", "\ud800", "A" * 5_000])
def test_anything_else_is_no_country(name):
    assert country_code(name) is None


@given(st.text())
def test_any_text_is_looked_up_without_raising(name):
    code = country_code(name)
    assert code is None or len(code) == 2


def test_the_table_is_iso_and_the_store_knows_all_but_the_listed():
    codes = set(_BY_NAME.values())
    assert len(codes) == 249
    assert codes - set(bare_schema().type_map["CountryCode"].values) == UNKNOWN_TO_STORE
