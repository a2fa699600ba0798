"""Flags texts that do not look like part numbers, before they cost a call: dates and rounded numbers from spreadsheets,
placeholders, several numbers in one cell, inner spaces. Pure.

Nearly everything flagged here is not a part number. A person can confirm the few that are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from boeing_data_hub.batches.lists.dates import DATE, FOREIGN_DATE
from boeing_data_hub.batches.lists.headings import fold
from boeing_data_hub.values.part_numbers import BadPartNumber, clean


@dataclass(frozen=True, slots=True)
class Suspicion:
    """Why a text is not accepted without confirmation.

    Attributes:
        code: for programs.
        reason: for people, with what to do.
        part_number: the part number to search if a person confirms it; None if it cannot be confirmed.
    """

    code: str
    reason: str
    part_number: str | None


AS_TEXT: Final = "Format the column as text and re-enter the number."

# Nearly all part numbers begin with letters and a digit; no rule below concerns these.
_PLAIN = re.compile(r"(?!E?RR)[A-Z]+[0-9][A-Z0-9]*(?:[-=][A-Z0-9]+)*(?:/[0-9][A-Z0-9]*(?:[-=][A-Z0-9]+)*)?")

_SHORTENED = re.compile(r"[-+]?(?:\d+(?:[.,]\d+)?E\+\d+|\d+[.,]\d+E-?\d+|\dE-0\d)")
_FORMATTED = re.compile(
    r"[-+]?(?:\d+[.,]0+|\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d{1,3}(?:\.\d{3})+,\d+|[1-9]\d{0,2}(?:\.\d{3})+|\d{1,3}(?:'\d{3})+(?:\.\d+)?)|"
    r"[-+]?\d+(?:[.,]\d+)? ?%|[$] ?\d[\d.,]*|\(\d[\d.,]*\)"
)
_SHEET_ERROR = re.compile(
    r"#\s?[\u00a1\u00bf]?[^\W\d_][^\s]*[!?]|#[^\W\d_]+(?:[/_][^\W\d_]+)+|#[^\W\d_]{2,}(?:/\d)?[!?]?|#{3,}"
)
_CALC_ERROR = re.compile(r"(?:ERR|ERROR|ERREUR|FEHLER|ERRORE)\s*[.:]\s*5\d\d")
_PLACEHOLDER = re.compile(
    r"(?:N\.?/?A\.?|N/?D|TB[ACD]|T\.B\.[ACD]\.?|NULL|NIL|NONE|NAN|<NA>|NAT|VOID|UNKNOWN|UNBEKANNT|"
    r"SEE .*|SIEHE .*|VOIR .*|VARIOUS|MISC|DITTO|SAME|NOT .*|KEINE?|OHNE|OPEN|OFFEN|TO BE .*|UNDEFINED|PENDING|"
    r"X+|\(BLANK\)|\(LEER\)|TRUE|FALSE|0+)"
)
_RULE = re.compile(r"[|+:]*(?:[-=_]{3}|:-|-{1,2}:)[-=_|+: ]*")
_STROKES = re.compile(r"[-=_:+| ]{2,}")
_LINE_OF_TABLE = re.compile(
    r"(?:PAGE|SEITE|PAGINA|PÁGINA|BLATT|SIDE|SIVU|STRONA|SUM|SUMME|SUBTOTAL|SUB-TOTAL|TOTAL|GRAND TOTAL|TOTALE|"
    r"TOTAAL|GESAMT|GESAMTSUMME|ZWISCHENSUMME|SOMME|SUMA|SOMA|ANZAHL|COUNT|TOTALS)(?:[\s:.#=].*)?"
)
_BREAK = re.compile(r"[\r\n\x0b\x0c\x85\u2028\u2029]+")
_BETWEEN = re.compile(
    r"\s*[,;|]\s*|\s+[/&+]\s+|\s+(?:AND|OR|UND|ODER|ET|OU|Y|E|THRU|THROUGH|TO|BIS|VS|ALT|OR EQ\w*)\.?\s+"
)
_TIGHT = re.compile(r"[/&+~]|\.\.+")
_TAG = re.compile(r"</?(?:P|BR|DIV|SPAN|LI|UL|OL|T[DHR]|TABLE|TBODY|B|I|U|A|EM|FONT|STRONG|H\d)\b[^<>]*>|&NBSP;")
_RUN = re.compile(r".*(?:\w/\d{1,3}/\d{1,3}|\d ?~ ?\d+|\(\d+ ?[-/,&] ?\d+\))")
_WHOLE = re.compile(r"(?=.*\d)[A-Z]{2,}[A-Z0-9./=-]{3,}")
_ELSEWHERE = re.compile(
    r"[^\s@]+@[^\s@.]+\.\S+|(?:HTTPS?|FTP|MAILTO):\S+|WWW\..*"
    r"|(?:P\.?O|RFQ|TEL|PHONE|MOBILE|FAX|INVOICE|ORDER|BESTELLUNG|ANFRAGE|NSN|CAGE)"
    r"\.?(?: ?(?:NO|NR|N))?\.? ?[:#]+ ?.*\d.*"
)
_WRAPPED = re.compile(r"[<(\[{`*'\"](.+)[>)\]}`*'\"]")
_NUMBERED = re.compile(r"[(\[]?\d{1,3}[.)\]] *([A-Z]{2,}\S*\d\S*)")
_LABEL = re.compile(
    r"(?:(?:MFR|MFG|OEM|BOEING|CUST|ALT)\W{0,2})?"
    r"(?:P/?N|PNR|PART(?: ?(?:NO|NR|NUMBER|NUM|#))?|MPN|SKU|ITEM|REF|ART|TEILE?-?NR)"
    r"\s*[.:#=]+\s*\S.*"
)
_QUANTITY = re.compile(
    r".*(?:(?<![\w/-])(?:QTY|QUANTITY|MENGE|PCS?|PIECES?|ST(?:CK|K|UECK)|EACH|\d+ ?(?:EA|PCS?|STK))(?![\w/-])"
    r"| X ?\d+\b|\b\d+ ?X |\w ?[*\u00d7:^] ?\d+\Z|@ ?\d).*"
)
_WIDE_GAP = re.compile(r"\S(?: {2,}|\t)\S")
_BESIDE_HYPHEN = re.compile(r" ?([-/=]) ?")
_START = re.compile(r"[A-Z]{2,}")
_WORD_AFTER = re.compile(r"\(?[A-Z]{3,}\)?\.?")
_MOST_WORDS: Final = 3
_SHORT = re.compile(r"\(?\d{1,4}\)?[X:.)]?")
_DIGIT = re.compile(r"\d")


def suspicion(text: str, number: str) -> Suspicion | None:
    """What looks wrong about a text that becomes `number` when cleaned; None for an ordinary part number."""
    if _PLAIN.fullmatch(number) and len(number) <= len(text.strip()) + 1:
        return None
    return (
        _made_by_a_spreadsheet(number)
        or _standing_for_nothing(number)
        or _standing_for_another(number)
        or _several(number)
        or _beside(text, number)
        or _listed(number)
        or _form(number)
    )


def is_ruled(text: str) -> bool:
    """True if a cell contains only dashes, as below the headers of a plain text table."""
    return _STROKES.fullmatch(text.strip()) is not None


def broken(text: str, bad: BadPartNumber) -> Suspicion:
    """Why a text cannot be a part number, and what it may be instead."""
    if bad.reason_code == "control_character" and len(pieces := _pieces(_BREAK, text)) > 1:
        return _in_one_cell(len(pieces), "a line break between them", None)
    if bad.reason_code == "soft_hyphen":
        return Suspicion(bad.reason_code, bad.sentence, _cleaned(text.replace("\xad", "-")))
    upper = text.strip().upper()
    if _SHEET_ERROR.fullmatch(upper) or _CALC_ERROR.fullmatch(upper):
        return Suspicion("error_cell", "This is a spreadsheet formula error, not a part number.", None)
    if DATE.fullmatch(fold(text.strip()).upper()) or FOREIGN_DATE.fullmatch(upper):
        return Suspicion("date_text", f"A spreadsheet turned this into a date or time. {AS_TEXT}", None)
    if bad.reason_code == "too_long" and len(_pieces(_BETWEEN, upper)) > 1:
        return _in_one_cell(len(_pieces(_BETWEEN, upper)), "a separator between them", None)
    return Suspicion(bad.reason_code, bad.sentence, None)


def is_mangled(number: str) -> Suspicion | None:
    """As `suspicion`, for lists that programs send: only what is certainly wrong."""
    if number[0] == "#" and (_SHEET_ERROR.fullmatch(number) or number.startswith("#N")):
        return _made_by_a_spreadsheet(number)
    if "E+" in number or (number.startswith("ERR") and _CALC_ERROR.fullmatch(number)):
        return _made_by_a_spreadsheet(number)
    return None


def _made_by_a_spreadsheet(number: str) -> Suspicion | None:
    if _SHEET_ERROR.fullmatch(number) or _CALC_ERROR.fullmatch(number):
        return Suspicion("error_cell", "This is a spreadsheet formula error, not a part number.", None)
    if _SHORTENED.fullmatch(number):
        return Suspicion("shortened_number", f"A spreadsheet shortened a long number. {AS_TEXT}", number)
    if DATE.fullmatch(number):
        reason = f"A spreadsheet turned this into a date or time. {AS_TEXT}"
        return Suspicion("date_text", reason, number)
    if _FORMATTED.fullmatch(number):
        reason = f"This is formatted as an amount (decimals, thousands, %), not as a part number. {AS_TEXT}"
        return Suspicion("formatted_number", reason, number)
    return None


def _standing_for_nothing(number: str) -> Suspicion | None:
    if _LINE_OF_TABLE.fullmatch(number) or _RULE.fullmatch(number):
        return Suspicion("sum_or_page_line", "This is a total, a page number or a ruled line, not a part number.", None)
    if _PLACEHOLDER.fullmatch(number) or not any(c.isalnum() for c in number):
        return Suspicion("placeholder", "This is a placeholder, not a part number.", None)
    if not _DIGIT.search(number):
        return Suspicion("no_digit", "This has no digits; nearly every part number does.", number)
    return None


def _standing_for_another(number: str) -> Suspicion | None:
    if _ELSEWHERE.fullmatch(number):
        reason = "This is an address, or a number of something other than a part."
        return Suspicion("not_a_part", reason, number)
    return None


def _beside(text: str, number: str) -> Suspicion | None:
    if _LABEL.fullmatch(number):
        bare = number.split(":", 1)[-1].strip() if ":" in number else number
        return Suspicion("label", "There is a label before the part number. Remove it.", bare)
    if _QUANTITY.fullmatch(number):
        reason = "There is a quantity next to the part number. Keep only the part number in this column."
        return Suspicion("quantity_in_cell", reason, number)
    if _WIDE_GAP.search(text.strip()) and " " in number:
        reason = "This looks like several columns separated by spaces. Use CSV or XLSX, or only the part numbers."
        return Suspicion("several_columns", reason, number)
    return None


def _several(number: str) -> Suspicion | None:
    if _TAG.search(number):
        return Suspicion("stray_sign", "There are HTML tags around the part number. Remove them.", number)
    pieces = [piece for piece in _pieces(_BETWEEN, number) if _DIGIT.search(piece)]
    if len(pieces) > 1 and len({bool(re.search("[A-Z]", piece)) for piece in pieces}) == 1:
        return _in_one_cell(len(pieces), "a separator between them", number)
    words = number.split(" ")
    if len(words) > 1 and all(map(_WHOLE.fullmatch, words)):
        return _in_one_cell(len(words), "a blank between them", number)
    if _RUN.fullmatch(number):
        reason = (
            "This looks like several part numbers, and only the first is complete. Write each in full, on its own line."
        )
        return Suspicion("several_numbers", reason, number)
    tight = _pieces(_TIGHT, number)
    starts = [found[0] for piece in tight if _DIGIT.search(piece) and (found := _START.match(piece))]
    if len(tight) > 1 and ((len(starts) == len(tight) and len(set(starts)) == 1) or all(map(_WHOLE.fullmatch, tight))):
        return _in_one_cell(len(tight), "a separator between them", number)
    return None


def _listed(number: str) -> Suspicion | None:
    pieces = [piece for piece in _pieces(_BETWEEN, number) if _DIGIT.search(piece)]
    if len(pieces) > 1 or re.search(r"[,;|].*\w", number):
        return _in_one_cell(max(2, len(pieces)), "a separator between them", number, what="values")
    return None


def _form(number: str) -> Suspicion | None:
    if number[-1] in "-/=":
        reason = f"The part number ends with “{number[-1]}”, so it seems to be cut off. Complete it."
        return Suspicion("cut_number", reason, number)
    return _signs(number) or (_blanks(number) if " " in number else None)


def _signs(number: str) -> Suspicion | None:
    """Signs around a number that hardly belong to it: `(AN3-5)`, `AN3-5.`, `-AN3-5`; and `-5`, the end of another
    number.
    """
    if number[0] in "-/=+.&" and not _START.match(number.lstrip("-/=+.& ")):
        reason = f"The part number begins with “{number[0]}”, so its beginning seems to be missing. Complete it."
        return Suspicion("cut_number", reason, number)
    bare = number
    while (found := _WRAPPED.fullmatch(bare)) or (found := _NUMBERED.fullmatch(bare)):
        bare = found[1].strip()
    bare = bare.lstrip("-/=+.&,;|:*>~([{<`'\" ").rstrip(",;|:.!?*~<` ")
    for opening, closing in ("()", "[]", "{}", "<>"):
        if opening not in bare and bare.endswith(closing):
            bare = bare[:-1].rstrip("\"' ")
    if bare in {number, ""} or " " in bare:
        return None
    return Suspicion("stray_sign", f"There is a stray character around the part number. Did you mean {bare}?", bare)


def _blanks(number: str) -> Suspicion:
    joined = _BESIDE_HYPHEN.sub(r"\1", number)
    if joined != number:
        meant = joined if " " not in joined else number
        reason = f"There are spaces next to a sign. Did you mean {joined}?"
        return Suspicion("blank_inside", reason, meant)
    words = number.split(" ")
    if len(words) <= _MOST_WORDS and (_SHORT.fullmatch(words[-1]) or _SHORT.fullmatch(words[0])):
        reason = (
            "There is a space in the part number, or a quantity next to it. Keep only the part number, without spaces."
        )
        return Suspicion("blank_or_quantity", reason, number)
    if len(words) > _MOST_WORDS or any(_WORD_AFTER.fullmatch(one) or _WHOLE.fullmatch(one) for one in words[1:]):
        reason = "There are other words next to the part number. Keep only the part number."
        return Suspicion("words_in_cell", reason, number)
    reason = f"There are spaces in the part number. Did you mean {number.replace(' ', '')}?"
    return Suspicion("blank_inside", reason, number)


_COUNT_WORDS: Final = {2: "Two", 3: "Three", 4: "Four"}


def _in_one_cell(count: int, how: str, part_number: str | None, *, what: str = "numbers") -> Suspicion:
    reason = f"{_COUNT_WORDS.get(count, f'{count:,}')} {what} in one cell, with {how}. Put each on its own line."
    return Suspicion("several_numbers", reason, part_number)


def _pieces(separator: re.Pattern[str], text: str) -> list[str]:
    return [piece for piece in separator.split(text) if piece.strip()]


def _cleaned(text: str) -> str | None:
    try:
        return clean(text)
    except BadPartNumber:
        return None
