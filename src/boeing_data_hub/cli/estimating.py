"""`bdh estimate`: how long a search and publish will take, before anything is started."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from boeing_data_hub.batches import estimating
from boeing_data_hub.batches.estimate import Estimate, span
from boeing_data_hub.batches.estimating import WhatIf
from boeing_data_hub.batches.lists.mapping import ColumnMapping
from boeing_data_hub.batches.lists.reading import settled
from boeing_data_hub.batches.lists.spreadsheet import read_upload
from boeing_data_hub.cli import lists, output
from boeing_data_hub.cli.local import settings_of_running_hub
from boeing_data_hub.errors import BadInput, HubError
from boeing_data_hub.settings import Settings
from boeing_data_hub.sync import estimating as estimating_sync
from boeing_data_hub.sync.estimating import SyncEstimate
from boeing_data_hub.values.range import Range
from boeing_data_hub.work.bucket import PLANS

_MOST = 10_000_000


def estimate(
    what: Annotated[str, typer.Argument(help="A number of parts, or a file of part numbers (CSV, XLSX, text).")],
    *,
    search: Annotated[bool, typer.Option("--search", help="Estimate the search only.")] = False,
    publish: Annotated[bool, typer.Option("--publish", help="Estimate the publish only.")] = False,
    sync: Annotated[bool, typer.Option("--sync", help="Estimate how up to date sync will keep the store.")] = False,
    at_limit: Annotated[str | None, typer.Option(help="Assume this Boeing limit, e.g. 2/m.")] = None,
    batch_size: Annotated[int | None, typer.Option(min=1, max=100, help="Assume this many parts per call.")] = None,
    plan: Annotated[str | None, typer.Option(help=f"Assume this Shopify plan: {', '.join(PLANS)}.")] = None,
    variants: Annotated[
        int | None, typer.Option(min=0, help="Variants already in the store, for its daily limit.")
    ] = None,
    known: Annotated[int | None, typer.Option(min=0, help="How many of the parts are already in the store.")] = None,
    sheet: lists.Sheet = "",
    column: lists.Column = "",
    offline: Annotated[bool, typer.Option("--offline", help="Use settings only; make no network calls.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")] = False,
) -> None:
    """Estimate how long a search and publish will take. Changes nothing.

    It shows the calculation and its assumptions.
    """
    try:
        settings = settings_of_running_hub()
        parts, numbers = _parts(what, settings, ColumnMapping(sheet=sheet, column=column))
        what_if = WhatIf(
            at_limit=at_limit, batch_size=batch_size, plan=plan, variants=variants, known=known, offline=offline
        )
        if sync:
            found = estimating_sync.reckon(settings, parts, at_limit=at_limit, batch_size=batch_size, offline=offline)
            if as_json:
                output.as_json(asdict(found))
            else:
                _print_sync(found)
            return
        both = search == publish
        estimated = estimating.reckon(
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
        output.as_json(_document(estimated))
        return
    _print(estimated)


def _parts(what: str, settings: Settings, choice: ColumnMapping) -> tuple[int, list[str]]:
    """The number of parts, and the parts if a file was given."""
    digits = what.replace(",", "").replace("_", "")
    if digits.isascii() and digits.isdigit():
        if not 0 < int(digits) <= _MOST:
            raise BadInput(f"Give a number of parts from 1 to {_MOST:,}, or a file.", code="bad_number")
        return int(digits), []
    path = Path(what)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BadInput(
            f"{what} is neither a number nor a readable file ({error.strerror}).", code="no_such_file"
        ) from None
    found = read_upload(content, path.name, max_parts=max(settings.max_bulk_search_size, 50_000), choice=choice)
    settled(found.reading)
    for line in found.reading.said():
        output.note(line)
    if not found.part_numbers:
        raise BadInput(f"{what} contains no part number.", code="empty_list")
    return len(found.part_numbers), found.part_numbers


def _document(estimated: Estimate) -> dict[str, Any]:
    """As JSON values: only what was asked for."""
    return {name: value for name, value in asdict(estimated).items() if value is not None}


def _print(estimated: Estimate) -> None:
    if found := estimated.search:
        output.say(f"Search of {estimated.parts:,} parts: {_range(found.seconds)}, {found.calls} Boeing calls")
        _lines(found.reckoned)
    if found := estimated.publish:
        output.say(f"Publish of {estimated.parts:,} parts: {_range(found.seconds)}, {found.points} Shopify API points")
        _lines(found.reckoned)
    output.say("Assumptions:")
    _lines(estimated.assumptions)


def _print_sync(estimated: SyncEstimate) -> None:
    found = estimated.sync
    output.say(f"Sync of {estimated.parts:,} parts with {found.calls_a_day:,} Boeing calls a day:")
    output.say(f"  out of date, weighted by demand: {found.wrong.low:.1%} to {found.wrong.high:.1%} of the time")
    output.say(f"  asked in turn instead: {found.wrong_in_turn:.1%}, each part every {found.whole_pass_days:g} days")
    output.say("Assumptions:")
    _lines(estimated.assumptions)


def _lines(lines: Sequence[str]) -> None:
    for line in lines:
        output.say(f"  {line}")


def _range(seconds: Range) -> str:
    low, high = span(seconds.low), span(seconds.high)
    return low if low == high else f"{low} to {high}"
