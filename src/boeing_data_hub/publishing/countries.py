"""Country names as suppliers write them, to the two letters of ISO 3166-1 that customs and the store know."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

UNKNOWN_TO_STORE: Final = frozenset({"AQ", "AS", "FM", "GU", "MH", "MP", "PR", "PW", "VI"})
"""Codes of ISO that are not among the country codes of the store's API."""

# The two letters, the three, then every name in use, on as many lines as it takes. Case, accents, punctuation, the
# order of the words and the words of `_SILENT` do not count, so `Korea, Republic of` and `Republic of Korea` are one.
_TABLE: Final = """
ADAND Andorra
AEARE United Arab Emirates|UAE|Emirates
AFAFG Afghanistan
AGATG Antigua and Barbuda
AIAIA Anguilla
ALALB Albania
AMARM Armenia
AOAGO Angola
AQATA Antarctica
ARARG Argentina|Argentine Republic
ASASM American Samoa
ATAUT Austria
AUAUS Australia
AWABW Aruba
AXALA Aland Islands|Aland
AZAZE Azerbaijan
BABIH Bosnia and Herzegovina|Bosnia
BBBRB Barbados
BDBGD Bangladesh
BEBEL Belgium
BFBFA Burkina Faso
BGBGR Bulgaria
BHBHR Bahrain
BIBDI Burundi
BJBEN Benin
BLBLM Saint Barthelemy
BMBMU Bermuda
BNBRN Brunei|Brunei Darussalam
BOBOL Bolivia|Plurinational State of Bolivia
BQBES Bonaire, Sint Eustatius and Saba|Caribbean Netherlands|Bonaire
BRBRA Brazil|Brasil
BSBHS Bahamas
BTBTN Bhutan
BVBVT Bouvet Island
BWBWA Botswana
BYBLR Belarus
BZBLZ Belize
CACAN Canada
CCCCK Cocos Islands|Cocos Keeling Islands|Keeling Islands
CDCOD Democratic Republic of the Congo|Congo Kinshasa|DR Congo|DRC|Zaire
CFCAF Central African Republic
CGCOG Congo|Republic of the Congo|Congo Brazzaville
CHCHE Switzerland|Swiss Confederation
CICIV Cote d'Ivoire|Ivory Coast
CKCOK Cook Islands
CLCHL Chile
CMCMR Cameroon
CNCHN China|People's Republic of China|PRC|PR China|Mainland China
COCOL Colombia
CRCRI Costa Rica
CUCUB Cuba
CVCPV Cabo Verde|Cape Verde
CWCUW Curacao
CXCXR Christmas Island
CYCYP Cyprus
CZCZE Czech Republic|Czechia
DEDEU Germany|Federal Republic of Germany|Deutschland
DJDJI Djibouti
DKDNK Denmark
DMDMA Dominica|Commonwealth of Dominica
DODOM Dominican Republic
DZDZA Algeria
ECECU Ecuador
EEEST Estonia
EGEGY Egypt|Arab Republic of Egypt
EHESH Western Sahara
ERERI Eritrea
ESESP Spain|Kingdom of Spain
ETETH Ethiopia
FIFIN Finland
FJFJI Fiji
FKFLK Falkland Islands|Falkland Islands Malvinas|Malvinas
FMFSM Micronesia|Federated States of Micronesia
FOFRO Faroe Islands|Faeroe Islands
FRFRA France|French Republic
GAGAB Gabon
GBGBR United Kingdom|United Kingdom of Great Britain and Northern Ireland|Great Britain|Britain|UK
GBGBR England|Scotland|Wales|Northern Ireland
GDGRD Grenada
GEGEO Georgia
GFGUF French Guiana
GGGGY Guernsey
GHGHA Ghana
GIGIB Gibraltar
GLGRL Greenland
GMGMB Gambia
GNGIN Guinea
GPGLP Guadeloupe
GQGNQ Equatorial Guinea
GRGRC Greece|Hellenic Republic
GSSGS South Georgia and the South Sandwich Islands|South Georgia
GTGTM Guatemala
GUGUM Guam
GWGNB Guinea-Bissau
GYGUY Guyana
HKHKG Hong Kong|Hong Kong SAR|Hong Kong China|Hong Kong SAR China
HMHMD Heard Island and McDonald Islands
HNHND Honduras
HRHRV Croatia
HTHTI Haiti
HUHUN Hungary
IDIDN Indonesia
IEIRL Ireland|Republic of Ireland|Eire
ILISR Israel|State of Israel
IMIMN Isle of Man
ININD India|Republic of India
IOIOT British Indian Ocean Territory
IQIRQ Iraq
IRIRN Iran|Islamic Republic of Iran
ISISL Iceland
ITITA Italy|Italian Republic|Italia
JEJEY Jersey
JMJAM Jamaica
JOJOR Jordan
JPJPN Japan
KEKEN Kenya
KGKGZ Kyrgyzstan|Kyrgyz Republic
KHKHM Cambodia
KIKIR Kiribati
KMCOM Comoros
KNKNA Saint Kitts and Nevis
KPPRK North Korea|Democratic People's Republic of Korea|DPRK|Korea North
KRKOR South Korea|Republic of Korea|Korea|Korea South|ROK
KWKWT Kuwait
KYCYM Cayman Islands
KZKAZ Kazakhstan
LALAO Laos|Lao People's Democratic Republic|Lao PDR
LBLBN Lebanon
LCLCA Saint Lucia
LILIE Liechtenstein
LKLKA Sri Lanka
LRLBR Liberia
LSLSO Lesotho
LTLTU Lithuania
LULUX Luxembourg|Luxemburg
LVLVA Latvia
LYLBY Libya|Libyan Arab Jamahiriya
MAMAR Morocco
MCMCO Monaco
MDMDA Moldova|Republic of Moldova
MEMNE Montenegro
MFMAF Saint Martin|Saint Martin French
MGMDG Madagascar
MHMHL Marshall Islands
MKMKD North Macedonia|Macedonia|Former Yugoslav Republic of Macedonia
MLMLI Mali
MMMMR Myanmar|Burma|Myanmar Burma
MNMNG Mongolia
MOMAC Macao|Macau|Macao SAR|Macau SAR|Macao SAR China
MPMNP Northern Mariana Islands
MQMTQ Martinique
MRMRT Mauritania
MSMSR Montserrat
MTMLT Malta
MUMUS Mauritius
MVMDV Maldives
MWMWI Malawi
MXMEX Mexico|United Mexican States
MYMYS Malaysia
MZMOZ Mozambique
NANAM Namibia
NCNCL New Caledonia
NENER Niger
NFNFK Norfolk Island
NGNGA Nigeria
NINIC Nicaragua
NLNLD Netherlands|Holland|Kingdom of the Netherlands
NONOR Norway
NPNPL Nepal
NRNRU Nauru
NUNIU Niue
NZNZL New Zealand
OMOMN Oman
PAPAN Panama
PEPER Peru
PFPYF French Polynesia
PGPNG Papua New Guinea
PHPHL Philippines|Republic of the Philippines
PKPAK Pakistan
PLPOL Poland
PMSPM Saint Pierre and Miquelon
PNPCN Pitcairn|Pitcairn Islands
PRPRI Puerto Rico
PSPSE Palestine|State of Palestine|Palestinian Territories|Palestinian Territory Occupied
PTPRT Portugal
PWPLW Palau
PYPRY Paraguay
QAQAT Qatar
REREU Reunion
ROROU Romania
RSSRB Serbia|Republic of Serbia
RURUS Russia|Russian Federation
RWRWA Rwanda
SASAU Saudi Arabia|Kingdom of Saudi Arabia|KSA
SBSLB Solomon Islands
SCSYC Seychelles
SDSDN Sudan
SESWE Sweden
SGSGP Singapore|Republic of Singapore
SHSHN Saint Helena|Saint Helena, Ascension and Tristan da Cunha
SISVN Slovenia
SJSJM Svalbard and Jan Mayen
SKSVK Slovakia|Slovak Republic
SLSLE Sierra Leone
SMSMR San Marino
SNSEN Senegal
SOSOM Somalia
SRSUR Suriname
SSSSD South Sudan
STSTP Sao Tome and Principe
SVSLV El Salvador
SXSXM Sint Maarten|Sint Maarten Dutch|Saint Maarten
SYSYR Syria|Syrian Arab Republic
SZSWZ Eswatini|Swaziland
TCTCA Turks and Caicos Islands
TDTCD Chad
TFATF French Southern Territories
TGTGO Togo
THTHA Thailand
TJTJK Tajikistan
TKTKL Tokelau
TLTLS Timor-Leste|East Timor
TMTKM Turkmenistan
TNTUN Tunisia
TOTON Tonga
TRTUR Turkey|Turkiye|Republic of Turkey
TTTTO Trinidad and Tobago|Trinidad
TVTUV Tuvalu
TWTWN Taiwan|Taiwan Province of China|Chinese Taipei|Taiwan Republic of China|Taiwan ROC
TZTZA Tanzania|United Republic of Tanzania
UAUKR Ukraine
UGUGA Uganda
UMUMI United States Minor Outlying Islands
USUSA United States|United States of America|America
UYURY Uruguay
UZUZB Uzbekistan
VAVAT Vatican City|Holy See|Vatican City State|Vatican
VCVCT Saint Vincent and the Grenadines|Saint Vincent
VEVEN Venezuela|Bolivarian Republic of Venezuela
VGVGB British Virgin Islands|Virgin Islands UK
VIVIR United States Virgin Islands|US Virgin Islands|Virgin Islands
VNVNM Vietnam|Viet-Nam|Socialist Republic of Vietnam
VUVUT Vanuatu
WFWLF Wallis and Futuna
WSWSM Samoa|Western Samoa
YEYEM Yemen
YTMYT Mayotte
ZAZAF South Africa|Republic of South Africa|RSA
ZMZMB Zambia
ZWZWE Zimbabwe
"""
_SILENT: Final = frozenset({"THE", "OF", "AND"})
_NOT_LETTERS = re.compile(r"[^A-Z]+")
_LONGEST: Final = 200  # characters of a name; beyond that it is none


def _key(name: str) -> str:
    bare = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    # `U.S.A.` is one word, and so is `People's`; every other sign parts words.
    bare = re.sub(r"[.'\u2019`]", "", bare.upper())
    words = _NOT_LETTERS.sub(" ", bare).split()
    return " ".join(sorted("SAINT" if word == "ST" else word for word in words if word not in _SILENT))


def _entries() -> dict[str, str]:
    found: dict[str, str] = {}
    codes: dict[str, str] = {}
    for row in _TABLE.strip().splitlines():
        two, three, names = row[:2], row[2:5], row[6:]
        found.update((_key(name), two) for name in names.split("|"))
        codes[two] = codes[three] = two
    # Codes last and by the letter: ST is no Saint, and AND is Andorra.
    return found | codes


_BY_NAME: Final = _entries()


@lru_cache(maxsize=1024)
def country_code(name: str) -> str | None:
    """The two-letter code of a country's name, its two or three-letter code, or None when nothing fits."""
    if len(name) > _LONGEST:
        return None
    return _BY_NAME.get(name.strip().upper()) or _BY_NAME.get(_key(name))
