"""`bdh estimate`: how long a search and a publishing will take, before anything is started."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from boeing_data_hub import estimating
from boeing_data_hub.cli import output
from boeing_data_hub.cli.local import settings_of_running_hub
from boeing_data_hub.errors import BadInput, HubError
from boeing_data_hub.estimating import WhatIf
from boeing_data_hub.intake.spreadsheet import read_upload
from boeing_data_hub.model.budget import PLANS
from boeing_data_hub.reporting.estimate import span
from boeing_data_hub.settings import Settings

_MOST = 10_000_000


def estimate(
    what: Annotated[str, typer.Argument(help="How many part numbers, or a file of them (CSV, XLSX, text).")],
    *,
    search: Annotated[bool, typer.Option("--search", help="Only the search.")] = False,
    publish: Annotated[bool, typer.Option("--publish", help="Only the publishing.")] = False,
    at_limit: Annotated[str | None, typer.Option(help="What if Boeing allowed this, e.g. 2/m?")] = None,
    batch_size: Annotated[int | None, typer.Option(min=1, max=100, help="What if a call asked so many parts?")] = None,
    plan: Annotated[str | None, typer.Option(help=f"What if the store's plan were: {', '.join(PLANS)}?")] = None,
    variants: Annotated[int | None, typer.Option(min=0, help="Variants the store has, for its daily limit.")] = None,
    known: Annotated[int | None, typer.Option(min=0, help="How many of the parts the store has already.")] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Reckon from the settings alone; ask nobody.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Foretell how long a search and a publishing take, with the reckoning. Nothing is started, nothing is changed."""
    try:
        settings = settings_of_running_hub()
        parts, numbers = _parts(what, settings)
        what_if = WhatIf(
            at_limit=at_limit, batch_size=batch_size, plan=plan, variants=variants, known=known, offline=offline
        )
        both = search == publish
        told = estimating.reckon(
            settings,
            parts,
            part_numbers=numbers,
            what_if=what_if,
            search=search or both,
            publish=publish or both,
        )
    except HubError as error:
        output.fail(error, json_wanted=as_json)
    if as_json:
        output.as_json(told)
        return
    _tell(told)


def _parts(what: str, settings: Settings) -> tuple[int, list[str]]:
    """How many parts, and which, where it is a file."""
    digits = what.replace(",", "").replace("_", "")
    if digits.isascii() and digits.isdigit():
        if not 0 < int(digits) <= _MOST:
            raise BadInput(f"Name a number of parts from 1 to {_MOST:,}, or a file.", code="bad_number")
        return int(digits), []
    path = Path(what)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BadInput(
            f"{what} is neither a number of parts nor a file that can be read ({error.strerror}).", code="no_such_file"
        ) from None
    found = read_upload(content, path.name, max_parts=max(settings.max_bulk_search_size, 50_000))
    if not found.part_numbers:
        raise BadInput(f"{what} holds no part number.", code="empty_list")
    if found.rejected_count or found.duplicate_count:
        output.note(
            f"{found.duplicate_count:,} duplicates and {found.rejected_count:,} lines that are no part numbers."
        )
    return len(found.part_numbers), found.part_numbers


def _tell(told: Mapping[str, Any]) -> None:
    if found := told.get("search"):
        calls = found["calls"]
        output.say(f"Search of {told['parts']:,} parts: {_range(found['seconds'])}, {_numbers(calls)} Boeing calls")
        _lines(found["reckoned"])
    if found := told.get("publish"):
        points = _numbers(found["points"])
        output.say(f"Publishing of {told['parts']:,} parts: {_range(found['seconds'])}, {points} points of the store")
        _lines(found["reckoned"])
    output.say("Assumed:")
    _lines(told["assumptions"])


def _lines(lines: list[str]) -> None:
    for line in lines:
        output.say(f"  {line}")


def _range(seconds: Mapping[str, float]) -> str:
    low, high = span(seconds["low"]), span(seconds["high"])
    return low if low == high else f"{low} to {high}"


def _numbers(found: Mapping[str, int]) -> str:
    return f"{found['low']:,}" if found["low"] == found["high"] else f"{found['low']:,} to {found['high']:,}"
