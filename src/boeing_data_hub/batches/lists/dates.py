"""Recognizes dates and times that spreadsheets in many languages write in place of a part number. Pure."""

from __future__ import annotations

import re
from typing import Final

_MONTHS: Final = (
    "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC SEPT JUNE JULY MRZ MAI OKT DEZ JANV FEVR MARS AVR JUIN JUIL AOUT "
    "ENE ABR AGO DIC GEN MAG GIU LUG SET OTT FEV OUT MRT MEI MAJ DES STY LUT KWI CZE LIP SIE WRZ PAZ LIS GRU HELMI "
    "TAMMI MAALIS HUHTI TOUKO KESA HEINA ELO SYYS LOKA MARRAS JOULU OCA SUB NIS HAZ TEM AGU EYL EKI KAS ARA JANUARY "
    "FEBRUARY MARCH APRIL AUGUST SEPTEMBER OCTOBER NOVEMBER DECEMBER JANUAR FEBRUAR MAERZ MARZ JUNI JULI OKTOBER "
    "DEZEMBER"
)
MONTH: Final = f"(?:{'|'.join(sorted(_MONTHS.split(), key=len, reverse=True))})\\.?"
"""A pattern of month names, full or abbreviated, in many languages; in upper case."""
_DAY: Final = r"(?:0?[1-9]|[12]\d|3[01])"
_MON: Final = r"(?:0?[1-9]|1[0-2])"
_CENTURY: Final = r"(?:19|20|21)\d\d"
_CLOCK: Final = r"(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d+)?)?(?: ?[AP]\.?M\.?)?"
DATE: Final = re.compile(
    rf"{_DAY}[-./ ]+{MONTH}(?:[-./, ]+(?:\d\d|{_CENTURY}))?"
    rf"|{MONTH}[-./ ]+(?:\d\d|{_CENTURY})"
    rf"|{MONTH}[-./ ]{_DAY}[-./, ]+(?:\d\d|{_CENTURY})"
    rf"|(?:[A-Z]{{2,10}},? )?{MONTH} {_DAY},? {_CENTURY}"
    rf"|(?:{_DAY}/{_MON}|{_MON}/{_DAY})/(?:\d\d|{_CENTURY})(?:[ T]{_CLOCK})?"
    rf"|(?:{_DAY}[.-]{_MON}|{_MON}-{_DAY})[.-]{_CENTURY}(?:[ T]{_CLOCK})?"
    rf"|(?:{_DAY}/{_MON}|{_MON}/{_DAY})"
    r"|(?:0[1-9]|[12]\d|3[01])-(?:0[1-9]|1[0-2])-\d\d|(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])-\d\d"
    rf"|{_DAY}\.{_MON}\.(?:\d\d)?"
    rf"|{_CENTURY}([-./]){_MON}\1(?:00|{_DAY})(?:[ T]{_CLOCK}Z?)?"
    rf"|{_MON}[/.]{_CENTURY}|20[23]\d-(?:0[1-9]|1[0-2])"
    rf"|{_CLOCK}"
)
"""A date or time, folded to letters without accents."""

FOREIGN_DATE: Final = re.compile(
    r"(?:\d{2,4} ?[年년] ?)?\d{1,2} ?[月월](?: ?\d{1,2} ?[日일])?|\d{1,2}[月월]-\d{1,4}"
    r"|(?:\d{1,2}[-. ])?(?:ЯНВ|ФЕВ|МАР|АПР|МА[ИЙЯ]|ИЮН|ИЮЛ|АВГ|СЕН|ОКТ|НОЯ|ДЕК"  # noqa: RUF001
    r"|ΙΑΝ|ΦΕΒ|ΜΑΡ|ΑΠΡ|ΜΑΙ|ΙΟΥΝ|ΙΟΥΛ|ΑΥΓ|ΣΕΠ|ΟΚΤ|ΝΟΕ|ΔΕΚ)\w*\.?(?:[-. ]\d{1,4})?"  # noqa: RUF001
)
"""In scripts that no part number uses: such a text is rejected anyway, and this explains why."""
