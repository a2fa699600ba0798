"""Country names as suppliers write them, as the two letters of ISO 3166-1 that customs and Shopify use.

Names and codes are pycountry's; this module adds the spellings of the trade, and ignores the order of words.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

import pycountry

UNKNOWN_TO_STORE: Final = frozenset({"AQ", "AS", "FM", "GU", "MH", "MP", "PR", "PW", "VI"})
"""Codes of ISO that are not among the country codes of Shopify's API."""

# Names in use that ISO does not list.
_ALIASES: Final = {
    "AE": "UAE|Emirates",
    "AX": "Aland",
    "BA": "Bosnia",
    "BN": "Brunei",
    "BQ": "Caribbean Netherlands|Bonaire",
    "BR": "Brasil",
    "CC": "Cocos Islands|Keeling Islands",
    "CD": "Congo Kinshasa|DR Congo|DRC|Zaire",
    "CG": "Congo Brazzaville",
    "CI": "Ivory Coast",
    "CN": "PRC|PR China|Mainland China",
    "CV": "Cape Verde",
    "DE": "Deutschland",
    "FK": "Falkland Islands|Malvinas",
    "FM": "Micronesia",
    "FO": "Faeroe Islands",
    "GB": "UK|Britain|Great Britain|England|Scotland|Wales|Northern Ireland",
    "GS": "South Georgia",
    "HK": "Hong Kong SAR|Hong Kong China|Hong Kong SAR China",
    "IE": "Republic of Ireland|Eire",
    "IT": "Italia",
    "KP": "DPRK",
    "KR": "Korea|ROK",
    "LA": "Lao PDR",
    "LU": "Luxemburg",
    "LY": "Libyan Arab Jamahiriya",
    "MF": "Saint Martin|Saint Martin French",
    "MK": "Macedonia|Former Yugoslav Republic of Macedonia",
    "MM": "Burma|Myanmar Burma",
    "MO": "Macau|Macao SAR|Macau SAR|Macao SAR China",
    "NL": "Holland",
    "PN": "Pitcairn Islands",
    "PS": "Palestine|Palestinian Territories|Palestinian Territory Occupied",
    "RU": "Russia",
    "SA": "KSA",
    "SH": "Saint Helena",
    "SX": "Sint Maarten|Sint Maarten Dutch|Saint Maarten",
    "SZ": "Swaziland",
    "TL": "East Timor",
    "TR": "Turkey|Republic of Turkey",
    "TT": "Trinidad",
    "TW": "Chinese Taipei|Taiwan Republic of China|Taiwan ROC",
    "US": "America",
    "VA": "Vatican City|Holy See|Vatican City State|Vatican",
    "VC": "Saint Vincent",
    "VG": "Virgin Islands UK",
    "VI": "Virgin Islands",
    "VN": "Socialist Republic of Vietnam",
    "WS": "Western Samoa",
    "ZA": "RSA",
}
_SILENT: Final = frozenset({"THE", "OF", "AND"})
_NOT_LETTERS = re.compile(r"[^A-Z]+")
_LONGEST: Final = 200  # characters; nothing longer is a country's name


def _key(name: str) -> str:
    """The name's words, sorted: `Korea, Republic of` and `Republic of Korea` compare equal."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    # `U.S.A.` is one word, and so is `People's`; every other sign separates words.
    bare = re.sub(r"[.'\u2019`]", "", bare.upper())
    words = _NOT_LETTERS.sub(" ", bare).split()
    return " ".join(sorted("SAINT" if word == "ST" else word for word in words if word not in _SILENT))


def _entries() -> dict[str, str]:
    names: dict[str, str] = {}
    codes: dict[str, str] = {}
    for country in pycountry.countries:
        for attribute in ("name", "official_name", "common_name"):
            if name := getattr(country, attribute, None):
                names[_key(name)] = country.alpha_2
        codes[country.alpha_2] = codes[country.alpha_3] = country.alpha_2
    for code, aliases in _ALIASES.items():
        names.update((_key(alias), code) for alias in aliases.split("|"))
    # Codes last and by the letter: ST is not Saint, and AND is Andorra.
    return names | codes


_BY_NAME: Final = _entries()


@lru_cache(maxsize=1024)
def country_code(name: str) -> str | None:
    """The ISO 3166-1 alpha-2 code of a country given by name or by its two- or three-letter code.

    Returns:
        Two capital letters, or None if the text is not a country.
    """
    if len(name) > _LONGEST:
        return None
    return _BY_NAME.get(name.strip().upper()) or _BY_NAME.get(_key(name))
