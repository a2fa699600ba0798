"""Recognizes the headings of part number columns in several languages. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

# Best first: if a table has several, the full number (with its variant suffix) beats the shortened one.
_NAMES: Final = (
    "aviallpartnumber", "aviallpartno", "aviallpn", "boeingpartnumber", "boeingpartno", "boeingpn",
    "partnumber", "partnumbers", "partno", "partnos", "partnum", "partnr", "partcode", "pn", "pns", "pnr",
    "manufacturerpartnumber", "manufacturerpartno", "mfrpartnumber", "mfrpartno", "mfgpartnumber", "mfgpartno", "mpn",
)  # fmt: skip
_LESSER_NAMES: Final = (
    "productcode", "productcodes", "productnumber", "productno", "sku", "skus", "variantsku", "productsku",
    "itemnumber", "itemno", "itemcode", "materialnumber", "materialno",
)  # fmt: skip
# Ordinary words that may also occur in data ("AN3-43A, Part, 5"), so they count only next to other headings.
_WEAK_NAMES: Final = ("part", "parts", "item", "items", "material", "product", "teil", "teile", "artikel", "piece")
_RANK: Final = {
    **{name: rank for rank, name in enumerate(_NAMES)},
    **{name: 200 + rank for rank, name in enumerate(_LESSER_NAMES)},
    **{name: 900 + rank for rank, name in enumerate(_WEAK_NAMES)},
}
FIRST_WEAK: Final = 900
_LONGEST: Final = 60
_MOST_COLUMNS: Final = 500
_DIGIT = re.compile(r"\d")
_WORD = re.compile(r"[^\W_]+")

_THING: Final = (
    "parts?|teile?|ersatzteil|artikel|article|articulo|articolo|artigo|material|product|produkt|produto|producto|"
    "item|sach|bestell|piece|pieza|peca|pezzo|parte|parti|parca|onderdeel|komponent|component|reservedels?|varu|vare|"
    "osa|osan|czesci|dilu|dielu|detali|detal|детали|детал|запчасти|деталь|артикула|vyrobku|zbozi|alkatresz|cikk|reper|"
    "spare|catalog|catalogue|mat|mfr|mfg|maker"
)
_NUMBER: Final = (
    "number|numbers|num|no|nos|nr|nrs|n|code|nummer|numero|numaras?i?|kod|kodu|codigo|codice|ref|reference|referencia|"
    "referenz|cislo|numer|номер|no\u0308|szam|numera|indeks|id"
)
_FORWARD = re.compile(rf"\b(?:{_THING}) (?:{_NUMBER})\b")
_BACKWARD = re.compile(rf"\b(?:{_NUMBER}) (?:d |de |del |della |dela |da |di |la |l |do )*(?:{_THING})\b")
_SHORT = re.compile(r"\b(?:p n|pn|pns|pnr|p nr|p no|n p|mpn|sku|skus)\b")
_COMPOUND = re.compile(
    r"(?:teile?|ersatzteil|artikel|sach|material|bestell|produkt|onderdeel|reservedels?|varu|vare|komponent|osa|detal|"
    r"part|product|cikk|alkatresz)(?:nummer|number|nr|numero|numro|no|num|code|kod|szam)s?\b"
)
_CJK: Final = (
    "品番", "部品番号", "部番", "零件号", "零件號", "件号", "件號", "料号", "料號", "部件号", "部件號", "图号", "型号",
    "부품번호", "품번", "رقم القطعة", "артикул", "каталожный номер", "รหัสสินค้า", "หมายเลขชิ้นส่วน",
)  # fmt: skip
_REFERENCE: Final = frozenset(
    {"reference", "ref", "referenz", "referencia", "riferimento", "codice", "codigo", "artnr"}
)
# Other companies' numbers, or numbers of another part: used only if there is nothing better.
_OTHERS: Final = frozenset((
    "customer", "cust", "client", "kunde", "kunden", "kd", "your", "ihre", "our", "unsere", "alt", "alte",
    "alternate", "alternative", "alternativ", "old", "previous", "superseded", "supersedes", "replaced", "replaces",
    "former", "internal", "interne", "intern", "stock", "house", "nha", "next", "higher", "assembly", "drawing",
    "order", "bestell", "catalog", "catalogue",
))  # fmt: skip
# Words of headings whose column never contains the part number.
_NOT: Final = frozenset((
    "qty", "quantity", "menge", "anzahl", "description", "desc", "bezeichnung", "benennung", "designation",
    "descripcion", "descrizione", "name", "names", "price", "preis", "prix", "date", "datum", "serial", "sn", "rev",
    "revision", "status", "state", "remark", "remarks", "note", "notes", "type", "group", "count", "sum", "total",
    "unit", "uom", "currency", "weight", "position", "pos", "line", "zeile", "text", "cage", "stuck",
))  # fmt: skip


# Headings of the other columns that a mapping names. Whole words, so that `Unit price per qty` is not a quantity.
_QUANTITY: Final = frozenset((
    "qty", "qtys", "quantity", "quantities", "order qty", "required qty", "qty required", "req qty", "qty req",
    "qty needed", "ordered qty", "order quantity", "required quantity", "quantity required", "menge", "anzahl",
    "stuck", "stuckzahl", "bestellmenge", "cantidad", "quantite", "quantita", "quantidade", "aantal", "antal",
    "maara", "ilosc", "mnozstvi", "adet", "miktar", "количество",
))  # fmt: skip
_OWN: Final = frozenset(
    ("our", "unsere", "own", "internal", "intern", "interne", "house", "stock", "customer", "cust", "kunden")
)
_OWN_NUMBER: Final = frozenset(
    (
        "ref",
        "reference",
        "referenz",
        "no",
        "nr",
        "number",
        "nummer",
        "code",
        "id",
        "part",
        "pn",
        "p",
        "item",
        "material",
    )
)


def is_quantity(text: str) -> bool:
    """True if the text is a heading of a column of quantities: `Qty`, `Menge`, `Order Qty`."""
    return len(text) <= _LONGEST and " ".join(_WORD.findall(fold(text))) in _QUANTITY


def is_own_reference(text: str) -> bool:
    """True if the text is a heading of the company's own references: `Our ref.`, `Reference`, `Customer P/N`."""
    words = _WORD.findall(fold(text)) if len(text) <= _LONGEST else []
    if len(words) == 1:
        return words[0] in _REFERENCE
    return bool(_OWN.intersection(words)) and bool(_OWN_NUMBER.intersection(words)) and not _NOT.intersection(words)


def is_header(text: str) -> bool:
    """True if the text is a heading of a part number column: `Part No.`, `OEM P/N (new)`, `Teile-Nr.`, `SKU`."""
    return rank(text) is not None


def header_column(cells: Sequence[str], *, without: frozenset[int] = frozenset()) -> int | None:
    """The index of the part number heading in a row of headings; None if there is none.

    Args:
        cells: the row.
        without: columns to ignore.
    """
    found = [
        (one, index)
        for index, cell in enumerate(cells[:_MOST_COLUMNS])
        if index not in without and (one := rank(cell)) is not None
    ]
    if not found:
        return None
    best, index = min(found)
    if best >= FIRST_WEAK and any(map(_DIGIT.search, cells)):
        return None
    return index


@lru_cache(maxsize=4096)
def rank(text: str) -> int | None:
    """The rank of a heading: 0 is the best, from `FIRST_WEAK` on it is an ordinary word; None: not a heading."""
    if not text or len(text) > _LONGEST or _DIGIT.search(text):
        return None
    folded = fold(text)
    words = _WORD.findall(folded)
    known = _RANK.get("".join(words))
    if known is not None:
        return known
    if any(word in folded for word in _CJK):
        return 150
    spaced = " ".join(words)
    if _NOT.intersection(words):
        return None
    is_one = _FORWARD.search(spaced) or _BACKWARD.search(spaced) or _SHORT.search(spaced) or _COMPOUND.search(spaced)
    if is_one is None:
        return 300 if words and set(words) <= _REFERENCE else None
    return 400 if _OTHERS.intersection(words) else 100


def fold(text: str) -> str:
    """Lower case without accents, so that `N° de pièce` and `n de piece` are equal."""
    apart = unicodedata.normalize("NFKD", text.replace("#", " no ").replace("№", " no ").replace("°", " "))
    return "".join(c for c in apart.casefold() if not unicodedata.combining(c)).replace("\u0131", "i")
