"""Finds remarks in an answer besides its line items: an error, a warning, or a mark that it is truncated. Pure.

An answer with a remark proves nothing about missing parts, whatever its status. Field names are compared by their
letters only, at any depth, so that `Error_Message`, `errorMessage` and `@odata.nextLink` are recognized.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, cast

from boeing_data_hub.boeing import words
from boeing_data_hub.boeing.exact_json import Json


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


# A field whose name contains one of these is a remark.
_SAYS: Final = _names(
    "error fault warn message exception failure failed problem reject denied notice reason alert diagnostic timedout"
    " timeout degraded unavailable unprocessed unanswered"
)
# Names of free text: in an envelope without line items, a sentence in such a field replaces the result.
_FREE_TEXT: Final = _names(
    "detail details title description info information comment comments remark remarks note notes text explanation hint"
)
_STATUS: Final = _names("status statuscode httpstatus code responsecode resultcode returncode result outcome")
_SHOULD_BE_TRUE: Final = _names("success successful ok okay succeeded")
# A field whose name consists of these says that the answer is incomplete.
_MORE: Final = _names(
    "hasmore hasnext truncate truncation partial incomplete nextpage nextlink nexttoken nextcursor nextoffset nexturl"
    " nextrecord"
    " continuation moreresults moreitems moredata moreavailable cutoff cutshort limitexceeded limitreached maxreached"
)
_MORE_ALONE: Final = _names("more next cursor")
_WHOLE: Final = _names("complete completed iscomplete last islast lastpage islastpage final")
_TOTALS: Final = _names(
    "total totalcount totalitems totalresults totalrecords totalelements totalhits totallineitems resultcount"
    " recordcount itemcount count odatacount"
)
_LEFT: Final = _names("remainingitems remainingresults remainingparts omitted skipped dropped pending")
_PENDING: Final = _names("pending pendingparts pendingitems stillpending")
_PAGES: Final = _names("totalpages pagecount numberofpages pages")
_PAGE: Final = _names("page pagenumber currentpage pageindex")
_GOOD_WORDS: Final = frozenset(
    _names(
        "ok okay success successful succeeded successfully complete completed done processed found none na noerror"
        " noerrors nofault nowarnings normal accepted true s info information active final null false"
    )
)
_FIRST_BAD_STATUS: Final = 300


@dataclass(frozen=True, slots=True)
class Remark:
    """A remark in an answer.

    Attributes:
        words: its text for people, or the names of the fields if there is no text.
        cut: True if it says that the answer is incomplete.
    """

    words: str
    cut: bool


def remark(envelope: Mapping[str, Any], *, items: int, leave_out: frozenset[str]) -> Remark | None:
    """The remark in an envelope; None: it has no remark that casts doubt on it.

    Args:
        envelope: the answer's object.
        items: number of its line items.
        leave_out: names of its fields to ignore.
    """
    said: list[Any] = [] if items else list(_free_text(envelope))
    marks: list[str] = []
    pages: dict[str, int | Decimal] = {}
    for name, value in _fields({key: value for key, value in envelope.items() if key not in leave_out}):
        letters, number = _letters(name), _number(value)
        if letters in _PAGES and number is not None:
            pages["of"] = number
        elif letters in _PAGE and number is not None:
            pages["at"] = number
        elif mark := _mark(name, value, items):
            marks.append(mark)
        elif _complains(letters, value):
            said.append(value)
    if pages.get("of", 1) > 1 and pages.get("at", 0) < pages["of"]:
        marks.append(f"page {pages.get('at', 1)} of {pages['of']}")
    if not said and not marks:
        return None
    joined = words.of_values(said)
    return Remark(joined or words.clean(", ".join(marks)) or "(an error without words)", cut=bool(marks))


def _free_text(envelope: Mapping[str, Any]) -> Iterator[Any]:
    """Sentences in fields of an answer without line items, such as the `detail` of RFC 9457."""
    for name, value in envelope.items():
        texts: list[Any] = cast("list[Any]", value) if isinstance(value, list) else [value]
        if _letters(name) in _FREE_TEXT and all(isinstance(text, str) for text in texts):
            yield from (text for text in texts if _means_something(text))


def _mark(name: str, value: Any, items: int) -> str:
    """The display name of a field that says the answer is incomplete; empty for any other field."""
    letters, number = _letters(name), _number(value)
    if (any(part in letters for part in _MORE) or letters in _MORE_ALONE) and _means_something(value):
        return name
    if letters in _PENDING and isinstance(value, list) and value:
        return name
    if letters in _WHOLE and value is False:
        return f"{name}: false"
    if number is not None and ((letters in _TOTALS and number > items) or (letters in _LEFT and number > 0)):
        return f"{name}: {number}"
    return ""


def spoils(item: Mapping[str, Any]) -> bool:
    """True if a line item is an error instead of a part with a price."""
    if any(
        _means_something(item.get(name)) for name in ("listPrice", "netPrice", "quantity", "locationAvailabilities")
    ):
        return False
    return any(
        ("error" in letters or "fault" in letters or "exception" in letters) and _complains(letters, value)
        for letters, value in ((_letters(name), value) for name, value in item.items())
    )


def _complains(letters: str, value: Any) -> bool:
    if letters in _STATUS:
        number = _number(value)
        if number is not None:
            return number >= _FIRST_BAD_STATUS
        return isinstance(value, str) and not _is_good(value)
    if letters in _SHOULD_BE_TRUE or letters.removeprefix("is").removeprefix("was") in _SHOULD_BE_TRUE:
        return value is False or (isinstance(value, str) and value.strip().lower() in {"false", "no", "n"})
    return any(part in letters for part in _SAYS) and _means_something(value)


def _means_something(value: Any) -> bool:
    """True unless it is null, false, zero, empty, or a word such as `ok`."""
    if isinstance(value, dict):
        return any(map(_means_something, cast("Json", value).values()))
    if isinstance(value, list):
        return any(map(_means_something, cast("list[Any]", value)))
    if isinstance(value, str):
        return not _is_good(value)
    return bool(value)


def _is_good(text: str) -> bool:
    letters = _letters(text)
    if not letters:
        return not any(map(str.isdigit, text)) or text.strip().strip("0.") in {"", "2"}
    return letters in _GOOD_WORDS or letters.startswith("success") or letters.endswith("successfully")


def _fields(envelope: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Every named value, outer ones first; values below a remark's name belong to that remark."""
    pending: list[tuple[str, Any]] = list(envelope.items())
    for name, value in pending:
        yield name, value
        letters = _letters(name)
        if any(part in letters for part in _SAYS):
            continue
        below: list[Any] = cast("list[Any]", value) if isinstance(value, list) else [value]
        for inner in below:
            if isinstance(inner, dict):
                pending.extend(cast("Json", inner).items())
            elif isinstance(inner, list):
                pending.append((name, cast("list[Any]", inner)))


def _number(value: Any) -> int | Decimal | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | Decimal):
        return value
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdecimal() and len(value) < 10:  # noqa: PLR2004
        return int(value)
    return None


def _letters(name: str) -> str:
    # "Default" contains "fault", but is not a remark.
    return "".join(filter(str.isalpha, name)).lower().replace("default", "")
